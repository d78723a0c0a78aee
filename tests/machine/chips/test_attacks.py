"""Forged rows of instructions: several cells are changed together, as an attacker would, and one check still objects.

Each test names the checks that do, so that a check which is removed turns a test red. Results that are forged also
unbalance the memory bus, because another chip reads them; that is not counted here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from hstar.air.check import CHECKING_POINT
from hstar.air.program import Direction
from hstar.air.tables import message_columns
from hstar.air.vectorised import evaluate_rows, nonzero_rows
from hstar.field.koala_bear import MODULUS
from hstar.machine.chips.addressing import QUOTIENTS
from hstar.machine.layout import FIRST_REGISTER_KEY, ram_key
from machine.chips.rows import Rows, Step, rows_of, word

P = MODULUS
TOP, ONES = 2**63, 2**64 - 1


def objections(rows: Rows, chip: str, cells: Mapping[str, int]) -> set[str]:
    """Names of the constraints that fail, and of the lookups that find nothing, in the first row with other cells."""
    traced = rows.circuit.chip(chip)
    program = traced.program
    names = [column.name for column in program.columns]
    row = rows.segment.tables[chip][:, :1].copy()
    for name, value in cells.items():
        row[names.index(name), 0] = value % P
    values = evaluate_rows(program, list(row), rows.segment.number, CHECKING_POINT)
    wrong = {item.name for item in program.constraints if len(nonzero_rows(values[item.root], 1))}
    for item in program.interactions:
        if item.direction is Direction.ASK:
            multiplicities, fields = message_columns(item, values, 1)
            if multiplicities[0] and tuple(int(field[0]) for field in fields) not in rows.provided[item.bus_index]:
                wrong.add(item.name)
    return wrong


def honest(text: str, registers: dict[int, int], memory: dict[int, int] | None = None) -> Rows:
    """One instruction, with a trace that satisfies the checker."""
    rows = rows_of([Step(word(text), registers, memory or {})])
    assert rows.faults() == []
    return rows


def limbs(name: str, value: int, count: int = 4) -> dict[str, int]:
    return {f"{name}[{index}]": value >> 16 * index & 0xFFFF for index in range(count)}


def split(name: str, value: int, count: int = 8) -> dict[str, int]:
    return {f"{name}[{index}]": value >> 8 * index & 0xFF for index in range(count)}


# Integers modulo p: attack 8


@pytest.mark.parametrize(("text", "chip"), [("mul x5, x6, x7", "multiply"), ("mul x5, x5, x7", "multiply_in_place")])
@pytest.mark.parametrize("first", [ONES, 0xFFFF, 2**32 - 1, P])
def test_a_product_less_p_does_not_pass(text: str, chip: str, first: int) -> None:
    """z - p = z - 1 - 2^16 (2^15 - 2^8): one off in a limb, and the carry absorbs the rest if nothing bounds it."""
    rows = honest(text, {5: first, 6: first, 7: ONES})
    result = first * ONES % 2**64
    for index in range(4):
        limb = result >> 16 * index & 0xFFFF
        for change in (-1, 1):
            if 0 <= limb + change < 2**16:
                found = objections(rows, chip, {f"result.limbs[{index}]": limb + change})
                assert f"product: carry {index}" in found


def test_the_upper_half_of_a_product_less_p_does_not_pass() -> None:
    rows = honest("mulhu x5, x6, x7", {6: ONES, 7: ONES})
    high = ONES * ONES >> 64
    for index in range(3):
        cells = {f"result[{index}]": (high >> 16 * index & 0xFFFF) - 1}
        assert f"product: carry {index + 4}" in objections(rows, "multiply_high", cells)
    assert "product: carry 0" in objections(rows, "multiply_high", {"low.limbs[0]": 0})


def test_a_signed_product_with_free_signs_does_not_pass() -> None:
    rows = honest("mulh x5, x6, x7", {6: ONES, 7: 5})
    assert "sign of rs1" in objections(rows, "multiply_high_signed", {"first_sign": 0, **_product_of(ONES, 5)})
    rows = honest("mulhsu x5, x6, x7", {6: 5, 7: ONES})
    cells = {"second_counts": 1, "is_mixed": 0, **_product_of(5, -1 % 2**64, signed=True)}
    assert objections(rows, "multiply_high_signed", cells) == {"fetch"}


def _product_of(first: int, second: int, *, signed: bool = False) -> dict[str, int]:
    high = first * second >> 64
    return limbs("result.limbs", high - (first if signed else 0))


# Byte and limb splits


@pytest.mark.parametrize("chip", ["multiply", "and", "or", "xor"])
def test_a_limb_has_one_pair_of_bytes(chip: str) -> None:
    name = "mul" if chip == "multiply" else chip
    rows = honest(f"{name} x5, x6, x7", {6: 0x0302, 7: 0x0101})
    cells = {"rs1.bytes[0]": 0x02 + 256, "rs1.bytes[1]": 0x02}
    expected = "rs1 bytes 0 and 1" if chip == "multiply" else "byte 0"
    assert expected in objections(rows, chip, cells)
    cells = {"rs1.bytes[0]": 0x02 - 256, "rs1.bytes[1]": 0x04}
    assert expected in objections(rows, chip, cells)


def test_a_loaded_byte_is_one_of_memorys() -> None:
    rows = honest("lbu x5, 2(x6)", {6: 0x0410_0000}, {0x0410_0000 // 8: 0x1122_3344_5566_7788})
    assert objections(rows, "load_bu", {"low": 0x66 + 256}) == {"bytes of the limb"}
    assert objections(rows, "load_bu", {"low": 0x67}) == {"bytes of the limb"}
    rows = honest("lb x5, 3(x6)", {6: 0x0410_0000}, {0x0410_0000 // 8: 0x1122_3344_8566_7788})
    swapped = {"value": 0x66, "other": 0x85, "sign": 0}
    assert objections(rows, "load_b", swapped) == {"bytes of the limb"}
    assert objections(rows, "load_b", {"sign": 0}) == {"sign"}


# Signs, carries and comparisons


@pytest.mark.parametrize(
    ("text", "chip"),
    [("addw x5, x6, x7", "add_word"), ("addiw x5, x6, 0", "add_word_immediate"), ("mulw x5, x6, x7", "multiply_word")],
)
def test_the_sign_of_a_word_is_not_free(text: str, chip: str) -> None:
    rows = honest(text, {6: 2**31 + 5, 7: 1})
    assert objections(rows, chip, {"result.sign": 0}) == {"result limb 1"}
    assert objections(rows, chip, {"result.sign": 2}) == {"result limb 1"}


def test_a_sum_that_wraps_around_p_does_not_pass() -> None:
    rows = honest("add x5, x6, x7", {6: 5, 7: 6})
    for forged in (11 + 2**16, 11 - 2**16, 11 + P // 2):
        assert "result limb 0" in objections(rows, "add", {"result.limbs[0]": forged})
    assert "sum: carry 0 is a bit" in objections(rows, "add", {"result.limbs[0]": 12})


def test_an_immediate_is_the_programs() -> None:
    rows = honest("addi x5, x6, -1", {6: 5})
    assert objections(rows, "add_immediate", {"immediate": 1, "result.limbs[0]": 6}) >= {"fetch"}
    assert objections(rows, "add_immediate", {"result.limbs[0]": 4 + 2**16, "result.limbs[1]": -1}) == {
        "result limb 0",
        "result limb 1",
    }


@pytest.mark.parametrize(("text", "chip"), [("sltu x5, x6, x7", "less_unsigned"), ("slt x5, x6, x7", "less_signed")])
@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, ONES), (ONES, 0), (TOP, TOP - 1), (2**16, 1), (1, 2**48)])
def test_a_comparison_cannot_be_turned_round(text: str, chip: str, first: int, second: int) -> None:
    rows = honest(text, {6: first, 7: second})
    table = rows.segment.tables[chip]
    names = [column.name for column in rows.circuit.chip(chip).program.columns]
    opposite = 1 - int(table[names.index("less.is_less"), 0])
    for at in range(5):
        marks = {f"less.at[{index}]": int(index == at) for index in range(4)}
        assert objections(rows, chip, {"less.is_less": opposite, **marks})


def test_signs_of_a_comparison_are_not_free() -> None:
    rows = honest("slt x5, x6, x7", {6: ONES, 7: 1})
    forged = {"first.negative": 0, "less.is_less": 0}
    assert objections(rows, "less_signed", forged) == {"sign of rs1"}
    rows = honest("slti x5, x6, 1", {6: ONES})
    forged = {"sign.negative": 0, "sign_if_signed": 0, "less.is_less": 0}
    assert "sign of rs1" in objections(rows, "less_immediate", forged)


def test_zero_is_zero() -> None:
    rows = honest("sltiu x5, x6, 1", {6: 7})
    assert objections(rows, "is_zero", {"nonzero": 0, "inverse": 0}) == {"has no other result"}
    rows = honest("sltiu x5, x6, 1", {6: 0})
    assert objections(rows, "is_zero", {"nonzero": 1, "inverse": 1}) == {"a number that is not 0"}


# Division


def test_a_remainder_is_smaller_than_the_divisor() -> None:
    rows = honest("divu x5, x6, x7", {6: 100, 7: 7})
    forged = {**split("quotient", 13), **limbs("remainder", 9), **limbs("result", 13)}
    wrong = objections(rows, "divide", forged)
    assert wrong and all(name.startswith("r < B") for name in wrong)
    for excess in (7 - 9 - 1, 0):
        assert objections(rows, "divide", {**forged, **limbs("excess", excess % 2**64)})
    rows = honest("remuw x5, x6, x7", {6: 100, 7: 7})
    forged = {**split("quotient", 13, 4), **limbs("remainder", 9, 2), **limbs("result", 9, 2)}
    assert objections(rows, "remainder_word", {**forged, **limbs("excess", -3 % 2**32, 2)}) == {"r < B"}


def test_a_quotient_does_not_wrap() -> None:
    rows = honest("divu x5, x6, x7", {6: 0, 7: 2})
    forged = {**split("quotient", TOP), **limbs("result", TOP)}
    assert objections(rows, "divide", forged) == {"q B has no more limbs"}
    rows = honest("divu x5, x6, x7", {6: 1, 7: 3})
    inverse = pow(3, -1, 2**64)
    forged = {**split("quotient", inverse), **limbs("remainder", 0), **limbs("excess", 2), **limbs("result", inverse)}
    assert "q B has no more limbs" in objections(rows, "divide", forged)


def test_a_quotient_less_p_does_not_pass() -> None:
    rows = honest("remu x5, x6, x7", {6: ONES, 7: 2**40 + 12345})
    remainder = ONES % (2**40 + 12345)
    for change in (-1, 1):
        wrong = objections(rows, "remainder", limbs("remainder", remainder + change))
        assert "q B + r: carry 0" in wrong


@pytest.mark.parametrize(("name", "forged"), [("div", 0), ("div", TOP - 1), ("rem", ONES), ("rem", 1)])
def test_the_overflow_of_a_division_is_the_manuals(name: str, forged: int) -> None:
    rows = honest(f"{name} x5, x6, x7", {6: TOP, 7: ONES})
    chip = "divide" if name == "div" else "remainder"
    assert objections(rows, chip, limbs("result", forged))
    whole = {**split("quotient", forged), **limbs("result", forged)}
    assert objections(rows, chip, whole)


def test_division_by_zero_has_one_result() -> None:
    rows = honest("div x5, x6, x7", {6: 100, 7: 0})
    for quotient in (0, 1, ONES - 1):
        forged = {**split("quotient", quotient), **limbs("result", quotient)}
        assert any(name.startswith("by zero") for name in objections(rows, "divide", forged))
    rows = honest("divu x5, x6, x7", {6: 100, 7: 7})
    claimed = {"by_zero": 1, "nonzero": 0, **split("quotient", ONES), **limbs("result", ONES)}
    assert "by zero, B is 0" in objections(rows, "divide", claimed)
    rows = honest("rem x5, x6, x7", {6: 100, 7: 0})
    assert objections(rows, "remainder", {"by_zero": 0, "nonzero": 1})


def test_signs_of_a_division_are_not_free() -> None:
    rows = honest("div x5, x6, x7", {6: -100 % 2**64, 7: 7})
    positive = -100 % 2**64
    forged = {"sign1": 0, "negate": 0, **limbs("dividend", positive), **split("quotient", positive // 7)}
    forged |= {
        **limbs("remainder", positive % 7),
        **limbs("excess", 6 - positive % 7),
        **limbs("result", positive // 7),
    }
    assert objections(rows, "divide", forged) == {"sign of rs1"}
    assert objections(rows, "divide", {**forged, "is_signed": 0}) == {"fetch"}


# Shifts


def test_the_amount_of_a_shift_is_six_bits() -> None:
    rows = honest("sll x5, x6, x7", {6: 3, 7: 64 + 5})
    assert objections(rows, "shift_any", {"rest": 0}) == {"how to shift"}
    assert objections(rows, "shift_any", {"rest": 2}) == {"how to shift"}
    quarter = (64 + 5) * pow(64, -1, P) % P
    assert "rest of the amount" in objections(rows, "shift_any", {"rest": quarter})


def test_a_shift_moves_as_far_as_its_amount_says() -> None:
    rows = honest("sll x5, x6, x7", {6: 3, 7: 5})
    assert objections(rows, "shift_any", {"product.power": 64, **limbs("limbs", 192, 8)}) == {"how to shift"}
    moved = {"product.position[0]": 1, **limbs("limbs", 3 << 13, 8)}
    assert objections(rows, "shift_any", moved) == {"how to shift"}
    two = {"product.position[0]": 1, "product.position[2]": -1}
    assert "product.position[2] is a bit" in objections(rows, "shift_any", two)
    rows = honest("srai x5, x6, 5", {6: TOP})
    zeros = {"product.enters": 0, **limbs("limbs", TOP << 59, 8)}
    assert objections(rows, "shift_any_immediate", zeros) == {"what enters is the sign"}
    assert objections(rows, "shift_any_immediate", {"product.sign": 0, **zeros}) == {"sign of rs1"}


def test_a_shift_by_a_constant_has_the_programs_power() -> None:
    rows = honest("slli x5, x6, 4", {6: 3})
    assert objections(rows, "shift_left", {"power": 32, "result.limbs[0]": 96}) == {"fetch"}
    assert objections(rows, "shift_left", {"limb.bits[0]": 1, **limbs("result.limbs", 48 << 16)}) == {"fetch"}
    rows = honest("srli x5, x6, 4", {6: 0x1234})
    assert "fetch" in objections(rows, "shift_right", {"power": 2**11, "result.limbs[0]": 0x91})
    dropped = objections(rows, "shift_right", {"result.limbs[0]": 0x122})
    assert dropped & {"carry into limb 0", "what drops out"}


# Addresses: attack 10 (aliases), alignment, and the second doubleword


@pytest.mark.parametrize("chip", ["load_d", "store_d", "load_w", "load_h"])
def test_a_misaligned_address_has_no_key(chip: str) -> None:
    """(address + j p) / 8 is a number below 2^31, perhaps one of a word: the quotient must have 13 bits."""
    text = {"load_d": "ld x5, 8(x6)", "store_d": "sd x5, 8(x6)", "load_w": "lw x5, 8(x6)", "load_h": "lh x5, 8(x6)"}
    rows = honest(text[chip], {6: 0x0410_0000, 5: 1}, {0x0410_0008 // 8: 77})
    for shift in range(1, 8):
        if shift % {"load_w": 4, "load_h": 2}.get(chip, 8) == 0:
            continue
        for carry in (-1, 0, 1):
            assert "address limb 0" in objections(rows, chip, {"rs1.low": shift, "address.carry": carry})


def test_an_address_cannot_lie_a_modulus_further() -> None:
    rows = honest("ld x5, 0(x6)", {6: 0x0410_0000}, {0x0410_0000 // 8: 77})
    for carry in (-1, 1):
        assert objections(rows, "load_d", {"address.carry": carry}) == {"address limb 0"}
    assert "carry of the address is -1, 0 or 1" in objections(rows, "load_d", {"address.carry": 2})
    rows = honest("lb x5, 1(x6)", {6: 2**64 - 1}, {0: 77})
    assert objections(rows, "load_any", {"address.carries[1]": 0}) >= {"address limb 1"}


def test_an_address_beyond_memory_meets_no_word() -> None:
    """A narrow pointer plus its immediate reaches 2^32 + 2047: keys that lie between those of RAM and of registers."""
    beyond = ram_key(2**32 + 2047 + 8)
    assert ram_key(2**32 - 1) < ram_key(2**32) <= beyond < FIRST_REGISTER_KEY
    assert ram_key(2**32) + QUOTIENTS < FIRST_REGISTER_KEY  # whatever limb 0 is when limb 1 overflows


def test_the_address_of_a_wide_pointer_is_below_two_to_the_32() -> None:
    rows = honest("ld x5, 8(x6)", {6: 2**64 - 8}, {0: 77})
    for index, limb in ((2, 0xFFFE), (3, 0xFFFE), (2, 0), (3, 1)):
        wrong = objections(rows, "load_any", {f"rs1.value.limbs[{index}]": limb})
        assert wrong & {"limb 2 of the address is 0", "limb 3 of the address is 0"}


def test_the_offset_of_a_misaligned_access_is_the_addresss() -> None:
    memory = {0x0410_0000 // 8: 0x8877_6655_4433_2211, 0x0410_0008 // 8: 0xFFEE_DDCC_BBAA_9988}
    rows = honest("ld x5, 3(x6)", {6: 0x0410_0000}, memory)
    assert "address limb 0" in objections(rows, "load_any", {"is_odd": 0})
    assert "address limb 0" in objections(rows, "load_any", {"limb.bits[0]": 0, "limb.bits[1]": 1})
    nothing = {"memory.crosses": 0, "memory.second.time": 0, **limbs("memory.second.old.limbs", 0)}
    assert "whether a second doubleword is read" in objections(rows, "load_any", nothing)


def test_a_store_keeps_the_bytes_beside_it() -> None:
    memory = {0x0410_0000 // 8: 0x8877_6655_4433_2211, 0x0410_0008 // 8: 0xFFEE_DDCC_BBAA_9988}
    rows = honest("sd x5, 3(x6)", {6: 0x0410_0000, 5: 5}, memory)
    assert objections(rows, "store_any", {"first[0]": 0x34}) >= {"bytes of the first limb"}
    assert objections(rows, "store_any", {"last[1]": 0x34}) >= {"bytes of the last limb"}
    rows = honest("sb x5, 3(x6)", {6: 0x0410_0000, 5: 5}, memory)
    assert objections(rows, "store_b", {"other": 0x34}) == {"bytes of the limb"}
    assert objections(rows, "store_b", {"value": 6}) == {"bytes of rs2"}


# Time: attack 9


@pytest.mark.parametrize("column", ["rs1.time", "rs2.time", "rd.time"])
def test_an_access_cannot_follow_itself_or_the_future(column: str) -> None:
    rows = honest("add x5, x6, x7", {6: 5, 7: 6})
    table = rows.segment.tables["add"]
    names = [item.name for item in rows.circuit.chip("add").program.columns]
    clock = int(table[names.index("cpu.clock"), 0])
    register = column.split(".")[0]
    now = clock + {"rs1": 1, "rs2": 2, "rd": 3}[register]
    for time in (now, now + 1, now - 2**16 - 1, now + 32513 * 2**16):
        assert objections(rows, "add", {column: time}) == {f"{register} gap"}


def test_the_table_of_shifts_is_what_shifting_does() -> None:
    from hstar.machine.chips.shift_any import recipe

    one = np.ones(1, dtype=np.int64)
    for is_word, bits in ((0, 64), (1, 32)):
        for is_right in (0, 1):
            for amount in range(64):
                position, power, upper = (int(x[0]) for x in recipe(is_word * one, is_right * one, amount * one))
                shift = 8 * position + power.bit_length() - 1
                moved = (0xDEADBEEF << shift) >> (bits if upper else 0)
                shifted = 0xDEADBEEF >> amount % bits if is_right else 0xDEADBEEF << amount % bits
                assert moved % 2**bits == shifted % 2**bits and power.bit_count() == 1

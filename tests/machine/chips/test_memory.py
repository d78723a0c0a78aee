"""Loads and stores: every width at every offset, with pointers that carry, wrap and are the target themselves."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from air.mutation import surviving_mutations
from hstar.machine.decode import encode
from hstar.machine.isa import BY_NAME, INSTRUCTIONS, Instruction, Kind
from machine.chips.rows import EDGES, Rows, Step, rows_of
from machine.chips.test_results import NO_SHRINKING

ACCESSING = [row for row in INSTRUCTIONS if row.kind in (Kind.LOAD, Kind.STORE)]
BASES = (0x0410_0000, 0x0410_FFF8, 0xC000_0000, 0xFFFF_FFE8, 0x20)
"""Bases of accessed doublewords: data, just below a limb's carry, input, the end of RAM, the stack's end."""


def step(instruction: Instruction, registers: tuple[int, int], address: int, immediate: int, value: int) -> Step:
    """An access to `address` through register `registers[0]`; `registers[1]` is rd or rs2."""
    pointer, other = registers
    pointed = (address - immediate) % 2**64
    source = random.Random(address ^ value)
    memory = {index: source.choice([source.getrandbits(64), *EDGES]) for index in (address // 8, address // 8 + 1)}
    memory = {index: word for index, word in memory.items() if index < 2**29}
    operands = {"rd": other, "rs1": pointer} if instruction.kind is Kind.LOAD else {"rs1": pointer, "rs2": other}
    return Step(encode(instruction, immediate=immediate, **operands), {other: value, pointer: pointed}, memory)


def some_steps(instruction: Instruction) -> list[Step]:
    source = random.Random(instruction.number)
    steps = []
    for base in BASES:
        for offset in range(17):
            address = base + offset
            if address + instruction.memory_bytes > 2**32:
                continue
            for immediate in (0, 1, -1, 7, 2047, -2048, source.randrange(-2048, 2048)):
                registers = source.choice([(5, 6), (5, 6), (5, 5), (5, 0)])
                steps.append(step(instruction, registers, address, immediate, source.choice(EDGES)))
    return steps


@pytest.mark.parametrize("instruction", ACCESSING, ids=lambda row: row.name)
def test_every_offset(instruction: Instruction) -> None:
    rows = rows_of(some_steps(instruction))
    assert [str(fault) for fault in rows.faults()] == []


@settings(max_examples=8, deadline=None, phases=NO_SHRINKING)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACCESSING),
            st.integers(0, 2**32 - 8).filter(lambda address: not 0x0400_0000 - 8 <= address < 0x0410_0000),
            st.integers(-2048, 2047),
            st.integers(0, 2**64 - 1),
        ),
        min_size=10,
        max_size=40,
    )
)
def test_random_accesses(accesses: list[tuple[Instruction, int, int, int]]) -> None:
    rows = rows_of([step(instruction, (5, 6), *rest) for instruction, *rest in accesses])
    assert [str(fault) for fault in rows.faults()] == []


@pytest.fixture(scope="module")
def rows() -> Rows:
    return rows_of([item for instruction in ACCESSING for item in some_steps(instruction)[::3]])


NARROW = ("load_d", "load_w", "load_wu", "load_h", "load_hu", "load_b", "load_bu")
NARROW += ("store_d", "store_w", "store_h", "store_b")


@pytest.mark.parametrize("chip", [*NARROW, "load_any", "store_any"])
def test_every_changed_cell_is_noticed(chip: str, rows: Rows) -> None:
    height = rows.segment.height(chip)
    count = 6 if chip in NARROW else 30
    chosen = sorted(random.Random(chip).sample(range(height), count))
    assert surviving_mutations(rows.circuit, rows.segment, chip, chosen, provided=rows.provided) == []


def test_every_kind_has_a_row_in_the_chips_for_any_address(rows: Rows) -> None:
    for chip, names in (("load_any", "kind.bits"), ("store_any", "kind.bits")):
        program = rows.circuit.chip(chip).program
        table = rows.segment.tables[chip]
        bits = [table[index] for index, column in enumerate(program.columns) if column.name.startswith(names)]
        assert all(column.any() for column in bits) and not sum(bits).all()


def test_the_names_are_those_of_the_instruction_table() -> None:
    from hstar.machine.chips import load, store

    assert {*load.NAMES, *store.NAMES} == {row.name for row in ACCESSING}
    assert all(name in BY_NAME for name in load.NAMES)

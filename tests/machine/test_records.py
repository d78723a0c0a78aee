"""Both recorders against each other, and what they write down against the rules of the memory argument."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.kernels.backend import Backend, use_backend
from hstar.machine.isa import BY_NAME, BY_NUMBER, Kind
from hstar.machine.layout import DISCARD_KEY, FIRST_REGISTER_KEY, HALT_INDEX, PROGRAM_START, ZERO_KEY
from hstar.machine.native import NativeMachine
from hstar.machine.operations import Accesses
from hstar.machine.reasons import ExecutionError
from hstar.machine.records import FIELDS, MAX_GAP, NO_OPERATION, RecordPlan, record_segment
from hstar.machine.segments import FAMILIES
from machine.random_programs import random_program
from machine.support import DATA, EXIT, make_program
from machine.test_machines import small_rule

_CALL_CHIP = len(FAMILIES)
CHIPS = (*(family.value for family in FAMILIES), "call", "misaligned")
_WORD_FIELDS = tuple(name for name in FIELDS if "[" not in name)
_STATE_FIELDS = tuple(name for name in FIELDS if not name.startswith("memory") or "[" in name)
OFFSETS = {"rs1": 1, "rs2": 2, "rd": 3}


def _key(number, zero_key):
    return zero_key if number == 0 else FIRST_REGISTER_KEY + number


def _accesses(row):
    if row.name == "ecall":
        return Accesses.RS1 | Accesses.RS2
    flags = [getattr(Accesses, name.upper()) for name in row.layout.operands]
    flags += [Accesses.MEMORY_READ] * (row.kind is Kind.LOAD) + [Accesses.MEMORY_WRITE] * (row.kind is Kind.STORE)
    return Accesses(sum(flags))


def full_plan(program):
    """Every instruction is a row of its family's chip and has every field; operation 2k is opcode k."""
    decoded = program.decoded
    number = len(BY_NUMBER)
    chip, accesses = np.zeros(2 * number, dtype=np.uint16), np.zeros(2 * number, dtype=np.uint8)
    for opcode in range(1, number):
        row = BY_NUMBER[opcode]
        accesses[2 * opcode : 2 * opcode + 2] = int(_accesses(row))
        chip[2 * opcode] = FAMILIES.index(row.family)
        chip[2 * opcode + 1] = _CALL_CHIP + (row.name != "ecall")
    accesses[2 * BY_NAME["ecall"].number + 1] |= Accesses.KECCAK
    two = [number for number, row in enumerate(BY_NUMBER) if row and (row.memory_bytes or row.name == "ecall")]
    opcodes = decoded.opcode.astype(np.uint16)
    rows = np.zeros((len(opcodes), 7), dtype=np.uint32)
    for at, opcode in enumerate(opcodes.tolist()):
        registers = (0, 17, 10) if BY_NUMBER[opcode] is BY_NAME["ecall"] else (
            int(decoded.rd[at]), int(decoded.rs1[at]), int(decoded.rs2[at]))  # fmt: skip
        rows[at, :3] = [_key(registers[0], DISCARD_KEY), *(_key(register, ZERO_KEY) for register in registers[1:])]
        rows[at, 3:] = [at, 1, 2, 3]
    return RecordPlan(
        operation=np.where(opcodes > 0, 2 * opcodes, NO_OPERATION).astype(np.uint16),
        alternate=np.where(np.isin(opcodes, two), 2 * opcodes + 1, NO_OPERATION).astype(np.uint16),
        rows=rows,
        chip=chip,
        variant=np.arange(2 * number, dtype=np.uint32),
        accesses=accesses,
        chips=CHIPS,
        fields=tuple(_STATE_FIELDS if chip == "call" else _WORD_FIELDS for chip in CHIPS),
    )


def segments_of(program, capacity=9_000):
    machine = NativeMachine(program, rule=small_rule(program, capacity))
    segments = []
    while not machine.halted:
        segments.append(machine.advance())
    return segments


def record_both(plan, program, segment):
    native = record_segment(plan, program, segment)
    with use_backend(Backend.REFERENCE):
        reference = record_segment(plan, program, segment)
    assert native.keys() == reference.keys()
    for chip, fields in reference.items():
        assert fields.keys() == native[chip].keys()
        for name, values in fields.items():
            assert values.dtype == native[chip][name].dtype == np.uint64, (chip, name)
            assert np.array_equal(values, native[chip][name]), (chip, name)
    return native


def memory_messages(records):
    """What rows without instructions put on the memory bus: (key, time, value) sent, and received."""
    sent, received = [], []
    boundary = records["boundary"]
    for key, first, value_in, last, value_out in zip(
        *(boundary[name].tolist() for name in ("key", "first_time", "value_in", "last_time", "value_out")), strict=True
    ):
        sent.append((key, first, value_in))
        received.append((key, last, value_out))
    for row in zip(*(records.get("bump", {}).get(name, np.zeros(0)).tolist() for name in
                     ("key", "time", "value", "later")), strict=True):  # fmt: skip
        received.append((row[0], row[1], row[2]))
        sent.append((row[0], row[3], row[2]))
    single = {name: int(values[0]) for name, values in records["registers"].items()}
    sent += [(ZERO_KEY, 0, 0), (DISCARD_KEY, 0, 0)]
    received += [(ZERO_KEY, single["zero_time"], 0), (DISCARD_KEY, single["discard_time"], single["discarded"])]
    return sent, received


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), capacity=st.integers(5_000, 20_000))
def test_recorders_agree_on_random_programs(seed, capacity):
    program = make_program(random_program(seed, length=30, loops=2, rounds=3) + EXIT)
    plan = full_plan(program)
    segments = segments_of(program, capacity)
    for segment in [*segments[:2], segments[-1]]:
        records = record_both(plan, program, segment)
        rows = sum(len(records[chip]["pc"]) for chip in CHIPS if chip in records)
        assert rows == segment.cycles
        clocks = np.sort(np.concatenate([records[chip]["clock"] for chip in CHIPS if chip in records]))
        assert np.array_equal(clocks, 4 * np.arange(segment.cycles, dtype=np.uint64))
    assert int(records["control"]["pc_out"][0]) == HALT_INDEX


@pytest.mark.parametrize("seed", range(4))
def test_reads_find_what_was_written_last(seed):
    """Register accesses of all chips, bumps and boundary rows pair up as the memory bus demands."""
    program = make_program(random_program(seed, length=40) + EXIT)
    segment = segments_of(program)[1]
    records = record_both(full_plan(program), program, segment)
    sent, received = memory_messages(records)
    before = {key: value for key, _, value in sent}
    for chip in CHIPS:
        for row in range(len(records.get(chip, {}).get("pc", ()))):
            fields = {name: int(values[row]) for name, values in records[chip].items() if values.ndim == 1}
            now = {name: fields["clock"] + offset for name, offset in OFFSETS.items()}
            opcode = BY_NUMBER[fields["variant"] // 2]
            for name in ("rs1", "rs2"):
                if getattr(Accesses, name.upper()) in _accesses(opcode):
                    message = (fields[name], fields[f"{name}_time"], fields[f"{name}_value"])
                    received.append(message)
                    sent.append((fields[name], now[name], fields[f"{name}_value"]))
                    assert 0 < now[name] - fields[f"{name}_time"] <= MAX_GAP
    # What is received and never sent, or sent and never received, involves registers written or memory accessed; reads
    # of registers that the segment never writes pair up exactly.
    written = {int(key) for chip in CHIPS if chip in records for key in records[chip]["rd"]}
    quiet = {key for key in before if key > 2**29 and key not in written}
    assert quiet
    assert sorted(item for item in sent if item[0] in quiet) == sorted(item for item in received if item[0] in quiet)


MISALIGNED = f"""
li s0, {DATA}
li t0, 0x1122334455667788
sd t0, 0(s0)
sd t0, 8(s0)
lw t1, 6(s0)
lw t2, 1(s0)
sh t0, 7(s0)
sb t0, 3(s0)
lbu t3, 15(s0)
addi zero, t0, 5
mv zero, s0
"""


def test_misaligned_accesses_have_their_own_rows():
    program = make_program(MISALIGNED + EXIT)
    (segment,) = segments_of(program, 100_000)
    records = record_both(full_plan(program), program, segment)
    rows = records["misaligned"]
    crosses = rows["memory2_time"] > 0
    assert crosses.tolist() == [True, False, True]
    assert rows["memory_old"].tolist() == [0x1122334455667788] * 3
    assert rows["memory2_old"][0] == 0x1122334455667788 and rows["memory2_old"][1] == 0
    assert int(records["registers"]["discarded"][0]) == DATA
    assert int(records["registers"]["discard_time"][0]) % 4 == 3


def test_long_gaps_get_bump_rows():
    source = f"li s0, {DATA}\nsd s0, 0(s0)\nli t0, 9000\nloop: addi t0, t0, -1\nnop\nbne t0, zero, loop\nld t1, 0(s0)\n"
    program = make_program(source + EXIT)
    (segment,) = segments_of(program, 10_000_000)
    records = record_both(full_plan(program), program, segment)
    bumps = records["bump"]
    by_key = dict(zip(bumps["key"].tolist(), range(len(bumps["key"])), strict=True))
    assert set(by_key) == {FIRST_REGISTER_KEY + 8, DATA // 8 + 1}  # s0 and the word
    place = by_key[DATA // 8 + 1]
    assert int(bumps["value"][place]) == DATA
    load = records["load"]
    assert int(bumps["later"][place]) == int(load["memory_time"][0]) == int(load["clock"][0]) + 1
    assert (bumps["later"] - bumps["time"]).min() > MAX_GAP - 4


def test_calls_have_the_state_before_and_after():
    source = f"li a0, {DATA}\nsd a0, 16(a0)\nli a7, 0x10000\necall\nld t0, 0(a0)\necall\n"
    program = make_program(source + EXIT)
    (segment,) = segments_of(program, 1_000_000)
    rows = record_both(full_plan(program), program, segment)["call"]
    assert rows["memory_old"].shape == (2, 25)
    assert rows["memory_old"][0].tolist() == [0, 0, DATA] + [0] * 22
    assert np.array_equal(rows["memory_old"][1], rows["memory_new"][0])
    assert (rows["memory_time"][1] < rows["clock"][1] + 3).all()


def test_a_foreign_segment_is_refused():
    program = make_program(random_program(1) + EXIT)
    plan = full_plan(program)
    segment = segments_of(program)[0]
    for changes in (
        {"cycles": segment.cycles + 1, "registers": segment.registers + np.uint64(1)},
        {"values_out": segment.values_out + np.uint64(1)},
        {"pc": PROGRAM_START - 4},
    ):
        for backend in Backend:
            with use_backend(backend), pytest.raises((InputError, ExecutionError)):
                record_segment(plan, program, dataclasses.replace(segment, **changes))


def test_an_instruction_without_operation_is_refused():
    program = make_program(MISALIGNED + EXIT)
    plan = full_plan(program)
    plan = dataclasses.replace(plan, operation=np.full_like(plan.operation, NO_OPERATION))
    (segment,) = segments_of(program, 100_000)
    for backend in Backend:
        with use_backend(backend), pytest.raises((InputError, ExecutionError)):
            record_segment(plan, program, segment)

"""Every instruction chip computes what the reference machine computes, and nothing else is accepted."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hstar.machine.decode import encode
from hstar.machine.isa import BY_NAME, INSTRUCTIONS, Family, Format, Instruction, Kind
from machine.chips.rows import EDGES, Rows, Step, rows_of

COMPUTING = [row for row in INSTRUCTIONS if row.kind is Kind.COMPUTE]
PATTERNS = (
    (5, 6, 7),
    (5, 5, 7),
    (5, 6, 5),
    (5, 5, 5),
    (0, 6, 7),
    (5, 0, 7),
    (5, 6, 0),
    (5, 6, 6),
    (0, 0, 0),
    (5, 0, 5),
)
"""rd, rs1, rs2: distinct, in place in every way, and with x0 everywhere."""
IMMEDIATES = {
    Format.I: (0, 1, -1, 2, 15, 255, 256, 2047, -2048, -256),
    Format.SHIFT: tuple(range(64)),
    Format.SHIFT_WORD: tuple(range(32)),
    Format.U: (0, 0x1000, 0x7FFFF000, -0x80000000, -0x1000, 0x12345000),
    Format.R: (0,),
}


def steps_of(instruction: Instruction, pairs: list[tuple[int, int]]) -> list[Step]:
    """Every operand pattern and immediate, with operand values in turn."""
    steps = []
    for rd, rs1, rs2 in PATTERNS:
        for immediate in IMMEDIATES[instruction.format]:
            operands = {"rd": rd, "rs1": rs1, "rs2": rs2}
            used = {name: number for name, number in operands.items() if name in instruction.layout.operands}
            code = encode(instruction, immediate=immediate, **used)
            for first, second in pairs if immediate in IMMEDIATES[instruction.format][:4] else pairs[:6]:
                steps.append(Step(code, {6: first, 7: second, 5: first ^ second >> 1}))
    return steps


def edge_pairs(seed: int, count: int) -> list[tuple[int, int]]:
    """Some of all pairs of edge operands, shuffled."""
    pairs = [(first, second) for first in EDGES for second in EDGES]
    random.Random(seed).shuffle(pairs)
    return pairs[:count]


def assert_honest(rows: Rows) -> None:
    assert [str(fault) for fault in rows.faults()] == []


@pytest.mark.parametrize("instruction", COMPUTING, ids=lambda row: row.name)
def test_edge_operands(instruction: Instruction) -> None:
    pairs = edge_pairs(instruction.number, 60)
    if instruction.family is Family.SHIFT and instruction.format is Format.R:
        pairs = [(EDGES[amount % len(EDGES)], amount) for amount in range(64)] + pairs
    assert_honest(rows_of(steps_of(instruction, pairs)))


NO_SHRINKING = [phase for phase in Phase if phase is not Phase.shrink]  # steps are independent, and traces are slow
WORD = st.integers(0, 2**64 - 1) | st.sampled_from(EDGES) | st.integers(0, 63)


@settings(max_examples=8, deadline=None, phases=NO_SHRINKING)
@given(st.lists(st.tuples(WORD, WORD), min_size=4, max_size=12), st.integers(0, 2**31))
def test_random_operands(pairs: list[tuple[int, int]], seed: int) -> None:
    source = random.Random(seed)
    steps = []
    for instruction in COMPUTING:
        some = steps_of(instruction, pairs)
        steps += source.sample(some, min(len(some), 6))
    assert_honest(rows_of(steps, seed))


def large_sums() -> list[Step]:
    """Immediates with which auipc passes 2^32 from a program at 0xB000_0000."""
    return [Step(encode(BY_NAME["auipc"], rd=rd, immediate=0x7FFFF000)) for rd in (5, 31, 0)]


def test_auipc_below_zero_and_beyond_32_bits() -> None:
    steps = [Step(encode(BY_NAME["auipc"], rd=5, immediate=immediate)) for immediate in (0x7FFFF000, -0x80000000)]
    assert_honest(rows_of(steps))
    assert_honest(rows_of([*steps, *large_sums()], base=0xB000_0000))

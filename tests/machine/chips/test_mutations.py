"""No cell of an instruction's row is free: whatever is changed, something notices."""

from __future__ import annotations

import random

import pytest

from air.mutation import surviving_mutations
from hstar.machine.operations import operations
from machine.chips.rows import Rows, rows_of
from machine.chips.test_results import COMPUTING, edge_pairs, large_sums, steps_of

ROWS_OF_A_CHIP = 10


@pytest.fixture(scope="module")
def rows() -> Rows:
    source = random.Random(3)
    steps = []
    for instruction in COMPUTING:
        some = steps_of(instruction, edge_pairs(instruction.number, 40))
        steps += source.sample(some, min(len(some), 60))
    return rows_of(steps)


def computing_chips() -> list[str]:
    """Names of the chips of computing instructions."""
    names = {row.name for row in COMPUTING}
    names.remove("auipc")  # below, with programs that need its rare chip
    chips = [chip for item in operations() if names & set(item.instructions) for chip in item.chips]
    return list(dict.fromkeys(chips))


@pytest.mark.parametrize("chip", computing_chips())
def test_every_changed_cell_is_noticed(chip: str, rows: Rows) -> None:
    height = rows.segment.height(chip)
    chosen = sorted(random.Random(chip).sample(range(height), min(height, ROWS_OF_A_CHIP)))
    assert surviving_mutations(rows.circuit, rows.segment, chip, chosen, provided=rows.provided) == []


def test_every_changed_cell_of_auipc_beyond_32_bits_is_noticed() -> None:
    rows = rows_of(large_sums(), base=0xB000_0000)
    assert rows.segment.height("constant_large") == 3 and rows.faults() == []
    assert surviving_mutations(rows.circuit, rows.segment, "constant_large", range(3)) == []

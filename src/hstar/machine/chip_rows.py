"""Rows and cells of a run by chip: what each circuit of the instruction segments has to hold.

The operation of a word is static, so rows follow from how often each word ran. Two kinds are decided by values: a
misaligned access is a row of the second chip of its operation instead of the first. An execution counts misaligned
loads and stores, not by word, so rows of the first chips are counted as if every access were aligned: at most too many
by the rows of the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hstar.air.program import Group
from hstar.machine.circuits import example_circuits
from hstar.machine.classes import row_cells
from hstar.machine.isa import BY_NAME, Kind
from hstar.machine.limits import Execution
from hstar.machine.operations import operations, operations_of_words
from hstar.machine.program import Program


@dataclass(frozen=True)
class ChipRows:
    """One chip: its rows, and the cells of its main columns in them."""

    chip: str
    rows: int
    cells: int


def _dynamic_rows(kind: Kind, execution: Execution) -> int:
    """Rows of a second chip."""
    by_kind = {Kind.LOAD: execution.misaligned_loads, Kind.STORE: execution.misaligned_stores}
    return by_kind.get(kind, execution.keccak_calls)


def chip_rows(program: Program, execution: Execution) -> list[ChipRows]:
    """The chips of the instruction segments that a run has rows in, most cells first.

    Args:
        program: what ran.
        execution: what it did.
    """
    numbers = operations_of_words(program)
    per_operation = np.bincount(numbers, weights=execution.word_counts.astype(np.float64)).astype(np.int64)
    rows: dict[str, int] = {}
    for number, operation in enumerate(operations(), 1):
        count = int(per_operation[number]) if number < len(per_operation) else 0
        first, *second = operation.chips
        for chip in second:
            rows[chip] = _dynamic_rows(BY_NAME[operation.instructions[0]].kind, execution)
        if operation.instructions == ("ecall",):
            count -= execution.keccak_calls
        rows[first] = rows.get(first, 0) + count
    cells = {name: groups[Group.MAIN] for name, groups in row_cells(example_circuits()[0].circuit).items()}
    found = [ChipRows(chip, count, count * cells[chip]) for chip, count in rows.items() if count]
    return sorted(found, key=lambda item: (-item.cells, item.chip))

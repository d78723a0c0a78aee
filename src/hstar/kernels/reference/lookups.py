"""Definition of `kernels.lookups`: a dictionary of the rows, one message after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hstar.kernels.reference.integer_program import Integers, run_program
from hstar.kernels.vectors import Words

if TYPE_CHECKING:
    from hstar.kernels.integer_program import IntegerProgram
    from hstar.kernels.lookups import LookupTable


def count_messages(
    program: IntegerProgram, columns: Words, table: LookupTable, counts: Integers
) -> tuple[int, int] | None:
    """Counts; row and interaction of the first message that is no row."""
    row_of: dict[tuple[int, ...], int] = {}
    for row, message in enumerate(zip(*table.fields.tolist(), strict=True)):
        row_of.setdefault(message, row)
    height, width = columns.shape[1], 1 + len(table.fields)
    values = [np.broadcast_to(value, height).tolist() for value in run_program(program, columns.astype(np.uint64))]
    missing: list[tuple[int, int]] = []
    for row in range(height):
        for interaction, start in enumerate(range(0, len(values), width)):
            multiplicity, *fields = (value[row] for value in values[start : start + width])
            if multiplicity:
                found = row_of.get(tuple(fields))
                if found is None:
                    missing.append((row, interaction))
                else:
                    counts[found] += np.uint64(1)
    return missing[0] if missing else None

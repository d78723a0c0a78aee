"""Counting how often each row of a lookup table is asked for: the multiplicities of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hstar.errors import InputError, Reason
from hstar.kernels.arguments import check_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.integer_program import IntegerProgram, Integers
from hstar.kernels.reference import lookups as reference
from hstar.kernels.vectors import Words

LARGEST_INDEX = 2**24
"""Entries of the index of a table."""
MAX_COUNT = 2**32
"""A task counts in 32 bits."""


@dataclass(frozen=True, eq=False)
class LookupTable:
    """The rows that can be asked for, indexed by their leading fields.

    Args:
        fields: `[fields, rows]` of `uint32`: the messages.
        ranges: `[k, 2]` least value and number of values of the leading fields, which tell different rows apart.
        rows: the first row with every tuple of leading fields, the first field slowest, or -1. None where there would
            be too many tuples: such a table is searched by the definition, slowly.
    """

    fields: Words
    ranges: Integers
    rows: npt.NDArray[np.int32] | None

    @property
    def num_rows(self) -> int:
        """Rows of the table."""
        return int(self.fields.shape[1])

    @classmethod
    def of(cls, fields: Sequence[npt.NDArray[np.unsignedinteger]]) -> LookupTable:
        """The table of these messages.

        Raises:
            InputError: WRONG_SHAPE when messages have no field.
        """
        whole = np.array(fields, dtype=np.uint32).reshape(len(fields), -1)
        num_rows = whole.shape[1]
        ranges: list[tuple[int, int]] = []
        keys, size = np.zeros(num_rows, dtype=np.int64), 1
        for number, field in enumerate(whole, start=1):
            least, most = (int(field.min()), int(field.max())) if num_rows else (0, 0)
            ranges.append((least, most - least + 1))
            size *= most - least + 1
            if size > LARGEST_INDEX:
                return cls(whole, np.zeros((0, 2), dtype=np.uint64), None)
            keys = keys * (most - least + 1) + (field.astype(np.int64) - least)
            distinct, first, place = np.unique(keys, return_index=True, return_inverse=True)
            names_rows = (whole[number:] == whole[number:, first[place.ravel()]]).all() and num_rows
            if names_rows or number == len(whole):
                rows = np.full(size, -1, dtype=np.int32)
                rows[distinct] = first
                return cls(whole, np.array(ranges, dtype=np.uint64).reshape(-1, 2), rows)
        raise InputError("a message without fields names no row", reason=Reason.WRONG_SHAPE)


def count_messages(
    program: IntegerProgram, columns: Words, table: LookupTable, counts: Integers
) -> tuple[int, int] | None:
    """Adds to `counts` how often each row of a lookup table is asked for by the rows of another table.

    Args:
        program: over the columns; puts out, for one interaction after the other, the multiplicity and the fields of its
            message, under the numbers 0, 1, 2, .. A message whose multiplicity is 0 is not asked for.
        columns: `[width, height]` of the asking table.
        table: what is asked.
        counts: `[table rows]`, added to in place. Of equal rows the first is asked.

    Returns:
        Row and interaction of the first message, by row, that the table does not hold; None if it holds all.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, OUT_OF_RANGE.
    """
    check_array(columns, "columns", "uint32", (program.num_fields, None))
    check_array(counts, "counts", "uint64", (table.num_rows,))
    num_outputs, height = len(program.outputs), columns.shape[1]
    num_asks, rest = divmod(num_outputs, 1 + len(table.fields))
    if rest or program.outputs[:, 0].tolist() != list(range(num_outputs)):
        raise InputError("the program does not put out whole messages in order", reason=Reason.WRONG_SHAPE)
    if num_asks * height >= MAX_COUNT:
        raise InputError(f"{num_asks} messages in {height} rows are too many", reason=Reason.OUT_OF_RANGE)
    if not runs_native() or table.rows is None:
        return reference.count_messages(program, columns, table, counts)
    others = np.ascontiguousarray(table.fields[len(table.ranges) :])
    missing: tuple[int, int] | None = native().lookup_count(
        program.instructions, program.constants, program.outputs, columns, height,
        table.ranges, table.rows, others, counts,
    )  # fmt: skip
    return missing

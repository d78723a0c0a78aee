"""Tables of unequal heights in one dense vector: laying their cells out, and the weight that reads a column claim.

A table lies row by row in a range of cells, so the weights of its cells are one eq table over (column, row) that starts
at the range's first cell and is cut off at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.kernels.arguments import check_array, check_range, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import jagged as reference
from hstar.kernels.vectors import ExtensionVector, Words, packed_shape

MAX_LOG_LENGTH = 40
"""Far longer vectors than memory holds."""


@dataclass(frozen=True, slots=True)
class EqRange:
    """`scale * eq(point, x - start)` for the indices x from `start` up to, and without, `end`.

    Args:
        start, end: at most `2^len(point)` apart.
        point: coordinates, that of the lowest bit first.
        scale: factor.
    """

    start: int
    end: int
    point: Sequence[ExtensionElement]
    scale: ExtensionElement


def eq_ranges(length: int, ranges: Sequence[EqRange]) -> ExtensionVector:
    """A vector that is zero outside of the ranges.

    Work is proportional to the ranges and, where `2^len(point)` is larger than a range, to a sixteenth of that.

    Args:
        length: of the vector.
        ranges: in increasing order, without overlap.

    Raises:
        InputError: OUT_OF_RANGE for a range outside of the vector or longer than its table, MALFORMED for ranges that
            overlap or do not increase.
    """
    check_range(length, "the length", 0, 1 << MAX_LOG_LENGTH)
    for item in ranges:
        check_range(len(item.point), "the number of coordinates", 0, MAX_LOG_LENGTH)
        check_range(item.end, "the end of a range", item.start, min(length, item.start + (1 << len(item.point))))
        check_range(item.start, "the start of a range", 0, length)
    if any(right.start < left.end for left, right in pairwise(ranges)):
        raise InputError("ranges must not overlap and must increase", reason=Reason.MALFORMED)
    if not runs_native():
        return ExtensionVector.from_elements(reference.eq_ranges(length, ranges))
    words = np.zeros(packed_shape(length), dtype=np.uint32)
    arguments = [
        (item.start, item.end, [value.coefficients for value in item.point], item.scale.coefficients) for item in ranges
    ]
    native().fill_eq_ranges(arguments, words)
    return ExtensionVector.trusted(length, words)


def lay_out_rows(columns: Words, width: int, cells: Words) -> Words:
    """Writes columns as rows of `width` cells: cell `row * width + column`; zero where there is no column.

    Args:
        columns: `[columns, height]`, `uint32`; at most `width` of them.
        width: cells of a row.
        cells: `[height * width]`, where they are written to; may be part of a larger vector.

    Returns:
        `cells`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, OUT_OF_RANGE, MALFORMED.
    """
    check_array(columns, "columns", "uint32", (None, None))
    check_range(width, "the width", max(1, len(columns)), 1 << MAX_LOG_LENGTH)
    output_array(cells, "uint32", (columns.shape[1] * width,), columns)
    if not runs_native():
        reference.lay_out_rows(columns, width, cells)
    elif cells.size:
        native().lay_out_rows(columns, columns.shape[1], width, cells)
    return cells

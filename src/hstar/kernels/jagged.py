"""Tables of unequal heights in one dense vector: laying their cells out, and the weight that reads a column claim.

A table lies row by row in a range of cells, so the weights of its cells are one eq table over (column, row) that starts
at the range's first cell and is cut off at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.kernels.arguments import check_array, check_range, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import jagged as reference
from hstar.kernels.vectors import LANES, ExtensionVector, Words, check_words, packed_shape

MAX_LOG_LENGTH = 40
"""Far longer vectors than memory holds."""
MAX_LOG_BLOCK = 6
"""The products of larger blocks would outweigh what they save."""


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
    _check_ranges(length, ranges)
    if not runs_native():
        return ExtensionVector.from_elements(reference.eq_ranges(length, ranges))
    words = np.zeros(packed_shape(length), dtype=np.uint32)
    native().fill_eq_ranges(_arguments(ranges), words)
    return ExtensionVector.trusted(length, words)


def _check_ranges(length: int, ranges: Sequence[EqRange]) -> None:
    check_range(length, "the length", 0, 1 << MAX_LOG_LENGTH)
    for item in ranges:
        check_range(len(item.point), "the number of coordinates", 0, MAX_LOG_LENGTH)
        check_range(item.end, "the end of a range", item.start, min(length, item.start + (1 << len(item.point))))
        check_range(item.start, "the start of a range", 0, length)
    if any(right.start < left.end for left, right in pairwise(ranges)):
        raise InputError("ranges must not overlap and must increase", reason=Reason.MALFORMED)


_Coefficients = tuple[int, ...]


def _arguments(ranges: Sequence[EqRange]) -> list[tuple[int, int, list[_Coefficients], _Coefficients]]:
    return [
        (item.start, item.end, [value.coefficients for value in item.point], item.scale.coefficients) for item in ranges
    ]


class JaggedProduct:
    """A dense vector f and a weight W of eq tables, read as columns; W is never written down.

    Element y of column j has the index `j * 2^h + y`. A block is `2^b` neighbouring columns; columns that are missing
    at the end are zero.

    Args:
        groups: f, `[columns, 2^h]` canonical each; the columns of one group after those of another.
        ranges: W, as in `eq_ranges`; work is proportional to f where tables have many more rows than a column.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE, MALFORMED. A
            column has at least `LANES` elements.
    """

    def __init__(self, groups: Sequence[Words], ranges: Sequence[EqRange]) -> None:
        heights = {group.shape[-1] for group in groups}
        height = heights.pop() if len(heights) == 1 else 0
        if height < LANES or height & (height - 1):
            raise InputError(
                f"columns must have one height, a power of two, {LANES} at least", reason=Reason.WRONG_SHAPE
            )
        for group in groups:
            check_array(group, "a group of columns", "uint32", (None, height))
            check_words(group, "a group of columns")
        self._groups, self._height = list(groups), height
        self._num_columns = sum(len(group) for group in groups)
        _check_ranges(self._num_columns * height, ranges)
        self._weight: Any = ranges
        self._is_native = runs_native()
        if self._is_native:
            log_height = height.bit_length() - 1
            self._weight = native().JaggedWeight(_arguments(ranges), self._num_columns, log_height)

    def block_products(self, log_block: int) -> list[list[ExtensionElement]]:
        """`M[j][k]`: the sum of `f_j W_k` over all blocks, for columns j and k of a block.

        Args:
            log_block: b.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        check_range(log_block, "log_block", 0, MAX_LOG_BLOCK)
        if not self._is_native:
            return reference.block_products(*self._columns(), log_block)
        size = 1 << log_block
        found = [ExtensionElement(value) for value in self._weight.block_products(self._groups, log_block)]
        return [found[row * size : (row + 1) * size] for row in range(size)]

    def fold_blocks(self, factors: Sequence[ExtensionElement]) -> tuple[ExtensionVector, ExtensionVector]:
        """f and W with each block made one column: `sum_j factor_j f_j` and `sum_j factor_j W_j`.

        Args:
            factors: 2^b.

        Raises:
            InputError: OUT_OF_RANGE, WRONG_SHAPE.
        """
        size = len(factors)
        check_range(size, "the number of factors", 1, 1 << MAX_LOG_BLOCK)
        if size & (size - 1):
            raise InputError(f"a block has a power of two columns, not {size}", reason=Reason.WRONG_SHAPE)
        if not self._is_native:
            folded = reference.fold_blocks(*self._columns(), factors)
            return ExtensionVector.from_elements(folded[0]), ExtensionVector.from_elements(folded[1])
        length = -(-self._num_columns // size) * self._height
        values, weights = (np.empty(packed_shape(length), dtype=np.uint32) for _ in range(2))
        self._weight.fold_blocks(self._groups, [factor.coefficients for factor in factors], values, weights)
        return ExtensionVector.trusted(length, values), ExtensionVector.trusted(length, weights)

    def _columns(self) -> tuple[list[list[int]], list[list[ExtensionElement]]]:
        """f and W column by column, for the reference."""
        weights = reference.eq_ranges(self._num_columns * self._height, self._weight)
        columns = [column for group in self._groups for column in group.tolist()]
        return columns, [weights[start : start + self._height] for start in range(0, len(weights), self._height)]


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

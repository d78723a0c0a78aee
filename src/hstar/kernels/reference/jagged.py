"""Definition of `kernels.jagged`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hstar.field.extension import ZERO, ExtensionElement
from hstar.kernels.reference.multilinear import eq
from hstar.kernels.reference.vectors import dot
from hstar.kernels.vectors import Words

if TYPE_CHECKING:
    from hstar.kernels.jagged import EqRange


def eq_ranges(length: int, ranges: Sequence[EqRange]) -> list[ExtensionElement]:
    """Zero outside the ranges, `scale * eq(point, x - start)` inside."""
    values = [ZERO] * length
    for item in ranges:
        for index in range(item.start, item.end):
            values[index] = item.scale * eq(item.point, index - item.start)
    return values


Columns = Sequence[Sequence[int]]
WeightColumns = Sequence[Sequence[ExtensionElement]]


def block_products(columns: Columns, weights: WeightColumns, log_block: int) -> list[list[ExtensionElement]]:
    """`M[j][k]`: the sum of `f_j W_k` over all blocks of `2^log_block` columns."""
    size = 1 << log_block
    products = [[ZERO] * size for _ in range(size)]
    for j, column in enumerate(columns):
        first = j - j % size
        for k, weight in enumerate(weights[first : first + size]):
            products[j - first][k] += dot(column, weight)
    return products


def fold_blocks(
    columns: Columns, weights: WeightColumns, factors: Sequence[ExtensionElement]
) -> tuple[list[ExtensionElement], list[ExtensionElement]]:
    """Each block's columns of f and of W, times the factors, added up."""
    values: list[ExtensionElement] = []
    folded: list[ExtensionElement] = []
    for first in range(0, len(columns), len(factors)):
        block = range(first, min(first + len(factors), len(columns)))
        for y in range(len(columns[0])):
            values.append(sum((factors[j - first] * columns[j][y] for j in block), ZERO))
            folded.append(sum((factors[j - first] * weights[j][y] for j in block), ZERO))
    return values, folded


def lay_out_rows(columns: Words, width: int, cells: Words) -> None:
    """Cell `row * width + column`; zero where there is no column."""
    rows = cells.reshape(columns.shape[1], width)
    rows[:, len(columns) :] = 0
    rows[:, : len(columns)] = columns.T

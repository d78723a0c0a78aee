"""Definition of `kernels.jagged`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hstar.field.extension import ZERO, ExtensionElement
from hstar.kernels.reference.multilinear import eq
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


def lay_out_rows(columns: Words, width: int, cells: Words) -> None:
    """Cell `row * width + column`; zero where there is no column."""
    rows = cells.reshape(columns.shape[1], width)
    rows[:, len(columns) :] = 0
    rows[:, : len(columns)] = columns.T

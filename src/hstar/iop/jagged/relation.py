"""Where the cells of tables of unequal heights lie in one vector, and the weight that reads a column claim from it.

Layout: each group of a chip's columns is cut into bundles of power-of-two width; a bundle is row-major (cell offset =
row * width + column). Inside a group bundles lie end to end, widest first, ties in the order of the key, so every start
is a multiple of the bundle's width and the low bits of a cell index are its column. A group starts at its first stack
column and may not pass its last one. Starts follow from the heights; nobody sends them.

Relation: with s_b the low coordinates of s, u_b = sum_c eq(s_b, c) value_c and J_b(x) = [start_b <= x < end_b] *
eq((s_b, r), x - start_b), the column claim at r becomes `sum_x f(x) W(x) = U` for W = sum_b gamma^b J_b and
U = sum_b gamma^b u_b, up to an error of (widest log + number of bundles) / |E|.

Source: Jagged PCS [2025/917]; here bundles are row-major and the weight goes into WHIR without a sumcheck of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hstar.air.program import Circuit, Group
from hstar.field.extension import ExtensionElement
from hstar.iop.multilinear import Point, eq, eq_table
from hstar.iop.sumcheck.relation import sum_of
from hstar.transcript.arithmetic import Bits

PADDED_SHARE = 16
"""A bundle list may add at most width / PADDED_SHARE empty columns where that saves bundles: a bundle costs the
verifier some 300 multiplications, a column of a wide chip one part in a hundred of the prover's work for that chip."""


RangeState: TypeAlias = tuple[ExtensionElement, ExtensionElement]
"""Weights of the states with carry 0 and carry 1."""
RangeStep: TypeAlias = Callable[..., tuple[RangeState, RangeState]]
"""`range_step`, or what computes it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Neighbouring columns of one chip that lie row-major in one range of cells.

    Args:
        chip_index: whose columns.
        group: which of the chip's groups.
        first_column: index in the chip of the first column.
        num_columns: real columns; the rest of the width is zero and never sent.
        log_width: the bundle has 2^log_width cells a row.
    """

    chip_index: int
    group: Group
    first_column: int
    num_columns: int
    log_width: int


def bundle_widths(num_columns: int) -> list[int]:
    """Decreasing powers of two whose sum is num_columns, or a little more where that takes fewer of them."""
    limit = num_columns + num_columns // PADDED_SHARE
    best = min(range(num_columns, limit + 1), key=lambda total: (total.bit_count(), total))
    return [1 << bit for bit in reversed(range(best.bit_length())) if best >> bit & 1]


def bundles_of(circuit: Circuit) -> tuple[Bundle, ...]:
    """All bundles in the order of their cells: by group, then by decreasing width, then by chip and column."""
    bundles: list[Bundle] = []
    for group in Group:
        in_group = [bundle for index in range(len(circuit.chips)) for bundle in _chip_bundles(circuit, index, group)]
        bundles += sorted(in_group, key=lambda bundle: -bundle.log_width)
    return tuple(bundles)


def _chip_bundles(circuit: Circuit, chip_index: int, group: Group) -> list[Bundle]:
    columns = circuit.chips[chip_index].group_range(group)
    bundles, first = [], columns.start
    for width in bundle_widths(len(columns)) if len(columns) else []:
        num_columns = min(width, columns.stop - first)
        bundles.append(Bundle(chip_index, group, first, num_columns, width.bit_length() - 1))
        first += num_columns
    return bundles


def bundle_ranges(
    bundles: Sequence[Bundle], heights: Sequence[int], group_starts: Sequence[int]
) -> list[tuple[int, int]]:
    """First cell and end of each bundle.

    Args:
        bundles: in the order of their cells.
        heights: of every chip; integers, or symbols that stand for them.
        group_starts: first cell of each group.
    """
    ranges: list[tuple[int, int]] = []
    next_cell = list(group_starts)
    for bundle in bundles:
        start = next_cell[bundle.group]
        end = start + heights[bundle.chip_index] * (1 << bundle.log_width)
        ranges.append((start, end))
        next_cell[bundle.group] = end
    return ranges


def bundle_value(
    one: ExtensionElement, bundle: Bundle, chip_values: Sequence[ExtensionElement], column_point: Point
) -> ExtensionElement:
    """`u_b`: the bundle's column values combined at the first log_width coordinates of s."""
    weights = eq_table(one, column_point[: bundle.log_width])
    values = chip_values[bundle.first_column : bundle.first_column + bundle.num_columns]
    return sum_of([weight * value for weight, value in zip(weights, values, strict=False)])


def bundle_weight(
    one: ExtensionElement,
    log_width: int,
    start: Bits,
    end: Bits,
    row_point: Point,
    column_point: Point,
    point: Point,
    step: RangeStep | None = None,
) -> ExtensionElement:
    """`J_b(X)` at a point of the dense vector's cube.

    Args:
        one: the constant 1 of E.
        log_width: of the bundle.
        start, end: bits of the first cell and of the end, m + 1 each; the low log_width bits are zero.
        row_point: r, l coordinates.
        column_point: s, of which the first log_width coordinates count.
        point: X, m coordinates.
        step: computes `range_step`.
    """
    columns = eq(one, column_point[:log_width], point[:log_width])
    rows = shifted_range_weight(one, start[log_width:], end[log_width:], row_point, point[log_width:], step)
    return columns * rows


def shifted_range_weight(
    one: ExtensionElement, start: Bits, end: Bits, row_point: Point, point: Point, step: RangeStep | None = None
) -> ExtensionElement:
    """The multilinear extension of `x -> [start <= x < end] eq(row_point, x - start)` at `point`.

    A branching program reads row, start, end and x bit by bit from the lowest: x = row + start with a carry, and
    x < end decided by the highest bit where they differ. A state is (carry, less-than); for each carry it keeps the
    weight of all paths (`total`) and of those with less-than (`less`). It accepts (0, 1).

    Args:
        one: the constant 1 of E.
        start, end: as many bits each, one more than `point` has coordinates.
        row_point, point: padded with zero coordinates to the same length.
        step: computes `range_step`.
    """
    zero, step = one - one, step or range_step
    length = max(len(row_point), len(start))
    total, less = (one, zero), (zero, zero)
    for index in range(length):
        row = row_point[index] if index < len(row_point) else zero
        cell = point[index] if index < len(point) else zero
        start_bit = start[index] if index < len(start) else 0
        end_bit = end[index] if index < len(end) else 0
        total, less = step(total, less, row, cell, start_bit, end_bit)
    return less[0]


def range_step(
    total: RangeState, less: RangeState, row: ExtensionElement, cell: ExtensionElement, start_bit: int, end_bit: int
) -> tuple[RangeState, RangeState]:
    """One bit of the branching program; `total` and `less` are indexed by the carry.

    The sum carry + start_bit is 0, 1 or 2. With it the row bit determines the cell bit and the next carry:
    0: (0 -> 0), (1 -> 1), no carry; 1: (0 -> 1) no carry, (1 -> 0) carry; 2: (0 -> 0), (1 -> 1), carry.
    """
    both = row * cell  # row bit 1, cell bit 1
    row_only, cell_only = row - both, cell - both
    neither = 1 - row - cell_only
    start_not, end_not = 1 - start_bit, 1 - end_bit

    def moves(state: RangeState) -> tuple[ExtensionElement, ExtensionElement, ExtensionElement]:
        sum_one = start_bit * state[0] + start_not * state[1]
        return start_not * state[0], sum_one, start_bit * state[1]

    total_moves, less_moves = moves(total), moves(less)
    # A cell bit 0 is below an end bit 1, whatever was below it; equal bits keep the verdict; 1 above 0 ends it.
    low = [end_bit * t + end_not * v for t, v in zip(total_moves, less_moves, strict=True)]
    high = [end_bit * v for v in less_moves]
    equal = neither + both
    next_total = (
        equal * total_moves[0] + cell_only * total_moves[1],
        row_only * total_moves[1] + equal * total_moves[2],
    )
    next_less = (
        neither * low[0] + both * high[0] + cell_only * high[1],
        row_only * low[1] + neither * low[2] + both * high[2],
    )
    return next_total, next_less

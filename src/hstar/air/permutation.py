"""Poseidon2 inside a chip: one body for `trace`, constraints and interactions.

Every S-box has degree 3. `settle` stands at each S-box that is a column; with two full rounds between columns the
constraints have degree 9, with one they have degree 3. In the partial rounds an S-box that is no column would stay in
every lane, so each of them is one.

Round constants are multiplied by `one`, a column that is 1 on real rows: on an all-zero row everything is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias, cast

from hstar.air.expressions import Expression, Felt
from hstar.field.koala_bear import MODULUS
from hstar.hash.poseidon2 import (
    FIRST_FULL_ROUND_CONSTANTS,
    LAST_FULL_ROUND_CONSTANTS,
    PARTIAL_ROUND_CONSTANTS,
    S_BOX_DEGREE,
    apply_external_layer,
    apply_internal_layer,
)

Lanes: TypeAlias = list[Expression]
Settle: TypeAlias = Callable[[Felt, Expression], Expression]
"""Fills a column (in `trace`) or constrains it, and returns the value to go on with."""


class CubicSBoxes:
    """Degree 3: every S-box is a column."""

    first: Annotated[list[list[Felt]], (4, 24)]
    partial: Annotated[list[Felt], 23]
    last: Annotated[list[list[Felt]], (4, 24)]


class NinthSBoxes:
    """Degree 9: the S-boxes of every second full round are columns."""

    first: Annotated[list[list[Felt]], (2, 24)]
    partial: Annotated[list[Felt], 23]
    last: Annotated[list[list[Felt]], (2, 24)]


def permute(lanes: Lanes, columns: CubicSBoxes | NinthSBoxes, one: Expression, settle: Settle) -> Lanes:
    """Poseidon2 with `settle` at every committed S-box."""
    lanes = _full_rounds(_external(lanes), FIRST_FULL_ROUND_CONSTANTS, columns.first, one, settle)
    for column, constant in zip(columns.partial, PARTIAL_ROUND_CONSTANTS, strict=True):
        lanes = _internal([settle(column, _s_box(lanes[0], constant, one)), *lanes[1:]])
    return _full_rounds(lanes, LAST_FULL_ROUND_CONSTANTS, columns.last, one, settle)


def _external(lanes: Lanes) -> Lanes:
    # The definition over integers, run on symbols: `% p` is the identity on field elements.
    return cast("Lanes", apply_external_layer(cast("list[int]", lanes)))


def _internal(lanes: Lanes) -> Lanes:
    return cast("Lanes", apply_internal_layer(cast("list[int]", lanes)))


def _s_box(lane: Expression, constant: int, one: Expression) -> Expression:
    return pow(lane + one * constant, S_BOX_DEGREE, MODULUS)


def _full_rounds(
    lanes: Lanes,
    constants: Sequence[Sequence[int]],
    columns: Sequence[Sequence[Felt]],
    one: Expression,
    settle: Settle,
) -> Lanes:
    """Full rounds; the S-boxes of the last of every `len(constants) // len(columns)` rounds are columns."""
    rounds_per_column = len(constants) // len(columns)
    for index, round_constants in enumerate(constants):
        lanes = [_s_box(lane, constant, one) for lane, constant in zip(lanes, round_constants, strict=True)]
        if (index + 1) % rounds_per_column == 0:
            row = columns[index // rounds_per_column]
            lanes = [settle(column, lane) for column, lane in zip(row, lanes, strict=True)]
        lanes = _external(lanes)
    return lanes

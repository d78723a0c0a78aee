"""Row programs: straight-line programs over the columns of a table, run on every row.

They compute the leaves of a GKR and the rounds of a zerocheck; `row_types` says what a program is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.kernels.arguments import check_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import row_program as reference
from hstar.kernels.row_types import BoundTable, ExtensionTable, RowProgram, Table, table_shape
from hstar.kernels.vectors import ExtensionVector, Words, check_words, from_montgomery, packed_shape

MAX_POINT = 31
"""The largest point of a round: more than any degree asks for."""


def _check_inputs(program: RowProgram, constants: Words, challenges: Words, table: Table) -> int:
    check_words(constants, "constants")
    check_array(constants, "constants", "uint32", (program.num_constants,))
    check_words(challenges, "challenges")
    check_array(challenges, "challenges", "uint32", (program.num_challenges, DEGREE))
    num_columns, height = table_shape(table)
    if num_columns != program.num_columns:
        raise InputError(
            f"the program reads {program.num_columns} columns, but the table has {num_columns}",
            reason=Reason.WRONG_SHAPE,
        )
    return height


def evaluate_rows(program: RowProgram, constants: Words, challenges: Words, table: Words) -> list[ExtensionVector]:
    """The outputs of a program on every row of a table of base elements.

    Args:
        program: what to run.
        constants: `[num_constants]` canonical.
        challenges: `[num_challenges, 6]` canonical.
        table: `[columns, height]` canonical.

    Returns:
        One vector of `height` elements for every output.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL.
    """
    height = _check_inputs(program, constants, challenges, table)
    if not runs_native():
        return reference.evaluate_rows(program, constants, challenges, table)
    words = np.empty((len(program.outputs), *packed_shape(height)), dtype=np.uint32)
    native().row_program_evaluate(
        program.instructions, program.terms, program.outputs, _register_counts(program),
        constants, challenges, table, height, words,
    )  # fmt: skip
    return [ExtensionVector.trusted(height, words[index]) for index in range(len(program.outputs))]


def round_values(
    program: RowProgram,
    constants: Words,
    challenges: Words,
    table: Table,
    weights: ExtensionVector,
    points: Sequence[int],
) -> list[ExtensionElement]:
    """A sumcheck round over pairs of rows: `sum_x weights[x] output(row_2x + X (row_(2x+1) - row_2x))` at some X.

    A row beyond the height is zero. Points cost alike, so a caller that can derive one value (from the claim, say)
    leaves that point out.

    Args:
        program: with one output.
        constants: `[num_constants]` canonical.
        challenges: `[num_challenges, 6]` canonical.
        table: base or extension columns.
        weights: one for each pair of rows, `ceil(height / 2)`.
        points: the X, ascending, from 0 to `MAX_POINT`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE.
    """
    height = _check_inputs(program, constants, challenges, table)
    for point, following in pairwise([-1, *points, MAX_POINT + 1]):
        if point >= following:
            raise InputError(
                f"points must be ascending, from 0 to {MAX_POINT}, not {list(points)}", reason=Reason.OUT_OF_RANGE
            )
    if len(program.outputs) != 1 or len(weights) != (height + 1) // 2:
        raise InputError(
            f"a round needs a program with one output and {(height + 1) // 2} weights, not {len(program.outputs)} and "
            f"{len(weights)}",
            reason=Reason.WRONG_SHAPE,
        )
    if not runs_native():
        return reference.round_values(program, constants, challenges, table, weights, points)
    sums = np.zeros((len(points), DEGREE), dtype=np.uint32)
    native().row_program_round(
        program.instructions, program.terms, program.outputs, _register_counts(program),
        constants, challenges, *_source(table), weights.words, list(points), sums,
    )  # fmt: skip
    return [ExtensionElement(row) for row in from_montgomery(sums).tolist()]


def bind_lowest(table: Table, coordinate: ExtensionElement) -> BoundTable | ExtensionTable:
    """Every pair of rows becomes one: `row_2x + coordinate (row_(2x+1) - row_2x)`; a row beyond the height is zero.

    Base elements with more than two rows are not copied but remember the coordinate until the next one.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL.
    """
    num_columns, height = table_shape(table)
    if not isinstance(table, BoundTable | ExtensionTable) and height > 2:
        return BoundTable(table, coordinate)
    half = (height + 1) // 2
    if not runs_native():
        return reference.bind_lowest(table, coordinate)
    out = np.empty((num_columns, *packed_shape(half)), dtype=np.uint32)
    native().row_program_bind(*_source(table), coordinate.coefficients, out)
    return ExtensionTable.trusted(half, out)


def _source(table: Table) -> tuple[Words, bool, tuple[int, ...] | None, int]:
    """Words, whether they are extension elements, the coordinate that base elements are bound to, rows of the words."""
    if isinstance(table, ExtensionTable):
        return table.words, True, None, table.height
    if isinstance(table, BoundTable):
        return table.words, False, table.coordinate.coefficients, table.words.shape[1]
    return table, False, None, table.shape[1]


def _register_counts(program: RowProgram) -> tuple[int, int, int]:
    return program.num_columns, program.num_column_registers, program.num_extension_registers

"""Multilinear polynomials on the Boolean cube: `eq` tables, evaluation, binding of one variable.

Points are little-endian: coordinate `j` belongs to bit `j` of the index. A vector may end before the cube does; the
values that are missing are zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.errors import InputError, Reason
from hstar.field.extension import ONE, ExtensionElement
from hstar.kernels.arguments import check_range, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import multilinear as reference
from hstar.kernels.vectors import (
    ExtensionVector,
    Values,
    Words,
    check_extension_element,
    check_values,
    elements_of,
    packed_shape,
    words_of,
)

MAX_VARIABLES = 32
"""A vector for more variables would take more than 96 GiB, so asking for it is a mistake."""


def _check_point(point: Sequence[ExtensionElement]) -> None:
    check_range(len(point), "the number of coordinates", 0, MAX_VARIABLES)
    for coordinate in point:
        check_extension_element(coordinate, "each coordinate")


def check_bit(bit: int) -> int:
    """Returns `bit` when an index can have it.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    return check_range(bit, "bit", 0, MAX_VARIABLES - 1)


def folded_length(length: int, bit: int) -> int:
    """How many indices below `length` have `bit` clear: the length after the variable of that bit is bound."""
    stride = 1 << bit
    return length // (2 * stride) * stride + min(length % (2 * stride), stride)


def eq_table(
    point: Sequence[ExtensionElement], scale: ExtensionElement = ONE, *, out: Words | None = None
) -> ExtensionVector:
    """`scale * eq(point, x)` for all `x` of the cube.

    Args:
        point: at most `MAX_VARIABLES` coordinates.
        scale: a factor.
        out: buffer for the words, shape `packed_shape(2^len(point))`.

    Raises:
        InputError: WRONG_TYPE, OUT_OF_RANGE; for `out` also WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, MALFORMED.
    """
    _check_point(point)
    check_extension_element(scale, "scale")
    length = 1 << len(point)
    words = output_array(out, "uint32", packed_shape(length))
    if runs_native():
        native().eq_table([coordinate.coefficients for coordinate in point], scale.coefficients, words)
    else:
        words[...] = ExtensionVector.from_elements(reference.eq_table(point, scale)).words
    return ExtensionVector.trusted(length, words)


def evaluate(values: Values, point: Sequence[ExtensionElement]) -> ExtensionElement:
    """The value at `point` of the multilinear polynomial with these values on the cube.

    Args:
        values: at most `2^len(point)` elements of either field.
        point: one coordinate for each variable.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE.
    """
    check_values(values, "values")
    _check_point(point)
    if len(values) > 1 << len(point):
        raise InputError(
            f"{len(values)} values need a point of {(len(values) - 1).bit_length()} coordinates, not {len(point)}",
            reason=Reason.WRONG_SHAPE,
        )
    if not runs_native():
        return reference.evaluate(elements_of(values), point)
    kernel = native().evaluate_extension if isinstance(values, ExtensionVector) else native().evaluate_base
    return ExtensionElement(kernel(words_of(values), [coordinate.coefficients for coordinate in point]))


def fold(values: Values, challenge: ExtensionElement, bit: int = 0, *, out: Words | None = None) -> ExtensionVector:
    """Binds the variable of one bit: `low + challenge (high - low)` for each pair of values that differ in it.

    Args:
        values: elements of either field.
        challenge: what the variable becomes.
        bit: 0 binds the lowest variable; `log2(len(values)) - 1` the highest one.
        out: buffer for the words, shape `packed_shape(folded_length(len(values), bit))`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE, MALFORMED.
    """
    check_values(values, "values")
    check_extension_element(challenge, "challenge")
    length = folded_length(len(values), check_bit(bit))
    words = output_array(out, "uint32", packed_shape(length), words_of(values))
    if runs_native():
        kernel = native().fold_extension if isinstance(values, ExtensionVector) else native().fold_base
        kernel(words_of(values), challenge.coefficients, bit, words)
    else:
        words[...] = ExtensionVector.from_elements(reference.fold(elements_of(values), challenge, bit)).words
    return ExtensionVector.trusted(length, words)

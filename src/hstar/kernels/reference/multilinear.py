"""Definition of `kernels.multilinear`, on sequences of elements."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.extension import ONE, ZERO, ExtensionElement

Values = Sequence[ExtensionElement | int]


def eq(point: Sequence[ExtensionElement], index: int) -> ExtensionElement:
    """Product over `j` of coordinate `j` where bit `j` of the index is set, of one minus it where it is not."""
    product = ONE
    for j, coordinate in enumerate(point):
        product *= coordinate if index >> j & 1 else 1 - coordinate
    return product


def eq_table(point: Sequence[ExtensionElement], scale: ExtensionElement) -> list[ExtensionElement]:
    """`scale * eq(point, x)` for all `x`."""
    return [scale * eq(point, index) for index in range(1 << len(point))]


def evaluate(values: Values, point: Sequence[ExtensionElement]) -> ExtensionElement:
    """`sum_x eq(point, x) values[x]`; values that are missing are zero."""
    return sum((eq(point, index) * value for index, value in enumerate(values)), ZERO)


def pairs(values: Values, bit: int) -> list[tuple[ExtensionElement | int, ExtensionElement | int]]:
    """The values whose index has `bit` clear, each with the one where it is set, or zero beyond the end."""
    stride = 1 << bit
    lower = [index for index in range(len(values)) if not index & stride]
    return [(values[index], values[index + stride] if index + stride < len(values) else 0) for index in lower]


def fold(values: Values, challenge: ExtensionElement, bit: int) -> list[ExtensionElement]:
    """`low + challenge (high - low)` for each of the `pairs`."""
    return [challenge * (high - low) + low for low, high in pairs(values, bit)]

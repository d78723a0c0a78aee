"""Lists of elements with an implicit continuation: what the definitions of the prover's phases are written with.

Points are little-endian: coordinate j belongs to bit j of an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hstar.field.extension import ONE, ZERO, ExtensionElement

Elements: TypeAlias = list[ExtensionElement]


def total(values: Sequence[ExtensionElement]) -> ExtensionElement:
    """The sum of any number of elements."""
    result = ZERO
    for value in values:
        result = result + value
    return result


def eq_table(point: Sequence[ExtensionElement], length: int) -> Elements:
    """`eq(point, x)` for `x = 0 .. length - 1`; a coordinate that no such x reaches only scales the table."""
    table = [ONE]
    for coordinate in point:
        upper = [value * coordinate for value in table] if len(table) < length else []
        table = [value * (1 - coordinate) for value in table] + upper
    return table[:length]


def bind_lowest(values: Sequence[ExtensionElement], coordinate: ExtensionElement) -> Elements:
    """Binds the lowest variable of an even number of values."""
    pairs = zip(values[0::2], values[1::2], strict=True)
    return [even + coordinate * (odd - even) for even, odd in pairs]


def padded_even(values: Elements, filler: ExtensionElement) -> Elements:
    """The values, with `filler` appended where their number is odd."""
    return [*values, filler] if len(values) % 2 else values

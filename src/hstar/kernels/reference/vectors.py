"""Definition of the functions of `kernels.vectors`, on sequences of elements."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.extension import ZERO, ExtensionElement

Elements = Sequence[ExtensionElement]


def add(left: Elements, right: Elements) -> list[ExtensionElement]:
    """Sums, element by element."""
    return [a + b for a, b in zip(left, right, strict=True)]


def sub(left: Elements, right: Elements) -> list[ExtensionElement]:
    """Differences, element by element."""
    return [a - b for a, b in zip(left, right, strict=True)]


def mul(left: Elements, right: Elements) -> list[ExtensionElement]:
    """Products, element by element."""
    return [a * b for a, b in zip(left, right, strict=True)]


def multiply_add(addend: Elements, left: Elements, right: Elements) -> list[ExtensionElement]:
    """`addend + left * right`, element by element."""
    return [y + a * b for y, a, b in zip(addend, left, right, strict=True)]


def scale(vector: Elements, factor: ExtensionElement) -> list[ExtensionElement]:
    """Each element times `factor`."""
    return [element * factor for element in vector]


def dot(left: Sequence[ExtensionElement | int], right: Elements) -> ExtensionElement:
    """Sum of the products."""
    return sum((b * a for a, b in zip(left, right, strict=True)), ZERO)


def total(vector: Elements) -> ExtensionElement:
    """Sum of the elements."""
    return sum(vector, ZERO)

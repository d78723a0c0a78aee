"""Expressions for elements of E in chips: lists of six."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hstar.air.expressions import Expression
from hstar.field.extension import DEGREE, ROOT_ORDER

Element: TypeAlias = Sequence[Expression]
"""Six coefficients."""


def multiply(left: Element, right: Element) -> list[Expression]:
    """The product in E: modulo `x^9 - 1`, then with `x^6 = -x^3 - 1`."""
    cyclic: list[Expression | None] = [None] * ROOT_ORDER
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            place = (i + j) % ROOT_ORDER
            previous = cyclic[place]
            cyclic[place] = a * b if previous is None else previous + a * b
    sums = [value for value in cyclic if value is not None]
    return [sums[index] - sums[DEGREE + index % 3] for index in range(DEGREE)]


def add(left: Element, right: Element) -> list[Expression]:
    """The sum."""
    return [a + b for a, b in zip(left, right, strict=True)]


def subtract(left: Element, right: Element) -> list[Expression]:
    """The difference."""
    return [a - b for a, b in zip(left, right, strict=True)]


def scale(factor: Expression, element: Element) -> list[Expression]:
    """The product with an element of K."""
    return [factor * coefficient for coefficient in element]


def sum_of_products(pairs: Sequence[tuple[Element, Element]]) -> list[Expression]:
    """The sum of at least one product."""
    first, *others = [multiply(left, right) for left, right in pairs]
    for other in others:
        first = add(first, other)
    return first

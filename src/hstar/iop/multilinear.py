"""Multilinear extensions that the verifier evaluates itself, and their tables.

Points are little-endian: coordinate j belongs to bit j of an index. Values are elements of E, numbers or symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from hstar.field.extension import ExtensionElement
from hstar.transcript.arithmetic import Bits

Point: TypeAlias = Sequence[ExtensionElement]
MonomialStep: TypeAlias = Callable[..., tuple[ExtensionElement, ExtensionElement]]
"""`monomial_step`, or what computes it."""


def eq(one: ExtensionElement, left: Point, right: Point) -> ExtensionElement:
    """The equality polynomial: 1 where two bit strings agree, 0 where they differ, multilinear in both.

    Args:
        one: the constant 1 of E.
        left, right: as many coordinates each.
    """
    product = one
    for left_coordinate, right_coordinate in zip(left, right, strict=True):
        both = left_coordinate * right_coordinate
        product = product * (1 - left_coordinate - right_coordinate + both + both)
    return product


def eq_table(one: ExtensionElement, point: Point) -> list[ExtensionElement]:
    """`eq(point, x)` for x = 0 .. 2^len(point) - 1."""
    table = [one]
    for coordinate in point:
        upper = [value * coordinate for value in table]
        table = [value - product for value, product in zip(table, upper, strict=True)] + upper
    return table


def prefix_one(one: ExtensionElement, point: Point) -> ExtensionElement:
    """`eq(point, 0)`: the weight of the index whose bits are all zero."""
    product = one
    for coordinate in point:
        product = product * (1 - coordinate)
    return product


def powers(one: ExtensionElement, base: ExtensionElement, count: int) -> list[ExtensionElement]:
    """1, base, base^2, .. (`count` of them)."""
    values = [one] if count else []
    while len(values) < count:
        values.append(values[-1] * base)
    return values


def monomial_weight(
    one: ExtensionElement, base: ExtensionElement, point: Point, step: MonomialStep | None = None
) -> ExtensionElement:
    """The multilinear extension of `x -> base^x` at `point`: `T(base; Y) = prod_j (1 - Y_j + Y_j base^(2^j))`.

    It is the weight of the claim "the polynomial with these coefficients has this value at `base`". `step` computes
    `monomial_step`.
    """
    product, power, step = one, base, step or monomial_step
    for coordinate in point[:-1]:
        product, power = step(product, power, coordinate)
    for coordinate in point[-1:]:
        product = product * (1 - coordinate + coordinate * power)
    return product


def monomial_step(
    product: ExtensionElement, power: ExtensionElement, coordinate: ExtensionElement
) -> tuple[ExtensionElement, ExtensionElement]:
    """One factor of a monomial weight, and the next power."""
    return product * (1 - coordinate + coordinate * power), power * power


def less_than(one: ExtensionElement, height: Bits, point: Point) -> ExtensionElement:
    """The multilinear extension of `row -> [row < height]` at `point`.

    Args:
        one: the constant 1 of E.
        height: l + 1 bits of a number from 0 to 2^l; the top bit excludes the others.
        point: l coordinates.

    The scan runs from the highest bit down; `prefix` is the weight of the rows that agree with the height so far.
    """
    *low_bits, top_bit = height
    total, prefix = top_bit * one, one
    for bit, coordinate in zip(reversed(low_bits), reversed(point), strict=True):
        total = total + prefix * (bit * (1 - coordinate))
        prefix = prefix * (bit * coordinate + (1 - bit) * (1 - coordinate))
    return total


def evaluate_polynomial(coefficients: Sequence[ExtensionElement], point: ExtensionElement) -> ExtensionElement:
    """A univariate polynomial by Horner's rule; the constant coefficient stands first, and there is at least one."""
    *lower, value = coefficients
    for coefficient in reversed(lower):
        value = value * point + coefficient
    return value


def fold(values: Sequence[ExtensionElement], coordinate: ExtensionElement) -> list[ExtensionElement]:
    """Binds the lowest variable of a table of values."""
    pairs = zip(values[0::2], values[1::2], strict=True)
    return [even + coordinate * (odd - even) for even, odd in pairs]


def evaluate_multilinear(values: Sequence[ExtensionElement], point: Point) -> ExtensionElement:
    """The multilinear extension of a table of 2^len(point) values."""
    for coordinate in point:
        values = fold(values, coordinate)
    (value,) = values
    return value

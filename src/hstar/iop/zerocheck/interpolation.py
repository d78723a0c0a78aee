"""Interpolation on the points 0, 1, .., d."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS, inverse
from hstar.iop.sumcheck.relation import sum_of


@cache
def _lagrange_coefficients(num_points: int) -> list[list[int]]:
    """`[points, coefficients]`: for each of the points 0 .. num_points - 1 what is 1 there and 0 at the others."""
    table: list[list[int]] = []
    for point in range(num_points):
        coefficients, denominator = [1], 1
        for other in range(num_points):
            if other == point:
                continue
            shifted, scaled = [0, *coefficients], [other * value for value in [*coefficients, 0]]
            coefficients = [(left - right) % MODULUS for left, right in zip(shifted, scaled, strict=True)]
            denominator = denominator * (point - other) % MODULUS
        scale = inverse(denominator)
        table.append([value * scale % MODULUS for value in coefficients])
    return table


def coefficients_of(values: Sequence[ExtensionElement]) -> list[ExtensionElement]:
    """Coefficients, the constant one first, of the polynomial with these values at 0, 1, .., len(values) - 1."""
    table = _lagrange_coefficients(len(values))
    return [
        sum_of([value * row[index] for value, row in zip(values, table, strict=True)]) for index in range(len(values))
    ]

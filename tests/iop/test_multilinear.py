"""The multilinear extensions of the verifier against their definitions on the cube, and against sums over it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.field.extension import ONE, ZERO
from hstar.iop.multilinear import (
    eq,
    eq_table,
    evaluate_multilinear,
    evaluate_polynomial,
    less_than,
    monomial_weight,
    powers,
    prefix_one,
)
from iop.random_field import elements, source


def bits_of(value, count):
    return [value >> index & 1 for index in range(count)]


def extension_at(values, point):
    """The multilinear extension by its definition: a sum over the cube."""
    total = ZERO
    for index, value in enumerate(values):
        weight = ONE
        for bit, coordinate in zip(bits_of(index, len(point)), point, strict=True):
            weight = weight * (coordinate if bit else 1 - coordinate)
        total = total + weight * value
    return total


@given(st.integers(0, 5), st.integers(0, 1000))
def test_eq_is_the_identity_matrix_and_multilinear(num_variables, seed):
    left, right = (elements(source(seed + index), num_variables) for index in range(2))
    table = eq_table(ONE, left)
    assert table == [
        extension_at([ONE if y == x else ZERO for y in range(1 << num_variables)], left)
        for x in range(1 << num_variables)
    ]
    assert eq(ONE, left, right) == extension_at(table, right)
    assert prefix_one(ONE, left) == table[0]


@pytest.mark.parametrize("log_rows", [0, 1, 2, 3, 4])
def test_less_than_for_every_height_at_random_points(log_rows):
    for height in range((1 << log_rows) + 1):
        point = elements(source(height), log_rows)
        expected = extension_at([ONE if row < height else ZERO for row in range(1 << log_rows)], point)
        assert less_than(ONE, bits_of(height, log_rows + 1), point) == expected


@given(st.integers(0, 5), st.integers(0, 1000))
def test_monomial_weight_reads_a_polynomial(num_variables, seed):
    generator = source(seed)
    point, (base,) = elements(generator, num_variables), elements(generator, 1)
    assert monomial_weight(ONE, base, point) == extension_at(powers(ONE, base, 1 << num_variables), point)


@given(st.integers(0, 5), st.integers(0, 1000))
def test_evaluation_by_folding(num_variables, seed):
    generator = source(seed)
    values, point = elements(generator, 1 << num_variables), elements(generator, num_variables)
    assert evaluate_multilinear(values, point) == extension_at(values, point)


def test_horner():
    generator = source(0)
    coefficients, (point,) = elements(generator, 4), elements(generator, 1)
    assert evaluate_polynomial(coefficients, point) == sum(
        (c * p for c, p in zip(coefficients, powers(ONE, point, 4), strict=True)), ZERO
    )

"""Enclosures contain what a high-precision library computes, and stay short."""

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.soundness.enclosure import (
    PRECISION_BITS,
    Enclosure,
    bits_of,
    ceil_log2,
    enclose,
    log2,
    round_down,
    round_up,
    square_root,
)

positive = st.fractions(min_value=Fraction(1, 10**30), max_value=Fraction(10**30)).filter(lambda value: value > 0)


def contains(enclosure, value):
    """Compares at 2000 bits, far beyond the precision of the enclosures."""
    lower = mpmath.mpf(enclosure.lower.numerator) / enclosure.lower.denominator
    upper = mpmath.mpf(enclosure.upper.numerator) / enclosure.upper.denominator
    slack = mpmath.mpf(2) ** -1900 * (1 + abs(value))
    return lower - slack <= value <= upper + slack


def real(value):
    return mpmath.mpf(value.numerator) / value.denominator


@given(positive)
def test_square_roots_and_logarithms_contain_high_precision_values(value):
    with mpmath.workprec(2000):
        root, logarithm = square_root(value), log2(value)
        assert contains(root, mpmath.sqrt(real(value)))
        assert contains(logarithm, mpmath.log(real(value), 2))
        assert logarithm.upper - logarithm.lower < Fraction(1, 10**9)
        assert (root.upper - root.lower) * 2**200 < root.upper
    assert bits_of(value) <= -logarithm.lower


@given(positive, positive, st.integers(0, 600))
def test_arithmetic_contains_high_precision_values(first, second, exponent):
    with mpmath.workprec(2000):
        root = square_root(first)
        real_root = mpmath.sqrt(real(first))
        assert contains(root + second, real_root + real(second))
        assert contains(root - second, real_root - real(second))
        assert contains(root * (root - second), real_root * (real_root - real(second)))
        assert contains(root / second, real_root / real(second))
    with mpmath.workprec(4000):
        share = square_root(first / (first + second))
        assert contains(share**exponent, mpmath.sqrt(real(first) / (real(first) + real(second))) ** exponent)


@given(positive, st.integers(0, 40))
def test_powers_of_exact_numbers_stay_exact_while_short(value, exponent):
    power = enclose(value) ** exponent
    assert power.contains(value**exponent)
    if power.is_exact:
        assert power.lower == value**exponent


@given(positive)
def test_rounding_is_outward_and_short(value):
    long = value ** (1 + 4000 // (1 + value.numerator.bit_length() + value.denominator.bit_length()))
    assert round_down(long) <= long <= round_up(long)
    assert round_up(long) - round_down(long) <= long * Fraction(1, 2 ** (PRECISION_BITS - 2))
    product = enclose(long) * long
    assert product.contains(long * long)
    for bound in (round_down(long), round_up(long)):
        odd_part = bound.numerator // (bound.numerator & -bound.numerator)
        assert odd_part.bit_length() <= PRECISION_BITS + 1


@pytest.mark.parametrize("exponent", [-300, -1, 0, 1, 64])
def test_logarithms_of_powers_of_two_are_exact(exponent):
    assert log2(Fraction(2) ** exponent) == enclose(exponent)


@given(st.integers(1, 10**12))
def test_ceil_log2(count):
    power = ceil_log2(count)
    assert 2**power >= count
    assert power == 0 or 2 ** (power - 1) < count


def test_impossible_numbers_are_refused():
    with pytest.raises(ArithmeticError):
        Enclosure(Fraction(1), Fraction(0))
    with pytest.raises(ArithmeticError):
        square_root(Fraction(-1))
    with pytest.raises(ArithmeticError):
        log2(Fraction(0))
    with pytest.raises(ZeroDivisionError):
        enclose(1) / Enclosure(Fraction(-1), Fraction(1))

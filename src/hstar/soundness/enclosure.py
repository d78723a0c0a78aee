"""Enclosures: pairs of rationals that surely hold a real number between them.

Square roots and logarithms are irrational; everything else here is exact. Sums, products and powers of enclosures
enclose the sums, products and powers. To keep numbers short, bounds are rounded outwards to `PRECISION_BITS`
significant bits, so a decision taken on the upper bound of an error is always taken against us.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import TypeAlias

PRECISION_BITS = 256
MAX_EXACT_BITS = 4 * PRECISION_BITS
"""Numerators and denominators up to this length are kept as they are."""
LOGARITHM_BITS = 40
"""Fractional bits of `log2` enclosures: twelve decimal digits."""

Number: TypeAlias = "int | Fraction | Enclosure"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The set of real numbers from `lower` to `upper`."""

    lower: Fraction
    upper: Fraction

    def __post_init__(self) -> None:
        if self.lower is not self.upper and self.lower > self.upper:
            raise ArithmeticError(f"an enclosure from {self.lower} down to {self.upper}")

    @property
    def is_exact(self) -> bool:
        """Whether the number is known exactly."""
        return self.lower is self.upper or self.lower == self.upper

    def contains(self, value: Fraction) -> bool:
        """Whether `value` lies within the bounds."""
        return self.lower <= value <= self.upper

    def __add__(self, other: Number) -> Enclosure:
        other = enclose(other)
        lower = self.lower + other.lower
        return _outward(lower, lower if _are_points(self, other) else self.upper + other.upper)

    def __sub__(self, other: Number) -> Enclosure:
        other = enclose(other)
        lower = self.lower - other.upper
        return _outward(lower, lower if _are_points(self, other) else self.upper - other.lower)

    def __mul__(self, other: Number) -> Enclosure:
        other = enclose(other)
        if self.lower.numerator >= 0 and other.lower.numerator >= 0:
            lower = self.lower * other.lower
            return _outward(lower, lower if _are_points(self, other) else self.upper * other.upper)
        corners = [a * b for a in (self.lower, self.upper) for b in (other.lower, other.upper)]
        return _outward(min(corners), max(corners))

    def __truediv__(self, other: Number) -> Enclosure:
        other = enclose(other)
        if other.lower.numerator <= 0 <= other.upper.numerator:
            raise ZeroDivisionError("division by an enclosure that contains zero")
        lower = 1 / other.upper
        return self * Enclosure(lower, lower if other.lower is other.upper else 1 / other.lower)

    def __pow__(self, exponent: int) -> Enclosure:
        """The power with a non-negative integer exponent, of a non-negative number."""
        if self.lower.numerator < 0 or exponent < 0:
            raise ArithmeticError("powers are taken of non-negative numbers with non-negative exponents")
        if self.is_exact and exponent * _length(self.lower) <= MAX_EXACT_BITS:
            return enclose(self.lower**exponent)
        return Enclosure(
            _power(self.lower, exponent, upward=False),
            _power(self.upper, exponent, upward=True),
        )


def enclose(value: Number) -> Enclosure:
    """An exact number as the enclosure that contains only it."""
    if isinstance(value, Enclosure):
        return value
    exact = value if type(value) is Fraction else Fraction(value)
    return Enclosure(exact, exact)


def _are_points(left: Enclosure, right: Enclosure) -> bool:
    """Whether both are one number, so that one computation gives both bounds."""
    return left.lower is left.upper and right.lower is right.upper


def _outward(lower: Fraction, upper: Fraction) -> Enclosure:
    """The bounds, shortened outwards when they have grown long."""
    if _length(lower) <= MAX_EXACT_BITS and (lower is upper or _length(upper) <= MAX_EXACT_BITS):
        return Enclosure(lower, upper)
    return Enclosure(round_down(lower), round_up(upper))


def _length(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _power(base: Fraction, exponent: int, *, upward: bool) -> Fraction:
    """A bound of a power by repeated squaring of mantissas: values are `mantissa * 2^scale`."""

    def shorten(mantissa: int, scale: int) -> tuple[int, int]:
        extra = mantissa.bit_length() - PRECISION_BITS
        if extra <= 0:
            return mantissa, scale
        return (-(-mantissa >> extra) if upward else mantissa >> extra), scale + extra

    shift = PRECISION_BITS + base.denominator.bit_length()
    scaled = base.numerator << shift
    square = shorten(-(-scaled // base.denominator) if upward else scaled // base.denominator, -shift)
    result = (1, 0)
    while exponent:
        if exponent & 1:
            result = shorten(result[0] * square[0], result[1] + square[1])
        exponent >>= 1
        square = shorten(square[0] * square[0], 2 * square[1])
    return result[0] * _power_of_two(result[1])


def round_down(value: Fraction) -> Fraction:
    """A dyadic number of `PRECISION_BITS` significant bits, or one more, just below `value` or equal to it."""
    numerator, denominator = value.numerator, value.denominator
    shift = PRECISION_BITS - numerator.bit_length() + denominator.bit_length()
    if shift >= 0:
        return Fraction((numerator << shift) // denominator, 1 << shift)
    return Fraction((numerator // (denominator << -shift)) << -shift)


def round_up(value: Fraction) -> Fraction:
    """Such a number just above `value` or equal to it."""
    return -round_down(-value)


ONE = enclose(1)


@lru_cache(maxsize=4096)
def square_root(value: Fraction) -> Enclosure:
    """The square root of a non-negative rational; exact when it is rational."""
    if value < 0:
        raise ArithmeticError(f"the square root of {value}")
    numerator, denominator = isqrt(value.numerator), isqrt(value.denominator)
    if numerator**2 == value.numerator and denominator**2 == value.denominator:
        return enclose(Fraction(numerator, denominator))
    shift = PRECISION_BITS + max(0, value.denominator.bit_length() - value.numerator.bit_length())
    scaled = (value.numerator << 2 * shift) // value.denominator
    root = isqrt(scaled)
    return Enclosure(Fraction(root, 1 << shift), Fraction(root + 1, 1 << shift))


def log2(value: Fraction) -> Enclosure:
    """The base-2 logarithm of a positive rational, to `LOGARITHM_BITS` fractional bits."""
    if value <= 0:
        raise ArithmeticError(f"the logarithm of {value}")
    return Enclosure(_log2_bound(value, upward=False), _log2_bound(value, upward=True))


def _log2_bound(value: Fraction, *, upward: bool) -> Fraction:
    """Digit by digit: square a mantissa in [1, 2); a result of 2 or more is a binary digit 1.

    Invariant: rounding every mantissa down (up) makes the digits a lower (upper) bound; one unit in the last place is
    added to the upper one for the digits that are not computed.
    """
    precision = 3 * LOGARITHM_BITS
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if value < _power_of_two(exponent):
        exponent -= 1
    mantissa_exact = value / _power_of_two(exponent)
    mantissa = (mantissa_exact.numerator << precision) // mantissa_exact.denominator
    exact = mantissa * mantissa_exact.denominator == mantissa_exact.numerator << precision
    if upward and not exact:
        mantissa += 1
    digits = 0
    for _ in range(LOGARITHM_BITS):
        square = mantissa * mantissa
        mantissa = -(-square >> precision) if upward else square >> precision
        digits <<= 1
        if mantissa >= 2 << precision:
            digits |= 1
            mantissa = (mantissa + 1) >> 1 if upward else mantissa >> 1
    is_power_of_two = exact and mantissa == 1 << precision
    last_place = 1 if upward and not is_power_of_two else 0
    return exponent + Fraction(digits + last_place, 1 << LOGARITHM_BITS)


def _power_of_two(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def bits_of(error: Fraction) -> Fraction:
    """Security bits of an error probability, `-log2(error)` rounded down."""
    return -log2(error).upper


def ceil_log2(count: int) -> int:
    """The smallest k with `2^k >= count`, for a positive count."""
    return (count - 1).bit_length()

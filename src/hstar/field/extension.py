"""The extension field `E = K[x] / (x^6 + x^3 + 1)`, about `2^185.93` elements, from which challenges are drawn.

`x^6 + x^3 + 1` is the ninth cyclotomic polynomial. It is irreducible because `p = 2 (mod 9)` generates the units modulo
9, and `x^9 = 1`. So a product is reduced by additions only, first modulo `x^9 - 1`, then with `x^6 = -x^3 - 1`; and
the Frobenius map `a -> a^p` sends `x` to `x^2`, so it permutes and subtracts coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from hstar.errors import InputError, Reason
from hstar.field import koala_bear
from hstar.field.koala_bear import ELEMENT_BYTES, MODULUS

DEGREE = 6
"""Dimension over the base field."""
ROOT_ORDER = 9
"""Multiplicative order of `x`."""
EXTENSION_BYTES = DEGREE * ELEMENT_BYTES
"""Length of an encoded element."""


class ExtensionElement:
    """An element `c0 + c1 x + .. + c5 x^5`. A value: immutable, comparable, hashable.

    The operators take another element or an `int`, which is read modulo `p`.

    Args:
        coefficients: six canonical base-field elements, the constant one first.

    Raises:
        InputError: WRONG_SHAPE, WRONG_TYPE, NOT_CANONICAL.
    """

    __slots__ = ("_coefficients",)
    _coefficients: tuple[int, int, int, int, int, int]

    def __init__(self, coefficients: Sequence[int]) -> None:
        if len(coefficients) != DEGREE:
            raise InputError(
                f"an extension element has {DEGREE} coefficients, not {len(coefficients)}", reason=Reason.WRONG_SHAPE
            )
        a, b, c, d, e, f = (koala_bear.check_element(coefficient) for coefficient in coefficients)
        self._coefficients = (a, b, c, d, e, f)

    @property
    def coefficients(self) -> tuple[int, int, int, int, int, int]:
        """Six canonical base-field elements, the constant one first."""
        return self._coefficients

    def __add__(self, other: ExtensionElement | int) -> ExtensionElement:
        if isinstance(other, ExtensionElement):
            pairs = zip(self._coefficients, other._coefficients, strict=True)
            return _trusted([(left + right) % MODULUS for left, right in pairs])
        if isinstance(other, int):
            constant, *rest = self._coefficients
            return _trusted([(constant + other) % MODULUS, *rest])
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> ExtensionElement:
        return _trusted([-coefficient % MODULUS for coefficient in self._coefficients])

    def __sub__(self, other: ExtensionElement | int) -> ExtensionElement:
        if isinstance(other, ExtensionElement):
            pairs = zip(self._coefficients, other._coefficients, strict=True)
            return _trusted([(left - right) % MODULUS for left, right in pairs])
        if isinstance(other, int):
            return self + -other
        return NotImplemented

    def __rsub__(self, other: int) -> ExtensionElement:
        return -self + other

    def __mul__(self, other: ExtensionElement | int) -> ExtensionElement:
        if isinstance(other, ExtensionElement):
            return _product(self._coefficients, other._coefficients)
        if isinstance(other, int):
            return _trusted([coefficient * other % MODULUS for coefficient in self._coefficients])
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: ExtensionElement | int) -> ExtensionElement:
        if isinstance(other, ExtensionElement):
            return self * other.inverse()
        if isinstance(other, int):
            return self * koala_bear.inverse(other)
        return NotImplemented

    def __rtruediv__(self, other: int) -> ExtensionElement:
        return self.inverse() * other

    def __pow__(self, exponent: int) -> ExtensionElement:
        if not isinstance(exponent, int):
            return NotImplemented
        base, result, remaining = (self.inverse() if exponent < 0 else self), ONE, abs(exponent)
        while remaining:
            if remaining & 1:
                result = result * base
            base, remaining = base * base, remaining >> 1
        return result

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExtensionElement) and self._coefficients == other._coefficients

    def __hash__(self) -> int:
        return hash(self._coefficients)

    def __repr__(self) -> str:
        return f"ExtensionElement({self._coefficients})"

    def frobenius(self, count: int = 1) -> ExtensionElement:
        """`self^(p^count)`: `x^i` goes to `x^(i 2^count)`. Six times is the identity, so any count is allowed."""
        multiplier = pow(2, count % DEGREE, ROOT_ORDER)
        cyclic = [0] * ROOT_ORDER
        for index, coefficient in enumerate(self._coefficients):
            cyclic[index * multiplier % ROOT_ORDER] = coefficient
        return _reduce(cyclic)

    def inverse(self) -> ExtensionElement:
        """`1 / self`, by the norm: the product of all six conjugates lies in the base field, where inverting is cheap.

        Raises:
            ZeroDivisionError: the element is zero. A verifier checks that before it divides.
        """
        first = self.frobenius(1)
        two = first * first.frobenius(1)
        conjugates = two * two.frobenius(2) * self.frobenius(5)
        norm = (self * conjugates)._coefficients[0]
        return conjugates * koala_bear.inverse(norm)

    def to_bytes(self) -> bytes:
        """24 bytes: the coefficients in order, each four little-endian bytes."""
        return b"".join(coefficient.to_bytes(ELEMENT_BYTES, "little") for coefficient in self._coefficients)

    @classmethod
    def from_bytes(cls, data: bytes) -> ExtensionElement:
        """The element that `to_bytes` encodes as `data`; every element has one encoding.

        Raises:
            InputError: MALFORMED for another length, NOT_CANONICAL for a coefficient that is not below the modulus.
        """
        if len(data) != EXTENSION_BYTES:
            raise InputError(
                f"an extension element is {EXTENSION_BYTES} bytes long, these are {len(data)}", reason=Reason.MALFORMED
            )
        words = [data[start : start + ELEMENT_BYTES] for start in range(0, EXTENSION_BYTES, ELEMENT_BYTES)]
        return cls([koala_bear.element_from_bytes(word) for word in words])


def _trusted(coefficients: Iterable[int]) -> ExtensionElement:
    """Wraps six coefficients that are canonical by construction, without checking them again."""
    element = ExtensionElement.__new__(ExtensionElement)
    a, b, c, d, e, f = coefficients
    element._coefficients = (a, b, c, d, e, f)
    return element


def _reduce(cyclic: Sequence[int]) -> ExtensionElement:
    """From nine coefficients modulo `x^9 - 1`, any integers, to six: `x^(6+i) = -x^(3+i) - x^i`."""
    c0, c1, c2, c3, c4, c5, c6, c7, c8 = cyclic
    return _trusted(
        (
            (c0 - c6) % MODULUS,
            (c1 - c7) % MODULUS,
            (c2 - c8) % MODULUS,
            (c3 - c6) % MODULUS,
            (c4 - c7) % MODULUS,
            (c5 - c8) % MODULUS,
        )
    )


def _product(left: Sequence[int], right: Sequence[int]) -> ExtensionElement:
    """Schoolbook multiplication modulo `x^9 - 1`, then `_reduce`."""
    a0, a1, a2, a3, a4, a5 = left
    b0, b1, b2, b3, b4, b5 = right
    return _reduce(
        (
            a0 * b0 + a4 * b5 + a5 * b4,
            a0 * b1 + a1 * b0 + a5 * b5,
            a0 * b2 + a1 * b1 + a2 * b0,
            a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0,
            a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0,
            a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0,
            a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1,
            a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2,
            a3 * b5 + a4 * b4 + a5 * b3,
        )
    )


def from_base(value: int) -> ExtensionElement:
    """The base-field element `value`, any integer read modulo `p`, as an element of the extension."""
    return _trusted((value % MODULUS, 0, 0, 0, 0, 0))


def sample(random_bits: Callable[[int], int]) -> ExtensionElement:
    """A uniform element; `random_bits` as in `koala_bear.sample`."""
    return _trusted(koala_bear.sample(random_bits) for _ in range(DEGREE))


def take(elements: Iterable[int]) -> ExtensionElement:
    """The element whose coefficients are the next six of a stream of base-field elements.

    Raises:
        InputError: WRONG_SHAPE when the stream ends early; WRONG_TYPE, NOT_CANONICAL.
    """
    return ExtensionElement(tuple(islice(elements, DEGREE)))


ZERO = from_base(0)
ONE = from_base(1)

"""KoalaBear, the base field `K`: integers modulo `p = 2^31 - 2^24 + 1`, as plain `int` in `[0, p)`.

The functions trust that their arguments are canonical; bytes and words from outside enter through `element_from_bytes`,
`check_element` and `elements_of_words`, which do not trust anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hstar.errors import InputError, Reason

MODULUS = 2**31 - 2**24 + 1
"""The prime `p`."""
TWO_ADICITY = 24
"""The largest power of two that divides `p - 1 = 127 * 2^24`, as a logarithm."""
GENERATOR = 3
"""Generates the multiplicative group."""
ELEMENT_BYTES = 4
"""Length of an encoded element."""
WORD_BITS = 31
"""Bits of a word that is tried as an element: the fewest that reach every element."""

_LARGEST_TWO_ADIC_GENERATOR = pow(GENERATOR, (MODULUS - 1) >> TWO_ADICITY, MODULUS)  # what Plonky3 uses too


def add(left: int, right: int) -> int:
    """`left + right`."""
    return (left + right) % MODULUS


def sub(left: int, right: int) -> int:
    """`left - right`."""
    return (left - right) % MODULUS


def mul(left: int, right: int) -> int:
    """`left * right`."""
    return left * right % MODULUS


def neg(value: int) -> int:
    """`-value`."""
    return -value % MODULUS


def inverse(value: int) -> int:
    """`1 / value`.

    Raises:
        ZeroDivisionError: `value` is zero. A verifier checks that before it divides.
    """
    if value % MODULUS == 0:
        raise ZeroDivisionError("zero has no inverse in the field")
    return pow(value, -1, MODULUS)


def power(base: int, exponent: int) -> int:
    """`base^exponent`; a negative exponent inverts.

    Raises:
        ZeroDivisionError: a negative power of zero.
    """
    return pow(base, exponent, MODULUS) if exponent >= 0 else pow(inverse(base), -exponent, MODULUS)


def two_adic_generator(log_order: int) -> int:
    """The chosen element of order `2^log_order`; squaring it gives the one for `log_order - 1`.

    Raises:
        InputError: OUT_OF_RANGE unless `0 <= log_order <= TWO_ADICITY`.
    """
    if not 0 <= log_order <= TWO_ADICITY:
        raise InputError(
            f"the field has no element of order 2^{log_order}; the largest is 2^{TWO_ADICITY}",
            reason=Reason.OUT_OF_RANGE,
        )
    return pow(_LARGEST_TWO_ADIC_GENERATOR, 2 ** (TWO_ADICITY - log_order), MODULUS)


def check_element(value: object) -> int:
    """Returns `value` when it is an `int` in `[0, MODULUS)`.

    Raises:
        InputError: WRONG_TYPE, NOT_CANONICAL.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"a field element must be an int, not {type(value).__name__}", reason=Reason.WRONG_TYPE)
    if not 0 <= value < MODULUS:
        raise InputError(
            f"{value} is not a field element; it must be from 0 to {MODULUS - 1}", reason=Reason.NOT_CANONICAL
        )
    return value


def element_to_bytes(value: int) -> bytes:
    """Four little-endian bytes.

    Raises:
        InputError: WRONG_TYPE, NOT_CANONICAL.
    """
    return check_element(value).to_bytes(ELEMENT_BYTES, "little")


def element_from_bytes(data: bytes) -> int:
    """The element that `element_to_bytes` encodes as `data`; every element has one encoding.

    Raises:
        InputError: MALFORMED for another length, NOT_CANONICAL for a value that is not below the modulus.
    """
    if len(data) != ELEMENT_BYTES:
        raise InputError(
            f"a field element is {ELEMENT_BYTES} bytes long, these are {len(data)}", reason=Reason.MALFORMED
        )
    return check_element(int.from_bytes(data, "little"))


def elements_of_words(words: Iterable[int]) -> Iterator[int]:
    """Uniform words to uniform elements: each word is masked to 31 bits and dropped unless it is below the modulus."""
    for word in words:
        masked = word & (2**WORD_BITS - 1)
        if masked < MODULUS:
            yield masked


def sample(random_bits: Callable[[int], int]) -> int:
    """A uniform element.

    Args:
        random_bits: gives that many uniform bits, for example `secrets.randbits` or `random.Random(seed).getrandbits`.
    """
    while True:
        for element in elements_of_words((random_bits(WORD_BITS),)):
            return element

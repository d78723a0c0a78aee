from __future__ import annotations

import copy
import math
import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.strategies import base_elements, extension_elements
from hstar.errors import InputError, Reason
from hstar.field import extension
from hstar.field.extension import DEGREE, ONE, ZERO, ExtensionElement, from_base
from hstar.field.koala_bear import MODULUS

X = ExtensionElement((0, 1, 0, 0, 0, 0))
ORDER = MODULUS**DEGREE
MINIMAL_POLYNOMIAL = (1, 0, 0, 1, 0, 0, 1)


def remainder(numerator: list[int], monic: list[int]) -> list[int]:
    rest = list(numerator)
    while len(rest) >= len(monic):
        lead = rest[-1]
        for index, coefficient in enumerate(reversed(monic)):
            rest[-1 - index] = (rest[-1 - index] - lead * coefficient) % MODULUS
        rest.pop()
    return rest


def slow_product(left: ExtensionElement, right: ExtensionElement) -> ExtensionElement:
    product = [0] * (2 * DEGREE - 1)
    for i, a in enumerate(left.coefficients):
        for j, b in enumerate(right.coefficients):
            product[i + j] += a * b
    return ExtensionElement([value % MODULUS for value in remainder(product, list(MINIMAL_POLYNOMIAL))])


def greatest_common_divisor(left: list[int], right: list[int]) -> list[int]:
    while any(right):
        while right[-1] == 0:
            right = right[:-1]
        inverse = pow(right[-1], -1, MODULUS)
        left, right = right, remainder(left, [value * inverse % MODULUS for value in right])
    return left


def test_the_polynomial_is_irreducible() -> None:
    """Rabin's test, with the arithmetic of the extension ring, which holds whether or not it is a field."""
    assert X ** (MODULUS**6) == X
    for prime_divisor in (2, 3):
        power = X ** (MODULUS ** (DEGREE // prime_divisor))
        assert len(greatest_common_divisor(list(MINIMAL_POLYNOMIAL), list((power - X).coefficients))) == 1


def test_x_is_a_primitive_ninth_root_of_one() -> None:
    assert X**9 == ONE
    assert X**3 != ONE
    assert X**6 + X**3 + 1 == ZERO
    assert {MODULUS**exponent % 9 for exponent in range(6)} == {1, 2, 4, 5, 7, 8}


def test_the_field_has_about_2_to_the_186_elements() -> None:
    assert 185.93 < math.log2(ORDER) < 185.94


@given(extension_elements, extension_elements)
def test_multiplication_is_the_remainder_of_the_product_of_polynomials(a, b) -> None:
    assert a * b == slow_product(a, b)


@given(extension_elements, extension_elements, extension_elements)
def test_field_laws(a, b, c) -> None:
    assert a * (b + c) == a * b + a * c
    assert (a * b) * c == a * (b * c)
    assert a - b == -(b - a) == a + -b
    assert a * ONE == a + ZERO == a
    if a != ZERO:
        assert a * a.inverse() == ONE
        assert b / a * a == b


@given(extension_elements, st.integers(-(2**40), 2**40))
def test_integers_stand_for_base_field_elements(a, n) -> None:
    lifted = from_base(n)
    assert a + n == n + a == a + lifted
    assert a - n == a - lifted
    assert n - a == lifted - a
    assert a * n == n * a == a * lifted
    if n % MODULUS:
        assert a / n == a / lifted
    if a != ZERO:
        assert n / a == lifted / a


@given(extension_elements, st.integers(-3, 9))
def test_frobenius_is_a_power_of_the_characteristic(a, count) -> None:
    assert a.frobenius() == a**MODULUS
    assert a.frobenius(count) == a ** (MODULUS ** (count % DEGREE))


@given(extension_elements, extension_elements)
def test_frobenius_is_a_field_map_of_order_six(a, b) -> None:
    assert (a * b).frobenius() == a.frobenius() * b.frobenius()
    assert (a + b).frobenius() == a.frobenius() + b.frobenius()
    assert a.frobenius(6) == a


@pytest.mark.parametrize("exponent", range(6))
def test_frobenius_squares_x(exponent: int) -> None:
    assert (X**exponent).frobenius() == X ** (2 * exponent)


@given(base_elements)
def test_frobenius_fixes_the_base_field(value: int) -> None:
    assert from_base(value).frobenius() == from_base(value)


@given(extension_elements.filter(lambda element: element != ZERO), st.integers(0, 40))
def test_powers(a, exponent) -> None:
    product = ONE
    for _ in range(exponent):
        product *= a
    assert a**exponent == product
    assert a**-exponent * product == ONE


def test_the_group_order_is_the_number_of_units() -> None:
    generator = random.Random(2)
    for _ in range(3):
        assert extension.sample(generator.getrandbits) ** (ORDER - 1) == ONE


@pytest.mark.parametrize(
    "call", [ZERO.inverse, lambda: ONE / ZERO, lambda: ONE / 0, lambda: 1 / ZERO, lambda: ZERO**-1]
)
def test_zero_has_no_inverse(call) -> None:
    with pytest.raises(ZeroDivisionError):
        call()


@given(extension_elements)
def test_encoding_goes_there_and_back(a) -> None:
    assert len(a.to_bytes()) == 24
    assert ExtensionElement.from_bytes(a.to_bytes()) == a


def test_encoding_is_coefficients_in_order_little_endian() -> None:
    assert ExtensionElement((1, 2, 3, 4, 5, 256)).to_bytes() == b"".join(
        bytes([low, high, 0, 0]) for low, high in ((1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (0, 1))
    )


@given(extension_elements, st.integers(0, 5), st.integers(MODULUS, 2**32 - 1))
def test_other_encodings_are_refused(a, position, word) -> None:
    data = bytearray(a.to_bytes())
    data[4 * position : 4 * position + 4] = word.to_bytes(4, "little")
    with pytest.raises(InputError) as caught:
        ExtensionElement.from_bytes(bytes(data))
    assert caught.value.reason == Reason.NOT_CANONICAL


@pytest.mark.parametrize("length", [0, 4, 23, 25, 28])
def test_encodings_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(InputError) as caught:
        ExtensionElement.from_bytes(bytes(length))
    assert caught.value.reason == Reason.MALFORMED


@pytest.mark.parametrize(
    ("coefficients", "reason"),
    [
        ((1, 2, 3, 4, 5), Reason.WRONG_SHAPE),
        ((1, 2, 3, 4, 5, 6, 7), Reason.WRONG_SHAPE),
        ((0, 0, 0, 0, 0, MODULUS), Reason.NOT_CANONICAL),
        ((-1, 0, 0, 0, 0, 0), Reason.NOT_CANONICAL),
        ((0, 0.5, 0, 0, 0, 0), Reason.WRONG_TYPE),
    ],
)
def test_only_six_canonical_integers_make_an_element(coefficients, reason) -> None:
    with pytest.raises(InputError) as caught:
        ExtensionElement(coefficients)
    assert caught.value.reason == reason


def test_elements_are_values() -> None:
    a = ExtensionElement((1, 2, 3, 4, 5, 6))
    assert a == ExtensionElement([1, 2, 3, 4, 5, 6]) != ZERO
    assert a != (1, 2, 3, 4, 5, 6)
    assert len({a, copy.deepcopy(a), pickle.loads(pickle.dumps(a))}) == 1
    with pytest.raises(AttributeError):
        a.coefficients = (0,) * 6
    with pytest.raises(TypeError):
        a + 0.5


def test_taking_from_a_stream() -> None:
    stream = iter(range(20))
    assert extension.take(stream).coefficients == (0, 1, 2, 3, 4, 5)
    assert extension.take(stream).coefficients == (6, 7, 8, 9, 10, 11)
    with pytest.raises(InputError) as caught:
        extension.take(iter([1, 2]))
    assert caught.value.reason == Reason.WRONG_SHAPE

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field import koala_bear
from hstar.field.koala_bear import GENERATOR, MODULUS, TWO_ADICITY

elements = st.integers(0, MODULUS - 1)
ODD_PRIME_FACTOR = 127


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def test_the_modulus_is_the_published_prime() -> None:
    assert MODULUS == 0x7F000001 == 2130706433
    assert is_prime(MODULUS)
    assert MODULUS % 9 == 2


def test_the_generator_generates() -> None:
    assert MODULUS - 1 == ODD_PRIME_FACTOR << TWO_ADICITY
    for prime in (2, ODD_PRIME_FACTOR):
        assert koala_bear.power(GENERATOR, (MODULUS - 1) // prime) != 1


def test_two_adic_generators_are_those_of_plonky3() -> None:
    published = {0: 0x1, 1: 0x7F000000, 2: 0x7E010002, 3: 0x6832FE4A, 4: 0x8DBD69C, 10: 0x334D48C7, 24: 0x6AC49F88}
    for log_order, generator in published.items():
        assert koala_bear.two_adic_generator(log_order) == generator


def test_two_adic_generators_have_their_order_and_are_each_others_squares() -> None:
    for log_order in range(1, TWO_ADICITY + 1):
        generator = koala_bear.two_adic_generator(log_order)
        assert koala_bear.power(generator, 2 ** (log_order - 1)) == MODULUS - 1
        assert koala_bear.mul(generator, generator) == koala_bear.two_adic_generator(log_order - 1)


@pytest.mark.parametrize("log_order", [-1, TWO_ADICITY + 1])
def test_orders_that_do_not_exist_are_refused(log_order: int) -> None:
    with pytest.raises(InputError) as caught:
        koala_bear.two_adic_generator(log_order)
    assert caught.value.reason == Reason.OUT_OF_RANGE


@given(elements, elements, elements)
def test_field_laws(a: int, b: int, c: int) -> None:
    add, mul = koala_bear.add, koala_bear.mul
    assert mul(a, add(b, c)) == add(mul(a, b), mul(a, c))
    assert koala_bear.sub(add(a, b), b) == a
    assert add(a, koala_bear.neg(a)) == 0
    if a:
        assert mul(a, koala_bear.inverse(a)) == 1
        assert koala_bear.power(a, -3) == koala_bear.inverse(mul(a, mul(a, a)))
        assert koala_bear.power(a, MODULUS - 1) == 1


@pytest.mark.parametrize("call", [lambda: koala_bear.inverse(0), lambda: koala_bear.power(0, -1)])
def test_zero_has_no_inverse(call) -> None:
    with pytest.raises(ZeroDivisionError):
        call()


@given(elements)
def test_encoding_goes_there_and_back(value: int) -> None:
    assert koala_bear.element_from_bytes(koala_bear.element_to_bytes(value)) == value


def test_encoding_is_little_endian() -> None:
    assert koala_bear.element_to_bytes(0x01020304) == bytes([4, 3, 2, 1])


@given(st.integers(MODULUS, 2**32 - 1))
def test_other_encodings_are_refused(word: int) -> None:
    with pytest.raises(InputError) as caught:
        koala_bear.element_from_bytes(word.to_bytes(4, "little"))
    assert caught.value.reason == Reason.NOT_CANONICAL


@pytest.mark.parametrize("data", [b"", bytes(3), bytes(5)])
def test_encodings_of_another_length_are_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        koala_bear.element_from_bytes(data)
    assert caught.value.reason == Reason.MALFORMED


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-1, Reason.NOT_CANONICAL),
        (MODULUS, Reason.NOT_CANONICAL),
        (True, Reason.WRONG_TYPE),
        (1.0, Reason.WRONG_TYPE),
    ],
)
def test_only_canonical_integers_are_encoded(value, reason: Reason) -> None:
    with pytest.raises(InputError) as caught:
        koala_bear.element_to_bytes(value)
    assert caught.value.reason == reason


def test_words_are_masked_and_rejected() -> None:
    words = [0, MODULUS - 1, MODULUS, 2**31 - 1, 2**31, 2**31 | 5, 2**32 - 1]
    assert list(koala_bear.elements_of_words(words)) == [0, MODULUS - 1, 0, 5]


def test_sampling_rejects_until_a_word_is_below_the_modulus() -> None:
    draws = iter([MODULUS, 2**31 - 1, 7])
    asked = []

    def random_bits(count: int) -> int:
        asked.append(count)
        return next(draws)

    assert koala_bear.sample(random_bits) == 7
    assert asked == [31, 31, 31]


def test_samples_cover_the_field() -> None:
    generator = random.Random(1)
    samples = [koala_bear.sample(generator.getrandbits) for _ in range(4000)]
    eighths = [value * 8 // MODULUS for value in samples]
    assert all(400 < eighths.count(eighth) < 600 for eighth in range(8))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from hstar.errors import InputError, Reason
from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels import vectors
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.vectors import ExtensionVector, check_words
from kernels.vector_cases import assert_agree, both, lengths, random_element, random_vector, random_words, seeds

BINARY = (vectors.add, vectors.sub, vectors.mul)
LARGE = 5000


@given(lengths, seeds)
def test_packing_and_unpacking_agree(length: int, seed: int) -> None:
    rows = random_words(seed, length, 6)
    assert_agree(ExtensionVector.from_canonical, rows)
    unpacked, definition = both(ExtensionVector.from_canonical(rows).to_canonical)
    assert np.array_equal(unpacked, rows)
    assert np.array_equal(definition, rows)


@pytest.mark.parametrize("operation", BINARY)
@given(length=lengths, seed=seeds)
def test_elementwise_operations_agree(operation, length: int, seed: int) -> None:
    assert_agree(operation, random_vector(seed, length), random_vector(seed + 1, length))


@given(lengths, seeds)
def test_multiply_add_and_scale_agree(length: int, seed: int) -> None:
    a, b, c = (random_vector(seed + i, length) for i in range(3))
    assert_agree(vectors.multiply_add, a, b, c)
    assert_agree(vectors.scale, a, random_element(seed))


@given(lengths, seeds)
def test_sums_agree(length: int, seed: int) -> None:
    a, b = random_vector(seed, length), random_vector(seed + 1, length)
    assert_agree(vectors.dot, a, b)
    assert_agree(vectors.dot, random_words(seed, length), b)
    assert_agree(vectors.total, a)


@pytest.mark.parametrize("operation", [*BINARY, vectors.dot])
def test_large_vectors_agree(operation) -> None:
    assert_agree(operation, random_vector(1, LARGE), random_vector(2, LARGE))


def test_large_vectors_pack_and_unpack() -> None:
    rows = random_words(1, 10_001, 6)
    assert_agree(ExtensionVector.from_canonical, rows)
    assert np.array_equal(ExtensionVector.from_canonical(rows).to_canonical(), rows)


def test_large_sums_and_multiply_adds_agree() -> None:
    a, b, c = (random_vector(i, LARGE) for i in range(3))
    assert_agree(vectors.multiply_add, a, b, c)
    assert_agree(vectors.dot, random_words(4, LARGE), b)
    assert_agree(vectors.total, a)


@pytest.mark.parametrize("length", [1 << 16, 300_001])
def test_sums_over_all_tasks_of_extreme_words(length: int) -> None:
    """Long enough for several tasks on several threads, with the largest words everywhere."""
    words = np.full((length, 6), MODULUS - 1, dtype=np.uint32)
    vector, base = ExtensionVector.from_canonical(words), np.ascontiguousarray(words[:, 0])
    element = vector[0]
    with use_backend(Backend.NATIVE):
        assert vectors.dot(vector, vector) == element * element * length
        assert vectors.dot(base, vector) == element * (MODULUS - 1) * length
        assert vectors.total(vector) == element * length
        assert vectors.mul(vector, vector)[length - 1] == element * element


def test_empty_sums_are_zero() -> None:
    with use_backend(Backend.NATIVE):
        assert vectors.dot(ExtensionVector.zeros(0), ExtensionVector.zeros(0)) == ZERO
        assert vectors.total(ExtensionVector.zeros(0)) == ZERO


@pytest.mark.parametrize("backend", list(Backend))
def test_out_is_used(backend: Backend) -> None:
    a, b = random_vector(1, 20), random_vector(2, 20)
    buffer = np.full((2, 6, 16), 7, dtype=np.uint32)
    with use_backend(backend):
        result = vectors.mul(a, b, out=buffer)
        assert np.shares_memory(result.words, buffer)
        assert result == vectors.mul(a, b)


def test_new_results_start_at_a_cache_line() -> None:
    a = random_vector(1, 1000)
    with use_backend(Backend.NATIVE):
        assert all(vectors.add(a, a).words.ctypes.data % 64 == 0 for _ in range(5))


A = random_vector(1, 20)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: vectors.add(A, A.to_elements()), Reason.WRONG_TYPE),
        (lambda: vectors.add(A, A.words), Reason.WRONG_TYPE),
        (lambda: vectors.sub(A, random_vector(1, 21)), Reason.WRONG_SHAPE),
        (lambda: vectors.mul(A, random_vector(1, 19)), Reason.WRONG_SHAPE),
        (lambda: vectors.multiply_add(A, A, random_vector(1, 36)), Reason.WRONG_SHAPE),
        (lambda: vectors.add(A, A, out=np.zeros((3, 6, 16), dtype=np.uint32)), Reason.WRONG_SHAPE),
        (lambda: vectors.add(A, A, out=np.zeros((2, 6, 16), dtype=np.int32)), Reason.WRONG_DTYPE),
        (lambda: vectors.add(A, A, out=A._words), Reason.MALFORMED),
        (lambda: vectors.scale(A, 3), Reason.WRONG_TYPE),
        (lambda: vectors.scale([ONE], ONE), Reason.WRONG_TYPE),
        (lambda: vectors.dot(A, A.words), Reason.WRONG_TYPE),
        (lambda: vectors.dot(A, random_vector(1, 21)), Reason.WRONG_SHAPE),
        (lambda: vectors.dot([1] * 20, A), Reason.WRONG_TYPE),
        (lambda: vectors.dot(np.zeros(20, dtype=np.uint64), A), Reason.WRONG_DTYPE),
        (lambda: vectors.dot(np.zeros((20, 1), dtype=np.uint32), A), Reason.WRONG_SHAPE),
        (lambda: vectors.dot(np.zeros(40, dtype=np.uint32)[::2], A), Reason.NOT_CONTIGUOUS),
        (lambda: vectors.dot(np.full(20, MODULUS, dtype=np.uint32), A), Reason.NOT_CANONICAL),
        (lambda: vectors.total(A.words), Reason.WRONG_TYPE),
    ],
)
def test_wrong_input_is_refused(call, reason: Reason) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.reason == reason


@pytest.mark.parametrize("position", [0, 70_000, 99_999])
def test_one_word_in_a_large_array_that_is_not_canonical_is_found(position: int) -> None:
    words = np.zeros(100_000, dtype=np.uint32)
    check_words(words, "words")
    words[position] = MODULUS
    for backend in Backend:
        with use_backend(backend), pytest.raises(InputError) as caught:
            check_words(words, "words")
        assert caught.value.reason == Reason.NOT_CANONICAL


def test_the_reference_is_field_arithmetic() -> None:
    a, b = random_vector(3, 3), random_vector(4, 3)
    with use_backend(Backend.REFERENCE):
        assert vectors.dot(a, b) == a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        assert vectors.scale(a, ExtensionElement((0, 1, 0, 0, 0, 0)))[2] == a[2] * ExtensionElement((0, 1, 0, 0, 0, 0))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.hash import tags
from hstar.hash.poseidon2 import permute as permute_one
from hstar.hash.suite import BLAKE2B, POSEIDON2, SUITES, HashSuite, Poseidon2Suite
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.code import Codeword, encode_columns
from hstar.kernels.hashing import digest_of_row, hash_leaves, hash_rows, permute
from kernels.test_code import both, random_words, seeds

suites = pytest.mark.parametrize("suite", SUITES.values(), ids=str)


def test_permutation_known_answer() -> None:
    states = np.arange(24, dtype=np.uint32)[None]
    native, reference = both(permute, states)
    assert native[0, :4].tolist() == reference[0, :4].tolist() == [723511737, 87131171, 587052829, 1323145575]


@given(st.sampled_from([0, 1, 2, 15, 16, 17, 33]), seeds)
@settings(max_examples=15)
def test_permutation_agrees(num_states: int, seed: int) -> None:
    states = random_words(seed, num_states, 24)
    native, reference = both(permute, states)
    assert np.array_equal(native, reference)


def test_permuting_many_agrees_on_a_sample() -> None:
    states = random_words(5, 5001, 24)
    with use_backend(Backend.NATIVE):
        permuted = permute(states)
    for index in (0, 1, 15, 16, 4999, 5000):
        assert permuted[index].tolist() == permute_one(states[index].tolist())


@suites
@given(
    num_rows=st.sampled_from([0, 1, 3, 16, 17]),
    num_columns=st.sampled_from([0, 1, 2, 14, 15, 16, 30, 31, 32, 33, 64, 65]),
    seed=seeds,
)
@settings(max_examples=30)
def test_row_hashing_agrees(suite: HashSuite, num_rows: int, num_columns: int, seed: int) -> None:
    matrix = random_words(seed, num_rows, num_columns)
    native, reference = both(hash_rows, suite, tags.MERKLE_LEAF, matrix)
    assert native.dtype == suite.digest_dtype
    assert native.shape == (num_rows, suite.digest_words)
    assert np.array_equal(native, reference)


@suites
def test_rows_are_the_suites_hashes(suite: HashSuite) -> None:
    matrix = random_words(6, 1003, 37)
    with use_backend(Backend.NATIVE):
        digests = hash_rows(suite, tags.STATEMENT, matrix)
    for index in (0, 7, 8, 15, 16, 1002):
        expected = suite.hash_elements(tags.STATEMENT, matrix[index].tolist())
        assert digest_of_row(suite, digests[index]) == expected


@suites
@given(
    log_height=st.integers(0, 5),
    log_inverse_rate=st.integers(0, 2),
    num_columns=st.sampled_from([1, 2, 5, 16, 17]),
    data=st.data(),
    seed=seeds,
)
@settings(max_examples=40)
def test_leaf_hashing_agrees(
    suite: HashSuite, log_height: int, log_inverse_rate: int, num_columns: int, data: st.DataObject, seed: int
) -> None:
    log_positions_per_leaf = data.draw(st.integers(0, log_height + log_inverse_rate))
    codeword = Codeword(random_words(seed, 1 << log_inverse_rate, num_columns, 1 << log_height))
    native, reference = both(hash_leaves, suite, tags.MERKLE_LEAF, codeword, log_positions_per_leaf)
    assert np.array_equal(native, reference)


@suites
def test_a_leaf_lists_its_positions_slot_by_slot(suite: HashSuite) -> None:
    codeword = encode_columns(random_words(7, 3, 64), 1)
    with use_backend(Backend.NATIVE):
        digests = hash_leaves(suite, tags.MERKLE_LEAF, codeword, 2)
    leaf = codeword.rows([20, 21, 22, 23]).reshape(-1).tolist()
    place = int("00101"[::-1], 2)  # leaf 5 of 32
    assert digest_of_row(suite, digests[place]) == suite.hash_elements(tags.MERKLE_LEAF, leaf)


@suites
def test_out_is_used(suite: HashSuite) -> None:
    matrix = random_words(8, 9, 4)
    out = np.empty((9, suite.digest_words), dtype=suite.digest_dtype)
    assert hash_rows(suite, tags.MERKLE_LEAF, matrix, out=out) is out
    assert np.array_equal(out, hash_rows(suite, tags.MERKLE_LEAF, matrix))
    states = random_words(8, 3, 24)
    words = np.empty_like(states)
    assert permute(states, out=words) is words


def test_bad_input_is_refused() -> None:
    good = np.zeros((2, 24), dtype=np.uint32)
    codeword = Codeword(np.zeros((1, 2, 4), dtype=np.uint32))
    no_columns = Codeword(np.zeros((1, 0, 4), dtype=np.uint32))
    tag = tags.MERKLE_LEAF
    calls = [
        (lambda: permute(good[:, :23]), Reason.NOT_CONTIGUOUS),
        (lambda: permute(np.zeros((2, 23), dtype=np.uint32)), Reason.WRONG_SHAPE),
        (lambda: permute(good + np.uint32(MODULUS)), Reason.NOT_CANONICAL),
        (lambda: permute(good, out=good), Reason.MALFORMED),
        (lambda: hash_rows(POSEIDON2, tag, good[0]), Reason.WRONG_SHAPE),
        (lambda: hash_rows(BLAKE2B, tag, good.astype(np.int64)), Reason.WRONG_DTYPE),
        (lambda: hash_rows(BLAKE2B, tag, good, out=np.zeros((2, 32), dtype=np.uint8)), Reason.WRONG_SHAPE),
        (lambda: hash_rows(Poseidon2Suite(), tag, good), Reason.UNKNOWN_NAME),
        (lambda: hash_leaves(POSEIDON2, tag, good), Reason.WRONG_TYPE),  # type: ignore[arg-type]
        (lambda: hash_leaves(POSEIDON2, tag, no_columns), Reason.WRONG_SHAPE),
        (lambda: hash_leaves(POSEIDON2, tag, codeword, 3), Reason.OUT_OF_RANGE),
        (lambda: hash_leaves(POSEIDON2, tag, codeword, -1), Reason.OUT_OF_RANGE),
    ]
    for call, reason in calls:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.reason is reason

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS, two_adic_generator
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.bit_order import bit_reversal, reverse_bits
from hstar.kernels.code import Codeword, encode_columns, interleaved_columns
from hstar.kernels.vectors import ExtensionVector

seeds = st.integers(0, 2**32 - 1)


def random_words(seed: int, *shape: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    words = generator.integers(0, MODULUS, size=shape, dtype=np.uint32)
    edges = generator.random(shape)
    words[edges < 0.05], words[edges > 0.95] = 0, MODULUS - 1
    return words


def both(function, *arguments):
    with use_backend(Backend.REFERENCE):
        expected = function(*arguments)
    with use_backend(Backend.NATIVE):
        return function(*arguments), expected


def test_bit_reversal() -> None:
    assert [reverse_bits(index, 3) for index in range(8)] == [0, 4, 2, 6, 1, 5, 3, 7] == bit_reversal(3).tolist()
    assert reverse_bits(0, 0) == 0
    assert bit_reversal(0).tolist() == [0]


@given(st.integers(0, 7), st.integers(0, 3), st.integers(0, 5), seeds)
def test_native_encoding_is_horners_rule(log_height: int, log_inverse_rate: int, num_columns: int, seed: int) -> None:
    columns = random_words(seed, num_columns, 1 << log_height)
    native, reference = both(encode_columns, columns, log_inverse_rate)
    assert native.words.shape == (1 << log_inverse_rate, num_columns, 1 << log_height)
    assert np.array_equal(native.words, reference.words)


@pytest.mark.parametrize(("log_height", "log_inverse_rate", "num_columns"), [(11, 1, 3), (12, 0, 1), (10, 2, 17)])
def test_large_encodings_agree(log_height: int, log_inverse_rate: int, num_columns: int) -> None:
    columns = random_words(1, num_columns, 1 << log_height)
    native, reference = both(encode_columns, columns, log_inverse_rate)
    assert np.array_equal(native.words, reference.words)


def test_very_large_encoding_agrees_with_horner_at_some_positions() -> None:
    columns = random_words(2, 2, 1 << 18)
    with use_backend(Backend.NATIVE):
        codeword = encode_columns(columns, 1)
    positions = [0, 1, 2, 262143, 262144, 400001, 524287]
    for position, row in zip(positions, codeword.rows(positions).tolist(), strict=True):
        z = pow(two_adic_generator(19), position, MODULUS)
        for column, value in zip(columns.tolist(), row, strict=True):
            expected = 0
            for coefficient in reversed(column):
                expected = (expected * z + coefficient) % MODULUS
            assert value == expected


def test_rows_are_in_natural_order() -> None:
    columns = random_words(3, 2, 4)
    codeword = encode_columns(columns, 1)
    assert (codeword.log_num_positions, codeword.log_inverse_rate, codeword.num_columns) == (3, 1, 2)
    g = two_adic_generator(3)
    for position, row in enumerate(codeword.rows(range(8)).tolist()):
        for column, value in zip(columns.tolist(), row, strict=True):
            z = pow(g, position, MODULUS)
            assert value == sum(c * pow(z, y, MODULUS) for y, c in enumerate(column)) % MODULUS
    assert codeword.rows([]).shape == (0, 2)


@given(st.integers(0, 9), st.data(), seeds)
def test_interleaving_agrees(log_length: int, data: st.DataObject, seed: int) -> None:
    log_interleaving = data.draw(st.integers(0, log_length))
    canonical = random_words(seed, 1 << log_length, 6)
    vector = ExtensionVector.from_canonical(canonical)
    native, reference = both(interleaved_columns, vector, log_interleaving)
    assert np.array_equal(native, reference)
    for u in range(1 << log_interleaving):
        for d in range(6):
            assert np.array_equal(native[6 * u + d], canonical[u :: 1 << log_interleaving, d])


def test_out_is_used() -> None:
    columns = random_words(4, 3, 32)
    out = np.empty((2, 3, 32), dtype=np.uint32)
    codeword = encode_columns(columns, 1, out=out)
    assert np.shares_memory(codeword.words, out)
    assert np.array_equal(codeword.words, encode_columns(columns, 1).words)
    with pytest.raises(ValueError, match="read-only"):
        codeword.words[0, 0, 0] = 1


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ([[1]], Reason.WRONG_TYPE),
        (np.zeros((1, 2), dtype=np.int64), Reason.WRONG_DTYPE),
        (np.zeros(2, dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros((1, 3), dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros((1, 0), dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros((4, 4), dtype=np.uint32)[:, ::2], Reason.NOT_CONTIGUOUS),
        (np.full((1, 2), MODULUS, dtype=np.uint32), Reason.NOT_CANONICAL),
    ],
)
def test_bad_columns_are_refused(columns: object, reason: Reason) -> None:
    with pytest.raises(InputError) as caught:
        encode_columns(columns, 1)  # type: ignore[arg-type]
    assert caught.value.reason is reason


def test_bad_rates_positions_and_buffers_are_refused() -> None:
    columns = np.zeros((1, 4), dtype=np.uint32)
    for rate in (-1, 23):
        with pytest.raises(InputError) as caught:
            encode_columns(columns, rate)
        assert caught.value.reason is Reason.OUT_OF_RANGE
    for position in (-1, 8):
        with pytest.raises(InputError) as caught:
            encode_columns(columns, 1).rows([position])
        assert caught.value.reason is Reason.OUT_OF_RANGE
    buffers = [
        (np.zeros((2, 1, 5), dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros((2, 1, 4), dtype=np.int32), Reason.WRONG_DTYPE),
        (read_only(np.zeros((2, 1, 4), dtype=np.uint32)), Reason.MALFORMED),
    ]
    for out, reason in buffers:
        with pytest.raises(InputError) as caught:
            encode_columns(columns, 1, out=out)
        assert caught.value.reason is reason
    with pytest.raises(InputError, match="overlaps") as caught:
        encode_columns(columns, 0, out=columns.reshape(1, 1, 4))
    assert caught.value.reason is Reason.MALFORMED


def test_bad_vectors_and_codewords_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        interleaved_columns(np.zeros(4, dtype=np.uint32), 0)  # type: ignore[arg-type]
    assert caught.value.reason is Reason.WRONG_TYPE
    with pytest.raises(InputError) as caught:
        interleaved_columns(ExtensionVector.zeros(3), 0)
    assert caught.value.reason is Reason.WRONG_SHAPE
    with pytest.raises(InputError) as caught:
        interleaved_columns(ExtensionVector.zeros(4), 3)
    assert caught.value.reason is Reason.OUT_OF_RANGE
    with pytest.raises(InputError) as caught:
        Codeword(np.zeros((3, 1, 4), dtype=np.uint32))
    assert caught.value.reason is Reason.WRONG_SHAPE

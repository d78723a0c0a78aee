from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.strategies import extension_elements
from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.vectors import ExtensionVector, from_montgomery, packed_shape, to_montgomery


@given(st.lists(extension_elements, max_size=40))
def test_elements_go_in_and_come_out(elements) -> None:
    vector = ExtensionVector.from_elements(elements)
    assert len(vector) == len(elements)
    assert list(vector) == vector.to_elements() == elements
    assert vector.words.shape == packed_shape(len(elements))
    assert ExtensionVector.from_canonical(vector.to_canonical()) == vector
    assert ExtensionVector(len(vector), vector.words) == vector
    for index in range(-len(elements), len(elements)):
        assert vector[index] == elements[index]


@pytest.mark.parametrize(("length", "packs"), [(0, 0), (1, 1), (16, 1), (17, 2)])
def test_a_pack_holds_16_elements(length: int, packs: int) -> None:
    assert ExtensionVector.zeros(length).words.shape == (packs, 6, 16)


def test_layout_is_lane_in_plane_in_pack_with_montgomery_words() -> None:
    vector = ExtensionVector.from_elements(ExtensionElement(range(10 * i, 10 * i + 6)) for i in range(20))
    assert vector.words[1, 4, 2] == ((16 + 2) * 10 + 4) * 2**32 % MODULUS
    assert not vector.words[1, :, 4:].any()


@given(st.integers(0, MODULUS - 1))
def test_montgomery_words(value: int) -> None:
    word = to_montgomery(np.array([value], dtype=np.uint32))
    assert word[0] == value * 2**32 % MODULUS
    assert from_montgomery(word)[0] == value


def test_base_field_elements_are_lifted() -> None:
    vector = ExtensionVector.from_base(np.arange(5, dtype=np.uint32))
    assert [element.coefficients for element in vector] == [(i, 0, 0, 0, 0, 0) for i in range(5)]


def test_vectors_are_read_only_and_compare_by_value() -> None:
    vector = ExtensionVector.zeros(3)
    with pytest.raises(ValueError, match="read-only"):
        vector.words[0, 0, 0] = 1
    assert vector == ExtensionVector.zeros(3) != ExtensionVector.zeros(4)
    assert vector != [0, 0, 0]
    with pytest.raises(TypeError):
        hash(vector)
    with pytest.raises(IndexError):
        vector[3]


GOOD = np.zeros((1, 6, 16), dtype=np.uint32)
NOT_CANONICAL = np.full((1, 6, 16), MODULUS, dtype=np.uint32)


@pytest.mark.parametrize(
    ("length", "words", "reason"),
    [
        (-1, GOOD, Reason.OUT_OF_RANGE),
        (16, GOOD.tolist(), Reason.WRONG_TYPE),
        (16, GOOD.astype(np.int32), Reason.WRONG_DTYPE),
        (16, GOOD.astype(np.uint64), Reason.WRONG_DTYPE),
        (16, np.zeros((1, 12, 16), dtype=np.uint32)[:, ::2], Reason.NOT_CONTIGUOUS),
        (17, GOOD, Reason.WRONG_SHAPE),
        (0, GOOD, Reason.WRONG_SHAPE),
        (16, NOT_CANONICAL, Reason.NOT_CANONICAL),
        (15, GOOD + np.uint32(1), Reason.MALFORMED),
    ],
)
def test_wrong_words_are_refused(length, words, reason) -> None:
    with pytest.raises(InputError) as caught:
        ExtensionVector(length, words)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        ([[1] * 6], Reason.WRONG_TYPE),
        (np.zeros((2, 6), dtype=np.int64), Reason.WRONG_DTYPE),
        (np.zeros((2, 5), dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros(6, dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros((6, 2), dtype=np.uint32).T, Reason.NOT_CONTIGUOUS),
        (np.full((2, 6), 2**32 - 1, dtype=np.uint32), Reason.NOT_CANONICAL),
    ],
)
def test_wrong_coefficients_are_refused(array, reason) -> None:
    with pytest.raises(InputError) as caught:
        ExtensionVector.from_canonical(array)
    assert caught.value.reason == reason

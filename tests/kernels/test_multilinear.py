from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.extension import ONE, ZERO, from_base
from hstar.field.koala_bear import MODULUS
from hstar.kernels import multilinear, vectors
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.reference import multilinear as reference
from hstar.kernels.vectors import ExtensionVector
from kernels.vector_cases import (
    assert_agree,
    both,
    lengths,
    random_element,
    random_values,
    random_vector,
    random_words,
    seeds,
)

bits = st.integers(0, 8)


def random_point(seed: int, num_variables: int) -> list:
    return [random_element(seed + j) for j in range(num_variables)]


@given(st.integers(0, 7), seeds)
def test_eq_tables_agree(num_variables: int, seed: int) -> None:
    point = random_point(seed, num_variables)
    assert_agree(multilinear.eq_table, point)
    assert_agree(multilinear.eq_table, point, random_element(seed))


@pytest.mark.parametrize("num_variables", [9, 10, 11, 12])
def test_eq_tables_of_several_blocks_agree(num_variables: int) -> None:
    point = random_point(num_variables, num_variables)
    with use_backend(Backend.NATIVE):
        table = multilinear.eq_table(point, random_element(5))
    for index in (0, 1, 2**num_variables - 1, 2**num_variables // 2, 333, 511):
        assert table[index] == random_element(5) * reference.eq(point, index)


def test_a_large_eq_table_sums_to_its_scale_and_has_the_right_entries() -> None:
    point = random_point(1, 17)
    with use_backend(Backend.NATIVE):
        table = multilinear.eq_table(point, random_element(2))
        assert vectors.total(table) == random_element(2)
    for index in (0, 5, 1023, 1024, 70_000, 131_071):
        assert table[index] == random_element(2) * reference.eq(point, index)


def test_points_are_little_endian() -> None:
    point = [from_base(2), from_base(5)]
    assert [element.coefficients[0] for element in reference.eq_table(point, ONE)][1:] == [
        2 * (1 - 5) % MODULUS,
        (1 - 2) * 5 % MODULUS,
        10,
    ]


@given(lengths, st.booleans(), seeds)
@settings(max_examples=60)
def test_evaluations_agree(length: int, extension: bool, seed: int) -> None:
    num_variables = max(length - 1, 0).bit_length()
    assert_agree(multilinear.evaluate, random_values(seed, length, extension), random_point(seed, num_variables))


@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize("length", [1 << 16, 100_003, (1 << 20) + 5])
def test_large_evaluations_are_sums_against_the_eq_table(extension: bool, length: int) -> None:
    values, point = random_values(1, length, extension), random_point(2, (length - 1).bit_length())
    with use_backend(Backend.NATIVE):
        table = multilinear.eq_table(point)
        used = ExtensionVector.from_canonical(table.to_canonical()[:length])
        assert multilinear.evaluate(values, point) == vectors.dot(values, used)


@given(lengths, st.booleans(), bits, seeds)
def test_folds_agree(length: int, extension: bool, bit: int, seed: int) -> None:
    assert_agree(multilinear.fold, random_values(seed, length, extension), random_element(seed), bit)


@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize("bit", [0, 1, 2, 3, 4, 7, 12, 13])
@pytest.mark.parametrize("length", [8192, 8192 + 4096 + 100])
def test_large_folds_agree(extension: bool, bit: int, length: int) -> None:
    assert_agree(multilinear.fold, random_values(3, length, extension), random_element(4), bit)


@given(lengths, bits)
def test_the_folded_length_counts_indices_without_the_bit(length: int, bit: int) -> None:
    assert multilinear.folded_length(length, bit) == sum(1 for index in range(length) if not index >> bit & 1)


@given(st.integers(0, 6), st.booleans(), seeds)
@settings(max_examples=30)
def test_binding_all_variables_in_either_order_evaluates(num_variables: int, extension: bool, seed: int) -> None:
    values, point = random_values(seed, 1 << num_variables, extension), random_point(seed, num_variables)
    with use_backend(Backend.NATIVE):
        expected = multilinear.evaluate(values, point)
        upwards, downwards = values, values
        for coordinate in point:
            upwards = multilinear.fold(upwards, coordinate)
        for bit in reversed(range(num_variables)):
            downwards = multilinear.fold(downwards, point[bit], bit)
    if num_variables:
        assert upwards[0] == downwards[0] == expected


@given(lengths, st.booleans(), bits)
@settings(max_examples=30)
def test_binding_to_zero_or_one_selects(length: int, extension: bool, bit: int) -> None:
    values = random_values(length, length, extension)
    lifted = values if extension else ExtensionVector.from_base(values)
    with use_backend(Backend.NATIVE):
        low, high = multilinear.fold(values, ZERO, bit), multilinear.fold(values, ONE, bit)
    elements = lifted.to_elements()
    assert low.to_elements() == [x for index, x in enumerate(elements) if not index >> bit & 1]
    selected = [x for index, x in enumerate(elements) if index >> bit & 1]
    assert high.to_elements() == selected + [ZERO] * (len(high) - len(selected))


def test_evaluating_on_the_cube_reads_the_value() -> None:
    values = random_words(1, 8)
    for index in range(8):
        corner = [from_base(index >> j & 1) for j in range(3)]
        native, definition = both(multilinear.evaluate, values, corner)
        assert native == definition == from_base(int(values[index]))


V = random_vector(1, 8)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: multilinear.eq_table([1, 2]), Reason.WRONG_TYPE),
        (lambda: multilinear.eq_table([ONE] * 33), Reason.OUT_OF_RANGE),
        (lambda: multilinear.eq_table([ONE], 1), Reason.WRONG_TYPE),
        (lambda: multilinear.eq_table([ONE], out=np.zeros((2, 6, 16), dtype=np.uint32)), Reason.WRONG_SHAPE),
        (lambda: multilinear.evaluate(V, [ONE] * 2), Reason.WRONG_SHAPE),
        (lambda: multilinear.evaluate(V.to_elements(), [ONE] * 3), Reason.WRONG_TYPE),
        (lambda: multilinear.evaluate(np.full(8, 2**31, dtype=np.uint32), [ONE] * 3), Reason.NOT_CANONICAL),
        (lambda: multilinear.evaluate(V.words, [ONE] * 3), Reason.WRONG_SHAPE),
        (lambda: multilinear.fold(V, ONE, -1), Reason.OUT_OF_RANGE),
        (lambda: multilinear.fold(V, ONE, 32), Reason.OUT_OF_RANGE),
        (lambda: multilinear.fold(V, 1), Reason.WRONG_TYPE),
        (lambda: multilinear.fold(np.zeros(16, dtype=np.uint32)[::2], ONE), Reason.NOT_CONTIGUOUS),
        (lambda: multilinear.fold(V, ONE, out=V._words), Reason.MALFORMED),
    ],
)
def test_wrong_input_is_refused(call, reason: Reason) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.reason == reason

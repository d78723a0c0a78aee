from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.jagged import EqRange, JaggedProduct, eq_ranges, lay_out_rows
from hstar.kernels.multilinear import fold
from hstar.kernels.vectors import ExtensionVector, dot

BACKENDS = (Backend.NATIVE, Backend.REFERENCE)
seeds = st.integers(0, 2**32 - 1)


def random_elements(generator: np.random.Generator, count: int) -> list[ExtensionElement]:
    return [ExtensionElement(row) for row in generator.integers(0, MODULUS, size=(count, 6)).tolist()]


def in_both(length: int, ranges: Sequence[EqRange]) -> tuple[ExtensionVector, ExtensionVector]:
    results = []
    for backend in BACKENDS:
        with use_backend(backend):
            results.append(eq_ranges(length, ranges))
    return results[0], results[1]


@given(
    pieces=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 150), st.integers(0, 2)), max_size=4),
    rest=st.integers(0, 40),
    seed=seeds,
)
@settings(max_examples=40)
def test_eq_ranges_agree(pieces: list[tuple[int, int, int]], rest: int, seed: int) -> None:
    generator, ranges, end = np.random.default_rng(seed), [], 0
    for gap, length, spare in pieces:
        point = random_elements(generator, max(length - 1, 0).bit_length() + spare)
        ranges.append(EqRange(end + gap, end + gap + length, point, random_elements(generator, 1)[0]))
        end += gap + length
    native, reference = in_both(end + rest, ranges)
    assert native == reference


def test_a_long_range_is_an_eq_table_in_another_place() -> None:
    """Several tasks; every start in a pack."""
    generator = np.random.default_rng(1)
    point, (scale,) = random_elements(generator, 13), random_elements(generator, 1)
    expected = eq_ranges(1 << 13, [EqRange(0, 1 << 13, point, scale)]).to_canonical()
    for start in range(16):
        moved = eq_ranges(9000, [EqRange(start, start + 8191, point, scale)]).to_canonical()
        assert np.array_equal(moved[start : start + 8191], expected[:8191])
        assert not moved[:start].any() and not moved[start + 8191 :].any()


@given(height=st.integers(0, 200), columns=st.integers(0, 5), spare=st.integers(0, 3), seed=seeds)
@settings(max_examples=30)
def test_laying_out_agrees(height: int, columns: int, spare: int, seed: int) -> None:
    table = np.random.default_rng(seed).integers(0, MODULUS, size=(columns, height), dtype=np.uint32)
    width = max(columns + spare, 1)
    results = []
    for backend in BACKENDS:
        cells = np.full(height * width + 2, 7, dtype=np.uint32)
        with use_backend(backend):
            lay_out_rows(table, width, cells[1:-1])
        assert cells[0] == cells[-1] == 7
        results.append(cells[1:-1].reshape(height, width))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0][:, :columns], table.T)
    assert not results[0][:, columns:].any()


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        ([EqRange(0, 3, [ONE], ONE)], Reason.OUT_OF_RANGE),
        ([EqRange(9, 11, [ONE], ONE)], Reason.OUT_OF_RANGE),
        ([EqRange(-1, 1, [ONE], ONE)], Reason.OUT_OF_RANGE),
        ([EqRange(0, 2, [ONE], ONE), EqRange(1, 2, [], ONE)], Reason.MALFORMED),
    ],
    ids=["longer than its table", "outside", "negative", "overlap"],
)
def test_wrong_ranges_are_refused(ranges: list[EqRange], reason: Reason) -> None:
    with pytest.raises(InputError) as caught:
        eq_ranges(10, ranges)
    assert caught.value.reason is reason


def test_wrong_layouts_are_refused() -> None:
    table, cells = np.zeros((3, 2), dtype=np.uint32), np.zeros(6, dtype=np.uint32)
    for columns, width, target in [(table, 2, cells), (table, 4, cells), (table[:, :1], 3, cells[:3])]:
        with pytest.raises(InputError):
            lay_out_rows(columns, width, target)
    with pytest.raises(InputError) as caught:
        lay_out_rows(cells.reshape(3, 2), 3, cells)
    assert caught.value.reason is Reason.MALFORMED


@st.composite
def jagged_products(draw: st.DrawFn) -> tuple[list[np.ndarray], list[EqRange]]:
    """Columns in groups, and ranges that begin and end anywhere; some share their low coordinates."""
    height = 1 << draw(st.integers(4, 6))
    group_sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    generator = np.random.default_rng(draw(seeds))
    groups = [generator.integers(0, MODULUS, (size, height), dtype=np.uint32) for size in group_sizes]
    length, end, ranges = sum(group_sizes) * height, 0, []
    shared = random_elements(generator, 12)
    for gap, size in draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 300)), max_size=6)):
        start, end = min(end + gap, length), min(end + gap + size, length)
        point = shared if draw(st.booleans()) else random_elements(generator, max(end - start - 1, 0).bit_length())
        ranges.append(EqRange(start, end, point, random_elements(generator, 1)[0]))
    return groups, ranges


@given(case=jagged_products(), log_block=st.integers(0, 3), seed=seeds)
@settings(max_examples=40)
def test_products_of_blocks_agree(case: tuple[list[np.ndarray], list[EqRange]], log_block: int, seed: int) -> None:
    groups, ranges = case
    factors = random_elements(np.random.default_rng(seed), 1 << log_block)
    results = []
    for backend in BACKENDS:
        with use_backend(backend):
            product = JaggedProduct(groups, ranges)
            results.append((product.block_products(log_block), product.fold_blocks(factors)))
    assert results[0] == results[1]


def test_products_of_long_columns_are_those_of_the_written_weight() -> None:
    """Several tasks a block, whole packs and ragged ends; a range goes on over many columns."""
    generator, height, num_columns = np.random.default_rng(3), 1 << 15, 7
    groups = [generator.integers(0, MODULUS, (size, height), dtype=np.uint32) for size in (2, 5)]
    point, tail = random_elements(generator, 18), random_elements(generator, 2)
    ranges = [
        EqRange(5, 3 * height + 77, point, tail[0]),
        EqRange(3 * height + 90, 3 * height + 104, point, tail[1]),
        EqRange(4 * height - 1, 7 * height, point, tail[1]),
    ]
    product, weight = JaggedProduct(groups, ranges), eq_ranges(num_columns * height, ranges)
    columns = [column for group in groups for column in group]
    words = weight.to_canonical().reshape(num_columns, height, 6)
    weights = [ExtensionVector.from_canonical(np.ascontiguousarray(column)) for column in words]
    for log_block in (0, 1, 2):
        size = 1 << log_block
        expected = [
            [
                sum((dot(columns[j], weights[k]) for j, k in pairs_of(row, column, size, num_columns)), ZERO)
                for column in range(size)
            ]
            for row in range(size)
        ]
        assert product.block_products(log_block) == expected
    challenge = tail[0]
    values, folded = product.fold_blocks([ONE - challenge, challenge])
    assert values == fold(np.concatenate(columns), challenge, 15)
    assert folded == fold(weight, challenge, 15)


def pairs_of(row: int, column: int, size: int, num_columns: int) -> list[tuple[int, int]]:
    pairs = [(first + row, first + column) for first in range(0, num_columns, size)]
    return [pair for pair in pairs if max(pair) < num_columns]


def test_wrong_products_are_refused() -> None:
    group, short = np.zeros((3, 16), dtype=np.uint32), np.zeros((3, 8), dtype=np.uint32)
    for groups in ([], [short], [group, np.zeros((1, 32), dtype=np.uint32)]):
        with pytest.raises(InputError) as caught:
            JaggedProduct(groups, [])
        assert caught.value.reason is Reason.WRONG_SHAPE
    with pytest.raises(InputError) as caught:
        JaggedProduct([group], [EqRange(40, 49, [ONE] * 4, ONE)])
    assert caught.value.reason is Reason.OUT_OF_RANGE
    with pytest.raises(InputError) as caught:
        JaggedProduct([group], []).fold_blocks([ONE] * 3)
    assert caught.value.reason is Reason.WRONG_SHAPE

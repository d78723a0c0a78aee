"""The jagged weight against its dense definition, and the layout of bundles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.air.program import ChipProgram, Circuit, Column, FieldProgram, Group
from hstar.field.extension import ONE, ZERO
from hstar.iop.jagged.pin import dense_pin, pin_weight
from hstar.iop.jagged.prove import dense_cells, dense_weight
from hstar.iop.jagged.relation import (
    Bundle,
    bundle_ranges,
    bundle_value,
    bundle_weight,
    bundle_widths,
    bundles_of,
    shifted_range_weight,
)
from hstar.iop.jagged.verify import JaggedClaim
from hstar.iop.multilinear import eq_table, evaluate_multilinear, powers
from hstar.kernels.vectors import dot
from iop.random_field import elements, source
from iop.test_multilinear import bits_of


def test_shifted_range_weight_for_every_start_and_height():
    log_rows, log_cells = 2, 3
    generator = source(1)
    row_point, point = elements(generator, log_rows), elements(generator, log_cells)
    rows = eq_table(ONE, row_point)
    for start in range((1 << log_cells) + 1):
        for height in range(min(1 << log_rows, (1 << log_cells) - start) + 1):
            dense = [ZERO] * (1 << log_cells)
            dense[start : start + height] = rows[:height]
            bits = bits_of(start, log_cells + 1), bits_of(start + height, log_cells + 1)
            assert shifted_range_weight(ONE, *bits, row_point, point) == evaluate_multilinear(dense, point)


@pytest.mark.parametrize(("log_rows", "log_cells"), [(0, 0), (0, 3), (3, 3), (4, 2)])
def test_shifted_range_weight_when_rows_have_more_or_fewer_bits_than_cells(log_rows, log_cells):
    generator = source(2)
    row_point, point = elements(generator, log_rows), elements(generator, log_cells)
    rows = eq_table(ONE, row_point)
    height = min(1 << log_rows, 1 << log_cells)
    dense = (rows[:height] + [ZERO] * (1 << log_cells))[: 1 << log_cells]
    bits = bits_of(0, log_cells + 1), bits_of(height, log_cells + 1)
    assert shifted_range_weight(ONE, *bits, row_point, point) == evaluate_multilinear(dense, point)


@given(st.integers(1, 5000))
def test_bundle_widths_are_decreasing_powers_of_two_with_little_padding(num_columns):
    widths = bundle_widths(num_columns)
    assert widths == sorted(set(widths), reverse=True)
    assert all(width.bit_count() == 1 for width in widths)
    assert num_columns <= sum(widths) <= num_columns + num_columns // 16
    assert sum(widths) - num_columns < widths[-1]


def circuit_of(group_columns: list[tuple[int, int, int]]) -> Circuit:
    chips = []
    for index, counts in enumerate(group_columns):
        columns = [
            Column(f"c{number}", group) for group, count in zip(Group, counts, strict=True) for number in range(count)
        ]
        chips.append(ChipProgram(f"chip{index}", tuple(columns), FieldProgram(()), (), (), ()))
    return Circuit("layout", tuple(chips), ())


def test_bundles_are_sorted_by_width_inside_a_group_and_starts_are_multiples_of_widths():
    circuit = circuit_of([(0, 0, 3), (1, 2, 45), (0, 1, 2)])
    bundles = bundles_of(circuit)
    assert [(b.chip_index, int(b.group), 1 << b.log_width) for b in bundles] == [
        (1, 0, 1),
        (1, 1, 2),
        (2, 1, 1),
        (1, 2, 32),
        (1, 2, 8),
        (1, 2, 4),
        (0, 2, 2),
        (2, 2, 2),
        (0, 2, 1),
        (1, 2, 1),
    ]  # two bundles, 32 + 16, would pad 45 columns by more than a sixteenth
    for bundle, (start, _) in zip(bundles, bundle_ranges(bundles, [5, 3, 7], [0, 64, 128]), strict=True):
        assert start % (1 << bundle.log_width) == 0


@given(st.lists(st.integers(0, 4), min_size=3, max_size=3), st.integers(0, 100))
def test_the_weight_reads_every_column_of_every_chip(heights, seed):
    """sum_x f(x) W(x) = U, in full and at a random point bundle by bundle."""
    circuit = circuit_of([(0, 0, 3), (0, 0, 5), (0, 0, 1)])
    bundles, generator = bundles_of(circuit), source(seed)
    log_rows, log_cells = 2, 6
    numbers = np.random.default_rng(seed)
    tables = [
        numbers.integers(0, 100, (chip.width, height)).astype(np.uint32)
        for chip, height in zip(circuit.chips, heights, strict=True)
    ]
    row_point, column_point, point = (elements(generator, count) for count in (log_rows, 2, log_cells))
    bundle_powers = powers(ONE, elements(generator, 1)[0], len(bundles) + 1)
    claim = JaggedClaim(ZERO, row_point, column_point, bundle_powers)

    ranges = bundle_ranges(bundles, heights, (0, 0, 0))
    cells = dense_cells(bundles, tables, heights, (0, 0, 0), 1 << log_cells)
    weight = dense_weight(bundles, ranges, claim, 1 << log_cells)
    row_weights = eq_table(ONE, row_point)
    values = [
        [sum((w * int(v) for w, v in zip(row_weights, column, strict=False)), ZERO) for column in table]
        for table in tables
    ]
    claimed = sum(
        (
            power * bundle_value(ONE, bundle, values[bundle.chip_index], column_point)
            for power, bundle in zip(bundle_powers, bundles, strict=False)
        ),
        ZERO,
    )
    assert dot(cells, weight) == claimed
    at_point = ZERO
    for power, bundle, (start, end) in zip(bundle_powers, bundles, ranges, strict=False):
        bits = bits_of(start, log_cells + 1), bits_of(end, log_cells + 1)
        at_point = at_point + power * bundle_weight(ONE, bundle.log_width, *bits, row_point, column_point, point)
    assert at_point == evaluate_multilinear(weight.to_elements(), point)


def test_a_missing_column_of_a_padded_bundle_is_zero():
    bundle = Bundle(0, Group.MAIN, 0, 3, 2)
    table = np.arange(1, 7, dtype=np.uint32).reshape(3, 2)
    assert dense_cells([bundle], [table], [2], (0, 0, 0), 8).tolist() == [1, 3, 5, 0, 2, 4, 6, 0]


@pytest.mark.parametrize("columns", [range(1), range(1, 3), range(2, 4)])
def test_the_pin_reads_a_polynomial_of_the_boundary_columns(columns):
    log_length, generator = 2, source(3)
    (base,), point = elements(generator, 1), elements(generator, log_length + 2)
    pin = dense_pin(base, log_length, len(columns)).to_elements()
    assert pin == powers(ONE, base, len(columns) << log_length)
    dense = [ZERO] * (columns.start << log_length) + pin
    dense += [ZERO] * ((4 << log_length) - len(dense))
    assert pin_weight(ONE, base, log_length, columns, point) == evaluate_multilinear(dense, point)

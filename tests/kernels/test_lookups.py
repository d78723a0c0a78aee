"""Counting what lookup tables are asked: the kernel is the dictionary of its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.kernels import lookups
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.integer_opcodes import IntegerOpcode
from hstar.kernels.integer_program import IntegerProgram
from hstar.kernels.lookups import LookupTable, count_messages

WIDTH = 5


def program_of(num_asks: int, num_fields: int, rng: np.random.Generator) -> IntegerProgram:
    """Multiplicities are columns; fields are columns, constants, or sums of two columns."""
    instructions = [(IntegerOpcode.FIELD, column, 0, 0) for column in range(WIDTH)]
    instructions += [(IntegerOpcode.CONSTANT, index, 0, 0) for index in range(3)]
    outputs = []
    for _ in range(num_asks):
        outputs.append(int(rng.integers(WIDTH)))
        for _ in range(num_fields):
            if rng.integers(3) == 0:
                left, right = (int(node) for node in rng.integers(len(instructions), size=2))
                instructions.append((IntegerOpcode.ADD, left, right, 0))
                outputs.append(len(instructions) - 1)
            else:
                outputs.append(int(rng.integers(WIDTH + 3)))
    return IntegerProgram(
        np.array(instructions, dtype=np.uint32),
        np.array([0, 1, 3], dtype=np.uint64),
        np.array(list(enumerate(outputs)), dtype=np.uint32).reshape(-1, 2),
        WIDTH,
    )


def both(program, columns, table, num_rows):
    results = []
    for backend in (Backend.NATIVE, Backend.REFERENCE):
        counts = np.full(num_rows, 7, dtype=np.uint64)
        with use_backend(backend):
            missing = count_messages(program, columns, table, counts)
        results.append((missing, counts.tolist()))
    return results


@given(
    num_asks=st.integers(0, 4),
    num_fields=st.integers(1, 3),
    height=st.sampled_from([0, 1, 63, 64, 65, 200, 1000]),
    num_rows=st.sampled_from([0, 1, 5, 60]),
    largest=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None)
def test_counts_agree(num_asks, num_fields, height, num_rows, largest, seed):
    rng = np.random.default_rng(seed)
    table = LookupTable.of(list(rng.integers(0, largest + 1, (num_fields, num_rows), dtype=np.uint64)))
    columns = rng.integers(0, largest, (WIDTH, height), dtype=np.uint32)
    native, reference = both(program_of(num_asks, num_fields, rng), columns, table, num_rows)
    assert native == reference


@given(seed=st.integers(0, 2**32 - 1), offset=st.sampled_from([0, 1, MODULUS - 70]))
@settings(max_examples=20, deadline=None)
def test_fields_behind_those_that_name_a_row_are_compared(seed, offset):
    """The first field is different in every row, so it alone is indexed; messages with another second field miss."""
    rng = np.random.default_rng(seed)
    names = offset + np.arange(64, dtype=np.uint64)
    table = LookupTable.of([names, rng.integers(0, 2, 64, dtype=np.uint64)])
    assert len(table.ranges) == 1
    columns = np.ones((WIDTH, 300), dtype=np.uint32)
    columns[1] = offset + rng.integers(0, 70, 300)
    columns[2] = rng.integers(0, 2, 300)
    fields = [(IntegerOpcode.FIELD, column, 0, 0) for column in range(WIDTH)]
    outputs = np.array([(0, 0), (1, 1), (2, 2)], dtype=np.uint32)
    program = IntegerProgram(np.array(fields, dtype=np.uint32), np.zeros(0, dtype=np.uint64), outputs, WIDTH)
    native, reference = both(program, columns, table, 64)
    assert native == reference
    assert native[0] is not None


def test_tables_whose_fields_have_too_many_values_are_searched_by_the_definition(monkeypatch):
    monkeypatch.setattr(lookups, "LARGEST_INDEX", 8)
    table = LookupTable.of([np.array([0, 4, 4], dtype=np.uint64), np.array([0, 1, 2], dtype=np.uint64)])
    assert table.rows is None
    fields = [(IntegerOpcode.FIELD, column, 0, 0) for column in range(WIDTH)]
    outputs = np.array([(0, 0), (1, 1), (2, 2)], dtype=np.uint32)
    program = IntegerProgram(np.array(fields, dtype=np.uint32), np.zeros(0, dtype=np.uint64), outputs, WIDTH)
    columns = np.array([[1, 1, 0], [4, 4, 9], [2, 1, 9], [0] * 3, [0] * 3], dtype=np.uint32)
    counts = np.zeros(3, dtype=np.uint64)
    assert count_messages(program, columns, table, counts) is None
    assert counts.tolist() == [0, 1, 1]


def test_programs_that_put_out_no_whole_messages_are_refused():
    table = LookupTable.of([np.arange(4, dtype=np.uint64)])
    fields = np.array([(IntegerOpcode.FIELD, 0, 0, 0)], dtype=np.uint32)
    columns, counts = np.zeros((1, 3), dtype=np.uint32), np.zeros(4, dtype=np.uint64)
    for outputs in ([(0, 0)], [(1, 0), (0, 0)]):
        program = IntegerProgram(fields, np.zeros(0, dtype=np.uint64), np.array(outputs, dtype=np.uint32), 1)
        with pytest.raises(InputError) as caught:
            count_messages(program, columns, table, counts)
        assert caught.value.reason is Reason.WRONG_SHAPE

"""Row programs: the native interpreter computes what the definition computes, and bad programs are refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, native_available, use_backend
from hstar.kernels.row_program import bind_lowest, evaluate_rows, round_values
from hstar.kernels.row_types import MAX_TERMS, OPERANDS, BoundTable, ExtensionTable, RowOpcode, RowProgram, table_shape
from hstar.kernels.vectors import ExtensionVector

needs_native = pytest.mark.skipif(not native_available(), reason="the native module is not built")
EDGES = np.array([0, 1, MODULUS - 1, (MODULUS - 1) // 2, (MODULUS + 1) // 2], dtype=np.uint32)


def random_words(source, *shape):
    """Canonical words, an eighth of them at the edges."""
    words = source.integers(0, MODULUS, shape, dtype=np.uint32)
    return np.where(source.random(shape) < 0.125, source.choice(EDGES, shape), words)


def random_program(source, num_columns, num_instructions, num_outputs=1):
    """Any instructions over a few registers; every operand is a valid index."""
    num_columns_registers, num_extensions, num_constants, num_challenges = num_columns + 4, 4, 3, 5
    terms = np.stack(
        [source.integers(0, num_columns_registers, 20), source.integers(0, num_challenges, 20)], axis=1
    ).astype(np.uint32)
    limits = {"c": num_columns_registers, "e": num_extensions, "k": num_constants, "h": num_challenges, ".": 1}
    instructions = [(RowOpcode.CONSTANT, num_columns + index, index % num_constants, 0) for index in range(4)]
    instructions += [(RowOpcode.CHALLENGE, index, index, 0) for index in range(num_extensions)]
    for _ in range(num_instructions):
        opcode = RowOpcode(int(source.integers(0, len(RowOpcode))))
        kinds = OPERANDS[opcode]
        destination = int(source.integers(num_columns if kinds[0] == "c" else 0, limits[kinds[0]]))
        if opcode is RowOpcode.WEIGH:
            count = int(source.integers(0, MAX_TERMS + 1))
            operands = [int(source.integers(0, len(terms) - count + 1)), count]
        else:
            operands = [int(source.integers(0, limits[kind])) for kind in kinds[1:]]
        instructions.append((opcode, destination, *operands))
    program = RowProgram(
        instructions=np.array(instructions, dtype=np.uint32).reshape(-1, 4),
        terms=terms,
        outputs=source.integers(0, num_extensions, num_outputs).astype(np.uint32),
        num_columns=num_columns,
        num_column_registers=num_columns_registers,
        num_extension_registers=num_extensions,
        num_constants=num_constants,
        num_challenges=num_challenges,
    )
    return program, random_words(source, num_constants), random_words(source, num_challenges, 6)


def on_both(function, *arguments):
    with use_backend(Backend.REFERENCE):
        expected = function(*arguments)
    with use_backend(Backend.NATIVE):
        return function(*arguments), expected


@needs_native
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    num_columns=st.integers(1, 4),
    height=st.sampled_from([1, 2, 5, 16, 31, 33, 66]),
    num_instructions=st.integers(0, 30),
    points=st.sets(st.integers(0, 9), max_size=4).map(sorted),
)
def test_native_matches_the_definition(seed, num_columns, height, num_instructions, points):
    source = np.random.default_rng(seed)
    program, constants, challenges = random_program(source, num_columns, num_instructions)
    several = replace(program, outputs=np.array([0, 3, 1], dtype=np.uint32))
    table = random_words(source, num_columns, height)
    coordinate = ExtensionElement(random_words(source, 6).tolist())

    found, expected = on_both(evaluate_rows, several, constants, challenges, table)
    assert found == expected
    assert [ExtensionVector(len(item), item.words.copy()) for item in found] == expected  # zero beyond the height

    while True:
        height = table_shape(table)[1]
        weights = ExtensionVector.from_canonical(random_words(source, (height + 1) // 2, 6))
        found, expected = on_both(round_values, program, constants, challenges, table, weights, points)
        assert found == expected
        if height == 1:
            break
        found, expected = on_both(bind_lowest, table, coordinate)
        assert found.height == expected.height == (height + 1) // 2
        assert np.array_equal(found.words, expected.words)
        assert isinstance(found, BoundTable) == (found.words.ndim == 2)
        table = found if isinstance(found, BoundTable) else ExtensionTable(found.height, found.words)


@needs_native
def test_many_columns_and_many_rows():
    """Wide enough for every block size of the interpreter, high enough for several tasks."""
    source = np.random.default_rng(7)
    for num_columns, height in ((90, 40), (300, 35), (1, 3000)):
        program, constants, challenges = random_program(source, num_columns, 12)
        table = random_words(source, num_columns, height)
        weights = ExtensionVector.from_canonical(random_words(source, (height + 1) // 2, 6))
        found, expected = on_both(round_values, program, constants, challenges, table, weights, [0, 1])
        assert found == expected
        found, expected = on_both(evaluate_rows, program, constants, challenges, table)
        assert found == expected


@pytest.mark.parametrize("backend", Backend)
def test_an_empty_table_sums_to_zero(backend):
    if backend is Backend.NATIVE and not native_available():
        pytest.skip("the native module is not built")
    source = np.random.default_rng(1)
    program, constants, challenges = random_program(source, 2, 5)
    table = np.zeros((2, 0), dtype=np.uint32)
    with use_backend(backend):
        zero = ExtensionElement([0] * 6)
        nothing = ExtensionVector.zeros(0)
        assert round_values(program, constants, challenges, table, nothing, [0, 3]) == [zero, zero]
        assert evaluate_rows(program, constants, challenges, table) == [nothing]
        assert bind_lowest(table, zero).height == 0


def small_program(**changes):
    fields = {
        "instructions": np.array([[RowOpcode.LIFT, 0, 0, 0]], dtype=np.uint32),
        "terms": np.zeros((0, 2), dtype=np.uint32),
        "outputs": np.zeros(1, dtype=np.uint32),
        "num_columns": 1,
        "num_column_registers": 2,
        "num_extension_registers": 1,
        "num_constants": 1,
        "num_challenges": 1,
    }
    return RowProgram(**(fields | changes))


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ([len(RowOpcode), 0, 0, 0], Reason.OUT_OF_RANGE),
        ([RowOpcode.LIFT, 1, 0, 0], Reason.OUT_OF_RANGE),
        ([RowOpcode.LIFT, 0, 2, 0], Reason.OUT_OF_RANGE),
        ([RowOpcode.ADD, 0, 0, 0], Reason.MALFORMED),
        ([RowOpcode.ADD_CONSTANT, 1, 0, 1], Reason.OUT_OF_RANGE),
        ([RowOpcode.SCALE, 0, 0, 1], Reason.OUT_OF_RANGE),
        ([RowOpcode.WEIGH, 0, 0, 1], Reason.OUT_OF_RANGE),
        ([RowOpcode.WEIGH, 0, 0, MAX_TERMS + 1], Reason.OUT_OF_RANGE),
        ([RowOpcode.WEIGH, 0, 2**32 - 1, 1], Reason.OUT_OF_RANGE),
        ([RowOpcode.LIFT, 0, 1, 0], Reason.MALFORMED),
        ([RowOpcode.NEGATE, 1, 0, 0], Reason.MALFORMED),
    ],
)
def test_a_program_that_would_leave_its_registers_is_refused(instruction, reason):
    with pytest.raises(InputError) as caught:
        small_program(instructions=np.array([instruction], dtype=np.uint32))
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "changes",
    [
        {"outputs": np.ones(1, dtype=np.uint32)},
        {"terms": np.array([[2, 0]], dtype=np.uint32)},
        {"terms": np.array([[0, 1]], dtype=np.uint32)},
        {"num_columns": 3},
    ],
)
def test_indices_of_a_program_are_checked(changes):
    with pytest.raises(InputError):
        small_program(**changes)


def test_the_inputs_of_a_call_are_checked():
    program = small_program()
    constants, challenges = np.zeros(1, dtype=np.uint32), np.zeros((1, 6), dtype=np.uint32)
    table, weights = np.zeros((1, 4), dtype=np.uint32), ExtensionVector.zeros(2)
    for wrong in (
        (program, constants[:0], challenges, table, weights, [0]),
        (program, constants, challenges[:0], table, weights, [0]),
        (program, constants, challenges, table[:0], weights, 1),
        (program, constants, challenges, table + np.uint32(MODULUS), weights, 1),
        (program, constants, challenges, table, ExtensionVector.zeros(1), [0]),
        (program, constants, challenges, table, weights, [1, 0]),
        (program, constants, challenges, table, weights, [-1]),
        (program, constants, challenges, table, weights, [32]),
        (small_program(outputs=np.zeros(2, dtype=np.uint32)), constants, challenges, table, weights, [0]),
    ):
        with pytest.raises(InputError):
            round_values(*wrong)
    with pytest.raises(InputError):
        ExtensionTable(3, np.zeros((1, 2, 6, 16), dtype=np.uint32))
    with pytest.raises(InputError):
        ExtensionTable(3, np.ones((1, 1, 6, 16), dtype=np.uint32))
    with pytest.raises(InputError):
        ExtensionTable.from_columns([])

"""Integer programs: the native interpreter fills the same tables as the definition, and bad programs are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, native_available, use_backend
from hstar.kernels.integer_opcodes import NUM_OPERANDS, IntegerOpcode
from hstar.kernels.integer_program import IntegerProgram, fill_columns

needs_native = pytest.mark.skipif(not native_available(), reason="the native module is not built")
EDGES = [0, 1, 2, 63, 64, 65, 2**31, MODULUS, 2 * MODULUS, 2**32 - 1, 2**32, 2**63, 2**64 - 1]


def random_integers(source, *shape):
    """64-bit values, a quarter of them at the edges, a quarter small."""
    values = source.integers(0, 2**64, shape, dtype=np.uint64)
    kind = source.integers(0, 4, shape)
    values = np.where(kind == 0, source.choice(np.array(EDGES, dtype=np.uint64), shape), values)
    return np.where(kind == 1, values >> np.uint64(40), values)


def random_program(source, num_instructions, num_fields=2):
    constants = np.concatenate([random_integers(source, 3), np.array([MODULUS], dtype=np.uint64)])
    instructions = [(IntegerOpcode.FIELD, index, 0, 0) for index in range(num_fields)]
    instructions += [(IntegerOpcode.CONSTANT, index, 0, 0) for index in range(len(constants))]
    while len(instructions) < num_instructions:
        opcode = IntegerOpcode(int(source.integers(2, len(IntegerOpcode))))
        operands = source.integers(0, len(instructions), 3) * (np.arange(3) < NUM_OPERANDS[opcode])
        instructions.append((opcode, *operands.tolist()))
    nodes = source.integers(0, len(instructions), 4)
    return IntegerProgram(
        instructions=np.array(instructions, dtype=np.uint32),
        constants=constants,
        outputs=np.stack([np.arange(4), nodes], axis=1).astype(np.uint32),
        num_fields=num_fields,
    )


def filled(program, records, backend):
    table = np.full((5, records.shape[1]), 7, dtype=np.uint32)
    with use_backend(backend):
        fill_columns(program, records, table)
    return table


@needs_native
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    height=st.sampled_from([0, 1, 63, 64, 65, 200, 1000]),
    num_instructions=st.integers(6, 60),
)
def test_native_matches_the_definition(seed, height, num_instructions):
    source = np.random.default_rng(seed)
    program = random_program(source, num_instructions)
    records = random_integers(source, 2, height)
    native = filled(program, records, Backend.NATIVE)
    assert np.array_equal(native, filled(program, records, Backend.REFERENCE))
    assert (native[4] == 7).all()  # no output, so not touched


@pytest.mark.parametrize("backend", Backend)
def test_remainders_by_the_modulus(backend):
    if backend is Backend.NATIVE and not native_available():
        pytest.skip("the native module is not built")
    program = IntegerProgram(
        instructions=np.array([[1, 0, 0, 0], [0, 0, 0, 0], [11, 0, 1, 0]], dtype=np.uint32),
        constants=np.array([MODULUS], dtype=np.uint64),
        outputs=np.array([[0, 2]], dtype=np.uint32),
        num_fields=1,
    )
    values = [*EDGES, *(multiple * MODULUS + offset for multiple in (1, 2**20, 2**32) for offset in (-1, 0, 1))]
    table = filled(program, np.array([values], dtype=np.uint64), backend)
    assert table[0].tolist() == [value % MODULUS for value in values]


def program_of(*instructions, outputs=((0, 0),), num_fields=1):
    return IntegerProgram(
        instructions=np.array(instructions, dtype=np.uint32).reshape(-1, 4),
        constants=np.zeros(1, dtype=np.uint64),
        outputs=np.array(outputs, dtype=np.uint32).reshape(-1, 2),
        num_fields=num_fields,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ((len(IntegerOpcode), 0, 0, 0),),
        ((IntegerOpcode.CONSTANT, 1, 0, 0),),
        ((IntegerOpcode.FIELD, 1, 0, 0),),
        ((IntegerOpcode.ADD, 0, 0, 0),),
        ((IntegerOpcode.FIELD, 0, 0, 0), (IntegerOpcode.ADD, 0, 1, 0)),
        ((IntegerOpcode.FIELD, 0, 0, 0), (IntegerOpcode.SELECT, 0, 0, 1)),
        (),
    ],
)
def test_programs_that_use_what_does_not_exist_are_refused(arguments):
    with pytest.raises(InputError) as caught:
        program_of(*arguments)
    assert caught.value.reason is Reason.OUT_OF_RANGE


def test_the_inputs_of_a_call_are_checked():
    program = program_of((IntegerOpcode.FIELD, 0, 0, 0), outputs=((2, 0),))
    records, table = np.zeros((1, 3), dtype=np.uint64), np.zeros((3, 3), dtype=np.uint32)
    fill_columns(program, records, table)
    for wrong_records, wrong_table in (
        (records[:, :2].copy(), table),
        (records.astype(np.uint32), table),
        (records, table[:2]),
        (records, table.astype(np.uint64)),
    ):
        with pytest.raises(InputError):
            fill_columns(program, wrong_records, wrong_table)

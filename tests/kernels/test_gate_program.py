"""Gate programs: the native interpreter computes all wires as the definition does, and stops where it stops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, native_available, use_backend
from hstar.kernels.gate_program import run_gates
from hstar.kernels.gate_types import GATE_WORDS, NUM_OUTPUTS, WIRE_OPERANDS, WIRE_WORDS, GateOpcode, GateProgram

needs_native = pytest.mark.skipif(not native_available(), reason="the native module is not built")
NUM_INPUTS = 8
EDGES = st.sampled_from([0, 1, 2, MODULUS - 1, MODULUS - 2, 2**24, 127 << 24])
WORDS = EDGES | st.integers(0, MODULUS - 1)


@st.composite
def programs(draw):
    """A random program over random inputs; bits of COMPRESS are bits."""
    inputs = [draw(st.lists(WORDS, min_size=WIRE_WORDS, max_size=WIRE_WORDS)) for _ in range(NUM_INPUTS)]
    inputs[0], inputs[1] = [0] * WIRE_WORDS, [1] + [0] * (WIRE_WORDS - 1)
    gates, num_wires = [], NUM_INPUTS
    for number in range(draw(st.integers(1, 12))):
        opcode = draw(st.sampled_from(GateOpcode))
        operands = [draw(st.integers(0, num_wires - 1)) for _ in range(WIRE_OPERANDS[opcode])]
        if opcode in (GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO):
            operands += [draw(WORDS) for _ in range(5)]
        elif opcode is GateOpcode.LANE:
            operands.append(draw(st.integers(0, 8)))
        elif opcode is GateOpcode.SPONGE:
            operands.append(draw(st.integers(0, 1)))
        elif opcode is GateOpcode.COMPRESS:
            operands[1] = draw(st.integers(0, 1))
            operands.append(draw(st.integers(1, 255)))
        is_requirement = NUM_OUTPUTS[opcode] == 0
        gates.append([opcode, number if is_requirement else num_wires, *operands])
        num_wires += NUM_OUTPUTS[opcode]
    rows = np.zeros((len(gates), GATE_WORDS), dtype=np.uint32)
    for row, gate in zip(rows, gates, strict=True):
        row[: len(gate)] = gate
    wires = np.zeros((num_wires, WIRE_WORDS), dtype=np.uint32)
    wires[:NUM_INPUTS] = inputs
    return GateProgram(rows, num_wires), wires


def run(program, wires, backend):
    wires = wires.copy()
    with use_backend(backend):
        return run_gates(program, wires, 0, len(program.gates)), wires


@needs_native
@settings(max_examples=150, deadline=None)
@given(programs())
def test_both_interpreters_agree_on_every_wire(case):
    program, wires = case
    expected, computed = (run(program, wires, backend) for backend in (Backend.REFERENCE, Backend.NATIVE))
    assert expected[0] == computed[0]
    assert np.array_equal(expected[1], computed[1])


def gate(*words):
    return np.array([[*words, *([0] * (GATE_WORDS - len(words)))]], dtype=np.uint32)


@pytest.mark.parametrize(
    "gates",
    [
        gate(len(GateOpcode), 0),
        gate(GateOpcode.ARITHMETIC, 4, 0, 0, 0),
        gate(GateOpcode.ARITHMETIC, 0, 4, 0, 0),
        gate(GateOpcode.ARITHMETIC, 0, 0, 0, 0, MODULUS),
        gate(GateOpcode.BITS, 0, 0),
        gate(GateOpcode.SPONGE, 0, 0, 0, 0, 0),
        gate(GateOpcode.LANE, 0, 0, WIRE_WORDS),
    ],
)
def test_programs_that_leave_their_wires_are_refused(gates):
    with pytest.raises(InputError):
        GateProgram(gates, 4)


def test_wires_of_another_shape_and_ranges_outside_the_program_are_refused():
    program = GateProgram(gate(GateOpcode.LANE, 0, 0, 0), 4)
    with pytest.raises(InputError):
        run_gates(program, np.zeros((3, WIRE_WORDS), dtype=np.uint32), 0, 1)
    with pytest.raises(InputError):
        run_gates(program, np.full((4, WIRE_WORDS), MODULUS, dtype=np.uint32), 0, 1)
    with pytest.raises(InputError):
        run_gates(program, np.zeros((4, WIRE_WORDS), dtype=np.uint32), 0, 2)

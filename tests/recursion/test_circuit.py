"""The straight-line machine: honest runs satisfy it, and numbers have one form as bits."""

import numpy as np
import pytest

from hstar.air.program import Group
from hstar.errors import InputError
from hstar.field.extension import ONE, from_base
from hstar.field.koala_bear import MODULUS
from hstar.kernels.gate_types import GateOpcode
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.tracer import Tracer
from hstar.recursion.witness import assign_wires
from hstar.transcript.reason import ProofReason
from recursion.circuits import circuit, faults
from recursion.forging import forced_run
from recursion.subjects import NAMES, subject


@pytest.mark.parametrize("name", NAMES)
def test_an_honest_run_satisfies_the_circuit(name):
    assert faults(circuit(name), subject(name).run()) == []


def weighing():
    """A program that weighs the coefficients of a hint: no relay has rows that fill a wire."""
    tracer = Tracer()
    weights = [tracer.public_element() for _ in range(6)]
    total = tracer.dot(weights, tracer.unpack(tracer.advice_element()))
    tracer.require_equal(total, 0, ProofReason.WRONG_STATEMENT, "the weighed sum is zero")
    program = tracer.finish()
    return StraightLineCircuit(program), assign_wires(program, [ONE] * 6, [], [from_base(0)])


def test_a_program_that_weighs_has_weighing_rows():
    straight, wires = weighing()
    assert straight.heights["weigh"] == 1
    assert faults(straight, wires) == []


def test_a_program_whose_public_input_is_read_by_nothing_is_refused():
    tracer = Tracer()
    used, _ = tracer.public_base(), tracer.public_base()
    tracer.require_equal(used, 7, ProofReason.WRONG_STATEMENT, "seven")
    with pytest.raises(InputError) as caught:
        StraightLineCircuit(tracer.finish())
    assert "public input 1" in str(caught.value)


def seven_bits():
    """A program that reads the bits of its public input."""
    tracer = Tracer()
    for bit in tracer.low_bits(tracer.public_base(), 3):
        tracer.require_equal(bit, 1, ProofReason.WRONG_STATEMENT, "the lowest bits are one")
    return StraightLineCircuit(tracer.finish())


def run_of(straight, value):
    wires = np.zeros((straight.program.gates.num_wires, 9), dtype=np.uint32)
    wires[straight.program.constant_wires] = straight.program.constants
    wires[straight.program.public_wires[0], 0] = value
    return wires


@pytest.mark.parametrize("value", [6, 0, 2**24 - 2])
def test_small_numbers_have_one_form_as_bits(value):
    """v + p has 31 bits too; were they accepted, every position below 2^24 could be two positions."""
    straight = seven_bits()
    wires = run_of(straight, value)
    table = straight.fill(wires)
    first = straight.traced.chip("bits").program.group_range(Group.MAIN).start
    for index in range(31):
        table.tables["bits"][first + index, 0] = (value + MODULUS) >> index & 1
    table.tables["bits"][first + 31, 0] = 1
    found = faults(straight, wires, table)
    assert any("the number is below p" in str(fault) for fault in found)


def test_the_largest_numbers_have_bits():
    straight = seven_bits()
    for value in (127 << 24, (127 << 24) - 1, 2**24 - 1):
        wires = run_of(straight, value)
        assert not any("is below p" in str(fault) for fault in faults(straight, wires))


def test_zero_has_no_inverse():
    """Denominators are required not to be zero: whatever a prover says is the inverse, the requirement is not found."""
    tracer = Tracer()
    tracer.require_nonzero(tracer.public_element(), ProofReason.ZERO_DENOMINATOR, "zero")
    straight = StraightLineCircuit(tracer.finish())
    (inverse,) = (int(gate[1]) for gate in straight.program.gates.gates if gate[0] == GateOpcode.INVERSE)
    wires, failed = forced_run(straight.program, [from_base(0)], [])
    assert [requirement.reason for requirement in failed] == [ProofReason.ZERO_DENOMINATOR]
    for claimed in (0, 1, MODULUS - 1):
        wires[inverse, 0] = claimed
        assert faults(straight, wires)
    assert faults(straight, forced_run(straight.program, [from_base(3)], [])[0]) == []

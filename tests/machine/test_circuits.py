"""The machine's circuits obey every rule of the language and agree on what is global."""

import pytest

from hstar.air.program import Scope
from hstar.machine.chips.buses import CPU, GLOBAL_BUSES
from hstar.machine.circuits import example_circuits
from hstar.stark.keys import max_sends
from stark.circuits import tiny_parameters

NAMES = [circuit.circuit.name for circuit in example_circuits()]


def circuit_of(name):
    return example_circuits()[NAMES.index(name)].circuit


@pytest.mark.parametrize("name", NAMES)
def test_circuits_declare_the_same_global_buses_first(name):
    buses = circuit_of(name).buses
    assert buses[: len(GLOBAL_BUSES)] == GLOBAL_BUSES
    assert all(bus.scope is Scope.LOCAL for bus in buses[len(GLOBAL_BUSES) :])


@pytest.mark.parametrize("name", NAMES)
def test_every_circuit_hands_control_on(name):
    """One chip receives and sends on the bus that orders the segments, always."""
    circuit = circuit_of(name)
    index = [bus.name for bus in circuit.buses].index("control")
    users = {chip.name for chip in circuit.chips for item in chip.interactions if item.bus_index == index}
    assert users == {"control"}


@pytest.mark.parametrize("name", NAMES)
def test_widths_stay_in_budget(name):
    circuit = circuit_of(name)
    assert circuit.degree <= 4
    assert sum(chip.width for chip in circuit.chips) <= (2_600 if name == "keccak" else 2_000)


def test_the_largest_class_cannot_exceed_the_count_of_the_clock():
    """2^26 cells with the rows that send most for their width."""
    circuit = circuit_of("cpu")
    parameters = tiny_parameters(26, 3, 21, (1, 1, 6), arities=(5, 5, 5))
    index = circuit.buses.index(CPU)
    assert 2**21 < max_sends(circuit, parameters, index) <= CPU.max_messages

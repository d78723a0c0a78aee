"""The machine's circuits obey every rule of the language and agree on what is global."""

from hstar.air.program import Scope
from hstar.machine.chips.buses import GLOBAL_BUSES
from hstar.machine.circuits import cpu_circuit
from machine.support import make_program


def test_circuits_declare_the_same_global_buses_first():
    for traced in (cpu_circuit(make_program("ecall\naddi x1, x1, 1\n")),):
        buses = traced.circuit.buses
        assert buses[: len(GLOBAL_BUSES)] == GLOBAL_BUSES
        assert all(bus.scope is Scope.LOCAL for bus in buses[len(GLOBAL_BUSES) :])
        assert traced.circuit.degree <= 4

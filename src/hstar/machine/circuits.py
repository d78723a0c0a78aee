"""The circuits of the machine: one for each type of segment."""

from __future__ import annotations

from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.machine.chips.boundary import BoundaryRows, Bump
from hstar.machine.chips.buses import BYTES, CPU, GLOBAL_BUSES, MEMORY, PROGRAM
from hstar.machine.chips.catalogue import instruction_chips
from hstar.machine.chips.control import Control
from hstar.machine.chips.program import ProgramRows
from hstar.machine.chips.registers import Registers
from hstar.machine.chips.tables import RANGE10, RANGE13, RANGE14, RANGE16, Bytes, Range10, Range13, Range14, Range16
from hstar.machine.program import Program

CPU_BUSES = (*GLOBAL_BUSES, CPU, MEMORY, PROGRAM, BYTES, RANGE10, RANGE13, RANGE14, RANGE16)


def cpu_circuit(program: Program) -> TracedCircuit:
    """Segments that execute instructions of `program`.

    Raises:
        CircuitError: a chip breaks a rule of the language.
    """
    tables = [ProgramRows(program), Bytes(), Range10(), Range13(), Range14(), Range16()]
    chips = [Control(), Registers(), BoundaryRows(), Bump(), *instruction_chips(), *tables]
    return trace_circuit("cpu", chips, CPU_BUSES)

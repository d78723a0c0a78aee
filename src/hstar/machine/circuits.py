"""The circuits of the machine: one for each type of segment."""

from __future__ import annotations

from functools import cache

from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.machine.assembler import assemble
from hstar.machine.chips.boundary import BoundaryRows, Bump
from hstar.machine.chips.buses import BYTES, CPU, GLOBAL_BUSES, MEMORY, PROGRAM
from hstar.machine.chips.catalogue import instruction_chips
from hstar.machine.chips.control import Control, PassControl
from hstar.machine.chips.keccak_call import KECCAK_CALLS, KeccakControl, KeccakPermutation
from hstar.machine.chips.keccak_round import KECCAK_CONSTANTS, KECCAK_STATE, KeccakConstants, KeccakRound
from hstar.machine.chips.memory_rows import PAGES, ImageRows, InputRows, OutputRows, Pages, ZeroRows
from hstar.machine.chips.program import ProgramRows
from hstar.machine.chips.registers import Registers
from hstar.machine.chips.shift_any import SHIFTS, Shifts
from hstar.machine.chips.tables import (
    BYTE_PAIRS,
    RANGE10,
    RANGE13,
    RANGE14,
    RANGE16,
    SIGN16,
    Bytes,
    Range10,
    Range13,
    Range14,
    Range16,
    Signs16,
)
from hstar.machine.elf import LoadSegment
from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.layout import PROGRAM_START
from hstar.machine.program import Program, from_segments

KECCAK_BUSES = (*GLOBAL_BUSES, KECCAK_CALLS, KECCAK_STATE, KECCAK_CONSTANTS, RANGE16)
MEMORY_BUSES = (*GLOBAL_BUSES, PAGES, RANGE14, RANGE16)
CPU_BUSES = (*GLOBAL_BUSES, CPU, MEMORY, PROGRAM, BYTES, BYTE_PAIRS, RANGE10, RANGE13, RANGE14, RANGE16, SHIFTS, SIGN16)


def cpu_circuit(program: Program) -> TracedCircuit:
    """Segments that execute instructions of `program`.

    Raises:
        CircuitError: a chip breaks a rule of the language.
    """
    tables = [ProgramRows(program), Bytes(), Range10(), Range13(), Range14(), Signs16(), Shifts()]
    chips = [Control(), Registers(), BoundaryRows(), Bump(), *instruction_chips(), *tables]
    return trace_circuit("cpu", chips, CPU_BUSES)


@cache
def keccak_circuit() -> TracedCircuit:
    """Segments that permute states for the calls of other segments."""
    chips = [KeccakControl(), KeccakPermutation(), KeccakRound(), KeccakConstants(), Range16()]
    return trace_circuit("keccak", chips, KECCAK_BUSES)


def memory_circuit(program: Program) -> TracedCircuit:
    """The segment with the initial and final rows of image, registers and output, and of other words as they fit.

    Every run has exactly one.
    """
    chips = [PassControl(), ImageRows(program), OutputRows(), ZeroRows(), InputRows(), Pages(), Range14(), Range16()]
    return trace_circuit("memory", chips, MEMORY_BUSES)


def ram_circuit() -> TracedCircuit:
    """Segments with more initial and final rows; a run has as many as it needs."""
    return trace_circuit("ram", [PassControl(), ZeroRows(), InputRows(), Pages(), Range14(), Range16()], MEMORY_BUSES)


@cache
def example_circuits() -> tuple[TracedCircuit, ...]:
    """The circuits of all segment types for a program that only exits; no chip's shape depends on the program."""
    words, _ = assemble("li a0, 0\nli a7, 93\necall\n", PROGRAM_START)
    code = b"".join(word.to_bytes(INSTRUCTION_BYTES, "little") for word in words)
    program = from_segments(PROGRAM_START, [LoadSegment(0, PROGRAM_START, code, len(code), False, True)])
    return cpu_circuit(program), keccak_circuit(), memory_circuit(program), ram_circuit()

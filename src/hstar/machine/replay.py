"""Runs one segment again from what was kept of it: its registers and the values before of its boundary rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.machine.layout import FIRST_REGISTER_KEY, PC_KEY, RAM_BYTES
from hstar.machine.limits import Limits
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program
from hstar.machine.reference import ReferenceMachine
from hstar.machine.segments import HALT_PC, Segment

_LAST_RAM_KEY = RAM_BYTES // 8


def _without_image(program: Program) -> Program:
    """The same code over empty memory: whatever a segment reads stands in its rows."""
    empty = np.zeros(0, dtype=np.uint32)
    return Program(
        program.entry, program.code_start, program.words, program.code_ranges, empty, empty.astype(np.uint64)
    )


def _ram(segment: Segment) -> NDArray[np.bool_]:
    """Which boundary rows are doublewords of RAM."""
    return (segment.keys >= 1) & (segment.keys <= _LAST_RAM_KEY)


def _check_start(program: Program, segment: Segment) -> None:
    if program.word_at(segment.pc) is None:
        raise different(segment, f"starts at {segment.pc:#x}, outside the code")


def restore_native(program: Program, segment: Segment) -> NativeMachine:
    """A machine at the segment's start.

    Raises:
        InputError: MALFORMED, it starts outside the code.
    """
    _check_start(program, segment)
    machine = NativeMachine(_without_image(program), limits=Limits(max_cycles=max(1, segment.cycles)))
    ram = _ram(segment)
    machine.write_words(segment.keys[ram] - np.uint32(1), segment.values_in[ram])
    machine.set_state(segment.pc, segment.registers)
    return machine


def restore_reference(program: Program, segment: Segment) -> ReferenceMachine:
    """The same in plain Python."""
    _check_start(program, segment)
    machine = ReferenceMachine(_without_image(program), limits=Limits(max_cycles=max(1, segment.cycles)))
    ram = _ram(segment)
    machine.put_words((segment.keys[ram] - np.uint32(1)).tolist(), segment.values_in[ram].tolist())
    machine.pc, machine.registers = segment.pc, segment.registers.tolist()
    return machine


def check_end(segment: Segment, machine: NativeMachine | ReferenceMachine) -> int:
    """Compares a machine that ran a segment again with what the segment says; returns pc, or HALT_PC.

    Raises:
        InputError: MALFORMED.
    """
    if machine.cycles != segment.cycles:
        raise different(segment, f"ends after {machine.cycles} of {segment.cycles} cycles")
    end = HALT_PC if machine.halted else machine.pc
    registers = list(machine.registers)
    for place, key in enumerate(segment.keys.tolist()):
        if key <= _LAST_RAM_KEY:
            found = machine.word(key - 1)
        else:
            found = end if key == PC_KEY else int(registers[key - FIRST_REGISTER_KEY])
        if found != int(segment.values_out[place]):
            raise different(segment, f"leaves {found:#x} in the word with key {key:#x}")
    return end


def replay(program: Program, segment: Segment) -> NativeMachine:
    """Executes `segment.cycles` instructions and returns the machine at the segment's end.

    Raises:
        InputError: MALFORMED when the segment is not one of this program: it runs differently, or its rows do not end
            with the values that they claim.
        ExecutionError: it traps, which no segment of a good run does.
    """
    machine = restore_native(program, segment)
    while machine.cycles < segment.cycles and not machine.halted:
        machine.run_for(segment.cycles - machine.cycles)
    check_end(segment, machine)
    return machine


def different(segment: Segment, how: str) -> InputError:
    """The error of a segment that is not one of the program's run."""
    message = f"segment {segment.number} is not one of this program's run: run again, it {how}"
    return InputError(message, reason=Reason.MALFORMED, segment=segment.number)

"""Runs one segment again from what was kept of it: its registers and the values before of its boundary rows."""

from __future__ import annotations

import numpy as np

from hstar.errors import InputError, Reason
from hstar.machine.layout import PC_KEY, RAM_BYTES
from hstar.machine.limits import Limits
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program
from hstar.machine.segments import HALT_PC, Segment

_LAST_RAM_KEY = RAM_BYTES // 8


def _without_image(program: Program) -> Program:
    """The same code over empty memory: whatever a segment reads stands in its rows."""
    empty = np.zeros(0, dtype=np.uint32)
    return Program(
        program.entry, program.code_start, program.words, program.code_ranges, empty, empty.astype(np.uint64)
    )


def replay(program: Program, segment: Segment) -> NativeMachine:
    """Executes `segment.cycles` instructions and returns the machine at the segment's end.

    Raises:
        InputError: MALFORMED when the segment is not one of this program: it runs differently, or its rows do not end
            with the values that they claim.
        ExecutionError: it traps, which no segment of a good run does.
    """
    machine = NativeMachine(_without_image(program), limits=Limits(max_cycles=max(1, segment.cycles)))
    ram = (segment.keys >= 1) & (segment.keys <= _LAST_RAM_KEY)
    index = segment.keys[ram] - np.uint32(1)
    machine.write_words(index, segment.values_in[ram])
    if program.word_at(segment.pc) is None:
        raise _different(segment, f"starts at {segment.pc:#x}, outside the code")
    machine.set_state(segment.pc, segment.registers)
    while machine.cycles < segment.cycles and not machine.halted:
        machine.run_for(segment.cycles - machine.cycles)
    if machine.cycles != segment.cycles:
        raise _different(segment, f"ends after {machine.cycles} of {segment.cycles} cycles")
    for place, key in enumerate(segment.keys.tolist()):
        if key <= _LAST_RAM_KEY:
            found = int(machine.read_words(key - 1, 1)[0])
        elif key == PC_KEY:
            found = HALT_PC if machine.halted else machine.pc
        else:
            found = int(machine.registers[key - _LAST_RAM_KEY - 1])
        if found != int(segment.values_out[place]):
            raise _different(segment, f"leaves {found:#x} in the word with key {key:#x}")
    return machine


def _different(segment: Segment, how: str) -> InputError:
    message = f"segment {segment.number} is not one of this program's run: run again, it {how}"
    return InputError(message, reason=Reason.MALFORMED, segment=segment.number)

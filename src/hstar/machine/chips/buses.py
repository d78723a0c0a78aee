"""The buses of the machine's circuits, and the types of their fields.

Global buses run through all segments of a proof. Every circuit of the machine declares all of them, first and in the
same order, so that bus numbers and the length of the global challenge agree. docs/machine.md says what each is for.
"""

from __future__ import annotations

from typing import Annotated

from hstar.air.buses import chain, lookup
from hstar.air.columns import U16, Byte, Word
from hstar.air.expressions import Felt
from hstar.air.program import Bus, Scope
from hstar.machine.layout import CYCLE_TICKS, LAST_KEY, MAX_SEGMENT_CYCLES
from hstar.machine.syscalls import KECCAK_STATE_WORDS

LIMBS = 4
STATE_LIMBS = LIMBS * KECCAK_STATE_WORDS


class Clock(Felt):
    """Time at which an instruction begins: CYCLE_TICKS times its number in the segment."""

    __slots__ = ()
    maximum = CYCLE_TICKS * MAX_SEGMENT_CYCLES


class Time(Felt):
    """Time of one access inside an instruction: its clock plus 1, 2 or 3."""

    __slots__ = ()
    maximum = Clock.maximum + CYCLE_TICKS - 1


class Key(Felt):
    """Key of a word of state (`hstar.machine.layout`)."""

    __slots__ = ()
    maximum = LAST_KEY


class RegisterKey(Felt):
    """Key of a register operand as the program table gives it, or 0 where an instruction has no such operand."""

    __slots__ = ()
    maximum = LAST_KEY


class Power(Felt):
    """A power of two up to 2^14, or another small constant of an instruction: times a 16-bit limb it is below p."""

    __slots__ = ()
    maximum = 2**14


# Global buses.
MEMORY_SEGMENTS = chain(
    "memory_segments",
    scope=Scope.GLOBAL,
    order="segment",
    key=Felt,
    segment=U16,
    limbs=Annotated[list[Felt], LIMBS],
)
"""What a word holds between segments; `segment` is the one that left it so, 0 for the initial value.

The limbs are field elements: a segment that takes a word checks that they are 16-bit numbers.
"""
CONTROL = chain("control", scope=Scope.GLOBAL, order="segment", segment=Felt, pc=Felt)
"""Where the program stands when segment `segment` begins (N + 1: when the run is over)."""
KEYS = chain("keys", scope=Scope.GLOBAL, order="key", key=Key)
"""The keys of all initial rows, ascending: each key at most once in the whole run."""
OUTPUT = chain("output", scope=Scope.GLOBAL, index=Felt, limbs=Annotated[list[Felt], LIMBS])
"""The final values of the output words; the verifier receives what the statement claims."""
KECCAK = chain(
    "keccak",
    scope=Scope.GLOBAL,
    state_in=Annotated[list[U16], STATE_LIMBS],
    state_out=Annotated[list[U16], STATE_LIMBS],
)
"""Permuted states; a segment of keccak rows sends, the row of a call receives."""

GLOBAL_BUSES: tuple[Bus, ...] = (MEMORY_SEGMENTS, CONTROL, KEYS, OUTPUT, KECCAK)

# Local buses of instruction segments.
CPU = chain("cpu", order="clock", max_messages=MAX_SEGMENT_CYCLES, clock=Clock, pc=Felt)
"""The state between two instructions: time, and pc as the index of a word (address / 4; HALT_PC at the end)."""
MEMORY = chain("memory", order="time", key=Felt, time=Time, limbs=Word)
"""What a word of state holds since `time`."""
PROGRAM = lookup(
    "program",
    pc=Felt,
    operation=Felt,
    rd=RegisterKey,
    rs1=RegisterKey,
    rs2=RegisterKey,
    c0=U16,
    c1=U16,
    c2=Felt,
    c3=Power,
)
"""The decoded program; what the constants c0 .. c3 mean depends on the operation (`hstar.machine.operations`)."""
BYTES = lookup("bytes", left=Byte, right=Byte, conjunction=Byte, disjunction=Byte, exclusive=Byte)
"""AND, OR and XOR for all pairs of bytes; also the check that values are bytes."""

"""The keccak-f[1600] system call: a row in the calling segment, a row and 24 rounds in a segment of its own.

The caller's row moves 25 doublewords of memory from the state before to the state after. Both are boundary columns, so
they are fixed before the global challenge; the global bus pairs them with a row of a keccak segment, which proves that
the one is the permutation of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from hstar.air.buses import Ports, chain
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Boundary
from hstar.air.expressions import SEGMENT_NUMBER, Expression, Felt
from hstar.air.statements import Statement
from hstar.field.koala_bear import inverse
from hstar.machine.chips.buses import CONTROL, KECCAK, LIMBS, STATE_LIMBS, Time
from hstar.machine.chips.common import FIRST, SECOND, WRITE, CpuState, Value, access, earlier
from hstar.machine.chips.control import handed_on
from hstar.machine.chips.keccak_round import KECCAK_STATE
from hstar.machine.chips.tables import RANGE13, RANGE16
from hstar.machine.keccak import NUM_LANES, NUM_ROUNDS
from hstar.machine.layout import DOUBLEWORD_BYTES, register_key
from hstar.machine.operations import operation_number
from hstar.machine.syscalls import Syscall

NUMBER_REGISTER, POINTER_REGISTER = register_key(17), register_key(10)  # a7, a0
_EIGHTH = inverse(DOUBLEWORD_BYTES)

KECCAK_CALLS = chain("keccak_calls", order="call", call=Felt)
"""Number of the next call of a keccak segment."""


def limbs_of_number(number: int) -> list[int]:
    """A constant 64-bit word as limbs."""
    return [number >> 16 * index & 0xFFFF for index in range(LIMBS)]


def _set_limbs(columns: Sequence[Felt], lanes: Sequence[Expression]) -> None:
    for index, column in enumerate(columns):
        column.set(lanes[index // LIMBS] >> 16 * (index % LIMBS) & 0xFFFF)


class KeccakCall(Chip):
    """ecall with a7 = KECCAK_F1600: the 25 doublewords at a0 are permuted in place.

    Soundness: a0 is a multiple of 8 because a0's low limb / 8 is below 2^13 as an integer, and its high limb is below
    2^16 - 1, so all 25 keys are keys of RAM. The limbs before are 16-bit numbers because memory's are; those after
    because the keccak segment promises it.
    """

    class Columns:
        cpu: CpuState
        before: Boundary[Annotated[list[U16], STATE_LIMBS]]
        after: Boundary[Annotated[list[U16], STATE_LIMBS]]
        number_time: Time
        pointer_low: U16
        pointer_high: U16
        pointer_time: Time
        times: Annotated[list[Time], NUM_LANES]

    class Record:
        pc: U64
        clock: U64
        rs1_time: U64
        rs2_value: U64
        rs2_time: U64
        memory_old: Annotated[list[U64], NUM_LANES]
        memory_new: Annotated[list[U64], NUM_LANES]
        memory_time: Annotated[list[U64], NUM_LANES]

    def trace(self, c: Columns, record: Record) -> None:
        """Limbs of both states."""
        c.cpu.set(record.pc, record.clock)
        _set_limbs(c.before, record.memory_old)
        _set_limbs(c.after, record.memory_new)
        c.number_time.set(record.rs1_time)
        c.pointer_low.set(record.rs2_value & 0xFFFF)
        c.pointer_high.set(record.rs2_value >> 16 & 0xFFFF)
        c.pointer_time.set(record.rs2_time)
        for column, time in zip(c.times, record.memory_time, strict=True):
            column.set(time)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The order of accesses."""
        yield earlier("a7", c.number_time, c.cpu.clock + FIRST)
        yield earlier("a0", c.pointer_time, c.cpu.clock + SECOND)
        for index, time in enumerate(c.times):
            yield earlier(f"word {index}", time, c.cpu.clock + WRITE)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Two registers, 25 doublewords, and the call itself."""
        clock, number = c.cpu.clock, limbs_of_number(Syscall.KECCAK_F1600)
        c.cpu.fetch(bus, operation_number("ecall"), rs1=NUMBER_REGISTER, rs2=POINTER_REGISTER)
        c.cpu.advance(bus)
        access(bus, "a7", NUMBER_REGISTER, (c.number_time, clock + FIRST), number, number)
        pointer: list[Value] = [c.pointer_low, c.pointer_high, 0, 0]
        access(bus, "a0", POINTER_REGISTER, (c.pointer_time, clock + SECOND), pointer, pointer)
        bus.ask(RANGE13, c.pointer_low * _EIGHTH, name="a0 is a multiple of 8")
        bus.ask(RANGE16, c.pointer_high + 1, name="the state lies in RAM")
        first_key = c.pointer_low * _EIGHTH + 2**13 * c.pointer_high + 1
        for index, time in enumerate(c.times):
            limbs = slice(LIMBS * index, LIMBS * (index + 1))
            times = (time, clock + WRITE)
            access(bus, f"word {index}", first_key + index, times, c.before[limbs], c.after[limbs])
        bus.receive(KECCAK, c.before, c.after)


class KeccakPermutation(Chip):
    """A call as the keccak segment has it: the state goes into round 0 and comes out of round 23.

    Soundness: call numbers grow along one chain, so they are distinct, and the rounds of two calls do not mix. The
    limbs before are checked here; those after are sums of bits of the last round.
    """

    class Columns:
        before: Boundary[Annotated[list[U16], STATE_LIMBS]]
        after: Boundary[Annotated[list[U16], STATE_LIMBS]]
        call: Felt

    class Record:
        call: U64
        before: Annotated[list[U64], NUM_LANES]
        after: Annotated[list[U64], NUM_LANES]

    def trace(self, c: Columns, record: Record) -> None:
        """Limbs of both states."""
        _set_limbs(c.before, record.before)
        _set_limbs(c.after, record.after)
        c.call.set(record.call)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Global: what was permuted. Local: numbering, and the two ends of the rounds."""
        bus.send(KECCAK, c.before, c.after)
        bus.receive(KECCAK_CALLS, c.call)
        bus.send(KECCAK_CALLS, c.call + 1)
        bus.send(KECCAK_STATE, c.call, 0, c.before, source=True)
        bus.receive(KECCAK_STATE, c.call, NUM_ROUNDS, c.after)
        for index, limb in enumerate(c.before):
            bus.ask(RANGE16, limb, name=f"limb {index}")


class KeccakControl(Chip):
    """pc goes through a keccak segment, and calls are numbered from 0. Soundness: exactly one row, as `Control`."""

    class Columns:
        pc: Boundary[Felt]
        num_calls: Felt

    class Record:
        pc: U64
        num_calls: U64

    name = "control"

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.pc.set(record.pc)
        c.num_calls.set(record.num_calls)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The order of segments."""
        yield handed_on()

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Takes and hands on; the only source of call numbers."""
        bus.receive(CONTROL, SEGMENT_NUMBER, c.pc)
        bus.send(CONTROL, SEGMENT_NUMBER + 1, c.pc)
        bus.send(KECCAK_CALLS, 0, source=True)
        bus.receive(KECCAK_CALLS, c.num_calls)

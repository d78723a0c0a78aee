"""The system call that ends a run, and fence."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U64
from hstar.air.statements import Statement
from hstar.machine.chips.buses import Time
from hstar.machine.chips.common import FIRST, SECOND, CpuState, access, earlier
from hstar.machine.chips.keccak_call import KeccakCall
from hstar.machine.layout import CALL_NUMBER_REGISTER, FIRST_ARGUMENT_REGISTER, HALT_INDEX, register_key
from hstar.machine.operations import Accesses, Column, Operation, Words, operation_number
from hstar.machine.syscalls import Syscall

NUMBER_KEY, ARGUMENT_KEY = register_key(CALL_NUMBER_REGISTER), register_key(FIRST_ARGUMENT_REGISTER)


def _number_and_argument(_words: Words) -> tuple[Column | int, Column | int, Column | int]:
    return 0, CALL_NUMBER_REGISTER, FIRST_ARGUMENT_REGISTER


OPERATIONS: tuple[Operation, ...] = (
    Operation("fence", ("fence",), ("fence",), Accesses.NONE),
    Operation("ecall", ("halt", "keccak_call"), ("ecall",), Accesses.RS1 | Accesses.RS2, operands=_number_and_argument),
)
"""A system call reads a7 first and a0 second; its chips are in the order of `Syscall`."""


class Fence(Chip):
    """FENCE: nothing, one hart and no devices."""

    class Columns:
        cpu: CpuState

    class Record:
        pc: U64
        clock: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.cpu.set(record.pc, record.clock)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Goes on."""
        c.cpu.fetch(bus, operation_number("fence"))
        c.cpu.advance(bus)


class Halt(Chip):
    """ECALL with a7 = EXIT and a0 = 0: the run ends.

    Soundness: only this chip sends HALT_INDEX as a pc, and no program row has it, so nothing is executed after. The
    messages of a7 and a0 hold the constants: another exit code, or another number, has no row here.
    """

    class Columns:
        cpu: CpuState
        number_time: Time
        argument_time: Time

    class Record:
        pc: U64
        clock: U64
        rs1_time: U64
        rs2_time: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.cpu.set(record.pc, record.clock)
        c.number_time.set(record.rs1_time)
        c.argument_time.set(record.rs2_time)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Order only."""
        yield earlier("a7", c.number_time, c.cpu.clock + FIRST)
        yield earlier("a0", c.argument_time, c.cpu.clock + SECOND)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads a7 and a0, and stops."""
        number, success = (int(Syscall.EXIT), 0, 0, 0), (0, 0, 0, 0)
        c.cpu.fetch(bus, operation_number("ecall"), rs1=NUMBER_KEY, rs2=ARGUMENT_KEY)
        c.cpu.advance(bus, HALT_INDEX)
        access(bus, "a7", NUMBER_KEY, (c.number_time, c.cpu.clock + FIRST), number, number)
        access(bus, "a0", ARGUMENT_KEY, (c.argument_time, c.cpu.clock + SECOND), success, success)


def chips() -> list[Chip]:
    """In the order of OPERATIONS."""
    return [Fence(), Halt(), KeccakCall()]

"""addi: a register plus a constant."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Word
from hstar.air.statements import Statement
from hstar.machine.chips.arithmetic import sum_of_words
from hstar.machine.chips.common import FIRST, WRITE, CpuState, RegisterRead, RegisterWrite, check_word
from hstar.machine.operations import Accesses, Operation, operation_number, signed_limbs

OPERATIONS = (Operation("addi", ("add_immediate",), ("addi",), Accesses.RS1 | Accesses.RD, constants=signed_limbs),)


class AddImmediate(Chip):
    """ADDI: rd = rs1 + immediate modulo 2^64.

    Soundness: the operands' limbs are 16-bit by the promises of memory and program, the result's by lookup, so each
    carry is the integer carry; the one out of the last limb is dropped.
    """

    class Columns:
        cpu: CpuState
        rs1: RegisterRead
        rd: RegisterWrite
        immediate_low: U16
        immediate_sign: U16
        result: Word

    class Record:
        pc: U64
        clock: U64
        rs1: U64
        rs1_value: U64
        rs1_time: U64
        rd: U64
        rd_old: U64
        rd_time: U64
        c0: U64
        c1: U64
        immediate: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Everything but the result stands in the record."""
        c.cpu.set(record.pc, record.clock)
        c.rs1.set(record.rs1, record.rs1_value, record.rs1_time)
        c.rd.set(record.rd, record.rd_old, record.rd_time)
        c.immediate_low.set(record.c0)
        c.immediate_sign.set(record.c1)
        c.result.set(record.rs1_value + record.immediate)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb."""
        yield c.rs1.earlier("rs1", c.cpu.clock + FIRST)
        yield c.rd.earlier("rd", c.cpu.clock + WRITE)
        immediate = [c.immediate_low, *[c.immediate_sign] * 3]
        yield from sum_of_words(c.rs1.value.limbs, immediate, c.result.limbs)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads rs1, writes rd."""
        constants = (c.immediate_low, c.immediate_sign)
        c.cpu.fetch(bus, operation_number("addi"), rd=c.rd.key, rs1=c.rs1.key, constants=constants)
        c.cpu.advance(bus)
        c.rs1.connect(bus, "rs1", c.cpu.clock + FIRST)
        c.rd.connect(bus, "rd", c.cpu.clock + WRITE, c.result.limbs)
        check_word(bus, "result", c.result.limbs)

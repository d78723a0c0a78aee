"""Jumps. A link is the address of the next word, 4 (pc + 1), in two limbs; it is below 2^32."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Bit
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean
from hstar.machine.chips.arithmetic import sum_of_words
from hstar.machine.chips.common import FIRST, WRITE, CpuState, RegisterRead, RegisterWrite, Value
from hstar.machine.chips.tables import RANGE14, RANGE16, U14
from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.operations import (
    Accesses,
    Column,
    Operation,
    Words,
    limbs_of,
    operation_number,
    signed_limbs,
    target_index,
)


def _link_and_target(words: Words) -> Sequence[Column | int]:
    low, high, _, _ = limbs_of((words.index + 1) * INSTRUCTION_BYTES)
    return low, high, target_index(words)


def _target(words: Words) -> Sequence[Column | int]:
    return 0, 0, target_index(words)


def _no_link(words: Words) -> NDArray[np.bool_]:
    return np.equal(words.rd, 0)


OPERATIONS: tuple[Operation, ...] = (
    Operation("j", ("jump",), ("jal",), Accesses.NONE, _no_link, _target),
    Operation("jal", ("jump_link",), ("jal",), Accesses.RD, constants=_link_and_target),
    Operation("jalr", ("jump_register",), ("jalr",), Accesses.RS1 | Accesses.RD, constants=signed_limbs),
)


class Jump(Chip):
    """JAL x0. Soundness: the target is the program row's."""

    class Columns:
        cpu: CpuState
        target: Felt

    class Record:
        pc: U64
        clock: U64
        c2: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.cpu.set(record.pc, record.clock)
        c.target.set(record.c2)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Goes to the target."""
        c.cpu.fetch(bus, operation_number("j"), constants=(0, 0, c.target))
        c.cpu.advance(bus, c.target)


class JumpLink(Chip):
    """JAL. Soundness: target and link are the program row's, whose limbs are 16-bit numbers."""

    class Columns:
        cpu: CpuState
        rd: RegisterWrite
        target: Felt
        link_low: U16
        link_high: U16

    class Record:
        pc: U64
        clock: U64
        rd: U64
        rd_old: U64
        rd_time: U64
        c0: U64
        c1: U64
        c2: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.cpu.set(record.pc, record.clock)
        c.rd.set(record.rd, record.rd_old, record.rd_time)
        c.link_low.set(record.c0)
        c.link_high.set(record.c1)
        c.target.set(record.c2)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Order only."""
        yield c.rd.earlier("rd", c.cpu.clock + WRITE)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Writes the link and goes to the target."""
        c.cpu.fetch(bus, operation_number("jal"), rd=c.rd.key, constants=(c.link_low, c.link_high, c.target))
        c.cpu.advance(bus, c.target)
        c.rd.connect(bus, "rd", c.cpu.clock + WRITE, (c.link_low, c.link_high, 0, 0))


class JumpRegister(Chip):
    """JALR: rd = pc + 4, pc = (rs1 + immediate) with bit 0 cleared.

    Soundness: the sum is that of 64-bit words, its limbs 2 and 3 are 0, its low limb is 4 * target_low + bit with a
    14-bit number and a Bit: a target is 4-aligned and below 2^32, and so can be neither HALT nor NOWHERE. The word
    index pc + 1 (below 2^30, because pc is in the program) splits uniquely into 14 and 16 bits, which are the link.
    """

    class Columns:
        cpu: CpuState
        rs1: RegisterRead
        rd: RegisterWrite
        immediate_low: U16
        immediate_sign: U16
        target_bit: Bit
        target_low: U14
        target_high: U16
        link_high: U16

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
        """Splits target and link."""
        c.cpu.set(record.pc, record.clock)
        c.rs1.set(record.rs1, record.rs1_value, record.rs1_time)
        c.rd.set(record.rd, record.rd_old, record.rd_time)
        c.immediate_low.set(record.c0)
        c.immediate_sign.set(record.c1)
        target = record.rs1_value + record.immediate
        c.target_bit.set(target & 1)
        c.target_low.set(target >> 2 & 0x3FFF)
        c.target_high.set(target >> 16 & 0xFFFF)
        c.link_high.set((record.pc + 1) >> 14)

    def _link_index_low(self, c: Columns) -> Expression:
        return c.cpu.pc + 1 - 2**14 * c.link_high

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The target's address, limb by limb."""
        yield c.rs1.earlier("rs1", c.cpu.clock + FIRST)
        yield c.rd.earlier("rd", c.cpu.clock + WRITE)
        yield boolean(c.target_bit)
        immediate = [c.immediate_low, *[c.immediate_sign] * 3]
        address: list[Value] = [INSTRUCTION_BYTES * c.target_low + c.target_bit, c.target_high, 0, 0]
        yield from sum_of_words(c.rs1.value.limbs, immediate, address, "address")

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads rs1, writes the link, goes to the target."""
        constants = (c.immediate_low, c.immediate_sign)
        c.cpu.fetch(bus, operation_number("jalr"), rd=c.rd.key, rs1=c.rs1.key, constants=constants)
        c.cpu.advance(bus, c.target_low + 2**14 * c.target_high)
        c.rs1.connect(bus, "rs1", c.cpu.clock + FIRST)
        link_low = self._link_index_low(c)
        c.rd.connect(bus, "rd", c.cpu.clock + WRITE, (INSTRUCTION_BYTES * link_low, c.link_high, 0, 0))
        bus.ask(RANGE14, c.target_low, name="target, low")
        bus.ask(RANGE16, c.target_high, name="target, high")
        bus.ask(RANGE14, link_low, name="link, low")
        bus.ask(RANGE16, c.link_high, name="link, high")


def chips() -> list[Chip]:
    """In the order of OPERATIONS."""
    return [Jump(), JumpLink(), JumpRegister()]

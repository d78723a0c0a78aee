"""The operand patterns of computing instructions: which registers a row reads and writes, and how its record says so.

A pattern is the beginning of a chip's `Columns`, with methods for the three parts of the chip, and a `Record` with the
fields that it needs. Where the target register is an operand too, one access does for both (`...InPlace`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Row
from hstar.air.columns import U64, Byte
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement
from hstar.field.koala_bear import MODULUS
from hstar.machine.chips.buses import RegisterKey, Time
from hstar.machine.chips.common import (
    FIRST,
    SECOND,
    WRITE,
    CpuState,
    RegisterRead,
    RegisterWrite,
    Value,
    access,
    earlier,
)
from hstar.machine.chips.tables import BYTE_PAIRS
from hstar.machine.operations import Accesses, Column, Words

IMMEDIATE_OFFSET = 2**11
"""12-bit signed immediates are looked up with this added, as 16-bit numbers."""


class Immediate(Felt):
    """A 12-bit signed immediate as a field element; ask the program for `looked_up`, compute with `number`."""

    __slots__ = ()

    @property
    def looked_up(self) -> Expression:
        """The constant c0 of the program table."""
        return self + IMMEDIATE_OFFSET

    @property
    def number(self) -> Expression:
        """The immediate, known to be an integer from -2^11 to 2^16 - 2^11 - 1."""
        return self.looked_up - IMMEDIATE_OFFSET

    def set_from(self, constant: Expression) -> None:
        """From the constant of the program table."""
        self.set((constant + (MODULUS - IMMEDIATE_OFFSET)) % MODULUS)


def immediate_constant(words: Words) -> Sequence[Column | int]:
    """c0: what `Immediate` looks up."""
    return (words.immediate + IMMEDIATE_OFFSET,)


class ByteRegister:
    """A register that is read as bytes, and written where it is rd: 10 columns, 3 interactions.

    The chip asks for the bytes.
    """

    key: RegisterKey
    bytes: Annotated[list[Byte], 8]
    time: Time

    def set(self, key: Expression, value: Expression, time: Expression) -> None:
        """Key, value before, time of the last access."""
        self.key.set(key)
        set_bytes(self.bytes, value)
        self.time.set(time)

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, now: Expression, new: Sequence[Value] | None = None) -> None:
        """The value stays, or the four limbs `new` replace it."""
        access(bus, name, self.key, (self.time, now), self.limbs, self.limbs if new is None else new)

    @property
    def limbs(self) -> list[Expression]:
        """Two bytes each."""
        return limbs_of_bytes(self.bytes)


def set_bytes(columns: Sequence[Byte], value: Expression) -> None:
    """In `trace`: the bytes of an integer, least significant first."""
    for index, column in enumerate(columns):
        column.set(value >> (8 * index) & 0xFF)


def limbs_of_bytes(values: Sequence[Expression]) -> list[Expression]:
    """16-bit limbs of an even number of bytes."""
    return [values[index] + 256 * values[index + 1] for index in range(0, len(values), 2)]


def check_bytes(bus: Ports, name: str, values: Sequence[Expression]) -> None:
    """Asks that an even number of values are bytes."""
    for index in range(0, len(values), 2):
        bus.ask(BYTE_PAIRS, values[index], values[index + 1], name=f"{name} bytes {index} and {index + 1}")


class Step:
    """Record of every instruction."""

    pc: U64
    clock: U64


class FirstRecord:
    """Record of a read at clock + FIRST."""

    rs1: U64
    rs1_value: U64
    rs1_time: U64


class SecondRecord:
    """Record of a read at clock + SECOND."""

    rs2: U64
    rs2_value: U64
    rs2_time: U64


class TargetRecord:
    """Record of a register write at clock + WRITE."""

    rd: U64
    rd_old: U64
    rd_time: U64


class ThreeRecord(TargetRecord, SecondRecord, FirstRecord, Step):
    """Record of `rd = rs1 op rs2`."""


class TwoRecord(TargetRecord, FirstRecord, Step):
    """Record of `rd = op rs1`."""


class TwoInPlaceRecord(TargetRecord, SecondRecord, Step):
    """Record of `rd = rd op rs2`."""


class OneInPlaceRecord(TargetRecord, Step):
    """Record of `rd = op rd`."""


_TIMES = {"rs1": FIRST, "rs2": SECOND, "rd": WRITE}


class Operands:
    """Base of the patterns: `cpu` and the accesses that a subclass declares among `rs1`, `rs2` and `rd`.

    What they are declared as may be any structure with `set`, `earlier` and `connect`.
    """

    cpu: CpuState

    def _accesses(self) -> Iterator[tuple[str, Any, Expression]]:
        for name, offset in _TIMES.items():
            if hasattr(self, name):
                yield name, getattr(self, name), self.cpu.clock + offset

    @property
    def operand_name(self) -> str:
        """Which register is the first operand: rs1, or rd where it is changed in place."""
        return "rs1" if hasattr(self, "rs1") else "rd"

    @property
    def operand(self) -> Row:
        """That register, with its value before the instruction."""
        return getattr(self, self.operand_name)

    def operand_of(self, record: Row) -> Expression:
        """In `trace`: that value."""
        value: Expression = getattr(record, "rs1_value" if self.operand_name == "rs1" else "rd_old")
        return value

    def set_operands(self, record: Row) -> None:
        """In `trace`: fills the pattern's columns from the fields of its record."""
        self.cpu.set(record.pc, record.clock)
        for name in _TIMES:
            if hasattr(self, name):
                value = record.rd_old if name == "rd" else getattr(record, f"{name}_value")
                getattr(self, name).set(getattr(record, name), value, getattr(record, f"{name}_time"))

    def earlier(self) -> Iterator[Statement]:
        """In `constraints`: the order of the accesses."""
        for name, access_, now in self._accesses():
            yield access_.earlier(name, now)

    def connect(self, bus: Ports, operation: Value, new: Sequence[Value], constants: Sequence[Value] = ()) -> None:
        """In `interactions`: fetches the operation, goes on to the next, and accesses the registers.

        Args:
            new: the four limbs that are written to rd, 16-bit numbers.
        """
        keys = {name: access_.key for name, access_, _ in self._accesses()}
        self.cpu.fetch(bus, operation, constants=constants, **keys)
        self.cpu.advance(bus)
        for name, access_, now in self._accesses():
            if name == "rd":
                access_.connect(bus, name, now, new)
            else:
                access_.connect(bus, name, now)


class TargetOnly(Operands):
    """rd = constant, or rd = op rd: one access."""

    rd: RegisterWrite


class TwoRegisters(Operands):
    """rd = op rs1."""

    rs1: RegisterRead
    rd: RegisterWrite


class TwoInPlace(Operands):
    """rd = rd op rs2."""

    rs2: RegisterRead
    rd: RegisterWrite


class ThreeRegisters(Operands):
    """rd = rs1 op rs2."""

    rs1: RegisterRead
    rs2: RegisterRead
    rd: RegisterWrite


TARGET_ONLY = Accesses.RD
TARGET_IN_PLACE = Accesses.RD | Accesses.IN_PLACE
TWO_REGISTERS = Accesses.RS1 | Accesses.RD
TWO_IN_PLACE = Accesses.RS2 | Accesses.RD | Accesses.IN_PLACE
THREE_REGISTERS = Accesses.RS1 | Accesses.RS2 | Accesses.RD


def is_equal(left: Column, right: Column | int) -> NDArray[np.bool_]:
    """Where two columns of decoded words agree."""
    result: NDArray[np.bool_] = left == right
    return result


def first_is_target(words: Words) -> NDArray[np.bool_]:
    """rd = rs1, and not x0."""
    return is_equal(words.rd, words.rs1) & ~is_equal(words.rd, 0)


def second_is_target(words: Words) -> NDArray[np.bool_]:
    """rd = rs2, and not x0."""
    return is_equal(words.rd, words.rs2) & ~is_equal(words.rd, 0)


def either_is_target(words: Words) -> NDArray[np.bool_]:
    """rd is one of the operands, and not x0."""
    return first_is_target(words) | second_is_target(words)


def other_operand(words: Words) -> tuple[Column, Column, Column]:
    """Operands of rd = rd op other for a commutative operation: the other one is rs2."""
    return words.rd, words.rd, np.where(words.rd == words.rs1, words.rs2, words.rs1)

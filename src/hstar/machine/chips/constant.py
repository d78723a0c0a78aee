"""Results that the program knows, and copies: lui, auipc, and addi and add with an operand that is 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Bit
from hstar.air.statements import Statement, boolean
from hstar.machine.chips.operands import (
    TARGET_ONLY,
    TWO_REGISTERS,
    OneInPlaceRecord,
    TargetOnly,
    TwoRecord,
    TwoRegisters,
    is_equal,
)
from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.operations import Column, Condition, Operation, Words, operation_number, own_operands
from hstar.machine.operations import Operands as OperandsOf

UPPER = 2**16 - 1


def _first_is_zero(words: Words) -> NDArray[np.bool_]:
    return is_equal(words.rs1, 0)


def _adds_nothing(words: Words) -> NDArray[np.bool_]:
    return is_equal(words.immediate, 0)


def _one_is_zero(words: Words) -> NDArray[np.bool_]:
    return is_equal(words.rs1, 0) | is_equal(words.rs2, 0)


def _second_is_zero(words: Words) -> NDArray[np.bool_]:
    return is_equal(words.rs2, 0)


def _the_other(words: Words) -> tuple[Column, Column, Column]:
    return words.rd, np.where(words.rs1 == 0, words.rs2, words.rs1), words.rs2


def _immediate(words: Words) -> Sequence[Column | int]:
    """c0, c1: low limbs of the immediate; c2: 1 where it is negative."""
    return _split(words.immediate)


def _pc_plus_immediate(words: Words) -> Sequence[Column | int]:
    return _split(words.index * INSTRUCTION_BYTES + words.immediate)


def _split(value: Column) -> Sequence[Column | int]:
    return value & 0xFFFF, value >> 16 & 0xFFFF, (value < 0).astype(np.int64)


def _is_large(words: Words) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = words.index * INSTRUCTION_BYTES + words.immediate >= 2**32
    return result


def _copy(
    name: str, instructions: tuple[str, ...], condition: Condition, operands: OperandsOf = own_operands
) -> Operation:
    return Operation(name, ("move",), instructions, TWO_REGISTERS, condition, operands=operands, shown_as="mv")


OPERATIONS: tuple[Operation, ...] = (
    Operation("auipc_large", ("constant_large",), ("auipc",), TARGET_ONLY, _is_large, _pc_plus_immediate),
    Operation("lui", ("constant",), ("lui",), TARGET_ONLY, constants=_immediate),
    Operation("auipc", ("constant",), ("auipc",), TARGET_ONLY, constants=_pc_plus_immediate, shown_as="lui"),
    Operation("li", ("constant",), ("addi", "addiw"), TARGET_ONLY, _first_is_zero, _immediate, shown_as="lui"),
    Operation("mv", ("move",), ("addi",), TWO_REGISTERS, _adds_nothing),
    _copy("add_zero", ("add", "or", "xor"), _one_is_zero, _the_other),
    _copy("sub_zero", ("sub",), _second_is_zero),
    _copy("shift_by_zero", ("slli", "srli", "srai"), _adds_nothing),
)


class Constant(Chip):
    """LUI, AUIPC, LI: rd = a constant of the program [RV64I 2.4].

    Soundness: the program table gives the two low limbs and whether the two upper limbs are all ones.
    """

    class Columns(TargetOnly):
        low: U16
        high: U16
        is_negative: Bit

    class Record(OneInPlaceRecord):
        c0: U64
        c1: U64
        c2: U64

    def trace(self, c: Columns, record: Record) -> None:
        """From the program table."""
        c.set_operands(record)
        c.low.set(record.c0)
        c.high.set(record.c1)
        c.is_negative.set(record.c2)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The program says what is written."""
        yield from c.earlier()
        yield boolean(c.is_negative)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """No range check: the limbs are the program's."""
        upper = UPPER * c.is_negative
        new = [c.low, c.high, upper, upper]
        c.connect(bus, operation_number("lui"), new, [c.low, c.high, c.is_negative])


class ConstantLarge(Chip):
    """AUIPC where pc + immediate is 2^32 or more, but below 2^33 [RV64I 2.4]."""

    class Columns(TargetOnly):
        low: U16
        high: U16

    class Record(OneInPlaceRecord):
        c0: U64
        c1: U64

    def trace(self, c: Columns, record: Record) -> None:
        """From the program table."""
        c.set_operands(record)
        c.low.set(record.c0)
        c.high.set(record.c1)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The program says what is written."""
        yield from c.earlier()

    def interactions(self, c: Columns, bus: Ports) -> None:
        """No range check: the limbs are the program's."""
        c.connect(bus, operation_number("auipc_large"), [c.low, c.high, 1, 0], [c.low, c.high])


class Move(Chip):
    """ADDI by 0, ADD and OR with x0 and the like: rd = rs1 [RV64I 2.4]."""

    class Columns(TwoRegisters):
        pass

    class Record(TwoRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Nothing to compute."""
        c.set_operands(record)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The order of accesses."""
        yield from c.earlier()

    def interactions(self, c: Columns, bus: Ports) -> None:
        """No range check: the limbs are rs1's."""
        c.connect(bus, operation_number("mv"), c.rs1.value.limbs)


def chips() -> list[Chip]:
    """The family."""
    return [Constant(), ConstantLarge(), Move()]

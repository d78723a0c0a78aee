"""Comparisons as numbers: slt, sltu, slti, sltiu, and the test for zero among them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Bit
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean, check
from hstar.air.trace_program import field_inverse, is_equal
from hstar.machine.chips.comparison import Comparison, Sign, less_signed, less_unsigned
from hstar.machine.chips.operands import (
    THREE_REGISTERS,
    TWO_IN_PLACE,
    TWO_REGISTERS,
    ThreeRecord,
    ThreeRegisters,
    TwoInPlace,
    TwoInPlaceRecord,
    TwoRecord,
    TwoRegisters,
    second_is_target,
)
from hstar.machine.chips.operands import (
    is_equal as are_equal,
)
from hstar.machine.operations import Column, Operation, Words, operation_number, signed_limbs

UPPER = 2**16 - 1


def _is_one(words: Words) -> NDArray[np.bool_]:
    return are_equal(words.immediate, 1)


def _first_as_second(words: Words) -> tuple[Column, Column, Column]:
    return words.rd, words.rd, words.rs1


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "sltu_in_place", ("less_in_place",), ("sltu",), TWO_IN_PLACE, second_is_target, operands=_first_as_second
    ),
    Operation("sltu", ("less_unsigned",), ("sltu",), THREE_REGISTERS),
    Operation("slt", ("less_signed",), ("slt",), THREE_REGISTERS),
    Operation("seqz", ("is_zero",), ("sltiu",), TWO_REGISTERS, _is_one),
    Operation("sltiu", ("less_immediate",), ("sltiu",), TWO_REGISTERS, constants=signed_limbs),
    Operation("slti", ("less_immediate",), ("slti",), TWO_REGISTERS, constants=signed_limbs),
)


class LessUnsigned(Chip):
    """SLTU: rd = 1 if rs1 < rs2 as unsigned numbers, else 0 [RV64I 2.4]."""

    class Columns(ThreeRegisters):
        less: Comparison

    class Record(ThreeRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """One comparison."""
        c.set_operands(record)
        c.less.set(record.rs1_value, record.rs2_value, less_unsigned(record.rs1_value, record.rs2_value))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb from the top."""
        yield from c.earlier()
        yield from c.less.statements(c.rs1.value.limbs, c.rs2.value.limbs)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is a bit."""
        c.connect(bus, operation_number("sltu"), [c.less.is_less, 0, 0, 0])
        c.less.connect(bus, c.rs1.value.limbs, c.rs2.value.limbs)


class LessInPlace(Chip):
    """SLTU with rd = rs2: rd = 1 if rs1 < rd as unsigned numbers, else 0 [RV64I 2.4]. rs1 is read as rs2."""

    class Columns(TwoInPlace):
        less: Comparison

    class Record(TwoInPlaceRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """One comparison."""
        c.set_operands(record)
        c.less.set(record.rs2_value, record.rd_old, less_unsigned(record.rs2_value, record.rd_old))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb from the top."""
        yield from c.earlier()
        yield from c.less.statements(c.rs2.value.limbs, c.rd.old.limbs)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is a bit."""
        c.connect(bus, operation_number("sltu_in_place"), [c.less.is_less, 0, 0, 0])
        c.less.connect(bus, c.rs2.value.limbs, c.rd.old.limbs)


class LessSigned(Chip):
    """SLT: rd = 1 if rs1 < rs2 as signed numbers, else 0 [RV64I 2.4].

    Soundness: signs are looked up, so the top limbs are the integers from -2^15 to 2^15 - 1 of two's complement.
    """

    class Columns(ThreeRegisters):
        less: Comparison
        first: Sign
        second: Sign

    class Record(ThreeRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """One comparison."""
        c.set_operands(record)
        c.less.set(record.rs1_value, record.rs2_value, less_signed(record.rs1_value, record.rs2_value))
        c.first.set(record.rs1_value)
        c.second.set(record.rs2_value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb from the top."""
        yield from c.earlier()
        yield c.first.statement("rs1")
        yield c.second.statement("rs2")
        yield from c.less.statements(c.first.signed(c.rs1.value.limbs), c.second.signed(c.rs2.value.limbs))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is a bit."""
        first, second = c.rs1.value.limbs, c.rs2.value.limbs
        c.connect(bus, operation_number("slt"), [c.less.is_less, 0, 0, 0])
        c.first.connect(bus, "rs1", first)
        c.second.connect(bus, "rs2", second)
        c.less.connect(bus, c.first.signed(first), c.second.signed(second))


class LessImmediate(Chip):
    """SLTI, SLTIU: rd = 1 if rs1 < the sign-extended immediate, signed or unsigned, else 0 [RV64I 2.4].

    Soundness: for SLTI the top limbs are signed numbers, by the sign of rs1, which is looked up, and the one of the
    immediate, which the program gives: c1 is its upper limbs, 0 or 2^16 - 1. SLTIU leaves them as they are.
    """

    class Columns(TwoRegisters):
        low: U16
        is_negative: Bit
        is_signed: Bit
        sign: Sign
        sign_if_signed: Felt
        less: Comparison

        @property
        def immediate(self) -> list[Expression]:
            """Its limbs, the top one signed for SLTI."""
            upper = UPPER * self.is_negative
            return [self.low, upper, upper, upper - 2**16 * (self.is_negative * self.is_signed)]

        @property
        def first(self) -> list[Expression]:
            """Limbs of rs1, the top one signed for SLTI."""
            limbs = self.rs1.value.limbs
            return [*limbs[:3], limbs[3] - 2**16 * self.sign_if_signed]

    class Record(TwoRecord):
        c0: U64
        c1: U64
        immediate: U64
        variant: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Variant 1 is signed."""
        c.set_operands(record)
        c.low.set(record.c0)
        c.is_negative.set(record.c1 & 1)
        c.is_signed.set(record.variant)
        c.sign.set(record.rs1_value)
        c.sign_if_signed.set((record.rs1_value >> 63) * record.variant)
        flip = record.variant << 63
        c.less.set(record.rs1_value, record.immediate, less_unsigned(record.rs1_value ^ flip, record.immediate ^ flip))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb from the top."""
        yield from c.earlier()
        yield boolean(c.is_negative)
        yield boolean(c.is_signed)
        yield c.sign.statement("rs1")
        yield check("sign counts for SLTI", c.sign_if_signed == c.sign.negative * c.is_signed)
        yield from c.less.statements(c.first, c.immediate)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is a bit."""
        constants = [c.low, UPPER * c.is_negative]
        c.connect(bus, operation_number("sltiu") + c.is_signed, [c.less.is_less, 0, 0, 0], constants)
        c.sign.connect(bus, "rs1", c.rs1.value.limbs)
        c.less.connect(bus, c.first, c.immediate)


class IsZero(Chip):
    """SLTIU by 1: rd = 1 if rs1 = 0, else 0 [RV64I 2.4].

    Soundness: the limbs are 16-bit numbers, so their sum is 0 in the field exactly if all are. A sum that is not 0
    forces `nonzero` to 1; for 0 it is 0. The inverse is free only where the sum is 0, and kept 0 there.
    """

    class Columns(TwoRegisters):
        nonzero: Bit
        inverse: Felt

    class Record(TwoRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """The inverse of the sum of limbs."""
        c.set_operands(record)
        total = reduce(add, (record.rs1_value >> (16 * index) & 0xFFFF for index in range(4)))
        c.nonzero.set(1 - is_equal(total, 0))
        c.inverse.set(field_inverse(total))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """nonzero = (sum is not 0)."""
        yield from c.earlier()
        total: Expression = reduce(add, c.rs1.value.limbs)
        yield boolean(c.nonzero)
        yield check("a number that is not 0", c.nonzero == total * c.inverse)
        yield check("has no other result", total * (1 - c.nonzero))
        yield check("0 has the inverse 0", c.inverse * (1 - c.nonzero))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is a bit."""
        c.connect(bus, operation_number("seqz"), [1 - c.nonzero, 0, 0, 0])


def chips() -> list[Chip]:
    """The family."""
    return [LessInPlace(), LessUnsigned(), LessSigned(), IsZero(), LessImmediate()]

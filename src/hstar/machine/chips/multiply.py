"""Products: mul, mulh, mulhu, mulhsu, mulw.

Operands are bytes, so that a sum of products is an integer far below p: with 16-bit limbs the result less p would pass
with carries that look honest. The carry out of a 16-bit limb of the product is an expression of degree 2, looked up as
a 14-bit number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Bit, Byte, Word
from hstar.air.expressions import Expression
from hstar.air.statements import Statement, boolean, check, integer
from hstar.air.trace_program import multiply_high
from hstar.machine.chips.add import HalfWord
from hstar.machine.chips.arithmetic import INVERSE_OF_LIMB
from hstar.machine.chips.buses import RegisterKey, Time
from hstar.machine.chips.common import RegisterWrite, Value, access, check_word, earlier
from hstar.machine.chips.operands import (
    THREE_REGISTERS,
    TWO_IN_PLACE,
    ByteRegister,
    Operands,
    ThreeRecord,
    TwoInPlaceRecord,
    check_bytes,
    either_is_target,
    limbs_of_bytes,
    other_operand,
    set_bytes,
)
from hstar.machine.chips.tables import RANGE14, SIGN16
from hstar.machine.operations import Operation, operation_number

OPERATIONS: tuple[Operation, ...] = (
    Operation("mul_in_place", ("multiply_in_place",), ("mul",), TWO_IN_PLACE, either_is_target, operands=other_operand),
    Operation("mul", ("multiply",), ("mul",), THREE_REGISTERS),
    Operation("mulhu", ("multiply_high",), ("mulhu",), THREE_REGISTERS),
    Operation("mulh", ("multiply_high_signed",), ("mulh",), THREE_REGISTERS),
    Operation("mulhsu", ("multiply_high_signed",), ("mulhsu",), THREE_REGISTERS),
    Operation("mulw", ("multiply_word",), ("mulw",), THREE_REGISTERS),
)
SIGNED_CARRY_OFFSET = 2**8


def product_limbs(left: Sequence[Expression], right: Sequence[Expression], count: int) -> list[Expression]:
    """Sums of byte products that belong to each of the lowest `count` 16-bit limbs of left * right, without carries.

    At most 8 products of weight 1 and 8 of weight 256 for 8 bytes: less than 2^28.
    """

    def column(position: int) -> list[Expression]:
        pairs = [(i, position - i) for i in range(len(left)) if 0 <= position - i < len(right)]
        return [left[i] * right[j] for i, j in pairs]

    return [
        reduce(add, [*column(2 * limb), *(256 * product for product in column(2 * limb + 1))]) for limb in range(count)
    ]


def carries_of(totals: Sequence[Expression], limbs: Sequence[Value]) -> list[Expression]:
    """The carry out of every limb: what its total and the carry into it exceed the limb by, divided by 2^16."""
    carries: list[Expression] = []
    carry: Value = 0
    for total, limb in zip(totals, limbs, strict=True):
        carry = (total + carry - limb) * INVERSE_OF_LIMB
        carries.append(carry)
    return carries


def product_statements(totals: Sequence[Expression], limbs: Sequence[Value], name: str) -> Iterator[Statement]:
    """That limbs and carries are those of integers. It holds in the field by definition; the bound is checked.

    Soundness: every carry is looked up, so the equation of each limb is one of integers below p: the limb and its carry
    are the remainder and quotient of the total by 2^16.
    """
    carry: Value = 0
    for index, (total, limb, following) in enumerate(
        zip(totals, limbs, carries_of(totals, limbs), strict=True),
    ):
        yield integer(f"{name}: limb {index}", total + carry == limb + 2**16 * following)
        carry = following


def check_carries(bus: Ports, carries: Sequence[Expression], name: str) -> None:
    """Asks that carries are 14-bit numbers."""
    for index, carry in enumerate(carries):
        bus.ask(RANGE14, carry, name=f"{name}: carry {index}")


class _Multiply(Chip):
    """What both chips of MUL have in common."""

    operation: str

    def trace(self, c: Row, record: Row) -> None:
        """Modulo 2^64."""
        c.set_operands(record)
        c.result.set(c.operand_of(record) * record.rs2_value)

    def constraints(self, c: Row) -> Iterator[Statement]:
        """Four limbs of the product."""
        yield from c.earlier()
        yield from product_statements(product_limbs(c.operand.bytes, c.rs2.bytes, 4), c.result.limbs, "product")

    def interactions(self, c: Row, bus: Ports) -> None:
        """Bytes, limbs and carries are looked up."""
        c.connect(bus, operation_number(self.operation), c.result.limbs)
        check_bytes(bus, c.operand_name, c.operand.bytes)
        check_bytes(bus, "rs2", c.rs2.bytes)
        check_word(bus, "result", c.result.limbs)
        check_carries(bus, carries_of(product_limbs(c.operand.bytes, c.rs2.bytes, 4), c.result.limbs), "product")


class Multiply(_Multiply):
    """MUL: rd = the low 64 bits of rs1 * rs2 [M 13.1]."""

    operation = "mul"

    class Columns(Operands):
        rs1: ByteRegister
        rs2: ByteRegister
        rd: RegisterWrite
        result: Word

    class Record(ThreeRecord):
        pass


class MultiplyInPlace(_Multiply):
    """MUL with rd among the operands: rd = the low 64 bits of rd * rs2 [M 13.1]."""

    operation = "mul_in_place"

    class Columns(Operands):
        rs2: ByteRegister
        rd: ByteRegister
        result: Word

    class Record(TwoInPlaceRecord):
        pass


class MultiplyHigh(Chip):
    """MULHU: rd = the high 64 bits of rs1 * rs2, unsigned [M 13.1].

    Soundness: the highest limb has no carry, because the product is below 2^128.
    """

    class Columns(Operands):
        rs1: ByteRegister
        rs2: ByteRegister
        rd: RegisterWrite
        low: Word
        result: Annotated[list[U16], 3]

    class Record(ThreeRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Both halves."""
        c.set_operands(record)
        c.low.set(record.rs1_value * record.rs2_value)
        high = multiply_high(record.rs1_value, record.rs2_value)
        for index, limb in enumerate(c.result):
            limb.set(high >> (16 * index) & 0xFFFF)

    def _carries(self, c: Columns) -> tuple[list[Expression], list[Expression], Expression]:
        """Totals and carries of the seven limbs below the highest, and the highest limb."""
        totals = product_limbs(c.rs1.bytes, c.rs2.bytes, 8)
        carries = carries_of(totals[:7], [*c.low.limbs, *c.result])
        return totals[:7], carries, totals[7] + carries[6]

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Seven limbs of the product; the eighth is what is left."""
        yield from c.earlier()
        totals, _, _ = self._carries(c)
        yield from product_statements(totals, [*c.low.limbs, *c.result], "product")

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Bytes, limbs and carries are looked up."""
        _, carries, top = self._carries(c)
        c.connect(bus, operation_number("mulhu"), [*c.result, top])
        check_bytes(bus, "rs1", c.rs1.bytes)
        check_bytes(bus, "rs2", c.rs2.bytes)
        check_word(bus, "low", c.low.limbs)
        check_word(bus, "result", [*c.result, top])
        check_carries(bus, carries, "product")


class MultiplyHighSigned(Chip):
    """MULH, MULHSU: rd = the high 64 bits of rs1 * rs2, both or only rs1 signed [M 13.1].

    Soundness: with s the signs, the signed product is the unsigned one less 2^64 (s1 rs2 + s2 rs1), modulo 2^128. The
    subtraction makes carries of the upper limbs negative: with SIGNED_CARRY_OFFSET they are looked up like the others.
    The carry out of the highest limb is lost.
    """

    class Columns(Operands):
        rs1: ByteRegister
        rs2: ByteRegister
        rd: RegisterWrite
        is_mixed: Bit
        first_sign: Bit
        second_sign: Bit
        second_counts: Bit
        low: Word
        result: Word

    class Record(ThreeRecord):
        variant: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Variant 1 is MULHSU."""
        c.set_operands(record)
        first, second = record.rs1_value >> 63, record.rs2_value >> 63
        c.is_mixed.set(record.variant)
        c.first_sign.set(first)
        c.second_sign.set(second)
        counts = second * (1 - record.variant)
        c.second_counts.set(counts)
        c.low.set(record.rs1_value * record.rs2_value)
        high = multiply_high(record.rs1_value, record.rs2_value)
        c.result.set(high - first * record.rs2_value - counts * record.rs1_value)

    def _high_totals(self, c: Columns) -> tuple[list[Expression], list[Expression]]:
        """Totals of the lower and the upper four limbs; the carry into the upper ones is not in them."""
        totals = product_limbs(c.rs1.bytes, c.rs2.bytes, 8)
        pairs = zip(totals[4:], c.rs1.limbs, c.rs2.limbs, strict=True)
        return totals[:4], [t - c.second_counts * first - c.first_sign * second for t, first, second in pairs]

    def _signed_carries(self, c: Columns) -> tuple[list[Expression], list[Expression]]:
        """Carries of the lower limbs, and those of the upper ones with the offset that makes them positive."""
        lower, upper = self._high_totals(c)
        carries = carries_of(lower, c.low.limbs)
        shifted: list[Expression] = []
        carry = carries[3]
        for total, limb in zip(upper, c.result.limbs, strict=True):
            shifted.append((total + carry - limb) * INVERSE_OF_LIMB + SIGNED_CARRY_OFFSET)
            carry = shifted[-1] - SIGNED_CARRY_OFFSET
        return carries, shifted

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Eight limbs."""
        yield from c.earlier()
        yield boolean(c.is_mixed)
        yield check("the sign of rs2 counts for MULH", c.second_counts == c.second_sign * (1 - c.is_mixed))
        yield boolean(c.second_counts)
        lower, upper = self._high_totals(c)
        yield from product_statements(lower, c.low.limbs, "low")
        carries, shifted = self._signed_carries(c)
        carry = carries[3]
        for index, (total, limb, following) in enumerate(zip(upper, c.result.limbs, shifted, strict=True)):
            after = following - SIGNED_CARRY_OFFSET
            yield integer(f"high: limb {index}", total + carry == limb + 2**16 * after)
            carry = after

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Bytes, limbs, carries and signs are looked up."""
        c.connect(bus, operation_number("mulh") + c.is_mixed, c.result.limbs)
        check_bytes(bus, "rs1", c.rs1.bytes)
        check_bytes(bus, "rs2", c.rs2.bytes)
        bus.ask(SIGN16, c.rs1.limbs[3], c.first_sign, name="sign of rs1")
        bus.ask(SIGN16, c.rs2.limbs[3], c.second_sign, name="sign of rs2")
        check_word(bus, "low", c.low.limbs)
        check_word(bus, "result", c.result.limbs)
        carries, shifted = self._signed_carries(c)
        check_carries(bus, carries, "low")
        check_carries(bus, shifted, "high")


class LowHalf:
    """A register of which only the low 32 bits are used: 4 bytes and 2 limbs."""

    key: RegisterKey
    bytes: Annotated[list[Byte], 4]
    upper: Annotated[list[U16], 2]
    time: Time

    def set(self, key: Expression, value: Expression, time: Expression) -> None:
        """Key, value, time of the last access."""
        self.key.set(key)
        set_bytes(self.bytes, value)
        for index, limb in enumerate(self.upper, 2):
            limb.set(value >> (16 * index) & 0xFFFF)
        self.time.set(time)

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, now: Expression) -> None:
        """The value stays."""
        limbs = [*limbs_of_bytes(self.bytes), *self.upper]
        access(bus, name, self.key, (self.time, now), limbs, limbs)


class MultiplyWord(Chip):
    """MULW: the low 32 bits of rs1 * rs2, sign-extended [M 13.1]."""

    class Columns(Operands):
        rs1: LowHalf
        rs2: LowHalf
        rd: RegisterWrite
        result: HalfWord

    class Record(ThreeRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Modulo 2^32."""
        c.set_operands(record)
        c.result.set(record.rs1_value * record.rs2_value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Two limbs of the product."""
        yield from c.earlier()
        totals = product_limbs(c.rs1.bytes, c.rs2.bytes, 2)
        yield from product_statements(totals, [c.result.low, c.result.high], "product")

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Bytes, limbs, sign and carries are looked up."""
        c.connect(bus, operation_number("mulw"), c.result.limbs)
        check_bytes(bus, "rs1", c.rs1.bytes)
        check_bytes(bus, "rs2", c.rs2.bytes)
        c.result.check(bus)
        totals = product_limbs(c.rs1.bytes, c.rs2.bytes, 2)
        check_carries(bus, carries_of(totals, [c.result.low, c.result.high]), "product")


def chips() -> list[Chip]:
    """The family."""
    return [MultiplyInPlace(), Multiply(), MultiplyHigh(), MultiplyHighSigned(), MultiplyWord()]

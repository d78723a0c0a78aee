"""Every shift, by bytes: shifts by registers, with sign, of words, and by constants that `chips.shift` leaves.

The operand, extended by its sign or zeros to twice its length, times 2^t with t below its length, is a number of twice
its length. Its lower half is the left shift by t, its upper half the right shift by (length - t); the shift by 0 is the
lower half for t = 0. A table says for each amount which power and which half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports, lookup
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Bit, Multiplicity, Preprocessed
from hstar.air.expressions import Expression, Felt, to_expression
from hstar.air.statements import Statement, boolean, check, integer
from hstar.air.trace_program import is_equal
from hstar.machine.chips.arithmetic import INVERSE_OF_LIMB
from hstar.machine.chips.buses import Power
from hstar.machine.chips.common import RegisterRead, RegisterWrite, Value, check_word
from hstar.machine.chips.multiply import LowHalf
from hstar.machine.chips.operands import (
    THREE_REGISTERS,
    TWO_REGISTERS,
    ByteRegister,
    Operands,
    ThreeRecord,
    TwoRecord,
    check_bytes,
)
from hstar.machine.chips.tables import RANGE10, RANGE14, SIGN16
from hstar.machine.operations import Column, Operation, Words, operation_number

AMOUNTS = 64
BITS = {False: 64, True: 32}
"""Length of the operand: of a doubleword, of a word."""


class BytePower(Felt):
    """2^0 .. 2^7."""

    __slots__ = ()
    maximum = 2**7


class Position(Felt):
    """Number of bytes by which the operand moves up."""

    __slots__ = ()
    maximum = 7


class Amount(Felt):
    """The low 6 bits of a shift amount."""

    __slots__ = ()
    maximum = AMOUNTS - 1


SHIFTS = lookup("shifts", is_word=Bit, is_right=Bit, amount=Amount, position=Position, power=BytePower, is_upper=Bit)
"""How to shift by an amount: words take it modulo 32."""


class Shifts(Chip):
    """What to multiply with for each direction, length and amount."""

    class Columns:
        is_word: Preprocessed[Bit]
        is_right: Preprocessed[Bit]
        amount: Preprocessed[Amount]
        position: Preprocessed[Position]
        power: Preprocessed[BytePower]
        is_upper: Preprocessed[Bit]
        times: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """Four blocks of 64 rows."""
        rows = np.arange(4 * AMOUNTS, dtype=np.int64)
        is_word, is_right, amount = rows // (2 * AMOUNTS), rows // AMOUNTS % 2, rows % AMOUNTS
        position, power, is_upper = recipe(is_word, is_right, amount)
        columns = {"is_word": is_word, "is_right": is_right, "amount": amount}
        columns |= {"position": position, "power": power, "is_upper": is_upper}
        return {name: values.astype(np.uint64) for name, values in columns.items()}

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One message a row."""
        message = (c.is_word, c.is_right, c.amount, c.position, c.power, c.is_upper)
        bus.provide(SHIFTS, *message, multiplicity=c.times)


def recipe(is_word: Column, is_right: Column, amount: Column) -> tuple[Column, Column, Column]:
    """Bytes to move, power of two, and whether the result is the upper half."""
    bits = np.where(is_word == 1, BITS[True], BITS[False])
    amount = amount % bits
    is_upper = (is_right == 1) & (amount > 0)
    log_power = np.where(is_upper, bits - amount, amount)
    return log_power // 8, 1 << (log_power % 8), is_upper.astype(np.int64)


def _constants(is_word: int, is_right: int, words: Words) -> Sequence[Column | int]:
    """c0: bytes to move; c1: whether the result is the upper half; c3: the power."""
    same = np.zeros_like(words.immediate)
    position, power, is_upper = recipe(same + is_word, same + is_right, words.immediate)
    return position, is_upper, 0, power


def _left(words: Words) -> Sequence[Column | int]:
    return _constants(0, 0, words)


def _right(words: Words) -> Sequence[Column | int]:
    return _constants(0, 1, words)


def _left_word(words: Words) -> Sequence[Column | int]:
    return _constants(1, 0, words)


def _right_word(words: Words) -> Sequence[Column | int]:
    return _constants(1, 1, words)


OPERATIONS: tuple[Operation, ...] = (
    Operation("slli_any", ("shift_any_immediate",), ("slli",), TWO_REGISTERS, constants=_left),
    Operation("srli_any", ("shift_any_immediate",), ("srli",), TWO_REGISTERS, constants=_right),
    Operation("srai", ("shift_any_immediate",), ("srai",), TWO_REGISTERS, constants=_right),
    Operation("slliw", ("shift_word_immediate",), ("slliw",), TWO_REGISTERS, constants=_left_word),
    Operation("srliw", ("shift_word_immediate",), ("srliw",), TWO_REGISTERS, constants=_right_word),
    Operation("sraiw", ("shift_word_immediate",), ("sraiw",), TWO_REGISTERS, constants=_right_word),
    Operation("sll", ("shift_any",), ("sll",), THREE_REGISTERS),
    Operation("srl", ("shift_any",), ("srl",), THREE_REGISTERS),
    Operation("sra", ("shift_any",), ("sra",), THREE_REGISTERS),
    Operation("sllw", ("shift_word",), ("sllw",), THREE_REGISTERS),
    Operation("srlw", ("shift_word",), ("srlw",), THREE_REGISTERS),
    Operation("sraw", ("shift_word",), ("sraw",), THREE_REGISTERS),
)


class Product:
    """The extended operand times a power of two: how far it moves, what enters, and the limbs of the product."""

    is_right: Bit
    is_arithmetic: Bit
    sign: Bit
    enters: Bit
    position: Annotated[list[Bit], 7]
    power: Power
    is_upper: Bit

    def set(self, record: Row, amount: Expression, bits: int) -> tuple[Expression, Expression]:
        """In `trace`: from variant (left, right, right with sign) and amount; returns both halves of the product."""
        arithmetic = is_equal(record.variant, 2)
        right = is_equal(record.variant, 1) + arithmetic
        value = record.rs1_value & ((1 << bits) - 1)
        sign = value >> (bits - 1)
        enters = sign * arithmetic
        upper = right * (1 - is_equal(amount, 0))
        log_power = upper * (bits - amount) + (1 - upper) * amount
        self.is_right.set(right)
        self.is_arithmetic.set(arithmetic)
        self.sign.set(sign)
        self.enters.set(enters)
        for index, bit in enumerate(self.position, 1):
            bit.set(is_equal(log_power >> 3, index))
        self.power.set(to_expression(1) << (log_power & 7))
        self.is_upper.set(upper)
        extended = value | enters * (2**64 - 2**bits if bits < 64 else 0)
        below = (extended >> 1) >> (bits - 1 - log_power)  # bits that leave the lower half, for log_power < bits
        entering = enters * (2**64 - 1)
        return value << log_power, below | (entering << log_power)

    @property
    def flags(self) -> list[Expression]:
        """One for each number of bytes; their sum is 1."""
        return [1 - reduce(add, self.position), *self.position]

    @property
    def bytes_moved(self) -> Expression:
        """0 .. 7."""
        return reduce(add, (index * bit for index, bit in enumerate(self.position, 1)))

    @property
    def variant(self) -> Expression:
        """0 left, 1 right, 2 right with sign."""
        return self.is_right + self.is_arithmetic

    def totals(self, source: Sequence[Expression]) -> list[Expression]:
        """Limbs of the moved operand times the power, without carries."""
        extended = [*source, *[255 * self.enters] * len(source)]
        flags = self.flags
        totals = []
        for limb in range(len(source)):
            moved = [
                flag * (extended[place] + (256 * extended[place + 1])) if place >= 0 else flag * (256 * extended[0])
                for flag, place in ((flag, 2 * limb - by) for by, flag in enumerate(flags))
                if place >= -1
            ]
            totals.append(reduce(add, moved) * self.power)
        return totals

    def statements(self, source: Sequence[Expression], limbs: Sequence[Value]) -> Iterator[Statement]:
        """Flags are bits, and the limbs are those of the product of integers."""
        yield boolean(self.is_right)
        yield boolean(self.is_arithmetic)
        yield check("only right shifts have a sign", self.is_arithmetic * (1 - self.is_right))
        yield boolean(self.enters)
        yield check("what enters is the sign", self.enters == self.sign * self.is_arithmetic)
        for bit in self.position:
            yield boolean(bit)
        yield boolean(reduce(add, self.position), name="one position")
        carry: Value = 0
        totals = self.totals(source)
        for index, (total, limb, following) in enumerate(zip(totals, limbs, self.carries(totals, limbs), strict=True)):
            yield integer(f"product: limb {index}", total + carry == limb + 2**16 * following)
            carry = following

    def carries(self, totals: Sequence[Expression], limbs: Sequence[Value]) -> list[Expression]:
        """The carry out of every limb."""
        carries: list[Expression] = []
        carry: Value = 0
        for total, limb in zip(totals, limbs, strict=True):
            carry = (total + carry - limb) * INVERSE_OF_LIMB
            carries.append(carry)
        return carries

    def connect(self, bus: Ports, source: Sequence[Expression], limbs: Sequence[Expression], top: Expression) -> None:
        """Limbs, carries and the sign of the operand are looked up."""
        check_bytes(bus, "rs1", source)
        bus.ask(SIGN16, top, self.sign, name="sign of rs1")
        check_word(bus, "product", limbs)
        for index, carry in enumerate(self.carries(self.totals(source), limbs)):
            bus.ask(RANGE14, carry, name=f"product: carry {index}")

    def half(self, limbs: Sequence[Expression]) -> list[Expression]:
        """The lower or the upper half of the product."""
        length = len(limbs) // 2
        return [
            (1 - self.is_upper) * low + self.is_upper * high
            for low, high in zip(limbs[:length], limbs[length:], strict=True)
        ]


class WordProduct(Product):
    """The same for operands of four bytes."""

    position: Annotated[list[Bit], 3]


class _Shift(Chip):
    """What the four chips have in common.

    Soundness: the moved operand has 16-bit limbs, because one position is chosen, and the power is at most 2^7. So the
    limbs and carries of the product are those of integers. The carry out of the highest limb is lost. Amount, position,
    power and half come from the table of shifts, or from the program, which has them from the same function.
    """

    word: bool
    by_register: bool
    first_operation: str

    def trace(self, c: Row, record: Row) -> None:
        """The product, limb by limb."""
        bits = BITS[self.word]
        c.set_operands(record)
        given = record.rs2_value if self.by_register else record.immediate
        low, high = c.product.set(record, given & (bits - 1), bits)
        length = len(c.limbs) // 2
        for index, limb in enumerate(c.limbs):
            half = low if index < length else high
            limb.set(half >> (16 * (index % length)) & 0xFFFF)
        if self.by_register:
            c.rest.set((record.rs2_value & 0xFFFF) >> 6)
        if self.word:
            result = _select(c.product.is_upper, low, high)
            c.sign.set(result >> 31 & 1)

    def constraints(self, c: Row) -> Iterator[Statement]:
        """The product."""
        yield from c.earlier()
        yield from c.product.statements(c.rs1.bytes, c.limbs)
        if not self.by_register:
            yield boolean(c.product.is_upper)

    def interactions(self, c: Row, bus: Ports) -> None:
        """Which product, and which half of it is the result."""
        product, constants = c.product, []
        moved = product.bytes_moved
        if self.by_register:
            amount = c.rs2.value.limbs[0] - AMOUNTS * c.rest
            bus.ask(RANGE10, c.rest, name="rest of the amount")
            recipe_ = (amount, moved, product.power, product.is_upper)
            bus.ask(SHIFTS, int(self.word), product.is_right, *recipe_, name="how to shift")
        else:
            constants = [moved, product.is_upper, 0, product.power]
        product.connect(bus, c.rs1.bytes, c.limbs, c.rs1.bytes[-2] + 256 * c.rs1.bytes[-1])
        result = product.half(c.limbs)
        if self.word:
            bus.ask(SIGN16, result[1], c.sign, name="sign of the result")
            result += [(2**16 - 1) * c.sign] * 2
        c.connect(bus, operation_number(self.first_operation) + product.variant, result, constants)


def _select(flag: Expression, if_zero: Expression, if_one: Expression) -> Expression:
    return (1 - flag) * if_zero + flag * if_one


class ShiftAny(_Shift):
    """SLL, SRL, SRA: rd = rs1 shifted by rs2 modulo 64 [RV64I 2.4, 4.2]."""

    word, by_register, first_operation = False, True, "sll"

    class Columns(Operands):
        rs1: ByteRegister
        rs2: RegisterRead
        rd: RegisterWrite
        rest: Felt
        product: Product
        limbs: Annotated[list[U16], 8]

    class Record(ThreeRecord):
        variant: U64


class ShiftAnyImmediate(_Shift):
    """SRAI, and SLLI and SRLI by constants that `chips.shift` leaves [RV64I 2.4, 4.2]."""

    word, by_register, first_operation = False, False, "slli_any"

    class Columns(Operands):
        rs1: ByteRegister
        rd: RegisterWrite
        product: Product
        limbs: Annotated[list[U16], 8]

    class Record(TwoRecord):
        immediate: U64
        variant: U64


class ShiftWord(_Shift):
    """SLLW, SRLW, SRAW: the low 32 bits of rs1 shifted by rs2 modulo 32, sign-extended [RV64I 4.2]."""

    word, by_register, first_operation = True, True, "sllw"

    class Columns(Operands):
        rs1: LowHalf
        rs2: RegisterRead
        rd: RegisterWrite
        rest: Felt
        product: WordProduct
        limbs: Annotated[list[U16], 4]
        sign: Bit

    class Record(ThreeRecord):
        variant: U64


class ShiftWordImmediate(_Shift):
    """SLLIW, SRLIW, SRAIW: the low 32 bits of rs1 shifted by a constant, sign-extended [RV64I 4.2]."""

    word, by_register, first_operation = True, False, "slliw"

    class Columns(Operands):
        rs1: LowHalf
        rd: RegisterWrite
        product: WordProduct
        limbs: Annotated[list[U16], 4]
        sign: Bit

    class Record(TwoRecord):
        immediate: U64
        variant: U64


def chips() -> list[Chip]:
    """The family."""
    return [ShiftAnyImmediate(), ShiftWordImmediate(), ShiftAny(), ShiftWord()]

"""Shifts. A shift is a product with a power of two of which one window of limbs is the result.

The common shifts by constants work on 16-bit limbs: `ShiftLeft` and `ShiftRight`, with powers up to 2^14, so that a
limb times a power is an integer below p. All others, by registers, by the few constants that would need 2^15, of words
and with sign, work on bytes: `ShiftAny` and `ShiftWordAny`, with powers up to 2^7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U64, Word
from hstar.air.expressions import Expression
from hstar.air.statements import Statement, integer
from hstar.machine.chips.addressing import LimbSelector
from hstar.machine.chips.arithmetic import INVERSE_OF_LIMB
from hstar.machine.chips.buses import Power
from hstar.machine.chips.operands import (
    TARGET_IN_PLACE,
    TWO_REGISTERS,
    OneInPlaceRecord,
    TargetOnly,
    TwoRecord,
    TwoRegisters,
    first_is_target,
)
from hstar.machine.chips.tables import RANGE14, RANGE16
from hstar.machine.operations import Column, Operation, Words, operation_number

LIMB_BITS = 16
LARGEST_POWER_BITS = 14


def _left_constants(words: Words) -> Sequence[Column | int]:
    """c0: by how many limbs; c3: the power of two."""
    return words.immediate // LIMB_BITS, 0, 0, 1 << (words.immediate % LIMB_BITS)


def _right_constants(words: Words) -> Sequence[Column | int]:
    """A right shift is a left one by less than a limb, after which ceil(amount / 16) limbs drop out: c0 is one less."""
    return (words.immediate - 1) // LIMB_BITS, 0, 0, 1 << (-words.immediate % LIMB_BITS)


def _left_fits(words: Words) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = words.immediate % LIMB_BITS <= LARGEST_POWER_BITS
    return result


def _right_fits(words: Words) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = -words.immediate % LIMB_BITS <= LARGEST_POWER_BITS
    return result


def _left_fits_in_place(words: Words) -> NDArray[np.bool_]:
    return _left_fits(words) & first_is_target(words)


def _right_fits_in_place(words: Words) -> NDArray[np.bool_]:
    return _right_fits(words) & first_is_target(words)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "slli_in_place", ("shift_left_in_place",), ("slli",), TARGET_IN_PLACE, _left_fits_in_place, _left_constants
    ),
    Operation("slli", ("shift_left",), ("slli",), TWO_REGISTERS, _left_fits, _left_constants),
    Operation(
        "srli_in_place", ("shift_right_in_place",), ("srli",), TARGET_IN_PLACE, _right_fits_in_place, _right_constants
    ),
    Operation("srli", ("shift_right",), ("srli",), TWO_REGISTERS, _right_fits, _right_constants),
)


def _value(c: Row, record: Row) -> Expression:
    value: Expression = record.rs1_value if hasattr(c, "rs1") else record.rd_old
    return value


def _source(c: Row) -> Sequence[Expression]:
    limbs: Sequence[Expression] = c.rs1.value.limbs if hasattr(c, "rs1") else c.rd.old.limbs
    return limbs


def _window(c: Row, first: int) -> Expression:
    """The limb at position `first` after limbs moved up by the selected number (first <= 3), or down (first >= 0)."""
    limbs = _source(c)
    chosen = [
        (flag, limbs[place])
        for flag, place in zip(c.limb.flags, range(first, first + 4), strict=True)
        if 0 <= place < len(limbs)
    ]
    result: Expression = reduce(add, (flag * limb for flag, limb in chosen))
    return result


def _window_up(c: Row, index: int) -> Expression:
    limbs = _source(c)
    result: Expression = reduce(add, (flag * limbs[index - up] for up, flag in enumerate(c.limb.flags) if up <= index))
    return result


class _Left(Chip):
    """What `ShiftLeft` and `ShiftLeftInPlace` have in common.

    Soundness: a limb is below 2^16 and the power at most 2^14, so limb * power + carry = result + 2^16 * (next carry)
    is an equation of integers, with a result of 16 and a carry of 14 bits: quotient and remainder. The carry out of the
    highest limb is lost.
    """

    operation: str

    def trace(self, c: Row, record: Row) -> None:
        """By whole limbs and a power of two."""
        c.set_operands(record)
        c.limb.set(record.c0)
        c.power.set(record.c3)
        c.result.set((_value(c, record) << (LIMB_BITS * record.c0)) * record.c3)

    def _carries(self, c: Row) -> list[Expression]:
        carries: list[Expression] = []
        carry: Expression | int = 0
        for index, limb in enumerate(c.result.limbs):
            following: Expression = (_window_up(c, index) * c.power + carry - limb) * INVERSE_OF_LIMB
            carries.append(following)
            carry = following
        return carries

    def constraints(self, c: Row) -> Iterator[Statement]:
        """Limb by limb."""
        yield from c.earlier()
        yield from c.limb.statements()
        carry: Expression | int = 0
        for index, (limb, following) in enumerate(zip(c.result.limbs, self._carries(c), strict=True)):
            total = _window_up(c, index) * c.power + carry
            yield integer(f"limb {index}", total == limb + 2**16 * following)
            carry = following

    def interactions(self, c: Row, bus: Ports) -> None:
        """Limbs and carries are looked up."""
        constants = [c.limb.index, 0, 0, c.power]
        c.connect(bus, operation_number(self.operation), c.result.limbs, constants)
        for index, (limb, carry) in enumerate(zip(c.result.limbs, self._carries(c), strict=True)):
            bus.ask(RANGE16, limb, name=f"result limb {index}")
            bus.ask(RANGE14, carry, name=f"carry {index}")


class ShiftLeft(_Left):
    """SLLI by a constant that is not 15 modulo 16: rd = rs1 << amount [RV64I 2.4, 4.2]."""

    operation = "slli"

    class Columns(TwoRegisters):
        limb: LimbSelector
        power: Power
        result: Word

    class Record(TwoRecord):
        c0: U64
        c3: U64


class ShiftLeftInPlace(_Left):
    """SLLI with rd = rs1 by a constant that is not 15 modulo 16: rd = rd << amount [RV64I 2.4, 4.2]."""

    operation = "slli_in_place"

    class Columns(TargetOnly):
        limb: LimbSelector
        power: Power
        result: Word

    class Record(OneInPlaceRecord):
        c0: U64
        c3: U64


class _Right(Chip):
    """What `ShiftRight` and `ShiftRightInPlace` have in common.

    rs1 * power, from the limb on below which everything drops out: dropped + 2^16 carry = limb * power, then for each
    limb of the result limb * power + carry = result + 2^16 * (next carry). Limbs further below do not matter: what they
    would carry is below the power, and limb * power is a multiple of it.

    Soundness: as `_Left`. Seen from the top every carry is an expression of the results, and what dropped out too.
    """

    operation: str

    def trace(self, c: Row, record: Row) -> None:
        """Amount = 16 (c0 + 1) - log power: two shifts, because 64 is no amount."""
        c.set_operands(record)
        c.limb.set(record.c0)
        c.power.set(record.c3)
        value, down = _value(c, record), LIMB_BITS * record.c0
        c.result.set((value >> down) // (2**LIMB_BITS // record.c3))

    def _carries(self, c: Row) -> list[Expression]:
        """Carries into the limbs of the result, from the lowest on, and out of the third, which is the highest limb."""
        limbs = c.result.limbs
        carries: list[Expression] = [limbs[3]]
        for index in (2, 1, 0):
            carries.insert(0, limbs[index] + 2**16 * carries[0] - _window(c, index + 1) * c.power)
        return carries

    def constraints(self, c: Row) -> Iterator[Statement]:
        """Limb by limb."""
        yield from c.earlier()
        yield from c.limb.statements()
        carries = self._carries(c)
        for index in range(3):
            total = _window(c, index + 1) * c.power + carries[index]
            yield integer(f"limb {index}", total == c.result.limbs[index] + 2**16 * carries[index + 1])
        dropped = _window(c, 0) * c.power - 2**16 * carries[0]
        yield integer("what drops out", _window(c, 0) * c.power == dropped + 2**16 * carries[0])

    def interactions(self, c: Row, bus: Ports) -> None:
        """Limbs and carries are looked up."""
        constants = [c.limb.index, 0, 0, c.power]
        c.connect(bus, operation_number(self.operation), c.result.limbs, constants)
        carries = self._carries(c)
        for index, carry in enumerate(carries):
            bus.ask(RANGE14, carry, name=f"carry into limb {index}")
        for index in range(3):
            bus.ask(RANGE16, c.result.limbs[index], name=f"result limb {index}")
        bus.ask(RANGE16, _window(c, 0) * c.power - 2**16 * carries[0], name="what drops out")


class ShiftRight(_Right):
    """SRLI by a constant that is not 1 modulo 16: rd = rs1 >> amount, zeros enter [RV64I 2.4, 4.2]."""

    operation = "srli"

    class Columns(TwoRegisters):
        limb: LimbSelector
        power: Power
        result: Word

    class Record(TwoRecord):
        c0: U64
        c3: U64


class ShiftRightInPlace(_Right):
    """SRLI with rd = rs1 by a constant that is not 1 modulo 16: rd = rd >> amount, zeros enter [RV64I 2.4, 4.2]."""

    operation = "srli_in_place"

    class Columns(TargetOnly):
        limb: LimbSelector
        power: Power
        result: Word

    class Record(OneInPlaceRecord):
        c0: U64
        c3: U64


def chips() -> list[Chip]:
    """The family."""
    return [ShiftLeftInPlace(), ShiftLeft(), ShiftRightInPlace(), ShiftRight()]

"""Division: div, divu, rem, remu and their word forms, one chip for quotients and one for remainders of each width.

With A and B the absolute values of the operands (the operands themselves where the instruction is unsigned), the row
holds the quotient q and the remainder r of A by B:

    q B + r = A as integers, r < B      or, where B = 0: q = 2^bits - 1, r = A
    quotient  = -q where the operands' signs differ and B is not 0, else q
    remainder = -r where the dividend is negative, else r

The manual's special cases follow (M 13.2): a quotient by zero has all bits set, a remainder by zero is the dividend,
and the smallest number divided by -1 is itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Bit, Byte
from hstar.air.expressions import Expression
from hstar.air.statements import Statement, boolean, check, integer
from hstar.air.trace_program import is_equal, select
from hstar.machine.chips.arithmetic import INVERSE_OF_LIMB
from hstar.machine.chips.common import Value, check_word
from hstar.machine.chips.multiply import carries_of, check_carries, product_limbs, product_statements
from hstar.machine.chips.operands import (
    THREE_REGISTERS,
    ThreeRecord,
    ThreeRegisters,
    check_bytes,
    limbs_of_bytes,
    set_bytes,
)
from hstar.machine.chips.tables import SIGN16
from hstar.machine.operations import Column, Operation, Words, operation_number

LIMB_BITS, LARGEST_LIMB, LARGEST_BYTE = 16, 2**16 - 1, 2**8 - 1


def _one(_: Words) -> Sequence[Column | int]:
    """c0 = by_zero + nonzero: a constraint cannot say that one of the two is 1, since on an all-zero row neither is."""
    return (1,)


OPERATIONS: tuple[Operation, ...] = tuple(
    Operation(name, (chip,), (name,), THREE_REGISTERS, constants=_one)
    for chip, names in (
        ("divide", ("divu", "div")),
        ("remainder", ("remu", "rem")),
        ("divide_word", ("divuw", "divw")),
        ("remainder_word", ("remuw", "remw")),
    )
    for name in names
)
"""The second operation of each chip is the signed one."""


class _Columns(ThreeRegisters):
    is_signed: Bit
    sign1: Bit
    sign2: Bit
    by_zero: Bit
    nonzero: Bit


class _LongColumns(_Columns):
    """Operands of four limbs."""

    dividend: Annotated[list[U16], 4]
    divisor: Annotated[list[Byte], 8]
    quotient: Annotated[list[Byte], 8]
    remainder: Annotated[list[U16], 4]
    excess: Annotated[list[U16], 4]
    result: Annotated[list[U16], 4]


class _WordColumns(_Columns):
    """Operands of two limbs; the result is sign-extended."""

    dividend: Annotated[list[U16], 2]
    divisor: Annotated[list[Byte], 4]
    quotient: Annotated[list[Byte], 4]
    remainder: Annotated[list[U16], 2]
    excess: Annotated[list[U16], 2]
    result: Annotated[list[U16], 2]
    result_sign: Bit


_AnyColumns = _LongColumns | _WordColumns


class _LongQuotient(_LongColumns):
    """Whether the quotient is negated."""

    negate: Bit


class _WordQuotient(_WordColumns):
    """Whether the quotient is negated."""

    negate: Bit


def _set_limbs(columns: Sequence[U16], value: Expression) -> None:
    for index, column in enumerate(columns):
        column.set(value >> LIMB_BITS * index & LARGEST_LIMB)


def negated_where(
    name: str, flag: Expression, source: Sequence[Expression], target: Sequence[Expression]
) -> list[Statement]:
    """target = -source modulo 2^(16 limbs) where the Bit `flag` is 1, else target = source; limbs are 16-bit numbers.

    Soundness: target + source is a multiple of 2^(16 limbs) where the flag is 1, so it is 0 or exactly that power.
    Where it is 0, target - source is one, so it is 0: a first carry of 1 would need a limb of 2^16.
    """
    statements: list[Statement] = []
    carry: Expression | int = 0
    for index, (before, after) in enumerate(zip(source, target, strict=True)):
        total = after + (2 * flag - 1) * before + carry
        carry = total * INVERSE_OF_LIMB
        statements.append(boolean(carry, name=f"{name}: carry {index} is a bit"))
        statements.append(integer(f"{name}: limb {index}", total == 2**16 * carry))
    return statements


class _Division(Chip, ABC):
    """What all four chips have in common; a subclass says what the result is.

    Soundness: A, r and the excess B - r - 1 have 16-bit limbs, B and q are bytes, and each equation is one of integers,
    limb by limb. `by_zero` is 1 exactly if B = 0: with it the sum of B's bytes vanishes; without it `nonzero` is 1, and
    r < B. q B < 2^bits because every product beyond the last limb vanishes with the last carry: they are not negative
    and their sum is below p. So q and r are the quotient and the remainder.
    """

    unsigned_operation: str
    num_limbs: int

    class Record(ThreeRecord):
        variant: U64

    def _operand(self, value: Expression) -> Expression:
        return value if self.num_limbs == 4 else value & 0xFFFFFFFF

    def _magnitude(self, record: Record, value: Expression) -> tuple[Expression, Expression]:
        """Sign and absolute value of an operand."""
        operand = self._operand(value)
        sign = record.variant * (operand >> (LIMB_BITS * self.num_limbs - 1))
        return sign, select(sign, self._operand(0 - operand), operand)

    @abstractmethod
    def _trace_result(self, c: _AnyColumns, parts: tuple[Expression, ...]) -> Expression:
        """Sets what only this chip has; the result from both signs, by_zero, q and r."""

    def trace(self, c: _AnyColumns, record: Record) -> None:
        """Divides absolute values."""
        c.set_operands(record)
        sign1, dividend = self._magnitude(record, record.rs1_value)
        sign2, divisor = self._magnitude(record, record.rs2_value)
        by_zero = is_equal(divisor, 0)
        quotient = select(by_zero, self._operand(divisor - 1), dividend // divisor)
        remainder = select(by_zero, dividend, dividend % divisor)
        for column, value in (
            (c.is_signed, record.variant),
            (c.sign1, sign1),
            (c.sign2, sign2),
            (c.by_zero, by_zero),
            (c.nonzero, 1 - by_zero),
        ):
            column.set(value)
        _set_limbs(c.dividend, dividend)
        set_bytes(c.divisor, divisor)
        set_bytes(c.quotient, quotient)
        _set_limbs(c.remainder, remainder)
        _set_limbs(c.excess, select(by_zero, 0, divisor - remainder - 1))
        result = self._trace_result(c, (sign1, sign2, by_zero, quotient, remainder))
        _set_limbs(c.result, result)
        if isinstance(c, _WordColumns):
            c.result_sign.set(result >> 31 & 1)

    def _products(self, c: _AnyColumns) -> tuple[list[Expression], list[Expression]]:
        """Limbs of q B + r before carries, and of q B beyond the width."""
        products = product_limbs(c.quotient, c.divisor, 2 * self.num_limbs)
        low = [product + limb for product, limb in zip(products, c.remainder, strict=False)]
        return low, products[self.num_limbs :]

    @abstractmethod
    def _result_statements(self, c: _AnyColumns) -> Iterator[Statement]:
        """The result from q, r and the signs."""

    def constraints(self, c: _AnyColumns) -> Iterator[Statement]:
        """Absolute values, quotient, remainder, result."""
        yield from c.earlier()
        for bit in (c.is_signed, c.sign1, c.sign2, c.by_zero, c.nonzero):
            yield boolean(bit)
        yield check("an unsigned dividend has no sign", c.sign1 == c.sign1 * c.is_signed)
        yield check("an unsigned divisor has no sign", c.sign2 == c.sign2 * c.is_signed)
        yield from negated_where("dividend", c.sign1, c.rs1.value.limbs[: self.num_limbs], c.dividend)
        yield from negated_where("divisor", c.sign2, c.rs2.value.limbs[: self.num_limbs], limbs_of_bytes(c.divisor))
        yield from self._quotient_statements(c)
        yield from self._excess_statements(c)
        yield from self._result_statements(c)

    def _quotient_statements(self, c: _AnyColumns) -> Iterator[Statement]:
        low, high = self._products(c)
        yield from product_statements(low, c.dividend, "q B + r")
        yield integer("q B has no more limbs", reduce(add, high, carries_of(low, c.dividend)[-1]) == 0)
        yield check("by zero, B is 0", c.by_zero * reduce(add, c.divisor))
        for index, byte in enumerate(c.quotient):
            yield check(f"by zero, byte {index} of q is full", c.by_zero * (byte - LARGEST_BYTE))

    def _excess_statements(self, c: _AnyColumns) -> Iterator[Statement]:
        """r + excess + 1 = B; by zero, 0 + excess + 0 = B."""
        carry: Expression = c.nonzero
        for index, (remainder, excess, divisor) in enumerate(
            zip(c.remainder, c.excess, limbs_of_bytes(c.divisor), strict=True)
        ):
            total = c.nonzero * remainder + excess + carry
            carry = (total - divisor) * INVERSE_OF_LIMB
            yield boolean(carry, name=f"r < B: carry {index} is a bit")
            yield integer(f"r < B: limb {index}", total == divisor + 2**16 * carry)
        yield check("r < B", carry)

    def interactions(self, c: _AnyColumns, bus: Ports) -> None:
        """Ranges of everything that was not read."""
        top = self.num_limbs - 1
        new: list[Value] = list(c.result)
        if isinstance(c, _WordColumns):
            new += [LARGEST_LIMB * c.result_sign] * 2
            bus.ask(SIGN16, c.result[top], c.result_sign, name="sign of the result")
        operation = operation_number(self.unsigned_operation) + c.is_signed
        c.connect(bus, operation, new, [c.by_zero + c.nonzero])
        bus.ask(SIGN16, c.rs1.value.limbs[top], c.sign1, multiplicity=c.is_signed, name="sign of rs1")
        bus.ask(SIGN16, c.rs2.value.limbs[top], c.sign2, multiplicity=c.is_signed, name="sign of rs2")
        check_bytes(bus, "divisor", c.divisor)
        check_bytes(bus, "quotient", c.quotient)
        for name, limbs in (("dividend", c.dividend), ("remainder", c.remainder), ("excess", c.excess)):
            check_word(bus, name, limbs)
        check_word(bus, "result", c.result)
        check_carries(bus, carries_of(self._products(c)[0], c.dividend), "q B + r")


class _Quotient(_Division):
    """The result is the quotient."""

    def _trace_result(self, c: Row, parts: tuple[Expression, ...]) -> Expression:
        sign1, sign2, by_zero, quotient, _ = parts
        negate = (sign1 ^ sign2) * (1 - by_zero)
        c.negate.set(negate)
        return select(negate, 0 - quotient, quotient)

    def _result_statements(self, c: Row) -> Iterator[Statement]:
        differ = c.sign1 + c.sign2 - 2 * c.sign1 * c.sign2
        yield boolean(c.negate)
        yield check("when the quotient is negated", c.negate == differ * c.nonzero)
        yield from negated_where("result", c.negate, limbs_of_bytes(c.quotient), c.result)


class _Remainder(_Division):
    """The result is the remainder."""

    def _trace_result(self, c: _AnyColumns, parts: tuple[Expression, ...]) -> Expression:
        sign1, _, _, _, remainder = parts
        return select(sign1, 0 - remainder, remainder)

    def _result_statements(self, c: _AnyColumns) -> Iterator[Statement]:
        yield from negated_where("result", c.sign1, c.remainder, c.result)


class Divide(_Quotient):
    """DIVU, DIV [M 13.2]."""

    unsigned_operation, num_limbs = "divu", 4

    class Columns(_LongQuotient):
        pass


class Remainder(_Remainder):
    """REMU, REM [M 13.2]."""

    unsigned_operation, num_limbs = "remu", 4

    class Columns(_LongColumns):
        pass


class DivideWord(_Quotient):
    """DIVUW, DIVW: of the low 32 bits, the result sign-extended [M 13.2]."""

    unsigned_operation, num_limbs = "divuw", 2

    class Columns(_WordQuotient):
        pass


class RemainderWord(_Remainder):
    """REMUW, REMW: of the low 32 bits, the result sign-extended [M 13.2]."""

    unsigned_operation, num_limbs = "remuw", 2

    class Columns(_WordColumns):
        pass


def chips() -> list[Chip]:
    """The family."""
    return [Divide(), Remainder(), DivideWord(), RemainderWord()]

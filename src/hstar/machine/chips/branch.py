"""Conditional branches. The program row gives the word index of the target; where it has none, it is NOWHERE.

What each chip decides is whether the branch is taken; `next pc = pc + 1 + taken (target - pc - 1)` goes on the bus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U64, Bit
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean, check
from hstar.air.trace_program import field_inverse, select
from hstar.machine.chips.buses import LIMBS
from hstar.machine.chips.common import FIRST, SECOND, CpuState, RegisterRead
from hstar.machine.chips.comparison import Comparison, Inequality, Sign, less_signed, less_unsigned, limb_of
from hstar.machine.operations import Accesses, Column, Operation, Words, operation_number, target_index


def _target(words: Words) -> Sequence[Column | int]:
    return 0, 0, target_index(words)


def _second_is_zero(words: Words) -> NDArray[np.bool_]:
    return np.equal(words.rs2, 0)


def _first_is_zero(words: Words) -> NDArray[np.bool_]:
    return np.equal(words.rs1, 0)


def _other_operand(words: Words) -> tuple[Column | int, Column | int, Column | int]:
    return 0, np.where(_second_is_zero(words), words.rs1, words.rs2), 0


def _against_zero(words: Words) -> NDArray[np.bool_]:
    return _first_is_zero(words) | _second_is_zero(words)


_TWO = Accesses.RS1 | Accesses.RS2
OPERATIONS: tuple[Operation, ...] = (
    Operation("bnez", ("branch_zero",), ("bne",), Accesses.RS1, _against_zero, _target, _other_operand),
    Operation("beqz", ("branch_zero",), ("beq",), Accesses.RS1, _against_zero, _target, _other_operand),
    Operation("bne", ("branch_equal",), ("bne",), _TWO, constants=_target),
    Operation("beq", ("branch_equal",), ("beq",), _TWO, constants=_target),
    Operation("bltu", ("branch_less_unsigned",), ("bltu",), _TWO, constants=_target),
    Operation("bgeu", ("branch_less_unsigned",), ("bgeu",), _TWO, constants=_target),
    Operation("blt", ("branch_less_signed",), ("blt",), _TWO, constants=_target),
    Operation("bge", ("branch_less_signed",), ("bge",), _TWO, constants=_target),
)


class _Branch:
    """State, target, and whether the branch is taken when the condition does *not* hold: 4 columns."""

    cpu: CpuState
    target: Felt
    negated: Bit

    def set(self, record: Row) -> None:
        """In `trace`."""
        self.cpu.set(record.pc, record.clock)
        self.target.set(record.c2)
        self.negated.set(record.variant)

    def statement(self) -> Statement:
        """Soundness: without it, `first operation + negated` could be any other chip's operation."""
        return boolean(self.negated)

    def connect(self, bus: Ports, first_operation: str, condition: Expression, **operands: Expression) -> None:
        """Fetches the operation or the one after it, and goes to the target or on."""
        operation = operation_number(first_operation) + self.negated
        self.cpu.fetch(bus, operation, constants=(0, 0, self.target), **operands)
        taken = condition + self.negated - 2 * condition * self.negated
        following = self.cpu.pc + 1
        self.cpu.advance(bus, following + taken * (self.target - following))


class BranchZero(Chip):
    """BEQ, BNE with x0.

    Soundness: the limbs are 16-bit numbers, so their sum is 0 in the field exactly if all are 0. A sum that is not 0
    forces `nonzero` to 1; for 0 it is 0. The inverse is 0 where the sum is.
    """

    class Columns:
        branch: _Branch
        rs1: RegisterRead
        nonzero: Felt
        inverse: Felt

    class Record:
        pc: U64
        clock: U64
        variant: U64
        c2: U64
        rs1: U64
        rs1_value: U64
        rs1_time: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The sum of the limbs and its inverse."""
        c.branch.set(record)
        c.rs1.set(record.rs1, record.rs1_value, record.rs1_time)
        total = limb_of(record.rs1_value, 0)
        for index in range(1, LIMBS):
            total = total + limb_of(record.rs1_value, index)
        c.nonzero.set(select(record.rs1_value, 1, 0))
        c.inverse.set(field_inverse(total))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """nonzero."""
        yield c.branch.statement()
        yield c.rs1.earlier("rs1", c.branch.cpu.clock + FIRST)
        low, second, third, high = c.rs1.value.limbs
        total = low + second + third + high
        yield check("nonzero is shown by an inverse", c.nonzero == total * c.inverse)
        yield check("zero, or nonzero is 1", total * (1 - c.nonzero))
        yield check("the inverse of 0 is 0", c.inverse * (1 - c.nonzero))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads rs1."""
        c.branch.connect(bus, "bnez", c.nonzero, rs1=c.rs1.key)
        c.rs1.connect(bus, "rs1", c.branch.cpu.clock + FIRST)


class _TwoOperands:
    """First columns of a branch that compares two registers."""

    branch: _Branch
    rs1: RegisterRead
    rs2: RegisterRead

    def set(self, record: Row) -> None:
        """In `trace`."""
        self.branch.set(record)
        self.rs1.set(record.rs1, record.rs1_value, record.rs1_time)
        self.rs2.set(record.rs2, record.rs2_value, record.rs2_time)

    def statements(self) -> Iterator[Statement]:
        """In `constraints`."""
        yield self.branch.statement()
        yield self.rs1.earlier("rs1", self.branch.cpu.clock + FIRST)
        yield self.rs2.earlier("rs2", self.branch.cpu.clock + SECOND)

    def connect(self, bus: Ports, first_operation: str, condition: Expression) -> None:
        """In `interactions`: fetches, reads both, and goes on."""
        self.branch.connect(bus, first_operation, condition, rs1=self.rs1.key, rs2=self.rs2.key)
        self.rs1.connect(bus, "rs1", self.branch.cpu.clock + FIRST)
        self.rs2.connect(bus, "rs2", self.branch.cpu.clock + SECOND)


class _TwoOperandsRecord(BranchZero.Record):
    """Record of such a branch."""

    rs2: U64
    rs2_value: U64
    rs2_time: U64


class BranchEqual(Chip):
    """BEQ, BNE. Soundness: `Inequality` determines whether the words differ."""

    class Columns(_TwoOperands):
        inequality: Inequality

    class Record(_TwoOperandsRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Two words and how they differ."""
        c.set(record)
        c.inequality.set(record.rs1_value, record.rs2_value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """differs."""
        yield from c.statements()
        yield from c.inequality.statements(c.rs1.value.limbs, c.rs2.value.limbs)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads rs1 and rs2."""
        c.connect(bus, "bne", c.inequality.differs)


class BranchLessUnsigned(Chip):
    """BLTU, BGEU. Soundness: `Comparison` determines which word is smaller."""

    class Columns(_TwoOperands):
        comparison: Comparison

    class Record(_TwoOperandsRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Two words and where they differ."""
        c.set(record)
        c.comparison.set(record.rs1_value, record.rs2_value, less_unsigned(record.rs1_value, record.rs2_value))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """is_less."""
        yield from c.statements()
        yield from c.comparison.statements(c.rs1.value.limbs, c.rs2.value.limbs)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads rs1 and rs2."""
        c.connect(bus, "bltu", c.comparison.is_less)
        c.comparison.connect(bus, c.rs1.value.limbs, c.rs2.value.limbs)


class BranchLessSigned(Chip):
    """BLT, BGE. Soundness: `Sign` determines the signed top limbs, `Comparison` which word is smaller."""

    class Columns(_TwoOperands):
        sign1: Sign
        sign2: Sign
        comparison: Comparison

    class Record(_TwoOperandsRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Two words, their signs, and where they differ."""
        c.set(record)
        c.sign1.set(record.rs1_value)
        c.sign2.set(record.rs2_value)
        c.comparison.set(record.rs1_value, record.rs2_value, less_signed(record.rs1_value, record.rs2_value))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """is_less."""
        yield from c.statements()
        yield c.sign1.statement("rs1")
        yield c.sign2.statement("rs2")
        yield from c.comparison.statements(*self._signed(c))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Reads rs1 and rs2."""
        c.connect(bus, "blt", c.comparison.is_less)
        c.sign1.connect(bus, "rs1", c.rs1.value.limbs)
        c.sign2.connect(bus, "rs2", c.rs2.value.limbs)
        c.comparison.connect(bus, *self._signed(c))

    def _signed(self, c: Columns) -> tuple[list[Expression], list[Expression]]:
        return c.sign1.signed(c.rs1.value.limbs), c.sign2.signed(c.rs2.value.limbs)


def chips() -> list[Chip]:
    """In the order of OPERATIONS."""
    return [BranchZero(), BranchEqual(), BranchLessUnsigned(), BranchLessSigned()]

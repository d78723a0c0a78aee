"""Addition and subtraction: add, sub, addi, addw, subw, addiw."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Bit, Word
from hstar.air.expressions import Expression
from hstar.air.statements import Statement, boolean
from hstar.machine.chips.arithmetic import sum_of_words, sum_with_immediate
from hstar.machine.chips.common import Value, check_word
from hstar.machine.chips.operands import (
    TARGET_IN_PLACE,
    THREE_REGISTERS,
    TWO_IN_PLACE,
    TWO_REGISTERS,
    Immediate,
    OneInPlaceRecord,
    TargetOnly,
    ThreeRecord,
    ThreeRegisters,
    TwoInPlace,
    TwoInPlaceRecord,
    TwoRecord,
    TwoRegisters,
    either_is_target,
    first_is_target,
    immediate_constant,
    other_operand,
)
from hstar.machine.chips.tables import RANGE16, SIGN16
from hstar.machine.operations import Operation, operation_number

UPPER = 2**16 - 1

OPERATIONS: tuple[Operation, ...] = (
    Operation("add_in_place", ("add_in_place",), ("add",), TWO_IN_PLACE, either_is_target, operands=other_operand),
    Operation("add", ("add",), ("add",), THREE_REGISTERS),
    Operation("sub", ("add",), ("sub",), THREE_REGISTERS),
    Operation(
        "addi_in_place", ("add_immediate_in_place",), ("addi",), TARGET_IN_PLACE, first_is_target, immediate_constant
    ),
    Operation("addi", ("add_immediate",), ("addi",), TWO_REGISTERS, constants=immediate_constant),
    Operation("addw", ("add_word",), ("addw",), THREE_REGISTERS),
    Operation("subw", ("add_word",), ("subw",), THREE_REGISTERS),
    Operation("addiw", ("add_word_immediate",), ("addiw",), TWO_REGISTERS, constants=immediate_constant),
)


class HalfWord:
    """A 32-bit result that is sign-extended to 64 bits: 3 columns, 2 lookups."""

    low: U16
    high: U16
    sign: Bit

    def set(self, value: Expression) -> None:
        """In `trace`: from the low 32 bits of an integer."""
        self.low.set(value & 0xFFFF)
        self.high.set(value >> 16 & 0xFFFF)
        self.sign.set(value >> 31 & 1)

    @property
    def limbs(self) -> list[Value]:
        """All four limbs of the extended word."""
        return [self.low, self.high, UPPER * self.sign, UPPER * self.sign]

    def check(self, bus: Ports) -> None:
        """Both limbs are 16-bit numbers, and the sign is the highest bit."""
        bus.ask(RANGE16, self.low, name="result limb 0")
        bus.ask(SIGN16, self.high, self.sign, name="result limb 1")


class Add(Chip):
    """ADD, SUB: rd = rs1 + rs2, rd = rs1 - rs2 modulo 2^64 [RV64I 2.4].

    Soundness: a difference is the sum that gives rs1 back: result + rs2 = rs1.
    """

    class Columns(ThreeRegisters):
        is_sub: Bit
        result: Word

    class Record(ThreeRecord):
        variant: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Variant 1 subtracts."""
        c.set_operands(record)
        c.is_sub.set(record.variant)
        c.result.set(record.rs1_value + record.rs2_value - 2 * record.variant * record.rs2_value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """One of rs1 and the result is the sum of the other one and rs2."""
        yield from c.earlier()
        yield boolean(c.is_sub)
        rs1, result = c.rs1.value.limbs, c.result.limbs
        yield from sum_of_words(_choose(c.is_sub, result, rs1), c.rs2.value.limbs, _choose(c.is_sub, rs1, result))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is range-checked."""
        c.connect(bus, operation_number("add") + c.is_sub, c.result.limbs)
        check_word(bus, "result", c.result.limbs)


def _choose(flag: Expression, if_one: list[U16], if_zero: list[U16]) -> list[Expression]:
    return [other + flag * (one - other) for one, other in zip(if_one, if_zero, strict=True)]


class AddInPlace(Chip):
    """ADD with rd among the operands: rd = rd + rs2 modulo 2^64 [RV64I 2.4]."""

    class Columns(TwoInPlace):
        result: Word

    class Record(TwoInPlaceRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """One sum."""
        c.set_operands(record)
        c.result.set(record.rd_old + record.rs2_value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb."""
        yield from c.earlier()
        yield from sum_of_words(c.rd.old.limbs, c.rs2.value.limbs, c.result.limbs)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is range-checked."""
        c.connect(bus, operation_number("add_in_place"), c.result.limbs)
        check_word(bus, "result", c.result.limbs)


class _AddImmediate(Chip):
    """What both chips of ADDI have in common.

    Soundness: the immediate is one field element, -2^11 .. 2^11 - 1, so carries go from -1 to 1.
    """

    operation: str

    def trace(self, c: Row, record: Row) -> None:
        """One sum."""
        c.set_operands(record)
        c.immediate.set_from(record.c0)
        c.result.set(c.operand_of(record) + record.immediate)

    def constraints(self, c: Row) -> Iterator[Statement]:
        """Limb by limb."""
        yield from c.earlier()
        yield from sum_with_immediate(c.operand.limbs, c.immediate.number, c.result.limbs)

    def interactions(self, c: Row, bus: Ports) -> None:
        """The result is range-checked."""
        c.connect(bus, operation_number(self.operation), c.result.limbs, [c.immediate.looked_up])
        check_word(bus, "result", c.result.limbs)


class AddImmediate(_AddImmediate):
    """ADDI: rd = rs1 + immediate modulo 2^64 [RV64I 2.4]."""

    operation = "addi"

    class Columns(TwoRegisters):
        immediate: Immediate
        result: Word

    class Record(TwoRecord):
        c0: U64
        immediate: U64


class AddImmediateInPlace(_AddImmediate):
    """ADDI with rd = rs1: rd = rd + immediate modulo 2^64 [RV64I 2.4]."""

    operation = "addi_in_place"

    class Columns(TargetOnly):
        immediate: Immediate
        result: Word

    class Record(OneInPlaceRecord):
        c0: U64
        immediate: U64


class AddWord(Chip):
    """ADDW, SUBW: the low 32 bits of rs1 + rs2 or rs1 - rs2, sign-extended [RV64I 4.2]."""

    class Columns(ThreeRegisters):
        is_sub: Bit
        result: HalfWord

    class Record(ThreeRecord):
        variant: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Variant 1 subtracts."""
        c.set_operands(record)
        c.is_sub.set(record.variant)
        c.result.set(record.rs1_value + record.rs2_value - 2 * record.variant * record.rs2_value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """As for ADD, on two limbs."""
        yield from c.earlier()
        yield boolean(c.is_sub)
        rs1, result = c.rs1.value.limbs[:2], [c.result.low, c.result.high]
        right = c.rs2.value.limbs[:2]
        yield from sum_of_words(_choose(c.is_sub, result, rs1), right, _choose(c.is_sub, rs1, result))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is range-checked, its sign looked up."""
        c.connect(bus, operation_number("addw") + c.is_sub, c.result.limbs)
        c.result.check(bus)


class AddWordImmediate(Chip):
    """ADDIW: the low 32 bits of rs1 + immediate, sign-extended [RV64I 4.2]."""

    class Columns(TwoRegisters):
        immediate: Immediate
        result: HalfWord

    class Record(TwoRecord):
        c0: U64
        immediate: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One sum."""
        c.set_operands(record)
        c.immediate.set_from(record.c0)
        c.result.set(record.rs1_value + record.immediate)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Two limbs."""
        yield from c.earlier()
        yield from sum_with_immediate(c.rs1.value.limbs[:2], c.immediate.number, [c.result.low, c.result.high])

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The result is range-checked, its sign looked up."""
        c.connect(bus, operation_number("addiw"), c.result.limbs, [c.immediate.looked_up])
        c.result.check(bus)


def chips() -> list[Chip]:
    """The family."""
    return [AddInPlace(), Add(), AddImmediateInPlace(), AddImmediate(), AddWord(), AddWordImmediate()]

"""AND, OR and XOR of registers, and with immediates. One chip for each operation, so that no selector is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Byte
from hstar.air.expressions import Expression
from hstar.air.statements import Statement
from hstar.machine.chips.buses import BYTES, RegisterKey, Time
from hstar.machine.chips.common import RegisterWrite, Value, access, earlier
from hstar.machine.chips.operands import (
    TARGET_IN_PLACE,
    THREE_REGISTERS,
    TWO_IN_PLACE,
    TWO_REGISTERS,
    ByteRegister,
    OneInPlaceRecord,
    Operands,
    ThreeRecord,
    TwoInPlaceRecord,
    TwoRecord,
    either_is_target,
    first_is_target,
    limbs_of_bytes,
    other_operand,
    set_bytes,
)
from hstar.machine.operations import Column, Operation, Words, operation_number

NAMES = ("and", "or", "xor")
UPPER = 2**16 - 1


def _computed(name: str, first: Expression, second: Expression) -> Expression:
    """In `trace`: the operation on integers."""
    match name:
        case "and":
            return first & second
        case "or":
            return first | second
        case _:
            return first ^ second


def _ask(bus: Ports, name: str, left: Expression, right: Expression, result: Expression, label: str) -> None:
    """Asks that result = left `name` right for bytes; the other two operations follow from it.

    Soundness: left + right = AND + OR and XOR = OR - AND, so that any one of the three says what the others are.
    """
    match name:
        case "and":
            values = (result, left + right - result, left + right - 2 * result)
        case "or":
            values = (left + right - result, result, 2 * result - left - right)
        case _:
            half = (2**31 - 2**24 + 2) // 2  # 1/2 modulo p
            values = ((left + right - result) * half, (left + right + result) * half, result)
    bus.ask(BYTES, left, right, *values, name=label)


class _Bitwise(Chip):
    """What the chips on registers have in common.

    Soundness: the operation table knows pairs of bytes only, so operands and result are bytes; the operands' limbs are
    known to be two bytes each because memory holds 16-bit limbs that equal them in the field.
    """

    suffix: str

    def __init__(self, operation: str) -> None:
        self._operation = operation

    @property
    def name(self) -> str:
        """`and`, `and_in_place`, ..."""
        return self._operation + self.suffix

    def trace(self, c: Row, record: Row) -> None:
        """Byte by byte."""
        c.set_operands(record)
        set_bytes(c.result, _computed(self._operation, c.operand_of(record), record.rs2_value))

    def constraints(self, c: Row) -> Iterator[Statement]:
        """The order of accesses; the rest are lookups."""
        yield from c.earlier()

    def interactions(self, c: Row, bus: Ports) -> None:
        """Eight lookups."""
        c.connect(bus, operation_number(self.name), limbs_of_bytes(c.result))
        for index in range(8):
            _ask(bus, self._operation, c.operand.bytes[index], c.rs2.bytes[index], c.result[index], f"byte {index}")


class BitwiseRegister(_Bitwise):
    """AND, OR, XOR: rd = rs1 op rs2 [RV64I 2.4]."""

    suffix = ""

    class Columns(Operands):
        rs1: ByteRegister
        rs2: ByteRegister
        rd: RegisterWrite
        result: Annotated[list[Byte], 8]

    class Record(ThreeRecord):
        pass


class BitwiseInPlace(_Bitwise):
    """AND, OR, XOR with rd among the operands: rd = rd op rs2 [RV64I 2.4]."""

    suffix = "_in_place"

    class Columns(Operands):
        rs2: ByteRegister
        rd: ByteRegister
        result: Annotated[list[Byte], 8]

    class Record(TwoInPlaceRecord):
        pass


class LowBytes:
    """A register of which only the lowest limb is split: 8 columns."""

    key: RegisterKey
    bytes: Annotated[list[Byte], 2]
    upper: Annotated[list[U16], 3]
    time: Time

    def set(self, key: Expression, value: Expression, time: Expression) -> None:
        """Key, value, time of the last access."""
        self.key.set(key)
        set_bytes(self.bytes, value)
        for index, limb in enumerate(self.upper, 1):
            limb.set(value >> (16 * index) & 0xFFFF)
        self.time.set(time)

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, now: Expression, new: Sequence[Value] | None = None) -> None:
        """The value stays, or `new` replaces it."""
        old = [*limbs_of_bytes(self.bytes), *self.upper]
        access(bus, name, self.key, (self.time, now), old, old if new is None else new)


def _upper_limb(name: str, limb: Expression, *, negative: bool) -> Value:
    """Upper limb of the result; the immediate's upper bits are all 0, or all 1 where it is negative."""
    if not negative:
        return 0 if name == "and" else limb
    values: dict[str, Value] = {"and": limb, "or": UPPER, "xor": UPPER - limb}
    return values[name]


class _Immediate(Chip):
    """What the chips with immediates have in common: the lowest limb is looked up, the others follow from the sign.

    Soundness: c0 is the low limb of the immediate and equals two numbers that are looked up as bytes.
    """

    def __init__(self, operation: str, *, negative: bool, in_place: bool) -> None:
        self._operation, self._negative, self._in_place = operation, negative, in_place

    @property
    def name(self) -> str:
        """`andi`, `andi_negative_in_place`, ..."""
        return _immediate_name(self._operation, negative=self._negative, in_place=self._in_place)

    def trace(self, c: Row, record: Row) -> None:
        """Two bytes."""
        c.set_operands(record)
        set_bytes(c.immediate, record.c0)
        set_bytes(c.result, _computed(self._operation, c.operand_of(record), record.c0))

    def constraints(self, c: Row) -> Iterator[Statement]:
        """The order of accesses; the rest are lookups."""
        yield from c.earlier()

    def interactions(self, c: Row, bus: Ports) -> None:
        """Two lookups."""
        source = c.operand
        upper = [_upper_limb(self._operation, limb, negative=self._negative) for limb in source.upper]
        new = [*limbs_of_bytes(c.result), *upper]
        c.connect(bus, operation_number(self.name), new, limbs_of_bytes(c.immediate))
        for index in range(2):
            _ask(bus, self._operation, source.bytes[index], c.immediate[index], c.result[index], f"byte {index}")


class BitwiseImmediate(_Immediate):
    """ANDI, ORI, XORI: rd = rs1 op immediate [RV64I 2.4]. One chip for each operation and sign."""

    class Columns(Operands):
        rs1: LowBytes
        rd: RegisterWrite
        immediate: Annotated[list[Byte], 2]
        result: Annotated[list[Byte], 2]

    class Record(TwoRecord):
        c0: U64


class BitwiseImmediateInPlace(_Immediate):
    """ANDI, ORI, XORI with rd = rs1 [RV64I 2.4]. One chip for each operation and sign."""

    class Columns(Operands):
        rd: LowBytes
        immediate: Annotated[list[Byte], 2]
        result: Annotated[list[Byte], 2]

    class Record(OneInPlaceRecord):
        c0: U64


def _immediate_name(operation: str, *, negative: bool, in_place: bool) -> str:
    return f"{operation}i" + "_negative" * negative + "_in_place" * in_place


def _low_limb(words: Words) -> Sequence[Column | int]:
    """c0: the low limb of the immediate."""
    return (words.immediate & 0xFFFF,)


def _is_negative(words: Words) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = words.immediate < 0
    return result


def _is_negative_in_place(words: Words) -> NDArray[np.bool_]:
    return _is_negative(words) & first_is_target(words)


def _immediate_operations(name: str) -> Iterator[Operation]:
    conditions = {
        (True, True): _is_negative_in_place,
        (True, False): _is_negative,
        (False, True): first_is_target,
        (False, False): None,
    }
    for (negative, in_place), condition in conditions.items():
        own = _immediate_name(name, negative=negative, in_place=in_place)
        accesses = TARGET_IN_PLACE if in_place else TWO_REGISTERS
        if condition is None:
            yield Operation(own, (own,), (f"{name}i",), accesses, constants=_low_limb)
        else:
            yield Operation(own, (own,), (f"{name}i",), accesses, condition, _low_limb)


def _register_operations(name: str) -> Iterator[Operation]:
    own = f"{name}_in_place"
    yield Operation(own, (own,), (name,), TWO_IN_PLACE, either_is_target, operands=other_operand)
    yield Operation(name, (name,), (name,), THREE_REGISTERS)


OPERATIONS: tuple[Operation, ...] = tuple(
    operation for name in NAMES for operation in (*_register_operations(name), *_immediate_operations(name))
)


def chips() -> list[Chip]:
    """The family."""
    result: list[Chip] = []
    for name in NAMES:
        result += [BitwiseInPlace(name), BitwiseRegister(name)]
        for negative in (True, False):
            result += [
                BitwiseImmediateInPlace(name, negative=negative, in_place=True),
                BitwiseImmediate(name, negative=negative, in_place=False),
            ]
    return result

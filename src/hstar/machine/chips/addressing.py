"""Effective addresses: rs1 + immediate as the key of a doubleword and an offset in it.

Memory's keys are doubleword indices + 1, so an address is never a field element by itself (2^32 > p). Limb 0 of the
address is 8 * quotient + offset with a 13-bit quotient that is looked up: so the offset is the address modulo 8, from
whatever bits the chip makes it. The upper limbs of an effective address are 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Row
from hstar.air.columns import Bit
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean, check, integer, less_than, one_of
from hstar.air.trace_program import is_equal, select
from hstar.field.koala_bear import MODULUS
from hstar.machine.chips.arithmetic import INVERSE_OF_LIMB
from hstar.machine.chips.common import SECOND, MemoryAccess, PointerRead, RegisterRead, Value, access
from hstar.machine.chips.operands import Immediate, Operands
from hstar.machine.chips.tables import RANGE13, RANGE16
from hstar.machine.operations import operation_number

INVERSE_OF_8, INVERSE_OF_256 = pow(8, -1, MODULUS), pow(256, -1, MODULUS)
QUOTIENTS = 2**13


def signed_carry(carry: Expression) -> tuple[Expression, Expression]:
    """(shifted, carry) for a carry that is to be -1, 0 or 1: the first is what `one_of` bounds."""
    shifted = carry + 1
    return shifted, shifted - 1


def low_carry(value: Expression, constant: Expression) -> Expression:
    """In `trace`: the carry, as a field element, of limb 0 of `value` plus the immediate looked up as `constant`."""
    total = (value & 0xFFFF) + constant + (2**16 - 2**11)
    return ((total >> 16) + (MODULUS - 1)) % MODULUS


def address_of(record: Row) -> Expression:
    """In `trace`: the effective address, modulo 2^64."""
    address: Expression = record.rs1_value + record.immediate
    return address


class NarrowAddress:
    """rs1 + immediate for rs1 below 2^32: 2 columns, 1 interaction.

    Soundness: the carry out of limb 0 is -1, 0 or 1. Limb 1 with it is -1 .. 2^16; at both ends the key, an integer
    below p in absolute value, belongs to no word: keys 2^29 + 1 .. 2^29 + 2^13 stand empty before the registers.
    """

    immediate: Immediate
    carry: Felt

    def set(self, record: Row) -> None:
        """In `trace`."""
        self.immediate.set_from(record.c0)
        self.carry.set(low_carry(record.rs1_value, record.c0))

    def statements(self, pointer: PointerRead, offset: Value) -> Iterator[Statement]:
        """In `constraints`; offset: the address modulo 8."""
        shifted, carry = signed_carry(self.carry)
        yield one_of(shifted, (0, 1, 2), name="carry of the address is -1, 0 or 1")
        total = pointer.low + self.immediate.number
        quotient = self._quotient(pointer, offset)
        yield integer("limb 0 of the address", total == 8 * quotient + offset + 2**16 * carry)

    def _quotient(self, pointer: PointerRead, offset: Value) -> Expression:
        return (self.immediate + pointer.low - 2**16 * self.carry - offset) * INVERSE_OF_8

    def key(self, bus: Ports, pointer: PointerRead, offset: Value) -> Expression:
        """In `interactions`: the key of the doubleword."""
        quotient = self._quotient(pointer, offset)
        bus.ask(RANGE13, quotient, name="address limb 0")
        return quotient + QUOTIENTS * (pointer.high + self.carry) + 1


class NarrowAccess(Operands):
    """First columns of a chip for aligned accesses of one width, and the three parts of such a chip.

    A chip that stores says so by `memory_tick`.
    """

    rs1: PointerRead
    address: NarrowAddress
    memory: MemoryAccess
    memory_tick = SECOND

    def set_access(self, record: Row) -> None:
        """In `trace`."""
        self.set_operands(record)
        self.address.set(record)
        self.memory.set(record.memory_old, record.memory_time)

    def access_statements(self, offset: Value) -> Iterator[Statement]:
        """In `constraints`; offset: the address modulo 8."""
        yield from self.earlier()
        yield self.memory.earlier("memory", self.cpu.clock + self.memory_tick)
        yield from self.address.statements(self.rs1, offset)

    def connect_access(
        self,
        bus: Ports,
        name: str,
        offset: Value,
        *,
        loaded: Sequence[Value] = (),
        stored: Sequence[Value] | None = None,
    ) -> None:
        """In `interactions`: everything; limbs of the loaded value, or of the doubleword after a store."""
        self.connect(bus, operation_number(name), loaded, [self.address.immediate.looked_up])
        key, now = self.address.key(bus, self.rs1, offset), self.cpu.clock + self.memory_tick
        self.memory.connect(bus, "memory", key, now, stored)


class WideAddress:
    """rs1 + immediate for any rs1 whose sum is below 2^32: 3 columns, 2 interactions.

    Soundness: limb 0 as in `NarrowAddress`, limb 1 is looked up, and limbs 2 and 3 of the sum are 0 modulo 2^64: their
    carries -1, 0 or 1 are determined one after the other.
    """

    immediate: Immediate
    carries: Annotated[list[Felt], 2]

    def set(self, record: Row) -> None:
        """In `trace`."""
        self.immediate.set_from(record.c0)
        first = low_carry(record.rs1_value, record.c0)
        self.carries[0].set(first)
        shifted = (record.rs1_value >> 16 & 0xFFFF) + 2**16 + (first + 1) % MODULUS - 1
        self.carries[1].set(((shifted >> 16) + (MODULUS - 1)) % MODULUS)

    def statements(self, pointer: RegisterRead, offset: Value) -> Iterator[Statement]:
        """In `constraints`; offset: the address modulo 8."""
        limbs = pointer.value.limbs
        carries: list[Expression] = []
        for index, column in enumerate(self.carries):
            shifted, carry = signed_carry(column)
            carries.append(carry)
            yield one_of(shifted, (0, 1, 2), name=f"carry {index} of the address is -1, 0 or 1")
        total = limbs[0] + self.immediate.number
        quotient = self._quotient(pointer, offset)
        yield integer("limb 0 of the address", total == 8 * quotient + offset + 2**16 * carries[0])
        yield integer("limb 1 of the address", limbs[1] + carries[0] == self._high(pointer) + 2**16 * carries[1])
        carry = carries[1]
        for index in (2, 3):
            total = limbs[index] + carry
            shifted, carry = signed_carry(total * INVERSE_OF_LIMB)
            yield one_of(shifted, (0, 1, 2), name=f"limb {index} of the address is 0")
            yield integer(f"limb {index} of the address", total == 2**16 * carry)

    def _quotient(self, pointer: RegisterRead, offset: Value) -> Expression:
        return (pointer.value.limbs[0] + self.immediate - 2**16 * self.carries[0] - offset) * INVERSE_OF_8

    def _high(self, pointer: RegisterRead) -> Expression:
        return self.carries[0] + pointer.value.limbs[1] - 2**16 * self.carries[1]

    def key(self, bus: Ports, pointer: RegisterRead, offset: Value) -> Expression:
        """In `interactions`: the key of the (first) doubleword."""
        quotient = self._quotient(pointer, offset)
        bus.ask(RANGE13, quotient, name="address limb 0")
        bus.ask(RANGE16, self._high(pointer), name="address limb 1")
        return quotient + QUOTIENTS * self._high(pointer) + 1


class LimbSelector:
    """Which limb of four: 3 columns. No bit is set for limb 0."""

    bits: Annotated[list[Bit], 3]

    def set(self, index: Expression) -> None:
        """In `trace`: 0 .. 3."""
        for position, bit in enumerate(self.bits, 1):
            high, low = position >> 1, position & 1
            bit.set((index >> 1 if high else 1 - (index >> 1)) * (index & 1 if low else 1 - (index & 1)))

    def statements(self) -> Iterator[Statement]:
        """At most one bit is set."""
        for bit in self.bits:
            yield boolean(bit)
        yield boolean(self.some, name="at most one limb is selected")

    @property
    def some(self) -> Expression:
        """1 unless limb 0 is selected."""
        return reduce(add, self.bits)

    @property
    def index(self) -> Expression:
        """0 .. 3."""
        return self.bits[0] + 2 * self.bits[1] + 3 * self.bits[2]

    @property
    def flags(self) -> list[Expression]:
        """One for each limb; their sum is 1."""
        return [1 - self.some, *self.bits]

    def choose(self, values: Sequence[Expression]) -> Expression:
        """One of four values."""
        return reduce(add, (flag * value for flag, value in zip(self.flags, values, strict=True)))


class ByteOffset:
    """Part of the columns of a chip whose address may be any number modulo 8: 4 columns."""

    limb: LimbSelector
    is_odd: Bit

    def set_offset(self, place: Expression) -> None:
        """In `trace`: the address modulo 8."""
        self.limb.set(place >> 1)
        self.is_odd.set(place & 1)

    def offset_statements(self) -> Iterator[Statement]:
        """In `constraints`."""
        yield from self.limb.statements()
        yield boolean(self.is_odd)

    @property
    def offset(self) -> Expression:
        """The address modulo 8."""
        return 2 * self.limb.index + self.is_odd


class TwoDoublewords:
    """The doubleword at a key and, where `crosses`, the one after it: 11 columns, 6 interactions."""

    first: MemoryAccess
    second: MemoryAccess
    crosses: Bit

    def set(self, record: Row, crosses: Expression) -> None:
        """In `trace`."""
        self.first.set(record.memory_old, record.memory_time)
        self.second.set(record.memory2_old, record.memory2_time)
        self.crosses.set(crosses)

    @property
    def limbs(self) -> list[Expression]:
        """Eight limbs; the upper ones are 0 where nothing crosses."""
        return [*self.first.old.limbs, *self.second.old.limbs]

    def statements(self, now: Expression) -> Iterator[Statement]:
        """What is not accessed is 0."""
        yield boolean(self.crosses)
        yield self.first.earlier("memory", now)
        yield less_than("memory2 was accessed before", self.second.time, now, when=self.crosses)
        for index, column in enumerate([*self.second.old.limbs, self.second.time]):
            yield check(f"no second doubleword: {index}", (1 - self.crosses) * column)

    def connect(self, bus: Ports, key: Expression, now: Expression, new: Sequence[Value] | None = None) -> None:
        """Reads both, or writes eight limbs."""
        self.first.connect(bus, "memory", key, now, None if new is None else new[:4])
        old = self.second.old.limbs
        after = old if new is None else new[4:]
        access(bus, "memory2", key + 1, (self.second.time, now), old, after, multiplicity=self.crosses)


class Kinds:
    """Which of several operations: one bit for each but the first."""

    bits: list[Bit]

    def set(self, variant: Expression) -> None:
        """In `trace`: position among them."""
        for position, bit in enumerate(self.bits, 1):
            bit.set(is_equal(variant, position))

    def kind_statements(self, what: str) -> Iterator[Statement]:
        """At most one bit is set."""
        for bit in self.bits:
            yield boolean(bit)
        yield boolean(reduce(add, self.bits), name=f"one kind of {what}")

    @property
    def flags(self) -> list[Expression]:
        """One for each operation; their sum is 1."""
        return [1 - reduce(add, self.bits), *self.bits]


class _WideAccess:
    """The first columns of `AnyAddress`."""

    address: WideAddress
    kind: Kinds


class AnyAddress(ByteOffset, _WideAccess):
    """Part of the columns of a chip for any access from any address: a window of five limbs in two doublewords."""

    memory: TwoDoublewords

    @property
    def window(self) -> list[Expression]:
        """W_0 .. W_4, from the limb that holds the first byte on."""
        limbs = self.memory.limbs
        return [self.limb.choose(limbs[index : index + 4]) for index in range(5)]

    def set_window(self, record: Row, width: Expression) -> tuple[Expression, Expression]:
        """In `trace`, for so many bytes: W_0 .. W_3 as one integer, and all from W_4 on."""
        self.address.set(record)
        self.kind.set(record.variant)
        place = address_of(record) & 7
        self.set_offset(place)
        self.memory.set(record, (place + width - 1) >> 3)
        shift = 16 * (place >> 1)
        window = select(shift, record.memory_old >> shift | record.memory2_old << (64 - shift), record.memory_old)
        return window, record.memory2_old >> shift

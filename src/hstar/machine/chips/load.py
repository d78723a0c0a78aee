"""Loads of every width. The narrow chips take aligned addresses with rs1 below 2^32, `load_any` takes all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U64, Bit, Byte, Word
from hstar.air.expressions import Expression, to_expression
from hstar.air.statements import Statement, boolean, check
from hstar.air.trace_program import is_equal, select
from hstar.machine.chips.addressing import (
    INVERSE_OF_256,
    AnyAddress,
    ByteOffset,
    Kinds,
    LimbSelector,
    NarrowAccess,
    address_of,
)
from hstar.machine.chips.common import SECOND, PointerRead, RegisterWrite, check_word
from hstar.machine.chips.operands import Operands, TwoRecord, TwoRegisters, immediate_constant
from hstar.machine.chips.tables import BYTE_PAIRS, SIGN16
from hstar.machine.operations import Accesses, Operation, operation_number

UPPER = 2**16 - 1
NAMES = ("ld", "lw", "lwu", "lh", "lhu", "lb", "lbu")
_ACCESSES = Accesses.RS1 | Accesses.RD | Accesses.MEMORY_READ
OPERATIONS: tuple[Operation, ...] = tuple(
    Operation(name, (f"load_{name[1:]}", "load_any"), (name,), _ACCESSES, constants=immediate_constant)
    for name in NAMES
)


class _PointerAndTarget(Operands):
    """The registers of a narrow load."""

    rs1: PointerRead
    rd: RegisterWrite


class LoadColumns(NarrowAccess, _PointerAndTarget):
    """What every narrow load has: 19 columns, 13 interactions."""


class LoadRecord(TwoRecord):
    """Record of loads."""

    c0: U64
    immediate: U64
    memory_old: U64
    memory_time: U64


class LoadD(Chip):
    """LD: the doubleword at rs1 + immediate, aligned [RV64I 4.3]."""

    class Columns(LoadColumns):
        pass

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Nothing to compute."""
        c.set_access(record)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The address is a multiple of 8."""
        yield from c.access_statements(0)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The limbs of memory need no check."""
        c.connect_access(bus, "ld", 0, loaded=c.memory.old.limbs)


def _word_of(c: Row) -> tuple[Expression, Expression]:
    limbs, upper = c.memory.old.limbs, c.is_upper
    return (1 - upper) * limbs[0] + upper * limbs[2], (1 - upper) * limbs[1] + upper * limbs[3]


class LoadW(Chip):
    """LW: the 32-bit word at rs1 + immediate, aligned, sign-extended [RV64I 2.6]."""

    class Columns(LoadColumns):
        is_upper: Bit
        sign: Bit

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Which half, and its sign."""
        c.set_access(record)
        upper = address_of(record) >> 2 & 1
        c.is_upper.set(upper)
        c.sign.set(record.memory_old >> (31 + 32 * upper) & 1)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The address is a multiple of 4."""
        yield boolean(c.is_upper)
        yield from c.access_statements(4 * c.is_upper)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The sign is looked up."""
        low, high = _word_of(c)
        bus.ask(SIGN16, high, c.sign, name="sign")
        c.connect_access(bus, "lw", 4 * c.is_upper, loaded=[low, high, UPPER * c.sign, UPPER * c.sign])


class LoadWu(Chip):
    """LWU: the 32-bit word at rs1 + immediate, aligned, zero-extended [RV64I 4.3]."""

    class Columns(LoadColumns):
        is_upper: Bit

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Which half."""
        c.set_access(record)
        c.is_upper.set(address_of(record) >> 2 & 1)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The address is a multiple of 4."""
        yield boolean(c.is_upper)
        yield from c.access_statements(4 * c.is_upper)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Two limbs of memory."""
        c.connect_access(bus, "lwu", 4 * c.is_upper, loaded=[*_word_of(c), 0, 0])


class LoadH(Chip):
    """LH: the 16-bit number at rs1 + immediate, aligned, sign-extended [RV64I 2.6]."""

    class Columns(LoadColumns):
        limb: LimbSelector
        sign: Bit

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Which limb, and its sign."""
        c.set_access(record)
        index = address_of(record) >> 1 & 3
        c.limb.set(index)
        c.sign.set(record.memory_old >> (15 + 16 * index) & 1)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The address is a multiple of 2."""
        yield from c.limb.statements()
        yield from c.access_statements(2 * c.limb.index)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The sign is looked up."""
        value = c.limb.choose(c.memory.old.limbs)
        bus.ask(SIGN16, value, c.sign, name="sign")
        c.connect_access(bus, "lh", 2 * c.limb.index, loaded=[value, *[UPPER * c.sign] * 3])


class LoadHu(Chip):
    """LHU: the 16-bit number at rs1 + immediate, aligned, zero-extended [RV64I 2.6]."""

    class Columns(LoadColumns):
        limb: LimbSelector

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Which limb."""
        c.set_access(record)
        c.limb.set(address_of(record) >> 1 & 3)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The address is a multiple of 2."""
        yield from c.limb.statements()
        yield from c.access_statements(2 * c.limb.index)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """A limb of memory."""
        c.connect_access(bus, "lhu", 2 * c.limb.index, loaded=[c.limb.choose(c.memory.old.limbs), 0, 0, 0])


class LoadB(Chip):
    """LB: the byte at rs1 + immediate, sign-extended [RV64I 2.6].

    Soundness: the limb in memory has one pair of bytes that it equals in the field. The sign of a byte is that of the
    limb which has it as its upper byte.
    """

    class Columns(ByteOffset, LoadColumns):
        value: Byte
        other: Byte
        sign: Bit

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """The byte, the other one of its limb, and its sign."""
        c.set_access(record)
        place = address_of(record) & 7
        c.set_offset(place)
        value = record.memory_old >> (8 * place) & 0xFF
        c.value.set(value)
        c.other.set(record.memory_old >> (8 * (place ^ 1)) & 0xFF)
        c.sign.set(value >> 7)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The limb consists of the two bytes."""
        yield from c.offset_statements()
        yield from c.access_statements(c.offset)
        first = c.value + c.is_odd * (c.other - c.value)
        second = c.other + c.is_odd * (c.value - c.other)
        yield check("bytes of the limb", c.limb.choose(c.memory.old.limbs) == first + 256 * second)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Bytes and sign are looked up."""
        bus.ask(BYTE_PAIRS, c.value, c.other, name="bytes of the limb")
        bus.ask(SIGN16, 256 * c.value, c.sign, name="sign")
        upper = UPPER * c.sign
        c.connect_access(bus, "lb", c.offset, loaded=[c.value + (UPPER - 255) * c.sign, upper, upper, upper])


class LoadBu(Chip):
    """LBU: the byte at rs1 + immediate, zero-extended [RV64I 2.6]. Soundness: as `LoadB`."""

    class Columns(ByteOffset, LoadColumns):
        low: Byte

    class Record(LoadRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """The lower byte of the limb."""
        c.set_access(record)
        place = address_of(record) & 7
        c.set_offset(place)
        c.low.set(record.memory_old >> (16 * (place >> 1)) & 0xFF)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Any address."""
        yield from c.offset_statements()
        yield from c.access_statements(c.offset)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One of the two bytes of the limb."""
        high = (c.limb.choose(c.memory.old.limbs) - c.low) * INVERSE_OF_256
        bus.ask(BYTE_PAIRS, c.low, high, name="bytes of the limb")
        c.connect_access(bus, "lbu", c.offset, loaded=[(1 - c.is_odd) * c.low + c.is_odd * high, 0, 0, 0])


class LoadKinds(Kinds):
    """Which load, in the order of NAMES."""

    bits: Annotated[list[Bit], len(NAMES) - 1]

    @property
    def operation(self) -> Expression:
        """Number of the operation."""
        position = reduce(add, (position * bit for position, bit in enumerate(self.bits, 1)))
        return operation_number(NAMES[0]) + position

    def among(self, *names: str) -> Expression:
        """1 for these loads; "ld" is among them where no bit is set."""
        if "ld" in names:
            return 1 - reduce(add, (bit for name, bit in zip(NAMES[1:], self.bits, strict=True) if name not in names))
        return reduce(add, (bit for name, bit in zip(NAMES[1:], self.bits, strict=True) if name in names))


class LoadAny(Chip):
    """Any load from any address: misaligned, or with rs1 of 2^32 and more [RV64I 2.6, 4.3; Zicclsm].

    Four limbs and a bit, from the limb that holds the first byte on: W_0 .. W_4. At an odd address the loaded limb j is
    the upper byte of W_j and the lower byte of W_(j + 1).

    Soundness: the offset is the address modulo 8 (`addressing`), so limb and oddness are determined; whether the second
    doubleword is read follows from them. Bytes are looked up in pairs that make up a limb of memory.
    """

    class Columns(AnyAddress, TwoRegisters):
        kind: LoadKinds
        low: Annotated[list[Byte], 5]
        loaded: Word
        byte: Byte
        sign: Bit

        @property
        def high(self) -> list[Expression]:
            """Upper bytes of the window."""
            return [(limb - low) * INVERSE_OF_256 for limb, low in zip(self.window, self.low, strict=True)]

    class Record(LoadRecord):
        variant: U64
        memory2_old: U64
        memory2_time: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Window, loaded limbs, byte and sign."""
        c.set_operands(record)
        width = to_expression(8) >> ((record.variant + 1) >> 1)  # 8, 4, 4, 2, 2, 1, 1
        window, last = c.set_window(record, width)
        for position, low in enumerate(c.low):
            low.set((window >> (16 * position) if position < 4 else last) & 0xFF)
        loaded = select(address_of(record) & 1, window >> 8 | last << 56, window)
        c.loaded.set(loaded)
        c.byte.set(loaded & 0xFF)
        top = 8 * width - 1
        c.sign.set((1 - is_equal(width, 8)) * (loaded >> top & 1))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The loaded limbs, and which doublewords they come from."""
        yield from c.earlier()
        yield from c.kind.kind_statements("load")
        yield from c.offset_statements()
        yield from c.address.statements(c.rs1, c.offset)
        yield from c.memory.statements(c.cpu.clock + SECOND)
        yield check("whether a second doubleword is read", c.memory.crosses == _crosses(c))
        window, high = c.window, c.high
        for index, limb in enumerate(c.loaded.limbs):
            odd = high[index] + 256 * c.low[index + 1]
            yield check(f"loaded limb {index}", limb == window[index] + c.is_odd * (odd - window[index]))
        yield check("first byte", c.byte == c.low[0] + c.is_odd * (high[0] - c.low[0]))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Bytes, limbs and the sign of the top limb are looked up."""
        for index, (low, high) in enumerate(zip(c.low, c.high, strict=True)):
            bus.ask(BYTE_PAIRS, low, high, name=f"bytes of window limb {index}")
        check_word(bus, "loaded", c.loaded.limbs)
        bus.ask(BYTE_PAIRS, c.byte, 0, name="first byte")
        kind, loaded = c.kind, c.loaded.limbs
        is_word, is_half, is_byte = (kind.among(name, f"{name}u") for name in ("lw", "lh", "lb"))
        bus.ask(SIGN16, is_word * loaded[1] + is_half * loaded[0] + is_byte * (256 * c.byte), c.sign, name="sign")
        upper = UPPER * (kind.among("lw", "lh", "lb") * c.sign)
        short = UPPER * (kind.among("lh", "lb") * c.sign)
        new = [
            (1 - is_byte) * loaded[0] + is_byte * c.byte + (UPPER - 255) * (kind.among("lb") * c.sign),
            kind.among("ld", "lw", "lwu") * loaded[1] + short,
            kind.among("ld") * loaded[2] + upper,
            kind.among("ld") * loaded[3] + upper,
        ]
        c.connect(bus, kind.operation, new, [c.address.immediate.looked_up])
        c.memory.connect(bus, c.address.key(bus, c.rs1, c.offset), c.cpu.clock + SECOND)


def _crosses(c: Row) -> Expression:
    """Whether the bytes reach beyond the doubleword: from offset 1, 5 or 7 on for 8, 4 or 2 of them."""
    some, third, fourth, odd = c.limb.some, c.limb.bits[1], c.limb.bits[2], c.is_odd
    doubleword = c.kind.among("ld") * (some + odd - some * odd)
    word, half = c.kind.among("lw", "lwu") * (fourth + third * odd), c.kind.among("lh", "lhu") * (fourth * odd)
    result: Expression = doubleword + word + half
    return result


def chips() -> list[Chip]:
    """The family."""
    return [LoadD(), LoadW(), LoadWu(), LoadH(), LoadHu(), LoadB(), LoadBu(), LoadAny()]

"""Stores of every width. The narrow chips take aligned addresses with rs1 below 2^32, `store_any` takes all.

A store reads the doubleword, replaces bytes and writes it back. Stores into the program's text change what loads see;
instructions come from the program table, which nothing changes, and the executor refuses such stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Bit, Byte
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
from hstar.machine.chips.common import WRITE, RegisterRead, check_word
from hstar.machine.chips.operands import (
    ByteRegister,
    FirstRecord,
    Operands,
    SecondRecord,
    Step,
    check_bytes,
    immediate_constant,
    set_bytes,
)
from hstar.machine.chips.tables import BYTE_PAIRS
from hstar.machine.operations import Accesses, Operation, operation_number

NAMES = ("sd", "sw", "sh", "sb")
_ACCESSES = Accesses.RS1 | Accesses.RS2 | Accesses.MEMORY_WRITE
OPERATIONS: tuple[Operation, ...] = tuple(
    Operation(name, (f"store_{name[1:]}", "store_any"), (name,), _ACCESSES, constants=immediate_constant)
    for name in NAMES
)


class StoreRecord(SecondRecord, FirstRecord, Step):
    """Record of stores."""

    c0: U64
    immediate: U64
    memory_old: U64
    memory_time: U64


class StoreColumns(NarrowAccess):
    """What every narrow store has: 20 columns."""

    rs2: RegisterRead
    memory_tick = WRITE


class StoreD(Chip):
    """SD: the doubleword at rs1 + immediate becomes rs2, aligned [RV64I 4.3]."""

    class Columns(StoreColumns):
        pass

    class Record(StoreRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """Nothing to compute."""
        c.set_access(record)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The address is a multiple of 8."""
        yield from c.access_statements(0)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The limbs of rs2 need no check."""
        c.connect_access(bus, "sd", 0, stored=c.rs2.value.limbs)


class StoreW(Chip):
    """SW: the 32-bit word at rs1 + immediate becomes the low half of rs2, aligned [RV64I 2.6]."""

    class Columns(StoreColumns):
        is_upper: Bit

    class Record(StoreRecord):
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
        """Two limbs of rs2, two of memory."""
        upper, value, old = c.is_upper, c.rs2.value.limbs, c.memory.old.limbs
        new = [(1 - upper) * value[index] + upper * old[index] for index in range(2)]
        new += [upper * value[index] + (1 - upper) * old[index + 2] for index in range(2)]
        c.connect_access(bus, "sw", 4 * upper, stored=new)


class StoreH(Chip):
    """SH: the 16-bit number at rs1 + immediate becomes the lowest limb of rs2, aligned [RV64I 2.6]."""

    class Columns(StoreColumns):
        limb: LimbSelector

    class Record(StoreRecord):
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
        """One limb of rs2, three of memory."""
        value = c.rs2.value.limbs[0]
        old = zip(c.limb.flags, c.memory.old.limbs, strict=True)
        c.connect_access(bus, "sh", 2 * c.limb.index, stored=[flag * value + (1 - flag) * limb for flag, limb in old])


class StoreB(Chip):
    """SB: the byte at rs1 + immediate becomes the lowest byte of rs2 [RV64I 2.6].

    Soundness: the limb in memory and the lowest limb of rs2 each equal one pair of bytes. The limb that is written has
    the same other byte as before.
    """

    class Columns(ByteOffset, StoreColumns):
        value: Byte
        replaced: Byte
        other: Byte

    class Record(StoreRecord):
        pass

    def trace(self, c: Columns, record: Record) -> None:
        """The bytes."""
        c.set_access(record)
        place = address_of(record) & 7
        c.set_offset(place)
        c.value.set(record.rs2_value & 0xFF)
        c.replaced.set(record.memory_old >> (8 * place) & 0xFF)
        c.other.set(record.memory_old >> (8 * (place ^ 1)) & 0xFF)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The limb consisted of the two bytes."""
        yield from c.offset_statements()
        yield from c.access_statements(c.offset)
        yield check("bytes of the limb", c.limb.choose(c.memory.old.limbs) == _pair(c, c.replaced))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The pairs of bytes are looked up."""
        bus.ask(BYTE_PAIRS, c.replaced, c.other, name="bytes of the limb")
        bus.ask(BYTE_PAIRS, c.value, (c.rs2.value.limbs[0] - c.value) * INVERSE_OF_256, name="bytes of rs2")
        written = _pair(c, c.value)
        old = zip(c.limb.flags, c.memory.old.limbs, strict=True)
        c.connect_access(bus, "sb", c.offset, stored=[flag * written + (1 - flag) * limb for flag, limb in old])


def _pair(c: Row, byte: Expression) -> Expression:
    """The limb with this byte at the address and the other byte beside it."""
    even, odd = byte + 256 * c.other, c.other + 256 * byte
    result: Expression = (1 - c.is_odd) * even + c.is_odd * odd
    return result


class StoreKinds(Kinds):
    """Which store, in the order of NAMES."""

    bits: Annotated[list[Bit], len(NAMES) - 1]

    @property
    def operation(self) -> Expression:
        """Number of the operation."""
        return operation_number(NAMES[0]) + self.bits[0] + 2 * self.bits[1] + 3 * self.bits[2]


class _Stored(Operands):
    """The registers of a store from any address."""

    rs1: RegisterRead
    rs2: ByteRegister


class StoreAny(Chip):
    """Any store to any address: misaligned, or with rs1 of 2^32 and more [RV64I 2.6, 4.3; Zicclsm].

    Five limbs of memory, from the one that holds the first byte on, W_0 .. W_4, become N_0 .. N_4. At an odd address n
    bytes change W_0, which keeps its lower byte, to W_(n / 2), which keeps its upper byte.

    Soundness: as `LoadAny`; N_j is determined by bytes of rs2 and the two bytes that stay, all looked up in pairs that
    make up limbs of memory.
    """

    class Columns(AnyAddress, _Stored):
        kind: StoreKinds
        first: Annotated[list[Byte], 2]
        last: Annotated[list[Byte], 2]
        written: Annotated[list[U16], 5]

    class Record(StoreRecord):
        variant: U64
        memory2_old: U64
        memory2_time: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Window before and after."""
        c.set_operands(record)
        width = to_expression(8) >> record.variant
        window, last = c.set_window(record, width)
        beyond, odd = last & 0xFFFF, address_of(record) & 1
        set_bytes(c.first, window)
        set_bytes(c.last, select(is_equal(width, 8), beyond, window >> (8 * (width & 6))))
        mask = select(is_equal(width, 8), 2**64 - 1, (to_expression(1) << (8 * width)) - 1)
        low_mask = select(odd, mask << 8, mask)
        value = select(odd, record.rs2_value << 8, record.rs2_value)
        after = window & (low_mask ^ 2**64 - 1) | value & low_mask
        for position, limb in enumerate(c.written[:4]):
            limb.set(after >> (16 * position) & 0xFFFF)
        spilled = odd * is_equal(width, 8)
        c.written[4].set(select(spilled, beyond & 0xFF00 | record.rs2_value >> 56, beyond))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The limbs that are written, and which doublewords they go to."""
        yield from c.earlier()
        yield from c.kind.kind_statements("store")
        yield from c.offset_statements()
        yield from c.address.statements(c.rs1, c.offset)
        yield from c.memory.statements(c.cpu.clock + WRITE)
        yield check("whether a second doubleword is written", c.memory.crosses == _crosses(c))
        window, (is_d, is_w, is_h, is_b) = c.window, c.kind.flags
        yield check("bytes of the first limb", window[0] == c.first[0] + 256 * c.first[1])
        last = is_d * window[4] + is_w * window[2] + is_h * window[1] + is_b * window[0]
        yield check("bytes of the last limb", last == c.last[0] + 256 * c.last[1])
        for index, (limb, value) in enumerate(zip(c.written, _written(c, window), strict=True)):
            yield check(f"written limb {index}", limb == value)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Bytes and limbs are looked up; the window goes back to its place."""
        check_bytes(bus, "rs2", c.rs2.bytes)
        check_bytes(bus, "first limb", c.first)
        check_bytes(bus, "last limb", c.last)
        check_word(bus, "written", c.written)
        old, flags = c.memory.limbs, c.limb.flags
        new = []
        for place, limb in enumerate(old):
            inside = [(flags[start], c.written[place - start]) for start in range(4) if 0 <= place - start <= 4]
            touched = reduce(add, (flag for flag, _ in inside))
            new.append(reduce(add, (flag * value for flag, value in inside)) + (1 - touched) * limb)
        c.connect(bus, c.kind.operation, [], [c.address.immediate.looked_up])
        c.memory.connect(bus, c.address.key(bus, c.rs1, c.offset), c.cpu.clock + WRITE, new)


def _written(c: Row, window: Sequence[Expression]) -> list[Expression]:
    """N_0 .. N_4."""
    odd, value, kept = c.is_odd, c.rs2.limbs, c.last[1]
    is_d, is_w, is_h, is_b = c.kind.flags

    def shifted(index: int) -> Expression:
        """Limb `index` of rs2, or its bytes one place further up at an odd address."""
        return _choose(odd, c.rs2.bytes[2 * index - 1] + 256 * c.rs2.bytes[2 * index], value[index])

    def ending(index: int) -> Expression:
        """The limb after the last one of rs2: at an odd address its lower byte is rs2's."""
        return _choose(odd, c.rs2.bytes[2 * index - 1] + 256 * kept, window[index])

    first = _choose(odd, c.first[0] + 256 * c.rs2.bytes[0], value[0])
    byte = _choose(odd, c.first[0] + 256 * c.rs2.bytes[0], c.rs2.bytes[0] + 256 * c.first[1])
    return [
        (1 - is_b) * first + is_b * byte,
        (is_d + is_w) * shifted(1) + is_h * ending(1) + is_b * window[1],
        is_d * shifted(2) + is_w * ending(2) + (is_h + is_b) * window[2],
        is_d * shifted(3) + (1 - is_d) * window[3],
        is_d * ending(4) + (1 - is_d) * window[4],
    ]


def _choose(flag: Expression, if_one: Expression, if_zero: Expression) -> Expression:
    return (1 - flag) * if_zero + flag * if_one


def _crosses(c: Row) -> Expression:
    """Whether the bytes reach beyond the doubleword: from offset 1, 5 or 7 on for 8, 4 or 2 of them."""
    some, third, fourth, odd = c.limb.some, c.limb.bits[1], c.limb.bits[2], c.is_odd
    is_d, is_w, is_h, _ = c.kind.flags
    result: Expression = is_d * (some + odd - some * odd) + is_w * (fourth + third * odd) + is_h * (fourth * odd)
    return result


def chips() -> list[Chip]:
    """The family."""
    return [StoreD(), StoreW(), StoreH(), StoreB(), StoreAny()]

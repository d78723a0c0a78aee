"""What instruction chips are built of: the state between instructions, and accesses to registers and memory.

An access takes the word's last message off the memory bus and puts a new one on it, with a later time. The times of
one instruction that begins at `clock`: first read clock + FIRST, second read or memory read clock + SECOND, register
write and memory write clock + WRITE. Structures have three parts, to be called from the three methods of a chip: `set`,
`earlier` (one statement), and `connect` (three interactions).

Soundness: an access is sound if its message is received before a new one is sent (the order rule of the memory bus
demands `earlier`), if the range of the difference is asked (`connect` does), and if the sent limbs are 16-bit numbers:
those that were received are, a result must be range-checked by the chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hstar.air.buses import Ports
from hstar.air.columns import U16, Word
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, less_than
from hstar.machine.chips.buses import CPU, MEMORY, PROGRAM, Clock, RegisterKey, Time
from hstar.machine.chips.tables import RANGE16
from hstar.machine.layout import CYCLE_TICKS

FIRST, SECOND, WRITE = 1, 2, 3
Value: TypeAlias = Expression | int


def earlier(name: str, time: Expression, now: Expression) -> Statement:
    """The last access lies before this one; `access` asks for the range of the difference."""
    return less_than(f"{name} was accessed before", time, now)


def access(
    bus: Ports,
    name: str,
    key: Value,
    times: tuple[Expression, Expression],
    old: Sequence[Value],
    new: Sequence[Value],
    multiplicity: Value = 1,
) -> None:
    """One access: what `key` held since times[0] is `old`, what it holds from times[1] on is `new`."""
    time, now = times
    bus.receive(MEMORY, key, time, list(old), multiplicity=multiplicity, name=f"{name} before")
    bus.send(MEMORY, key, now, list(new), multiplicity=multiplicity, name=f"{name} after")
    bus.ask(RANGE16, now - time - 1, multiplicity=multiplicity, name=f"{name} gap")


class CpuState:
    """Where an instruction stands: 2 columns; with `fetch` and `advance` 3 interactions."""

    pc: Felt
    clock: Clock

    def set(self, pc: Expression, clock: Expression) -> None:
        """Index of the word, and time."""
        self.pc.set(pc)
        self.clock.set(clock)

    def fetch(
        self,
        bus: Ports,
        operation: Value,
        *,
        rd: Value = 0,
        rs1: Value = 0,
        rs2: Value = 0,
        constants: Sequence[Value] = (),
    ) -> None:
        """The program has this operation with these operands at pc; constants that are not given are 0."""
        padded = [*constants, *([0] * (4 - len(constants)))]
        bus.ask(PROGRAM, self.pc, operation, rd, rs1, rs2, padded, name="fetch")

    def advance(self, bus: Ports, next_pc: Value | None = None) -> None:
        """Goes on at `next_pc`, by default the next word."""
        bus.receive(CPU, self.clock, self.pc, name="before the instruction")
        following = self.pc + 1 if next_pc is None else next_pc
        bus.send(CPU, self.clock + CYCLE_TICKS, following, name="after the instruction")


class RegisterRead:
    """A register that is read: 6 columns, 3 interactions."""

    key: RegisterKey
    value: Word
    time: Time

    @property
    def limbs(self) -> list[U16]:
        """Of the value."""
        return self.value.limbs

    def set(self, key: Expression, value: Expression, time: Expression) -> None:
        """Key, value, time of the last access."""
        self.key.set(key)
        self.value.set(value)
        self.time.set(time)

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, now: Expression) -> None:
        """The value stays."""
        access(bus, name, self.key, (self.time, now), self.value.limbs, self.value.limbs)


class PointerRead:
    """A register that is read and must be below 2^32: 4 columns, 3 interactions."""

    key: RegisterKey
    low: U16
    high: U16
    time: Time

    def set(self, key: Expression, value: Expression, time: Expression) -> None:
        """Key, value, time of the last access; only the low 32 bits of the value are kept."""
        self.key.set(key)
        self.low.set(value & 0xFFFF)
        self.high.set(value >> 16 & 0xFFFF)
        self.time.set(time)

    @property
    def limbs(self) -> list[Value]:
        """All four."""
        return [self.low, self.high, 0, 0]

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, now: Expression) -> None:
        """The value stays. A register with other upper limbs has no such message, so nothing is proven about it."""
        access(bus, name, self.key, (self.time, now), self.limbs, self.limbs)


class RegisterWrite:
    """A register that is written: 6 columns, 3 interactions. The new value is range-checked by the chip."""

    key: RegisterKey
    old: Word
    time: Time

    @property
    def limbs(self) -> list[U16]:
        """Of the value before."""
        return self.old.limbs

    def set(self, key: Expression, old: Expression, time: Expression) -> None:
        """Key, value before, time of the last access."""
        self.key.set(key)
        self.old.set(old)
        self.time.set(time)

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, now: Expression, new: Sequence[Value]) -> None:
        """The four limbs `new` replace the old ones."""
        access(bus, name, self.key, (self.time, now), self.old.limbs, new)


class MemoryAccess:
    """A doubleword of memory: 5 columns, 3 interactions. Its key is an expression of the chip."""

    old: Word
    time: Time

    def set(self, old: Expression, time: Expression) -> None:
        """Value before, time of the last access."""
        self.old.set(old)
        self.time.set(time)

    def earlier(self, name: str, now: Expression) -> Statement:
        """To be yielded by the chip."""
        return earlier(name, self.time, now)

    def connect(self, bus: Ports, name: str, key: Value, now: Expression, new: Sequence[Value] | None = None) -> None:
        """The limbs `new` replace the old ones; without them the access is a read."""
        access(bus, name, key, (self.time, now), self.old.limbs, self.old.limbs if new is None else new)


def check_word(bus: Ports, name: str, limbs: Sequence[Value]) -> None:
    """Asks that every limb of a produced word is a 16-bit number."""
    for index, limb in enumerate(limbs):
        bus.ask(RANGE16, limb, name=f"{name} limb {index}")

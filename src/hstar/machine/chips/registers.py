"""Register x0: reads find 0, and what is written to it is lost. Local to a segment."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U64, Word
from hstar.air.statements import Statement
from hstar.machine.chips.buses import MEMORY, Time
from hstar.machine.layout import DISCARD_KEY, ZERO_KEY

_ZERO = (0, 0, 0, 0)


class Registers(Chip):
    """The two words that stand for x0: one that is read, one that is written.

    Soundness: no entry of the program table writes ZERO_KEY, and every message of it starts as 0 here, so reads find 0.
    No entry reads DISCARD_KEY as an operand. Neither key has initial rows or leaves a segment: boundary rows with them
    would find no partner on the global bus. More than one row does no harm, for the same reasons.
    """

    class Columns:
        zero_time: Time
        discard_time: Time
        discarded: Word

    class Record:
        zero_time: U64
        discard_time: U64
        discarded: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The last accesses."""
        c.zero_time.set(record.zero_time)
        c.discard_time.set(record.discard_time)
        c.discarded.set(record.discarded)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """None: everything is in the messages."""
        yield from ()

    def interactions(self, c: Columns, bus: Ports) -> None:
        """First and last message of both words."""
        bus.send(MEMORY, ZERO_KEY, 0, _ZERO, source=True, name="x0 before")
        bus.receive(MEMORY, ZERO_KEY, c.zero_time, _ZERO, name="x0 after")
        bus.send(MEMORY, DISCARD_KEY, 0, _ZERO, source=True, name="discarded before")
        bus.receive(MEMORY, DISCARD_KEY, c.discard_time, c.discarded, name="discarded after")

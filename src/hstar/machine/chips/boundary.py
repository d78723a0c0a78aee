"""Boundary rows: a word that a segment touches is taken from the segment that left it, and left for the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Boundary
from hstar.air.expressions import SEGMENT_NUMBER, Expression, Felt
from hstar.air.statements import Statement, less_than
from hstar.machine.chips.buses import LIMBS, MEMORY, MEMORY_SEGMENTS, Time
from hstar.machine.chips.tables import RANGE10, RANGE16, U10


def _limbs(value: Expression) -> list[Expression]:
    return [value >> (16 * index) & 0xFFFF for index in range(LIMBS)]


class BoundaryRows(Chip):
    """What a word holds before and after the segment.

    Soundness: `previous_segment < k` are integers below 2^16 and the difference is looked up, so along the global chain
    of a key segment numbers grow: at most one boundary row of a key in a segment. The local chain of the key starts at
    `first_time`, which may be any time below 2^26 (nothing precedes it), and ends with what is handed on. The limbs are
    checked to be 16-bit numbers here, where they enter the segment.
    """

    class Columns:
        key: Boundary[Felt]
        previous_segment: Boundary[U16]
        limbs_in: Boundary[Annotated[list[U16], LIMBS]]
        limbs_out: Boundary[Annotated[list[U16], LIMBS]]
        first_time_low: U16
        first_time_high: U10
        last_time: Time

    class Record:
        key: U64
        previous_segment: U64
        value_in: U64
        value_out: U64
        first_time: U64
        last_time: U64

    name = "boundary"

    def trace(self, c: Columns, record: Record) -> None:
        """Splits words and the first time."""
        c.key.set(record.key)
        c.previous_segment.set(record.previous_segment)
        for column, value in zip(c.limbs_in, _limbs(record.value_in), strict=True):
            column.set(value)
        for column, value in zip(c.limbs_out, _limbs(record.value_out), strict=True):
            column.set(value)
        c.first_time_low.set(record.first_time & 0xFFFF)
        c.first_time_high.set(record.first_time >> 16)
        c.last_time.set(record.last_time)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The order of segments."""
        yield less_than("it comes from an earlier segment", c.previous_segment, SEGMENT_NUMBER)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Global chain, local chain, ranges."""
        first_time = c.first_time_low + 2**16 * c.first_time_high
        bus.receive(MEMORY_SEGMENTS, c.key, c.previous_segment, c.limbs_in, name="taken")
        bus.send(MEMORY_SEGMENTS, c.key, SEGMENT_NUMBER, c.limbs_out, name="left")
        bus.send(MEMORY, c.key, first_time, c.limbs_in, source=True, name="first")
        bus.receive(MEMORY, c.key, c.last_time, c.limbs_out, name="last")
        bus.ask(RANGE16, SEGMENT_NUMBER - c.previous_segment - 1, name="segment gap")
        bus.ask(RANGE16, c.first_time_low, name="first time, low")
        bus.ask(RANGE10, c.first_time_high, name="first time, high")
        for index, limb in enumerate(c.limbs_in):
            bus.ask(RANGE16, limb, name=f"limb {index} taken")


class Bump(Chip):
    """Moves a word's last access forward in time without touching it, where the next one would be too far away.

    Soundness: an access without effect; both times are checked, so the order rule holds for wide gaps.
    """

    class Columns:
        key: Felt
        limbs: Annotated[list[U16], LIMBS]
        time: Time
        later_low: U16
        later_high: U10
        gap_high: U10

    class Record:
        key: U64
        value: U64
        time: U64
        later: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Splits the later time and the gap."""
        c.key.set(record.key)
        for column, value in zip(c.limbs, _limbs(record.value), strict=True):
            column.set(value)
        c.time.set(record.time)
        c.later_low.set(record.later & 0xFFFF)
        c.later_high.set(record.later >> 16)
        c.gap_high.set((record.later - record.time - 1) >> 16)

    def _gap_low(self, c: Columns) -> Expression:
        return c.later_low + 2**16 * c.later_high - c.time - 1 - 2**16 * c.gap_high

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """time < later, as two parts of the difference say."""
        later = c.later_low + 2**16 * c.later_high
        yield less_than("time passes", c.time, later, difference=self._gap_low(c) + 2**16 * c.gap_high)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Memory and ranges."""
        bus.receive(MEMORY, c.key, c.time, c.limbs, name="before")
        bus.send(MEMORY, c.key, c.later_low + 2**16 * c.later_high, c.limbs, name="after")
        bus.ask(RANGE16, c.later_low, name="later, low")
        bus.ask(RANGE10, c.later_high, name="later, high")
        bus.ask(RANGE16, self._gap_low(c), name="gap, low")
        bus.ask(RANGE10, c.gap_high, name="gap, high")

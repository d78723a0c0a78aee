"""A sorting argument: one table holds numbers in any order, the other the same numbers in ascending order.

The numbers travel over a chain bus, so both tables hold the same multiset. Inside the sorted table every row passes its
number and position to the next one, and the next one is not smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hstar.air.buses import Ports, chain
from hstar.air.check import PublicMessage
from hstar.air.chip import Chip
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import U16, U64
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.expressions import Felt
from hstar.air.statements import Statement, less_than
from hstar.air.tables import Records

NUMBERS = chain("numbers", value=U16)
ORDER = chain("order", order="position", position=Felt, value=U16)


class Unsorted(Chip):
    """One number a row."""

    class Columns:
        value: U16

    class Record:
        value: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The number itself."""
        c.value.set(record.value)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Every number is range-checked once, here, and sent."""
        bus.ask(RANGE16, c.value)
        bus.send(NUMBERS, c.value)


class Sorted(Chip):
    """One number a row, at its position."""

    class Columns:
        position: Felt
        previous: U16
        value: U16

    class Record:
        position: U64
        previous: U64
        value: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Position and two neighbouring numbers."""
        c.position.set(record.position)
        c.previous.set(record.previous)
        c.value.set(record.value)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """previous <= value, as integers: previous < value + 1."""
        yield less_than("the numbers do not descend", c.previous, c.value + 1)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The order chain ends only where its positions have been counted through."""
        bus.receive(NUMBERS, c.value)
        bus.receive(ORDER, c.position, c.previous)
        bus.send(ORDER, c.position + 1, c.value)
        bus.ask(RANGE16, c.value - c.previous, name="value - previous in 16 bits")


def sorting_circuit() -> TracedCircuit:
    """Two tables of numbers, and the range table."""
    return trace_circuit("sorting", [Unsorted(), Sorted(), Range16()], [RANGE16, NUMBERS, ORDER])


def sorting_records(numbers: Sequence[int]) -> tuple[dict[str, Records], tuple[PublicMessage, ...]]:
    """Records for a list of 16-bit numbers, and the ends of the order chain."""
    ordered = sorted(numbers)
    records: dict[str, Records] = {
        "unsorted": {"value": list(numbers)},
        "sorted": {
            "position": list(range(len(ordered))),
            "previous": [0, *ordered[:-1]][: len(ordered)],
            "value": ordered,
        },
    }
    last = ordered[-1] if ordered else 0
    return records, (PublicMessage("order", (0, 0)), PublicMessage("order", (len(ordered), last), -1))

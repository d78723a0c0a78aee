"""The debugging checker: evaluates every constraint and balances every bus, and speaks of cells.

It needs no proof system. A fault names chip, row, constraint or bus, and the values of the columns concerned; a message
without a partner names who came nearest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hstar.air.chip import TracedChip
from hstar.air.circuit import TracedCircuit
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.infix import render_node
from hstar.air.program import Bus, BusKind, Scope
from hstar.air.tables import Segment, message_columns, preprocessed_table
from hstar.air.vectorised import Vector, evaluate_rows, nonzero_rows
from hstar.field.koala_bear import MODULUS

# Constraints over the post-commit point are checked at this point; a false identity survives with chance degree/p^6.
CHECKING_POINT = (1_362_573_429, 733_014_157, 1_908_452_311, 289_341_077, 1_650_213_989, 947_112_613)


@dataclass(frozen=True)
class PublicMessage:
    """A fraction that the verifier itself adds: a message with a signed multiplicity (+1 sends, -1 receives)."""

    bus: str
    message: tuple[int, ...]
    multiplicity: int = 1


@dataclass(frozen=True)
class Fault:
    """Something that does not hold.

    Args:
        chip, row, segment: where; for a bus the place of (one of) the unmatched messages.
        rule: name of the constraint, interaction or bus.
        sentence: the whole story.
        cells: names and values of the columns concerned.
    """

    chip: str
    row: int
    segment: int
    rule: str
    sentence: str
    cells: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


def check_segments(
    circuit: TracedCircuit,
    segments: Sequence[Segment],
    *,
    public: Sequence[PublicMessage] = (),
    max_faults: int = 20,
) -> list[Fault]:
    """Everything that is wrong with filled tables, at most `max_faults` of it; empty for an honest trace.

    Args:
        circuit: the circuit.
        segments: the segments of one proof; the global bus balances over all of them.
        public: the verifier's own messages; local ones count in every segment.
        max_faults: where to stop.

    Raises:
        CircuitError: BAD_RECORDS where tables have the wrong shape or a public message names no bus.
    """
    return check_run([(circuit, segment) for segment in segments], public=public, max_faults=max_faults)


Part: TypeAlias = tuple[TracedCircuit, Segment]
"""A segment with its circuit."""


def check_run(parts: Sequence[Part], *, public: Sequence[PublicMessage] = (), max_faults: int = 20) -> list[Fault]:
    """As `check_segments`, for segments of several circuits that share their global buses.

    Raises:
        CircuitError: BAD_RECORDS as there, or where two circuits number their global buses differently.
    """
    faults: list[Fault] = []
    for fault in _faults(parts, public):
        faults.append(fault)
        if len(faults) >= max_faults:
            break
    return faults


def _global_buses(parts: Sequence[Part]) -> dict[str, tuple[int, Bus]]:
    """By name, with their number, which is part of every fingerprint."""
    found: dict[str, tuple[int, Bus]] = {}
    for circuit, _ in parts:
        for index, bus in enumerate(circuit.circuit.buses):
            if bus.scope is Scope.GLOBAL and found.setdefault(bus.name, (index, bus)) != (index, bus):
                raise CircuitError(
                    f"circuit {circuit.circuit.name} has another global bus {bus.name} than the circuits before it; "
                    "declare the global buses first and in one order",
                    reason=CircuitReason.BAD_RECORDS,
                )
    return found


def _check_public(parts: Sequence[Part], public: Sequence[PublicMessage]) -> None:
    known = {bus.name: bus for circuit, _ in parts for bus in circuit.circuit.buses}
    for message in public:
        if message.bus not in known or len(message.message) != known[message.bus].width:
            raise CircuitError(
                f"a public message names bus {message.bus} with {len(message.message)} values; use a bus of the "
                "circuit and its message length",
                reason=CircuitReason.BAD_RECORDS,
            )


def _faults(parts: Sequence[Part], public: Sequence[PublicMessage]) -> Iterator[Fault]:
    _check_public(parts, public)
    global_buses = _global_buses(parts)
    entries: list[list[_Entries]] = []
    for circuit, segment in parts:
        of_segment: list[_Entries] = []
        for traced in circuit.chips:
            table = _table_of(traced, segment)
            yield from _preprocessed_faults(traced, segment, table)
            if not table.shape[1]:
                continue
            values = evaluate_rows(traced.program, list(table), segment.number, CHECKING_POINT)
            yield from _constraint_faults(traced, segment, table, values)
            of_segment += _entries_of(traced, segment, values, table.shape[1])
        entries.append(of_segment)
    own: dict[str, list[PublicMessage]] = {}
    for message in public:
        own.setdefault(message.bus, []).append(message)
    for (circuit, _), part in zip(parts, entries, strict=True):
        for index, bus in enumerate(circuit.circuit.buses):
            if bus.scope is Scope.LOCAL:
                yield from _bus_faults(bus, [item for item in part if item.bus_index == index], own.get(bus.name, []))
    for index, bus in global_buses.values():
        of_bus = [item for part in entries for item in part if item.bus_index == index]
        yield from _bus_faults(bus, of_bus, own.get(bus.name, []))


def _table_of(traced: TracedChip, segment: Segment) -> NDArray[np.uint32]:
    table = segment.tables.get(traced.program.name)
    if table is None or table.ndim != 2 or table.shape[0] != traced.program.width:
        raise CircuitError(
            f"segment {segment.number} has no table [{traced.program.width}, height] for chip {traced.program.name}",
            reason=CircuitReason.BAD_RECORDS,
            chip=traced.program.name,
        )
    return table


def _preprocessed_faults(traced: TracedChip, segment: Segment, table: NDArray[np.uint32]) -> Iterator[Fault]:
    expected = preprocessed_table(traced)
    name = traced.program.name
    if not len(expected):
        return
    if expected.shape[1] != table.shape[1]:
        yield Fault(
            name,
            0,
            segment.number,
            "height",
            f"chip {name} has {table.shape[1]} rows in segment {segment.number}, but its preprocessed columns have "
            f"{expected.shape[1]}",
        )
        return
    for index, row in np.argwhere(expected != table[: len(expected)]):
        column = traced.program.columns[int(index)].name
        yield Fault(
            name,
            int(row),
            segment.number,
            column,
            f"chip {name}, row {row}: preprocessed column {column} holds {table[index, row]}, but the verifying key "
            f"has {expected[index, row]}",
            {column: int(table[index, row])},
        )


def _cells(traced: TracedChip, table: NDArray[np.uint32], roots: Sequence[int], row: int) -> dict[str, int]:
    columns = sorted(traced.program.program.columns_below(roots))
    return {traced.program.columns[index].name: int(table[index, row]) for index in columns}


def _constraint_faults(
    traced: TracedChip, segment: Segment, table: NDArray[np.uint32], values: Mapping[int, Vector]
) -> Iterator[Fault]:
    program = traced.program
    for constraint in program.constraints:
        for row in nonzero_rows(values[constraint.root], table.shape[1]):
            cells = _cells(traced, table, [constraint.root], int(row))
            shown = ", ".join(f"{name} = {value}" for name, value in list(cells.items())[:12])
            more = f" and {len(cells) - 12} more columns" if len(cells) > 12 else ""
            yield Fault(
                program.name,
                int(row),
                segment.number,
                constraint.name,
                f"chip {program.name}, row {row}: constraint {constraint.name!r} does not hold: "
                f"{render_node(program, constraint.root)} is not 0 at {shown}{more}",
                cells,
            )


@dataclass(frozen=True)
class _Entries:
    """What one interaction puts on its bus in one segment; a row with multiplicity 0 is silent."""

    bus_index: int
    chip: str
    segment: int
    name: str
    signed: NDArray[np.int64]
    messages: NDArray[np.uint64]


def _entries_of(traced: TracedChip, segment: Segment, values: Mapping[int, Vector], height: int) -> list[_Entries]:
    entries = []
    for interaction in traced.program.interactions:
        multiplicities, fields = message_columns(interaction, values, height)
        messages = np.stack(fields, axis=1) if fields else np.zeros((height, 0), dtype=np.uint64)
        counts = multiplicities.astype(np.int64)
        signed = np.where(counts > MODULUS // 2, counts - MODULUS, counts) * interaction.direction.sign
        entries.append(
            _Entries(
                interaction.bus_index,
                traced.program.name,
                segment.number,
                interaction.name,
                signed,
                messages,
            )
        )
    return entries


def _bus_faults(bus: Bus, entries: Sequence[_Entries], public: Sequence[PublicMessage]) -> Iterator[Fault]:
    """Messages whose signed multiplicities do not sum to zero modulo p."""
    own = [
        _Entries(
            0,
            "(verifier)",
            0,
            "public message",
            np.array([message.multiplicity], dtype=np.int64),
            np.array([message.message], dtype=np.uint64),
        )
        for message in public
    ]
    everything = [*entries, *own]
    if not any(item.signed.any() for item in everything):
        return
    messages = np.concatenate([item.messages[item.signed != 0] for item in everything])
    signed = np.concatenate([item.signed[item.signed != 0] for item in everything])
    distinct, inverse = np.unique(messages, axis=0, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, inverse.ravel(), signed)
    unmatched = np.flatnonzero(sums % MODULUS)
    for index in unmatched:
        yield _describe(bus, everything, distinct, sums, int(index), unmatched)


def _describe(
    bus: Bus,
    entries: Sequence[_Entries],
    distinct: NDArray[np.uint64],
    sums: NDArray[np.int64],
    index: int,
    unmatched: NDArray[np.int64],
) -> Fault:
    """The sentence about one unmatched message; the nearest partner is an unmatched message of the other sign."""
    message = distinct[index]
    # Those who put too much on the bus: entries of the sign of the sum.
    sign = int(np.sign(sums[index]))
    place = _first_with(entries, message, sign) or _first_with(entries, message, -sign)
    text = _show_message(bus, message)
    difference = "sent" if sums[index] > 0 else "received"
    if bus.kind is BusKind.LOOKUP:
        difference = "asked for" if sums[index] > 0 else "provided"
    who = _show_place(place)
    sentence = f"bus {bus.name}: {text} is {difference} {abs(int(sums[index]))} times too often, first by {who}"
    silent = _first_with(entries, message, 0)
    if silent is not None:
        sentence += f"; {_show_place(silent)} holds it with multiplicity 0"
    partners = np.array([other for other in unmatched if np.sign(sums[other]) == -np.sign(sums[index])], dtype=np.int64)
    if not len(partners):
        silent = _first_with(entries, message, 0)
    if silent is not None:
        sentence += f"; {_show_place(silent)} holds it with multiplicity 0"
    partners = np.array([other for other in range(len(distinct)) if other != index], dtype=np.int64)
    if len(partners):
        nearest = _nearest(distinct, partners, message)
        partner = _first_with(entries, distinct[nearest], -sign) or _first_with(entries, distinct[nearest], sign)
        sentence += f"; nearest is {_show_message(bus, distinct[nearest])} of {_show_place(partner)}"
    cells = {name: int(value) for name, value in zip(bus.field_names, message, strict=True)}
    chip, row, segment, _ = place or ("(verifier)", 0, 0, "")
    return Fault(chip, row, segment, bus.name, sentence, cells)


def _nearest(distinct: NDArray[np.uint64], candidates: NDArray[np.int64], message: NDArray[np.uint64]) -> int:
    """The candidate with the fewest different fields, then the smallest numeric distance."""
    rows = distinct[candidates].astype(np.int64)
    delta = np.abs(rows - message.astype(np.int64))
    order = np.lexsort((delta.sum(axis=1), np.count_nonzero(delta, axis=1)))
    return int(candidates[order[0]])


_Place = tuple[str, int, int, str]


def _first_with(entries: Sequence[_Entries], message: NDArray[np.uint64], sign: int) -> _Place | None:
    """Chip, row, segment and interaction of the first entry with this message and this sign of its multiplicity."""
    for item in entries:
        same = np.flatnonzero((item.messages == message).all(axis=1) & (np.sign(item.signed) == sign))
        if len(same):
            return item.chip, int(same[0]), item.segment, item.name
    return None


def _show_place(place: _Place | None) -> str:
    if place is None:
        return "nobody"
    chip, row, segment, name = place
    return "the verifier" if chip == "(verifier)" else f"chip {chip}, row {row}, segment {segment} ({name!r})"


def _show_message(bus: Bus, message: NDArray[np.uint64]) -> str:
    return "(" + ", ".join(f"{name} = {value}" for name, value in zip(bus.field_names, message, strict=True)) + ")"

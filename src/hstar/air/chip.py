"""A chip: one Python class that says what its columns are, how they are computed, and what must hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hstar.air.asks import Asks, asks_of
from hstar.air.buses import Ports
from hstar.air.columns import Multiplicity, Slot, build, slots_of
from hstar.air.draft import Draft
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.expressions import FieldGraph, tracing
from hstar.air.program import Bus, ChipProgram, Column, Group, MachineLimits
from hstar.air.rules import check_chip_rules
from hstar.air.statements import Statement
from hstar.air.trace_program import IntegerGraph, RecordField, TraceProgram
from hstar.field.koala_bear import MODULUS

Row: TypeAlias = Any
"""An instance of a chip's `Columns` or `Record`; subclasses annotate their own class."""


class Chip:
    """Base class of chips; a subclass has, in this order, Columns, Record, trace, constraints, interactions.

    The three methods are called once each, with symbols. A chip with preprocessed columns also has `preprocessed`.
    """

    class Columns:
        """The columns, by annotation (see `hstar.air.columns`)."""

    class Record:
        """What one row is computed from: fields of type `U64`, or lists of them."""

    @property
    def name(self) -> str:
        """The class's name in lower case with underscores; override it for chips with parameters."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def preprocessed(self) -> Mapping[str, NDArray[Any]]:
        """Contents of the preprocessed columns by name; they are part of the verifying key."""
        return {}

    def trace(self, c: Row, record: Row) -> None:
        """Sets every main and boundary column from the record, with integer expressions."""

    def constraints(self, c: Row) -> Iterator[Statement]:
        """Yields the statements that hold on every row, also on an all-zero one."""
        yield from ()

    def interactions(self, c: Row, bus: Ports) -> None:
        """Records what the row sends, receives, asks for and provides."""


@dataclass(frozen=True)
class TracedChip:
    """A chip after tracing.

    Args:
        source: the chip.
        program: its field program with everything derived from it.
        trace_program: its integer program.
        slots: its columns with their types.
        draft: everything that was recorded, for rules that need the whole circuit.
    """

    source: Chip
    program: ChipProgram
    trace_program: TraceProgram
    slots: tuple[Slot, ...]
    draft: Draft

    @property
    def counted_columns(self) -> tuple[int, ...]:
        """The columns that are filled by counting what other chips ask for."""
        return tuple(index for index, slot in enumerate(self.slots) if issubclass(slot.kind, Multiplicity))

    @cached_property
    def asks(self) -> Mapping[int, Asks]:
        """What the chip asks, by bus."""
        return asks_of(self.program)


def trace_chip(chip: Chip, buses: Sequence[Bus], limits: MachineLimits) -> TracedChip:
    """Runs a chip's methods on symbols and checks every rule that concerns the chip alone.

    Args:
        chip: what to trace.
        buses: all buses of the circuit, in order.
        limits: degree bounds.

    Raises:
        CircuitError: any reason; the sentence names chip and constraint, bus or column.
    """
    slots = slots_of(chip.Columns, chip.name)
    if not slots:
        raise CircuitError(
            f"chip {chip.name} has no columns; declare them in its class Columns",
            reason=CircuitReason.BAD_COLUMNS,
            chip=chip.name,
        )
    graph = FieldGraph(chip.name, [slot.name for slot in slots])
    with tracing(graph):
        columns = build(chip.Columns, lambda slot: slot.kind(graph, slot.name), chip.name)
        statements = tuple(_named_statements(chip, columns))
        ports = Ports(chip.name, buses)
        chip.interactions(columns, ports)
    draft = Draft(
        name=chip.name,
        columns=tuple(Column(slot.name, slot.group, slot.kind.maximum) for slot in slots),
        program=graph.program(),
        statements=statements,
        interactions=tuple(ports.interactions),
        sources=frozenset(ports.sources),
    )
    check_chip_rules(draft, buses, limits)
    return TracedChip(chip, draft.finish(buses, limits), _trace_integers(chip, slots), slots, draft)


def _named_statements(chip: Chip, columns: object) -> Iterator[Statement]:
    names: set[str] = set()
    for statement in chip.constraints(columns):
        if not isinstance(statement, Statement):
            raise CircuitError(
                f"chip {chip.name} yields {statement!r} as a constraint; yield check(), boolean(), integer() ...",
                reason=CircuitReason.BAD_STATEMENT,
                chip=chip.name,
            )
        if statement.name in names or not statement.name:
            raise CircuitError(
                f"chip {chip.name} has two constraints named {statement.name!r}; give each a name of its own",
                reason=CircuitReason.DUPLICATE_NAME,
                chip=chip.name,
                constraint=statement.name,
            )
        names.add(statement.name)
        yield statement


def _trace_integers(chip: Chip, slots: Sequence[Slot]) -> TraceProgram:
    record_slots = slots_of(chip.Record, chip.name)
    graph = IntegerGraph(chip.name, slots, [slot.name for slot in record_slots])
    with tracing(graph):
        columns = build(chip.Columns, lambda slot: slot.kind(graph, slot.name), chip.name)
        record = build(chip.Record, lambda slot: RecordField(graph, slot.name), chip.name)
        chip.trace(columns, record)
    return graph.program()


def preprocessed_columns(traced: TracedChip) -> dict[int, NDArray[np.uint32]]:
    """Contents of the preprocessed columns by column index, checked against their declared types.

    Raises:
        CircuitError: BAD_COLUMNS where columns are missing, unknown or of unequal height; VALUE_TOO_LARGE.
    """
    chip, program = traced.source, traced.program
    contents = chip.preprocessed()
    indices = program.group_range(Group.PREPROCESSED)
    names = {program.columns[index].name: index for index in indices}
    if set(contents) != set(names) or len({len(values) for values in contents.values()}) > 1:
        raise CircuitError(
            f"`preprocessed` of chip {chip.name} must give arrays of one height for exactly the columns "
            f"{sorted(names)}, not for {sorted(contents)}",
            reason=CircuitReason.BAD_COLUMNS,
            chip=chip.name,
        )
    columns: dict[int, NDArray[np.uint32]] = {}
    for name, index in names.items():
        columns[index] = checked_column(traced, index, np.asarray(contents[name], dtype=np.uint64), declared=True)
    return columns


def checked_column(traced: TracedChip, index: int, values: NDArray[np.uint64], *, declared: bool) -> NDArray[np.uint32]:
    """Values as a column: below p, and within the declared type where that is asked for.

    Raises:
        CircuitError: VALUE_TOO_LARGE.
    """
    column = traced.program.columns[index]
    maximum = column.maximum if declared and column.maximum is not None else MODULUS - 1
    if len(values) and int(values.max()) > maximum:
        row = int(np.argmax(values > maximum))
        more = " or more" if int(values[row]) == 2**32 - 1 else ""  # where the kernels cut off
        raise CircuitError(
            f"column {column.name} of chip {traced.program.name} would hold {int(values[row])}{more} in row {row}, "
            f"above {maximum}; compute a value that fits",
            reason=CircuitReason.VALUE_TOO_LARGE,
            chip=traced.program.name,
            column=column.name,
            row=row,
        )
    return np.ascontiguousarray(values, dtype=np.uint32)

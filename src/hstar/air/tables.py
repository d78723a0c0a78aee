"""Filling tables: from records to columns, and the multiplicities of tables by counting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hstar.air.chip import TracedChip, checked_column, preprocessed_columns
from hstar.air.circuit import TracedCircuit
from hstar.air.columns import slots_of
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.program import Direction, Group, Instruction, Interaction, Opcode
from hstar.air.vectorised import ExtensionVector, Vector, evaluate_rows
from hstar.kernels.integer_program import fill_columns
from hstar.kernels.lookups import LookupTable, count_messages

Records = Mapping[str, ArrayLike]
"""For every field of a chip's `Record` an array `[rows]`, or `[rows, *shape]` for lists."""

NO_POINT = (0,) * 6


@dataclass
class Segment:
    """The filled tables of one segment.

    Args:
        number: the public segment number k.
        tables: per chip its columns `[width, height]`, canonical `uint32`, in the order preprocessed, boundary, main.
    """

    number: int
    tables: dict[str, NDArray[np.uint32]]

    def height(self, chip_name: str) -> int:
        """Rows of one table."""
        return len(self.tables[chip_name].T)


def fill_segment(circuit: TracedCircuit, records: Mapping[str, Records], *, number: int = 1) -> Segment:
    """All tables of a segment.

    Args:
        circuit: the traced circuit.
        records: per chip its records; chips without an entry have no rows, chips with preprocessed columns have the
            height of these and need records only if they have a `Record`.
        number: the segment's public number.

    Raises:
        CircuitError: BAD_RECORDS, VALUE_TOO_LARGE, NOT_IN_TABLE; the sentence names chip, column and row.
    """
    for name in records:
        circuit.chip(name)
    tables = {chip.program.name: _fill_table(chip, records.get(chip.program.name, {})) for chip in circuit.chips}
    segment = Segment(number, tables)
    _count_multiplicities(circuit, segment)
    return segment


def fill_boundary(circuit: TracedCircuit, records: Mapping[str, Records], *, number: int = 1) -> Segment:
    """What a segment's boundary columns need, and no more: to commit to them before the rest is known.

    Tables of chips with boundary columns are filled (but for `Multiplicity` columns), other chips have no rows, or
    the preprocessed columns and zeros.

    Args:
        circuit: the traced circuit.
        records: as for `fill_segment`; those of chips without boundary columns are ignored.
        number: the segment's public number.

    Raises:
        CircuitError: as `fill_segment`.
    """
    tables: dict[str, NDArray[np.uint32]] = {}
    for chip in circuit.chips:
        name = chip.program.name
        if chip.program.group_range(Group.BOUNDARY):
            tables[name] = _fill_table(chip, records.get(name, {}))
        else:
            preprocessed = preprocessed_columns(chip)
            height = len(next(iter(preprocessed.values()))) if preprocessed else 0
            tables[name] = np.zeros((chip.program.width, height), dtype=np.uint32)
            for index, column in preprocessed.items():
                tables[name][index] = column
    return Segment(number, tables)


def _fill_table(traced: TracedChip, records: Records) -> NDArray[np.uint32]:
    program = traced.program
    preprocessed = preprocessed_columns(traced)
    fields = _flat_records(traced, records)
    heights = {len(values) for values in fields.values()} | {len(values) for values in preprocessed.values()}
    if len(heights) > 1:
        raise CircuitError(
            f"the records of chip {program.name} have {sorted(heights)} rows; give every field the same number, and "
            "a chip with preprocessed columns exactly their height",
            reason=CircuitReason.BAD_RECORDS,
            chip=program.name,
        )
    height = heights.pop() if heights else 0
    table = np.zeros((program.width, height), dtype=np.uint32)
    for index, column in preprocessed.items():
        table[index] = column
    trace = traced.trace_program
    rows = np.array([fields[name] for name in trace.record_fields], dtype=np.uint64).reshape(
        len(trace.record_fields), height
    )
    fill_columns(trace.program, rows, table)
    for index in trace.program.outputs[:, 0].tolist():
        checked_column(traced, index, table[index], declared=False)
    return table


def _flat_records(traced: TracedChip, records: Records) -> dict[str, NDArray[np.uint64]]:
    """Record arrays by flat field name, `state[3]` for column 3 of `state`."""
    name = traced.program.name
    flat: dict[str, NDArray[np.uint64]] = {}
    for key, values in records.items():
        array = np.asarray(values, dtype=np.uint64)
        for position in np.ndindex(array.shape[1:]):
            suffix = "".join(f"[{index}]" for index in position)
            flat[key + suffix] = np.ascontiguousarray(array[(slice(None), *position)])
    expected = {slot.name for slot in slots_of(traced.source.Record, name)}
    if not records:
        return {field: np.zeros(0, dtype=np.uint64) for field in expected}
    if set(flat) != expected:
        wrong = sorted(set(flat) ^ expected)
        raise CircuitError(
            f"the records of chip {name} and its Record differ in {', '.join(wrong[:5])}; give an array for every "
            "field and for nothing else",
            reason=CircuitReason.BAD_RECORDS,
            chip=name,
        )
    return flat


def message_columns(
    interaction: Interaction, values: Mapping[int, Vector], height: int
) -> tuple[NDArray[np.uint64], list[NDArray[np.uint64]]]:
    """Multiplicities and each field of the messages, `[height]`, from the values of an interaction's nodes."""

    def rows(node: int) -> NDArray[np.uint64]:
        value = values[node]
        # Invariant: interactions never read the post-commit point, so their nodes are base values.
        base = value.coefficients[0] if isinstance(value, ExtensionVector) else value
        return np.broadcast_to(base, (height,))

    return rows(interaction.multiplicity), [rows(node) for node in interaction.message]


def _count_multiplicities(circuit: TracedCircuit, segment: Segment) -> None:
    """Fills every `Multiplicity` column with how often its row is asked for.

    Tables that ask tables work if they stand before the tables that they ask.
    """
    for traced in circuit.chips:
        for column in traced.counted_columns:
            _count_column(circuit, segment, traced, column)


def _count_column(circuit: TracedCircuit, segment: Segment, provider: TracedChip, column: int) -> None:
    program = provider.program
    multiplicity = Instruction(Opcode.COLUMN, column)
    provides = [
        item
        for item in program.interactions
        if item.direction is Direction.PROVIDE and program.program.instructions[item.multiplicity] == multiplicity
    ]
    if len(provides) != 1:
        raise CircuitError(
            f"multiplicity column {program.columns[column].name} of chip {program.name} must be the multiplicity of "
            f"exactly one provide, not of {len(provides)}",
            reason=CircuitReason.BAD_COLUMNS,
            chip=program.name,
            column=program.columns[column].name,
        )
    bus_index = provides[0].bus_index
    table = segment.tables[program.name]
    lookup = LookupTable.of(_provided(provider, segment, provides[0]))
    counts = np.zeros(table.shape[1], dtype=np.uint64)
    single = _num_providers(circuit, bus_index) == 1
    for asker in circuit.chips:
        asks = asker.asks.get(bus_index)
        if asks is not None:
            columns = segment.tables[asker.program.name]
            missing = count_messages(asks.in_segment(segment.number), columns, lookup, counts)
            if single and missing is not None:
                raise _not_provided(asker, segment, asks.interactions[missing[1]], missing[0])
    table[column] = checked_column(provider, column, counts, declared=False)


def _provided(provider: TracedChip, segment: Segment, item: Interaction) -> list[NDArray[np.uint64]]:
    """The fields of the messages that the rows of a table provide."""
    table = segment.tables[provider.program.name]
    return message_columns(item, _message_values(provider, table, segment.number, item), table.shape[1])[1]


def _message_values(
    traced: TracedChip, table: NDArray[np.uint32], number: int, item: Interaction
) -> Mapping[int, Vector]:
    return evaluate_rows(traced.program, list(table), number, NO_POINT, (item.multiplicity, *item.message))


def _num_providers(circuit: TracedCircuit, bus_index: int) -> int:
    return sum(
        item.bus_index == bus_index and item.direction is Direction.PROVIDE
        for chip in circuit.circuit.chips
        for item in chip.interactions
    )


def _not_provided(asker: TracedChip, segment: Segment, item: Interaction, row: int) -> CircuitError:
    chip = asker.program.name
    table = segment.tables[chip][:, row : row + 1]
    _, fields = message_columns(item, _message_values(asker, table, segment.number, item), 1)
    message = [int(field[0]) for field in fields]
    return CircuitError(
        f"chip {chip}, row {row}: {item.name!r} asks for {message}, which no table provides; correct the trace program",
        reason=CircuitReason.NOT_IN_TABLE,
        chip=chip,
        row=row,
        interaction=item.name,
    )


def preprocessed_table(traced: TracedChip) -> NDArray[np.uint32]:
    """The preprocessed columns of a chip `[preprocessed width, height]`, as they stand in the verifying key."""
    columns = preprocessed_columns(traced)
    indices = traced.program.group_range(Group.PREPROCESSED)
    height = len(next(iter(columns.values()))) if columns else 0
    return np.array([columns[index] for index in indices], dtype=np.uint32).reshape(len(indices), height)

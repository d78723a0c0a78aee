"""Row programs, one row and one instruction at a time: what the native interpreter must compute."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.extension import ZERO, ExtensionElement, from_base
from hstar.kernels.row_types import BoundTable, ExtensionTable, RowProgram, Table, table_shape
from hstar.kernels.vectors import ExtensionVector, Words


def run_row(
    program: RowProgram,
    constants: Sequence[int],
    challenges: Sequence[ExtensionElement],
    columns: Sequence[ExtensionElement],
) -> list[ExtensionElement]:
    """The outputs on one row; base elements are extension elements here."""
    c = [*columns] + [ZERO] * (program.num_column_registers - program.num_columns)
    e = [ZERO] * program.num_extension_registers
    terms = program.terms.tolist()
    for opcode, destination, a, b in program.instructions.tolist():
        match opcode:
            case 0:
                c[destination] = c[a] + c[b]
            case 1:
                c[destination] = c[a] - c[b]
            case 2:
                c[destination] = c[a] * c[b]
            case 3:
                c[destination] = -c[a]
            case 4:
                c[destination] = c[a] + constants[b]
            case 5:
                c[destination] = c[a] * constants[b]
            case 6:
                c[destination] = from_base(constants[a])
            case 7:
                e[destination] = e[a] + e[b]
            case 8:
                e[destination] = e[a] - e[b]
            case 9:
                e[destination] = e[a] * e[b]
            case 10:
                e[destination] = -e[a]
            case 11:
                e[destination] = e[a] * c[b]
            case 12:
                e[destination] = e[a] + c[b]
            case 13:
                e[destination] = c[a]
            case 14:
                e[destination] = challenges[a]
            case 15:
                weighed = [challenges[challenge] * c[register] for register, challenge in terms[a : a + b]]
                e[destination] = sum(weighed, ZERO)
            case 16:
                e[destination] = e[a] * challenges[b]
            case _:
                e[destination] = e[a] + challenges[b]
    return [e[register] for register in program.outputs.tolist()]


def rows_of(table: Table) -> list[list[ExtensionElement]]:
    """The table row by row."""
    num_columns, height = table_shape(table)
    if isinstance(table, BoundTable):
        return _bound(rows_of(table.words), table.coordinate)
    columns: list[list[ExtensionElement]]
    if isinstance(table, ExtensionTable):
        columns = [table.column(index).to_elements() for index in range(num_columns)]
    else:
        columns = [[from_base(value) for value in column] for column in table.tolist()]
    return [[column[row] for column in columns] for row in range(height)]


def _challenges(words: Words) -> list[ExtensionElement]:
    return [ExtensionElement(row) for row in words.tolist()]


def evaluate_rows(program: RowProgram, constants: Words, challenges: Words, table: Words) -> list[ExtensionVector]:
    """The outputs on every row."""
    known = constants.tolist(), _challenges(challenges)
    results = [run_row(program, *known, row) for row in rows_of(table)]
    return [ExtensionVector.from_elements(row[index] for row in results) for index in range(len(program.outputs))]


Rows = list[list[ExtensionElement]]


def _pairs(rows: Rows) -> list[tuple[list[ExtensionElement], list[ExtensionElement]]]:
    padded = [*rows, [ZERO] * len(rows[0])] if len(rows) % 2 else rows
    return list(zip(padded[0::2], padded[1::2], strict=True))


def _bound(rows: Rows, coordinate: ExtensionElement) -> Rows:
    """Pairs of rows at one point of the line through them."""
    return [[a + coordinate * (b - a) for a, b in zip(low, high, strict=True)] for low, high in _pairs(rows)]


def round_values(
    program: RowProgram,
    constants: Words,
    challenges: Words,
    table: Table,
    weights: ExtensionVector,
    points: Sequence[int],
) -> list[ExtensionElement]:
    """The weighted sums of the output over pairs of rows, at every point."""
    known = constants.tolist(), _challenges(challenges)
    sums = [ZERO] * len(points)
    for weight, (low, high) in zip(weights.to_elements(), _pairs(rows_of(table)), strict=True):
        for index, point in enumerate(points):
            row = [a + point * (b - a) for a, b in zip(low, high, strict=True)]
            sums[index] = sums[index] + weight * run_row(program, *known, row)[0]
    return sums


def bind_lowest(table: Table, coordinate: ExtensionElement) -> ExtensionTable:
    """Pairs of rows at one point of the line through them."""
    bound = _bound(rows_of(table), coordinate)
    num_columns, _ = table_shape(table)
    columns = [ExtensionVector.from_elements(row[index] for row in bound) for index in range(num_columns)]
    return ExtensionTable.from_columns(columns)

"""The data that row programs work on: checked programs, and tables of extension elements.

A row program knows two kinds of registers. *Column registers* hold what is computed from columns and constants: base
elements while the columns are base elements, extension elements later. *Extension registers* hold what also depends on
challenges. Constants are base elements and challenges extension elements, both given with every call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.kernels.arguments import check_array, check_range
from hstar.kernels.vectors import LANES, ExtensionVector, Words, check_words, packed_shape

MAX_TERMS = 6
"""Most terms of one WEIGH: what the packed arithmetic adds up before it must reduce."""


class RowOpcode(IntEnum):
    """What an instruction writes to its destination; c, e: column and extension registers, k constant, h challenge."""

    ADD = 0  # c = c + c
    SUBTRACT = 1  # c = c - c
    MULTIPLY = 2  # c = c * c
    NEGATE = 3  # c = -c
    ADD_CONSTANT = 4  # c = c + k
    MULTIPLY_CONSTANT = 5  # c = c * k
    CONSTANT = 6  # c = k
    EXTENSION_ADD = 7  # e = e + e
    EXTENSION_SUBTRACT = 8  # e = e - e
    EXTENSION_MULTIPLY = 9  # e = e * e
    EXTENSION_NEGATE = 10  # e = -e
    MIXED_MULTIPLY = 11  # e = e * c
    MIXED_ADD = 12  # e = e + c
    LIFT = 13  # e = c
    CHALLENGE = 14  # e = h
    WEIGH = 15  # e = sum of challenge * column register over b terms from term a
    SCALE = 16  # e = e * h
    ADD_CHALLENGE = 17  # e = e + h


OPERANDS: dict[RowOpcode, str] = {
    RowOpcode.ADD: "ccc",
    RowOpcode.SUBTRACT: "ccc",
    RowOpcode.MULTIPLY: "ccc",
    RowOpcode.NEGATE: "cc.",
    RowOpcode.ADD_CONSTANT: "cck",
    RowOpcode.MULTIPLY_CONSTANT: "cck",
    RowOpcode.CONSTANT: "ck.",
    RowOpcode.EXTENSION_ADD: "eee",
    RowOpcode.EXTENSION_SUBTRACT: "eee",
    RowOpcode.EXTENSION_MULTIPLY: "eee",
    RowOpcode.EXTENSION_NEGATE: "ee.",
    RowOpcode.MIXED_MULTIPLY: "eec",
    RowOpcode.MIXED_ADD: "eec",
    RowOpcode.LIFT: "ec.",
    RowOpcode.CHALLENGE: "eh.",
    RowOpcode.WEIGH: "etn",
    RowOpcode.SCALE: "eeh",
    RowOpcode.ADD_CHALLENGE: "eeh",
}
"""Kind of destination and operands: c, e registers; k, h indices; t first term, n number of terms."""


@dataclass(frozen=True, eq=False)
class RowProgram:
    """A checked program: every index that the kernels follow is in range, every register is written before it is read.

    Args:
        instructions: `[n, 4]` opcode, destination, a, b.
        terms: `[t, 2]` column register, challenge.
        outputs: `[o]` extension registers.
        num_columns: column registers 0 .. num_columns - 1 are the columns; no instruction writes them.
        num_column_registers, num_extension_registers: sizes of the register files.
        num_constants, num_challenges: what every call must bring.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, OUT_OF_RANGE, MALFORMED.
    """

    instructions: Words
    terms: Words
    outputs: Words
    num_columns: int
    num_column_registers: int
    num_extension_registers: int
    num_constants: int
    num_challenges: int

    def __post_init__(self) -> None:
        check_array(self.instructions, "instructions", "uint32", (None, 4))
        check_array(self.terms, "terms", "uint32", (None, 2))
        check_array(self.outputs, "outputs", "uint32", (None,))
        check_range(self.num_columns, "num_columns", 0, self.num_column_registers)
        _check_below(self.outputs, self.num_extension_registers, "outputs")
        _check_below(self.terms[:, 0], self.num_column_registers, "terms")
        _check_below(self.terms[:, 1], self.num_challenges, "terms")
        opcodes = self.instructions[:, 0]
        _check_below(opcodes, len(RowOpcode), "opcodes")
        limits = {
            "c": self.num_column_registers,
            "e": self.num_extension_registers,
            "k": self.num_constants,
            "h": self.num_challenges,
            "t": len(self.terms) + 1,
            "n": MAX_TERMS + 1,
        }
        for opcode, kinds in OPERANDS.items():
            rows = self.instructions[opcodes == opcode]
            for position, kind in enumerate(kinds):
                if kind != ".":
                    _check_below(rows[:, 1 + position], limits[kind], f"operands of {opcode.name}")
            if kinds[0] == "c" and len(rows) and int(rows[:, 1].min()) < self.num_columns:
                raise InputError("a row program writes to a column", reason=Reason.MALFORMED)
            if opcode is RowOpcode.WEIGH and len(rows):
                _check_below(rows[:, 2] + rows[:, 3], len(self.terms) + 1, "terms of WEIGH")
        self._check_written_first()

    def _check_written_first(self) -> None:
        written = {("c", column) for column in range(self.num_columns)}
        terms = self.terms.tolist()
        for number, destination, a, b in self.instructions.tolist():
            kinds = OPERANDS[RowOpcode(number)]
            read = [(kind, index) for kind, index in zip(kinds[1:], (a, b), strict=True) if kind in "ce"]
            if kinds[1] == "t":
                read = [("c", register) for register, _ in terms[a : a + b]]
            if not written.issuperset(read):
                raise InputError("a row program reads a register before it writes it", reason=Reason.MALFORMED)
            written.add((kinds[0], destination))
        if not written.issuperset(("e", register) for register in self.outputs.tolist()):
            raise InputError("an output of a row program is never written", reason=Reason.MALFORMED)


def _check_below(values: Words, limit: int, name: str) -> None:
    if values.size and int(values.max()) >= limit:
        raise InputError(
            f"{name} of a row program reach {int(values.max())}, beyond {limit - 1}", reason=Reason.OUT_OF_RANGE
        )


class ExtensionTable:
    """Columns of extension elements, of one height.

    Layout: `words[column]` are the words of an `ExtensionVector` of `height` elements.
    """

    __slots__ = ("height", "words")

    def __init__(self, height: int, words: Words) -> None:
        check_words(words, "words")
        if words.ndim != 4 or words.shape[1:] != packed_shape(height):
            raise InputError(
                f"the words of columns of height {height} have shape (any, {packed_shape(height)}), not {words.shape}",
                reason=Reason.WRONG_SHAPE,
            )
        if height % LANES and words[:, -1, :, height % LANES :].any():
            raise InputError("the lanes beyond the height of a table must be zero", reason=Reason.MALFORMED)
        self.height, self.words = height, words

    @classmethod
    def trusted(cls, height: int, words: Words) -> ExtensionTable:
        """Wraps words that kernels made."""
        table = cls.__new__(cls)
        table.height, table.words = height, words
        return table

    @classmethod
    def from_columns(cls, columns: Sequence[ExtensionVector]) -> ExtensionTable:
        """Stacks vectors of one length, at least one.

        Raises:
            InputError: WRONG_SHAPE.
        """
        if len({len(column) for column in columns}) != 1:
            raise InputError("columns must have one height, and there must be one", reason=Reason.WRONG_SHAPE)
        return cls(len(columns[0]), np.stack([column.words for column in columns]))

    def column(self, index: int) -> ExtensionVector:
        """One column."""
        return ExtensionVector.trusted(self.height, self.words[index])


@dataclass(frozen=True, eq=False, slots=True)
class BoundTable:
    """Columns of base elements whose lowest row variable is bound to a coordinate, not written down.

    Half as many extension elements would take three times the memory; kernels compute them as they read.

    Args:
        words: `[columns, rows]` canonical.
        coordinate: row x is `row_2x + coordinate (row_(2x+1) - row_2x)`; a row beyond the end is zero.
    """

    words: Words
    coordinate: ExtensionElement

    @property
    def height(self) -> int:
        """Rows, bound ones."""
        return (int(self.words.shape[1]) + 1) // 2


Table = Words | BoundTable | ExtensionTable
"""Columns of base elements (canonical `uint32`, shape `[columns, height]`), bound ones, or of extension elements."""


def table_shape(table: Table) -> tuple[int, int]:
    """Columns and height.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL.
    """
    if isinstance(table, BoundTable | ExtensionTable):
        return len(table.words), table.height
    check_words(table, "columns")
    check_array(table, "columns", "uint32", (None, None))
    return table.shape[0], table.shape[1]

"""Recording the integer program of a chip: how every column is computed from a record.

`hstar.kernels.integer_program` says what the operations mean and runs the program over all records at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hstar.air.columns import Multiplicity, Slot
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.expressions import Expression, Felt, Graph, current_graph, to_expression
from hstar.air.program import Group
from hstar.kernels.integer_opcodes import IntegerOpcode
from hstar.kernels.integer_program import IntegerProgram

_MASK = 2**64 - 1


_OPERATORS = {
    "+": IntegerOpcode.ADD,
    "-": IntegerOpcode.SUBTRACT,
    "*": IntegerOpcode.MULTIPLY,
    "&": IntegerOpcode.AND,
    "|": IntegerOpcode.OR,
    "^": IntegerOpcode.XOR,
    "<<": IntegerOpcode.SHIFT_LEFT,
    ">>": IntegerOpcode.SHIFT_RIGHT,
    "//": IntegerOpcode.DIVIDE,
    "%": IntegerOpcode.REMAINDER,
}
_FUNCTIONS = {
    "is_equal": IntegerOpcode.IS_EQUAL,
    "is_less": IntegerOpcode.IS_LESS,
    "select": IntegerOpcode.SELECT,
    "multiply_high": IntegerOpcode.MULTIPLY_HIGH,
    "field_inverse": IntegerOpcode.FIELD_INVERSE,
}


class IntegerInstruction(NamedTuple):
    """One node; unused operands are 0."""

    opcode: IntegerOpcode
    first: int = 0
    second: int = 0
    third: int = 0


@dataclass(frozen=True)
class TraceProgram:
    """A recorded `trace`.

    Args:
        record_fields: names, in the order of the program's fields.
        program: for the kernels.
    """

    record_fields: tuple[str, ...]
    program: IntegerProgram


def _function(name: str, *operands: Expression | int) -> Expression:
    graph = current_graph()
    return Expression(graph, graph.apply(name, *(to_expression(operand).node() for operand in operands)))


def is_equal(left: Expression, right: Expression | int) -> Expression:
    """In `trace`: 1 where equal, else 0."""
    return _function("is_equal", left, right)


def is_less(left: Expression | int, right: Expression | int) -> Expression:
    """In `trace`: 1 where left < right as unsigned integers, else 0."""
    return _function("is_less", left, right)


def select(condition: Expression, if_nonzero: Expression | int, if_zero: Expression | int) -> Expression:
    """In `trace`: one of two values."""
    return _function("select", condition, if_nonzero, if_zero)


def multiply_high(left: Expression, right: Expression | int) -> Expression:
    """In `trace`: the upper 64 bits of the 128-bit product."""
    return _function("multiply_high", left, right)


def field_inverse(value: Expression) -> Expression:
    """In `trace`: the inverse modulo p, or 0 for 0."""
    return _function("field_inverse", value)


class IntegerGraph(Graph):
    """Records `trace`: what each column is set to."""

    def __init__(self, chip_name: str, slots: Sequence[Slot], record_fields: Sequence[str]) -> None:
        super().__init__(chip_name)
        self._slots = {slot.name: (index, slot) for index, slot in enumerate(slots)}
        self._record_fields = {name: index for index, name in enumerate(record_fields)}
        self._constants: dict[int, int] = {}
        self._nodes: dict[IntegerInstruction, int] = {}
        self._outputs: dict[int, int] = {}

    def constant(self, value: int) -> int:
        """Constants wrap modulo 2^64."""
        index = self._constants.setdefault(value & _MASK, len(self._constants))
        return self._add(IntegerInstruction(IntegerOpcode.CONSTANT, index))

    def column_node(self, column: Felt) -> int:
        """What the column was set to, or the record's field."""
        if column.column_name in self._record_fields and isinstance(column, RecordField):
            return self._add(IntegerInstruction(IntegerOpcode.FIELD, self._record_fields[column.column_name]))
        index, _ = self._slots[column.column_name]
        if index not in self._outputs:
            self.fail(f"reads column {column.column_name} before it is set", "set it first")
        return self._outputs[index]

    def assign(self, column: Felt, value: Expression | int) -> None:
        """A main or boundary column is set once; tables set their preprocessed columns elsewhere."""
        if isinstance(column, RecordField):
            self.fail(f"sets {column.column_name} of the record", "records are input")
        index, slot = self._slots[column.column_name]
        if slot.group is Group.PREPROCESSED or issubclass(slot.kind, Multiplicity):
            self.fail(
                f"sets column {slot.name} in `trace`",
                "preprocessed columns come from `preprocessed`, multiplicities are counted",
            )
        if index in self._outputs:
            raise CircuitError(
                f"chip {self.chip_name} sets column {slot.name} twice; set every column once",
                reason=CircuitReason.COLUMN_SET_TWICE,
                chip=self.chip_name,
                column=slot.name,
            )
        self._outputs[index] = to_expression(value).node()

    def binary(self, operator: str, left: int, right: int) -> int:
        """Every Python operator on unsigned integers."""
        return self._add(IntegerInstruction(_OPERATORS[operator], left, right))

    def apply(self, operator: str, *operands: int) -> int:
        """The functions of this module."""
        return self._add(IntegerInstruction(_FUNCTIONS[operator], *operands))

    def program(self) -> TraceProgram:
        """What was recorded.

        Raises:
            CircuitError: COLUMN_NOT_SET.
        """
        for index, slot in self._slots.values():
            filled_elsewhere = slot.group is Group.PREPROCESSED or issubclass(slot.kind, Multiplicity)
            if index not in self._outputs and not filled_elsewhere:
                raise CircuitError(
                    f"`trace` of chip {self.chip_name} does not set column {slot.name}; set it",
                    reason=CircuitReason.COLUMN_NOT_SET,
                    chip=self.chip_name,
                    column=slot.name,
                )
        program = IntegerProgram(
            instructions=np.array(list(self._nodes), dtype=np.uint32).reshape(-1, 4),
            constants=np.array(list(self._constants), dtype=np.uint64),
            outputs=np.array(sorted(self._outputs.items()), dtype=np.uint32).reshape(-1, 2),
            num_fields=len(self._record_fields),
        )
        return TraceProgram(tuple(self._record_fields), program)

    def _add(self, instruction: IntegerInstruction) -> int:
        return self._nodes.setdefault(instruction, len(self._nodes))


class RecordField(Felt):
    """A field of the record while `trace` is recorded."""

    __slots__ = ()

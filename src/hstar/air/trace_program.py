"""The integer program of a chip: how every column is computed from a record, over 64-bit unsigned integers.

It is recorded from the chip's `trace` method and run over all records at once. Arithmetic wraps modulo 2^64; `x // 0`
is 2^64 - 1 and `x % 0` is x, as in RISC-V; a shift by 64 or more gives 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hstar.air.columns import Multiplicity, Slot
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.expressions import Expression, Felt, Graph, current_graph, to_expression
from hstar.air.program import Group
from hstar.field.koala_bear import MODULUS

Words = NDArray[np.uint64]
_MASK = 2**64 - 1


class IntegerOpcode(IntEnum):
    """What a node of an integer program computes from its operands."""

    CONSTANT = 0  # first: index into the constants
    FIELD = 1  # first: index of the record's field
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    AND = 5
    OR = 6
    XOR = 7
    SHIFT_LEFT = 8
    SHIFT_RIGHT = 9
    DIVIDE = 10
    REMAINDER = 11
    IS_EQUAL = 12
    IS_LESS = 13
    SELECT = 14  # second where first is not 0, else third
    MULTIPLY_HIGH = 15
    FIELD_INVERSE = 16  # modulo p, 0 for 0


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
    """A straight-line integer program.

    Args:
        record_fields: names in the order of FIELD operands.
        constants: 64-bit values.
        instructions: nodes; operands point backwards.
        outputs: (column index, node) for every column that the program fills.
    """

    record_fields: tuple[str, ...]
    constants: tuple[int, ...]
    instructions: tuple[IntegerInstruction, ...]
    outputs: tuple[tuple[int, int], ...]


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
        outputs = tuple(sorted(self._outputs.items()))
        return TraceProgram(tuple(self._record_fields), tuple(self._constants), tuple(self._nodes), outputs)

    def _add(self, instruction: IntegerInstruction) -> int:
        return self._nodes.setdefault(instruction, len(self._nodes))


class RecordField(Felt):
    """A field of the record while `trace` is recorded."""

    __slots__ = ()


def _shift(left: Words, right: Words, shift: Callable[[Words, Words], Words]) -> Words:
    return np.where(right < 64, shift(left, right & np.uint64(63)), np.uint64(0))


def _divide(left: Words, right: Words) -> Words:
    return np.where(right == 0, np.uint64(_MASK), left // np.maximum(right, np.uint64(1)))


def _remainder(left: Words, right: Words) -> Words:
    return np.where(right == 0, left, left % np.maximum(right, np.uint64(1)))


def _multiply_high(left: Words, right: Words) -> Words:
    """Schoolbook on 32-bit halves; no partial sum exceeds 64 bits."""
    half, mask = np.uint64(32), np.uint64(2**32 - 1)
    a, b, c, d = left >> half, left & mask, right >> half, right & mask
    middle = a * d + (b * d >> half)
    lower = b * c + (middle & mask)
    high: Words = a * c + (middle >> half) + (lower >> half)
    return high


def _field_inverse(value: Words) -> Words:
    """value^(p-2) mod p."""
    modulus = np.uint64(MODULUS)
    base, result = value % modulus, np.ones_like(value)
    for bit in bin(MODULUS - 2)[2:]:
        result = result * result % modulus
        if bit == "1":
            result = result * base % modulus
    return result


_EVALUATORS: dict[IntegerOpcode, Callable[..., Any]] = {
    IntegerOpcode.ADD: np.add,
    IntegerOpcode.SUBTRACT: np.subtract,
    IntegerOpcode.MULTIPLY: np.multiply,
    IntegerOpcode.AND: np.bitwise_and,
    IntegerOpcode.OR: np.bitwise_or,
    IntegerOpcode.XOR: np.bitwise_xor,
    IntegerOpcode.SHIFT_LEFT: lambda a, b: _shift(a, b, np.left_shift),
    IntegerOpcode.SHIFT_RIGHT: lambda a, b: _shift(a, b, np.right_shift),
    IntegerOpcode.DIVIDE: _divide,
    IntegerOpcode.REMAINDER: _remainder,
    IntegerOpcode.IS_EQUAL: lambda a, b: (a == b).astype(np.uint64),
    IntegerOpcode.IS_LESS: lambda a, b: (a < b).astype(np.uint64),
    IntegerOpcode.SELECT: lambda a, b, c: np.where(a != 0, b, c),
    IntegerOpcode.MULTIPLY_HIGH: _multiply_high,
    IntegerOpcode.FIELD_INVERSE: _field_inverse,
}
_NUM_OPERANDS = {IntegerOpcode.SELECT: 3, IntegerOpcode.FIELD_INVERSE: 1}


def run_trace_program(program: TraceProgram, records: Mapping[str, Words], num_rows: int) -> dict[int, Words]:
    """The columns that a trace program fills.

    Args:
        program: recorded from a chip's `trace`.
        records: one array `[num_rows]` of 64-bit values per record field.
        num_rows: number of records.

    Returns:
        Column index -> array `[num_rows]`; values are not yet known to be below p.
    """
    last_use = _last_uses(program)
    values: dict[int, Words] = {}
    for node, (opcode, *operands) in enumerate(program.instructions):
        if opcode is IntegerOpcode.CONSTANT:
            # One-element arrays, not scalars: NumPy warns when scalars wrap, and wrapping is meant here.
            values[node] = np.array([program.constants[operands[0]]], dtype=np.uint64)
        elif opcode is IntegerOpcode.FIELD:
            values[node] = records[program.record_fields[operands[0]]]
        else:
            used = operands[: _NUM_OPERANDS.get(opcode, 2)]
            values[node] = _EVALUATORS[opcode](*(values[operand] for operand in used))
            for operand in set(used):
                if last_use[operand] == node:
                    del values[operand]
    return {column: np.broadcast_to(values[node], (num_rows,)) for column, node in program.outputs}


def _last_uses(program: TraceProgram) -> list[int]:
    """For every node the last node that reads it; outputs are kept to the end."""
    last = [-1] * len(program.instructions)
    for node, (opcode, *operands) in enumerate(program.instructions):
        if opcode not in (IntegerOpcode.CONSTANT, IntegerOpcode.FIELD):
            for operand in operands[: _NUM_OPERANDS.get(opcode, 2)]:
                last[operand] = node
    for _, node in program.outputs:
        last[node] = len(program.instructions)
    return last

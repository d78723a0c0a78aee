"""Reading the canonical encoding of a circuit back, strictly: whatever is accepted encodes to the same bytes.

Soundness: a decoded circuit is only looked at (reports, bytes per part). A verifier takes its circuit from a key that
it trusts, and the rules of the language were checked when the circuit was traced, not here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hstar.air.encoding import encode_circuit
from hstar.air.program import (
    LEAF_OPCODES,
    Bus,
    BusKind,
    ChipProgram,
    Circuit,
    Column,
    Constraint,
    Direction,
    FieldProgram,
    Group,
    Instruction,
    Interaction,
    Leaf,
    MachineLimits,
    Opcode,
    Scope,
)
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS

Item = TypeVar("Item")


def decode_circuit(data: bytes) -> Circuit:
    """The circuit that `data` encodes.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL.
    """
    reader = _Reader(data)
    name = reader.text()
    limits = MachineLimits(*(reader.word() for _ in range(3)))
    buses = reader.items(reader.bus)
    chips = reader.items(lambda: reader.chip(len(buses)))
    circuit = Circuit(name, chips, buses, limits)
    if encode_circuit(circuit) != data:
        raise InputError("these bytes are not the canonical encoding of a circuit", reason=Reason.NOT_CANONICAL)
    return circuit


def _malformed(what: str) -> InputError:
    return InputError(f"the encoding of a circuit is malformed: {what}", reason=Reason.MALFORMED)


class _Reader:
    """Takes values from the front; a list is never longer than the bytes that are left."""

    def __init__(self, data: bytes) -> None:
        self._data, self._offset = data, 0

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self._offset:
            raise _malformed("it ends too early")
        self._offset += count
        return self._data[self._offset - count : self._offset]

    def word(self, bound: int = 2**32) -> int:
        value = int.from_bytes(self.take(4), "little")
        if value >= bound:
            raise _malformed(f"{value} where a number below {bound} belongs")
        return value

    def text(self) -> str:
        try:
            return self.take(self.word()).decode()
        except UnicodeDecodeError as error:
            raise _malformed("a name is not UTF-8") from error

    def optional(self) -> int | None:
        return int.from_bytes(self.take(8), "little") if self.word(2) else None

    def items(self, read: Callable[[], Item]) -> tuple[Item, ...]:
        count = self.word()
        if count > len(self._data) - self._offset:
            raise _malformed(f"a list of {count} items in {len(self._data)} bytes")
        return tuple(read() for _ in range(count))

    def bus(self) -> Bus:
        name, kind, scope = self.text(), BusKind(self.word(len(BusKind))), Scope(self.word(len(Scope)))
        fields, maxima = self.items(self.text), self.items(self.optional)
        if len(fields) != len(maxima):
            raise _malformed(f"bus {name} has {len(fields)} fields and {len(maxima)} maxima")
        order = self.optional()
        if order is not None and (kind is not BusKind.CHAIN or order >= len(fields)):
            raise _malformed(f"bus {name} is ordered by field {order}")
        max_messages = self.optional()
        if max_messages is not None and (order is None or scope is not Scope.LOCAL):
            raise _malformed(f"bus {name} is counted to {max_messages} messages")
        return Bus(name, kind, scope, fields, maxima, order, max_messages)

    def chip(self, num_buses: int) -> ChipProgram:
        name = self.text()
        columns = self.items(lambda: Column(self.text(), Group(self.word(len(Group))), self.optional()))
        if [column.group for column in columns] != sorted(column.group for column in columns):
            raise _malformed(f"the columns of chip {name} are not ordered by group")
        program = FieldProgram(self.program(len(columns)))
        num_nodes = len(program.instructions)
        constraints = self.items(lambda: Constraint(self.text(), self.word(num_nodes), self.word()))
        interactions = self.items(lambda: self.interaction(num_buses, num_nodes))
        leaves = self.items(lambda: self.leaf(len(interactions)))
        return ChipProgram(name, columns, program, constraints, interactions, leaves)

    def program(self, num_columns: int) -> tuple[Instruction, ...]:
        instructions: list[Instruction] = []
        for index in range(self.word(len(self._data))):
            opcode = Opcode(self.word(len(Opcode)))
            bounds = {Opcode.CONSTANT: (MODULUS, 1), Opcode.COLUMN: (num_columns, 1), Opcode.NEGATE: (index, 1)}
            left_bound, right_bound = bounds.get(opcode, (1, 1) if opcode in LEAF_OPCODES else (index, index))
            instructions.append(Instruction(opcode, self.word(left_bound), self.word(right_bound)))
        return tuple(instructions)

    def interaction(self, num_buses: int, num_nodes: int) -> Interaction:
        name, bus_index = self.text(), self.word(num_buses)
        direction, multiplicity = Direction(self.word(len(Direction))), self.word(num_nodes)
        return Interaction(name, bus_index, direction, multiplicity, self.items(lambda: self.word(num_nodes)))

    def leaf(self, num_interactions: int) -> Leaf:
        scope, numerator, denominator = Scope(self.word(len(Scope))), self.word(), self.word()
        members = self.items(lambda: self.word(num_interactions))
        if not members:
            raise _malformed("a leaf without interactions")
        return Leaf(scope, members, numerator, denominator)

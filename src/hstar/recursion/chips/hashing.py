"""The hashing gates: a permutation of a sponge, and a step up a Merkle tree. Degree 9.

Both commit every second full round. What a permutation puts out is linear in its last S-boxes and is provided as an
expression.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Row
from hstar.air.columns import U64, Bit, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.air.permutation import Lanes, NinthSBoxes, permute
from hstar.air.statements import Statement, check
from hstar.field.extension import DEGREE
from hstar.hash import sponge
from hstar.kernels.gate_types import SPONGE_OUTPUTS, WIRE_WORDS
from hstar.recursion.chips.data import base
from hstar.recursion.chips.wires import DIGESTS, WIRES, GateChip

SPARE = 3 * DEGREE - sponge.RATE
"""Words of the three narrow wires that a permutation does not take in."""


def _fill(lanes: Lanes, c: Row, is_real: Expression) -> None:
    def settle(column: Felt, value: Expression) -> Expression:
        column.set(value)
        return value

    permute(lanes, c.s_boxes, is_real, settle)


def _s_box_statements(lanes: Lanes, c: Row) -> list[Statement]:
    statements: list[Statement] = []

    def settle(column: Felt, value: Expression) -> Expression:
        statements.append(check(f"{column.column_name} is an S-box output", column == value))
        return column

    permute(lanes, c.s_boxes, c.is_real, settle)
    return statements


def _output(lanes: Lanes, c: Row) -> Lanes:
    return permute(lanes, c.s_boxes, c.is_real, lambda column, _: column)


class Sponge(GateChip):
    """15 words from three narrow wires and a capacity go in; five wires come out (see `GateOpcode.SPONGE`)."""

    class Columns:
        is_real: Preprocessed[Bit]
        is_shifted: Preprocessed[Bit]
        operand_address: Preprocessed[Annotated[list[Felt], 4]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Annotated[list[Felt], SPONGE_OUTPUTS]]
        rate: Annotated[list[Felt], sponge.RATE]
        spare: Annotated[list[Felt], SPARE]
        capacity: Annotated[list[Felt], sponge.CAPACITY]
        s_boxes: NinthSBoxes

    class Record:
        is_real: U64
        rate: Annotated[list[U64], sponge.RATE]
        spare: Annotated[list[U64], SPARE]
        capacity: Annotated[list[U64], sponge.CAPACITY]

    def trace(self, c: Columns, record: Record) -> None:
        """One permutation."""
        for columns, values in ((c.rate, record.rate), (c.spare, record.spare), (c.capacity, record.capacity)):
            for column, value in zip(columns, values, strict=True):
                column.set(value)
        _fill([*c.rate, *c.capacity], c, record.is_real)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Every committed S-box."""
        yield from _s_box_statements([*c.rate, *c.capacity], c)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Unshifted, the third wire's upper half is spare; shifted, the first wire's lower half."""
        straight, shifted = [*c.rate, *c.spare], [*c.spare, *c.rate]
        words = [low + c.is_shifted * (high - low) for low, high in zip(straight, shifted, strict=True)]
        for index in range(3):
            part = words[DEGREE * index : DEGREE * (index + 1)]
            bus.ask(WIRES, c.operand_address[index], part, name=f"words {index}")
        bus.ask(DIGESTS, c.operand_address[3], c.capacity, name="capacity")
        lanes = _output([*c.rate, *c.capacity], c)
        third: list[Expression | int] = [*lanes[12:15], 0, 0, 0]
        outputs: list[Sequence[Expression | int]] = [lanes[0:6], lanes[6:12], third, lanes[15:24], lanes[0:9]]
        for index, (output, fan_out) in enumerate(zip(outputs, c.fan_out, strict=True)):
            wires = WIRES if len(output) == DEGREE else DIGESTS
            bus.provide(wires, c.address + index, output, multiplicity=fan_out, name=f"output {index}")


class MerkleStep(GateChip):
    """The parent of a node and a sibling that only this row knows; the bit says on which side the node stands."""

    class Columns:
        is_real: Preprocessed[Bit]
        node_address: Preprocessed[Felt]
        bit_address: Preprocessed[Felt]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        tag: Preprocessed[Felt]
        bit: Felt
        left: Annotated[list[Felt], WIRE_WORDS]
        right: Annotated[list[Felt], WIRE_WORDS]
        s_boxes: NinthSBoxes

    class Record:
        is_real: U64
        tag: U64
        bit: U64
        left: Annotated[list[U64], WIRE_WORDS]
        right: Annotated[list[U64], WIRE_WORDS]

    def trace(self, c: Columns, record: Record) -> None:
        """One compression."""
        c.bit.set(record.bit)
        for columns, values in ((c.left, record.left), (c.right, record.right)):
            for column, value in zip(columns, values, strict=True):
                column.set(value)
        _fill(self._lanes(c, record.tag), c, record.is_real)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Every committed S-box. That the bit is one is said by the chip that writes its wire."""
        yield from _s_box_statements(self._lanes(c, c.tag), c)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The node is the right child where the bit is 1."""
        node = [left + c.bit * (right - left) for left, right in zip(c.left, c.right, strict=True)]
        bus.ask(DIGESTS, c.node_address, node, name="node")
        bus.ask(WIRES, c.bit_address, base(c.bit), name="bit")
        output = _output(self._lanes(c, c.tag), c)
        parent = [after + before for after, before in zip(output[:WIRE_WORDS], c.left, strict=True)]
        bus.provide(DIGESTS, c.address, parent, multiplicity=c.fan_out, name="parent")

    def _lanes(self, c: Row, tag: Expression) -> Lanes:
        zero = c.bit * 0
        return [*c.left, zero, zero, zero, *c.right, zero, zero, tag]

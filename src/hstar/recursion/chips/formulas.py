"""Gates for formulas that the verifier evaluates thousands of times: one row instead of three to twenty."""

from __future__ import annotations

from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.columns import U64, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.field.extension import DEGREE
from hstar.recursion.chips.data import base
from hstar.recursion.chips.extension import add, multiply, scale, subtract, sum_of_products
from hstar.recursion.chips.wires import WIRES, GateChip

NUM_ELEMENTS = 6
"""Elements of E that a step of the jagged weight reads: four of state, two coordinates."""


class RangeStep(GateChip):
    """The RANGE_STEP gate: one bit of the branching program behind the jagged weight.

    Soundness: start and end are bits because BITS gates, or constants, write their wires.
    """

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], NUM_ELEMENTS + 2]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Annotated[list[Felt], 4]]
        elements: Annotated[list[list[Felt]], (NUM_ELEMENTS, DEGREE)]
        start: Felt
        end: Felt

    class Record:
        elements: Annotated[list[list[U64]], (NUM_ELEMENTS, DEGREE)]
        start: U64
        end: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The operands as they are on their wires."""
        for columns, words in zip(c.elements, record.elements, strict=True):
            for column, word in zip(columns, words, strict=True):
                column.set(word)
        c.start.set(record.start)
        c.end.set(record.end)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Eight wires are read, four are written."""
        words = [*c.elements, base(c.start), base(c.end)]
        for index, (address, operand) in enumerate(zip(c.operand_address, words, strict=True)):
            bus.ask(WIRES, address, operand, name=f"operand {index}")
        for index, (result, fan_out) in enumerate(zip(self._next(c), c.fan_out, strict=True)):
            bus.provide(WIRES, c.address + index, result, multiplicity=fan_out, name=f"result {index}")

    def _next(self, c: Columns) -> list[list[Expression]]:
        t0, t1, l0, l1, row, cell = c.elements
        both = multiply(row, cell)
        row_only, cell_only = subtract(row, both), subtract(cell, both)
        first, *others = [-a - b for a, b in zip(row, cell_only, strict=True)]
        neither = [first + 1, *others]
        equal = add(neither, both)
        total, less = self._moves(c, t0, t1), self._moves(c, l0, l1)
        high = [scale(c.end, value) for value in less]
        low = [add(v, scale(c.end, subtract(t, v))) for t, v in zip(total, less, strict=True)]
        return [
            sum_of_products([(equal, total[0]), (cell_only, total[1])]),
            sum_of_products([(row_only, total[1]), (equal, total[2])]),
            sum_of_products([(neither, low[0]), (both, high[0]), (cell_only, high[1])]),
            sum_of_products([(row_only, low[1]), (neither, low[2]), (both, high[2])]),
        ]

    def _moves(self, c: Columns, zero: list[Felt], one: list[Felt]) -> list[list[Expression]]:
        """The state by the sum of carry and start bit: 0, 1 or 2."""
        up, stay = scale(c.start, zero), scale(c.start, one)
        return [subtract(zero, up), add(up, subtract(one, stay)), stay]


class MonomialStep(GateChip):
    """The MONOMIAL_STEP gate: a factor of the weight of an evaluation at a point of K."""

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], 3]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Annotated[list[Felt], 2]]
        product: Annotated[list[Felt], DEGREE]
        power: Felt
        coordinate: Annotated[list[Felt], DEGREE]

    class Record:
        product: Annotated[list[U64], DEGREE]
        power: U64
        coordinate: Annotated[list[U64], DEGREE]

    def trace(self, c: Columns, record: Record) -> None:
        """The operands as they are on their wires."""
        for columns, words in ((c.product, record.product), (c.coordinate, record.coordinate)):
            for column, word in zip(columns, words, strict=True):
                column.set(word)
        c.power.set(record.power)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Three wires are read, two are written: `product (1 + coordinate (power - 1))`, and `power^2`."""
        for index, operand in enumerate((c.product, base(c.power), c.coordinate)):
            bus.ask(WIRES, c.operand_address[index], operand, name=f"operand {index}")
        product = add(c.product, scale(c.power - 1, multiply(c.product, c.coordinate)))
        bus.provide(WIRES, c.address, product, multiplicity=c.fan_out[0], name="next product")
        bus.provide(WIRES, c.address + 1, base(c.power * c.power), multiplicity=c.fan_out[1], name="next power")


class Weigh(GateChip):
    """The WEIGH gate: six neighbouring words of a row, weighed and added up."""

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], DEGREE + 2]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        elements: Annotated[list[list[Felt]], (DEGREE + 2, DEGREE)]

    class Record:
        elements: Annotated[list[list[U64]], (DEGREE + 2, DEGREE)]

    def trace(self, c: Columns, record: Record) -> None:
        """The operands as they are on their wires."""
        for columns, words in zip(c.elements, record.elements, strict=True):
            for column, word in zip(columns, words, strict=True):
                column.set(word)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Eight wires are read, one is written."""
        for index, (address, operand) in enumerate(zip(c.operand_address, c.elements, strict=True)):
            bus.ask(WIRES, address, operand, name=f"operand {index}")
        total, words, *weights = c.elements
        result: list[Expression] = list(total)
        for word, weight in zip(words, weights, strict=True):
            result = add(result, scale(word, weight))
        bus.provide(WIRES, c.address, result, multiplicity=c.fan_out, name="result")

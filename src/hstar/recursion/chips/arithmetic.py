"""The ARITHMETIC gate: `s a b + t a + v b + w c + u` over E, with coefficients from the program.

The result is no column: it is provided as an expression. A requirement that it be zero finds it on the zero wire.
"""

from __future__ import annotations

from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.columns import U64, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.field.extension import DEGREE
from hstar.recursion.chips.data import base
from hstar.recursion.chips.extension import multiply
from hstar.recursion.chips.wires import WIRES, GateChip

NUM_OPERANDS = 3
NUM_COEFFICIENTS = 5


class Arithmetic(GateChip):
    """One multiplication and what is added to it."""

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], NUM_OPERANDS]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        coefficients: Preprocessed[Annotated[list[Felt], NUM_COEFFICIENTS]]
        operands: Annotated[list[list[Felt]], (NUM_OPERANDS, DEGREE)]

    class Record:
        operands: Annotated[list[list[U64]], (NUM_OPERANDS, DEGREE)]

    def trace(self, c: Columns, record: Record) -> None:
        """The operands as they are on their wires."""
        for columns, words in zip(c.operands, record.operands, strict=True):
            for column, word in zip(columns, words, strict=True):
                column.set(word)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Three wires are read, one is written."""
        for index, (address, words) in enumerate(zip(c.operand_address, c.operands, strict=True)):
            bus.ask(WIRES, address, words, name=f"operand {'abc'[index]}")
        bus.provide(WIRES, c.address, self._result(c), multiplicity=c.fan_out, name="result")

    def _result(self, c: Columns) -> list[Expression]:
        s, t, v, w, u = c.coefficients
        left, right, summand = c.operands
        result: list[Expression] = []
        for index, product in enumerate(multiply(left, right)):
            value = s * product + t * left[index] + v * right[index] + w * summand[index]
            result.append(value if index else value + u)
        return result


class BaseArithmetic(GateChip):
    """The same where all three operands are in K: one word instead of six."""

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], NUM_OPERANDS]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        coefficients: Preprocessed[Annotated[list[Felt], NUM_COEFFICIENTS]]
        operands: Annotated[list[Felt], NUM_OPERANDS]

    class Record:
        operands: Annotated[list[U64], NUM_OPERANDS]

    def trace(self, c: Columns, record: Record) -> None:
        """The operands as they are on their wires."""
        for column, word in zip(c.operands, record.operands, strict=True):
            column.set(word)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Three wires are read, one is written."""
        for index, (address, word) in enumerate(zip(c.operand_address, c.operands, strict=True)):
            bus.ask(WIRES, address, base(word), name=f"operand {'abc'[index]}")
        s, t, v, w, u = c.coefficients
        left, right, summand = c.operands
        result = s * (left * right) + t * left + v * right + w * summand + u
        bus.provide(WIRES, c.address, base(result), multiplicity=c.fan_out, name="result")

"""The BITS gate: the digits of the canonical representative of an element of K.

Soundness: 31 bits can stand for v and, where v is small, for v + p as well; with the second form a prover would move
query positions. `p - 1 = 127 * 2^24`, so a number of 31 bits is below p exactly if its upper seven bits are not all 1,
or its lower 24 bits are all 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.columns import U64, Bit, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean, check
from hstar.kernels.gate_types import NUM_BITS
from hstar.recursion.chips.data import base
from hstar.recursion.chips.wires import WIRES, GateChip

LOW_BITS = 24


class Bits(GateChip):
    """One number and its 31 digits, at neighbouring addresses."""

    class Columns:
        operand_address: Preprocessed[Felt]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Annotated[list[Felt], NUM_BITS]]
        bits: Annotated[list[Bit], NUM_BITS]
        upper_are_one: Felt

    class Record:
        value: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The digits of the canonical representative."""
        product: Expression | None = None
        for index, column in enumerate(c.bits):
            bit = (record.value >> index) & 1
            column.set(bit)
            if index >= LOW_BITS:
                product = bit if product is None else product * bit
        if product is not None:
            c.upper_are_one.set(product)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Digits are bits, and their number is below p."""
        for bit in c.bits:
            yield boolean(bit)
        product: Expression = c.bits[LOW_BITS]
        for bit in c.bits[LOW_BITS + 1 :]:
            product = product * bit
        yield check("the upper bits are all one", c.upper_are_one == product)
        low: Expression = c.bits[0]
        for bit in c.bits[1:LOW_BITS]:
            low = low + bit
        yield check("the number is below p", c.upper_are_one * low)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One wire is read, 31 are written."""
        value: Expression = c.bits[0]
        for index, bit in enumerate(c.bits[1:], start=1):
            value = value + (1 << index) * bit
        bus.ask(WIRES, c.operand_address, value, 0, 0, 0, 0, 0)
        for index, (bit, fan_out) in enumerate(zip(c.bits, c.fan_out, strict=True)):
            bus.provide(WIRES, c.address + index, base(bit), multiplicity=fan_out, name=f"bit {index}")

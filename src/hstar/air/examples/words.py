"""64-bit words: addition and bitwise logic, with range and byte tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import U64, Bit, Byte, Word
from hstar.air.examples.tables import BYTE_AND, RANGE16, ByteAnd, Range16
from hstar.air.expressions import Expression
from hstar.air.statements import Statement, boolean, integer
from hstar.air.tables import Records
from hstar.field.koala_bear import MODULUS

INVERSE_OF_LIMB = pow(2**16, -1, MODULUS)


class WordAdd(Chip):
    """result = left + right modulo 2^64; the carries are expressions, not columns."""

    class Columns:
        is_real: Bit
        left: Word
        right: Word
        result: Word

    class Record:
        left: U64
        right: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One addition."""
        c.is_real.set(1)
        c.left.set(record.left)
        c.right.set(record.right)
        c.result.set(record.left + record.right)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Limb by limb: the carry is what the field equation says, and it must be a bit."""
        yield boolean(c.is_real)
        carry: Expression | int = 0
        for index in range(4):
            total = c.left.limbs[index] + c.right.limbs[index] + carry
            carry = (total - c.result.limbs[index]) * INVERSE_OF_LIMB
            yield boolean(carry, name=f"carry {index} is a bit")
            yield integer(f"limb {index} is added", total == c.result.limbs[index] + 2**16 * carry, when=c.is_real)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """All twelve limbs are 16-bit numbers."""
        for word in (c.left, c.right, c.result):
            for limb in word.limbs:
                bus.ask(RANGE16, limb, multiplicity=c.is_real)


class WordXor(Chip):
    """result = left XOR right; only the AND of every byte is a column of its own."""

    class Columns:
        is_real: Bit
        left: Annotated[list[Byte], 8]
        right: Annotated[list[Byte], 8]
        conjunction: Annotated[list[Byte], 8]
        result: Word

    class Record:
        left: U64
        right: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One XOR."""
        c.is_real.set(1)
        c.result.set(record.left ^ record.right)
        for index in range(8):
            left, right = record.left >> (8 * index) & 255, record.right >> (8 * index) & 255
            c.left[index].set(left)
            c.right[index].set(right)
            c.conjunction[index].set(left & right)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """a XOR b = a + b - 2 (a AND b), two bytes to a limb."""
        yield boolean(c.is_real)
        exclusive = [a + b - 2 * both for a, b, both in zip(c.left, c.right, c.conjunction, strict=True)]
        for index, limb in enumerate(c.result.limbs):
            both = exclusive[2 * index] + 256 * exclusive[2 * index + 1]
            yield integer(f"limb {index}", limb == both, when=c.is_real)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The byte table proves that the operands are bytes; the limbs of the result are checked once."""
        for index in range(8):
            bus.ask(BYTE_AND, c.left[index], c.right[index], c.conjunction[index], multiplicity=c.is_real)
        for limb in c.result.limbs:
            bus.ask(RANGE16, limb, multiplicity=c.is_real)


def word_circuit() -> TracedCircuit:
    """Additions and XORs of 64-bit words with their two tables."""
    return trace_circuit("words", [WordAdd(), WordXor(), Range16(), ByteAnd()], [RANGE16, BYTE_AND])


def word_records(additions: Sequence[tuple[int, int]], xors: Sequence[tuple[int, int]]) -> dict[str, Records]:
    """Records of `word_circuit`: pairs of 64-bit integers."""

    def columns(pairs: Sequence[tuple[int, int]]) -> Records:
        return {"left": [left for left, _ in pairs], "right": [right for _, right in pairs]}

    return {"word_add": columns(additions), "word_xor": columns(xors)}

"""Chips that bring values onto wires and take them apart: constants, hints, lanes, packs, digests."""

from __future__ import annotations

from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.columns import U64, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.field.extension import DEGREE
from hstar.kernels.gate_types import WIRE_WORDS
from hstar.recursion.chips.wires import DIGESTS, WIRES, GateChip


class Constant(GateChip):
    """A narrow wire whose words the program fixes."""

    class Columns:
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        words: Preprocessed[Annotated[list[Felt], DEGREE]]

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One wire is written."""
        bus.provide(WIRES, c.address, c.words, multiplicity=c.fan_out)


class DigestConstant(GateChip):
    """A wide wire whose words the program fixes."""

    class Columns:
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        words: Preprocessed[Annotated[list[Felt], WIRE_WORDS]]

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One wire is written."""
        bus.provide(DIGESTS, c.address, c.words, multiplicity=c.fan_out)


class Hint(GateChip):
    """A narrow wire that the prover chooses: any element of E, the same for all its readers."""

    class Columns:
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        words: Annotated[list[Felt], DEGREE]

    class Record:
        words: Annotated[list[U64], DEGREE]

    def trace(self, c: Columns, record: Record) -> None:
        """What is on the wire."""
        _set(c.words, record.words)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One wire is written."""
        bus.provide(WIRES, c.address, c.words, multiplicity=c.fan_out)


class Lanes(GateChip):
    """The LANE gates of one wire: its six coefficients as elements of K, at neighbouring addresses."""

    class Columns:
        operand_address: Preprocessed[Felt]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Annotated[list[Felt], DEGREE]]
        words: Annotated[list[Felt], DEGREE]

    class Record:
        words: Annotated[list[U64], DEGREE]

    def trace(self, c: Columns, record: Record) -> None:
        """What is on the wire."""
        _set(c.words, record.words)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One wire is read, six are written."""
        bus.ask(WIRES, c.operand_address, c.words)
        for index, (word, fan_out) in enumerate(zip(c.words, c.fan_out, strict=True)):
            bus.provide(WIRES, c.address + index, base(word), multiplicity=fan_out, name=f"lane {index}")


class Pack(GateChip):
    """The PACK gate: six elements of K become one element of E."""

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], DEGREE]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        words: Annotated[list[Felt], DEGREE]

    class Record:
        words: Annotated[list[U64], DEGREE]

    def trace(self, c: Columns, record: Record) -> None:
        """What is on the wires."""
        _set(c.words, record.words)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Six wires are read, one is written."""
        for index, (word, address) in enumerate(zip(c.words, c.operand_address, strict=True)):
            bus.ask(WIRES, address, base(word), name=f"lane {index}")
        bus.provide(WIRES, c.address, c.words, multiplicity=c.fan_out)


class Widen(GateChip):
    """The WIDEN gate: nine words out of two narrow wires; the rest of the second is ignored."""

    class Columns:
        operand_address: Preprocessed[Annotated[list[Felt], 2]]
        address: Preprocessed[Felt]
        fan_out: Preprocessed[Felt]
        words: Annotated[list[Felt], 2 * DEGREE]

    class Record:
        words: Annotated[list[U64], 2 * DEGREE]

    def trace(self, c: Columns, record: Record) -> None:
        """What is on the wires."""
        _set(c.words, record.words)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Two narrow wires are read, a wide one is written."""
        bus.ask(WIRES, c.operand_address[0], c.words[:DEGREE], name="first words")
        bus.ask(WIRES, c.operand_address[1], c.words[DEGREE:], name="last words")
        bus.provide(DIGESTS, c.address, c.words[:WIRE_WORDS], multiplicity=c.fan_out)


def base(word: Expression) -> list[Expression | int]:
    """An element of K as the words of a narrow wire."""
    return [word, *([0] * (DEGREE - 1))]


def _set(columns: list[Felt], values: list[U64]) -> None:
    for column, value in zip(columns, values, strict=True):
        column.set(value)

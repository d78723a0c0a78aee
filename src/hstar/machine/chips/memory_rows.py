"""Initial and final rows: what every word of state holds before the run and after it.

Each row starts the global chain of its key with the initial value, as segment 0, and ends it with the final value. The
bus `keys` runs through all rows of all memory segments in ascending order of keys: no key has two rows.

Soundness of the regions: which initial value a key may have follows from its row's chip. The rows of image, output and
registers are preprocessed, so every segment of their circuit has each of them once, and no other row may then have the
same key, because keys ascend. A zero row's page is in the table as no page of the input, an input row's as one. So no
word of the image can be called zero, and no word outside the input region can be called input. That the circuit has
exactly one segment in a run follows from x31: the verifier ends the chain of keys with its key, which only the
preprocessed row sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports, lookup
from hstar.air.chip import Chip, Row
from hstar.air.columns import U16, U64, Bit, Boundary, Multiplicity, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, less_than
from hstar.machine.chips.buses import KEYS, LIMBS, MEMORY_SEGMENTS, OUTPUT, Key
from hstar.machine.chips.common import Value
from hstar.machine.chips.comparison import limb_of
from hstar.machine.chips.tables import RANGE14, RANGE16, U13, U14
from hstar.machine.layout import (
    DOUBLEWORD_BYTES,
    FIRST_REGISTER_KEY,
    INPUT_START,
    LAST_REGISTER_KEY,
    OUTPUT_START,
    OUTPUT_WORDS,
    RAM_BYTES,
    ram_key,
)
from hstar.machine.program import Program

PAGE_DOUBLEWORDS = 2**16
PAGES = lookup("pages", page=U13, is_input=Bit)
"""The pages of RAM, of 2^16 doublewords each."""

_ZERO = (0,) * LIMBS


class Pages(Chip):
    """All pages, and whether they belong to the input."""

    class Columns:
        page: Preprocessed[U13]
        is_input: Preprocessed[Bit]
        times: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """Row = page."""
        pages = np.arange(RAM_BYTES // (DOUBLEWORD_BYTES * PAGE_DOUBLEWORDS), dtype=np.uint64)
        first_input = INPUT_START // (DOUBLEWORD_BYTES * PAGE_DOUBLEWORDS)
        return {"page": pages, "is_input": (pages >= first_input).astype(np.uint64)}

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One message a row."""
        bus.provide(PAGES, c.page, c.is_input, multiplicity=c.times)


class _Life:
    """What every row has besides its key and initial value: 7 columns, 6 interactions.

    Soundness: keys are integers up to LAST_KEY, and their difference is checked in 30 bits, so `previous_key < key` is
    a statement about integers and the chain of keys ascends strictly.
    """

    previous_key: Boundary[Key]
    last_segment: Boundary[Felt]
    final: Boundary[Annotated[list[Felt], LIMBS]]
    gap_high: U14

    def set(self, record: Row, key: Expression) -> None:
        """In `trace`."""
        self.previous_key.set(record.previous_key)
        self.last_segment.set(record.last_segment)
        for index, limb in enumerate(self.final):
            limb.set(limb_of(record.final, index))
        self.gap_high.set((key - record.previous_key - 1) >> 16)

    def _gap_low(self, key: Expression) -> Expression:
        return key - self.previous_key - 1 - 2**16 * self.gap_high

    def statement(self, key: Expression) -> Statement:
        """previous_key < key, as two parts of the difference say."""
        difference = self._gap_low(key) + 2**16 * self.gap_high
        return less_than("keys ascend", self.previous_key, key, difference=difference)

    def connect(self, bus: Ports, key: Expression, initial: Sequence[Value]) -> None:
        """Chain of keys, start and end of the word's own chain, ranges."""
        bus.receive(KEYS, self.previous_key)
        bus.send(KEYS, key)
        bus.send(MEMORY_SEGMENTS, key, 0, list(initial), source=True, name="initial")
        bus.receive(MEMORY_SEGMENTS, key, self.last_segment, self.final, name="final")
        bus.ask(RANGE16, self._gap_low(key), name="gap, low")
        bus.ask(RANGE14, self.gap_high, name="gap, high")


class ImageRows(Chip):
    """The words of the program's image, and the registers, which start at 0. Every row is there, touched or not."""

    class Columns:
        key: Preprocessed[Key]
        limbs: Preprocessed[Annotated[list[U16], LIMBS]]
        life: _Life

    class Record:
        key: U64
        previous_key: U64
        last_segment: U64
        final: U64

    name = "image"

    def __init__(self, program: Program) -> None:
        self._program = program

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """Ascending keys: RAM, then registers."""
        registers = np.arange(FIRST_REGISTER_KEY + 1, LAST_REGISTER_KEY + 1, dtype=np.uint64)
        keys = np.concatenate([self._program.image_index.astype(np.uint64) + np.uint64(1), registers])
        words = np.concatenate([self._program.image_words, np.zeros(len(registers), dtype=np.uint64)])
        limbs = {f"limbs[{index}]": words >> np.uint64(16 * index) & np.uint64(0xFFFF) for index in range(LIMBS)}
        return {"key": keys, **limbs}

    def trace(self, c: Columns, record: Record) -> None:
        """The key of the record is that of the preprocessed row."""
        c.life.set(record, record.key)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Order of keys."""
        yield c.life.statement(c.key)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Starts as in the image."""
        c.life.connect(bus, c.key, c.limbs)


class OutputRows(Chip):
    """The words of the output: 0 at first; at the end they are what the verifier receives."""

    class Columns:
        key: Preprocessed[Key]
        index: Preprocessed[Felt]
        life: _Life

    class Record:
        key: U64
        previous_key: U64
        last_segment: U64
        final: U64

    name = "output"

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """All output words."""
        index = np.arange(OUTPUT_WORDS, dtype=np.uint64)
        return {"key": index + np.uint64(ram_key(OUTPUT_START)), "index": index}

    def trace(self, c: Columns, record: Record) -> None:
        """The key of the record is that of the preprocessed row."""
        c.life.set(record, record.key)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Order of keys."""
        yield c.life.statement(c.key)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Starts as 0, ends as output."""
        c.life.connect(bus, c.key, _ZERO)
        bus.send(OUTPUT, c.index, c.life.final)


class _Place:
    """A doubleword of RAM by page and place in it: 2 columns, 2 interactions. Its key is 1 .. 2^29."""

    low: Boundary[U16]
    page: Boundary[U13]

    def set(self, key: Expression) -> None:
        """In `trace`."""
        self.low.set((key - 1) & 0xFFFF)
        self.page.set((key - 1) >> 16)

    @property
    def key(self) -> Expression:
        """As an expression."""
        return self.low + PAGE_DOUBLEWORDS * self.page + 1

    def connect(self, bus: Ports, is_input: int) -> None:
        """The page is one of the region."""
        bus.ask(RANGE16, self.low, name="place in the page")
        bus.ask(PAGES, self.page, is_input, name="region")


class ZeroRows(Chip):
    """Words of RAM that start at 0."""

    class Columns:
        place: _Place
        life: _Life

    class Record:
        key: U64
        previous_key: U64
        last_segment: U64
        final: U64

    name = "zero"

    def trace(self, c: Columns, record: Record) -> None:
        """Splits the key."""
        c.place.set(record.key)
        c.life.set(record, record.key)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Order of keys."""
        yield c.life.statement(c.place.key)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Starts as 0."""
        c.place.connect(bus, 0)
        c.life.connect(bus, c.place.key, _ZERO)


class InputRows(Chip):
    """Words of the private input: the prover chooses their initial values.

    Soundness: the limbs are any field elements here; a segment that takes the word checks that they are 16-bit numbers.
    """

    class Columns:
        place: _Place
        initial: Boundary[Annotated[list[Felt], LIMBS]]
        life: _Life

    class Record:
        key: U64
        previous_key: U64
        last_segment: U64
        initial: U64
        final: U64

    name = "input"

    def trace(self, c: Columns, record: Record) -> None:
        """Splits key and initial value."""
        c.place.set(record.key)
        for index, limb in enumerate(c.initial):
            limb.set(limb_of(record.initial, index))
        c.life.set(record, record.key)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Order of keys."""
        yield c.life.statement(c.place.key)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Starts as the prover says."""
        c.place.connect(bus, 1)
        c.life.connect(bus, c.place.key, c.initial)

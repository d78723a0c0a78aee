"""Records of the memory segments of a run: the first and last value of every word of state.

All rows of all memory segments stand on one chain of ascending keys, so each knows the key before it. The first segment
(circuit `memory`) has the rows that always exist, of image, output and registers; the other words that the run touched
fill it up and go on in further segments (circuit `ram`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.machine.layout import (
    DOUBLEWORD_BYTES,
    FIRST_REGISTER_KEY,
    INPUT_START,
    LAST_REGISTER_KEY,
    OUTPUT_START,
    OUTPUT_WORDS,
    ram_key,
)
from hstar.machine.program import Program
from hstar.machine.records import ChipRecords, SegmentRecords
from hstar.machine.segments import Segment, TouchedWords

NUM_FIXED_REGISTERS = LAST_REGISTER_KEY - FIRST_REGISTER_KEY
IMAGE, OUTPUT, ZERO, INPUT = "image", "output", "zero", "input"
"""Names of the chips."""


class RegisterEnds:
    """Which segment touched each register last, and what it left there; `update` with every segment in order."""

    def __init__(self) -> None:
        self.last_segment = np.zeros(NUM_FIXED_REGISTERS, dtype=np.uint64)
        self.final = np.zeros(NUM_FIXED_REGISTERS, dtype=np.uint64)

    def update(self, segment: Segment) -> None:
        """Takes the register rows of a segment."""
        keys = segment.keys.astype(np.int64)
        rows = np.flatnonzero((keys > FIRST_REGISTER_KEY) & (keys <= LAST_REGISTER_KEY))
        registers = keys[rows] - FIRST_REGISTER_KEY - 1
        self.last_segment[registers] = segment.number
        self.final[registers] = segment.values_out[rows]


@dataclass(frozen=True)
class _Words:
    """Words with ascending keys, `[n]`; `chip` is the position in the four names above."""

    key: NDArray[np.uint64]
    chip: NDArray[np.int64]
    initial: NDArray[np.uint64]
    last_segment: NDArray[np.uint64]
    final: NDArray[np.uint64]


def _fixed_words(program: Program) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint64]]:
    """Keys, chips and initial values of the rows that always exist, ascending."""
    image = program.image_index.astype(np.uint64) + np.uint64(1)
    output = np.arange(OUTPUT_WORDS, dtype=np.uint64) + np.uint64(ram_key(OUTPUT_START))
    registers = np.arange(FIRST_REGISTER_KEY + 1, LAST_REGISTER_KEY + 1, dtype=np.uint64)
    keys = np.concatenate([image, output, registers])
    chips = np.repeat([0, 1, 0], [len(image), len(output), len(registers)])
    zeros = np.zeros(len(output) + len(registers), dtype=np.uint64)
    return keys, chips, np.concatenate([program.image_words, zeros])


def _all_words(program: Program, touched: TouchedWords, registers: RegisterEnds) -> _Words:
    keys, chips, initial = _fixed_words(program)
    last, final = np.zeros(len(keys), dtype=np.uint64), initial.copy()
    last[-NUM_FIXED_REGISTERS:], final[-NUM_FIXED_REGISTERS:] = registers.last_segment, registers.final
    touched_keys = touched.keys.astype(np.uint64)
    place = np.minimum(np.searchsorted(keys, touched_keys), len(keys) - 1)
    fixed = keys[place] == touched_keys
    last[place[fixed]], final[place[fixed]] = touched.last_segments[fixed], touched.final[fixed]
    other = touched_keys[~fixed]
    is_input = other >= np.uint64(INPUT_START // DOUBLEWORD_BYTES + 1)
    keys = np.concatenate([keys, other])
    order = np.argsort(keys)
    return _Words(
        key=keys[order],
        chip=np.concatenate([chips, np.where(is_input, 3, 2)])[order],
        initial=np.concatenate([initial, touched.initial[~fixed]])[order],
        last_segment=np.concatenate([last, touched.last_segments[~fixed].astype(np.uint64)])[order],
        final=np.concatenate([final, touched.final[~fixed]])[order],
    )


def memory_records(
    program: Program, touched: TouchedWords, registers: RegisterEnds, pc: int, rows: tuple[int, int]
) -> Iterator[SegmentRecords]:
    """Records of the `memory` segment, then of each `ram` segment.

    Args:
        program: the program.
        touched: all doublewords of RAM that the run touched.
        registers: updated with all segments of the run.
        pc: word index at which the program stands when these segments begin.
        rows: most zero and input rows of the `memory` segment, and of each `ram` segment.
    """
    words = _all_words(program, touched, registers)
    previous = np.concatenate([np.zeros(1, dtype=np.uint64), words.key[:-1]])
    is_free = words.chip >= 2
    number = np.cumsum(is_free) - 1  # of a free row among the free rows
    segment = np.where(is_free & (number >= rows[0]), 1 + (number - rows[0]) // max(rows[1], 1), 0)
    for index in range(int(segment.max()) + 1):
        records: SegmentRecords = {"control": {"pc": np.array([pc], dtype=np.uint64)}}
        for chip, name in enumerate((IMAGE, OUTPUT, ZERO, INPUT)):
            chosen = np.flatnonzero((segment == index) & (words.chip == chip))
            if len(chosen):
                records[name] = _rows(words, previous, chosen, with_initial=name == INPUT)
        yield records


def _rows(words: _Words, previous: NDArray[np.uint64], chosen: NDArray[np.int64], *, with_initial: bool) -> ChipRecords:
    records: ChipRecords = {
        "key": words.key[chosen],
        "previous_key": previous[chosen],
        "last_segment": words.last_segment[chosen],
        "final": words.final[chosen],
    }
    if with_initial:
        records["initial"] = words.initial[chosen]
    return records

"""A program ready to run: the decoded code table, the initial memory image, the symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.machine.decode import DecodedWords, decode_words
from hstar.machine.elf import LoadSegment, Symbol, read_elf
from hstar.machine.isa import BY_NUMBER, INSTRUCTION_BYTES
from hstar.machine.layout import DOUBLEWORD_BYTES

MAX_FILE_BYTES = 2**28


@dataclass(frozen=True)
class Program:
    """What the machine starts from.

    Args:
        entry: first pc.
        code_start: address of `words[0]`; `words` is `uint32[n]` and spans every executable segment, gaps being 0.
        code_ranges: (start, end) of the executable segments; stores into their doublewords are refused.
        image_index, image_words: `uint32[m]` ascending doubleword indices and their `uint64[m]` initial values;
            all other RAM starts at 0.
        symbols: functions, ascending.
    """

    entry: int
    code_start: int
    words: NDArray[np.uint32]
    code_ranges: tuple[tuple[int, int], ...]
    image_index: NDArray[np.uint32]
    image_words: NDArray[np.uint64]
    symbols: tuple[Symbol, ...] = ()

    @cached_property
    def decoded(self) -> DecodedWords:
        """The code table, decoded."""
        return decode_words(self.words)

    @cached_property
    def block_end(self) -> NDArray[np.int64]:
        """`int64[n]`: index of the word that ends the straight run through each word (jump, trap or last word)."""
        ends_block = np.array([row is None or row.ends_block for row in BY_NUMBER])
        ends = np.flatnonzero(ends_block[self.decoded.opcode])
        if len(ends) == 0 or ends[-1] != len(self.words) - 1:
            ends = np.append(ends, len(self.words) - 1)
        following: NDArray[np.int64] = ends[np.searchsorted(ends, np.arange(len(self.words)))]
        return following

    @property
    def code_end(self) -> int:
        """First address after the code table."""
        return self.code_start + INSTRUCTION_BYTES * len(self.words)

    def word_at(self, pc: int) -> int | None:
        """The word fetched at `pc`, or None outside the table."""
        index, rest = divmod(pc - self.code_start, INSTRUCTION_BYTES)
        return int(self.words[index]) if rest == 0 and 0 <= index < len(self.words) else None

    def symbol_at(self, address: int) -> str | None:
        """Name of the function that holds `address`."""
        starts = [symbol.address for symbol in self.symbols]
        position = int(np.searchsorted(starts, address, side="right")) - 1
        return self.symbols[position].name if position >= 0 else None


def pack_words(address: int, data: bytes) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """The doublewords that bytes at `address` touch: ascending indices and values, other bytes of them being 0."""
    before = address % DOUBLEWORD_BYTES
    padded = bytes(before) + data
    padded += bytes(-len(padded) % DOUBLEWORD_BYTES)
    values = np.frombuffer(padded, dtype="<u8").astype(np.uint64)
    first = address // DOUBLEWORD_BYTES
    return np.arange(first, first + len(values), dtype=np.uint64).astype(np.uint32), values


def _image(segments: Sequence[LoadSegment]) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    parts = [pack_words(segment.address, segment.data) for segment in segments if segment.data]
    if not parts:
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.uint64)
    index = np.concatenate([part[0] for part in parts])
    words = np.concatenate([part[1] for part in parts])
    unique, first = np.unique(index, return_index=True)  # neighbours may share a doubleword, with disjoint bytes
    return unique, np.bitwise_or.reduceat(words, first)


def from_segments(entry: int, segments: Sequence[LoadSegment], symbols: tuple[Symbol, ...] = ()) -> Program:
    """Builds a program from validated segments in ascending order of address."""
    # Code is stored in full, zeros included: its pages and words belong to the image.
    segments = [replace(s, data=s.data.ljust(s.memory_bytes, b"\0")) if s.executable else s for s in segments]
    code = [segment for segment in segments if segment.executable]
    start = code[0].address
    span = (code[-1].end - start) // INSTRUCTION_BYTES * INSTRUCTION_BYTES
    text = bytearray(span)
    for segment in code:
        offset = segment.address - start
        text[offset : offset + len(segment.data)] = segment.data[: span - offset]
    words = np.frombuffer(bytes(text), dtype="<u4").astype(np.uint32)
    ranges = tuple((segment.address, segment.end) for segment in code)
    return Program(entry, start, words, ranges, *_image(segments), symbols)


def load_program(data: bytes) -> Program:
    """A program from the bytes of an ELF file.

    Raises:
        ElfError: the file is no program for this machine.
    """
    elf = read_elf(data)
    return from_segments(elf.entry, elf.segments, elf.symbols)


def read_file(path: Path, max_bytes: int, what: str) -> bytes:
    """The bytes of a file of at most `max_bytes`.

    Raises:
        InputError: UNREADABLE or OUT_OF_RANGE, naming the file.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            message = f"{what} {path} has {size} bytes; at most {max_bytes} are accepted"
            raise InputError(message, reason=Reason.OUT_OF_RANGE, path=path)
        return path.read_bytes()
    except OSError as error:
        message = f"{what} {path} cannot be read ({error.strerror})"
        raise InputError(message, reason=Reason.UNREADABLE, path=path) from error


def load_program_file(path: Path) -> Program:
    """A program from an ELF file on disk; errors as `read_file` and `load_program`."""
    return load_program(read_file(path, MAX_FILE_BYTES, "the program"))

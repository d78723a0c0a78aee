"""The programs of the architectural list, many in one program: so that a few proofs speak of all of them.

The code of each test is that of the program that stands alone, word for word, at another place. Before it come the
copy of its operands to where it expects them, and zeros in all registers; after it, the result area is folded into one
number, which is part of the public output, and cleared. Results of `auipc`, `jal` and `jalr` depend on where they
stand: each of them is the first of its batch, at the address that it has alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hstar.machine.assembler import assemble
from hstar.machine.elf import LoadSegment
from hstar.machine.isa import REGISTER_NAMES
from hstar.machine.layout import DOUBLEWORD_BYTES, OUTPUT_START, PROGRAM_START
from hstar.machine.program import Program, from_segments
from machine.conformance import NAMES, OPERANDS, RESULT_BYTES, RESULTS, Conformance, build
from machine.support import EXIT, make_program, run_native

STORED_OPERANDS = PROGRAM_START + 0x20_0000
MULTIPLIER = 0x9E3779B97F4A7C15
"""Odd, so that one wrong word always changes the fold."""
FIRST_OF_BATCH = ("I-auipc-00", "I-jal-00", "I-jalr-00")
_OTHERS = [name for name in NAMES if name not in FIRST_OF_BATCH]
BATCHES = tuple(
    (first, *_OTHERS[index :: len(FIRST_OF_BATCH)]) for index, first in enumerate(FIRST_OF_BATCH)
)  # every batch has some of each part of the list
CLEAR_REGISTERS = "".join(f"li {name}, 0\n" for name in REGISTER_NAMES[1:])


@cache
def result_area(name: str) -> bytes:
    """What the program of one test, alone, leaves in its result area."""
    test = build(name)
    machine = run_native(make_program("\n".join([*test.lines, EXIT]), test.data, data_bytes=0x3_0000))
    return machine.read_words(RESULTS // DOUBLEWORD_BYTES, RESULT_BYTES // DOUBLEWORD_BYTES).tobytes()


def _result_words(name: str) -> list[int]:
    """The area without the zeros after its last result."""
    area = result_area(name).rstrip(b"\0")
    area += bytes(-len(area) % DOUBLEWORD_BYTES)
    return [int.from_bytes(area[at : at + 8], "little") for at in range(0, len(area), 8)]


def fold(name: str) -> bytes:
    """The 8 bytes of output that say that a test gave its results."""
    value = 0
    for word in _result_words(name):
        value = (value + word) * MULTIPLIER % 2**64
    return value.to_bytes(8, "little")


def _prepare(source: int, num_bytes: int) -> str:
    copy = (
        f"li s0, {source}\nli s1, {source + num_bytes}\nli t1, {OPERANDS}\n"
        "copy: ld t0, 0(s0)\nsd t0, 0(t1)\naddi s0, s0, 8\naddi t1, t1, 8\nbne s0, s1, copy\n"
    )
    return (copy if num_bytes else "") + CLEAR_REGISTERS


def _fold(index: int, num_words: int) -> str:
    return (
        f"li s0, {RESULTS}\nli s1, {RESULTS + 8 * num_words}\nli t1, {MULTIPLIER}\nli t2, 0\n"
        "fold: ld t0, 0(s0)\nadd t2, t2, t0\nmul t2, t2, t1\nsd zero, 0(s0)\naddi s0, s0, 8\nbne s0, s1, fold\n"
        f"li t0, {OUTPUT_START + 8 * (index + 1)}\nsd t2, 0(t0)\n"
    )


@dataclass
class _Code:
    """Pieces of assembler text, one after the other; labels are a piece's own."""

    words: list[int]

    def add(self, source: str) -> None:
        self.words += assemble(source, PROGRAM_START + 4 * len(self.words))[0]


def batch_program(names: tuple[str, ...]) -> Program:
    """One program that runs these tests in turn; its output is their folds."""
    code, stored = _Code([]), b""
    for index, name in enumerate(names):
        test: Conformance = build(name)
        if index:
            code.add(_prepare(STORED_OPERANDS + len(stored), len(test.data)))
            stored += test.data
        else:
            assert not test.data, "the first test of a batch starts from zero memory"
        code.add("\n".join(test.lines))
        code.add(_fold(index, len(_result_words(name))))
    code.add(f"li t0, {OUTPUT_START}\nli t1, {8 * len(names)}\nsd t1, 0(t0)\n" + EXIT)
    text = b"".join(word.to_bytes(4, "little") for word in code.words)
    segments = [
        LoadSegment(0, PROGRAM_START, text, len(text), False, True),
        LoadSegment(1, OPERANDS, b"", 0x3_0000, True, False),
        LoadSegment(2, STORED_OPERANDS, stored, len(stored), True, False),
    ]
    return from_segments(PROGRAM_START, segments)

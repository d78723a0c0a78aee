"""Words to instructions and back to text, derived from the table.

Decoding is strict: a word that is not exactly an RV64IM encoding becomes `UNIMP`, which traps when it is executed and
not before (compilers emit such words on purpose in places that are never reached).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hstar.machine.isa import (
    BY_NUMBER,
    FIELD_SHIFTS,
    INSTRUCTIONS,
    LAYOUTS,
    REGISTER_NAMES,
    UNIMP,
    Format,
    Instruction,
    Kind,
    Layout,
    to_signed,
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded word; operands that the format lacks are 0."""

    instruction: Instruction
    rd: int
    rs1: int
    rs2: int
    immediate: int


def decode_immediate(layout: Layout, word: int) -> int:
    """The immediate of `word`, sign-extended where the format says so."""
    value = 0
    for high, low, position in layout.immediate:
        value |= ((word >> low) & ((1 << (high - low + 1)) - 1)) << position
    return to_signed(value, layout.immediate_bits) if layout.immediate and layout.immediate_signed else value


@lru_cache(maxsize=2**16)
def decode(word: int) -> Decoded | None:
    """The instruction in a 32-bit word, or None for a word that is none."""
    for instruction in INSTRUCTIONS:
        layout = instruction.layout
        if word & layout.fixed == instruction.fixed:
            fields = {name: (word >> FIELD_SHIFTS[name]) & 31 for name in layout.operands}
            immediate = decode_immediate(layout, word)
            return Decoded(instruction, fields.get("rd", 0), fields.get("rs1", 0), fields.get("rs2", 0), immediate)
    return None


@dataclass(frozen=True)
class DecodedWords:
    """A run of decoded words as arrays of one length `n`.

    Layout: `opcode`, `rd`, `rs1`, `rs2` are `uint8[n]` (opcode = number in the table, `UNIMP` for no instruction),
    `immediate` is `int64[n]`.
    """

    opcode: NDArray[np.uint8]
    rd: NDArray[np.uint8]
    rs1: NDArray[np.uint8]
    rs2: NDArray[np.uint8]
    immediate: NDArray[np.int64]


def _immediates(layout: Layout, words: NDArray[np.uint32]) -> NDArray[np.int64]:
    wide = words.astype(np.int64)
    value = np.zeros(len(words), dtype=np.int64)
    for high, low, position in layout.immediate:
        value |= ((wide >> low) & ((1 << (high - low + 1)) - 1)) << position
    if layout.immediate and layout.immediate_signed:
        sign = 1 << (layout.immediate_bits - 1)
        value = (value ^ sign) - sign
    return value


def decode_words(words: NDArray[np.uint32]) -> DecodedWords:
    """Decodes `uint32[n]`; the same answers as `decode`, one table row at a time over all words."""
    count = len(words)
    opcode = np.full(count, UNIMP, dtype=np.uint8)
    for instruction in INSTRUCTIONS:
        opcode[(words & np.uint32(instruction.layout.fixed)) == instruction.fixed] = instruction.number
    names = list(LAYOUTS)
    formats = np.array([len(names)] + [names.index(row.format) for row in INSTRUCTIONS], dtype=np.uint8)[opcode]
    fields = {name: np.zeros(count, dtype=np.uint8) for name in FIELD_SHIFTS}
    immediate = np.zeros(count, dtype=np.int64)
    for number, layout in enumerate(LAYOUTS.values()):
        chosen = np.flatnonzero(formats == number)
        immediate[chosen] = _immediates(layout, words[chosen])
        for name in layout.operands:
            fields[name][chosen] = ((words[chosen] >> np.uint32(FIELD_SHIFTS[name])) & np.uint32(31)).astype(np.uint8)
    return DecodedWords(opcode, fields["rd"], fields["rs1"], fields["rs2"], immediate)


def encode(instruction: Instruction, *, rd: int = 0, rs1: int = 0, rs2: int = 0, immediate: int = 0) -> int:
    """The word of an instruction.

    Raises:
        ValueError: an operand does not fit the format (a programming error of the caller, not of a user).
    """
    layout = instruction.layout
    bits, signed = layout.immediate_bits, layout.immediate_signed
    if layout.immediate:
        low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
        step = 1 << min(position for _, _, position in layout.immediate)
        if not low <= immediate < high or immediate % step:
            raise ValueError(f"immediate {immediate} does not fit {instruction.name}")
    word = instruction.fixed
    for name, value in (("rd", rd), ("rs1", rs1), ("rs2", rs2)):
        if name in layout.operands:
            if not 0 <= value < len(REGISTER_NAMES):
                raise ValueError(f"{name} = {value} of {instruction.name} is no register")
            word |= value << FIELD_SHIFTS[name]
    for high_bit, low_bit, position in layout.immediate:
        word |= ((immediate >> position) & ((1 << (high_bit - low_bit + 1)) - 1)) << low_bit
    return word


def _operand_text(decoded: Decoded, pc: int | None) -> str:
    names, instruction = REGISTER_NAMES, decoded.instruction
    rd, rs1, rs2 = names[decoded.rd], names[decoded.rs1], names[decoded.rs2]
    target = hex(pc + decoded.immediate) if pc is not None else f". {decoded.immediate:+d}"
    if instruction.kind is Kind.LOAD or instruction.name == "jalr":
        return f"{rd}, {decoded.immediate}({rs1})"
    if instruction.kind is Kind.STORE:
        return f"{rs2}, {decoded.immediate}({rs1})"
    match instruction.format:
        case Format.R:
            return f"{rd}, {rs1}, {rs2}"
        case Format.B:
            return f"{rs1}, {rs2}, {target}"
        case Format.U:
            return f"{rd}, {(decoded.immediate >> 12) & 0xFFFFF:#x}"
        case Format.J:
            return f"{rd}, {target}"
        case Format.FENCE | Format.SYSTEM:
            return ""
    return f"{rd}, {rs1}, {decoded.immediate}"


def disassemble(word: int, pc: int | None = None) -> str:
    """Assembler text of a word; branch targets are absolute when `pc` is given."""
    decoded = decode(word)
    if decoded is None:
        return f"unimp ({word:#010x})"
    return f"{decoded.instruction.name} {_operand_text(decoded, pc)}".rstrip()


def instruction_name(opcode: int) -> str:
    """Name of an opcode number; `unimp` for 0."""
    instruction = BY_NUMBER[opcode]
    return instruction.name if instruction else "unimp"

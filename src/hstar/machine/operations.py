"""Which chip proves which instruction word, and what the program table says about it.

An operation is an instruction (or several) with a condition on its operands, for example `addi` with rd = rs1. The
table `OPERATIONS` is searched from the top; the first operation that fits a word is the word's. Its number is its
position from 1, and the operations of one chip stand together, so that a chip can ask for BASE + variant.

The program table, the recorder of the native executor and the chips all read this one table. The chip of a word is
static, with two exceptions that the values decide: a misaligned access goes to the second chip of its operation, and a
system call to the chip of its number.

Each family of chips lists its operations in its own module; `OPERATIONS` is their concatenation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hstar.machine.decode import DecodedWords
from hstar.machine.isa import BY_NAME, INSTRUCTION_BYTES, NUM_OPCODES
from hstar.machine.layout import DISCARD_KEY, FIRST_REGISTER_KEY, ZERO_KEY
from hstar.machine.program import Program

NUM_CONSTANTS = 4
NOWHERE = 2**30 + 1
"""Word index of a target that is no 4-aligned address below 2^32: no program has such a word."""

Column: TypeAlias = NDArray[np.int64]


class Accesses(IntFlag):
    """Which words an operation accesses, and so which record fields its row has; times as in `chips.common`.

    A register that is IN_PLACE is read and written by one access, at the time of a write; it has no RS1 access.
    """

    NONE = 0
    RS1 = 1  # first read
    RS2 = 2  # second read
    RD = 4  # write
    IN_PLACE = 8  # with RD: its old value is the first operand
    MEMORY_READ = 16  # second read
    MEMORY_WRITE = 32  # write
    KECCAK = 64  # 25 doublewords at the address in the second operand, write


@dataclass(frozen=True)
class Words:
    """Decoded words of a program, `int64[n]`: word index (address / 4), register numbers, immediate."""

    index: Column
    rd: Column
    rs1: Column
    rs2: Column
    immediate: Column

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Words:
        columns = (self.index, self.rd, self.rs1, self.rs2, self.immediate)
        return Words(*(column[chosen] for column in columns))


Condition: TypeAlias = Callable[[Words], NDArray[np.bool_]]
Constants: TypeAlias = Callable[[Words], Sequence[Column | int]]
Operands: TypeAlias = Callable[[Words], tuple[Column | int, Column | int, Column | int]]


def always(words: Words) -> NDArray[np.bool_]:
    """Every word."""
    return np.ones(len(words.index), dtype=np.bool_)


def no_constants(words: Words) -> Sequence[Column | int]:
    """c0 .. c3 are 0."""
    return ()


def own_operands(words: Words) -> tuple[Column, Column, Column]:
    """rd, rs1, rs2 as the word has them."""
    return words.rd, words.rs1, words.rs2


def limbs_of(values: Column) -> tuple[Column, Column, Column, Column]:
    """The four 16-bit limbs of 64-bit numbers, negative ones in two's complement."""
    low, second, third, high = ((values >> (16 * position)) & 0xFFFF for position in range(4))
    return low, second, third, high


def signed_limbs(words: Words) -> Sequence[Column | int]:
    """c0: the low limb of the immediate; c1: each upper limb, 0 or 0xFFFF (immediates of up to 16 bits)."""
    low, sign, _, _ = limbs_of(words.immediate)
    return low, sign


def target_index(words: Words) -> Column:
    """Word index of pc + immediate, NOWHERE where that is not a 4-aligned address below 2^32."""
    target = words.index * INSTRUCTION_BYTES + words.immediate
    inside = (target >= 0) & (target < 2**32) & (target % INSTRUCTION_BYTES == 0)
    return np.where(inside, target // INSTRUCTION_BYTES, NOWHERE)


@dataclass(frozen=True)
class Operation:
    """One line of the table.

    Args:
        name: unique.
        chips: names of the chips that prove it: the first, unless the values decide otherwise (module docstring).
        instructions: names of instructions.
        accesses: of a row of the first chip; a misaligned access makes one more, to the next doubleword.
        condition: on the operands of a word.
        constants: c0, c1, ... of the words.
        operands: numbers of the registers rd, rs1, rs2; those that `accesses` lacks are not looked at.
        shown_as: name of an operation whose number the program table shows for this one, where a chip cannot tell them
            apart and need not (a constant is a constant, whichever instruction it comes from).
    """

    name: str
    chips: tuple[str, ...]
    instructions: tuple[str, ...]
    accesses: Accesses
    condition: Condition = always
    constants: Constants = no_constants
    operands: Operands = own_operands
    shown_as: str | None = None

    @property
    def chip(self) -> str:
        """The first chip."""
        return self.chips[0]


@cache
def operations() -> tuple[Operation, ...]:
    """The whole table; number 1 is the first."""
    from hstar.machine.chips import catalogue  # chips read this module's types

    return catalogue.OPERATIONS


def operation_number(name: str, table: Sequence[Operation] | None = None) -> int:
    """Number of the operation with this name, from 1."""
    return [item.name for item in table or operations()].index(name) + 1


@cache
def chip_bases() -> dict[str, int]:
    """For each first chip the number of its first operation; `variant` in records is counted from there."""
    return {chip: next(group)[0] for chip, group in groupby(enumerate(operations(), 1), lambda item: item[1].chip)}


@dataclass(frozen=True)
class ProgramTable:
    """The program as circuits read it: one entry for each word that has an operation.

    Args:
        place: `int64[n]` position of the word in `Program.words`, ascending.
        operation: `int64[n]`.
        columns: `int64[n]` each: pc, operation, rd, rs1, rs2, c0 .. c3, in this order and by these names.
    """

    place: Column
    operation: Column
    columns: dict[str, Column]


def words_of(program: Program) -> tuple[Words, NDArray[np.uint8]]:
    """All words of a program, and their opcode numbers."""
    decoded: DecodedWords = program.decoded
    index = program.code_start // INSTRUCTION_BYTES + np.arange(len(program.words), dtype=np.int64)
    fields = [getattr(decoded, name).astype(np.int64) for name in ("rd", "rs1", "rs2", "immediate")]
    return Words(index, *fields), decoded.opcode


def operations_of_words(program: Program) -> Column:
    """`int64[n]`: number of the operation of every word, 0 for words that are no instruction (or trap)."""
    words, opcodes = words_of(program)
    result = np.zeros(len(opcodes), dtype=np.int64)
    for number, operation in enumerate(operations(), 1):
        is_meant = np.zeros(NUM_OPCODES, dtype=np.bool_)
        is_meant[[BY_NAME[name].number for name in operation.instructions]] = True
        place = np.flatnonzero(is_meant[opcodes] & (result == 0))
        result[place[operation.condition(words[place])]] = number
    return result


def _register_keys(numbers: Column | int, count: int, zero_key: int) -> Column:
    registers = np.broadcast_to(np.asarray(numbers, dtype=np.int64), (count,))
    return np.where(registers == 0, zero_key, FIRST_REGISTER_KEY + registers)


def _entries(operation: Operation, number: int, words: Words) -> dict[str, Column]:
    count = len(words.index)
    rd, rs1, rs2 = operation.operands(words)
    constants = list(operation.constants(words))
    constants += [0] * (NUM_CONSTANTS - len(constants))
    columns: dict[str, Column | int] = {"pc": words.index, "operation": number, "rd": 0, "rs1": 0, "rs2": 0}
    if operation.accesses & Accesses.RD:
        columns["rd"] = _register_keys(rd, count, DISCARD_KEY)
    if operation.accesses & Accesses.RS1:
        columns["rs1"] = _register_keys(rs1, count, ZERO_KEY)
    if operation.accesses & Accesses.RS2:
        columns["rs2"] = _register_keys(rs2, count, ZERO_KEY)
    columns |= {f"c{position}": value for position, value in enumerate(constants)}
    return {name: np.broadcast_to(np.asarray(value, dtype=np.int64), (count,)) for name, value in columns.items()}


def program_table(program: Program) -> ProgramTable:
    """The entries of a program's table."""
    words, _ = words_of(program)
    numbers = operations_of_words(program)
    place = np.flatnonzero(numbers)
    columns: dict[str, Column] = {}
    for number, operation in enumerate(operations(), 1):
        chosen = np.flatnonzero(numbers[place] == number)
        shown = operation_number(operation.shown_as) if operation.shown_as else number
        for name, values in _entries(operation, shown, words[place[chosen]]).items():
            columns.setdefault(name, np.zeros(len(place), dtype=np.int64))[chosen] = values
    return ProgramTable(place, numbers[place], columns)

"""Integer programs over all records at once in NumPy: what the native interpreter must compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hstar.field.koala_bear import MODULUS
from hstar.kernels.integer_opcodes import NUM_OPERANDS, IntegerOpcode
from hstar.kernels.vectors import Words

if TYPE_CHECKING:
    from hstar.kernels.integer_program import IntegerProgram

Integers = npt.NDArray[np.uint64]
_MASK = 2**64 - 1
_LARGEST_WORD = np.uint64(2**32 - 1)


def _shift(left: Integers, right: Integers, shift: Callable[[Integers, Integers], Integers]) -> Integers:
    return np.where(right < 64, shift(left, right & np.uint64(63)), np.uint64(0))


def _divide(left: Integers, right: Integers) -> Integers:
    return np.where(right == 0, np.uint64(_MASK), left // np.maximum(right, np.uint64(1)))


def _remainder(left: Integers, right: Integers) -> Integers:
    return np.where(right == 0, left, left % np.maximum(right, np.uint64(1)))


def _multiply_high(left: Integers, right: Integers) -> Integers:
    """Schoolbook on 32-bit halves; no partial sum exceeds 64 bits."""
    half, mask = np.uint64(32), np.uint64(2**32 - 1)
    a, b, c, d = left >> half, left & mask, right >> half, right & mask
    middle = a * d + (b * d >> half)
    lower = b * c + (middle & mask)
    high: Integers = a * c + (middle >> half) + (lower >> half)
    return high


def _field_inverse(value: Integers) -> Integers:
    """value^(p-2) mod p."""
    modulus = np.uint64(MODULUS)
    base, result = value % modulus, np.ones_like(value)
    for bit in bin(MODULUS - 2)[2:]:
        result = result * result % modulus
        if bit == "1":
            result = result * base % modulus
    return result


_EVALUATORS: dict[IntegerOpcode, Callable[..., Any]] = {
    IntegerOpcode.ADD: np.add,
    IntegerOpcode.SUBTRACT: np.subtract,
    IntegerOpcode.MULTIPLY: np.multiply,
    IntegerOpcode.AND: np.bitwise_and,
    IntegerOpcode.OR: np.bitwise_or,
    IntegerOpcode.XOR: np.bitwise_xor,
    IntegerOpcode.SHIFT_LEFT: lambda a, b: _shift(a, b, np.left_shift),
    IntegerOpcode.SHIFT_RIGHT: lambda a, b: _shift(a, b, np.right_shift),
    IntegerOpcode.DIVIDE: _divide,
    IntegerOpcode.REMAINDER: _remainder,
    IntegerOpcode.IS_EQUAL: lambda a, b: (a == b).astype(np.uint64),
    IntegerOpcode.IS_LESS: lambda a, b: (a < b).astype(np.uint64),
    IntegerOpcode.SELECT: lambda a, b, c: np.where(a != 0, b, c),
    IntegerOpcode.MULTIPLY_HIGH: _multiply_high,
    IntegerOpcode.FIELD_INVERSE: _field_inverse,
}


def fill_columns(program: IntegerProgram, records: Integers, table: Words) -> None:
    """Writes the outputs' columns, cut off at 2^32 - 1."""
    for column, value in zip(program.outputs[:, 0].tolist(), run_program(program, records), strict=True):
        table[column] = np.minimum(value, _LARGEST_WORD)


def run_program(program: IntegerProgram, records: Integers) -> list[Integers]:
    """The values of the outputs, one array of `[height]`, or of one item where it is a constant, for each."""
    last_use = _last_uses(program)
    values: dict[int, Integers] = {}
    for node, (number, *operands) in enumerate(program.instructions.tolist()):
        opcode = IntegerOpcode(number)
        if opcode is IntegerOpcode.CONSTANT:
            # One-element arrays, not scalars: NumPy warns when scalars wrap, and wrapping is meant here.
            values[node] = program.constants[operands[0] : operands[0] + 1]
        elif opcode is IntegerOpcode.FIELD:
            values[node] = records[operands[0]]
        else:
            used = operands[: NUM_OPERANDS[opcode]]
            values[node] = _EVALUATORS[opcode](*(values[operand] for operand in used))
            for operand in set(used):
                if last_use[operand] == node:
                    del values[operand]
    return [values[node] for node in program.outputs[:, 1].tolist()]


def _last_uses(program: IntegerProgram) -> list[int]:
    """For every node the last node that reads it; outputs are kept to the end."""
    instructions = program.instructions.tolist()
    last = [-1] * len(instructions)
    for node, (number, *operands) in enumerate(instructions):
        opcode = IntegerOpcode(number)
        if opcode not in (IntegerOpcode.CONSTANT, IntegerOpcode.FIELD):
            for operand in operands[: NUM_OPERANDS[opcode]]:
                last[operand] = node
    for _, node in program.outputs.tolist():
        last[node] = len(instructions)
    return last

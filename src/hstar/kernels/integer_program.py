"""Straight-line programs over 64-bit unsigned integers, run on every record: how a table is filled.

Arithmetic wraps modulo 2^64; `x // 0` is 2^64 - 1 and `x % 0` is x, as in RISC-V; a shift by 64 or more gives 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hstar.errors import InputError, Reason
from hstar.kernels.arguments import check_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.integer_opcodes import NUM_OPERANDS, IntegerOpcode
from hstar.kernels.reference import integer_program as reference
from hstar.kernels.vectors import Words

Integers = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """A checked program.

    Args:
        instructions: `[n, 4]` opcode and up to three operands: nodes before it, or the index of a constant or field.
        constants: `[k]` 64-bit values.
        outputs: `[o, 2]` column, node.
        num_fields: fields of a record.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, OUT_OF_RANGE.
    """

    instructions: Words
    constants: Integers
    outputs: Words
    num_fields: int

    def __post_init__(self) -> None:
        check_array(self.instructions, "instructions", "uint32", (None, 4))
        check_array(self.constants, "constants", "uint64", (None,))
        check_array(self.outputs, "outputs", "uint32", (None, 2))
        opcodes, operands = self.instructions[:, 0], self.instructions[:, 1:].astype(np.int64)
        limits = np.broadcast_to(np.arange(len(opcodes)), (3, len(opcodes))).T.copy()
        limits[opcodes == IntegerOpcode.CONSTANT, 0] = len(self.constants)
        limits[opcodes == IntegerOpcode.FIELD, 0] = self.num_fields
        counts = np.array([NUM_OPERANDS[opcode] for opcode in IntegerOpcode])
        known = opcodes < len(IntegerOpcode)
        used = np.arange(3) < counts[np.where(known, opcodes, 0)][:, None]
        if not known.all() or (used & (operands >= limits)).any():
            raise InputError("an integer program uses a value that does not exist", reason=Reason.OUT_OF_RANGE)
        if len(self.outputs) and int(self.outputs[:, 1].max()) >= len(opcodes):
            raise InputError("an integer program returns a value that does not exist", reason=Reason.OUT_OF_RANGE)


def fill_columns(program: IntegerProgram, records: Integers, table: Words) -> None:
    """Writes the outputs' columns of a table, each value's lower 32 bits; other columns stay as they are.

    Args:
        program: what to run.
        records: `[fields, height]`.
        table: `[columns, height]`, written in place.

    Returns:
        Nothing; values of 2^32 and more are written as 2^32 - 1, which no caller takes for a field element.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, OUT_OF_RANGE.
    """
    check_array(table, "table", "uint32", (None, None))
    height = table.shape[1]
    check_array(records, "records", "uint64", (program.num_fields, height))
    if len(program.outputs) and int(program.outputs[:, 0].max()) >= len(table):
        raise InputError(f"the program fills more than the table's {len(table)} columns", reason=Reason.OUT_OF_RANGE)
    if runs_native():
        native().integer_program_fill(program.instructions, program.constants, program.outputs, records, height, table)
    else:
        reference.fill_columns(program, records, table)

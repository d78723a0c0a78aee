"""The recorder's tables for one program: made from the operations and from what the chips' records ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hstar.air.chip import TracedChip
from hstar.air.columns import slots_of
from hstar.machine.operations import Accesses, Operation, operations, program_table
from hstar.machine.program import Program
from hstar.machine.records import NO_OPERATION, RecordPlan

_ROW_COLUMNS = ("rd", "rs1", "rs2", "c0", "c1", "c2", "c3")


def record_plan(program: Program, fields: Mapping[str, Sequence[str]]) -> RecordPlan:
    """The plan of a program.

    Operation number k of the table has the entries 2 (k - 1), with its first chip, and 2 (k - 1) + 1, with its second
    chip if it has one: that of misaligned accesses, or of precompile calls. A chip's variants are counted from the
    first operation that names it.

    Args:
        program: the program.
        fields: for each chip of an operation the fields that its rows need.
    """
    table = operations()
    chips = tuple(dict.fromkeys(chip for operation in table for chip in operation.chips))
    bases = {chip: next(number for number, operation in enumerate(table) if chip in operation.chips) for chip in chips}
    entries = program_table(program)
    num_words = len(program.words)
    operation, alternate = (np.full(num_words, NO_OPERATION, dtype=np.uint16) for _ in range(2))
    has_second = np.array([len(item.chips) > 1 for item in table])[entries.operation - 1]
    operation[entries.place] = 2 * (entries.operation - 1)
    alternate[entries.place[has_second]] = 2 * (entries.operation[has_second] - 1) + 1
    rows = np.zeros((num_words, len(_ROW_COLUMNS)), dtype=np.uint32)
    rows[entries.place] = np.stack([entries.columns[name] for name in _ROW_COLUMNS], axis=1)
    chosen = [
        (number, item, item.chips[min(place, len(item.chips) - 1)])
        for number, item in enumerate(table)
        for place in (0, 1)
    ]
    return RecordPlan(
        operation=operation,
        alternate=alternate,
        rows=rows,
        chip=np.array([chips.index(chip) for _, _, chip in chosen], dtype=np.uint16),
        variant=np.array([number - bases[chip] for number, _, chip in chosen], dtype=np.uint32),
        accesses=np.array([_accesses(item, chip) for _, item, chip in chosen], dtype=np.uint8),
        chips=chips,
        fields=tuple(tuple(fields[chip]) for chip in chips),
    )


def _accesses(operation: Operation, chip: str) -> int:
    """Of a row of `chip`; the second chip of a system call has those of the call."""
    is_call = operation.instructions == ("ecall",) and chip != operation.chip
    return int(operation.accesses | (Accesses.KECCAK if is_call else Accesses.NONE))


def record_fields(chips: Sequence[TracedChip]) -> dict[str, tuple[str, ...]]:
    """For each chip the fields of its `Record`, flat."""
    return {
        chip.program.name: tuple(slot.name for slot in slots_of(chip.source.Record, chip.program.name))
        for chip in chips
    }

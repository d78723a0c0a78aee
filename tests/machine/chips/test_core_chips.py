"""Malicious witnesses: one cell of an honest run is changed, in every column of every chip of the machine's core."""

from functools import cache

import numpy as np
import pytest

from air.mutation import surviving_mutations
from hstar.air.tables import fill_segment
from hstar.machine.circuits import memory_circuit, ram_circuit
from hstar.machine.layout import HALT_INDEX, INPUT_START, OUTPUT_START, PROGRAM_START, STACK_TOP, ram_key
from hstar.machine.memory_records import RegisterEnds, memory_records
from hstar.machine.segments import TouchedWords
from machine.runs import filled_run
from machine.support import EXIT, make_program
from machine.test_runs import CONTROL_FLOW

LONG_GAP = (
    "addi s3, zero, 11\naddi zero, zero, 1\n"
    + "".join(f"addi t0, zero, 2047\nloop{n}: addi t0, t0, -1\nbnez t0, loop{n}\n" for n in range(9))
    + "addi s3, s3, 1\naddi zero, zero, 1\n"
)
FREE = {
    ("branch_equal", "inequality.mix"),
    ("branch_equal", "inequality.weight_low"),
    ("branch_equal", "inequality.weight_high"),
}
"""Columns in which some rows accept more than one value; `test_free_columns_change_nothing` shows why that is right."""


@cache
def control_flow():
    return filled_run(make_program(CONTROL_FLOW + EXIT))


@cache
def long_gap():
    return filled_run(make_program(LONG_GAP + EXIT), capacity=2**22)


def rows_of(segment, chip, count=6):
    """A few rows, the last one among them."""
    height = segment.height(chip)
    return sorted({*range(min(count, height)), height - 1})


CPU_CHIPS = (
    *("control", "registers", "boundary", "branch_zero", "branch_equal", "branch_less_unsigned"),
    *("branch_less_signed", "jump", "jump_link", "jump_register", "fence", "halt"),
)


def judge(circuit, segment, chip):
    survivors = surviving_mutations(circuit, segment, chip, rows_of(segment, chip))
    assert {(item.chip, item.column) for item in survivors} <= FREE, survivors[:5]


@pytest.mark.parametrize("chip", CPU_CHIPS)
def test_every_changed_cell_of_an_instruction_segment_is_noticed(chip):
    circuit, segment = control_flow().parts[0]
    judge(circuit, segment, chip)


def test_every_changed_cell_of_a_bump_row_is_noticed():
    run = long_gap()
    assert run.faults() == []
    circuit, segment = run.parts[0]
    assert segment.height("bump") >= 2
    judge(circuit, segment, "bump")


def test_every_changed_cell_of_a_call_is_noticed():
    run = filled_run(make_program("lui a7, 0x10\nlui a0, 0x2000\necall\n" + EXIT))
    circuit, segment = run.parts[0]
    judge(circuit, segment, "keccak_call")


@cache
def memory_segments():
    """Rows of every chip of memory segments: words of all regions with made-up values."""
    program = make_program("addi x1, x1, 1\n" + EXIT, data=bytes(range(40)))
    keys = [3, 4, ram_key(STACK_TOP) - 1, ram_key(PROGRAM_START), ram_key(OUTPUT_START), ram_key(INPUT_START)]
    keys = np.array([*keys, ram_key(INPUT_START) + 1, ram_key(2**32 - 1)], dtype=np.uint32)
    values = np.arange(1, len(keys) + 1, dtype=np.uint64) * np.uint64(0x1234_5678_9ABC_DEF1)
    initial = np.where(keys >= ram_key(INPUT_START), ~values, 0).astype(np.uint64)
    touched = TouchedWords(keys, np.arange(1, len(keys) + 1).astype(np.uint16), initial, values)
    circuits = [memory_circuit(program), ram_circuit()]
    records = list(memory_records(program, touched, RegisterEnds(), HALT_INDEX, (2, 10)))
    assert len(records) == len(circuits)
    return [
        (circuit, fill_segment(circuit, of_segment, number=number))
        for number, (circuit, of_segment) in enumerate(zip(circuits, records, strict=True), 9)
    ]


@pytest.mark.parametrize(("place", "chip"), [(0, "control"), (0, "image"), (0, "output"), (0, "zero"), (1, "input")])
def test_every_changed_cell_of_a_memory_segment_is_noticed(place, chip):
    circuit, segment = memory_segments()[place]
    judge(circuit, segment, chip)


def test_free_columns_change_nothing():
    """The weights only show that two words differ: with others the run is accepted, and the statement is the same."""
    run = control_flow()
    circuit, segment = run.parts[0]
    columns = [column.name for column in circuit.chip("branch_equal").program.columns]
    table = segment.tables["branch_equal"]
    equal = int(np.flatnonzero(table[columns.index("inequality.differs")] == 0)[0])
    statement = run.public
    for _, name in sorted(FREE):
        row = columns.index(name)
        honest = int(table[row, equal])
        table[row, equal] = honest + 17
        assert run.faults() == [] and run.public == statement
        table[row, equal] = honest

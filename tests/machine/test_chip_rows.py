"""Rows by chip, counted from words, are the rows that the recorder writes down."""

import struct
from collections import Counter
from pathlib import Path

import pytest

from hstar.machine.chip_rows import chip_rows
from hstar.machine.circuits import example_circuits
from hstar.machine.native import NativeMachine
from hstar.machine.operations import operations
from hstar.machine.program import load_program
from hstar.machine.record_plan import record_fields, record_plan
from hstar.machine.records import record_segment
from machine.support import DATA, EXIT, make_program
from machine.test_machines import small_rule

FOLDER = Path(__file__).resolve().parents[1] / "vectors/guests"
INSTRUCTION_CHIPS = {chip for operation in operations() for chip in operation.chips}
SECOND = {"load_any", "store_any"}


def recorded_rows(program, data):
    machine = NativeMachine(program, data, rule=small_rule(program, 200_000))
    plan = record_plan(program, record_fields(example_circuits()[0].chips))
    rows = Counter()
    while not machine.halted:
        for chip, columns in record_segment(plan, program, machine.advance()).items():
            if chip in INSTRUCTION_CHIPS:
                rows[chip] += len(next(iter(columns.values()))) if columns else 0
    return rows, machine.result()


@pytest.mark.parametrize(("name", "data"), [
    ("sort", struct.pack("<30Q", *(i * 7919 % 101 for i in range(30)))),
    ("collections", struct.pack("<II", 5, 40)),
])  # fmt: skip
def test_rows_of_guests(name, data):
    program = load_program((FOLDER / f"{name}.elf").read_bytes())
    rows, execution = recorded_rows(program, data)
    counted = {item.chip: item.rows for item in chip_rows(program, execution)}
    misaligned = {"load": execution.misaligned_loads, "store": execution.misaligned_stores}
    assert counted.keys() - SECOND == {chip for chip in rows if rows[chip]} - SECOND
    for kind, times in misaligned.items():
        assert counted.get(f"{kind}_any", 0) == rows[f"{kind}_any"] == times
    for chip, count in counted.items():
        if chip.startswith(("load_", "store_")) and chip not in SECOND:
            assert 0 <= count - rows[chip] <= misaligned[chip.split("_")[0]]
        else:
            assert count == rows[chip], chip
    assert sum(counted.values()) == execution.cycles + sum(misaligned.values())


def test_misaligned_accesses_are_counted_in_both_chips():
    program = make_program(f"li s0, {DATA}\n ld t0, 1(s0)\n ld t0, 8(s0)\n sw t0, 2(s0)\n sb t0, 3(s0)\n" + EXIT)
    rows, execution = recorded_rows(program, b"")
    counted = {item.chip: item.rows for item in chip_rows(program, execution)}
    assert (counted["load_d"], counted["load_any"], counted["store_w"], counted["store_any"]) == (2, 1, 1, 1)
    assert (rows["load_d"], rows["load_any"], rows["store_any"]) == (1, 1, 1) and rows["store_w"] == 0
    widths = {chip.name: chip.width for chip in example_circuits()[0].circuit.chips}
    cells = {item.chip: item.cells for item in chip_rows(program, execution)}
    assert cells["store_b"] == widths["store_b"] and cells["halt"] == widths["halt"]

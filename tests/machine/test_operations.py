"""Which operation and which program row every word gets."""

from itertools import groupby

from hstar.machine.chips.catalogue import instruction_chips
from hstar.machine.isa import BY_NAME
from hstar.machine.layout import DISCARD_KEY, PROGRAM_START, ZERO_KEY, register_key
from hstar.machine.operations import Accesses, chip_bases, operation_number, operations, program_table
from machine.support import make_program


def test_the_operations_of_a_chip_stand_together_and_have_chips():
    table = operations()
    assert len({item.name for item in table}) == len(table)
    chips = [chip for chip, _ in groupby(table, lambda item: item.chip)]
    assert len(chips) == len(set(chips)) == len(chip_bases())
    known = {chip.name for chip in instruction_chips()}
    assert {chip for item in table for chip in item.chips} == known
    assert all(name in BY_NAME for item in table for name in item.instructions)
    for item in table:
        assert not (item.accesses & Accesses.IN_PLACE and item.accesses & Accesses.RS1), item.name


def test_program_rows_hold_keys_and_constants():
    program = make_program("addi x1, x2, 5\naddw x0, x0, x7\n.word 0\naddi x3, x0, -2048\n")
    table = program_table(program)
    assert table.place.tolist() == [0, 1, 3]
    columns = {name: values.tolist() for name, values in table.columns.items()}
    assert columns["pc"] == [PROGRAM_START // 4 + place for place in (0, 1, 3)]
    assert columns["rd"] == [register_key(1), DISCARD_KEY, register_key(3)]
    assert columns["rs1"] == [register_key(2), ZERO_KEY, 0]
    assert columns["rs2"] == [0, register_key(7), 0]
    assert columns["c0"] == [5 + 2**11, 0, 0xF800]
    assert columns["c1"] == [0, 0, 0xFFFF]
    assert columns["c2"] == [0, 0, 1]
    assert columns["operation"] == [operation_number(name) for name in ("addi", "addw", "lui")]

"""Whole runs obey every constraint and balance every bus, over all segments."""

import pytest

from hstar.machine.layout import INPUT_START, OUTPUT_START
from machine.runs import filled_run
from machine.support import DATA, EXIT, make_program

CONTROL_FLOW = """
addi s0, zero, 7
addi s1, zero, -3
jal ra, function
beqz a1, on
bnez a1, on
missed: .word 0
on: addi s0, s0, -1
bne s0, zero, on
bne s0, s1, next
.word 0
next: blt s1, s0, less
.word 0
less: bltu s0, s1, more
.word 0
more: bge s0, s1, last
.word 0
last: bgeu s1, s0, done
.word 0
function: addi a1, a1, 5
addi zero, zero, 9
fence
jalr zero, 0(ra)
done: j here
.word 0
here: bne s1, s1, missed
beq s0, s0, same
.word 0
same: beq s0, zero, end
.word 0
end:
"""
LOOP = """
addi s0, zero, 600
again: addi s1, s1, 3
addi s2, s1, 5
addi zero, s2, 1
addi s0, s0, -1
bnez s0, again
"""


def test_control_flow():
    run = filled_run(make_program(CONTROL_FLOW + EXIT))
    assert run.faults() == []
    assert len(run.parts) == 2


def test_a_loop_over_many_segments():
    run = filled_run(make_program(LOOP + EXIT), capacity=5_000)
    assert len(run.of("cpu")) > 5
    assert run.faults() == []


KECCAK = """
lui a7, 0x10
lui a0, {place:#x}
{more}
addi s0, zero, 3
again: ecall
addi s0, s0, -1
bnez s0, again
"""


@pytest.mark.parametrize(
    ("place", "more", "chips"),
    [
        (0x2000, "", {"zero"}),  # below the program
        (DATA >> 12, "addi a0, a0, -96", {"zero", "image"}),
        (INPUT_START >> 13, "add a0, a0, a0", {"input"}),
        (OUTPUT_START >> 12 >> 1, "add a0, a0, a0\naddi a0, a0, -64", {"zero"}),
    ],
)
def test_precompile_calls_on_words_of_every_region(place, more, chips):
    """The state is zero, image, private input: 25 words of memory with every kind of initial row."""
    source = KECCAK.format(place=place, more=more) + EXIT
    run = filled_run(make_program(source, data=bytes(range(100))), bytes(range(200)), capacity=4_000, rows=(20, 20))
    assert run.faults() == []
    (memory,) = run.of("memory")
    assert {chip for chip in ("zero", "input") if memory.height(chip)} == chips - {"image"}
    assert len(run.of("ram")) == ("image" not in chips) and len(run.of("keccak")) == 1

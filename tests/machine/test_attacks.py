"""Attacks on memory, control flow and output: each forged run fails for its own reason, and for no other."""

from functools import cache

import numpy as np
import pytest

from hstar.air.check import PublicMessage
from hstar.machine.layout import HALT_INDEX, register_key
from hstar.machine.statement import public_messages
from machine.chips.test_core_chips import LONG_GAP
from machine.forgeries import Forgery
from machine.runs import filled_run
from machine.support import EXIT, make_program

COUNT = """
addi s0, zero, 90
again: addi s1, s1, 3
bne s1, s0, on
on: addi s2, s1, 5
addi s0, s0, -1
bne s0, zero, again
"""


@cache
def counting():
    """A loop over several segments; no output."""
    run = filled_run(make_program(COUNT + EXIT), capacity=2_500)
    assert run.faults() == []
    assert len(run.of("cpu")) >= 3
    return run


@pytest.fixture
def forged():
    return Forgery(counting())


def last(forged):
    """Number of the part with the initial and final rows."""
    return len(forged.run.parts) - 1


# Memory


def test_replay_of_an_old_value(forged):
    """A branch reads what s1 held one iteration before; that message was received already."""
    for name in (*(f"rs1.value.limbs[{limb}]" for limb in range(4)), "rs1.time"):
        column = forged.column(0, "branch_equal", name)
        column[2] = column[0]
    assert "memory" in forged.broken()


def test_time_travel(forged):
    """Two reads of s1 are exchanged, so that the first receives from the second: every message finds its partner, but
    the first one's gap is negative."""
    first = forged.column(0, "branch_equal", "rs1.time")
    second = forged.column(0, "add_immediate", "rs1.time")
    following = forged.column(0, "add_immediate_in_place", "rd.time")
    before, own = int(first[0]), int(forged.column(0, "branch_equal", "branch.cpu.clock")[0]) + 1
    later = int(forged.column(0, "add_immediate", "cpu.clock")[0]) + 1
    assert second[0] == own
    first[0], second[0], following[np.flatnonzero(following == later)] = later, before, own
    assert forged.broken() == {"range16"}


def test_a_value_of_another_word_across_segments(forged):
    """Segment 2 takes what segment 1 left in another register."""
    keys = forged.column(1, "boundary", "key").tolist()
    one, other = keys.index(register_key(8)), keys.index(register_key(9))
    for limb in forged.words(1, "boundary", "limbs_in"):
        limb[[one, other]] = limb[[other, one]]
    assert forged.broken() == {"memory_segments", "memory"}


def test_a_word_from_a_later_segment(forged):
    """Segment 2 takes from segment 3 and segment 3 from segment 1: the chain meets, but one gap is negative."""
    places = [forged.column(part, "boundary", "key").tolist().index(register_key(8)) for part in (1, 2)]
    assert forged.column(1, "boundary", "previous_segment")[places[0]] == 1
    forged.column(1, "boundary", "previous_segment")[places[0]] = 3
    assert forged.broken() == {"range16", "memory_segments"}


def test_two_rows_of_one_word_in_a_segment(forged):
    """A second thread of s0 inside segment 2."""
    keys = forged.column(1, "boundary", "key").tolist()
    forged.keep_rows(1, "boundary", [*range(len(keys)), keys.index(register_key(8))])
    assert forged.broken() == {"memory_segments", "memory"}


@cache
def with_zero_rows():
    """A run that touches zero and image words through keccak calls would do; made-up words stand in for them."""
    from machine.chips.test_core_chips import memory_segments

    return memory_segments()


def memory_part():
    """A forgery of memory segments alone: global buses are open, so only local rules and the chain of keys count."""
    run = counting()
    return Forgery(type(run)(run.program, run.execution, list(with_zero_rows())))


OPEN = {"memory_segments", "control", "output"}  # nobody plays the other segments there


def test_the_honest_memory_segments_break_no_rule_of_their_own():
    assert memory_part().broken() <= OPEN


def test_a_second_initial_row(forged):
    """The same key again: from the key before, the chain of keys forks; from itself, it stands still."""
    forged = memory_part()
    forged.keep_rows(0, "zero", [0, 1, 1])
    assert forged.broken() - OPEN == {"keys"}
    low = forged.column(0, "zero", "place.low")
    forged.column(0, "zero", "life.previous_key")[2] = low[2] + 2**16 * forged.column(0, "zero", "place.page")[2] + 1
    assert forged.broken() - OPEN == {"range16"}


def test_a_word_without_initial_row():
    forged = memory_part()
    forged.keep_rows(0, "zero", [0])
    assert forged.broken() - OPEN == {"keys"}


def test_a_register_as_zero_word():
    """A zero row for a key above RAM: its page is in no region."""
    forged = memory_part()
    forged.column(0, "zero", "place.page")[1] = 2**13
    assert forged.broken() - OPEN == {"pages", "keys", "range16"}


def test_a_word_of_ram_as_input():
    """An input row, with a value of the prover's choice, for a page outside the input."""
    forged = memory_part()
    forged.column(1, "input", "place.page")[0] = 5
    assert "pages" in forged.broken() - OPEN


def test_image_rows_cannot_be_left_out():
    forged = memory_part()
    forged.keep_rows(0, "image", range(forged.height(0, "image") - 1))
    assert "height" in forged.broken()


def test_a_cycle_of_small_steps_in_time():
    """A bump beyond 2^26 would lead around the field and back."""
    run = filled_run(make_program(LONG_GAP + EXIT), capacity=2**22)
    forged = Forgery(run)
    forged.column(0, "bump", "later_high")[0] = 2**10
    assert {"range10", "memory"} <= forged.broken()


# Control flow


def test_a_skipped_instruction(forged):
    """The row of one addition is missing."""
    forged.keep_rows(0, "add_immediate", range(1, forged.height(0, "add_immediate")))
    assert forged.broken() == {"cpu", "memory"}


def test_a_repeated_instruction(forged):
    rows = list(range(forged.height(0, "add_immediate")))
    forged.keep_rows(0, "add_immediate", [*rows, 1])
    assert forged.broken() == {"cpu", "memory"}


def test_another_instruction_at_a_pc(forged):
    """The row claims that the constant is another one."""
    forged.column(0, "add_immediate", "immediate")[1] += 1
    forged.column(0, "add_immediate", "result.limbs[0]")[1] += 1
    assert forged.broken() == {"program", "memory"}


def test_a_branch_that_is_not_taken(forged):
    """The target is the program's."""
    forged.column(0, "branch_equal", "branch.target")[0] += 1
    assert {"program"} <= forged.broken() <= {"program", "cpu"}


def test_a_branch_row_that_claims_another_operation(forged):
    """`negated` = 2 would be the first operation of the next chip."""
    forged.column(0, "branch_equal", "branch.negated")[0] = 2
    assert "branch.negated is a bit" in forged.broken()


def test_a_second_thread(forged):
    """Two control rows in a segment start its clock twice."""
    forged.keep_rows(0, "control", [0, 0])
    assert forged.broken() == {"control", "cpu"}


def test_a_segment_that_begins_elsewhere(forged):
    forged.column(1, "control", "pc_in")[0] += 1
    assert forged.broken() == {"control", "cpu"}


def test_a_run_that_goes_on_after_its_end(forged):
    """No instruction stands at HALT."""
    place = len(forged.run.of("cpu")) - 1
    fence = forged.run.parts[place][1].tables
    clock = int(forged.column(place, "control", "last_clock")[0])
    fence["fence"] = np.array([[HALT_INDEX], [clock]], dtype=np.uint32)
    forged.column(place, "control", "last_clock")[0] += 4
    forged.column(place, "control", "pc_out")[0] += 1
    assert forged.broken() == {"program", "control"}


def test_failure_has_no_proof():
    """Exit code 1: the row of the halt says that a0 is 0, which memory does not."""
    run = filled_run(make_program("addi a0, zero, 1\naddi a7, zero, 93\necall\n"))
    assert run.execution.exit_code == 1
    assert Forgery(run).broken() == {"memory"}


def test_another_system_call_does_not_halt():
    """The program loads another number into a7; the row that stops reads EXIT."""
    run = filled_run(make_program(EXIT))
    forged = Forgery(run)
    keys = forged.column(0, "constant", "rd.key").tolist()
    forged.column(0, "constant", "low")[keys.index(register_key(17))] += 1
    assert forged.broken() == {"program", "memory"}


# Segments and output


def test_a_segment_left_out(forged):
    del forged.run.parts[1]
    assert {"control", "memory_segments"} <= forged.broken()


def test_a_segment_repeated(forged):
    forged.run.parts.insert(1, forged.run.parts[1])
    assert {"control", "memory_segments"} <= forged.broken()


def test_segments_exchanged(forged):
    """Numbers 2 and 3 change places."""
    (_, second), (_, third) = forged.run.parts[1:3]
    second.number, third.number = 3, 2
    assert "control" in forged.broken()


def test_another_number_of_segments(forged):
    forged.public = public_messages(forged.run.program.entry, len(forged.run.parts) + 1, b"")
    assert forged.broken() == {"control"}


def test_another_entry(forged):
    forged.public = public_messages(forged.run.program.entry + 4, len(forged.run.parts), b"")
    assert forged.broken() == {"control"}


@pytest.mark.parametrize("claimed", [b"\0", b"x", b"x" * 256])
def test_another_output(forged, claimed):
    forged.public = public_messages(forged.run.program.entry, len(forged.run.parts), claimed)
    assert forged.broken() == {"output"}


def test_a_chain_of_keys_that_ends_early(forged):
    """Without the verifier's end of the chain x31 need not exist."""
    forged.public = [message for message in forged.public if message.bus != "keys" or message.multiplicity > 0]
    forged.public.append(PublicMessage("keys", (register_key(30),), -1))
    assert forged.broken() == {"keys"}

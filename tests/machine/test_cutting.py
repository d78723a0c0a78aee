"""Segments fit the classes that are chosen for them, also when accesses take the wider rows of a second chip.

Wide accesses are misaligned ones, and those off a base outside RAM.
"""

import dataclasses
from functools import cache

import pytest

from hstar.machine.layout import RAM_BYTES
from hstar.machine.native import NativeMachine
from hstar.machine.records import record_segment
from hstar.machine.setup import fits, set_up
from machine.support import DATA, EXIT, make_program, run_both
from machine.test_machines import small_rule
from prover.runs import LOG_CELLS, WEAK_BITS

ROUNDS = 1500
LOADS, STORES = 12, 12
BODY = "ld t1, -1008(s0)\nlw t2, -1004(s0)\nlbu t3, 16(s1)\n" * (LOADS // 3) + "sd t1, 16(s1)\nsb t2, -1001(s0)\n" * (
    STORES // 2
)
"""Aligned, all of them: at the end of RAM from a base above it, at its beginning from one that wraps."""


def program(rounds=ROUNDS):
    bases = f"li s0, {RAM_BYTES + 1000}\nli s1, -8\nli s2, {rounds}\n"
    return make_program(f"{bases}again: {BODY}addi s2, s2, -1\nbne s2, zero, again\n{EXIT}")


def test_both_machines_count_and_charge_them():
    looping = program(rounds=40)
    run = run_both(looping, rule=small_rule(looping))
    assert run.error is None and len(run.segments) > 1
    assert sum(segment.wide_loads for segment in run.segments) == 40 * LOADS
    assert sum(segment.wide_stores for segment in run.segments) == 40 * STORES
    assert run.execution.misaligned_loads == run.execution.misaligned_stores == 0
    free = dataclasses.replace(small_rule(looping), wide_load_cells=0, wide_store_cells=0)
    assert len(run_both(looping, rule=free).segments) < len(run.segments)


@cache
def setup():
    return set_up(program(), LOG_CELLS, target_bits=WEAK_BITS)


def segments_of(program, rule):
    machine = NativeMachine(program, rule=rule)
    while not machine.halted:
        yield machine.advance()


def unfitting(setup, rule):
    """Numbers of the segments that do not fit the class that is chosen for them."""
    found = []
    for segment in segments_of(setup.program, rule):
        rows = record_segment(setup.plan, setup.program, segment)
        heights = {chip: len(next(iter(columns.values()))) for chip, columns in rows.items()}
        key = setup.key.classes[setup.class_of(segment)].key
        if not fits(key, setup.tables["cpu"].least_heights | heights):
            found.append(segment.number)
    return found


def test_segments_full_of_them_fit_only_because_they_are_charged():
    assert unfitting(setup(), setup().rule) == []
    assert 1 in unfitting(setup(), dataclasses.replace(setup().rule, wide_load_cells=0, wide_store_cells=0))


@pytest.mark.slow
def test_segments_of_blocks_longer_than_an_epoch_take_the_largest_class():
    """Each round of the loop has gaps that no epoch ends in."""
    gaps = f"li s0, {DATA}\n" + "".join(f"ld t1, {8 * index}(s0)\n" for index in range(200))
    between = "addi t2, t2, 1\n" * 17_000
    source = f"li s2, 3\nagain: {gaps}{between}{gaps}addi s2, s2, -1\nbeqz s2, end\nj again\nend: "
    looping = set_up(make_program(source + EXIT), 22, target_bits=WEAK_BITS)
    (segment,) = segments_of(looping.program, looping.rule)
    classes = [index for index, item in enumerate(looping.key.classes) if item.type == "cpu"]
    assert len(classes) > 1 and looping.class_of(segment) == classes[-1]
    assert unfitting(looping, looping.rule) == []
    bumps = record_segment(looping.plan, looping.program, segment)["bump"]["key"]
    assert len(bumps) > segment.bridges

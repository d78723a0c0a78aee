"""Accesses that take the wider rows of a second chip: misaligned ones, and those off a base outside RAM."""

import dataclasses
from functools import cache

import pytest

from hstar.machine.layout import RAM_BYTES
from hstar.machine.native import NativeMachine
from hstar.machine.records import record_segment
from hstar.machine.setup import fits, set_up
from machine.support import EXIT, make_program, run_both
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


def unfitting(rule):
    """Numbers of the segments that do not fit the class that is chosen for them."""
    machine, found = NativeMachine(program(), rule=rule), []
    while not machine.halted:
        segment = machine.advance()
        rows = record_segment(setup().plan, program(), segment)
        heights = {chip: len(next(iter(columns.values()))) for chip, columns in rows.items()}
        key = setup().key.classes[setup().class_of(segment)].key
        if not fits(key, setup().tables["cpu"].least_heights | heights):
            found.append(segment.number)
    return found


@pytest.mark.parametrize("is_charged", [True, False])
def test_segments_full_of_them_fit_only_because_they_are_charged(is_charged):
    rule = setup().rule
    if is_charged:
        assert unfitting(rule) == []
    else:
        assert 1 in unfitting(dataclasses.replace(rule, wide_load_cells=0, wide_store_cells=0))

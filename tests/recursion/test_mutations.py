"""No cell of a row is free: whatever is changed in the tables of a join or a leaf, something notices."""

import random
from functools import cache

import pytest

from air.mutation import STRATEGIES, provided_messages, surviving_mutations
from hstar.air.program import Group
from hstar.recursion.compile import traced_chips
from recursion.attacks import join_run, leaf_run
from recursion.circuits import faults

THREE_STRATEGIES = {name: STRATEGIES[name] for name in ("one more", "another row's", "any field element")}
ROWS_OF_A_CHIP, MANY_ROWS, ROWS_OF_PADDING = 6, 100, 2
FREE_IN_PADDING = {"hint": tuple(f"words[{index}]" for index in range(6))}
"""Cells that a prover may choose, by chip: in rows of padding, whose messages nobody reads."""
WITHOUT_CELLS = ("constant", "digest_constant")
"""Chips that are a part of the key and nothing else."""


@cache
def filled(kind):
    """Circuit, tables and provided messages of an honest join, or of a leaf, which has rows of padding."""
    run = {"join": join_run, "leaf": leaf_run}[kind]()
    traced, segment = run.straight.traced, run.straight.fill(run.wires())
    return run, segment, provided_messages(traced, segment)


def is_padding(run, segment, chip_name, row):
    """Whether all preprocessed cells are zero."""
    preprocessed = run.straight.traced.chip(chip_name).program.group_range(Group.PREPROCESSED)
    return not segment.tables[chip_name][list(preprocessed), row].any()


CHIPS = [chip.program.name for chip in traced_chips().chips if chip.program.name not in WITHOUT_CELLS]


def survivors_of(kind, chip, num_rows, strategies):
    run, segment, provided = filled(kind)
    real = [row for row in range(segment.height(chip)) if not is_padding(run, segment, chip, row)]
    rows = random.Random(chip).sample(real, min(len(real), num_rows))
    assert rows or (kind, chip) == ("leaf", "weigh")
    return surviving_mutations(run.straight.traced, segment, chip, rows, strategies=strategies, provided=provided)


@pytest.mark.parametrize("kind", ["join", "leaf"])
@pytest.mark.parametrize("chip", CHIPS)
def test_every_changed_cell_is_noticed(kind, chip):
    assert survivors_of(kind, chip, ROWS_OF_A_CHIP, THREE_STRATEGIES) == []


@pytest.mark.slow
@pytest.mark.parametrize("chip", CHIPS)
def test_every_changed_cell_of_many_rows_is_noticed(chip):
    assert survivors_of("join", chip, MANY_ROWS, STRATEGIES) == []


@pytest.mark.parametrize("chip", CHIPS)
def test_only_hints_are_free_in_rows_of_padding(chip):
    run, segment, provided = filled("leaf")
    rows = [row for row in range(segment.height(chip)) if is_padding(run, segment, chip, row)][-ROWS_OF_PADDING:]
    found = surviving_mutations(
        run.straight.traced, segment, chip, rows, strategies=THREE_STRATEGIES, provided=provided
    )
    assert {item.column for item in found} == (set(FREE_IN_PADDING.get(chip, ())) if rows else set())


def test_what_is_free_in_padding_changes_nothing():
    """All hints of padding are set to something else, and the tables hold as before."""
    run, _, _ = filled("leaf")
    wires = run.wires()
    segment = run.straight.fill(wires)
    table = segment.tables["hint"]
    rows = [row for row in range(table.shape[1]) if is_padding(run, segment, "hint", row)]
    main = list(run.straight.traced.chip("hint").program.group_range(Group.MAIN))
    assert rows and [run.straight.traced.chip("hint").program.columns[index].name for index in main] == list(
        FREE_IN_PADDING["hint"]
    )
    for row in rows:
        table[main, row] = range(7, 7 + len(main))
    assert faults(run.straight, wires, segment) == []

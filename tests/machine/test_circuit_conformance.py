"""The programs of the architectural list, and random ones, as filled tables: every rule holds, every bus balances."""

import numpy as np
import pytest

from hstar.machine.isa import BY_NAME, UNIMP
from hstar.machine.operations import operations_of_words
from machine.conformance import NAMES, build
from machine.random_programs import random_program
from machine.runs import filled_run
from machine.support import EXIT, make_program

EVERY = 12
"""One in so many programs is checked in `make test`, from each part of the list; the others are slow tests."""


def conformance_program(name):
    test = build(name)
    return make_program("\n".join([*test.lines, EXIT]), test.data, data_bytes=0x3_0000)


@pytest.mark.parametrize(
    "name",
    [name if index % EVERY == 5 else pytest.param(name, marks=pytest.mark.slow) for index, name in enumerate(NAMES)],
)
def test_programs_of_the_architectural_list(name):
    run = filled_run(conformance_program(name), capacity=2**21)
    assert run.faults() == []


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_random_programs_over_several_segments(seed):
    run = filled_run(make_program(random_program(seed) + EXIT), capacity=12_000)
    assert len(run.of("cpu")) > 1
    assert run.faults() == []


def test_every_instruction_has_an_operation():
    """Words of all 72 programs but those that always trap."""
    for name in NAMES:
        program = conformance_program(name)
        traps = np.isin(program.decoded.opcode, [UNIMP, BY_NAME["ebreak"].number])
        assert ((operations_of_words(program) > 0) != traps).all(), name

"""All 72 programs of the architectural list, proven and verified at 128 bits, each with its recorded results."""

import json
from pathlib import Path

import pytest

import hstar
from hstar.machine.program import Program
from machine.conformance import NAMES, OPERANDS
from machine.conformance_batches import BATCHES, FIRST_OF_BATCH, batch_program, fold, result_area
from machine.support import run_native
from machine.vectors import VECTORS, result_digest

LOG_CELLS = 23


def expected_folds(names: tuple[str, ...]) -> bytes:
    """Of results that are those recorded, on which two independent machines agreed."""
    recorded = json.loads(Path(VECTORS).read_text(encoding="utf-8"))["programs"]
    for name in names:
        assert result_digest(result_area(name)) == recorded[name]["result"]
    return b"".join(fold(name) for name in names)


def output_of(program: Program) -> bytes:
    return run_native(program).result().output


def test_the_batches_hold_every_program_once():
    assert sorted(name for batch in BATCHES for name in batch) == sorted(NAMES)


@pytest.mark.parametrize("names", BATCHES, ids=FIRST_OF_BATCH)
def test_a_batch_computes_the_recorded_results(names):
    assert output_of(batch_program(names)) == expected_folds(names)


def test_a_wrong_result_changes_the_output_of_its_test_alone():
    names = BATCHES[0]
    program = batch_program(names)
    place = int((program.image_index * 8 >= OPERANDS).argmax())
    program.image_words[place] ^= 1 << 40
    found, expected = output_of(program), expected_folds(names)
    differing = [index for index in range(len(names)) if found[8 * index :][:8] != expected[8 * index :][:8]]
    assert differing == [1]


@pytest.mark.parametrize(
    "names",
    [BATCHES[0], *(pytest.param(batch, marks=pytest.mark.slow) for batch in BATCHES[1:])],
    ids=FIRST_OF_BATCH,
)
def test_a_batch_is_proven_and_verified(names):
    setup = hstar.program_key(batch_program(names), LOG_CELLS)
    verified = hstar.verify(hstar.prove(setup, final=False), setup, expected_output=expected_folds(names))
    assert verified.security_bits >= 128

"""The wiring of compiled nodes, read from the preprocessed columns alone and not as the compiler counts it.

What is written at an address, and how often it is read, must not depend on anything that a prover chooses; every
address has one writer; and its fan-out is the number of rows that read it, as an integer and not only modulo p.
"""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from air.mutation import CHECKING_POINT
from hstar.air.program import Direction, Group
from hstar.air.tables import message_columns, preprocessed_table
from hstar.air.vectorised import evaluate_rows
from hstar.field.koala_bear import MODULUS
from recursion.attacks import final_run, join_run, leaf_run
from recursion.nodes import two_segment_leaf

CIRCUITS = {
    "join": lambda: join_run().straight,
    "leaf": lambda: leaf_run().straight,
    "final": lambda: final_run().straight,
    "leaf of two": lambda: two_segment_leaf().circuit,
}


def entries(straight, seed):
    """Bus, chip, signed multiplicity and address of every message, with main columns that are random."""
    random = np.random.default_rng(seed)
    for traced in straight.traced.chips:
        program, preprocessed = traced.program, preprocessed_table(traced)
        height = preprocessed.shape[1]
        if not height:
            continue
        table = random.integers(MODULUS, size=(program.width, height), dtype=np.uint32)
        table[list(program.group_range(Group.PREPROCESSED))] = preprocessed
        roots = [node for item in program.interactions for node in (item.multiplicity, *item.message)]
        values = evaluate_rows(program, list(table), 1, CHECKING_POINT, roots)
        for item in program.interactions:
            counts, fields = message_columns(item, values, height)
            counts, addresses = counts.astype(np.int64), fields[0].astype(np.int64)
            signed = np.where(counts > MODULUS // 2, counts - MODULUS, counts)
            yield item.bus_index, program.name, item.direction, signed.copy(), addresses.copy()


@cache
def wiring(name):
    """By bus and address: the writers with their fan-outs, and the number of readers."""
    writers, readers = {}, Counter()
    for bus, chip, direction, signed, addresses in entries(CIRCUITS[name](), 1):
        is_read = signed != 0 if direction is Direction.ASK else signed < 0
        for address, count in zip(addresses[is_read].tolist(), np.abs(signed[is_read]).tolist(), strict=True):
            readers[bus, address] += count
            assert count == 1
        is_written = (signed > 0) & (direction is not Direction.ASK)
        for address, count in zip(addresses[is_written].tolist(), signed[is_written].tolist(), strict=True):
            writers.setdefault((bus, address), []).append((chip, count))
    return writers, readers


@pytest.mark.parametrize("name", CIRCUITS)
def test_addresses_and_multiplicities_are_the_keys(name):
    """Two tables that have nothing but the preprocessed columns in common."""
    first, second = (list(entries(CIRCUITS[name](), seed)) for seed in (1, 2))
    for (*left, signed, addresses), (*right, other_signed, other_addresses) in zip(first, second, strict=True):
        assert left == right
        assert (signed == other_signed).all() and (addresses == other_addresses).all()


@pytest.mark.parametrize("name", CIRCUITS)
def test_every_wire_has_one_writer_and_as_many_readers_as_it_says(name):
    writers, readers = wiring(name)
    straight = CIRCUITS[name]()
    public = {
        (0, message.message[0]): [("(verifier)", -message.multiplicity)] for message in straight.statement_messages
    }
    assert not writers.keys() & public.keys()
    writers = writers | public
    assert all(len(several) == 1 for several in writers.values())
    assert {key: several[0][1] for key, several in writers.items()} == dict(readers)
    assert sum(readers.values()) < MODULUS


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_constant_zero_is_written_by_constants(name):
    """Requirements are found there, and rows of padding read it."""
    writers, _ = wiring(name)
    assert [chip for chip, _ in writers[0, 0]] == ["constant"]
    assert [chip for chip, _ in writers.get((1, 0), [("digest_constant", 0)])] == ["digest_constant"]
    straight = CIRCUITS[name]()
    for chip, words in (("constant", 6), ("digest_constant", 9)):
        table = preprocessed_table(straight.traced.chip(chip))
        assert not table[:, table[0] == 0][-words:].any()


@pytest.mark.parametrize("name", CIRCUITS)
def test_nothing_but_the_key_set_of_a_leaf_is_carried(name):
    program = CIRCUITS[name]().program
    key_set = set(program.public_wires[:9])
    assert program.carried == (key_set if name.startswith("leaf") else set())

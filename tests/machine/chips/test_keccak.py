"""The round of Keccak-f[1600] as a chip: it computes the permutation, and no cell of it is free."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from air.mutation import STRATEGIES, surviving_mutations
from hstar.air.check import PublicMessage, check_segments
from hstar.air.circuit import TracedCircuit
from hstar.air.tables import Segment, fill_segment
from hstar.machine.chips.keccak_records import keccak_records, rounds_of
from hstar.machine.circuits import keccak_circuit
from hstar.machine.keccak import NUM_ROUNDS, keccak_f1600

LANE = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1])


PC = 2**24 + 5


@pytest.fixture(scope="module")
def circuit() -> TracedCircuit:
    return keccak_circuit()


@pytest.fixture(scope="module")
def segment(circuit: TracedCircuit) -> Segment:
    states = np.random.default_rng(7).integers(0, 2**64, (2, 25), dtype=np.uint64)
    return fill_segment(circuit, keccak_records(states, PC))


def limbs(state: list[int]) -> list[int]:
    return [lane >> shift & 0xFFFF for lane in state for shift in (0, 16, 32, 48)]


def calls(states: list[list[int]]) -> list[PublicMessage]:
    """What the callers receive, and the control before and after."""
    received = [PublicMessage("keccak", (*limbs(state), *limbs(keccak_f1600(state))), -1) for state in states]
    return [*received, PublicMessage("control", (1, PC)), PublicMessage("control", (2, PC), -1)]


def states_of(segment: Segment) -> list[list[int]]:
    table = segment.tables["keccak_permutation"]
    return [
        [sum(int(table[4 * lane + index, row]) << 16 * index for index in range(4)) for lane in range(25)]
        for row in range(table.shape[1])
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(LANE, min_size=25, max_size=25), min_size=1, max_size=3))
def test_records_run_the_permutation(states: list[list[int]]) -> None:
    after = rounds_of(np.array(states, dtype=np.uint64))[NUM_ROUNDS]
    assert after.tolist() == [keccak_f1600(state) for state in states]


def test_honest_permutations_satisfy_the_chips(circuit: TracedCircuit, segment: Segment) -> None:
    assert check_segments(circuit, [segment], public=calls(states_of(segment))) == []
    assert circuit.chip("keccak_round").program.width == 2249


def test_the_all_ones_and_all_zero_states_too(circuit: TracedCircuit) -> None:
    states = [[0] * 25, [2**64 - 1] * 25]
    segment = fill_segment(circuit, keccak_records(np.array(states, dtype=np.uint64), PC))
    assert check_segments(circuit, [segment], public=calls(states)) == []


def test_a_segment_without_calls(circuit: TracedCircuit) -> None:
    segment = fill_segment(circuit, keccak_records(np.zeros((0, 25), dtype=np.uint64), PC))
    assert check_segments(circuit, [segment], public=calls([])) == []


def test_every_changed_cell_is_noticed(circuit: TracedCircuit, segment: Segment) -> None:
    few = {name: STRATEGIES[name] for name in ("one more", "negated", "a random bit flipped")}
    assert surviving_mutations(circuit, segment, "keccak_round", [5], strategies=few) == []
    for chip in ("control", "keccak_permutation"):
        assert surviving_mutations(circuit, segment, chip, [0]) == []


def forged_rules(circuit: TracedCircuit, segment: Segment, **changes: np.ndarray) -> set[str]:
    """The rules that notice other tables, if the callers were told what these tables say."""
    forged = Segment(segment.number, segment.tables | changes)
    table = forged.tables["keccak_permutation"]
    told = [PublicMessage("keccak", tuple(table[:200, row].tolist()), -1) for row in range(table.shape[1])]
    public = [*told, PublicMessage("control", (1, PC)), PublicMessage("control", (2, PC), -1)]
    return {fault.rule for fault in check_segments(circuit, [forged], public=public)}


def test_another_result_is_noticed(circuit: TracedCircuit, segment: Segment) -> None:
    table = segment.tables["keccak_permutation"].copy()
    assert forged_rules(circuit, segment, keccak_permutation=table) == set()
    table[199, 0] ^= 1
    assert forged_rules(circuit, segment, keccak_permutation=table) == {"keccak_state"}


def test_results_of_two_calls_cannot_be_swapped(circuit: TracedCircuit, segment: Segment) -> None:
    table = segment.tables["keccak_permutation"].copy()
    table[100:200] = table[100:200, ::-1]
    assert forged_rules(circuit, segment, keccak_permutation=table) == {"keccak_state"}


def test_nor_by_giving_both_the_same_number(circuit: TracedCircuit, segment: Segment) -> None:
    table, rounds = segment.tables["keccak_permutation"].copy(), segment.tables["keccak_round"].copy()
    table[100:200] = table[100:200, ::-1]
    table[200], rounds[0] = 0, 0  # now the rounds of both calls fit together, but the numbers do not
    assert forged_rules(circuit, segment, keccak_permutation=table, keccak_round=rounds) == {"keccak_calls"}


def test_a_round_cannot_be_left_out(circuit: TracedCircuit, segment: Segment) -> None:
    rounds = np.delete(segment.tables["keccak_round"], 4, axis=1)
    assert "keccak_state" in forged_rules(circuit, segment, keccak_round=rounds)


def test_limbs_before_are_16_bit_numbers(circuit: TracedCircuit, segment: Segment) -> None:
    table = segment.tables["keccak_permutation"].copy()
    table[0, 0] += 2**16
    table[1, 0] -= 1
    assert "range16" in forged_rules(circuit, segment, keccak_permutation=table)

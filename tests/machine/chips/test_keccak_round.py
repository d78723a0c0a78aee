"""The round of Keccak-f[1600] as a chip: it computes the permutation, and no cell of it is free."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from air.mutation import STRATEGIES, surviving_mutations
from hstar.air.buses import Ports
from hstar.air.check import check_segments
from hstar.air.chip import Chip
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import U16, U64
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.expressions import Felt
from hstar.air.tables import Segment, fill_segment
from hstar.machine.chips.keccak_records import keccak_records, rounds_of
from hstar.machine.chips.keccak_round import KECCAK_CONSTANTS, KECCAK_STATE, NUM_LIMBS, KeccakConstants, KeccakRound
from hstar.machine.keccak import NUM_ROUNDS, keccak_f1600

LANE = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1])


class KeccakPermutation(Chip):
    """The two ends of a call, as limbs."""

    class Columns:
        call: Felt
        before: Annotated[list[U16], NUM_LIMBS]
        after: Annotated[list[U16], NUM_LIMBS]

    class Record:
        call: U64
        before: Annotated[list[U64], 25]
        after: Annotated[list[U64], 25]

    def trace(self, c: Columns, record: Record) -> None:
        """Limbs."""
        c.call.set(record.call)
        for index in range(NUM_LIMBS):
            c.before[index].set(record.before[index // 4] >> 16 * (index % 4) & 0xFFFF)
            c.after[index].set(record.after[index // 4] >> 16 * (index % 4) & 0xFFFF)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """From round 0 to round 24."""
        for limb in c.before:
            bus.ask(RANGE16, limb)
        bus.send(KECCAK_STATE, c.call, 0, c.before, source=True)
        bus.receive(KECCAK_STATE, c.call, NUM_ROUNDS, c.after)


@pytest.fixture(scope="module")
def circuit() -> TracedCircuit:
    chips = [KeccakPermutation(), KeccakRound(), KeccakConstants(), Range16()]
    return trace_circuit("permutations", chips, [KECCAK_STATE, KECCAK_CONSTANTS, RANGE16])


@pytest.fixture(scope="module")
def segment(circuit: TracedCircuit) -> Segment:
    states = np.random.default_rng(7).integers(0, 2**64, (2, 25), dtype=np.uint64)
    return fill_segment(circuit, keccak_records(states))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(LANE, min_size=25, max_size=25), min_size=1, max_size=3))
def test_records_run_the_permutation(states: list[list[int]]) -> None:
    after = rounds_of(np.array(states, dtype=np.uint64))[NUM_ROUNDS]
    assert after.tolist() == [keccak_f1600(state) for state in states]


def test_honest_permutations_satisfy_the_chips(circuit: TracedCircuit, segment: Segment) -> None:
    assert check_segments(circuit, [segment]) == []
    assert circuit.chip("keccak_round").program.width == 2249


def test_the_all_ones_and_all_zero_states_too(circuit: TracedCircuit) -> None:
    states = np.array([[0] * 25, [2**64 - 1] * 25], dtype=np.uint64)
    assert check_segments(circuit, [fill_segment(circuit, keccak_records(states))]) == []


def test_every_changed_cell_is_noticed(circuit: TracedCircuit, segment: Segment) -> None:
    few = {name: STRATEGIES[name] for name in ("one more", "negated", "a random bit flipped")}
    assert surviving_mutations(circuit, segment, "keccak_round", [5], strategies=few) == []


def test_another_result_is_noticed(circuit: TracedCircuit, segment: Segment) -> None:
    forged = Segment(segment.number, {name: table.copy() for name, table in segment.tables.items()})
    forged.tables["keccak_permutation"][-1, 0] ^= 1
    rules = {fault.rule for fault in check_segments(circuit, [forged])}
    assert rules == {"keccak_state"}


def test_results_of_two_calls_cannot_be_swapped(circuit: TracedCircuit, segment: Segment) -> None:
    forged = Segment(segment.number, {name: table.copy() for name, table in segment.tables.items()})
    after = forged.tables["keccak_permutation"][1 + NUM_LIMBS :]
    after[:, [0, 1]] = after[:, [1, 0]]
    assert {fault.rule for fault in check_segments(circuit, [forged])} == {"keccak_state"}

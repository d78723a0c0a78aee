"""Every attack is refused three times: by the relation on numbers, by the traced program, and by the circuit."""

from dataclasses import replace

import pytest

from hstar.errors import InputError, Reason, VerificationError
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.recursion.key_set import KeySet
from hstar.recursion.relations import NodeReason, trace_join, trace_leaf
from hstar.transcript.reason import ProofReason
from recursion.attacks import (
    ADVICE_OF_A_CHILD,
    ATTACKS,
    HONEST,
    NUM_IDENTITY,
    final_run,
    join_run,
    leaf_run,
    plus_one,
)
from recursion.circuits import faults
from recursion.nodes import final_node, keys, leaves, own_key, relay, two_segment_leaf
from stark.proofs import relay as relay_proofs

PROVEN_EVERY_DAY = ("a leaf counted twice", "a leaf of another boundary commitment", "a final node of a count of -1")
"""Forged tables that are proven in every run of the tests, one for each kind of node."""


def reason_of(call):
    with pytest.raises(VerificationError) as caught:
        call()
    return caught.value.reason


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_node_runs(kind):
    run = HONEST[kind]()
    run.natively()
    wires, failed = run.forced()
    assert failed == []
    assert (wires == run.wires()).all()
    assert faults(run.straight, wires) == []


def assert_refused(attack):
    """On numbers, by the traced program, and by the circuit whose tables a prover fills that ignores requirements."""
    run = attack.run()
    assert reason_of(run.natively) == attack.reason
    assert reason_of(run.wires) == attack.reason
    wires, failed = run.forced()
    reasons = [requirement.reason for requirement in failed]
    assert reasons[0] == attack.reason
    assert attack.also is None or attack.also in reasons
    assert not attack.alone or set(reasons) == {attack.reason}
    found = faults(run.straight, wires)
    assert found
    assert {fault.rule for fault in found} <= {"wires", "digests"}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_for_its_own_reason(name):
    assert_refused(ATTACKS[name])


def test_a_join_has_several_children_and_a_leaf_has_segments():
    """A join of one child would cover what its child covers: N would not grow, and a node could stand on itself."""
    for trace, key, number in (
        (trace_join, keys().node_key, 1),
        (trace_join, keys().node_key, 0),
        (trace_join, keys().node_key, 5),
        (trace_leaf, keys().segment_keys.keys[0], 0),
        (trace_leaf, keys().segment_keys.keys[0], 5),
    ):
        with pytest.raises(InputError) as caught:
            trace(key, number)
        assert caught.value.reason == Reason.OUT_OF_RANGE


def test_keys_of_a_set_differ_in_their_preprocessed_columns_alone():
    """Under other heights, the root of an allowed key would stand for other columns."""
    first = keys().key_set.keys[0]
    heights = (first.fixed_heights[0] + 1, *first.fixed_heights[1:])
    for other in (
        two_segment_leaf().verifying_key,
        replace(first, fixed_heights=heights),
        replace(first, statement_messages=first.statement_messages[:-1]),
        own_key().verifying_key,
    ):
        with pytest.raises(InputError) as caught:
            KeySet((first, other))
        assert caught.value.reason == Reason.WRONG_SHAPE


def test_a_child_is_bound_to_every_element_of_its_statement():
    """What a parent says of R, k0, N, D, A and S is what the child proved, element by element."""
    honest = final_run()
    refused = {}
    for index, value in enumerate(honest.public):
        public = list(honest.public)
        public[index] = value + 1
        refused[index] = reason_of(replace(honest, public=public).wires)
    others = len(honest.public) - DIGEST_ELEMENTS
    expected = [NodeReason.KEY_NOT_ALLOWED] * DIGEST_ELEMENTS + [ProofReason.LOCAL_SUM_NOT_ZERO] * others
    assert list(refused.values()) == expected


def test_proofs_of_another_kind_of_key_are_refused():
    """Of another machine or other parameters: a segment with a pinned boundary, a final proof, a segment in a join."""
    node, segment = leaves()[0], keys().segment_keys.keys[0]
    pinned = relay_proofs(pinned=True)
    for run, key, proof in (
        (leaf_run(), segment, pinned.proofs[0]),
        (final_run(), node.key.verifying_key, final_node().proof),
        (final_run(), node.key.verifying_key, relay().segments[0].proof),
    ):
        wrong = replace(run, proofs=[(key, proof)])
        assert reason_of(wrong.natively) == reason_of(wrong.wires) == ProofReason.WRONG_SHAPE
    with_its_key = replace(leaf_run(), proofs=[(pinned.key, pinned.proofs[0])])
    assert reason_of(with_its_key.wires) == ProofReason.WRONG_SHAPE


def test_every_piece_of_advice_is_bound():
    """Nothing that a join is told about its children can be told in another way."""
    honest = join_run()
    for place, value in enumerate(honest.advice):
        other = plus_one(value) if isinstance(value, tuple) else value + 1
        advice = [*honest.advice[:place], other, *honest.advice[place + 1 :]]
        reason = reason_of(replace(honest, advice=advice).wires)
        is_about_key = place % ADVICE_OF_A_CHILD < NUM_IDENTITY
        assert reason == (NodeReason.KEY_NOT_ALLOWED if is_about_key else ProofReason.LOCAL_SUM_NOT_ZERO)


@pytest.mark.parametrize(
    "name", [name if name in PROVEN_EVERY_DAY else pytest.param(name, marks=pytest.mark.slow) for name in ATTACKS]
)
def test_a_proof_of_an_attack_is_refused(name):
    assert reason_of(ATTACKS[name].run().proven_anyway) == ProofReason.LOCAL_SUM_NOT_ZERO

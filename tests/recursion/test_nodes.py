"""Leaves, joins and the final proof: accepted when honest, and every way to cheat refused for its own reason."""

from dataclasses import replace

import pytest

from hstar.errors import VerificationError
from hstar.field.koala_bear import MODULUS
from hstar.recursion.accept import verify_final
from hstar.recursion.aggregate import aggregate
from hstar.stark.proof import encode_proof
from hstar.stark.segments import public_sum
from hstar.transcript.reason import ProofReason
from recursion.nodes import OUTPUT, acceptance_key, as_final_proof, final_node, keys, relay

NOT_ABOUT_THIS = {ProofReason.LOCAL_SUM_NOT_ZERO, ProofReason.LAYER_CLAIM_MISMATCH}
"""A proof that is checked against another statement: the verifier's fractions, or the challenges, are others."""


def accept(final=None, output=OUTPUT, public=None):
    public = relay().public if public is None else public
    verify_final(acceptance_key(keys()), final or as_final_proof(final_node()), output, public, minimum_bits=0)


def reason_of(call):
    with pytest.raises(VerificationError) as caught:
        call()
    return caught.value.reason


def test_two_segments_end_in_one_final_proof():
    accept()


def test_the_encoded_proof_is_accepted_too():
    final = as_final_proof(final_node())
    accept(replace(final, proof=encode_proof(keys().final.verifying_key, final.proof)))


def test_all_keys_of_nodes_have_one_shape():
    first, *others = keys().key_set.keys
    assert others
    for other in others:
        assert other.digest != first.digest
        assert (other.fixed_heights, other.parameters) == (first.fixed_heights, first.parameters)
        assert (other.statement_messages, other.circuit.digest()) == (first.statement_messages, first.circuit.digest())


# What a validator refuses


def test_another_output_is_refused():
    assert reason_of(lambda: accept(output=b"another")) == ProofReason.GLOBAL_SUM_NOT_ZERO


def test_other_public_messages_are_refused():
    assert reason_of(lambda: accept(public=relay().public[:1])) == ProofReason.GLOBAL_SUM_NOT_ZERO


def test_changed_claims_are_refused():
    final = as_final_proof(final_node())
    digest = ((final.digest[0] + 1) % MODULUS, *final.digest[1:])
    for changed in (replace(final, num_segments=3), replace(final, digest=digest)):
        assert reason_of(lambda changed=changed: accept(changed)) == ProofReason.GLOBAL_SUM_NOT_ZERO
    moved = replace(final, partial_sum=final.partial_sum + 1)
    assert reason_of(lambda: accept(moved)) == ProofReason.GLOBAL_SUM_NOT_ZERO


def test_a_false_sum_that_balances_is_refused_by_the_proof():
    """Other public messages, and the sum that balances them: the validator's equation holds, the proof does not."""
    final, run = as_final_proof(final_node()), relay()
    public = (run.public[0], replace(run.public[1], message=(run.public[1].message[0], 99)))
    challenge = keys().segment_keys.challenge_of(final.num_segments, final.digest, OUTPUT)
    balanced = replace(final, partial_sum=-public_sum(keys().segment_keys.keys[0], challenge, public))
    assert reason_of(lambda: accept(balanced, public=public)) in NOT_ABOUT_THIS


@pytest.mark.parametrize("count", [0, -1, 2**16, MODULUS, True, "2"])
def test_counts_out_of_range_are_refused(count):
    final = replace(as_final_proof(final_node()), num_segments=count)
    assert reason_of(lambda: accept(final)) == ProofReason.WRONG_STATEMENT


def test_digests_that_are_none_are_refused():
    for digest in ((), (MODULUS,) * 9, b"", None):
        final = replace(as_final_proof(final_node()), digest=digest)
        assert reason_of(lambda final=final: accept(final)) == ProofReason.WRONG_STATEMENT


@pytest.mark.slow
def test_joins_of_joins_and_leaves_of_several_segments():
    """Seven segments: joins of leaves of one and two; five: a join whose children are leaves and a join."""
    for steps, per_leaf in (((3, 0, 15, 2, 7, 1, 1), 2), ((3, 0, 15, 2, 7), 1)):
        run, made = relay(steps), keys(per_leaf, 4)
        node = aggregate(made, run.segments, run.challenge)
        verify_final(acceptance_key(made), as_final_proof(node), OUTPUT, run.public, minimum_bits=0)

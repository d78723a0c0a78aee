"""With 128 provable bits everywhere: joins of joins, one segment, and every attack."""

import pytest

from hstar.recursion.accept import verify_final
from hstar.recursion.aggregate import aggregate
from hstar.stark.proof import encode_proof
from hstar.stark.security import security_bits
from hstar.stark.segments import TREE_ARITY
from hstar.transcript.reason import ProofReason
from recursion.attacks import ATTACKS
from recursion.nodes import FULL_BITS, OUTPUT, acceptance_key, as_final_proof, full_parameters, keys, relay
from recursion.test_attacks import PROVEN_EVERY_DAY, assert_refused, reason_of

pytestmark = pytest.mark.slow
MANY_STEPS = (3, 0, 15, 2, 7, 1, 1, 9, 4, 6, 0, 11, 5, 8, 2, 14, 10, 12)
"""18 segments: leaves of one and of two segments, joins of leaves, and joins whose children are joins and leaves."""


@pytest.fixture(scope="module", autouse=True)
def at_full_parameters():
    with full_parameters():
        yield


def final_size(steps):
    """Proves a run down to one final proof, which must be accepted; returns its bytes."""
    run, made = relay(steps), keys(2, TREE_ARITY)
    final = as_final_proof(aggregate(made, run.segments, run.challenge))
    verify_final(acceptance_key(made), final, OUTPUT, run.public, minimum_bits=FULL_BITS)
    return len(encode_proof(made.final.verifying_key, final.proof))


def test_one_segment_and_many_end_in_final_proofs_of_one_size():
    one, many = final_size((3,)), final_size(MANY_STEPS)
    assert abs(one - many) < one // 20
    made = keys(2, TREE_ARITY)
    everything = (*made.segment_keys.keys, *made.key_set.keys, made.final.verifying_key)
    assert all(security_bits(key) >= FULL_BITS for key in everything)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_at_full_parameters(name):
    assert_refused(ATTACKS[name])


@pytest.mark.parametrize("name", PROVEN_EVERY_DAY)
def test_a_proof_of_an_attack_is_refused_at_full_parameters(name):
    assert reason_of(ATTACKS[name].run().proven_anyway) == ProofReason.LOCAL_SUM_NOT_ZERO

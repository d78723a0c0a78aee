"""Leaves, joins and the final proof: accepted when honest, and every way to cheat refused for its own reason."""

from dataclasses import replace

import pytest

from hstar.errors import VerificationError
from hstar.field.extension import ONE
from hstar.field.koala_bear import MODULUS
from hstar.recursion.accept import verify_final
from hstar.recursion.aggregate import aggregate, cover, identity_advice, join_advice
from hstar.recursion.key_set import KeySet
from hstar.recursion.relations import NodeReason
from hstar.recursion.witness import assign_wires
from hstar.stark.proof import encode_proof
from hstar.stark.segments import digest_tree, public_sum
from hstar.transcript.reason import ProofReason
from recursion.nodes import OUTPUT, acceptance_key, as_final_proof, final_node, keys, leaves, relay

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


# What a join refuses


def join(children=None, statement=None, advice=None, key_set=None):
    """Runs the join of two nodes; everything may be another one than the honest."""
    run, made = relay(), keys()
    children = children or leaves()
    statement = statement or cover(made, run.segments, 1, tuple(run.challenge))
    program = made.joins[2].circuit.program
    proofs = [(child.key.verifying_key, child.proof) for child in children]
    told = join_advice(key_set or made.key_set, children) if advice is None else advice
    return assign_wires(program, statement.public_input(), proofs, told)


def statement():
    run = relay()
    return cover(keys(), run.segments, 1, tuple(run.challenge))


NUM_IDENTITY = 5 + 6
"""Advice about a child's key: two digests in halves, an index, and a path of six nodes."""


def with_advice(offset, value):
    advice = list(join_advice(keys().key_set, leaves()))
    advice[offset] = value
    return advice


def test_an_honest_join_runs():
    join()


def test_a_leaf_counted_twice_is_refused():
    """The second child is checked as segments 2 .. but proves segment 1."""
    first, _ = leaves()
    assert reason_of(lambda: join([first, first])) in NOT_ABOUT_THIS


def test_swapped_children_are_refused():
    assert reason_of(lambda: join(leaves()[::-1])) in NOT_ABOUT_THIS


def test_a_join_that_starts_elsewhere_is_refused():
    assert reason_of(lambda: join(statement=replace(statement(), first=2))) in NOT_ABOUT_THIS


def test_children_of_another_global_challenge_are_refused():
    foreign = leaves(b"another")
    assert foreign[1].statement.challenge != leaves()[1].statement.challenge
    assert reason_of(lambda: join([leaves()[0], foreign[1]])) in NOT_ABOUT_THIS


def test_a_changed_sum_count_or_digest_of_a_child_is_refused():
    first = leaves()[0].statement
    for offset, value in (
        (NUM_IDENTITY, first.count + 1),
        (NUM_IDENTITY + 1, ((first.digest[0] + 1) % MODULUS, *first.digest[1:6])),
        (NUM_IDENTITY + 3, first.partial_sum + ONE),
    ):
        advice = with_advice(offset, value)
        assert reason_of(lambda advice=advice: join(advice=advice)) in NOT_ABOUT_THIS


def test_counts_that_overflow_are_refused():
    for count in (2**16, MODULUS - 1):
        advice = with_advice(NUM_IDENTITY, count)
        assert reason_of(lambda advice=advice: join(advice=advice)) == NodeReason.NUMBER_OUT_OF_RANGE
    last = replace(statement(), first=2**16 - 1)
    assert reason_of(lambda: join(statement=last)) in NOT_ABOUT_THIS


def test_what_a_join_says_must_be_what_its_children_say():
    honest = statement()
    digest = (*honest.digest[:8], (honest.digest[8] + 1) % MODULUS)
    for changed, reason in (
        (replace(honest, count=3), NodeReason.WRONG_COUNT),
        (replace(honest, digest=digest), NodeReason.WRONG_DIGEST),
        (replace(honest, partial_sum=honest.partial_sum + 1), NodeReason.WRONG_SUM),
    ):
        assert reason_of(lambda changed=changed: join(statement=changed)) == reason


def test_a_key_that_is_not_in_the_set_is_refused():
    """A set that holds the leaf alone: the same children, but R is another root."""
    small = KeySet(keys().key_set.keys[:1])
    assert reason_of(lambda: join(key_set=small)) == NodeReason.KEY_NOT_ALLOWED
    index = with_advice(4, 1)
    assert reason_of(lambda: join(advice=index)) == NodeReason.KEY_NOT_ALLOWED
    assert reason_of(lambda: join(advice=with_advice(4, 64))) == NodeReason.KEY_NOT_ALLOWED


def test_a_child_of_another_set_is_refused():
    """The parent's R is what the child is checked against, whatever the child was proven with."""
    honest = statement()
    other = KeySet(tuple(reversed(keys().key_set.keys)))
    changed = replace(honest, key_set=other.root)
    assert reason_of(lambda: join(statement=changed, key_set=other)) in NOT_ABOUT_THIS


def test_a_root_that_is_not_the_keys_own_is_refused():
    joined = keys().joins[2].verifying_key
    first, second = joined.preprocessed_root[:6], joined.preprocessed_root[6:]
    advice = with_advice(2, tuple(first))
    advice[3] = tuple(second)
    assert reason_of(lambda: join(advice=advice)) == NodeReason.KEY_NOT_ALLOWED


# What a leaf and the final node refuse


def leaf(segment_index=0, **changes):
    run, made = relay(), keys()
    honest = cover(made, run.segments[:1], 1, tuple(run.challenge))
    proof = run.segments[segment_index].proof
    program = made.leaves[0, 1].circuit.program
    return assign_wires(program, replace(honest, **changes).public_input(), [(made.segment_keys.keys[0], proof)])


def test_a_leaf_checks_what_it_says():
    honest = leaves()[0].statement
    leaf()
    assert reason_of(lambda: leaf(count=2)) == NodeReason.WRONG_COUNT
    assert reason_of(lambda: leaf(digest=digest_tree([(1,) * 9]))) == NodeReason.WRONG_DIGEST
    assert reason_of(lambda: leaf(partial_sum=honest.partial_sum + 1)) == NodeReason.WRONG_SUM
    assert reason_of(lambda: leaf(first=2**16)) == NodeReason.NUMBER_OUT_OF_RANGE


def test_a_leaf_of_a_foreign_segment_is_refused():
    assert reason_of(lambda: leaf(segment_index=1)) in NOT_ABOUT_THIS
    assert reason_of(lambda: leaf(first=2)) in NOT_ABOUT_THIS


def test_the_final_node_verifies_the_very_statement_that_it_shows():
    made, node = keys(), leaves()[0]
    program = made.final.circuit.program
    told = identity_advice(made.key_set, node)
    proofs = [(node.key.verifying_key, node.proof)]
    assign_wires(program, node.statement.public_input(), proofs, told)
    for changed in (
        replace(node.statement, first=2),
        replace(node.statement, count=2),
        replace(node.statement, partial_sum=node.statement.partial_sum + 1),
    ):
        public = changed.public_input()
        assert reason_of(lambda public=public: assign_wires(program, public, proofs, told)) in NOT_ABOUT_THIS


@pytest.mark.slow
def test_joins_of_joins_and_leaves_of_several_segments():
    """Seven segments: joins of leaves of one and two; five: a join whose children are leaves and a join."""
    for steps, per_leaf in (((3, 0, 15, 2, 7, 1, 1), 2), ((3, 0, 15, 2, 7), 1)):
        run, made = relay(steps), keys(per_leaf, 4)
        node = aggregate(made, run.segments, run.challenge)
        verify_final(acceptance_key(made), as_final_proof(node), OUTPUT, run.public, minimum_bits=0)

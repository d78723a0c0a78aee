"""What a validator refuses although every proof in it is sound: it is the proof of something else."""

from dataclasses import replace
from fractions import Fraction

import pytest

from hstar.errors import InputError, Reason, VerificationError
from hstar.field.extension import ONE
from hstar.iop.multilinear import eq_table
from hstar.iop.sumcheck.relation import sum_of
from hstar.recursion.accept import verify_final
from hstar.recursion.aggregate import aggregate
from hstar.recursion.final_program import make_final_program
from hstar.recursion.node import node_key
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import encode_proof
from hstar.stark.segments import SegmentKeys, public_sum
from hstar.transcript.reason import ProofReason
from hstar.verifier import standalone
from recursion.nodes import (
    OUTPUT,
    TARGET_BITS,
    acceptance_key,
    as_final_proof,
    final_node,
    foreign_final,
    foreign_keys,
    keys,
    leaves,
    relay,
)
from stark.circuits import relay_circuit, tiny_parameters
from stark.proofs import relay_ends, relay_key
from verifier.finals import encode_body


def reason_of(call):
    with pytest.raises(VerificationError) as caught:
        call()
    return caught.value.reason


def accept(final=None, key=None, public=None, minimum_bits=0):
    final = as_final_proof(final_node()) if final is None else final
    public = relay().public if public is None else public
    verify_final(key or acceptance_key(keys()), final, OUTPUT, public, minimum_bits=minimum_bits)


def accept_by_program(final=None, key=None, public=None):
    """The same by the traced verification, with the standard library."""
    final = as_final_proof(final_node()) if final is None else final
    key, public = key or acceptance_key(keys()), relay().public if public is None else public
    program = make_final_program(key, lambda count, output: public, len(OUTPUT), [Fraction(TARGET_BITS)])
    try:
        standalone.run_program(standalone.decode_program(program.data), OUTPUT, encode_body(key, final))
    except standalone.ProofError as error:
        raise VerificationError(error.sentence, reason=ProofReason(error.reason)) from error


def refused_as(*arguments):
    """The one reason for which both refuse."""
    reasons = {reason_of(lambda call=call: call(*arguments)) for call in (accept, accept_by_program)}
    assert len(reasons) == 1
    return reasons.pop()


def test_the_proof_of_another_program_is_refused():
    """Final circuit, N, D, A and S are as they should be: R alone says whose leaves were verified."""
    final, public = foreign_final()
    theirs = replace(acceptance_key(keys()), key_set=foreign_keys().key_set.root)
    for call in (accept, accept_by_program):
        call(final, theirs, public)
    assert refused_as(final, None, public) == ProofReason.LOCAL_SUM_NOT_ZERO


def test_the_proof_of_another_machine_is_refused():
    """Another V gives another A; a sum that balances under it was not proven."""
    other = replace(acceptance_key(keys()), segment_keys=SegmentKeys.of(relay_key(pinned=True).verifying_key))
    assert refused_as(None, other) == ProofReason.GLOBAL_SUM_NOT_ZERO
    final = as_final_proof(final_node())
    challenge = other.segment_keys.challenge_of(final.num_segments, final.digest, OUTPUT)
    total = public_sum(other.segment_keys.keys[0], challenge, relay().public)
    balanced = replace(final, partial_sum=-total)
    assert refused_as(balanced, other) == ProofReason.LOCAL_SUM_NOT_ZERO


def test_a_run_that_lacks_its_last_segment_is_refused():
    """No flag says that a run is complete: the last token has no public end."""
    run = relay((3,))
    final = as_final_proof(aggregate(keys(), run.segments, run.challenge))
    accept(final, public=run.public)
    assert refused_as(final, None, relay_ends([3, 9])) == ProofReason.GLOBAL_SUM_NOT_ZERO


def test_a_node_is_no_final_proof():
    """Replayed at another level, as an object and as bytes."""
    leaf = leaves()[0]
    encoded = encode_proof(leaf.key.verifying_key, leaf.proof)
    assert reason_of(lambda: present(leaf, leaf.proof)) == ProofReason.WRONG_SHAPE
    assert reason_of(lambda: present(leaf, encoded)) in (ProofReason.NOT_CANONICAL, ProofReason.MALFORMED)


def present(node, proof):
    """A node's statement is accepted up to the proof: it is the run of one segment, with the sum that balances."""
    statement = node.statement
    segment_keys = keys().segment_keys
    challenge = segment_keys.challenge_of(statement.count, statement.digest, OUTPUT)
    total = public_sum(segment_keys.keys[0], challenge, relay().public)
    accept(replace(as_final_proof(node), proof=proof, partial_sum=-total))


def test_a_proof_of_other_parameters_is_refused():
    """The same final circuit, proven at another rate."""
    made = keys()
    other = node_key(made.final.circuit.program, target_bits=TARGET_BITS, log_inverse_rate=3, suite="blake2b")
    assert other.verifying_key.parameters != made.final.verifying_key.parameters
    key = replace(acceptance_key(made), final=other.verifying_key)
    final = as_final_proof(final_node())
    encoded = replace(final, proof=encode_proof(made.final.verifying_key, final.proof))
    for sent in (final, encoded):
        assert reason_of(lambda sent=sent: accept(sent, key)) == ProofReason.OPENING_SIZE


def test_more_global_fractions_than_the_field_has_elements_are_refused():
    """2^15 rows with two fractions each in every one of 2^16 - 1 segments: sums of fractions could wrap."""
    parameters = tiny_parameters(20, 2, 15, (1, 2, 1), suite="poseidon2", arities=(5, 5))
    large = VerifyingKey(relay_circuit(), parameters, (None, 16), (0,) * 9)
    key = replace(acceptance_key(keys()), segment_keys=SegmentKeys.of(large))
    final = replace(as_final_proof(final_node()), num_segments=2**16 - 1)
    assert refused_as(final, key) == ProofReason.WRONG_STATEMENT
    assert refused_as(None, key) == ProofReason.GLOBAL_SUM_NOT_ZERO


def test_keys_below_the_bits_that_are_asked_for_are_refused():
    assert reason_of(lambda: accept(minimum_bits=TARGET_BITS + 100)) == ProofReason.INSUFFICIENT_SECURITY


def test_a_public_message_with_a_zero_denominator_is_refused():
    """The chance is small, but then the message would count for nothing: alpha is the fingerprint of a message."""
    final, key = as_final_proof(final_node()), acceptance_key(keys())
    bus, message = key.segment_keys.keys[0].bus_identifier("token"), relay().public[0].message

    class Keys(SegmentKeys):
        def challenge_of(self, num_segments, tree_digest, output):
            _, *beta = super().challenge_of(num_segments, tree_digest, output)
            weights = eq_table(ONE, beta)
            return sum_of([w * value for w, value in zip(weights, (bus, *message), strict=False)]), *beta

    segment_keys = Keys(key.segment_keys.digest, key.segment_keys.keys)
    caught = reason_of(lambda: accept(final, replace(key, segment_keys=segment_keys)))
    assert caught == ProofReason.ZERO_PUBLIC_DENOMINATOR


def test_public_messages_of_another_form_are_an_error():
    """Cut short, a message would be another one; on a local bus it would say nothing."""
    first, last = relay().public
    for wrong in (replace(first, message=first.message[:1]), replace(first, bus="small", message=(3,))):
        with pytest.raises(InputError) as caught:
            accept(public=(wrong, last))
        assert caught.value.reason == Reason.OUT_OF_RANGE

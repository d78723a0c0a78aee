"""Segments with different keys under one challenge."""

from dataclasses import replace
from functools import cache

import pytest

from hstar.air.program import Scope
from hstar.errors import InputError, VerificationError
from hstar.stark.keys import max_fractions
from hstar.stark.prove import begin_segment, finish_segment
from hstar.stark.segments import SegmentKeys, SegmentProof, derive_global_challenge, verify_mixed_segments
from hstar.transcript.reason import ProofReason
from stark.circuits import relay_circuit, relay_parameters, relay_preprocessed, relay_tables, tiny_parameters
from stark.proofs import make_keys, relay_ends, relay_key, squares_key

ORDER = (0, 1, 0)
STEPS = (3, 0, 15)


@cache
def proving_keys():
    """The relay in two sizes."""
    large = tiny_parameters(8, 2, 4, (1, 1, 2), suite="poseidon2", arities=(2,))
    return relay_key(), make_keys(relay_circuit(), large, relay_preprocessed())


@cache
def keys(digest=b"V"):
    return SegmentKeys(digest, tuple(key.verifying_key for key in proving_keys()))


@cache
def proven(output=b"out"):
    value, begun = 5, []
    for number, (which, step) in enumerate(zip(ORDER, STEPS, strict=True), 1):
        begun.append(begin_segment(proving_keys()[which], number, relay_tables(value, step)))
        value += step
    digests = [segment.digest for segment in begun]
    challenge = keys().derive_challenge(digests, output)
    proofs = [finish_segment(segment, challenge) for segment in begun]
    return [SegmentProof(*parts) for parts in zip(ORDER, digests, proofs, strict=True)]


def check(segments, output=b"out", of=None):
    verify_mixed_segments(of or keys(), segments, output, relay_ends(list(STEPS)), minimum_bits=0)


def reason_of(segments, **changes):
    with pytest.raises(VerificationError) as caught:
        check(segments, **changes)
    return caught.value.reason


CHALLENGE_DIFFERS = (ProofReason.LAYER_CLAIM_MISMATCH, ProofReason.LOCAL_SUM_NOT_ZERO)


def test_segments_of_two_sizes_are_accepted_together():
    check(proven())


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 1), (0, 1, 2, 2), (0, 0, 2), (2, 1, 0)])
def test_order_and_number_are_bound(order):
    segments = [proven()[index] for index in order]
    assert reason_of(segments) in (*CHALLENGE_DIFFERS, ProofReason.MALFORMED)


def test_a_segment_under_another_key_is_refused():
    segments = list(proven())
    segments[0] = replace(segments[0], key_index=1)
    with pytest.raises(VerificationError):
        check(segments)
    for index in (-1, 2):
        segments[0] = replace(segments[0], key_index=index)
        assert reason_of(segments) is ProofReason.WRONG_KEY


def test_the_challenge_depends_on_v_and_output():
    assert reason_of(proven(), of=keys(b"W")) in CHALLENGE_DIFFERS
    assert reason_of(proven(), output=b"other") in CHALLENGE_DIFFERS


def test_a_digest_of_another_form_is_refused():
    segments = list(proven())
    for digest in ((0,) * 8, (2**31 - 1,) * 9):
        assert reason_of([replace(segments[0], digest=digest), *segments[1:]]) is ProofReason.WRONG_STATEMENT
    assert reason_of([]) is ProofReason.WRONG_STATEMENT


def test_other_boundary_columns_than_the_digest_says():
    segments = list(proven())
    other = begin_segment(proving_keys()[0], 1, relay_tables(6, 2))
    assert reason_of([replace(segments[0], digest=other.digest), *segments[1:]]) in CHALLENGE_DIFFERS
    digests = [segment.digest for segment in segments]
    late = finish_segment(other, keys().derive_challenge(digests, b"out"))
    assert reason_of([replace(segments[0], proof=late), *segments[1:]]) is ProofReason.WRONG_CHALLENGE


def test_circuits_with_other_global_buses_do_not_mix():
    with pytest.raises(InputError, match="no global bus"):
        SegmentKeys(b"V", (squares_key().verifying_key,))
    with pytest.raises(InputError, match="no global bus"):
        SegmentKeys(b"V", ())
    circuit = relay_circuit()
    renamed = replace(circuit, buses=(circuit.buses[0], replace(circuit.buses[1], name="other")))
    other = make_keys(renamed, relay_parameters(), relay_preprocessed()).verifying_key
    with pytest.raises(InputError, match="same global buses"):
        SegmentKeys(b"V", (relay_key().verifying_key, other))


def test_one_key_is_the_special_case():
    key = relay_key().verifying_key
    digests = [segment.digest for segment in proven()]
    assert derive_global_challenge(key, digests, b"x") == SegmentKeys.of(key).derive_challenge(digests, b"x")


def test_global_fractions_are_bounded_by_boundary_cells():
    """32 boundary cells hold at most 10 rows of 3 boundary columns, with two fractions each."""
    key = relay_key().verifying_key
    boundary_cells = key.parameters.group_columns[1] << key.parameters.log_column_length
    assert max_fractions(key, Scope.GLOBAL) == boundary_cells * 2 // 3

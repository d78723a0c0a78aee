"""Segments under one global challenge, and the attacks on what is bound before it."""

from dataclasses import replace

import numpy as np
import pytest

import hstar.stark.prove as stark_prove
from hstar.air.check import PublicMessage
from hstar.errors import InputError, VerificationError
from hstar.field.extension import ONE
from hstar.field.koala_bear import MODULUS
from hstar.kernels.vectors import ExtensionVector, add
from hstar.params.whir import johnson
from hstar.stark.prove import begin_segment, finish_segment
from hstar.stark.segments import derive_global_challenge, digest_tree
from hstar.transcript.reason import ProofReason
from stark.circuits import relay_parameters, relay_tables
from stark.leaves import with_value
from stark.proofs import prove_relay, relay, relay_ends, relay_key, verify, verify_segments


def reason_of(act):
    with pytest.raises(VerificationError) as caught:
        act()
    return caught.value.reason


def check(proven, public=None, output=b"", **changes):
    arguments = {"proofs": proven.proofs, "digests": proven.digests} | changes
    messages = proven.public_messages if public is None else public
    verify_segments(proven.key, output=output, public_messages=messages, **arguments)


def test_segments_that_are_swapped_dropped_doubled_or_renumbered():
    proven = relay()
    check(proven)
    for order in ([1, 0, 2], [0, 1], [0, 1, 2, 2], [1, 2], [2, 1, 0]):
        proofs, digests = [proven.proofs[i] for i in order], [proven.digests[i] for i in order]
        assert reason_of(lambda p=proofs, d=digests: check(proven, proofs=p, digests=d)) in (
            ProofReason.LAYER_CLAIM_MISMATCH,  # another D gives another A
            ProofReason.LOCAL_SUM_NOT_ZERO,
        )
    with pytest.raises(VerificationError) as caught:
        verify(proven.key, replace(proven.statement(1), segment_number=2), proven.proofs[0])
    assert caught.value.reason in (ProofReason.LAYER_CLAIM_MISMATCH, ProofReason.LOCAL_SUM_NOT_ZERO)


def test_a_token_that_does_not_arrive():
    tables = [relay_tables(5, 3), relay_tables(9, 1)]  # 5 + 3 is not 9
    proven = prove_relay(relay_key(), tables)
    assert reason_of(lambda: check(proven, relay_ends([3, 2]))) is ProofReason.GLOBAL_SUM_NOT_ZERO


def test_other_public_messages_than_the_segments_end_with():
    proven = relay()
    for public in ((), proven.public_messages[:1], relay_ends([3, 0, 14])):
        assert reason_of(lambda p=public: check(proven, p)) is ProofReason.GLOBAL_SUM_NOT_ZERO


def test_another_output_is_another_challenge():
    proven = relay()
    assert reason_of(lambda: check(proven, output=b"x")) in (
        ProofReason.LAYER_CLAIM_MISMATCH,
        ProofReason.LOCAL_SUM_NOT_ZERO,
    )


def test_boundary_columns_that_are_chosen_after_the_challenge():
    """Known attack 2: begin with one table, see A, prove another: the digest is no longer the one A came from."""
    key, honest = relay_key(), [relay_tables(5, 3), relay_tables(8, 1)]
    begun = [begin_segment(key, number + 1, tables) for number, tables in enumerate(honest)]
    digests = [segment.digest for segment in begun]
    challenge = derive_global_challenge(key.verifying_key, digests, b"")
    late = begin_segment(key, 2, relay_tables(8, 7))
    proofs = [finish_segment(begun[0], challenge), finish_segment(late, challenge)]

    def act(used):
        verify_segments(key.verifying_key, proofs, used, public_messages=relay_ends([3, 7]))

    assert reason_of(lambda: act(digests)) is ProofReason.WRONG_CHALLENGE
    assert reason_of(lambda: act([digests[0], late.digest])) in (
        ProofReason.LAYER_CLAIM_MISMATCH,
        ProofReason.LOCAL_SUM_NOT_ZERO,
    )


@pytest.mark.parametrize("change", ["number", "height", "cell", "key"])
def test_the_digest_binds_number_heights_boundary_columns_and_key(change):
    """Known attack 2: whatever a global interaction reads moves D_k; main columns do not."""
    key, tables = relay_key(), relay_tables(5, 3)
    digest = begin_segment(key, 1, tables).digest
    if change == "number":
        other = begin_segment(key, 2, tables)
    elif change == "height":
        other = begin_segment(key, 1, [np.concatenate([tables[0], 0 * tables[0]], axis=1), tables[1]])
    elif change == "cell":
        other = begin_segment(key, 1, relay_tables(6, 3))
    else:
        other = begin_segment(relay_key(pinned=True), 1, tables)
    assert other.digest != digest
    late = [tables[0].copy(), tables[1].copy()]
    late[0][3, 0] = 4
    assert begin_segment(key, 1, late).digest == digest


def test_a_wrong_pinned_value_is_opened(monkeypatch):
    """Known attack 3: a value that is sent but not opened would be no pin."""
    monkeypatch.setattr(stark_prove, "_pinned_value", lambda boundary, point: ONE)
    proven = prove_relay(relay_key(pinned=True), [relay_tables(5, 3)])
    assert reason_of(lambda: check(proven, relay_ends([3]))) is ProofReason.FINAL_CLAIM_MISMATCH


def test_boundary_columns_in_the_list_decoding_regime_need_a_pin():
    """Known attack 3: the parameters cannot express the unpinned variant."""
    pinned = relay_parameters(first_regime=johnson(3))
    assert pinned.boundary_pin
    for parameters in (pinned, relay_parameters()):
        with pytest.raises(InputError, match="pinned"):
            replace(parameters, boundary_pin=not parameters.boundary_pin)


def test_boundary_tables_do_not_reach_into_main_cells():
    """Known attack 4: with 32 boundary cells, ten rows of bundles 2 + 1 fit and eleven do not."""
    proven = relay()
    for height, fits in ((10, True), (11, False)):
        proof = with_value(proven.proofs[0], "early_heights[0]", height)
        reason = reason_of(lambda p=proof: verify(proven.key, proven.statement(1), p))
        assert (reason is not ProofReason.GROUP_OVERFLOW) == fits


def test_global_sums_that_are_forged_in_the_tree(monkeypatch):
    """The segment claims another partial sum: the fraction tree no longer follows."""
    honest = stark_prove.prove_logup_gkr

    def forged(transcript, dimensions, leaves):
        def with_one_more(leaf):
            ones = ExtensionVector.from_elements([ONE] * len(leaf.numerators))
            return replace(leaf, numerators=add(leaf.numerators, ones))

        other = [leaves[0], *map(with_one_more, leaves[1:])]
        return honest(transcript, dimensions, other)

    monkeypatch.setattr(stark_prove, "prove_logup_gkr", forged)
    proven = prove_relay(relay_key(), [relay_tables(5, 3)])
    assert reason_of(lambda: check(proven, relay_ends([3]))) in (
        ProofReason.LOCAL_SUM_NOT_ZERO,
        ProofReason.ZEROCHECK_MISMATCH,
    )


def test_the_digest_tree_depends_on_number_order_and_contents():
    leaf = tuple(range(9))
    other = (1, *leaf[1:])
    trees = [[leaf], [leaf, leaf], [leaf] * 3, [leaf] * 5, [leaf, other], [other, leaf], [leaf] * 17]
    assert len({digest_tree(digests) for digests in trees}) == len(trees)
    with pytest.raises(InputError):
        digest_tree([])


def test_counts_that_do_not_fit():
    proven = relay()
    assert reason_of(lambda: check(proven, digests=proven.digests[:2])) is ProofReason.WRONG_STATEMENT
    assert reason_of(lambda: check(proven, proofs=[], digests=[])) is ProofReason.WRONG_STATEMENT
    with pytest.raises(InputError):
        verify_segments(proven.key, proven.proofs, proven.digests, public_messages=(PublicMessage("none", (1,)),))


@pytest.mark.parametrize("bad", [(), (1,) * 8, (1,) * 10, (-1,) * 9, (MODULUS,) + (0,) * 8])
def test_a_digest_that_is_none_is_a_rejection_not_bad_input(bad):
    proven = relay()
    with pytest.raises(VerificationError, match="digest of segment 2") as caught:
        check(proven, digests=[proven.digests[0], bad, *proven.digests[2:]])
    assert caught.value.reason is ProofReason.WRONG_STATEMENT

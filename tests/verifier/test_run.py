"""Acceptance of proven runs, and forgeries: each a real proof, refused for its own reason."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import VerificationError
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import POSEIDON2
from hstar.machine.layout import HALT_INDEX
from hstar.stark.segments import SegmentProof
from hstar.transcript.reason import ProofReason
from hstar.verifier import run as verifier
from prover.runs import honest, prove, verify_run, weak_setup

OTHER_CHALLENGE = (ProofReason.LAYER_CLAIM_MISMATCH, ProofReason.LOCAL_SUM_NOT_ZERO)


def reason_of(file, **options):
    with pytest.raises(VerificationError) as caught:
        verify_run(weak_setup().key, file, **options)
    return caught.value.reason


def test_an_honest_run_is_accepted():
    proven = honest()
    assert proven.run.types == ("cpu", "cpu", "keccak", "memory")
    verified = verify_run(proven.setup.key, proven.file, expected_output=b"")
    assert verified.key_digest == POSEIDON2.digest_to_bytes(proven.setup.key.digest)
    assert (verified.output, verified.num_segments) == (b"", 4)
    assert 10 < verified.security_bits < 30


def test_weak_parameters_are_refused_unless_asked_for():
    with pytest.raises(VerificationError) as caught:
        verifier.verify_run(weak_setup().key, honest().file)
    assert caught.value.reason is ProofReason.INSUFFICIENT_SECURITY


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 1, 3, 2), (0, 1, 2), (1, 2, 3), (0, 1, 2, 3, 3), (0, 1, 3)])
def test_segments_that_are_swapped_dropped_or_repeated(order):
    proven = honest()
    file = proven.file_of([proven.segments[index] for index in order])
    assert reason_of(file) in OTHER_CHALLENGE


@pytest.mark.slow
def test_the_key_of_another_program():
    """Same code but for one immediate."""
    other = weak_setup(step=2)
    assert other.key.digest != weak_setup().key.digest
    with pytest.raises(VerificationError) as caught:
        verify_run(other.key, honest().file)
    assert caught.value.reason is ProofReason.WRONG_KEY


@pytest.mark.slow
def test_a_segment_of_another_run():
    """A file for our key with a segment proven for the other program in the place of ours."""
    ours, theirs = honest(), honest(step=2)
    digest = bytearray(ours.file_of([theirs.segments[0], *ours.segments[1:]]))
    assert reason_of(bytes(digest)) in (*OTHER_CHALLENGE, ProofReason.WRONG_CHALLENGE)


def test_another_output_than_the_program_wrote():
    """The claim is changed in the file; and, harder, the prover derives the challenge from the false claim."""
    proven = honest()
    assert reason_of(proven.file_of(proven.segments, output=b"x")) in OTHER_CHALLENGE
    forged = prove(weak_setup(), change_run=lambda run: dataclasses.replace(run, output=b"x".hex()))
    assert reason_of(forged.file) is ProofReason.GLOBAL_SUM_NOT_ZERO
    assert reason_of(proven.file, expected_output=b"x") is ProofReason.WRONG_OUTPUT


def _change(number, chip, column, by=1):
    """Adds to one cell of the first row of a segment's table, before it is committed to."""

    def mutate(segment, tables):
        if segment == number:
            table = tables[chip]
            table[column, 0] = (int(table[column, 0]) + by) % MODULUS

    return mutate


@pytest.mark.parametrize(
    ("mutate", "reasons"),
    [
        pytest.param(_change(2, "control", 0), (ProofReason.LOCAL_SUM_NOT_ZERO,), id="pc taken"),
        pytest.param(
            _change(2, "control", 1), (ProofReason.LOCAL_SUM_NOT_ZERO,), id="pc handed on", marks=pytest.mark.slow
        ),
        pytest.param(
            _change(3, "control", 0), (ProofReason.GLOBAL_SUM_NOT_ZERO,), id="pc through keccak", marks=pytest.mark.slow
        ),
        pytest.param(
            _change(2, "boundary", 2), (ProofReason.LOCAL_SUM_NOT_ZERO,), id="value taken", marks=pytest.mark.slow
        ),
        pytest.param(
            _change(1, "boundary", 6), (ProofReason.LOCAL_SUM_NOT_ZERO,), id="value left", marks=pytest.mark.slow
        ),
        pytest.param(
            _change(3, "keccak_permutation", 0),
            (ProofReason.LOCAL_SUM_NOT_ZERO,),
            id="state before",
            marks=pytest.mark.slow,
        ),
        pytest.param(_change(4, "image", -2), (ProofReason.GLOBAL_SUM_NOT_ZERO,), id="final value"),
    ],
)
def test_boundary_cells_that_are_changed_before_the_challenge(mutate, reasons):
    """Everything is proven for the changed tables; only what the buses say is false."""
    assert reason_of(prove(weak_setup(), mutate=mutate).file) in reasons


@pytest.mark.slow
def test_a_segment_that_starts_where_no_other_ended():
    """Both ends are changed alike, so the segment is consistent in itself with another start."""

    def mutate(segment, tables):
        if segment == 3:
            tables["control"][0, 0] = HALT_INDEX - 1

    assert reason_of(prove(weak_setup(), mutate=mutate).file) is ProofReason.GLOBAL_SUM_NOT_ZERO


def test_a_commitment_that_is_replaced_after_the_challenge():
    proven = honest()
    digest = [(proven.segments[0].digest[0] + 1) % MODULUS, *proven.segments[0].digest[1:]]
    changed = dataclasses.replace(proven.segments[0], digest=tuple(digest))
    assert reason_of(proven.file_of([changed, *proven.segments[1:]])) in OTHER_CHALLENGE


def test_a_segment_under_another_class():
    proven = honest()
    for index in (1, 3, 4, 2**31):
        changed = dataclasses.replace(proven.segments[0], key_index=index)
        reason = reason_of(proven.file_of([changed, *proven.segments[1:]]))
        assert (reason is ProofReason.WRONG_KEY) == (index >= len(weak_setup().key.classes))


def test_files_that_are_cut_off_or_longer():
    file = honest().file
    for data in (b"", file[:7], file[:60], file[:-1], file + b"\0", file + bytes(4)):
        assert reason_of(data) in (ProofReason.MALFORMED, ProofReason.TRAILING_BYTES, *OTHER_CHALLENGE)


@settings(max_examples=4, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(place, bit):
    data = bytearray(honest().file)
    data[int(place * len(data))] ^= 1 << bit
    with pytest.raises(VerificationError):
        verify_run(weak_setup().key, bytes(data))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused(tail):
    for data in (tail, honest().file[:49] + tail):
        with pytest.raises(VerificationError):
            verify_run(weak_setup().key, data)


def test_proofs_without_segments():
    assert reason_of(honest().file_of([])) is ProofReason.MALFORMED
    digests = np.zeros(9, dtype=int).tolist()
    empty = SegmentProof(0, tuple(digests), b"")
    assert reason_of(honest().file_of([empty])) is ProofReason.MALFORMED

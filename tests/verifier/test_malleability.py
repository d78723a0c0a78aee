"""One proof has one encoding: nothing may follow it, and no number may be written as another of the same residue."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import VerificationError
from hstar.field.koala_bear import ELEMENT_BYTES, MODULUS
from hstar.hash.suite import POSEIDON2
from hstar.transcript.reason import ProofReason
from prover.runs import honest, verify_run, weak_setup


def reason_of(file):
    with pytest.raises(VerificationError) as caught:
        verify_run(weak_setup().key, bytes(file))
    return caught.value.reason


def raised(data, place):
    """The same residue in the same four bytes."""
    word = int.from_bytes(data[place : place + ELEMENT_BYTES], "little")
    assert word < MODULUS
    return data[:place] + (word + MODULUS).to_bytes(ELEMENT_BYTES, "little") + data[place + ELEMENT_BYTES :]


def test_bytes_after_the_proof_are_refused():
    file = honest().file
    for tail in (b"\0", bytes(4), file):
        assert reason_of(file + tail) is ProofReason.MALFORMED
    last = dataclasses.replace(honest().segments[-1], proof=honest().segments[-1].proof + b"\0")
    assert reason_of(honest().file_of([*honest().segments[:-1], last])) is ProofReason.TRAILING_BYTES


def test_a_key_digest_raised_by_the_modulus_is_refused():
    file = honest().file
    start = file.index(POSEIDON2.digest_to_bytes(weak_setup().key.digest))
    for index in range(POSEIDON2.digest_bytes // ELEMENT_BYTES):
        assert reason_of(raised(file, start + ELEMENT_BYTES * index)) is ProofReason.MALFORMED


def test_a_boundary_digest_raised_by_the_modulus_is_refused():
    file, segment = honest().file, honest().segments[1]
    start = file.index(b"".join(word.to_bytes(ELEMENT_BYTES, "little") for word in segment.digest))
    for index in range(len(segment.digest)):
        assert reason_of(raised(file, start + ELEMENT_BYTES * index)) is ProofReason.MALFORMED


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999))
def test_elements_of_a_proof_raised_by_the_modulus_are_refused(index):
    """A proof begins with its elements: roots, sums, claims of layers."""
    file, proof = honest().file, honest().segments[0].proof
    place = file.index(proof) + ELEMENT_BYTES * index
    assert reason_of(raised(file, place)) is ProofReason.NOT_CANONICAL

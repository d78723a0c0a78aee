"""The tamper manifest: every field of a proof, every kind of change, and which check of the verifier refuses it.

A field that is missing here fails the tests, so nothing can enter a proof unnoticed.
"""

import pytest

from hstar.errors import VerificationError
from hstar.field.extension import ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.stark.proof import decode_proof, encode_proof, proof_shape
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import BaseShape, ExtensionShape
from stark.leaves import leaves, pattern, tuples, value_at, with_value
from stark.proofs import Proven, relay, squares, verify

WRONG_TREE = {ProofReason.LAYER_CLAIM_MISMATCH, ProofReason.LOCAL_SUM_NOT_ZERO}
"""A change before the local challenges moves them: the first equation over them fails."""
WRONG_POSITIONS = {
    ProofReason.PROOF_OF_WORK,
    ProofReason.OPENING_SIZE,
    ProofReason.MERKLE_ROOT_MISMATCH,
    ProofReason.FINAL_POSITION_MISMATCH,
}
"""A change before positions are drawn moves them: the work is void, or other leaves are asked for."""

MANIFEST = {
    "early_heights[]": WRONG_TREE | {ProofReason.HEIGHT_OUT_OF_RANGE, ProofReason.GROUP_OVERFLOW},
    "boundary_root[]": WRONG_TREE,
    "boundary_pin[]": WRONG_TREE,
    "late_heights[]": WRONG_TREE | {ProofReason.HEIGHT_OUT_OF_RANGE, ProofReason.GROUP_OVERFLOW},
    "main_root[]": WRONG_TREE,
    "gkr.roots[]": {ProofReason.LOCAL_SUM_NOT_ZERO, ProofReason.ZERO_DENOMINATOR, ProofReason.LAYER_CLAIM_MISMATCH},
    "gkr.layers[].rounds[][]": {ProofReason.LAYER_CLAIM_MISMATCH},
    "gkr.layers[].children[]": {ProofReason.LAYER_CLAIM_MISMATCH},
    "zerocheck.rounds[][]": {ProofReason.ZEROCHECK_MISMATCH},
    "zerocheck.column_values[]": {ProofReason.ZEROCHECK_MISMATCH} | WRONG_POSITIONS,
    "whir.iterations[].rounds[][]": WRONG_POSITIONS,
    "whir.iterations[].fold_nonces[][]": WRONG_POSITIONS,
    "whir.iterations[].next_root[]": WRONG_POSITIONS,
    "whir.iterations[].samples[]": WRONG_POSITIONS,
    "whir.iterations[].final_vector[]": WRONG_POSITIONS,
    "whir.iterations[].query_nonce[]": WRONG_POSITIONS,
    "whir.iterations[].openings[].leaves[][]": {ProofReason.MERKLE_ROOT_MISMATCH},
    "whir.iterations[].openings[].siblings[]": {ProofReason.MERKLE_ROOT_MISMATCH},
    "whir.final_rounds[][]": {ProofReason.FINAL_CLAIM_MISMATCH},
}


def pinned_segment():
    segments = relay(pinned=True)
    return Proven(segments.proving_key, segments.statement(1), [], segments.proofs[0])


SUBJECTS = {"squares": lambda: squares(fold_grinding_bits=2), "segment": pinned_segment}
MOST_OF_A_FIELD = 5
"""Leaves of a repeated field that are changed: the first, the last, and some between."""


def chosen_leaves(proven):
    by_field = {}
    for path, shape, value in leaves(proven.key, proven.proof):
        by_field.setdefault(pattern(path), []).append((path, shape, value))
    for items in by_field.values():
        step = max(1, len(items) // MOST_OF_A_FIELD)
        yield from {path: (path, shape, value) for path, shape, value in [*items[::step], items[-1]]}.values()


def changes(shape, value, neighbour):
    """Changed values of one leaf: a bit, zero, the neighbour's value."""
    if isinstance(shape, ExtensionShape):
        words = list(value.coefficients)
        words[-1] ^= 1
        candidates = [ExtensionElement(tuple(words)), ZERO, value + 1]
    elif isinstance(shape, BaseShape):
        candidates = [value ^ 1, 0, MODULUS - 1]
    elif isinstance(value, bytes):
        candidates = [bytes([value[0] ^ 1, *value[1:]]), bytes(33)]
    else:
        candidates = [(value[0] ^ 1, *value[1:]), (0,) * 9]
    if type(neighbour) is type(value):
        candidates.append(neighbour)
    return [candidate for candidate in candidates if candidate != value]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_leaf_of_the_proof_is_checked(subject):
    proven = SUBJECTS[subject]()
    every = {path: value for path, _, value in leaves(proven.key, proven.proof)}
    paths = list(every)
    accepted = []
    for path, shape, value in chosen_leaves(proven):
        assert pattern(path) in MANIFEST, f"{pattern(path)} is new: say in the manifest which check covers it"
        neighbour = every[paths[(paths.index(path) + 1) % len(paths)]]
        for changed in changes(shape, value, neighbour):
            proof = with_value(proven.proof, path, changed)
            try:
                verify(proven.key, proven.statement, proof)
                accepted.append((path, changed))
            except VerificationError as error:
                assert error.reason in MANIFEST[pattern(path)], (path, error.reason)
    assert not accepted


def test_the_manifest_names_no_field_that_does_not_exist():
    fields = {pattern(path) for make in SUBJECTS.values() for path, _, _ in leaves(make().key, make().proof)}
    assert fields == set(MANIFEST)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_tuples_that_are_shortened_lengthened_or_emptied_are_refused(subject):
    proven = SUBJECTS[subject]()
    seen = set()
    for path in tuples(proven.proof):
        part = value_at(proven.proof, path)
        if pattern(path) in seen or not part:
            continue
        seen.add(pattern(path))
        for changed in (part[:-1], (*part, part[-1]), (), list(part)):
            with pytest.raises(VerificationError) as caught:
                verify(proven.key, proven.statement, with_value(proven.proof, path, changed))
            assert caught.value.reason in (ProofReason.WRONG_SHAPE, ProofReason.OPENING_SIZE), path


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_word_has_a_second_encoding(subject):
    """Every element of K, E and every Poseidon2 digest word, plus the modulus, is refused."""
    proven = SUBJECTS[subject]()
    data, offset = encode_proof(proven.key, proven.proof), 0
    last_opening = ""
    for path, shape, value in leaves(proven.key, proven.proof):
        if ".openings[" in path and path.split(".leaves")[0].split(".siblings")[0] != last_opening:
            last_opening = path.split(".leaves")[0].split(".siblings")[0]
            offset += 8  # the numbers of leaves and siblings
        length = len(shape.encode(value))
        assert data[offset : offset + length] == shape.encode(value)
        if length % 4 == 0:
            word = int.from_bytes(data[offset : offset + 4], "little") + MODULUS
            changed = data[:offset] + (word % 2**32).to_bytes(4, "little") + data[offset + 4 :]
            with pytest.raises(VerificationError):
                decode_proof(proven.key, changed)
        offset += length
    assert offset == len(data)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_bytes_that_are_cut_extended_shifted_or_swapped_are_refused(subject):
    proven = SUBJECTS[subject]()
    data = encode_proof(proven.key, proven.proof)
    candidates = [
        b"",
        data[:-1],
        data + b"\0",
        data[4:],
        data[:4] + data,
        data[::-1],
        bytes(len(data)),
        b"\xff" * len(data),
    ]
    candidates += [data[:start] + data[start + 4 :] + data[start : start + 4] for start in range(0, len(data) - 4, 997)]
    for candidate in candidates:
        if candidate != data:
            with pytest.raises(VerificationError):
                verify(proven.key, proven.statement, candidate)


def test_objects_that_are_no_proof_are_refused():
    proven = squares()
    for candidate in (None, 1, "proof", proven.proof.gkr, with_value(proven.proof, "gkr", None)):
        with pytest.raises(VerificationError):
            verify(proven.key, proven.statement, candidate)
    assert proof_shape(proven.key).make(lambda shape: None)

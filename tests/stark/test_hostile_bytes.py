"""Whatever bytes arrive, the verifier raises a `VerificationError` and nothing else, in little memory."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import VerificationError
from hstar.stark.file import MAGIC, verify_proof_file, write_proof_file
from hstar.stark.proof import decode_proof, encode_proof
from hstar.stark.statement import Statement
from stark.proofs import squares, verify

SPLICES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40)), min_size=1, max_size=4)
"""Where, how many bytes go, which bytes come."""


def spliced(data, splices):
    for place, removed, inserted in splices:
        start = int(place * len(data))
        data = data[:start] + inserted + data[start + removed :]
    return data


@settings(max_examples=300)
@given(SPLICES)
def test_spliced_proofs(splices):
    proven = squares()
    data = encode_proof(proven.key, proven.proof)
    changed = spliced(data, splices)
    if changed == data:
        return
    with pytest.raises(VerificationError):
        verify(proven.key, Statement(), changed)


@settings(max_examples=100)
@given(st.binary(max_size=6000))
def test_any_bytes(data):
    with pytest.raises(VerificationError):
        decode_proof(squares().key, data)


@settings(max_examples=150)
@given(SPLICES, st.booleans())
def test_spliced_files(splices, keep_magic):
    proven = squares()
    data = write_proof_file(proven.key, Statement(), proven.proof)
    changed = spliced(data[len(MAGIC) :], splices)
    changed = (MAGIC if keep_magic else b"") + changed
    if changed == data:
        return
    with pytest.raises(VerificationError):
        verify_proof_file(proven.key, changed, minimum_bits=0)


def test_large_counts_and_long_inputs_cost_no_memory():
    proven = squares()
    data = encode_proof(proven.key, proven.proof)
    tracemalloc.start()
    for place in range(0, len(data) - 8, 101):
        with suppress(VerificationError):  # inside a digest the bytes are as good as any
            decode_proof(proven.key, data[:place] + b"\xff\xff\xff\x7f" * 2 + data[place + 8 :])
    with pytest.raises(VerificationError):
        decode_proof(proven.key, bytes(10**7))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**7 + 50 * len(data)

"""Compiled guests, proven and verified: C and Rust, with real inputs."""

import hashlib
import random
import struct
from pathlib import Path

import pytest

import hstar
from hstar.errors import VerificationError
from hstar.machine.program import load_program_file
from hstar.machine.setup import set_up
from hstar.transcript.reason import ProofReason
from prover.runs import LOG_CELLS, WEAK_BITS, verify_run

GUESTS = Path(__file__).resolve().parents[1] / "vectors/guests"


def numbers(count, seed=1):
    generator = random.Random(seed)
    return struct.pack(f"<{count}Q", *(generator.getrandbits(64) for _ in range(count)))


def expected_output(name, input_bytes):
    return hstar.execute(GUESTS / f"{name}.elf", input_bytes).execution.output


def test_a_guest_in_c_with_its_output(tmp_path):
    """Sorts numbers and hashes them with the precompile: instructions, a keccak segment, memory."""
    setup = set_up(load_program_file(GUESTS / "sort.elf"), LOG_CELLS, target_bits=WEAK_BITS)
    run = hstar.prove(setup, numbers(20), final=False)
    output = expected_output("sort", numbers(20))
    assert run.types == ("cpu", "keccak", "memory") and len(output) == 32
    assert verify_run(setup.key, run.file, expected_output=output).output == output
    for claim in (output[::-1], output[:-1], output + b"\0"):
        forged = run.file.replace(len(output).to_bytes(4, "little") + output, len(claim).to_bytes(4, "little") + claim)
        assert forged != run.file
        with pytest.raises(VerificationError) as caught:
            verify_run(setup.key, forged)
        assert caught.value.reason in (ProofReason.LAYER_CLAIM_MISMATCH, ProofReason.LOCAL_SUM_NOT_ZERO)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "input_bytes"),
    [
        ("collections", struct.pack("<II", 3, 60)),
        ("bigint", struct.pack("<Q", 60)),
        ("recursion", bytes([2, 3])),
        ("floats", struct.pack("<d", 2.0)),
    ],
)
def test_guests_at_128_bits(name, input_bytes):
    """Rust with a heap, carries of big integers, deep recursion, floating point in software."""
    setup = hstar.program_key(GUESTS / f"{name}.elf", 22)
    run = hstar.prove(setup, input_bytes, final=False)
    verified = hstar.verify(run, setup, expected_output=expected_output(name, input_bytes))
    assert verified.security_bits >= 128 and verified.num_segments == run.num_segments >= 2
    if name == "collections":
        assert len(verified.output) == 64 and verified.output[:32] != hashlib.sha256(b"").digest()

"""The final proof of a mainnet block that is committed: accepted while the shipped key is the one it was made with."""

import json

import pytest
from tests.conftest import ROOT

import hstar
from hstar.errors import VerificationError
from hstar.ethereum.inputs import load_block
from hstar.machine import guests
from hstar.prover.blocks import prepare_block
from hstar.verifier.acceptance import shipped_for
from hstar.verifier.block import verify_block

FOLDER = ROOT / "docs/proofs"
RECORD = json.loads((FOLDER / "mainnet-24628607.json").read_text(encoding="utf-8"))
PROOF = (FOLDER / "mainnet-24628607.hstar").read_bytes()
STALE = "not re-run at this key"
IS_CURRENT = guests.load("revm").key_digest == RECORD["verifying_key"]

needs_its_key = pytest.mark.skipif(not IS_CURRENT, reason=f"the shipped key has changed; the proof is {STALE}")


@needs_its_key
def test_it_is_accepted_about_the_claimed_output():
    verified = hstar.verify(PROOF, expected_output=bytes.fromhex(RECORD["output"]))
    assert verified.num_segments == RECORD["segments"]
    assert verified.security_bits >= 128
    assert len(PROOF) == RECORD["proof_bytes"] <= 160 * 1024


@needs_its_key
def test_it_is_about_the_block(data_folder):
    block = prepare_block(load_block(data_folder / "blocks/mainnet_24628607.json.gz"))
    root = block.stateless_input.new_payload_request_root()
    verified = verify_block(shipped_for("revm", PROOF), PROOF, payload_root=root, chain_id=1)
    assert verified.result.successful_validation


@needs_its_key
@pytest.mark.parametrize("position", range(0, len(PROOF), len(PROOF) // 40))
def test_a_changed_byte_is_refused(position):
    damaged = bytearray(PROOF)
    damaged[position] ^= 1
    with pytest.raises(VerificationError):
        hstar.verify(bytes(damaged))


def test_readers_are_told_when_the_key_has_changed():
    said = STALE in (ROOT / "README.md").read_text(encoding="utf-8")
    assert said is not IS_CURRENT

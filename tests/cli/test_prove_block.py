"""`hstar prove` and `hstar verify` on blocks, as processes."""

import json
import subprocess
import sys

import pytest

from hstar.ethereum.example import example_block
from hstar.ethereum.oracle.specification import is_available
from hstar.prover.blocks import prepare_block
from rpc_node import shipped_block_document

pytestmark = pytest.mark.skipif(not is_available(), reason="the executable specification is not installed")


def hstar(*arguments):
    command = [sys.executable, "-m", "hstar.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_invalid_block_is_refused_before_anything_is_proven(tmp_path):
    document = shipped_block_document()
    document["executionWitness"]["state"].pop()
    path = tmp_path / "block.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    finished = hstar("prove", path, "--work-dir", tmp_path / "work", "-o", tmp_path / "proof.hstar", "--json")
    assert finished.returncode == 1
    assert json.loads(finished.stdout)["reason"] == "missing_node"
    assert not (tmp_path / "work").exists() and not (tmp_path / "proof.hstar").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--input", "x"), "--input is for --program ELF"),
        (("--log-cells", "22"), "--log-cells is for --program ELF"),
        (("--program", "x.elf", "--guest", "revm"), "--guest is for blocks"),
        (("--program", "x.elf", "--allow-invalid-block"), "--allow-invalid-block is for blocks"),
        (("--guest", "nobody"), "there is no guest called nobody"),
        (("--until", "leaves"), "--until"),
    ],
)
def test_bad_usage(arguments, words):
    finished = hstar("prove", *arguments)
    assert finished.returncode == 2 and words in finished.stderr


def test_a_file_that_is_no_proof(tmp_path):
    path = tmp_path / "proof.hstar"
    path.write_bytes(b"no proof")
    finished = hstar("verify", path, "--json")
    assert finished.returncode == 1
    assert json.loads(finished.stdout) | {"verify_seconds": 0} == {
        "valid": False,
        "reason": "malformed",
        "kind": "segments",
        "verifying_key": None,
        "guest": None,
        "verify_seconds": 0,
    }


@pytest.mark.slow
def test_the_shipped_block_is_proven_and_verified(tmp_path):
    """One final proof: two minutes on two idle cores, 6 GiB of memory; half a minute more the first time."""
    path = tmp_path / "proof.hstar"
    finished = hstar("prove", "--work-dir", tmp_path / "work", "-o", path, "--json")
    assert finished.returncode == 0, finished.stderr
    proven = json.loads(finished.stdout)
    root = prepare_block(example_block()).stateless_input.new_payload_request_root()
    assert proven["successful_validation"] is True and proven["new_payload_request_root"] == f"0x{root.hex()}"
    assert proven["security_bits"] >= 128 and proven["proof_bytes"] == path.stat().st_size <= 160 * 1024
    assert proven["kind"] == "final" and proven["nodes"] > proven["segments"] > 1
    verified = json.loads(hstar("verify", path, "--chain-id", 31337, "--json").stdout)
    assert verified["valid"] is True and verified["guest"] == "revm" and verified["kind"] == "final"
    assert verified["verifying_key"] == proven["verifying_key"] and verified["output"] == proven["output"]
    inspected = json.loads(hstar("inspect", path, "--json").stdout)
    assert inspected["guest"] == "revm" and sum(inspected["part_bytes"].values()) == inspected["proof_bytes"]
    other_chain = hstar("verify", path, "--chain-id", 1, "--json")
    assert other_chain.returncode == 1 and json.loads(other_chain.stdout)["reason"] == "wrong_chain"
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    assert hstar("verify", path).returncode == 1

"""Made blocks and their invalid twins, proven with the shipped key: each verifies as what it is, and as nothing else.

Two small ones are proven in every run of the tests (half a minute on two idle cores); `make test-slow` proves the
others (six minutes).
"""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

import hstar
from block_cases.catalogue import CASES
from block_cases.twins import stateless_bytes, twins_of
from hstar.errors import VerificationError
from hstar.ethereum.forks import DEVELOPMENT_CHAIN
from hstar.ethereum.stateless import Dialect, StatelessOutput, decode_stateless_input
from hstar.machine import guests
from hstar.machine.program import load_program
from hstar.machine.setup import set_up
from hstar.prover.pipeline import Options, prove_run
from hstar.verifier.block import BlockProofReason, verify_block
from hstar.verifier.file import read_run_file, write_run_file
from verifier.test_run import OTHER_CHALLENGE

pytest.importorskip("ethereum.forks")
GUEST = "revm"
FIRST = ("empty", "header gas_used by rule")
# Cases of transactions, system calls, instructions and precompiles, each with one of its twins; by size.
OTHERS = (
    ("withdrawals", "header state_root"),
    ("stack_underflow", "header gas_used"),
    ("fee_recipient_sends", "node 0 missing"),
    ("storage_of_two_slots_loses_one", "header receipts_root"),
    ("creation", "header logs_bloom"),
    ("precompile_bn254_add", "code 0 altered"),
    ("set_code_and_call_it", "transaction empty"),
)


@pytest.fixture(scope="module")
def setup():
    """Of the shipped guest; its key is the one that is shipped."""
    shipped = guests.load(GUEST)
    made = set_up(load_program(shipped.elf), shipped.log_cells)
    assert made.key == guests.load_key(GUEST)
    return made


def input_of(name, twin_name=None):
    """The bytes that the guest gets: of the made block, or of one of its twins."""
    made = CASES[name].make()
    if twin_name is None:
        return made.stateless_input().encode()
    return stateless_bytes(next(twin for twin in twins_of(made) if twin.name == twin_name), made)


def refusal(verify, *arguments):
    with pytest.raises(VerificationError) as caught:
        verify(*arguments)
    return caught.value.reason


def prove_both(name, twin_name, setup, tmp_path):
    """Proves a block and its twin, and verifies both proofs; returns their files."""
    key, files = guests.load_key(GUEST), []
    for is_valid, data in ((True, input_of(name)), (False, input_of(name, twin_name))):
        given = decode_stateless_input(data, Dialect.NEWEST)
        root = given.new_payload_request_root()
        run = prove_run(setup, data, Options(tmp_path))
        assert {"cpu", "memory"} <= {*run.types} <= {"cpu", "memory", "keccak"} and run.cycles < 2**23
        assert run.output == StatelessOutput(root, is_valid, DEVELOPMENT_CHAIN, given.schema_id).encode()
        if is_valid:
            verified = verify_block(key, run.file, chain_id=DEVELOPMENT_CHAIN, payload_root=root)
            assert verified.run.output == run.output and verified.result.successful_validation
        else:  # said of a proof that is accepted in itself
            assert refusal(hstar.verify, run.file) is BlockProofReason.BLOCK_INVALID
        files.append(run.file)
    return files


def test_a_block_and_its_invalid_twin_are_proven(setup, tmp_path):
    valid, invalid = prove_both(*FIRST, setup, tmp_path)

    # Saying of the invalid block that it is valid, or giving it the other's output, is no proof of anything.
    key, file = guests.load_key(GUEST), read_run_file(invalid)
    success = file.output[:32] + b"\1" + file.output[33:]
    for output in (success, read_run_file(valid).output):
        forged = write_run_file(key, output, file.segments)
        assert read_run_file(forged) == replace(file, output=output)
        assert refusal(verify_block, key, forged) in OTHER_CHALLENGE


@pytest.mark.slow  # half a minute each on two idle cores
@pytest.mark.parametrize(("name", "twin_name"), OTHERS)
def test_more_blocks_and_their_invalid_twins_are_proven(name, twin_name, setup, tmp_path):
    invalid = prove_both(name, twin_name, setup, tmp_path)[1]
    verified = verify_block(guests.load_key(GUEST), invalid, chain_id=DEVELOPMENT_CHAIN, allow_invalid=True)
    assert not verified.result.successful_validation


@pytest.mark.slow
def test_no_command_calls_an_invalid_block_valid(setup, tmp_path):
    """Whatever key is given for the guest: the shipped one, or the same from a file."""
    proof, key = tmp_path / "invalid.hstar", tmp_path / "revm.key"
    proof.write_bytes(prove_both(*FIRST, setup, tmp_path)[1])
    key.write_bytes(guests.load_key(GUEST).encode())
    for given in ((), ("--verifying-key", key)):
        refused = hstar_command("verify", proof, *given, "--json")
        assert refused.returncode == 1 and json.loads(refused.stdout)["reason"] == "block_invalid", refused.stderr
        shown = hstar_command("verify", proof, *given, "--allow-invalid-block")
        assert shown.returncode == 0 and "INVALID" in shown.stdout and "is VALID" not in shown.stdout


def hstar_command(*arguments):
    command = [sys.executable, "-m", "hstar.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)

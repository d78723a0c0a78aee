"""Made blocks and their invalid twins, proven with the shipped key: each verifies as what it is, and as nothing else.

Two small ones are proven in every run of the tests (half a minute on two idle cores); `make test-slow` proves the others
(six minutes).
"""

import hashlib
from dataclasses import replace

import pytest

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
FIRST = ("empty", "header state_root")
# Cases of transactions, system calls, instructions and precompiles, each with one of its twins; by size.
OTHERS = (
    ("withdrawals", "header withdrawals_root by rule"),
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


def refusal(data, **claims):
    with pytest.raises(VerificationError) as caught:
        verify_block(guests.load_key(GUEST), data, **claims)
    return caught.value.reason


def check_both(name, twin_name, setup, tmp_path):
    """Proves a block and its twin; returns the files of both."""
    files = []
    for is_valid, data in ((True, input_of(name)), (False, input_of(name, twin_name))):
        root = decode_stateless_input(data, Dialect.NEWEST).new_payload_request_root()
        run = prove_run(setup, data, Options(tmp_path))
        assert len(set(run.types)) == 3 and run.cycles < 2**23
        claims = {"chain_id": DEVELOPMENT_CHAIN, "payload_root": root}
        verified = verify_block(guests.load_key(GUEST), run.file, allow_invalid=not is_valid, **claims)
        assert verified.result == StatelessOutput(root, is_valid, DEVELOPMENT_CHAIN, verified.result.schema_id)
        assert verified.run.output == run.output
        files.append(run.file)
    return files


def test_a_block_and_its_invalid_twin_are_proven(setup, tmp_path):
    valid, invalid = check_both(*FIRST, setup, tmp_path)
    assert refusal(invalid) is BlockProofReason.BLOCK_INVALID

    # Saying of the invalid block that it is valid, or giving it the other's output, is no proof of anything.
    key, file = guests.load_key(GUEST), read_run_file(invalid)
    success = file.output[:32] + b"\1" + file.output[33:]
    for output in (success, read_run_file(valid).output):
        forged = write_run_file(key, output, file.segments)
        assert read_run_file(forged) == replace(file, output=output)
        assert refusal(forged) in OTHER_CHALLENGE


@pytest.mark.slow  # half a minute each on two idle cores
@pytest.mark.parametrize(("name", "twin_name"), OTHERS)
def test_more_blocks_and_their_invalid_twins_are_proven(name, twin_name, setup, tmp_path):
    files = check_both(name, twin_name, setup, tmp_path)
    assert len({hashlib.sha256(data).digest() for data in files}) == 2
    assert refusal(files[1]) is BlockProofReason.BLOCK_INVALID

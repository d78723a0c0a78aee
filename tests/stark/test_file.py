"""Proof files: strict, readable without a key, verifiable only with one."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from hstar.air.decoding import decode_circuit
from hstar.air.examples.hash_chain import hash_chain_circuit
from hstar.air.examples.shapes import ninth_power_circuit
from hstar.air.examples.sorting import sorting_circuit
from hstar.air.examples.state_machine import state_machine_circuit
from hstar.cli.main import application
from hstar.errors import HstarError, InputError, VerificationError
from hstar.stark.file import read_proof_file, verify_proof_file, write_proof_file
from hstar.stark.key_decoding import decode_key
from hstar.stark.proof import part_bytes
from hstar.stark.prove import prove
from hstar.stark.statement import Statement
from hstar.stark.verify import protocol_pattern
from hstar.transcript.reason import ProofReason
from stark.circuits import squares_circuit, squares_tables
from stark.proofs import relay, squares
from stark.test_protocol_page import statement_key
from stark.test_security import solved


def example():
    proven = squares()
    return proven, write_proof_file(proven.key, Statement(), proven.proof)


@pytest.mark.parametrize(
    "circuit",
    [
        squares_circuit(),
        *(make().circuit for make in (hash_chain_circuit, ninth_power_circuit, sorting_circuit, state_machine_circuit)),
    ],
    ids=lambda circuit: circuit.name,
)
def test_circuits_are_read_back(circuit):
    data = circuit.encode()
    assert decode_circuit(data) == circuit
    step = max(1, len(data) // 60)
    for place in range(0, len(data), step):
        for changed in (data[:place], data[:place] + bytes([data[place] ^ 0x81]) + data[place + 1 :]):
            with suppress(InputError):
                assert decode_circuit(changed).encode() == changed


def test_keys_are_read_back():
    for key in (squares().key, relay().key, statement_key().verifying_key):
        assert decode_key(key.encode()) == key
        assert decode_key(key.encode()).statement_messages == key.statement_messages
        for changed in (key.encode()[:-1], key.encode() + b"\0", b"", b"\xff" * 100):
            with pytest.raises(InputError):
                decode_key(changed)


def test_files_are_read_back_and_verified():
    proven, data = example()
    file = read_proof_file(data)
    assert (file.key, file.statement, file.decode()) == (proven.key, Statement(), proven.proof)
    assert verify_proof_file(proven.key, data, minimum_bits=0).key_digest == proven.key.digest


def test_a_file_does_not_bring_its_own_key():
    _, data = example()
    other = replace(squares().key, parameters=replace(squares().key.parameters, target_bits=2))
    with pytest.raises(VerificationError) as caught:
        verify_proof_file(other, data, minimum_bits=0)
    assert caught.value.reason is ProofReason.WRONG_KEY


def test_changed_files_are_refused():
    proven, data = example()
    candidates = [b"", data[:7], data[:60], data[:-1], data + b"\0", data[1:], b"hstar\0pf" + b"\xff" * 500]
    candidates += [data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] for place in range(0, len(data), 211)]
    for candidate in candidates:
        with pytest.raises(VerificationError):
            verify_proof_file(proven.key, candidate, minimum_bits=0)


def test_segments_have_no_file_of_their_own():
    with pytest.raises(InputError):
        write_proof_file(relay().key, relay().statement(1), relay().proofs[0])


def test_inspect(tmp_path):
    proven, data = example()
    path = tmp_path / "squares.hstar"
    path.write_bytes(data)
    result = CliRunner().invoke(application(), ["inspect", str(path), "--json"])
    found = json.loads(result.stdout)
    assert found["part_bytes"] == part_bytes(proven.key, proven.proof)
    assert found["circuit"] == "squares" and sum(found["part_bytes"].values()) == found["proof_bytes"]
    lines = CliRunner().invoke(application(), ["inspect", str(path), "--transcript"]).stdout.splitlines()
    assert lines == [operation.line() for operation in protocol_pattern(proven.key).operations]
    path.write_bytes(data[:-5])
    assert isinstance(CliRunner().invoke(application(), ["inspect", str(path)]).exception, HstarError)


def test_a_proof_made_under_a_key_that_was_read_back():
    proven, data = example()
    assert prove(proven.proving_key, Statement(), proven.tables) == read_proof_file(data).decode()


def test_the_calculator_reports_on_a_proof(tmp_path):
    """`hstar soundness report PROOF`: at least 128 bits for solved parameters, read from the file."""
    keys = solved()
    key = keys.verifying_key
    proof = prove(keys, Statement(), squares_tables([3, 4, 5], 2))
    path = tmp_path / "solved.hstar"
    path.write_bytes(write_proof_file(key, Statement(), proof))
    result = CliRunner().invoke(application(), ["soundness", "report", str(path), "--json"])
    (system,) = json.loads(result.stdout)["systems"]
    (circuit,) = system["circuits"]
    assert circuit["name"] == "squares" and circuit["security_bits"] >= 128
    assert CliRunner().invoke(application(), ["soundness", "report", str(path)]).exit_code == 0
    path.write_bytes(b"something else")
    assert isinstance(CliRunner().invoke(application(), ["soundness", "report", str(path)]).exception, InputError)

"""Honest proofs of small circuits are accepted, for both suites, with and without segments."""

import numpy as np
import pytest

from hstar.air.program import Circuit, MachineLimits
from hstar.errors import InputError, VerificationError
from hstar.kernels.backend import Backend, use_backend
from hstar.stark.proof import decode_proof, encode_proof, part_bytes
from hstar.stark.prove import prove
from hstar.stark.statement import Statement
from stark.circuits import MAIN, ProgramBuilder, squares_tables, tiny_parameters
from stark.proofs import make_keys, relay, relay_key, squares, squares_key, verify, verify_segments
from stark.test_forging import twins_circuit

SUITES = ["blake2b", "poseidon2"]


@pytest.mark.parametrize("suite", SUITES)
def test_an_honest_proof_is_accepted_as_object_and_as_bytes(suite):
    proven = squares(suite)
    data = encode_proof(proven.key, proven.proof)
    assert decode_proof(proven.key, data) == proven.proof
    assert verify(proven.key, Statement(), proven.proof) == verify(proven.key, Statement(), data)
    assert sum(part_bytes(proven.key, proven.proof).values()) == len(data)


@pytest.mark.parametrize(("values", "idle_rows"), [([], 0), ([7], 1), (list(range(16)), 5), ([1] * 32, 32)])
def test_tables_of_any_height_from_empty_to_full(values, idle_rows):
    key = squares_key()
    proof = prove(key, Statement(), squares_tables(values, idle_rows))
    verify(key.verifying_key, Statement(), proof)


def test_proof_of_work_in_folding():
    proven = squares(fold_grinding_bits=2)
    assert proven.proof.whir.iterations[1].fold_nonces
    verify(proven.key, Statement(), proven.proof)


@pytest.mark.parametrize(("suite", "pinned"), [("poseidon2", False), ("poseidon2", True), ("blake2b", False)])
def test_segments_balance_together(suite, pinned):
    proven = relay(suite, pinned)
    assert bool(proven.proofs[0].boundary_pin) == pinned
    verify_segments(proven.key, proven.proofs, proven.digests, public_messages=proven.public_messages)


@pytest.mark.parametrize("suite", SUITES)
def test_reference_and_native_backends_prove_the_same_bytes_and_verify_each_other(suite):
    proven = squares(suite)
    with use_backend(Backend.REFERENCE):
        proof = prove(squares_key(suite), Statement(), proven.tables)
        assert encode_proof(proven.key, proof) == encode_proof(proven.key, proven.proof)
        verify(proven.key, Statement(), proven.proof)


def test_the_prover_refuses_tables_that_do_not_fit_the_key():
    key, tables = squares_key(), squares_tables([1, 2])
    wrong = [
        tables[:-1],
        [tables[0][:2], *tables[1:]],
        [tables[0].astype(np.uint64), *tables[1:]],
        [tables[0] | np.uint32(2**31 - 1), *tables[1:]],
        [tables[0], tables[1] + np.uint32(1), *tables[2:]],
        squares_tables([1] * 33),
    ]
    for candidate in wrong:
        with pytest.raises(InputError):
            prove(key, Statement(), candidate)
    with pytest.raises(InputError, match="global bus"):
        prove(relay_key(), Statement(), squares_tables([1]))
    with pytest.raises(InputError):
        prove(key, Statement(values=(1,)), tables)


@pytest.mark.parametrize(("log_max_height", "rows"), [(0, 0), (0, 1), (1, 1), (1, 2)])
@pytest.mark.parametrize("suite", SUITES)
def test_virtual_shapes_of_one_and_two_rows(suite, log_max_height, rows):
    key = make_keys(twins_circuit(), tiny_parameters(5, 1, log_max_height, (0, 0, 2), arities=(2,), suite=suite))
    proof = prove(key, Statement(), [np.zeros((2, rows), dtype=np.uint32)] * 2)
    verify(key.verifying_key, Statement(), proof)


def test_a_circuit_without_buses_in_one_iteration():
    builder = ProgramBuilder("alone", [("x", MAIN)])
    x = builder.column("x")
    builder.require_zero("x squared", builder.times(x, x))
    circuit = Circuit("alone", (builder.chip((), MachineLimits()),), (), MachineLimits())
    key = make_keys(circuit, tiny_parameters(4, 1, 2, (0, 0, 1), arities=()))
    verify(key.verifying_key, Statement(), prove(key, Statement(), [np.zeros((1, 3), dtype=np.uint32)]))
    with pytest.raises(VerificationError):
        verify(key.verifying_key, Statement(), prove(key, Statement(), [np.ones((1, 3), dtype=np.uint32)]))

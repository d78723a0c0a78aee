"""Proofs that a verifier accepted a proof: one program of each kind, verified, and forged."""

import numpy as np
import pytest

from hstar.errors import VerificationError
from hstar.field.extension import DEGREE
from hstar.field.koala_bear import MODULUS
from hstar.recursion.node import prove_node, solve_node
from hstar.recursion.witness import statement_input
from hstar.stark.prove import prove
from hstar.stark.statement import Statement
from hstar.stark.traced import tables_of
from hstar.stark.verify import verify
from hstar.transcript.reason import ProofReason
from recursion.circuits import circuit, key, proven
from recursion.subjects import subject
from stark.leaves import with_value


def reason_of(call):
    with pytest.raises(VerificationError) as caught:
        call()
    return caught.value.reason


def test_a_segment_proof_is_verified_recursively():
    """At 128 provable bits: the key says so, and the verifier checks it."""
    verify(key("relay").verifying_key, proven("relay").statement, proven("relay").proof)


def test_proofs_that_are_verified_again_have_short_codewords():
    """Bytes are saved by long codewords of folded vectors; nobody is sent a node, so its prover's time decides."""
    committed = {}
    for suite in ("poseidon2", "blake2b"):
        first, *later = (1 << step.log_codeword_length for step in solve_node(circuit("relay"), suite=suite).iterations)
        committed[suite] = first, DEGREE * sum(later)
    node, last = committed["poseidon2"], committed["blake2b"]
    assert node[1] < node[0]
    assert last[1] > last[0]


def test_the_proof_is_about_its_public_input_and_no_other():
    node = proven("relay")
    for index in (0, 1, len(node.statement.values) - 1):
        values = list(node.statement.values)
        values[index] = (values[index] + 1) % MODULUS
        reason = reason_of(
            lambda values=values: verify(key("relay").verifying_key, Statement(tuple(values)), node.proof)
        )
        assert reason in (ProofReason.LOCAL_SUM_NOT_ZERO, ProofReason.LAYER_CLAIM_MISMATCH)


def test_nothing_is_proven_about_a_proof_that_the_verifier_refuses():
    case = subject("relay")
    wrong = with_value(case.proof, "whir.iterations[0].rounds[0][0]", case.proof.whir.final_rounds[0][0])
    with pytest.raises(VerificationError):
        prove_node(key("relay"), statement_input(case.statement), [(case.key, wrong)])


def test_tables_of_a_run_that_was_refused_give_no_proof():
    """A prover that ignores the failed requirement fills tables whose buses do not balance."""
    case, node = subject("relay"), key("relay")
    wires = case.run().copy()
    hint = node.circuit.program.proof_wires[0][-1]
    wires[hint, 0] = (int(wires[hint, 0]) + 1) % MODULUS
    tables = tables_of(node.circuit.traced, node.circuit.fill(wires))
    statement = Statement(node.circuit.statement(wires))
    proof = prove(node.proving_key, statement, tables)
    assert reason_of(lambda: verify(node.verifying_key, statement, proof)) == ProofReason.LOCAL_SUM_NOT_ZERO


def test_a_proof_of_another_program_is_refused():
    """The pinned program differs in its gates only; its key has another preprocessed root."""
    node = proven("relay")
    with pytest.raises(VerificationError):
        verify(key("pinned").verifying_key, node.statement, node.proof)


def test_the_preprocessed_columns_are_the_program():
    first, second = (key(name).proving_key.preprocessed for name in ("relay", "pinned"))
    assert any(not np.array_equal(left, right) for left, right in zip(first, second, strict=True))

"""The traced program accepts exactly what the verifier accepts, and tracing refuses what a circuit cannot do."""

import pytest

from hstar.errors import VerificationError
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import BLAKE2B
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.gate_types import GateOpcode
from hstar.recursion.errors import TraceError, TraceReason
from hstar.recursion.tracer import Tracer
from hstar.stark.statement import Statement
from hstar.transcript.arithmetic import Opening
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import BaseShape, ExtensionShape
from recursion.subjects import NAMES, subject
from stark.leaves import leaves, pattern, with_value
from stark.proofs import verify


def changed(shape, value):
    """Another value of the same shape."""
    if isinstance(shape, ExtensionShape):
        words = list(value.coefficients)
        words[3] = (words[3] + 1) % MODULUS
        return ExtensionElement(tuple(words))
    if isinstance(shape, BaseShape):
        return (value + 1) % MODULUS
    return (*value[:-1], (value[-1] + 1) % MODULUS)


def reason_of(call):
    try:
        call()
    except VerificationError as error:
        return error.reason
    return None


@pytest.mark.parametrize("name", NAMES)
def test_an_honest_proof_is_accepted_by_both_interpreters(name):
    honest = subject(name)
    with use_backend(Backend.REFERENCE):
        slow = honest.run()
    assert (slow == honest.run()).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_changed_leaf_is_refused_for_the_reason_that_the_verifier_gives(name):
    honest, seen = subject(name), {}
    for path, shape, value in leaves(honest.key, honest.proof):
        proof = with_value(honest.proof, path, changed(shape, value))
        reason = reason_of(lambda proof=proof: honest.run(proof))
        assert reason is not None, path
        # The verifier in Python is slow: it is asked about the first few changes of every field of the proof.
        seen[pattern(path)] = seen.get(pattern(path), 0) + 1
        if seen[pattern(path)] <= 3:
            assert reason == reason_of(lambda proof=proof: verify(honest.key, honest.statement, proof)), path


@pytest.mark.parametrize("name", NAMES)
def test_openings_of_the_wrong_size_are_refused(name):
    honest = subject(name)
    for index, iteration in enumerate(honest.proof.whir.iterations):
        for number, opening in enumerate(iteration.openings):
            for wrong in (
                Opening(opening.leaves[:-1], opening.siblings),
                Opening(opening.leaves, (*opening.siblings, (0,) * 9)),
            ):
                proof = with_value(honest.proof, f"whir.iterations[{index}].openings[{number}]", wrong)
                assert reason_of(lambda proof=proof: honest.run(proof)) == ProofReason.OPENING_SIZE


def test_a_changed_statement_is_refused():
    honest = subject("relay")
    alpha, *beta = honest.statement.global_challenge
    for statement in (
        Statement((), 1, honest.statement.global_challenge),
        Statement((), 2, (alpha + 1, *beta)),
    ):
        expected = reason_of(lambda statement=statement: verify(honest.key, statement, honest.proof))
        assert expected is not None
        assert reason_of(lambda statement=statement: honest.run(statement=statement)) == expected


def test_the_cost_report_counts_every_gate_once():
    program = subject("squares").program
    counts = program.counts()
    assert sum(counter.total() for counter in counts.values()) == len(program.gates.gates)
    assert {"transcript", "fraction tree", "zerocheck", "jagged weight", "WHIR", "Merkle paths"} <= set(counts)
    assert counts["Merkle paths"][GateOpcode.COMPRESS] > 0
    in_reports = sum(counter[GateOpcode.SPONGE] + counter[GateOpcode.COMPRESS] for counter in counts.values())
    assert program.num_permutations == in_reports


@pytest.mark.parametrize(
    "misuse",
    [
        lambda x: 1 if x else 0,
        lambda x: x == 3,
        lambda x: x != 3,
        lambda x: x < 3,
        lambda x: [1, 2][x],
        lambda x: int(x),
        lambda x: {x: 1},
        lambda x: range(x),
    ],
)
def test_control_flow_that_depends_on_a_value_is_refused_with_its_line(misuse):
    value = Tracer().public_base()
    with pytest.raises(TraceError) as caught:
        misuse(value)
    assert caught.value.reason is TraceReason.DATA_DEPENDENT
    assert f"{__file__}:{misuse.__code__.co_firstlineno}" in str(caught.value)


def test_an_element_of_e_is_no_element_of_k():
    tracer = Tracer()
    with pytest.raises(TraceError) as caught:
        tracer.low_bits(tracer.public_element(), 3)
    assert caught.value.reason is TraceReason.NOT_IN_BASE_FIELD


def test_proofs_of_another_suite_are_not_traced():
    with pytest.raises(TraceError) as caught:
        Tracer(BLAKE2B)
    assert caught.value.reason is TraceReason.UNKNOWN_LAYOUT


def test_a_check_that_fails_for_every_proof_is_refused_while_tracing():
    tracer = Tracer()
    with pytest.raises(VerificationError):
        tracer.require_equal(tracer.constant(1), tracer.constant(2), ProofReason.LAYER_CLAIM_MISMATCH, "never")
    with pytest.raises(VerificationError):
        tracer.bits(8, 3, ProofReason.HEIGHT_OUT_OF_RANGE, "too high")


def test_an_element_of_k_is_taken_apart_without_a_gate():
    tracer = Tracer()
    value = 3 * tracer.public_base() + 1
    first, *others = tracer.unpack(value)
    assert first.form is value.form
    assert all(other.form.is_constant and not other.form.constant for other in others)
    assert tracer.builder.gates == []

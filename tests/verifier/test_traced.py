"""The traced verification accepts what `verify_final` accepts, by both interpreters, and refuses for its reasons."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hstar
from hstar.cli.main import main as command_line
from hstar.errors import InputError, VerificationError
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, native_available, use_backend
from hstar.machine import guests
from hstar.machine.statement import run_messages
from hstar.recursion.errors import TraceError, TraceReason
from hstar.recursion.outer_tracer import trace_acceptance
from hstar.stark.proof import encode_proof
from hstar.transcript.arithmetic import Opening
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import BaseShape, ExtensionShape
from hstar.verifier import acceptance, standalone
from hstar.verifier.block import verify_block
from hstar.verifier.derivation import derive_final_program
from hstar.verifier.program_key import shipped_key
from hstar.verifier.traced import TracedVerifier, shipped_verifier
from stark.leaves import leaves, pattern, with_value
from verifier.finals import COUNT, OUTPUT, encode_body, final

needs_native = pytest.mark.skipif(not native_available(), reason="the native module is not built")


def reason_of(call):
    try:
        call()
    except VerificationError as error:
        return error.reason
    except standalone.ProofError as error:
        return ProofReason(error.reason)
    return None


def native(body, output=OUTPUT):
    return reason_of(lambda: final().verifier.run(output, body))


def slow(body, output=OUTPUT):
    return reason_of(lambda: standalone.run_program(final().verifier.program, output, body))


def changed(shape, value):
    if isinstance(shape, ExtensionShape):
        words = list(value.coefficients)
        words[3] = (words[3] + 1) % MODULUS
        return ExtensionElement(tuple(words))
    if isinstance(shape, BaseShape):
        return (value + 1) % MODULUS
    return bytes([value[0] ^ 1]) + value[1:]


def test_an_honest_proof_is_accepted_by_all():
    final().accept()
    assert native(final().body()) is None
    assert slow(final().body()) is None


@needs_native
def test_every_changed_leaf_is_refused_for_the_reason_that_the_verifier_gives():
    subject, seen = final(), {}
    for path, shape, value in leaves(subject.key.final, subject.proof):
        proof = with_value(subject.proof, path, changed(shape, value))
        body = subject.body(proof=proof)
        reason = native(body)
        assert reason is not None, path
        # The verifiers in Python are slow: they are asked about the first change of every field of the proof.
        seen[pattern(path)] = seen.get(pattern(path), 0) + 1
        if seen[pattern(path)] <= 1:
            assert reason == reason_of(lambda proof=proof: subject.accept(proof=proof)), path
            assert reason == slow(body), path
    assert len(seen) > 10


def test_a_changed_claim_is_refused():
    subject = final()
    first, *others = subject.final.digest
    for changes in (
        {"num_segments": 0},
        {"num_segments": COUNT + 1},
        {"num_segments": 2**16},
        {"num_segments": MODULUS - 1},
        {"digest": (first + 1, *others)},
        {"partial_sum": subject.final.partial_sum + 1},
    ):
        expected = reason_of(lambda changes=changes: subject.accept(**changes))
        assert expected in (ProofReason.WRONG_STATEMENT, ProofReason.GLOBAL_SUM_NOT_ZERO)
        assert native(subject.body(**changes)) == expected
        assert slow(subject.body(**changes)) == expected
    other = bytes([OUTPUT[0] ^ 1]) + OUTPUT[1:]
    assert native(subject.body(), other) == slow(subject.body(), other) == ProofReason.GLOBAL_SUM_NOT_ZERO
    assert native(subject.body(), OUTPUT[:-1]) == slow(subject.body(), OUTPUT[:-1]) == ProofReason.WRONG_OUTPUT


def test_openings_of_the_wrong_size_are_refused():
    subject = final()
    for index, iteration in enumerate(subject.proof.whir.iterations):
        for number, opening in enumerate(iteration.openings):
            for wrong in (
                Opening(opening.leaves[:-1], opening.siblings),
                Opening(opening.leaves, (*opening.siblings, bytes(33))),
                Opening(opening.leaves * 100, opening.siblings),
            ):
                body = subject.body(
                    proof=with_value(subject.proof, f"whir.iterations[{index}].openings[{number}]", wrong)
                )
                assert native(body) == slow(body) == ProofReason.OPENING_SIZE


def test_bytes_that_are_no_proof_are_refused_before_anything_runs():
    body = final().body()
    word = (MODULUS).to_bytes(4, "little")
    for bad, reason in (
        (b"", ProofReason.MALFORMED),
        (body[:-1], ProofReason.MALFORMED),
        (body + b"\0", ProofReason.TRAILING_BYTES),
        (word + body[4:], ProofReason.NOT_CANONICAL),
        (body[:40] + b"\xff" * 24 + body[64:], ProofReason.NOT_CANONICAL),
    ):
        assert native(bad) == slow(bad) == reason


@needs_native
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_hostile_bytes_end_in_a_rejection(data):
    body = bytearray(final().body())
    for _ in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "ones"]))
        place = data.draw(st.integers(0, max(0, len(body) - 1)))
        if kind == "flip" and body:
            body[place] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del body[place : place + data.draw(st.integers(1, 200))]
        elif kind == "insert":
            body[place:place] = data.draw(st.binary(min_size=1, max_size=80))
        else:
            body[place : place + 4] = b"\xff" * 4
    if bytes(body) == final().body():
        return
    start = time.perf_counter()
    assert native(bytes(body)) is not None
    assert time.perf_counter() - start < 1.0
    if data.draw(st.integers(0, 9)) == 0:
        assert native(bytes(body)) == slow(bytes(body))


def test_without_the_native_module_python_interprets():
    with use_backend(Backend.REFERENCE):
        verifier = TracedVerifier(final().verifier.program)
        verifier.run(OUTPUT, final().body())
        assert reason_of(lambda: verifier.run(OUTPUT, final().body()[:-1])) == ProofReason.MALFORMED


# Files


def test_a_file_is_accepted_and_says_what_is_known():
    run = final().verifier.verify(final().file(), expected_output=OUTPUT, minimum_bits=128)
    assert (run.output, run.num_segments, run.security_bits) == (OUTPUT, COUNT, 128)
    assert run.key_digest == final().key.segment_keys.digest


def test_a_file_about_something_else_is_refused():
    verifier, good = final().verifier, final().file()
    key_start = len(good) - len(final().body()) - 4 * 4 - len(OUTPUT) - 36 + 4
    assert good[key_start : key_start + 36] == final().key.segment_keys.digest
    for bad, reason in (
        (good[:key_start] + bytes(36) + good[key_start + 36 :], ProofReason.WRONG_KEY),
        (good[:16] + bytes(33) + good[49:], ProofReason.WRONG_PARAMETERS),
        (good[:-1], ProofReason.MALFORMED),
        (good + b"\0", ProofReason.TRAILING_BYTES),
        (b"\0" + good[1:], ProofReason.MALFORMED),
        (good[:12] + (2).to_bytes(4, "little") + good[16:], ProofReason.MALFORMED),
    ):
        assert reason_of(lambda bad=bad: verifier.verify(bad)) == reason
    assert reason_of(lambda: verifier.verify(good, expected_output=b"")) == ProofReason.WRONG_OUTPUT
    assert reason_of(lambda: verifier.verify(good, minimum_bits=129)) == ProofReason.INSUFFICIENT_SECURITY


def test_a_claim_of_another_length_is_refused():
    """Otherwise one proof would have many files."""
    good, body = final().file(), final().body()
    head = good[: len(good) - len(body) - 8]
    claim, proof = body[:60], body[60:]
    bad = head + b"".join(len(part).to_bytes(4, "little") + part for part in (claim, proof))
    assert reason_of(lambda: final().verifier.verify(bad)) == ProofReason.MALFORMED


# Tracing


def test_such_a_program_is_never_a_circuit():
    machine = final().machine
    tracer = trace_acceptance(final().key, lambda count, output: run_messages(machine.entry, count, output), 43)
    with pytest.raises(TraceError) as caught:
        tracer.finish()
    assert caught.value.reason is TraceReason.UNKNOWN_LAYOUT


def test_tracing_again_gives_the_same_bytes():
    from hstar.recursion.final_program import make_final_program
    from verifier.finals import BITS

    machine = final().machine
    again = make_final_program(final().key, lambda count, output: run_messages(machine.entry, count, output), 43, BITS)
    assert again.data == final().program.data
    assert standalone.program_digest(again.data) == final().verifier.program.digest


def test_a_program_other_than_the_recorded_one_is_refused():
    data = final().program.compressed()
    TracedVerifier.load(data, final().verifier.program.digest)
    with pytest.raises(InputError):
        TracedVerifier.load(data, "00" * 33)
    assert encode_proof(final().key.final, final().proof) in encode_body(final().key, final().final)


# What is shipped


def test_the_shipped_program_is_derived_from_the_shipped_keys():
    """Recorded, installed and derived again: `make guest-keys` is up to date."""
    data, digest = guests.load_final_program("revm")
    verifier = shipped_verifier("revm")
    assert verifier.program.digest == digest
    assert standalone.program_digest(derive_final_program(shipped_key("revm"), 43).data) == digest
    assert verifier.program.machine_key.hex() == guests.load("revm").key_digest
    assert min(verifier.program.security_bits) >= 128
    assert len(data) < 1_500_000


def test_a_proof_of_a_shipped_guest_needs_no_key(monkeypatch):
    monkeypatch.setattr(acceptance, "shipped_verifier", lambda name: {"revm": final().verifier}[name])
    assert hstar.verify(final().file(), expected_output=OUTPUT).num_segments == COUNT
    found = verify_block(final().verifier, final().file(), chain_id=1)
    assert found.result.new_payload_request_root == OUTPUT[:32]
    assert reason_of(lambda: hstar.verify(final().file(num_segments=COUNT + 1))) == ProofReason.GLOBAL_SUM_NOT_ZERO


def test_the_command_says_how_long_it_took(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(acceptance, "shipped_verifier", lambda name: {"revm": final().verifier}[name])
    proof = tmp_path / "block.hstar"
    for data, code in ((final().file(), 0), (final().file(num_segments=COUNT + 1), 1)):
        proof.write_bytes(data)
        with pytest.raises(SystemExit) as ended:
            monkeypatch.setattr("sys.argv", ["hstar", "verify", str(proof), "--json"])
            command_line()
        assert ended.value.code == code
        found = json.loads(capsys.readouterr().out)
        assert (found["valid"], found["kind"], found["guest"]) == (code == 0, "final", "revm")
        assert 0 < found["verify_seconds"] < 5
    assert found["reason"] == "global_sum_not_zero"

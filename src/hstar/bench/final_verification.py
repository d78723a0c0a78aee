"""Accepting a final proof by the traced program of its verification: made, loaded, and run by both interpreters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter
from typing import cast

from hstar.machine.keys import MachineKey
from hstar.machine.statement import run_messages
from hstar.recursion.accept import AcceptanceKey, FinalProof
from hstar.recursion.final_program import make_final_program
from hstar.stark.security import security_bits
from hstar.verifier import standalone
from hstar.verifier.file import encode_claim
from hstar.verifier.traced import TracedVerifier

_REPETITIONS, _NATIVE_REPETITIONS = 3, 100


@dataclass(frozen=True)
class FinalVerification:
    """The traced verification of a final proof.

    Args:
        gates: of the program.
        compressed_bytes: of its file.
        trace_seconds, load_seconds: making it, and loading it from the file.
        native_milliseconds, standalone_seconds: verifying a proof by the native module and by the standard library's
            interpreter; the fastest of several runs.
    """

    gates: int
    compressed_bytes: int
    trace_seconds: float
    load_seconds: float
    native_milliseconds: float
    standalone_seconds: float


def measure_verification(
    key: AcceptanceKey, machine: MachineKey, final: FinalProof, output: bytes
) -> FinalVerification:
    """Traces the final verification, and runs it on an accepted proof by both interpreters."""
    bits = [Fraction(security_bits(key.final))]
    start = perf_counter()
    program = make_final_program(
        key, lambda count, claimed: run_messages(machine.entry, count, claimed), len(output), bits
    )
    trace_seconds = perf_counter() - start
    compressed, body = program.compressed(), encode_claim(final) + cast("bytes", final.proof)
    start = perf_counter()
    verifier = TracedVerifier.load(compressed)
    load_seconds = perf_counter() - start
    native = _least_seconds(lambda: verifier.run(output, body), _NATIVE_REPETITIONS)
    standalone_seconds = _least_seconds(lambda: standalone.run_program(verifier.program, output, body), _REPETITIONS)
    return FinalVerification(
        sum(program.num_gates.values()), len(compressed), trace_seconds, load_seconds, 1000 * native, standalone_seconds
    )


def _least_seconds(call: Callable[[], object], repetitions: int) -> float:
    seconds: list[float] = []
    for _ in range(repetitions):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return min(seconds)

"""Deriving the traced verification of a program's final proofs from its key; anybody may repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hstar.machine.statement import run_messages
from hstar.recursion.accept import max_segments
from hstar.recursion.final_program import FinalProgram, make_final_program
from hstar.verifier.final import final_security_bits
from hstar.verifier.program_key import ProgramKey


def derive_final_program(key: ProgramKey, output_bytes: int) -> FinalProgram:
    """Traces the final verification.

    Args:
        key: of the program, both parts of it.
        output_bytes: length of the program's outputs.

    Raises:
        InputError: WRONG_TYPE when the key has no part for final proofs.
    """
    entry = key.machine.entry
    return make_final_program(
        key.acceptance_key,
        lambda count, output: run_messages(entry, count, output),
        output_bytes,
        _security(key),
    )


def _security(key: ProgramKey) -> Sequence[Fraction]:
    """Provable bits of final proofs of up to 1, 2, 4, .. segments, as far as final proofs go."""
    last = max_segments(key.acceptance_key, len(key.machine.public_messages(1, b"")))
    sizes = [min(1 << power, last) for power in range((last - 1).bit_length() + 1)]
    return [final_security_bits(key, size) for size in sizes]

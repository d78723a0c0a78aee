"""Running gate programs: what computes the witness of a recursion circuit, and verifies proofs fast."""

from __future__ import annotations

from hstar.errors import InputError, Reason
from hstar.kernels.backend import native, runs_native
from hstar.kernels.gate_types import WIRE_WORDS, GateProgram
from hstar.kernels.reference import gate_program as reference
from hstar.kernels.vectors import Words, check_words


def run_gates(program: GateProgram, wires: Words, first: int, stop: int) -> int | None:
    """Runs the gates `first .. stop - 1` and ends at the first requirement that fails.

    Args:
        program: what to run.
        wires: `[num_wires, 9]` canonical, written in place; everything that these gates read is in it already.
        first, stop: which gates.

    Returns:
        The number of the requirement that failed, or None.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE.
    """
    check_words(wires, "wires")
    if wires.shape != (program.num_wires, WIRE_WORDS):
        raise InputError(
            f"wires must have shape ({program.num_wires}, {WIRE_WORDS}), not {wires.shape}", reason=Reason.WRONG_SHAPE
        )
    if not 0 <= first <= stop <= len(program.gates):
        raise InputError(
            f"a program of {len(program.gates)} gates has no gates {first} to {stop}", reason=Reason.OUT_OF_RANGE
        )
    if runs_native():
        failed: int | None = native().gate_program_run(program.gates[first:stop], wires)
        return failed
    return reference.run_gates(program.gates[first:stop], wires)

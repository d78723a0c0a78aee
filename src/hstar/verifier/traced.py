"""Acceptance of a final proof by the traced program of its verification: in a millisecond, without the proof system.

The program comes from someone the caller trusts (shipped with a guest, or traced from a recursion key); the native
module interprets it, and `hstar.verifier.standalone` where there is none.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from hstar.errors import InputError, Reason, VerificationError
from hstar.kernels.backend import runs_native
from hstar.kernels.verification_program import NativeProgram, Outcome, ProgramSource
from hstar.machine import guests
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.transcript.reason import ProofReason
from hstar.verifier import standalone
from hstar.verifier.run import FINAL, VerifiedRun

_UNREADABLE = {
    Outcome.CUT_OFF: (ProofReason.MALFORMED, "the proof is cut off"),
    Outcome.NOT_CANONICAL: (ProofReason.NOT_CANONICAL, "the proof holds a word that is not below the modulus"),
    Outcome.OPENING_SIZE: (
        ProofReason.OPENING_SIZE,
        "an opening holds more leaves or nodes than there are queries for",
    ),
    Outcome.TRAILING: (ProofReason.TRAILING_BYTES, "bytes follow the end of the proof"),
    Outcome.OUTPUT_LENGTH: (ProofReason.WRONG_OUTPUT, "the program is for outputs of another length"),
}


class TracedVerifier:
    """Verifies final proofs of one guest program, whose outputs all have one length.

    Args:
        program: from someone the caller trusts.

    Raises:
        InputError: MALFORMED.
    """

    def __init__(self, program: standalone.Program) -> None:
        self.program = program
        self._native = NativeProgram(_source(program)) if runs_native() else None

    @classmethod
    def load(cls, data: bytes, digest: str | None = None) -> TracedVerifier:
        """From the bytes of a `.final.xz` file.

        Args:
            data: the file.
            digest: what the program must be; None trusts the file as it is.

        Raises:
            InputError: MALFORMED; WRONG_TYPE when it is another program.
        """
        try:
            program = standalone.decode_program(standalone.decompress(data))
        except standalone.ProgramError as error:
            raise InputError(str(error), reason=Reason.MALFORMED) from error
        if digest is not None and program.digest != digest:
            raise InputError(
                f"the program of the final verification is {program.digest}, recorded is {digest}; reinstall hstar",
                reason=Reason.WRONG_TYPE,
            )
        return cls(program)

    def verify(
        self, data: bytes, *, expected_output: bytes | None = None, minimum_bits: int = DEFAULT_MINIMUM_BITS
    ) -> VerifiedRun:
        """Accepts the file of a final proof or raises.

        Args:
            data: the file.
            expected_output: what the output must be; None accepts any, and the caller looks at the result.
            minimum_bits: provable bits that the whole proof must reach.

        Raises:
            VerificationError: WRONG_KEY, WRONG_PARAMETERS, WRONG_OUTPUT, INSUFFICIENT_SECURITY, MALFORMED, or any
                reason of `hstar.recursion.accept.verify_final`.
        """
        program = self.program
        try:
            file = standalone.read_proof_file(data)
            standalone.check_claims(program, file, expected_output)
        except standalone.ProofError as error:
            raise _rejection(error.reason, error.sentence) from error
        number = file.num_segments
        bits = standalone.bits_for(program, number)
        self.run(file.output, file.body)
        if bits < minimum_bits:
            raise VerificationError(
                f"with {number} segments the proof has {bits} provable bits, fewer than the {minimum_bits} that are "
                "asked for",
                reason=ProofReason.INSUFFICIENT_SECURITY,
            )
        return VerifiedRun(file.machine_key, file.output, number, Fraction(bits), FINAL)

    def run(self, output: bytes, body: bytes) -> None:
        """Runs the program.

        Args:
            output: what is claimed.
            body: N, D, S and the final proof, encoded.

        Raises:
            VerificationError: the first check that fails.
        """
        if self._native is None:
            try:
                standalone.run_program(self.program, output, body)
            except standalone.ProofError as error:
                raise _rejection(error.reason, error.sentence) from error
            except standalone.ProgramError as error:
                raise InputError(str(error), reason=Reason.MALFORMED) from error
            return
        outcome, number = self._native.run(output, body)
        if outcome is Outcome.FAILED:
            raise _rejection(*self.program.requirements[number])
        if outcome is not Outcome.ACCEPTED:
            reason, sentence = _UNREADABLE[outcome]
            raise VerificationError(sentence, reason=reason)


@cache
def shipped_verifier(name: str) -> TracedVerifier | None:
    """The verifier of final proofs of a shipped guest, or None where the package has no program for it.

    Raises:
        InputError: the installed program is not the recorded one.
    """
    shipped = guests.load_final_program(name)
    return None if shipped is None else TracedVerifier.load(*shipped)


def _rejection(reason: str, sentence: str) -> VerificationError:
    return VerificationError(sentence, reason=ProofReason(reason))


def _source(program: standalone.Program) -> ProgramSource:
    trees = [(tree.log_rows, tree.row_width, tree.log_rows_per_leaf, tree.max_leaves) for tree in program.trees]
    return ProgramSource(
        constants=program.constants,
        gates=program.gates,
        digests=program.digests,
        blobs=program.blobs,
        tags=program.tags,
        trees=trees,
        inputs=program.inputs,
        output_bytes=program.output_bytes,
        num_requirements=len(program.requirements),
    )

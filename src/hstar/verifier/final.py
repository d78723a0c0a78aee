"""Acceptance of a final proof: one small proof that says of a program's run what the proofs of all segments say."""

from __future__ import annotations

from fractions import Fraction

from hstar.errors import InputError, VerificationError
from hstar.hash.suite import POSEIDON2
from hstar.recursion.accept import verify_final
from hstar.recursion.security import RecursionKinds
from hstar.stark.security import require_security
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.transcript.reason import ProofReason
from hstar.verifier.file import read_final_file
from hstar.verifier.program_key import ProgramKey
from hstar.verifier.run import FINAL, VerifiedRun, check_output


def verify_final_file(
    key: ProgramKey,
    data: bytes,
    *,
    expected_output: bytes | None = None,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> VerifiedRun:
    """Accepts the file of a final proof or raises.

    Args:
        key: of the program, both parts of it, from someone the caller trusts.
        data: the file.
        expected_output: what the output must be; None accepts any, and the caller looks at the result.
        minimum_bits: provable bits that every proof of the tree must reach; 0 is for tests.

    Raises:
        VerificationError: MALFORMED, WRONG_KEY, WRONG_PARAMETERS, WRONG_OUTPUT, INSUFFICIENT_SECURITY, or any reason of
            `verify_final`.
        InputError: WRONG_TYPE when the key has no part for final proofs.

    Soundness:
        The verifier's own messages are computed from the key, N and the claimed output, all of which A binds.
    """
    recursion = key.require_recursion()
    try:
        file = read_final_file(data)
    except InputError as error:
        raise VerificationError(error.message, reason=ProofReason.MALFORMED) from error
    if file.key_digest != POSEIDON2.digest_to_bytes(key.machine.digest):
        raise VerificationError(
            "the proof is for another program, or for another version of the machine", reason=ProofReason.WRONG_KEY
        )
    if file.parameters_digest != recursion.final.parameters.digest():
        raise VerificationError("the proof names other parameters than the key", reason=ProofReason.WRONG_PARAMETERS)
    check_output(file.output, expected_output)
    number = file.final.num_segments
    messages = key.machine.public_messages(number, file.output)
    require_security(recursion.node_key, minimum_bits)
    verify_final(key.acceptance_key, file.final, file.output, messages, minimum_bits=minimum_bits)
    bits = final_security_bits(key, number)
    if bits < minimum_bits:
        raise VerificationError(
            f"with {number} segments the proof has {float(bits):.1f} provable bits, fewer than the {minimum_bits} that "
            "are asked for",
            reason=ProofReason.INSUFFICIENT_SECURITY,
            security_bits=float(bits),
        )
    return VerifiedRun(file.key_digest, file.output, number, bits, FINAL)


def final_security_bits(key: ProgramKey, number: int) -> Fraction:
    """Provable bits of a final proof of so many segments: of the whole recursion; 0 where some bound does not apply."""
    kinds = recursion_kinds(key)
    try:
        return kinds.bits(number)
    except InputError:
        return Fraction(0)


def recursion_kinds(key: ProgramKey) -> RecursionKinds:
    """The proofs under a program's keys, for the soundness calculator.

    Raises:
        InputError: WRONG_TYPE when the key has no part for final proofs.
    """
    classes = tuple((f"{item.type} 2^{item.log_cells}", item.key) for item in key.machine.classes)
    return RecursionKinds(classes, key.require_recursion(), len(key.machine.public_messages(1, b"")))

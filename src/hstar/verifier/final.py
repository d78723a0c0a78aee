"""Acceptance of a final proof: one small proof that says of a program's run what the proofs of all segments say."""

from __future__ import annotations

from fractions import Fraction

from hstar.errors import InputError, VerificationError
from hstar.hash.suite import POSEIDON2
from hstar.recursion.accept import verify_final
from hstar.stark.security import description_of, require_security, security_bits
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
    """Provable bits of a final proof of so many segments: the least of the proofs in its tree.

    A final proof does not say which classes its segments have, so every class is priced as if all segments held as many
    global fractions as those of any class can.
    """
    recursion = key.require_recursion()
    num_messages = len(key.machine.public_messages(number, b""))
    keys = [item.key for item in key.machine.classes]
    most = [description_of(item).max_global_fractions for item in keys]
    segments = [
        security_bits(item, -(-number * max(most) // max(1, own)), num_messages)
        for item, own in zip(keys, most, strict=True)
    ]
    return min(*segments, security_bits(recursion.node_key), security_bits(recursion.final))

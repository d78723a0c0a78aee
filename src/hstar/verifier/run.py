"""Acceptance of a proven run: a program, named by its key, halted with exit code 0 and wrote this output.

What is accepted says: there is a private input on which the program, started at its entry with zeroed registers and the
memory image of its ELF file, halts with exit code 0 having written exactly the public output.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hstar.errors import InputError, VerificationError
from hstar.hash.suite import POSEIDON2
from hstar.machine.keys import MachineKey
from hstar.stark.security import priced_segments, security_bits
from hstar.stark.segments import verify_mixed_segments
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.transcript.reason import ProofReason
from hstar.verifier.file import RunFile, parameters_digest, read_run_file

FINAL, SEGMENTS = "final", "segments"


@dataclass(frozen=True)
class VerifiedRun:
    """What is now known.

    Args:
        key_digest: V, encoded: it names the program.
        output: the public output.
        num_segments: N.
        security_bits: provable bits of the whole proof.
        kind: of the proof: `segments` or `final`.
    """

    key_digest: bytes
    output: bytes
    num_segments: int
    security_bits: Fraction
    kind: str = SEGMENTS


def verify_run(
    key: MachineKey,
    data: bytes,
    *,
    expected_output: bytes | None = None,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> VerifiedRun:
    """Accepts the file of a proven run or raises.

    Args:
        key: of the program, from someone the caller trusts.
        data: the file.
        expected_output: what the output must be; None accepts any, and the caller looks at the result.
        minimum_bits: provable bits that the proof must reach; 0 is for tests.

    Raises:
        VerificationError: MALFORMED, WRONG_KEY, WRONG_PARAMETERS, WRONG_OUTPUT, or any reason of
            `verify_mixed_segments`.

    Soundness:
        The verifier's own messages are computed from the key, the number of segments and the claimed output, all of
        which the global challenge binds.
    """
    try:
        file = read_run_file(data)
    except InputError as error:
        raise VerificationError(error.message, reason=ProofReason.MALFORMED) from error
    _check_claims(key, file, expected_output)
    number = len(file.segments)
    messages = key.public_messages(number, file.output)
    verify_mixed_segments(key.segment_keys, file.segments, file.output, messages, minimum_bits=minimum_bits)
    return VerifiedRun(file.key_digest, file.output, number, run_security_bits(key, file))


def run_security_bits(key: MachineKey, file: RunFile) -> Fraction:
    """Provable bits of a run's proof: the least of its segments', priced for so many segments."""
    number = len(file.segments)
    num_messages = len(key.public_messages(number, file.output))
    used = [key.classes[segment.key_index].key for segment in file.segments]
    return min(security_bits(item, priced_segments(item, used), num_messages) for item in set(used))


def _check_claims(key: MachineKey, file: RunFile, expected_output: bytes | None) -> None:
    if file.key_digest != POSEIDON2.digest_to_bytes(key.digest):
        raise VerificationError(
            "the proof is for another program, or for another version of the machine", reason=ProofReason.WRONG_KEY
        )
    if file.parameters_digest != parameters_digest(key):
        raise VerificationError("the proof names other parameters than the key", reason=ProofReason.WRONG_PARAMETERS)
    check_output(file.output, expected_output)


def check_output(output: bytes, expected: bytes | None) -> None:
    """Refuses another output than the expected one.

    Raises:
        VerificationError: WRONG_OUTPUT.
    """
    if expected is not None and output != expected:
        raise VerificationError(
            f"the proof is for the output {output.hex() or '(none)'}, not for the expected one",
            reason=ProofReason.WRONG_OUTPUT,
            output=output.hex(),
        )

"""Acceptance of a proof of a run of either kind: one final proof, or the proofs of all segments."""

from __future__ import annotations

from typing import TypeAlias

from hstar.errors import InputError, VerificationError
from hstar.machine import guests
from hstar.machine.keys import MachineKey
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.transcript.reason import ProofReason
from hstar.verifier.file import looks_like_final, read_final_file, read_run_file
from hstar.verifier.final import verify_final_file
from hstar.verifier.program_key import ProgramKey, shipped_key
from hstar.verifier.run import VerifiedRun, verify_run
from hstar.verifier.traced import TracedVerifier, shipped_verifier

TrustedKey: TypeAlias = ProgramKey | MachineKey | TracedVerifier
"""What proofs are checked against: the keys of a program, or the traced verification of its final proofs."""


def verify_proof(
    key: TrustedKey,
    data: bytes,
    *,
    expected_output: bytes | None = None,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> VerifiedRun:
    """Accepts the file of a proof of a run or raises.

    Args:
        key: of the program, from someone the caller trusts.
        data: the file.
        expected_output: what the output must be; None accepts any, and the caller looks at the result.
        minimum_bits: provable bits that the proof must reach; 0 is for tests.

    Raises:
        VerificationError: as `verify_final_file` and `verify_run`.
        InputError: WRONG_TYPE when the proof is a final one and the key has no part for those.
    """
    if isinstance(key, TracedVerifier):
        return key.verify(data, expected_output=expected_output, minimum_bits=minimum_bits)
    program_key = ProgramKey(key) if isinstance(key, MachineKey) else key
    if looks_like_final(data):
        return verify_final_file(program_key, data, expected_output=expected_output, minimum_bits=minimum_bits)
    return verify_run(program_key.machine, data, expected_output=expected_output, minimum_bits=minimum_bits)


def shipped_for(name: str, data: bytes) -> TrustedKey:
    """What the proof of a shipped guest is checked against: for a final proof the traced verification, if there is one.

    Raises:
        InputError: the installed files are not the recorded ones.
    """
    if not looks_like_final(data):
        return guests.load_key(name)
    return shipped_verifier(name) or shipped_key(name)


def find_shipped(data: bytes) -> tuple[str, TrustedKey]:
    """The shipped guest whose key a proof names, and what its proofs are checked against.

    Raises:
        VerificationError: MALFORMED; WRONG_KEY when no shipped guest has that key.
    """
    try:
        file = read_final_file(data) if looks_like_final(data) else read_run_file(data)
    except InputError as error:
        raise VerificationError(error.message, reason=ProofReason.MALFORMED) from error
    digest = file.key_digest.hex()
    name = guests.name_of_key(digest)
    if name is None:
        raise VerificationError(
            f"the proof is for the key {digest}, which is that of no shipped guest ({', '.join(guests.names())}); for "
            "another program give its key",
            reason=ProofReason.WRONG_KEY,
        )
    return name, shipped_for(name, data)

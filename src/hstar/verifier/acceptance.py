"""Acceptance of a proof of a run of either kind: one final proof, or the proofs of all segments."""

from __future__ import annotations

from typing import TypeAlias

from hstar.machine import guests
from hstar.machine.keys import MachineKey
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.verifier.file import looks_like_final
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

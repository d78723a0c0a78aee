"""Why a proof is rejected: one code for each check of the verifier.

A test that forges a proof names the code it expects, so a forgery that is caught by the accident of another check does
not count.
"""

from __future__ import annotations

from enum import StrEnum


class ProofReason(StrEnum):
    """Machine-readable reason of a `VerificationError`."""

    # The bytes
    MALFORMED = "malformed"
    NOT_CANONICAL = "not_canonical"
    TRAILING_BYTES = "trailing_bytes"
    WRONG_SHAPE = "wrong_shape"
    # What the proof is a proof of
    WRONG_KEY = "wrong_key"
    WRONG_PARAMETERS = "wrong_parameters"
    WRONG_STATEMENT = "wrong_statement"
    WRONG_OUTPUT = "wrong_output"
    INSUFFICIENT_SECURITY = "insufficient_security"
    # Heights and the jagged layout
    HEIGHT_OUT_OF_RANGE = "height_out_of_range"
    GROUP_OVERFLOW = "group_overflow"
    # LogUp-GKR
    LOCAL_SUM_NOT_ZERO = "local_sum_not_zero"
    ZERO_DENOMINATOR = "zero_denominator"
    ZERO_PUBLIC_DENOMINATOR = "zero_public_denominator"
    LAYER_CLAIM_MISMATCH = "layer_claim_mismatch"
    # Zerocheck
    ZEROCHECK_MISMATCH = "zerocheck_mismatch"
    # WHIR
    PROOF_OF_WORK = "proof_of_work"
    OPENING_SIZE = "opening_size"
    MERKLE_ROOT_MISMATCH = "merkle_root_mismatch"
    FINAL_POSITION_MISMATCH = "final_position_mismatch"
    FINAL_CLAIM_MISMATCH = "final_claim_mismatch"
    # Several segments
    GLOBAL_SUM_NOT_ZERO = "global_sum_not_zero"
    WRONG_CHALLENGE = "wrong_challenge"

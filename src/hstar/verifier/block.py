"""Acceptance of a proven block: a run of a block guest whose output says that the block is valid.

A proof of an *invalid* block is a valid proof with success 0, so the run alone is not enough: success must be 1, and
the chain and the payload root those that the caller means (EIP-8025: the root commits to the whole payload).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hstar.errors import InputError, VerificationError
from hstar.ethereum.stateless import StatelessOutput, decode_stateless_output
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.verifier.acceptance import TrustedKey, verify_proof
from hstar.verifier.run import VerifiedRun


class BlockProofReason(StrEnum):
    """Why the output of a proven run is not accepted as a valid block."""

    NOT_A_BLOCK = "not_a_block"
    BLOCK_INVALID = "block_invalid"
    WRONG_CHAIN = "wrong_chain"
    WRONG_PAYLOAD = "wrong_payload"


@dataclass(frozen=True)
class VerifiedBlock:
    """What is now known.

    Args:
        run: of the guest.
        result: what the guest says about the block; `successful_validation` is True unless the caller allowed else.
    """

    run: VerifiedRun
    result: StatelessOutput


def block_result(
    output: bytes,
    *,
    chain_id: int | None = None,
    payload_root: bytes | None = None,
    allow_invalid: bool = False,
) -> StatelessOutput:
    """Judges a guest's public output.

    Args:
        output: 43 bytes.
        chain_id: what the chain must be; None accepts any.
        payload_root: root of the NewPayloadRequest that the block must be; None accepts any.
        allow_invalid: also accept the statement that the block is invalid.

    Raises:
        VerificationError: a `BlockProofReason`.
    """
    try:
        result = decode_stateless_output(output)
    except InputError as error:
        raise VerificationError(
            f"the output is not that of a block guest: {error.message}", reason=BlockProofReason.NOT_A_BLOCK
        ) from error
    if result is None:
        raise VerificationError(
            "the guest could not decode its input, so the proof says nothing about any block",
            reason=BlockProofReason.NOT_A_BLOCK,
        )
    if not result.successful_validation and not allow_invalid:
        raise VerificationError("the proof says that the block is invalid", reason=BlockProofReason.BLOCK_INVALID)
    if chain_id is not None and result.chain_id != chain_id:
        raise VerificationError(
            f"the block is of chain {result.chain_id}, not of chain {chain_id}", reason=BlockProofReason.WRONG_CHAIN
        )
    if payload_root is not None and result.new_payload_request_root != payload_root:
        raise VerificationError(
            f"the proof is for the payload with root 0x{result.new_payload_request_root.hex()}, not for "
            f"0x{payload_root.hex()}",
            reason=BlockProofReason.WRONG_PAYLOAD,
        )
    return result


def verify_block(
    key: TrustedKey,
    data: bytes,
    *,
    chain_id: int | None = None,
    payload_root: bytes | None = None,
    allow_invalid: bool = False,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> VerifiedBlock:
    """Accepts a proven block or raises.

    Args:
        key: of a block guest, from someone the caller trusts.
        data: the proof file.
        chain_id, payload_root, allow_invalid: as `block_result`.
        minimum_bits: as `verify_proof`.

    Raises:
        VerificationError: as `verify_proof` and `block_result`.
    """
    run = verify_proof(key, data, minimum_bits=minimum_bits)
    result = block_result(run.output, chain_id=chain_id, payload_root=payload_root, allow_invalid=allow_invalid)
    return VerifiedBlock(run, result)

"""The output of a proven run is a valid block only if it says so, about the chain and the payload that are meant."""

from __future__ import annotations

import pytest

from hstar.errors import VerificationError
from hstar.ethereum.stateless import DECODE_FAILURE_OUTPUT, StatelessOutput
from hstar.verifier.block import BlockProofReason, block_result

ROOT = bytes(range(32))
VALID = StatelessOutput(ROOT, True, 31337, 0x1401)
INVALID = StatelessOutput(ROOT, False, 31337, 0x1401)


def test_a_valid_block() -> None:
    assert block_result(VALID.encode()) == VALID
    assert block_result(VALID.encode(), chain_id=31337, payload_root=ROOT) == VALID


@pytest.mark.parametrize(
    ("output", "claims", "reason"),
    [
        (INVALID.encode(), {}, BlockProofReason.BLOCK_INVALID),
        (DECODE_FAILURE_OUTPUT, {}, BlockProofReason.NOT_A_BLOCK),
        (DECODE_FAILURE_OUTPUT, {"allow_invalid": True}, BlockProofReason.NOT_A_BLOCK),
        (b"", {}, BlockProofReason.NOT_A_BLOCK),
        (VALID.encode() + b"\0", {}, BlockProofReason.NOT_A_BLOCK),
        (VALID.encode()[:32] + b"\2" + VALID.encode()[33:], {}, BlockProofReason.NOT_A_BLOCK),
        (VALID.encode(), {"chain_id": 1}, BlockProofReason.WRONG_CHAIN),
        (VALID.encode(), {"payload_root": bytes(32)}, BlockProofReason.WRONG_PAYLOAD),
        (INVALID.encode(), {"allow_invalid": True, "chain_id": 1}, BlockProofReason.WRONG_CHAIN),
    ],
)
def test_everything_else_is_refused(output: bytes, claims: dict[str, object], reason: BlockProofReason) -> None:
    with pytest.raises(VerificationError) as caught:
        block_result(output, **claims)
    assert caught.value.reason is reason


def test_an_invalid_block_only_where_that_is_asked_for() -> None:
    assert block_result(INVALID.encode(), allow_invalid=True) == INVALID

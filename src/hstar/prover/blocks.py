"""From a block to the bytes that a guest reads, with the check on the host before anything is executed or proven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hstar.errors import InputError, Reason, RejectedError
from hstar.ethereum.forks import fork_at
from hstar.ethereum.inputs import BlockInput
from hstar.ethereum.oracle.contract import without_public_keys
from hstar.ethereum.oracle.judge import judge
from hstar.ethereum.oracle.run import TransactionResult
from hstar.ethereum.oracle.specification import is_available
from hstar.ethereum.payload import decode_transactions, request_of_block
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.requests import empty_requests, requests_hash
from hstar.ethereum.stateless import StatelessInput, StatelessOutput, decode_stateless_output


class HostCheck(StrEnum):
    """Whether the executable specification has judged the block on this machine."""

    PASSED = "passed"
    SKIPPED = "skipped"
    UNAVAILABLE = "unavailable"  # the specification is not installed


class GuestReason(StrEnum):
    """Why the answer of a guest is refused."""

    BLOCK_INVALID = "block_invalid"
    INPUT_UNDECODABLE = "input_undecodable"
    GUEST_DISAGREES = "guest_disagrees"
    NO_STATELESS_OUTPUT = "no_stateless_output"


@dataclass(frozen=True)
class PreparedBlock:
    """A block ready for a guest.

    `input_bytes` are what the guest reads. `results` is what became of each transaction, where the host check ran.
    """

    block: BlockInput
    stateless_input: StatelessInput
    input_bytes: bytes
    host_check: HostCheck
    results: tuple[TransactionResult, ...] | None = None

    @property
    def transaction_hashes(self) -> list[bytes]:
        """Hashes of the transactions, in order."""
        return [transaction.hash() for transaction in decode_transactions(self.block.block.transactions)]


def _without_execution(block: BlockInput) -> StatelessInput:
    """The stateless input of a block that nobody executes: only where no execution requests are needed for it."""
    if block.stateless_input is not None:
        return without_public_keys(block.stateless_input)
    if block.trace_state_root is not None:
        raise BlockRejectedError(
            "the file has no parent header, so nothing can be proven about its block",
            reason=BlockReason.PARENT_HEADER_MISSING,
        )
    fork = fork_at(block.chain_id, block.block.header.timestamp)
    requests = empty_requests(fork)
    if block.block.header.requests_hash != requests_hash(requests):
        raise InputError(
            "the block has execution requests, which only executing it gives: run the host check (it needs "
            "hstar[oracle], Python 3.11 or 3.12), or give the stateless input",
            reason=Reason.MALFORMED,
        )
    request = request_of_block(block.block, requests, fork)
    return StatelessInput(fork, request, block.witness.canonical(), block.chain_id)


def prepare_block(block: BlockInput, *, host_check: bool = True) -> PreparedBlock:
    """Judges a block by the executable specification and makes the input of guests.

    Args:
        block: the block and its witness.
        host_check: False leaves the judgement to the guest; so does an installation without the specification.

    Raises:
        BlockRejectedError: the block is invalid, or its witness does not suffice; the message says where.
        InputError: the block cannot be judged here, or has execution requests that nobody computed.
    """
    if host_check and is_available():
        judgement = judge(block)
        made = judgement.stateless_input
        return PreparedBlock(block, made, made.encode(), HostCheck.PASSED, judgement.execution.transactions)
    made = _without_execution(block)
    return PreparedBlock(
        block, made, made.encode(), HostCheck.SKIPPED if host_check is False else HostCheck.UNAVAILABLE
    )


def check_output(prepared: PreparedBlock, output: bytes) -> StatelessOutput:
    """A guest's answer to a block, which must be about this block and say that it is valid.

    Raises:
        RejectedError: with a `GuestReason`.
    """
    expected = StatelessOutput(
        prepared.stateless_input.new_payload_request_root(),
        True,
        prepared.stateless_input.chain_id,
        prepared.stateless_input.schema_id,
    )
    try:
        found = decode_stateless_output(output)
    except InputError as error:
        raise RejectedError(
            f"the guest did not answer with a stateless output: {error.message}", reason=GuestReason.NO_STATELESS_OUTPUT
        ) from error
    if found is None:
        raise RejectedError("the guest could not decode its input", reason=GuestReason.INPUT_UNDECODABLE)
    if found == expected:
        return found
    if prepared.host_check is HostCheck.PASSED or replace(found, successful_validation=True) != expected:
        raise RejectedError(
            f"the guest answers {found.encode().hex()} where the host computes {expected.encode().hex()}: a bug in "
            "one of the two; please report it with the block",
            reason=GuestReason.GUEST_DISAGREES,
            guest=found.encode().hex(),
            host=expected.encode().hex(),
        )
    raise RejectedError(
        "the guest finds the block invalid; the host check (without --skip-host-check) says why",
        reason=GuestReason.BLOCK_INVALID,
    )

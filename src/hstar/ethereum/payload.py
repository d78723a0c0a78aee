"""Between the two views of a block: RLP with roots (execution clients) and the payload request (consensus layer)."""

from __future__ import annotations

from hstar.errors import InputError, Reason
from hstar.ethereum.blocks import Block, encode_withdrawal
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.headers import EMPTY_NONCE, EMPTY_OMMERS_HASH, Header
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import (
    AmsterdamExecutionPayload,
    ExecutionPayload,
    ExecutionRequests,
    NewPayloadRequest,
    Withdrawal,
)
from hstar.ethereum.requests import requests_hash
from hstar.ethereum.transactions import BLOB, Transaction, decode_transaction
from hstar.ethereum.trie import ordered_root


def withdrawals_root(withdrawals: tuple[Withdrawal, ...]) -> bytes:
    """Root of the withdrawals trie."""
    return ordered_root(encode_withdrawal(withdrawal) for withdrawal in withdrawals)


def decode_transactions(raw: tuple[bytes, ...]) -> list[Transaction]:
    """All transactions of a block.

    Raises:
        BlockRejectedError: one is empty (`transaction_empty`) or malformed (`transaction_malformed`).
    """
    decoded = []
    for index, data in enumerate(raw):
        if not data:
            raise BlockRejectedError(
                f"transaction {index} is empty", reason=BlockReason.TRANSACTION_EMPTY, transaction=index
            )
        try:
            decoded.append(decode_transaction(data, f"transaction {index}"))
        except InputError as error:
            raise BlockRejectedError(
                error.message, reason=BlockReason.TRANSACTION_MALFORMED, transaction=index
            ) from error
    return decoded


def versioned_hashes(transactions: list[Transaction]) -> tuple[bytes, ...]:
    """The blob hashes of all transactions, in order."""
    return tuple(
        blob_hash
        for transaction in transactions
        if transaction.kind == BLOB
        for blob_hash in transaction.blob_versioned_hashes
    )


def request_of_block(block: Block, requests: ExecutionRequests, fork: Fork) -> NewPayloadRequest:
    """The payload request of a block of Prague to BPO2.

    Args:
        block: the block; its header is taken as it stands.
        requests: what executing the block gave; they are not part of its RLP.
        fork: the block's fork.

    Raises:
        InputError: Amsterdam, whose payload needs the block access list, which a block's RLP does not hold.
    """
    if fork >= Fork.AMSTERDAM:
        raise InputError(
            "an Amsterdam payload needs the block access list, which a block's RLP does not hold; "
            "give the stateless input",
            reason=Reason.WRONG_TYPE,
        )
    header = block.header
    payload = ExecutionPayload(
        parent_hash=header.parent_hash,
        fee_recipient=header.fee_recipient,
        state_root=header.state_root,
        receipts_root=header.receipts_root,
        logs_bloom=header.logs_bloom,
        prev_randao=header.prev_randao,
        block_number=header.number,
        gas_limit=header.gas_limit,
        gas_used=header.gas_used,
        timestamp=header.timestamp,
        extra_data=header.extra_data,
        base_fee_per_gas=header.base_fee_per_gas,
        block_hash=header.hash(),
        transactions=block.transactions,
        withdrawals=block.withdrawals,
        blob_gas_used=header.blob_gas_used,
        excess_blob_gas=header.excess_blob_gas,
    )
    hashes = versioned_hashes(decode_transactions(block.transactions))
    return NewPayloadRequest(payload, hashes, header.parent_beacon_block_root, requests)


def header_of_request(request: NewPayloadRequest) -> Header:
    """The header that a payload request implies; its hash must be the payload's `block_hash`."""
    payload = request.execution_payload
    amsterdam = payload if isinstance(payload, AmsterdamExecutionPayload) else None
    return Header(
        parent_hash=payload.parent_hash,
        ommers_hash=EMPTY_OMMERS_HASH,
        fee_recipient=payload.fee_recipient,
        state_root=payload.state_root,
        transactions_root=ordered_root(payload.transactions),
        receipts_root=payload.receipts_root,
        logs_bloom=payload.logs_bloom,
        difficulty=0,
        number=payload.block_number,
        gas_limit=payload.gas_limit,
        gas_used=payload.gas_used,
        timestamp=payload.timestamp,
        extra_data=payload.extra_data,
        prev_randao=payload.prev_randao,
        nonce=EMPTY_NONCE,
        base_fee_per_gas=payload.base_fee_per_gas,
        withdrawals_root=withdrawals_root(payload.withdrawals),
        blob_gas_used=payload.blob_gas_used,
        excess_blob_gas=payload.excess_blob_gas,
        parent_beacon_block_root=request.parent_beacon_block_root,
        requests_hash=requests_hash(request.execution_requests),
        block_access_list_hash=keccak256(amsterdam.block_access_list) if amsterdam else None,
        slot_number=amsterdam.slot_number if amsterdam else None,
    )


def block_of_request(request: NewPayloadRequest) -> Block:
    """The block of a payload request.

    Raises:
        BlockRejectedError: a transaction is empty (`transaction_empty`), the block hash does not follow from the
            payload (`block_hash_wrong`), or the versioned hashes are not those of the transactions
            (`versioned_hashes_wrong`).
    """
    payload = request.execution_payload
    for index, raw in enumerate(payload.transactions):
        if not raw:
            raise BlockRejectedError(
                f"transaction {index} is empty", reason=BlockReason.TRANSACTION_EMPTY, transaction=index
            )
    header = header_of_request(request)
    if header.hash() != payload.block_hash:
        raise BlockRejectedError(
            f"the payload's block hash is 0x{payload.block_hash.hex()}, but its contents hash to "
            f"0x{header.hash().hex()}",
            reason=BlockReason.BLOCK_HASH_WRONG,
        )
    found = versioned_hashes(decode_transactions(payload.transactions))
    if found != request.versioned_hashes:
        raise BlockRejectedError(
            f"the request names {len(request.versioned_hashes)} versioned hashes, which are not the {len(found)} of "
            "the blob transactions",
            reason=BlockReason.VERSIONED_HASHES_WRONG,
        )
    return Block(header, payload.transactions, payload.withdrawals)

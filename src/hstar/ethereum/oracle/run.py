"""Executing a block by the specification, knowing at every moment where in the block it stands.

Source: execution-specs, `apply_body`, which is called as it is; its steps are observed, not repeated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hstar.errors import InputError
from hstar.ethereum.blocks import Block
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import address_of
from hstar.ethereum.oracle.specification import Foreign, Specification, observed_by
from hstar.ethereum.payload import decode_transactions
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import ExecutionRequests
from hstar.ethereum.requests import requests_from_flat
from hstar.ethereum.transactions import TYPE_NAMES, Transaction, is_legacy

# A call frame of the EVM takes at most 12 Python frames in the specification, and calls nest 1024 deep (EIP-150).
RECURSION_LIMIT = 1024 * 16


@dataclass(frozen=True)
class TransactionResult:
    """What became of one transaction."""

    index: int
    hash: bytes
    kind: int
    sender: bytes
    gas_used: int
    error: str | None
    num_logs: int

    @property
    def succeeded(self) -> bool:
        """False when its top call reverted or ran out of gas; the block is valid all the same."""
        return self.error is None


@dataclass(frozen=True)
class Execution:
    """What executing a block gave. Roots are 32 bytes, gas counts are units of gas."""

    fork: Fork
    state_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    gas_used: int
    blob_gas_used: int
    requests: ExecutionRequests
    requests_hash: bytes
    transactions: tuple[TransactionResult, ...]
    used_nodes: frozenset[bytes]
    used_codes: frozenset[bytes]
    num_ancestors_used: int


class _BlockHashes(list[Foreign]):
    """Hashes of the ancestors that the witness has; asking for an older one is an error, never zero."""

    furthest = 1  # how many blocks back the furthest question went; the parent is always needed

    def __getitem__(self, index: Foreign) -> Foreign:
        try:
            found = super().__getitem__(index)
            self.furthest = max(self.furthest, -index)
            return found
        except IndexError:
            raise BlockRejectedError(
                f"BLOCKHASH asks for the ancestor {-index} blocks back, but the witness has {len(self)} headers",
                reason=BlockReason.MISSING_HEADER,
                blocks_back=-index,
            ) from None


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _Run:
    """Watches one execution: where it stands, which reason a failure there has, what became of each transaction."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self.transactions = transactions
        self.results: list[TransactionResult] = []
        self.place = "the system calls at the start of the block"
        self.reason = BlockReason.SYSTEM_CALL_FAILED
        self._error: object = None  # of the last message call that ended

    def observe(self, step: str, original: Callable[..., Foreign], arguments: tuple[Foreign, ...]) -> Foreign:
        """Called in place of a step of the specification; does it and notes what happened."""
        match step:
            case "decode_transaction":
                index = len(self.results)
                transaction = self.transactions[index]
                self.place = f"transaction {index} ({TYPE_NAMES[transaction.kind]}, 0x{transaction.hash().hex()})"
                self.reason = BlockReason.TRANSACTION_INVALID
            case "process_transaction":
                return self._transaction(original, *arguments)
            case "process_message_call":
                result = original(*arguments)
                self._error = result.error
                return result
            case "process_withdrawals":
                self.place, self.reason = "the withdrawals", BlockReason.SYSTEM_CALL_FAILED
            case "parse_deposit_requests":
                self.place, self.reason = "the deposit logs", BlockReason.DEPOSIT_LOG_MALFORMED
                result = original(*arguments)
                self.place, self.reason = "the system calls at the end of the block", BlockReason.SYSTEM_CALL_FAILED
                return result
        return original(*arguments)

    def _transaction(
        self, original: Callable[..., Foreign], environment: Foreign, output: Foreign, decoded: Foreign, index: Foreign
    ) -> Foreign:
        transaction = self.transactions[int(index)]
        key = transaction.sender_public_key()
        if key is None:
            raise BlockRejectedError("its signature is invalid", reason=BlockReason.SIGNATURE_WRONG)
        gas_before, logs_before = output.block_gas_used, len(output.block_logs)
        result = original(environment, output, decoded, index)
        self.results.append(
            TransactionResult(
                index=int(index),
                hash=transaction.hash(),
                kind=transaction.kind,
                sender=address_of(key),
                gas_used=int(output.block_gas_used - gas_before),
                error=None if self._error is None else type(self._error).__name__,
                num_logs=len(output.block_logs) - logs_before,
            )
        )
        return result


def _uint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _apply_body(specification: Specification, environment: Foreign, block: Block) -> Foreign:
    """Hands transactions and withdrawals to the specification in its own types."""
    rlp = specification.trie.rlp
    transactions = [
        rlp.decode_to(specification.transactions.LegacyTransaction, raw) if is_legacy(raw) else raw
        for raw in block.transactions
    ]
    withdrawals = [
        rlp.deserialize_to(
            specification.blocks.Withdrawal,
            [_uint(item.index), _uint(item.validator_index), item.address, _uint(item.amount)],
        )
        for item in block.withdrawals
    ]
    return specification.fork.apply_body(
        block_env=environment, transactions=tuple(transactions), withdrawals=tuple(withdrawals)
    )


def _environment(
    specification: Specification, block: Block, chain_id: int, state: Foreign, hashes: Sequence[bytes]
) -> Foreign:
    header = specification.trie.rlp.decode_to(specification.blocks.Header, block.header.encode())
    hash_type = type(header.parent_hash)
    return specification.vm.BlockEnvironment(
        chain_id=type(header.blob_gas_used)(chain_id),
        state=state,
        block_gas_limit=header.gas_limit,
        block_hashes=_BlockHashes([hash_type(value) for value in hashes]),
        coinbase=header.coinbase,
        number=header.number,
        base_fee_per_gas=header.base_fee_per_gas,
        time=header.timestamp,
        prev_randao=header.prev_randao,
        excess_blob_gas=header.excess_blob_gas,
        parent_beacon_block_root=header.parent_beacon_block_root,
    )


def run_block(
    specification: Specification,
    block: Block,
    chain_id: int,
    state: Foreign,
    block_hashes: Sequence[bytes],
) -> Execution:
    """Executes a block over a state without comparing anything with its header.

    Args:
        specification: the rules of the block's fork.
        block: the block; of its header only what the EVM sees is used.
        chain_id: the chain.
        state: the state before the block (`specification.world.State`); changed.
        block_hashes: hashes of the ancestors, oldest first, the parent last.

    Raises:
        BlockRejectedError: a transaction or a system call is invalid, or the witness does not suffice.
    """
    transactions = decode_transactions(block.transactions)
    _check_chain_ids(transactions, chain_id)
    environment = _environment(specification, block, chain_id, state, block_hashes)
    run = _Run(transactions)
    try:
        with _deep_recursion(), observed_by(run.observe):
            output = _apply_body(specification, environment, block)
            requests = requests_from_flat([bytes(entry) for entry in output.requests], specification.fork_id)
            run.place = "the state after the block"
            state_root = state.root()
    except BlockRejectedError as error:
        raise _placed(error, run.place) from error
    except InputError as error:  # a request contract returned something that is no list of requests
        raise BlockRejectedError(f"{run.place}: {error.message}", reason=run.reason) from error
    except (specification.fork.EthereumException, specification.trie.rlp.DecodingError, OverflowError) as error:
        is_signature = type(error).__name__ == "InvalidSignatureError"
        reason = BlockReason.SIGNATURE_WRONG if is_signature else run.reason
        words = f"{type(error).__name__}{f': {error}' if str(error) else ''}"
        raise BlockRejectedError(f"{run.place}: {words}", reason=reason, place=run.place) from error
    return Execution(
        fork=specification.fork_id,
        state_root=state_root,
        receipts_root=bytes(specification.trie.root(output.receipts_trie)),
        logs_bloom=bytes(specification.bloom.logs_bloom(output.block_logs)),
        gas_used=int(output.block_gas_used),
        blob_gas_used=int(output.blob_gas_used),
        requests=requests,
        requests_hash=bytes(specification.requests.compute_requests_hash(output.requests)),
        transactions=tuple(run.results),
        used_nodes=frozenset(state.nodes.used),
        used_codes=frozenset(state.codes.used),
        num_ancestors_used=environment.block_hashes.furthest,
    )


def _placed(error: BlockRejectedError, place: str) -> BlockRejectedError:
    """The same rejection, saying where in the block it happened."""
    return BlockRejectedError(f"{place}: {error.message}", reason=error.reason, **{**error.where, "at": place})


def _check_chain_ids(transactions: Sequence[Transaction], chain_id: int) -> None:
    for index, transaction in enumerate(transactions):
        if transaction.chain_id not in (None, chain_id):
            raise BlockRejectedError(
                f"transaction {index} is for chain {transaction.chain_id}, the block is of chain {chain_id}",
                reason=BlockReason.TRANSACTION_INVALID,
                transaction=index,
            )

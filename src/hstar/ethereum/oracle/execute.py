"""Judging a block: everything that the stateless contract demands, with the reason of a rejection in words.

The order is that of the contract: ancestors, fork, header rules, transactions, execution, then every root.

Source: EIP-8025 (execution-layer half); execution-specs, `state_transition`.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hstar.errors import InputError
from hstar.ethereum.blocks import Block
from hstar.ethereum.forks import Fork, ForkSource, chain_name, fork_at
from hstar.ethereum.hashing import address_of
from hstar.ethereum.headers import Header
from hstar.ethereum.oracle.rules import check_header
from hstar.ethereum.oracle.specification import Foreign, Specification, load_specification
from hstar.ethereum.payload import decode_transactions, withdrawals_root
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import ExecutionRequests
from hstar.ethereum.requests import requests_from_flat
from hstar.ethereum.transactions import TYPE_NAMES, Transaction
from hstar.ethereum.trie import NodeStore, ordered_root
from hstar.ethereum.witness import Ancestors, Witness, check_ancestors

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
    """One execution: drives the specification's parts and knows at which transaction it stands."""

    def __init__(self, specification: Specification, transactions: Sequence[Transaction], environment: Foreign) -> None:
        self.specification, self.transactions, self.environment = specification, transactions, environment
        self.output = specification.vm.BlockOutput()
        self.results: list[TransactionResult] = []
        self.place = "the system calls at the start of the block"
        self.reason = BlockReason.SYSTEM_CALL_FAILED

    def body(self, block: Block) -> None:
        """Executes the block, in the order of the specification's `apply_body`."""
        fork = self.specification.fork
        fork.process_unchecked_system_transaction(
            self.environment, fork.BEACON_ROOTS_ADDRESS, self.environment.parent_beacon_block_root
        )
        fork.process_unchecked_system_transaction(
            self.environment, fork.HISTORY_STORAGE_ADDRESS, self.environment.block_hashes[-1]
        )
        for index, raw in enumerate(block.transactions):
            self._transaction(index, raw)
        self.place, self.reason = "the withdrawals", BlockReason.SYSTEM_CALL_FAILED
        rlp, blocks = self.specification.trie.rlp, self.specification.blocks
        withdrawals = block.withdrawals
        fork.process_withdrawals(
            self.environment,
            self.output,
            tuple(
                rlp.deserialize_to(
                    blocks.Withdrawal,
                    [_uint(item.index), _uint(item.validator_index), item.address, _uint(item.amount)],
                )
                for item in withdrawals
            ),
        )
        self.place, self.reason = "the deposit logs", BlockReason.DEPOSIT_LOG_MALFORMED
        self.specification.requests.parse_deposit_requests(self.output)
        self.place, self.reason = "the system calls at the end of the block", BlockReason.SYSTEM_CALL_FAILED
        fork.process_general_purpose_requests(self.environment, self.output)

    def _transaction(self, index: int, raw: bytes) -> None:
        specification, transaction = self.specification, self.transactions[index]
        digest = transaction.hash()
        self.place = f"transaction {index} ({TYPE_NAMES[transaction.kind]}, 0x{digest.hex()})"
        key = transaction.sender_public_key()
        if key is None:
            raise BlockRejectedError("its signature is invalid", reason=BlockReason.SIGNATURE_WRONG)
        self.reason = BlockReason.TRANSACTION_INVALID
        if transaction.kind == 0:
            decoded = specification.trie.rlp.decode_to(specification.transactions.LegacyTransaction, raw)
        else:
            decoded = specification.transactions.decode_transaction(raw)
        gas_before, logs_before = self.output.block_gas_used, len(self.output.block_logs)
        errors: list[object] = []
        interpret = specification.fork.process_message_call

        def process_message_call(message: Foreign) -> Foreign:
            result = interpret(message)
            errors.append(result.error)
            return result

        specification.fork.process_message_call = process_message_call
        try:
            specification.fork.process_transaction(
                self.environment, self.output, decoded, type(self.output.block_gas_used)(index)
            )
        finally:
            specification.fork.process_message_call = interpret
        error = errors[-1]
        self.results.append(
            TransactionResult(
                index,
                digest,
                transaction.kind,
                address_of(key),
                int(self.output.block_gas_used - gas_before),
                None if error is None else type(error).__name__,
                len(self.output.block_logs) - logs_before,
            )
        )


def _uint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


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
        state: the state before the block (`specification.state.State`); changed.
        block_hashes: hashes of the ancestors, oldest first, the parent last.

    Raises:
        BlockRejectedError: a transaction or a system call is invalid, or the witness does not suffice.
    """
    transactions = decode_transactions(block.transactions)
    _check_chain_ids(transactions, chain_id)
    run = _Run(specification, transactions, _environment(specification, block, chain_id, state, block_hashes))
    try:
        with _deep_recursion():
            run.body(block)
            state_root = state.root()
            requests = requests_from_flat([bytes(entry) for entry in run.output.requests], specification.fork_id)
    except BlockRejectedError as error:
        raise _placed(error, run.place) from error
    except InputError as error:
        raise BlockRejectedError(f"{run.place}: {error.message}", reason=run.reason) from error
    except (specification.fork.EthereumException, specification.trie.rlp.DecodingError, OverflowError) as error:
        is_signature = type(error).__name__ == "InvalidSignatureError"
        reason = BlockReason.SIGNATURE_WRONG if is_signature else run.reason
        words = f"{type(error).__name__}{f': {error}' if str(error) else ''}"
        raise BlockRejectedError(f"{run.place}: {words}", reason=reason, place=run.place) from error
    output = run.output
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
        num_ancestors_used=run.environment.block_hashes.furthest,
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


def compare_with_header(execution: Execution, header: Header) -> None:
    """Compares what execution gave with what the header says.

    Raises:
        BlockRejectedError: with the reason of the first difference; gas comes before the roots that depend on it.
    """
    pairs: list[tuple[BlockReason, str, object, object]] = [
        (BlockReason.GAS_USED_WRONG, "gas used", execution.gas_used, header.gas_used),
        (BlockReason.BLOB_GAS_USED_WRONG, "blob gas used", execution.blob_gas_used, header.blob_gas_used),
        (BlockReason.RECEIPTS_ROOT_WRONG, "receipts root", execution.receipts_root, header.receipts_root),
        (BlockReason.LOGS_BLOOM_WRONG, "logs bloom", execution.logs_bloom, header.logs_bloom),
        (BlockReason.REQUESTS_HASH_WRONG, "requests hash", execution.requests_hash, header.requests_hash),
        (BlockReason.STATE_ROOT_WRONG, "state root", execution.state_root, header.state_root),
    ]
    for reason, name, found, claimed in pairs:
        if found != claimed:
            raise BlockRejectedError(
                f"execution of block {header.number} gives {name} {_shown(found)}, but its header says "
                f"{_shown(claimed)}",
                reason=reason,
                found=_shown(found),
                claimed=_shown(claimed),
            )


def _shown(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    return f"0x{value.hex()}" if len(value) <= 32 else f"0x{value[:16].hex()}... ({len(value)} bytes)"


def _fork_of(block: Block, chain_id: int, declared: Fork | None, source: ForkSource) -> Fork:
    if source is ForkSource.DECLARED and declared is not None:
        return declared
    fork = fork_at(chain_id, block.header.timestamp)
    if declared not in (None, fork):
        raise BlockRejectedError(
            f"the input is for {declared.title if declared else ''}, but at time {block.header.timestamp} "
            f"{chain_name(chain_id)} has {fork.title}",
            reason=BlockReason.FORK_WRONG,
        )
    return fork


def _check_body_roots(block: Block) -> None:
    header = block.header
    for reason, name, found, claimed in (
        (
            BlockReason.TRANSACTIONS_ROOT_WRONG,
            "transactions",
            ordered_root(block.transactions),
            header.transactions_root,
        ),
        (
            BlockReason.WITHDRAWALS_ROOT_WRONG,
            "withdrawals",
            withdrawals_root(block.withdrawals),
            header.withdrawals_root,
        ),
    ):
        if found != claimed:
            raise BlockRejectedError(
                f"the {name} of block {header.number} have root 0x{found.hex()}, but its header says 0x{claimed.hex()}",
                reason=reason,
            )


def execute_block(
    block: Block,
    chain_id: int,
    witness: Witness,
    *,
    declared_fork: Fork | None = None,
    fork_source: ForkSource = ForkSource.TIMESTAMP,
    assume_absent: Collection[bytes] = (),
) -> Execution:
    """Judges a block by its witness; returning means that the block is valid.

    Args:
        block: the block.
        chain_id: the chain it belongs to.
        witness: nodes, codes and headers; more than needed is fine, less is not.
        declared_fork: the fork that the input names, if it does.
        fork_source: `DECLARED` takes the declared fork without asking the chain's table: public test vectors only.
        assume_absent: accounts that count as absent when their path is missing: test vectors only.

    Raises:
        BlockRejectedError: the block is invalid or the witness does not suffice.
        InputError: the specification is not installed or lacks the fork.
    """
    fork = _fork_of(block, chain_id, declared_fork, fork_source)
    specification = load_specification(fork)
    if block.header.requests_hash is None or block.header.slot_number is not None:
        raise BlockRejectedError(
            f"the header does not have the fields of {fork.title}", reason=BlockReason.MALFORMED_HEADER
        )
    ancestors = check_ancestors(witness.headers, block.header.parent_hash)
    check_header(block, ancestors.parent, specification)
    _check_body_roots(block)
    execution = run_block(
        specification, block, chain_id, _state(specification, witness, ancestors, assume_absent), ancestors.hashes
    )
    compare_with_header(execution, block.header)
    return execution


def _state(
    specification: Specification, witness: Witness, ancestors: Ancestors, assume_absent: Collection[bytes]
) -> Foreign:
    state = specification.state
    return state.State(
        NodeStore(witness.state), state.CodeStore(witness.codes), ancestors.parent.state_root, assume_absent
    )

"""Making valid blocks: the specification executes them on a state that is known completely, and what it touches is
recorded as the witness.

A block made here is what a chain would hold: its header carries the roots that execution gave. The witness holds
exactly the nodes and codes that were read or needed for the new state root, and the headers from the oldest one that
BLOCKHASH asked for to the parent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from hstar.errors import InputError, Reason
from hstar.ethereum import rlp
from hstar.ethereum.blocks import Block
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.headers import EMPTY_NONCE, EMPTY_OMMERS_HASH, Header
from hstar.ethereum.oracle.rules import specification_header
from hstar.ethereum.oracle.run import Execution, run_block
from hstar.ethereum.oracle.specification import Specification, load_specification
from hstar.ethereum.payload import request_of_block, withdrawals_root
from hstar.ethereum.records import LOGS_BLOOM_BYTES, Withdrawal
from hstar.ethereum.stateless import StatelessInput
from hstar.ethereum.system_contracts import SYSTEM_CONTRACTS
from hstar.ethereum.transactions import Transaction
from hstar.ethereum.trie import EMPTY_ROOT, NodeStore, Trie, ordered_root
from hstar.ethereum.witness import Witness

SLOT_SECONDS = 12
HeaderValue: TypeAlias = Any  # a value for one field of `Header`


@dataclass(frozen=True)
class AccountState:
    """An account of a state to start from; balance in wei, storage from slot to value (never zero)."""

    nonce: int = 0
    balance: int = 0
    code: bytes = b""
    storage: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FullState:
    """A state of which every node and code is known."""

    root: bytes
    nodes: tuple[bytes, ...]
    codes: tuple[bytes, ...]


def system_accounts() -> dict[bytes, AccountState]:
    """The system contracts as they stand after their deployment."""
    return {address: AccountState(nonce=1, code=code) for address, code in SYSTEM_CONTRACTS.items()}


def build_state(accounts: Mapping[bytes, AccountState]) -> FullState:
    """Tries over accounts (20-byte address to account)."""
    nodes: dict[bytes, bytes] = {}
    trie = Trie(NodeStore())
    for address, account in accounts.items():
        storage = Trie(NodeStore())
        for slot, value in account.storage.items():
            storage.set(keccak256(slot.to_bytes(32, "big")).hex(), rlp.encode(value))
        leaf: rlp.Encodable = [account.nonce, account.balance, storage.root(nodes.__setitem__), keccak256(account.code)]
        trie.set(keccak256(address).hex(), rlp.encode(leaf))
    root = trie.root(nodes.__setitem__)
    codes = {account.code for account in accounts.values() if account.code}
    return FullState(root, tuple(nodes.values()), tuple(sorted(codes)))


def _header(parent_hash: bytes, number: int, timestamp: int, **fields: HeaderValue) -> Header:
    """A header of Prague or later with empty contents."""
    values: dict[str, Any] = {
        "parent_hash": parent_hash,
        "ommers_hash": EMPTY_OMMERS_HASH,
        "fee_recipient": bytes(20),
        "state_root": EMPTY_ROOT,
        "transactions_root": EMPTY_ROOT,
        "receipts_root": EMPTY_ROOT,
        "logs_bloom": bytes(LOGS_BLOOM_BYTES),
        "difficulty": 0,
        "number": number,
        "gas_limit": 36_000_000,
        "gas_used": 0,
        "timestamp": timestamp,
        "extra_data": b"",
        "prev_randao": bytes(32),
        "nonce": EMPTY_NONCE,
        "base_fee_per_gas": 7,
        "withdrawals_root": EMPTY_ROOT,
        "blob_gas_used": 0,
        "excess_blob_gas": 0,
        "parent_beacon_block_root": bytes(32),
        "requests_hash": bytes(32),
    }
    return Header(**{**values, **fields})


def make_ancestors(
    state_root: bytes, count: int = 1, *, timestamp: int = SLOT_SECONDS, **parent: HeaderValue
) -> list[Header]:
    """`count` empty headers in a row from block 0; the last one carries the state root and the fields in `parent`."""
    headers: list[Header] = []
    for number in range(count):
        parent_hash = headers[-1].hash() if headers else bytes(32)
        last = {"state_root": state_root, **parent} if number == count - 1 else {}
        headers.append(_header(parent_hash, number, timestamp + number * SLOT_SECONDS, **last))
    return headers


@dataclass(frozen=True)
class BlockPlan:
    """What goes into a block.

    `header` overrides fields of the header that the maker does not compute: fee recipient, timestamp, gas limit,
    extra data, randomness, parent beacon block root.
    """

    transactions: Sequence[Transaction] = ()
    withdrawals: Sequence[Withdrawal] = ()
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MadeBlock:
    """A valid block with its minimal witness."""

    chain_id: int
    block: Block
    witness: Witness
    execution: Execution

    def stateless_input(self) -> StatelessInput:
        """The input that a guest reads, in the newest dialect."""
        request = request_of_block(self.block, self.execution.requests, self.execution.fork)
        return StatelessInput(self.execution.fork, request, self.witness, self.chain_id)

    def to_json(self) -> str:
        """The block in the form that execution clients give (`debug_executionWitness` and the raw block)."""
        lists = {"state": self.witness.state, "codes": self.witness.codes, "headers": self.witness.headers}
        witness = {name: [f"0x{item.hex()}" for item in items] for name, items in lists.items()}
        witness["keys"] = []
        return json.dumps(
            {"chainId": self.chain_id, "block": f"0x{self.block.encode().hex()}", "executionWitness": witness},
            separators=(",", ":"),
        )


def _draft(plan: BlockPlan, parent: Header, specification: Specification) -> Header:
    """The header before execution: everything that follows from the parent and the contents."""
    given = {"gas_limit": parent.gas_limit, "timestamp": parent.timestamp + SLOT_SECONDS, **plan.header}
    spec_parent = specification_header(specification, parent)
    base_fee = specification.fork.calculate_base_fee_per_gas(
        type(spec_parent.gas_limit)(given["gas_limit"]),
        spec_parent.gas_limit,
        spec_parent.gas_used,
        spec_parent.base_fee_per_gas,
    )
    raw = [transaction.encode() for transaction in plan.transactions]
    return _header(
        parent.hash(),
        parent.number + 1,
        given.pop("timestamp"),
        base_fee_per_gas=int(base_fee),
        excess_blob_gas=int(specification.gas.calculate_excess_blob_gas(spec_parent)),
        transactions_root=ordered_root(raw),
        withdrawals_root=withdrawals_root(tuple(plan.withdrawals)),
        **given,
    )


def make_block(
    plan: BlockPlan, state: FullState, ancestors: Sequence[Header], *, chain_id: int, fork: Fork
) -> MadeBlock:
    """Executes a plan and returns the valid block with its minimal witness.

    Args:
        plan: transactions (signed) and withdrawals.
        state: the state after the last ancestor.
        ancestors: headers, oldest first; the last one is the parent and carries the root of `state`.
        chain_id: the chain.
        fork: the rules; not compared with the chain's table.

    Raises:
        BlockRejectedError: the plan makes no valid block.
        InputError: the parent does not carry the state, or the specification is not installed.
    """
    parent = ancestors[-1]
    if parent.state_root != state.root:
        raise InputError("the parent header does not carry the root of the state", reason=Reason.WRONG_SHAPE)
    specification = load_specification(fork)
    draft = _draft(plan, parent, specification)
    raw = tuple(transaction.encode() for transaction in plan.transactions)
    nodes, codes = NodeStore(state.nodes), specification.world.CodeStore(state.codes)
    world = specification.world.State(nodes, codes, state.root)
    hashes = [header.hash() for header in ancestors]
    execution = run_block(specification, Block(draft, raw, tuple(plan.withdrawals)), chain_id, world, hashes)
    header = replace(
        draft,
        state_root=execution.state_root,
        receipts_root=execution.receipts_root,
        logs_bloom=execution.logs_bloom,
        gas_used=execution.gas_used,
        blob_gas_used=execution.blob_gas_used,
        requests_hash=execution.requests_hash,
    )
    witness = Witness(
        tuple(nodes.nodes[digest] for digest in execution.used_nodes),
        tuple(codes.codes[digest] for digest in execution.used_codes),
        tuple(ancestor.encode() for ancestor in ancestors[-execution.num_ancestors_used :]),
    ).canonical()
    return MadeBlock(chain_id, Block(header, raw, tuple(plan.withdrawals)), witness, execution)

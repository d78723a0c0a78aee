"""Blocks that break one rule: transactions that no block may hold, request contracts that fail, a deposit log."""

from __future__ import annotations

from dataclasses import replace

from block_cases.base import ETHER, GWEI, SECRETS, SENDERS, TOKEN, Sending, base_accounts
from block_cases.transactions import BLOB_HASHES
from hstar.ethereum.assembly import assemble
from hstar.ethereum.forks import DEVELOPMENT_CHAIN, Fork
from hstar.ethereum.maker import AccountState, BlockPlan, build_state, make_ancestors, make_block
from hstar.ethereum.system_contracts import (
    CONSOLIDATION_REQUESTS_ADDRESS,
    DEPOSIT_EVENT_TOPIC,
    WITHDRAWAL_REQUESTS_ADDRESS,
)
from hstar.ethereum.transactions import BLOB, LEGACY, SET_CODE, Authorization


def make(transactions, accounts=None, fork=Fork.BPO2, parent=None, header=None):
    merged = {**base_accounts(), **(accounts or {})}
    state = build_state({address: account for address, account in merged.items() if account})
    ancestors = make_ancestors(state.root, **{"base_fee_per_gas": GWEI, "gas_used": 18_000_000, **(parent or {})})
    plan = BlockPlan(transactions(Sending()), header=header or {})
    return make_block(plan, state, ancestors, chain_id=DEVELOPMENT_CHAIN, fork=fork)


def blob(send, **more):
    return send(kind=BLOB, **{"max_fee_per_blob_gas": GWEI, "blob_versioned_hashes": BLOB_HASHES[:1], **more})


def again(transaction, **changes):
    return replace(transaction, **changes).signed(SECRETS[0])


GRANT = Authorization(DEVELOPMENT_CHAIN, TOKEN, 1).signed(SECRETS[1])

SENDER_WITH_CODE = {SENDERS[3]: AccountState(nonce=3, balance=1000 * ETHER, code=b"\x00")}
# (name, transactions, part of the oracle's sentence)
TRANSACTIONS = [
    ("nonce too low", lambda send: [send(sender=1), again(send(sender=1), nonce=1).signed(SECRETS[1])], "too low"),
    ("nonce too high", lambda send: [again(send(), nonce=1)], "too high"),
    ("nonce at its end", lambda send: [again(send(), nonce=2**64 - 1)], "Nonce"),
    ("not enough funds", lambda send: [send(value=1001 * ETHER)], "InsufficientBalance"),
    ("not enough for the fee limit", lambda send: [send(value=1000 * ETHER - 1)], "InsufficientBalance"),
    ("below the base fee", lambda send: [send(max_fee_per_gas=1, max_priority_fee_per_gas=0)], "MaxFeePerGas"),
    ("legacy below the base fee", lambda send: [send(kind=LEGACY, max_fee_per_gas=1)], "InvalidBlock"),
    ("priority above the limit", lambda send: [send(max_priority_fee_per_gas=21 * GWEI)], "PriorityFee"),
    ("too little gas for the call data", lambda send: [send(data=bytes(99), gas_limit=21_000)], "TransactionGas"),
    ("too little gas for the floor price", lambda send: [send(data=b"1" * 99, gas_limit=23_000)], "TransactionGas"),
    ("more gas than the block", lambda send: [send(gas_limit=36_000_001)], "Gas"),
    ("more gas than is left", lambda send: [send() for _ in range(90)] + [send(gas_limit=36_000_000)], "Gas"),
    ("more gas than a transaction may have", lambda send: [send(gas_limit=2**24 + 1)], "Gas"),
    ("sender with code", lambda send: [send(sender=3)], "not EOA"),
    ("code to deploy too large", lambda send: [send(b"", data=bytes(49153), gas_limit=10**7)], "InitCode"),
    ("blob fee too low", lambda send: [blob(send, max_fee_per_blob_gas=0)], "MaxFeePerBlobGas"),
    ("no blobs", lambda send: [blob(send, blob_versioned_hashes=())], "NoBlobData"),
    ("too many blobs", lambda send: [blob(send, blob_versioned_hashes=BLOB_HASHES * 2)], "BlobCount"),
    (
        "blob hash of another version",
        lambda send: [blob(send, blob_versioned_hashes=(b"\x02" + bytes(31),))],
        "VersionedHash",
    ),
    (
        "more blobs than a block may have",
        lambda send: [blob(send, blob_versioned_hashes=BLOB_HASHES) for _ in range(4)],
        "BlobGasLimit",
    ),
    ("blob transaction that creates", lambda send: [blob(send, to=b"")], "field to, has 0 bytes"),
    ("set code without entries", lambda send: [send(kind=SET_CODE)], "EmptyAuthorizationList"),
    (
        "set code that creates",
        lambda send: [send(b"", kind=SET_CODE, authorizations=(GRANT,))],
        "field to, has 0 bytes",
    ),
    ("another chain", lambda send: [send(chain_id=1)], "for chain 1"),
]

# (contract, its code in assembly or None)
FAILING_CONTRACTS = [
    (WITHDRAWAL_REQUESTS_ADDRESS, None),
    (WITHDRAWAL_REQUESTS_ADDRESS, "0 0 REVERT"),
    (WITHDRAWAL_REQUESTS_ADDRESS, "INVALID"),
    (WITHDRAWAL_REQUESTS_ADDRESS, "75 0 RETURN"),
    (CONSOLIDATION_REQUESTS_ADDRESS, None),
    (CONSOLIDATION_REQUESTS_ADDRESS, "0 0 REVERT"),
    (CONSOLIDATION_REQUESTS_ADDRESS, "117 0 RETURN"),
]


def failing_account(code: str | None) -> AccountState | None:
    """A contract with the code, or nothing."""
    return AccountState(nonce=1, code=assemble(code)) if code else None


MALFORMED_DEPOSIT = AccountState(nonce=1, code=assemble(f"PUSH32 0x{DEPOSIT_EVENT_TOPIC.hex()} 576 0 LOG1"))


def large_transactions(send):
    """Four transactions of 2.1 MB: more than a block may have from Osaka on."""
    return [send(data=bytes(2_100_000), gas_limit=30_000_000) for _ in range(4)]

"""Cases about transactions, system calls, requests and withdrawals."""

from __future__ import annotations

from dataclasses import replace

from block_cases.base import (
    ETHER,
    FEE_RECIPIENT,
    FRESH,
    GWEI,
    RECIPIENT,
    SECRETS,
    SENDERS,
    TOKEN,
    Case,
    add,
    contract_case,
    named,
    token_slot,
    token_transfer,
    word,
)
from hstar.ethereum import rlp
from hstar.ethereum.assembly import TOKEN_CODE, assemble, deployment
from hstar.ethereum.forks import DEVELOPMENT_CHAIN, Fork
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.maker import AccountState
from hstar.ethereum.records import DepositRequest, Withdrawal
from hstar.ethereum.system_contracts import (
    BEACON_ROOTS_ADDRESS,
    CONSOLIDATION_REQUESTS_ADDRESS,
    DEPOSIT_CONTRACT_ADDRESS,
    HISTORY_STORAGE_ADDRESS,
    WITHDRAWAL_REQUESTS_ADDRESS,
    deposit_event_data,
    withdrawal_request_data,
)
from hstar.ethereum.transactions import ACCESS_LIST, BLOB, LEGACY, SET_CODE, Authorization

KEY, OTHER_KEY = b"\xa1" * 48, b"\xb2" * 48
BLOB_HASHES = tuple(b"\x01" + keccak256(b"blob %d" % index)[1:] for index in range(6))

# The parent of the first block of Prague has no requests hash.
add(Case("first_block_of_prague", lambda send: [send(value=1)], parent={"requests_hash": None}, fork=Fork.PRAGUE))

# Transaction types
add(Case("empty"))
add(Case("empty_prague", fork=Fork.PRAGUE))
add(Case("legacy_transfer", lambda send: [send(kind=LEGACY, value=ETHER, gas_limit=21_000)], fork=Fork.PRAGUE))
add(Case("legacy_without_chain_id", lambda send: [send(kind=LEGACY, value=1, chain_id=None)], fork=Fork.OSAKA))
add(
    Case(
        "access_list",
        lambda send: [
            send(
                TOKEN,
                kind=ACCESS_LIST,
                data=token_transfer(SENDERS[1], 7),
                access_list=((TOKEN, (word(token_slot(SENDERS[0])),)), (named("listed only"), (word(1),))),
            )
        ],
    )
)
add(Case("fee_market", lambda send: [send(value=3), send(sender=1, value=3, max_priority_fee_per_gas=20 * GWEI)]))
add(
    Case(
        "fee_market_at_the_base_fee",
        lambda send: [send(max_fee_per_gas=GWEI, max_priority_fee_per_gas=0)],
        fork=Fork.BPO1,
    )
)
add(
    Case(
        "blobs",
        lambda send: [
            send(kind=BLOB, max_fee_per_blob_gas=GWEI, blob_versioned_hashes=BLOB_HASHES[:1]),
            send(kind=BLOB, sender=1, max_fee_per_blob_gas=GWEI, blob_versioned_hashes=BLOB_HASHES),
        ],
    )
)
add(
    Case(
        "blobs_prague_with_excess",
        lambda send: [send(kind=BLOB, max_fee_per_blob_gas=GWEI, blob_versioned_hashes=BLOB_HASHES)],
        parent={"excess_blob_gas": 40 * 2**17, "blob_gas_used": 9 * 2**17},
        fork=Fork.PRAGUE,
    )
)
add(
    Case(
        "blobs_bpo1_with_reserve_price",
        lambda send: [send(kind=BLOB, max_fee_per_blob_gas=GWEI, blob_versioned_hashes=BLOB_HASHES)],
        parent={"excess_blob_gas": 30 * 2**17, "blob_gas_used": 15 * 2**17},
        fork=Fork.BPO1,
    )
)


def _grant(secret: int, address: bytes, nonce: int, chain_id: int = DEVELOPMENT_CHAIN) -> Authorization:
    return Authorization(chain_id, address, nonce).signed(SECRETS[secret])


add(
    Case(
        "set_code_and_call_it",
        lambda send: [
            send(SENDERS[1], kind=SET_CODE, authorizations=(_grant(1, TOKEN, 1),), data=token_transfer(FRESH, 0)),
            send(SENDERS[1], data=token_transfer(FRESH, 0)),
        ],
    )
)
add(
    Case(
        "set_code_for_a_new_account_and_for_any_chain",
        lambda send: [
            send(
                kind=SET_CODE,
                authorizations=(Authorization(0, TOKEN, 0).signed(keccak256(b"unknown")), _grant(2, TOKEN, 2, 0)),
            )
        ],
        fork=Fork.PRAGUE,
    )
)
add(
    Case(
        "set_code_by_the_sender_then_cleared",
        lambda send: [
            send(kind=SET_CODE, authorizations=(_grant(0, TOKEN, 1),)),
            replace_nonce(send, authorizations=(_grant(0, bytes(20), 3),)),
        ],
    )
)
add(
    Case(
        "set_code_with_useless_entries",
        lambda send: [
            send(
                kind=SET_CODE,
                authorizations=(
                    _grant(1, TOKEN, 1, chain_id=5),
                    _grant(1, TOKEN, 9),
                    replace(_grant(1, TOKEN, 1), s=2**255),
                    replace(_grant(1, TOKEN, 1), y_parity=7),
                    Authorization(0, RECIPIENT, 0, 0, 1, 1),
                ),
            )
        ],
    )
)
add(
    Case(
        "set_code_chain_and_precompile_targets",
        lambda send: [
            send(
                kind=SET_CODE,
                authorizations=(_grant(1, SENDERS[2], 1), _grant(2, SENDERS[3], 2), _grant(3, word(2)[12:], 3)),
            ),
            send(SENDERS[3], data=b"abc"),
            send(SENDERS[1]),
        ],
        errors=[None, None, "InvalidOpcode"],
        fork=Fork.OSAKA,
    )
)


def replace_nonce(send, **more):
    """The next set-code transaction of sender 0, whose own grant has used a nonce."""
    send.nonces[0] += 1
    return send(kind=SET_CODE, **more)


# Contract creation
add(Case("creation", lambda send: [send(b"", data=deployment(TOKEN_CODE), value=3)]))
add(Case("creation_without_code", lambda send: [send(b"")], fork=Fork.PRAGUE))
add(
    Case(
        "creations_that_fail",
        lambda send: [
            send(b"", data=assemble("0 0 REVERT")),
            send(b"", data=assemble("INVALID")),
            send(b"", data=assemble("PUSH1 0xef 0 MSTORE8 1 0 RETURN")),
            send(b"", data=assemble("PUSH2 0x6001 0 RETURN"), gas_limit=6_000_000),
            send(b"", data=assemble("PUSH2 0x2000 0 RETURN"), gas_limit=100_000),
        ],
        errors=["Revert", "InvalidOpcode", "InvalidContractPrefix", "OutOfGasError", "OutOfGasError"],
    )
)


def _created_address(sender: bytes, nonce: int) -> bytes:
    return keccak256(rlp.encode([sender, nonce]))[12:]


add(
    Case(
        "creation_collides_with_code_with_nonce_and_with_storage",
        lambda send: [send(b"", sender=index) for index in range(3)],
        accounts={
            _created_address(SENDERS[0], 0): AccountState(code=b"\x00"),
            _created_address(SENDERS[1], 1): AccountState(nonce=1),
            _created_address(SENDERS[2], 2): AccountState(balance=1, storage={1: 1}),
        },
        errors=["AddressCollision"] * 3,
    )
)
add(
    Case(
        "creation_on_a_funded_address",
        lambda send: [send(b"", data=deployment(b"\x00"))],
        accounts={_created_address(SENDERS[0], 0): AccountState(balance=77)},
    )
)

# Transfers and fees
add(
    Case(
        "transfers_to_all_sorts_of_accounts",
        lambda send: [
            send(FRESH, value=1),
            send(named("never funded")),
            send(SENDERS[0], value=5),
            send(FEE_RECIPIENT, value=1),
            send(word(4)[12:], value=2, data=b"identity"),
            send(TOKEN, value=1, data=token_transfer(FRESH, 10)),
        ],
    )
)
add(
    Case(
        "sender_spends_everything",
        lambda send: [
            send(value=1000 * ETHER - 21_000 * 20 * GWEI, gas_limit=21_000, max_priority_fee_per_gas=20 * GWEI)
        ],
    )
)
add(Case("fee_recipient_sends", lambda send: [send(value=1)], header={"fee_recipient": SENDERS[0]}))
add(Case("no_priority_fee_for_a_new_fee_recipient", lambda send: [send(max_priority_fee_per_gas=0)]))
add(
    Case(
        "calldata_floor_price",
        lambda send: [send(data=bytes(500) + b"\x01" * 500, gas_limit=100_000), send(TOKEN, data=b"\x01" * 300)],
        errors=[None, "Revert"],
    )
)
add(Case("many_transactions", lambda send: [send(sender=index % 4, gas_limit=21_000) for index in range(131)]))
add(
    Case(
        "token_transfers_one_reverting",
        lambda send: [
            send(TOKEN, data=token_transfer(SENDERS[2], 10)),
            send(TOKEN, data=token_transfer(FRESH, 991)),
            send(TOKEN, data=token_transfer(SENDERS[1], 990), sender=0),
            send(TOKEN, data=token_transfer(FRESH, 1), sender=2, gas_limit=30_000),
        ],
        errors=[None, "Revert", None, "OutOfGasError"],
        fork=Fork.OSAKA,
    )
)

# Withdrawals
add(
    Case(
        "withdrawals",
        withdrawals=[
            Withdrawal(0, 0, RECIPIENT, 32 * GWEI),
            Withdrawal(1, 1, FRESH, 1),
            Withdrawal(2, 1, named("gets nothing"), 0),
            Withdrawal(2**64 - 1, 2**64 - 1, RECIPIENT, 2**64 - 1),
        ],
    )
)
add(
    Case(
        "withdrawals_after_transactions",
        lambda send: [send(FRESH, value=1)],
        withdrawals=[Withdrawal(index, index, FRESH, index) for index in range(16)],
        fork=Fork.PRAGUE,
    )
)

# System contracts and requests
add(
    Case(
        "deposits",
        lambda send: [
            send(
                DEPOSIT_CONTRACT_ADDRESS,
                data=deposit_event_data(
                    DepositRequest(KEY, bytes(32), 2**63 + index, bytes([index]) * 96, 2**40 + index)
                ),
                value=index,
            )
            for index in range(3)
        ],
        num_requests=(3, 0, 0),
    )
)
add(
    Case(
        "deposit_contract_logs_something_else",
        lambda send: [send(DEPOSIT_CONTRACT_ADDRESS)],
        accounts={DEPOSIT_CONTRACT_ADDRESS: AccountState(code=assemble("42 0 0 LOG1 0 0 LOG0"))},
    )
)
add(
    Case(
        "withdrawal_requests",
        lambda send: [
            send(WITHDRAWAL_REQUESTS_ADDRESS, sender=index, value=1, data=withdrawal_request_data(KEY, index))
            for index in range(3)
        ],
        num_requests=(0, 3, 0),
    )
)
add(
    Case(
        "consolidation_requests_more_than_fit",
        lambda send: [
            send(CONSOLIDATION_REQUESTS_ADDRESS, sender=index, value=1, data=KEY + OTHER_KEY) for index in range(3)
        ],
        num_requests=(0, 0, 2),
        fork=Fork.PRAGUE,
    )
)
add(
    Case(
        "requests_of_all_types_and_one_underpaid",
        lambda send: [
            send(
                DEPOSIT_CONTRACT_ADDRESS,
                data=deposit_event_data(DepositRequest(KEY, bytes(32), 1, bytes(96), 0)),
            ),
            send(WITHDRAWAL_REQUESTS_ADDRESS, value=1, data=withdrawal_request_data(KEY, 5)),
            send(CONSOLIDATION_REQUESTS_ADDRESS, value=1, data=KEY + OTHER_KEY),
            send(CONSOLIDATION_REQUESTS_ADDRESS, value=0, data=KEY + OTHER_KEY),
        ],
        errors=[None, None, None, "Revert"],
        num_requests=(1, 1, 1),
    )
)
add(
    Case(
        "beacon_roots_contract_without_code",
        lambda send: [send(value=1)],
        accounts={BEACON_ROOTS_ADDRESS: None, HISTORY_STORAGE_ADDRESS: None},
    )
)
contract_case(
    "reads_beacon_root_and_block_hash_contracts",
    f"""
    TIMESTAMP 0 MSTORE 32 0 32 0 PUSH20 0x{BEACON_ROOTS_ADDRESS.hex()} GAS STATICCALL 0 SSTORE 0 MLOAD 1 SSTORE
    1 NUMBER SUB 0 MSTORE 32 0 32 0 PUSH20 0x{HISTORY_STORAGE_ADDRESS.hex()} GAS STATICCALL 2 SSTORE 0 MLOAD 3 SSTORE
    """,
    header={"parent_beacon_block_root": keccak256(b"beacon")},
    num_ancestors=3,
)

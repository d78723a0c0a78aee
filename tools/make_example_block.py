#!/usr/bin/env python3
"""Makes the block that is shipped with the package, always the same bytes.

.venv/bin/python tools/make_example_block.py           # writes src/hstar/ethereum/data/example_block.json.gz
.venv/bin/python tools/make_example_block.py --check   # fails when the shipped file differs
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

from hstar.ethereum.assembly import DEPOSIT_LOG_CODE, TOKEN_CODE, assemble, deployment
from hstar.ethereum.example import FILE_NAME
from hstar.ethereum.forks import DEVELOPMENT_CHAIN, Fork
from hstar.ethereum.hashing import address_of, keccak256, public_key_of, sign
from hstar.ethereum.maker import (
    AccountState,
    BlockPlan,
    MadeBlock,
    build_state,
    make_ancestors,
    make_block,
    system_accounts,
)
from hstar.ethereum.records import DepositRequest, Withdrawal
from hstar.ethereum.system_contracts import (
    CONSOLIDATION_REQUESTS_ADDRESS,
    DEPOSIT_CONTRACT_ADDRESS,
    WITHDRAWAL_REQUESTS_ADDRESS,
    deposit_event_data,
    withdrawal_request_data,
)
from hstar.ethereum.transactions import (
    ACCESS_LIST,
    BLOB,
    FEE_MARKET,
    LEGACY,
    SET_CODE,
    Authorization,
    FieldValue,
    Transaction,
)

OUTPUT = Path(__file__).resolve().parent.parent / "src/hstar/ethereum/data" / FILE_NAME
ETHER, GWEI = 10**18, 10**9
NUM_HOLDERS, NUM_BYSTANDERS = 4, 400  # bystanders give the account trie a realistic depth
SECRETS = [keccak256(b"hstar example holder %d" % index) for index in range(NUM_HOLDERS)]
HOLDERS = [address_of(public_key_of(secret)) for secret in SECRETS]
TOKEN, RECOVERY = (keccak256(name)[:20] for name in (b"token", b"recovery"))
RECOVERY_CODE = assemble(
    """
    ; Hands its call data to the precompile ecrecover and stores the address that comes back.
    CALLDATASIZE 0 0 CALLDATACOPY
    32 0 CALLDATASIZE 0 1 GAS STATICCALL POP
    0 MLOAD 0 SSTORE STOP
    """
)


def token_slot(holder: bytes) -> int:
    return int.from_bytes(keccak256(bytes(12) + holder + bytes(32)), "big")


def transfer_call(recipient: bytes, amount: int) -> bytes:
    return bytes.fromhex("a9059cbb") + bytes(12) + recipient + amount.to_bytes(32, "big")


def accounts() -> dict[bytes, AccountState]:
    bystanders = {keccak256(b"bystander %d" % index)[:20]: AccountState(balance=ETHER + index) for index in
                  range(NUM_BYSTANDERS)}  # fmt: skip
    balances = {token_slot(holder): 1000 * ETHER for holder in HOLDERS[:2]}
    balances |= {token_slot(address): ETHER for address in list(bystanders)[:50]}
    return {
        **bystanders,
        **system_accounts(),
        **{holder: AccountState(nonce=index, balance=100 * ETHER) for index, holder in enumerate(HOLDERS)},
        TOKEN: AccountState(nonce=1, code=TOKEN_CODE, storage=balances),
        RECOVERY: AccountState(nonce=1, code=RECOVERY_CODE),
        DEPOSIT_CONTRACT_ADDRESS: AccountState(nonce=1, balance=32 * ETHER, code=DEPOSIT_LOG_CODE),
    }


class Senders:
    """Signs transactions with the next nonce of each holder."""

    def __init__(self) -> None:
        self.nonces = list(range(NUM_HOLDERS))

    def send(
        self, holder: int, kind: int, to: bytes, gas_limit: int, value: int = 0, data: bytes = b"", **more: FieldValue
    ) -> Transaction:
        nonce = self.nonces[holder]
        self.nonces[holder] += 1
        fee = 30 * GWEI
        return Transaction(
            kind=kind,
            chain_id=DEVELOPMENT_CHAIN,
            nonce=nonce,
            gas_limit=gas_limit,
            to=to,
            value=value,
            data=data,
            max_fee_per_gas=fee,
            max_priority_fee_per_gas=fee if kind < FEE_MARKET else 2 * GWEI,
            **more,
        ).signed(SECRETS[holder])


def recovery_data() -> bytes:
    message = keccak256(b"a message")
    r, s, parity = sign(message, SECRETS[3])
    return message + (27 + parity).to_bytes(32, "big") + r.to_bytes(32, "big") + s.to_bytes(32, "big")


def transactions() -> list[Transaction]:
    send = Senders().send
    fresh = keccak256(b"a new account")[:20]
    key, other_key = b"\xa1" * 48, b"\xb2" * 48
    deposit = DepositRequest(key, b"\x01" + bytes(31), 32 * GWEI, b"\xc3" * 96, 0)
    grant = Authorization(DEVELOPMENT_CHAIN, TOKEN, 3).signed(SECRETS[3])  # holder 3 sends its first transaction last
    blob_hash = b"\x01" + keccak256(b"a blob")[1:]
    slots = tuple(token_slot(holder).to_bytes(32, "big") for holder in HOLDERS[:2])
    return [
        send(0, LEGACY, HOLDERS[1], 21_000, value=ETHER),
        send(0, FEE_MARKET, fresh, 21_000, value=ETHER // 2),
        send(1, ACCESS_LIST, TOKEN, 100_000, data=transfer_call(HOLDERS[0], 5 * ETHER), access_list=((TOKEN, slots),)),
        send(0, FEE_MARKET, TOKEN, 100_000, data=transfer_call(HOLDERS[2], 7 * ETHER)),
        send(0, FEE_MARKET, TOKEN, 100_000, data=transfer_call(fresh, ETHER)),
        send(1, FEE_MARKET, b"", 200_000, data=deployment(TOKEN_CODE)),
        send(2, FEE_MARKET, TOKEN, 100_000, data=transfer_call(fresh, 10**6 * ETHER)),  # reverts: not enough
        send(2, FEE_MARKET, RECOVERY, 100_000, data=recovery_data()),
        send(2, FEE_MARKET, DEPOSIT_CONTRACT_ADDRESS, 100_000, value=32 * ETHER, data=deposit_event_data(deposit)),
        send(1, FEE_MARKET, WITHDRAWAL_REQUESTS_ADDRESS, 200_000, value=1, data=withdrawal_request_data(key, GWEI)),
        send(1, FEE_MARKET, CONSOLIDATION_REQUESTS_ADDRESS, 300_000, value=1, data=key + other_key),
        send(0, BLOB, fresh, 21_000, max_fee_per_blob_gas=GWEI, blob_versioned_hashes=(blob_hash,)),
        send(0, SET_CODE, HOLDERS[1], 100_000, authorizations=(grant,)),
    ]


def make() -> MadeBlock:
    state = build_state(accounts())
    ancestors = make_ancestors(
        state.root,
        timestamp=1_800_000_000,
        base_fee_per_gas=GWEI,
        gas_used=12_000_000,
        fee_recipient=keccak256(b"parent's fee recipient")[:20],
    )
    withdrawals = [
        Withdrawal(100 + index, 7 + index, address, (index + 1) * GWEI // 10)
        for index, address in enumerate([HOLDERS[0], keccak256(b"bystander 1")[:20], keccak256(b"a validator")[:20]])
    ]
    header = {
        "fee_recipient": keccak256(b"fee recipient")[:20],
        "extra_data": b"hstar",
        "prev_randao": keccak256(b"randomness"),
        "parent_beacon_block_root": keccak256(b"parent beacon block"),
    }
    plan = BlockPlan(transactions(), withdrawals, header)
    return make_block(plan, state, ancestors, chain_id=DEVELOPMENT_CHAIN, fork=Fork.BPO2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare with the shipped file, write nothing")
    check = parser.parse_args().check
    made = make()
    text = made.to_json().encode("utf-8")
    if check:
        same = OUTPUT.exists() and gzip.decompress(OUTPUT.read_bytes()) == text
        print(f"{OUTPUT.name}: {'unchanged' if same else 'differs from what this script makes'}")
        return 0 if same else 1
    OUTPUT.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{OUTPUT.name}: block hash 0x{made.block.header.hash().hex()}, {made.execution.gas_used} gas,")
    print(
        f"{len(made.witness.state)} nodes, {len(made.witness.codes)} codes, {OUTPUT.stat().st_size} bytes compressed,"
    )
    print(f"stateless input of {len(made.stateless_input().encode())} bytes")
    for result in made.execution.transactions:
        print(
            f"  {result.index:2} type {result.kind} {result.gas_used:7} gas {result.num_logs} logs {result.error or ''}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Blocks whose JSON spells out header and transactions, as the reth-based tools write them."""

from __future__ import annotations

from hstar.errors import InputError, Reason
from hstar.ethereum.blocks import Block
from hstar.ethereum.fields import Fields
from hstar.ethereum.hashing import ADDRESS_BYTES, HASH_BYTES
from hstar.ethereum.headers import Header
from hstar.ethereum.records import LOGS_BLOOM_BYTES, Withdrawal
from hstar.ethereum.transactions import ACCESS_LIST, BLOB, FEE_MARKET, LEGACY, SET_CODE, Authorization, Transaction

_KINDS = {
    "Legacy": LEGACY,
    "Eip2930": ACCESS_LIST,
    "Eip1559": FEE_MARKET,
    "Eip4844": BLOB,
    "Eip7702": SET_CODE,
}


def read_header(fields: Fields) -> Header:
    """A header with snake-case names."""

    def hash_at(name: str) -> bytes:
        return fields.at(name).data(HASH_BYTES)

    def integer_at(name: str, bits: int = 64) -> int:
        return fields.at(name).integer(bits)

    return Header(
        parent_hash=hash_at("parent_hash"),
        ommers_hash=hash_at("ommers_hash"),
        fee_recipient=fields.at("beneficiary").data(ADDRESS_BYTES),
        state_root=hash_at("state_root"),
        transactions_root=hash_at("transactions_root"),
        receipts_root=hash_at("receipts_root"),
        logs_bloom=fields.at("logs_bloom").data(LOGS_BLOOM_BYTES),
        difficulty=integer_at("difficulty", 256),
        number=integer_at("number"),
        gas_limit=integer_at("gas_limit"),
        gas_used=integer_at("gas_used"),
        timestamp=integer_at("timestamp"),
        extra_data=fields.at("extra_data").data(),
        prev_randao=hash_at("mix_hash"),
        nonce=fields.at("nonce").data(8),
        base_fee_per_gas=integer_at("base_fee_per_gas", 256),
        withdrawals_root=hash_at("withdrawals_root"),
        blob_gas_used=integer_at("blob_gas_used"),
        excess_blob_gas=integer_at("excess_blob_gas"),
        parent_beacon_block_root=hash_at("parent_beacon_block_root"),
        requests_hash=hash_at("requests_hash"),
    )


def _access_list(fields: Fields) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    if "access_list" not in fields:
        return ()
    return tuple(
        (entry.at("address").data(ADDRESS_BYTES), entry.at("storageKeys").data_items(HASH_BYTES))
        for entry in fields.at("access_list").items()
    )


def _authorization(fields: Fields) -> Authorization:
    inner = fields.at("inner") if "inner" in fields else fields
    return Authorization(
        chain_id=inner.at("chain_id" if "chain_id" in inner else "chainId").integer(),
        address=inner.at("address").data(ADDRESS_BYTES),
        nonce=inner.at("nonce").integer(64),
        y_parity=fields.at("y_parity" if "y_parity" in fields else "yParity").integer(8),
        r=fields.at("r").integer(),
        s=fields.at("s").integer(),
    )


def read_transaction(fields: Fields) -> Transaction:
    """A transaction of the shape `{signature: {r, s, yParity}, transaction: {Kind: {...}}}`."""
    name, body = fields.at("transaction").only_member()
    if name not in _KINDS:
        raise InputError(
            f"{body.path}: the transaction type {name!r} is unknown; known are {', '.join(_KINDS)}",
            reason=Reason.UNKNOWN_NAME,
            path=body.path,
        )
    kind, signature = _KINDS[name], fields.at("signature")
    chain_id = None if "chain_id" not in body or body.at("chain_id").value is None else body.at("chain_id").integer()
    target = body.at("to")
    fee, priority = "max_fee_per_gas", "max_priority_fee_per_gas"
    if kind in (LEGACY, ACCESS_LIST):
        fee = priority = "gas_price"
    return Transaction(
        kind=kind,
        chain_id=chain_id,
        nonce=body.at("nonce").integer(64),
        max_fee_per_gas=body.at(fee).integer(),
        max_priority_fee_per_gas=body.at(priority).integer(),
        gas_limit=body.at("gas_limit").integer(64),
        to=b"" if target.value is None or target.value == "0x" else target.data(ADDRESS_BYTES),
        value=body.at("value").integer(),
        data=body.at("input").data(),
        access_list=_access_list(body),
        max_fee_per_blob_gas=body.at("max_fee_per_blob_gas").integer() if kind == BLOB else 0,
        blob_versioned_hashes=body.at("blob_versioned_hashes").data_items(HASH_BYTES) if kind == BLOB else (),
        authorizations=tuple(_authorization(entry) for entry in body.at("authorization_list").items())
        if kind == SET_CODE
        else (),
        y_parity=signature.at("yParity").integer(1),
        r=signature.at("r").integer(),
        s=signature.at("s").integer(),
    )


def read_withdrawal(fields: Fields) -> Withdrawal:
    """A withdrawal with camel-case names."""
    return Withdrawal(
        index=fields.at("index").integer(64),
        validator_index=fields.at("validatorIndex").integer(64),
        address=fields.at("address").data(ADDRESS_BYTES),
        amount=fields.at("amount").integer(64),
    )


def read_block(header: Fields, transactions: Fields, withdrawals: Fields, ommers: Fields | None) -> Block:
    """A block from its spelled-out parts."""
    if ommers is not None and ommers.items():
        raise InputError(f"{ommers.path}: blocks with ommers are not supported", reason=Reason.OUT_OF_RANGE)
    return Block(
        read_header(header),
        tuple(read_transaction(item).encode() for item in transactions.items()),
        tuple(read_withdrawal(item) for item in withdrawals.items()),
    )

"""Block headers: 20 fields in Cancun (only as ancestors), 21 from Prague to BPO2, 23 in Amsterdam.

Sources: EIP-1559, EIP-4399, EIP-4895, EIP-4844, EIP-4788, EIP-7685; EIP-7928 and EIP-7843 for Amsterdam.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from hstar.errors import InputError, Reason
from hstar.ethereum import rlp
from hstar.ethereum.hashing import ADDRESS_BYTES, HASH_BYTES, keccak256
from hstar.ethereum.records import LOGS_BLOOM_BYTES

EMPTY_OMMERS_HASH = keccak256(rlp.encode([]))
EMPTY_NONCE = bytes(8)

BYTES_FIELDS = {
    "parent_hash": HASH_BYTES,
    "ommers_hash": HASH_BYTES,
    "fee_recipient": ADDRESS_BYTES,
    "state_root": HASH_BYTES,
    "transactions_root": HASH_BYTES,
    "receipts_root": HASH_BYTES,
    "logs_bloom": LOGS_BLOOM_BYTES,
    "extra_data": None,
    "prev_randao": HASH_BYTES,
    "nonce": 8,
    "withdrawals_root": HASH_BYTES,
    "parent_beacon_block_root": HASH_BYTES,
    "requests_hash": HASH_BYTES,
    "block_access_list_hash": HASH_BYTES,
}
WIDE_INTEGERS = {"difficulty", "base_fee_per_gas"}  # 256 bits; every other integer has 64
FIELD_COUNTS = (20, 21, 23)


@dataclass(frozen=True, slots=True)
class Header:
    """A block header; the fields after `parent_beacon_block_root` are None before their fork."""

    parent_hash: bytes
    ommers_hash: bytes
    fee_recipient: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    prev_randao: bytes
    nonce: bytes
    base_fee_per_gas: int
    withdrawals_root: bytes
    blob_gas_used: int
    excess_blob_gas: int
    parent_beacon_block_root: bytes
    requests_hash: bytes | None = None
    block_access_list_hash: bytes | None = None
    slot_number: int | None = None

    def encode(self) -> bytes:
        """The RLP of the header."""
        values = [getattr(self, field.name) for field in fields(self)]
        return rlp.encode([value for value in values if value is not None])

    def hash(self) -> bytes:
        """The block hash (32 bytes)."""
        return keccak256(self.encode())


def header_from_item(item: rlp.Item, place: str = "the header") -> Header:
    """A header from its decoded RLP list.

    Raises:
        InputError: a wrong number of fields, a wrong length, or an integer that is not canonical.
    """
    items = rlp.as_list(item, None, place)
    if len(items) not in FIELD_COUNTS:
        raise InputError(
            f"{place} has {len(items)} fields; supported are 20 (Cancun), 21 (Prague to BPO2) and 23 (Amsterdam)",
            reason=Reason.MALFORMED,
            place=place,
        )
    values: dict[str, bytes | int] = {}
    for field, value in zip(fields(Header), items, strict=False):
        name = field.name
        if name in BYTES_FIELDS:
            values[name] = rlp.as_bytes(value, BYTES_FIELDS[name], f"{place}, field {name},")
        else:
            bits = 256 if name in WIDE_INTEGERS else 64
            values[name] = rlp.as_int(value, bits, f"{place}, field {name},")
    return Header(**values)  # type: ignore[arg-type]  # names and types are those of the loop above


def decode_header(data: bytes, place: str = "the header") -> Header:
    """A header from its RLP.

    Raises:
        InputError: not exactly one canonical header.
    """
    return header_from_item(rlp.decode(data), place)

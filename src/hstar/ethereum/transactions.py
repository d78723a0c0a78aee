"""Transactions of every type: bytes, signing hash, sender's public key.

Sources: EIP-155 (legacy with chain id), EIP-2930 (type 1), EIP-1559 (type 2), EIP-4844 (type 3), EIP-7702 (type 4);
EIP-2 (s in the lower half).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hstar.errors import InputError, Reason
from hstar.ethereum import rlp
from hstar.ethereum.hashing import ADDRESS_BYTES, HASH_BYTES, SECP256K1_ORDER, keccak256, recover_public_key, sign

LEGACY, ACCESS_LIST, FEE_MARKET, BLOB, SET_CODE = range(5)
TYPE_NAMES = ("legacy", "access list", "fee market", "blob", "set code")

_BASE_FEE_PART = ("chain_id", "nonce", "max_priority_fee_per_gas", "max_fee_per_gas", "gas_limit")
_CALL_PART = ("to", "value", "data")
_SIGNATURE_PART = ("y_parity", "r", "s")
# Field order of each type's RLP list. `gas_price` is both fees of a transaction without a separate priority fee.
FIELDS: tuple[tuple[str, ...], ...] = (
    ("nonce", "gas_price", "gas_limit", *_CALL_PART, "v", "r", "s"),
    ("chain_id", "nonce", "gas_price", "gas_limit", *_CALL_PART, "access_list", *_SIGNATURE_PART),
    (*_BASE_FEE_PART, *_CALL_PART, "access_list", *_SIGNATURE_PART),
    (*_BASE_FEE_PART, *_CALL_PART, "access_list", "max_fee_per_blob_gas", "blob_versioned_hashes", *_SIGNATURE_PART),
    (*_BASE_FEE_PART, *_CALL_PART, "access_list", "authorizations", *_SIGNATURE_PART),
)
_BITS = {"nonce": 64, "gas_limit": 256, "chain_id": 256, "v": 256, "y_parity": 8}
_UNPROTECTED_V, _PROTECTED_V = 27, 35  # EIP-155


FieldValue: TypeAlias = Any  # a value for one field of `Transaction`


@dataclass(frozen=True)
class Authorization:
    """One entry of a set-code transaction (EIP-7702)."""

    chain_id: int
    address: bytes
    nonce: int
    y_parity: int = 0
    r: int = 0
    s: int = 0

    def signing_hash(self) -> bytes:
        """What the authority signs."""
        return keccak256(b"\x05" + rlp.encode([self.chain_id, self.address, self.nonce]))

    def signed(self, secret: bytes) -> Authorization:
        """The entry with the signature of `secret`."""
        r, s, parity = sign(self.signing_hash(), secret)
        return replace(self, r=r, s=s, y_parity=parity)


@dataclass(frozen=True)
class Transaction:
    """A transaction. Fields that its type does not have keep their defaults.

    `to` is empty for a contract creation. `chain_id` is None for a legacy transaction without EIP-155. Fees are in
    wei; `gas_price` of types 0 and 1 stands in both fee fields.
    """

    kind: int
    chain_id: int | None
    nonce: int
    max_fee_per_gas: int
    gas_limit: int
    to: bytes
    value: int = 0
    data: bytes = b""
    max_priority_fee_per_gas: int = 0
    access_list: tuple[tuple[bytes, tuple[bytes, ...]], ...] = ()
    max_fee_per_blob_gas: int = 0
    blob_versioned_hashes: tuple[bytes, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    y_parity: int = 0
    r: int = 0
    s: int = 0

    def _value(self, name: str) -> rlp.Encodable:
        match name:
            case "gas_price":
                return self.max_fee_per_gas
            case "v":
                if self.chain_id is None:
                    return _UNPROTECTED_V + self.y_parity
                return _PROTECTED_V + 2 * self.chain_id + self.y_parity
            case "access_list":
                return [[address, list(slots)] for address, slots in self.access_list]
            case "authorizations":
                return [
                    [entry.chain_id, entry.address, entry.nonce, entry.y_parity, entry.r, entry.s]
                    for entry in self.authorizations
                ]
            case "chain_id":
                return self.chain_id or 0
        value: rlp.Encodable = getattr(self, name)
        return value

    def encode(self) -> bytes:
        """The canonical bytes (EIP-2718)."""
        payload = rlp.encode([self._value(name) for name in FIELDS[self.kind]])
        return payload if self.kind == LEGACY else bytes([self.kind]) + payload

    def hash(self) -> bytes:
        """The transaction hash (32 bytes)."""
        return keccak256(self.encode())

    def signing_hash(self) -> bytes:
        """What the sender signs (32 bytes)."""
        values = [self._value(name) for name in FIELDS[self.kind][:-3]]
        if self.kind != LEGACY:
            return keccak256(bytes([self.kind]) + rlp.encode(values))
        return keccak256(rlp.encode(values if self.chain_id is None else [*values, self.chain_id, 0, 0]))

    def signed(self, secret: bytes) -> Transaction:
        """The transaction with the signature of `secret`."""
        r, s, parity = sign(self.signing_hash(), secret)
        return replace(self, r=r, s=s, y_parity=parity)

    def sender_public_key(self) -> bytes | None:
        """The uncompressed key (65 bytes) that signed this, or None when the signature is invalid."""
        if self.s > SECP256K1_ORDER // 2:
            return None
        return recover_public_key(self.signing_hash(), self.r, self.s, self.y_parity)


def _recipient(item: rlp.Item, kind: int, place: str) -> bytes:
    """Blob and set-code transactions have a recipient; the others may create a contract."""
    data = rlp.as_bytes(item, None, place)
    if len(data) != ADDRESS_BYTES and (data or kind in (BLOB, SET_CODE)):
        raise InputError(f"{place} has {len(data)} bytes, not 20", reason=Reason.MALFORMED, place=place)
    return data


def _access_list(item: rlp.Item, place: str) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    entries = []
    for entry in rlp.as_list(item, None, place):
        address, slots = rlp.as_list(entry, 2, f"an entry of {place}")
        keys = tuple(rlp.as_bytes(slot, HASH_BYTES, f"a slot of {place}") for slot in rlp.as_list(slots, None, place))
        entries.append((rlp.as_bytes(address, ADDRESS_BYTES, f"an address of {place}"), keys))
    return tuple(entries)


def _authorizations(item: rlp.Item, place: str) -> tuple[Authorization, ...]:
    entries = []
    for entry in rlp.as_list(item, None, place):
        chain_id, address, nonce, y_parity, r, s = rlp.as_list(entry, 6, f"an entry of {place}")
        entries.append(
            Authorization(
                rlp.as_int(chain_id, 256, place),
                rlp.as_bytes(address, ADDRESS_BYTES, place),
                rlp.as_int(nonce, 64, place),
                rlp.as_int(y_parity, 8, place),
                rlp.as_int(r, 256, place),
                rlp.as_int(s, 256, place),
            )
        )
    return tuple(entries)


def _field(kind: int, name: str, item: rlp.Item, place: str) -> FieldValue:
    place = f"{place}, field {name},"
    match name:
        case "to":
            return _recipient(item, kind, place)
        case "data":
            return rlp.as_bytes(item, None, place)
        case "access_list":
            return _access_list(item, place)
        case "authorizations":
            return _authorizations(item, place)
        case "blob_versioned_hashes":
            return tuple(rlp.as_bytes(entry, HASH_BYTES, place) for entry in rlp.as_list(item, None, place))
        case _:
            return rlp.as_int(item, _BITS.get(name, 256), place)


def _split_v(v: int, place: str) -> tuple[int | None, int]:
    """Chain id and parity of a legacy transaction's `v`."""
    if v in (_UNPROTECTED_V, _UNPROTECTED_V + 1):
        return None, v - _UNPROTECTED_V
    if v < _PROTECTED_V:
        raise InputError(f"{place}: v is {v}, not 27, 28 or at least 35", reason=Reason.OUT_OF_RANGE, place=place)
    return (v - _PROTECTED_V) // 2, (v - _PROTECTED_V) % 2


def is_legacy(data: bytes) -> bool:
    """Whether canonical bytes are those of a legacy transaction: an RLP list (EIP-2718)."""
    return data[:1] >= bytes([rlp.LIST_PREFIX])


def decode_transaction(data: bytes, place: str = "the transaction") -> Transaction:
    """A transaction from its canonical bytes.

    Raises:
        InputError: an unknown type or a payload that is not canonical.
    """
    if not data:
        raise InputError(f"{place} is empty", reason=Reason.MALFORMED, place=place)
    kind = LEGACY if data[0] >= rlp.LIST_PREFIX else data[0]
    if (kind == LEGACY and data[0] < rlp.LIST_PREFIX) or kind >= len(FIELDS):
        raise InputError(f"{place} has the unknown type {data[0]}", reason=Reason.MALFORMED, place=place)
    names = FIELDS[kind]
    items = rlp.as_list(rlp.decode(data if kind == LEGACY else data[1:]), len(names), place)
    values = {name: _field(kind, name, item, place) for name, item in zip(names, items, strict=True)}
    if "v" in values:
        values["chain_id"], values["y_parity"] = _split_v(values.pop("v"), place)
    if "gas_price" in values:
        price = values.pop("gas_price")
        values |= {"max_fee_per_gas": price, "max_priority_fee_per_gas": price}
    return Transaction(kind=kind, **values)

"""Block headers as nodes spell them out in JSON: the names of `eth_getBlockByNumber`, more or fewer of them.

Nothing that a node says beside the header's own fields is believed: what is known to stand there is passed over, the
hash is compared with the header's, and any other name is refused, since a field that the hash covers may not be lost.
"""

from __future__ import annotations

from dataclasses import fields as fields_of

from hstar.errors import InputError, Reason
from hstar.ethereum.fields import Fields
from hstar.ethereum.hashing import HASH_BYTES
from hstar.ethereum.headers import BYTES_FIELDS, WIDE_INTEGERS, Header

_NAMES = {
    "parent_hash": ("parentHash",),
    "ommers_hash": ("sha3Uncles",),
    "fee_recipient": ("miner",),
    "state_root": ("stateRoot",),
    "transactions_root": ("transactionsRoot",),
    "receipts_root": ("receiptsRoot",),
    "logs_bloom": ("logsBloom",),
    "difficulty": ("difficulty",),
    "number": ("number",),
    "gas_limit": ("gasLimit",),
    "gas_used": ("gasUsed",),
    "timestamp": ("timestamp",),
    "extra_data": ("extraData",),
    "prev_randao": ("mixHash",),
    "nonce": ("nonce",),
    "base_fee_per_gas": ("baseFeePerGas",),
    "withdrawals_root": ("withdrawalsRoot",),
    "blob_gas_used": ("blobGasUsed",),
    "excess_blob_gas": ("excessBlobGas",),
    "parent_beacon_block_root": ("parentBeaconBlockRoot",),
    "requests_hash": ("requestsHash",),
    "block_access_list_hash": ("balHash", "blockAccessListHash"),
    "slot_number": ("slotNumber",),
}
_OPTIONAL = ("requests_hash", "block_access_list_hash", "slot_number")
_HASH = "hash"
_PASSED_OVER = ("size", "totalDifficulty", "uncles", "transactions", "withdrawals")
"""Fields of blocks and of older answers that no header's hash covers."""


def _refused(fields: Fields, what: str) -> InputError:
    return InputError(f"{fields.path} in the JSON file {what}", reason=Reason.MALFORMED, path=fields.path)


def _value(fields: Fields, name: str) -> bytes | int | None:
    """The field of a header under one of its names; None where an optional one is missing or null."""
    found = [alias for alias in _NAMES[name] if alias in fields and fields.at(alias).value is not None]
    if len(found) > 1:
        raise _refused(fields, f"has both {found[0]} and {found[1]}")
    if not found and name in _OPTIONAL:
        return None
    member = fields.at(found[0] if found else _NAMES[name][0])
    if name in BYTES_FIELDS:
        return member.data(BYTES_FIELDS[name])
    return member.integer(256 if name in WIDE_INTEGERS else 64)


def read_node_header(fields: Fields) -> Header:
    """A header from an object of a node's answer.

    Raises:
        InputError: a field is missing, malformed or unknown, or the hash is not the header's.
    """
    if not isinstance(fields.value, dict):
        raise _refused(fields, "is not an object")
    known = {alias for aliases in _NAMES.values() for alias in aliases} | {_HASH, *_PASSED_OVER}
    for name, value in fields.value.items():
        if name not in known and value is not None:
            raise _refused(fields, f"has the unknown field {name!r:.60}; ask the node for headers as RLP")
    values = {field.name: _value(fields, field.name) for field in fields_of(Header)}
    missing = [values[name] is None for name in _OPTIONAL]
    if missing != sorted(missing):
        raise _refused(fields, "lacks a field of an older fork than it has")
    header = Header(**values)  # type: ignore[arg-type]  # names and types are those of the loop above
    if _HASH in fields and fields.at(_HASH).data(HASH_BYTES) != header.hash():
        raise _refused(fields, f"has the hash {fields.at(_HASH).value}, but its fields hash to 0x{header.hash().hex()}")
    return header


def witness_headers(fields: Fields) -> tuple[bytes, ...]:
    """The headers of a witness as RLP, oldest first: given as RLP in this order, or as objects in any.

    Raises:
        InputError: neither; or an object that is no header.
    """
    items = fields.items()
    if not items or not isinstance(items[0].value, dict):
        return fields.data_items()
    headers = [read_node_header(item) for item in items]  # some nodes begin with the parent
    return tuple(header.encode() for header in sorted(headers, key=lambda header: header.number))

"""Execution requests: typed records, their flat encoding, their hash.

Source: EIP-7685 with EIP-6110 (type 0), EIP-7002 (type 1), EIP-7251 (type 2); EIP-8282 (types 3 and 4, Amsterdam).
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.errors import InputError, Reason
from hstar.ethereum import ssz
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import sha256
from hstar.ethereum.records import AmsterdamExecutionRequests, ExecutionRequests


def empty_requests(fork: Fork) -> ExecutionRequests:
    """No requests, in the shape of the fork."""
    return AmsterdamExecutionRequests() if fork >= Fork.AMSTERDAM else ExecutionRequests()


def requests_to_flat(requests: ExecutionRequests) -> list[bytes]:
    """One byte string for each type that has requests: the type, then its records one after the other."""
    flat = []
    for kind, (name, _) in enumerate(ssz.kinds_of(type(requests))):
        records = getattr(requests, name)
        if records:
            flat.append(bytes([kind]) + b"".join(ssz.encode(record) for record in records))
    return flat


def requests_from_flat(flat: Sequence[bytes], fork: Fork) -> ExecutionRequests:
    """The typed records of flat requests.

    Raises:
        InputError: an unknown, empty or repeated type, types out of order, or a cut record.
    """
    record_type = type(empty_requests(fork))
    kinds = ssz.kinds_of(record_type)
    fields: dict[str, tuple[ssz.Record, ...]] = {}
    previous = -1
    for entry in flat:
        kind = entry[0] if entry else len(kinds)
        if kind >= len(kinds) or kind <= previous or len(entry) == 1:
            raise InputError(
                f"execution requests of type {kind} are unknown, empty or out of order", reason=Reason.MALFORMED
            )
        previous = kind
        name, list_kind = kinds[kind]
        fields[name] = ssz.decode_value(list_kind, entry[1:], f"execution requests, {name}")
    return record_type(**fields)  # type: ignore[arg-type]  # the kinds are those of the record


def requests_hash(requests: ExecutionRequests) -> bytes:
    """The hash in the block header (32 bytes)."""
    return sha256(b"".join(sha256(entry) for entry in requests_to_flat(requests)))

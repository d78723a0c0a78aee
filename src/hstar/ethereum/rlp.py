"""RLP, strict and in linear time on hostile bytes.

The package `ethereum-rlp` decodes by recursion and copies the rest of the bytes for every list item, so a megabyte of
one-byte items keeps it busy for 13 s and eight for a quarter of an hour (docs/notes/080-ethereum-host.md). Tests
compare both on random input.

Source: Ethereum Yellow Paper, appendix B.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hstar.errors import InputError, Reason

Item: TypeAlias = "bytes | list[Item]"
Encodable: TypeAlias = "bytes | int | Sequence[Encodable]"

SHORT_LIMIT = 56  # payloads below this length have a one-byte prefix
STRING_PREFIX, LONG_STRING_PREFIX, LIST_PREFIX, LONG_LIST_PREFIX = 0x80, 0xB7, 0xC0, 0xF7
MAX_DEPTH = 16  # a block nests 5 deep (block, transactions, transaction, access list, entry, slots)


def _malformed(what: str, position: int) -> InputError:
    return InputError(f"malformed RLP at byte {position}: {what}", reason=Reason.MALFORMED, position=position)


def _read_prefix(data: bytes, position: int, end: int) -> tuple[bool, int, int]:
    """Returns (is a list, first byte of the payload, end of the payload) of the item at `position`."""
    prefix = data[position]
    if prefix < STRING_PREFIX:
        return False, position, position + 1
    is_list = prefix >= LIST_PREFIX
    base, long_base = (LIST_PREFIX, LONG_LIST_PREFIX) if is_list else (STRING_PREFIX, LONG_STRING_PREFIX)
    if prefix <= long_base:
        start = position + 1
        stop = start + prefix - base
        if stop > end:
            raise _malformed("the item is longer than what holds it", position)
        if not is_list and stop == start + 1 and data[start] < STRING_PREFIX:
            raise _malformed("a byte below 0x80 must stand for itself", position)
        return is_list, start, stop
    start = position + 1 + prefix - long_base
    if start > end:
        raise _malformed("the length is cut off", position)
    length = int.from_bytes(data[position + 1 : start], "big")
    if data[position + 1] == 0 or length < SHORT_LIMIT:
        raise _malformed("the length is not in its shortest form", position)
    if start + length > end:
        raise _malformed("the item is longer than what holds it", position)
    return is_list, start, start + length


def decode(data: bytes) -> Item:
    """Decodes one item that fills `data` exactly.

    Returns:
        `bytes`, or a list of items, nested at most `MAX_DEPTH` deep.

    Raises:
        InputError: not canonical, cut off, nested too deeply, or followed by other bytes.
    """
    if not data:
        raise _malformed("there are no bytes", 0)
    is_list, start, stop = _read_prefix(data, 0, len(data))
    if stop != len(data):
        raise _malformed("bytes follow the item", stop)
    if not is_list:
        return data[start:stop]
    root: list[Item] = []
    open_lists = [(root, stop)]  # lists being filled and where each ends
    position = start
    while open_lists:
        items, end = open_lists[-1]
        if position == end:
            open_lists.pop()
            continue
        is_list, start, stop = _read_prefix(data, position, end)
        if not is_list:
            items.append(data[start:stop])
            position = stop
            continue
        if len(open_lists) == MAX_DEPTH:
            raise _malformed(f"lists are nested more than {MAX_DEPTH} deep", position)
        inner: list[Item] = []
        items.append(inner)
        open_lists.append((inner, stop))
        position = start
    return root


def _prefixed(payload: bytes, base: int, long_base: int) -> bytes:
    if len(payload) < SHORT_LIMIT:
        return bytes([base + len(payload)]) + payload
    length = len(payload).to_bytes((len(payload).bit_length() + 7) // 8, "big")
    return bytes([long_base + len(length)]) + length + payload


def encode(item: Encodable) -> bytes:
    """Encodes bytes, non-negative integers (shortest big-endian form) and sequences of these."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, (bytes, bytearray)):
        if len(item) == 1 and item[0] < STRING_PREFIX:
            return bytes(item)
        return _prefixed(bytes(item), STRING_PREFIX, LONG_STRING_PREFIX)
    return wrap([encode(inner) for inner in item])


def wrap(encoded_items: Sequence[bytes]) -> bytes:
    """The list of items that are encoded already."""
    return _prefixed(b"".join(encoded_items), LIST_PREFIX, LONG_LIST_PREFIX)


def as_list(item: Item, count: int | None, place: str) -> list[Item]:
    """The item as a list of `count` items (any number when None); `place` names it in the error."""
    if not isinstance(item, list):
        raise InputError(f"{place} is not an RLP list", reason=Reason.MALFORMED, place=place)
    if count is not None and len(item) != count:
        raise InputError(f"{place} has {len(item)} items, not {count}", reason=Reason.MALFORMED, place=place)
    return item


def as_bytes(item: Item, length: int | None, place: str) -> bytes:
    """The item as a string of `length` bytes (any length when None)."""
    if not isinstance(item, bytes):
        raise InputError(f"{place} is a list, not a string", reason=Reason.MALFORMED, place=place)
    if length is not None and len(item) != length:
        raise InputError(f"{place} has {len(item)} bytes, not {length}", reason=Reason.MALFORMED, place=place)
    return item


def as_int(item: Item, max_bits: int, place: str) -> int:
    """The item as an integer below 2^max_bits without leading zeros."""
    data = as_bytes(item, None, place)
    if data[:1] == b"\0":
        raise InputError(f"{place} has a leading zero byte", reason=Reason.NOT_CANONICAL, place=place)
    if 8 * len(data) > max_bits:
        raise InputError(f"{place} does not fit in {max_bits} bits", reason=Reason.OUT_OF_RANGE, place=place)
    return int.from_bytes(data, "big")

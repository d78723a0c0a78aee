"""SSZ: a strict codec over declared record types, and hash-tree roots by `remerkleable` from the same declarations.

A record is a frozen dataclass whose fields are annotated with their SSZ kind; its field order is the encoding. The
codec names the place of every error, allocates in proportion to the input, and accepts one encoding per value; the
package decodes without places and builds a tree node per 32 bytes (docs/notes/080-ethereum-host.md). Tests compare
the two.

Sources: consensus-specs ssz/simple-serialize.md; EIP-7495 and EIP-7916 (progressive containers and lists).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import remerkleable.basic as ssz_basic
import remerkleable.byte_arrays as ssz_bytes
import remerkleable.complex as ssz_complex
import remerkleable.core as ssz_core
import remerkleable.progressive as ssz_progressive
import remerkleable.tree as ssz_tree

from hstar.errors import InputError, Reason

OFFSET_BYTES = 4


@dataclass(frozen=True)
class Unsigned:
    """A little-endian unsigned integer of `num_bytes` bytes; values are `int`."""

    num_bytes: int


@dataclass(frozen=True)
class FixedBytes:
    """Exactly `length` bytes; values are `bytes`."""

    length: int


@dataclass(frozen=True)
class ByteList:
    """At most `limit` bytes. With `progressive`, the root is that of a progressive list and does not depend on it."""

    limit: int | None
    progressive: bool = False


@dataclass(frozen=True)
class ListOf:
    """At most `limit` elements of one kind; values are tuples."""

    element: Kind
    limit: int | None
    progressive: bool = False


class Record:
    """Base of record types: a frozen dataclass with annotated fields; `PROGRESSIVE` chooses the hashing."""

    PROGRESSIVE: ClassVar[bool] = False


@dataclass(frozen=True)
class RecordOf:
    """A nested record; values are instances of `record`."""

    record: type[Record]


Kind = Unsigned | FixedBytes | ByteList | ListOf | RecordOf
R = TypeVar("R", bound=Record)
Value: TypeAlias = Any  # a value of some kind: int, bytes, tuple or record
View: TypeAlias = Any  # a type or a value of `remerkleable`, which has no annotations

UINT8, UINT16, UINT64, UINT256 = Unsigned(1), Unsigned(2), Unsigned(8), Unsigned(32)


_kinds: dict[object, tuple[tuple[str, Kind], ...]] = {}


def kinds_of(record: type[Record]) -> tuple[tuple[str, Kind], ...]:
    """Names and kinds of a record's fields, in order, from its annotations."""
    if record not in _kinds:
        _kinds[record] = _read_annotations(record)
    return _kinds[record]


def _read_annotations(record: type[Record]) -> tuple[tuple[str, Kind], ...]:
    hints = get_type_hints(record, include_extras=True)
    pairs = []
    for field in dataclasses.fields(cast(Any, record)):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            pairs.append((field.name, cast(Kind, get_args(hint)[1])))
        else:
            pairs.append((field.name, RecordOf(hint)))
    return tuple(pairs)


@cache
def fixed_size(kind: Kind) -> int | None:
    """Bytes of every value of this kind, or None when they vary."""
    match kind:
        case Unsigned(num_bytes=count) | FixedBytes(length=count):
            return count
        case RecordOf(record=record):
            sizes = [fixed_size(inner) for _, inner in kinds_of(record)]
            return None if None in sizes else sum(cast(list[int], sizes))
        case _:
            return None


def _bad(place: str, what: str, reason: Reason = Reason.MALFORMED) -> InputError:
    return InputError(f"malformed SSZ at {place}: {what}", reason=reason, place=place)


def _slices(data: memoryview, kinds: Sequence[Kind], place: str) -> list[memoryview]:
    """Cuts the encoding of consecutive values into one slice each; checks every offset."""
    sizes = [fixed_size(kind) for kind in kinds]
    fixed_part = sum(OFFSET_BYTES if size is None else size for size in sizes)
    if len(data) < fixed_part:
        raise _bad(place, f"{len(data)} bytes, at least {fixed_part} needed")
    parts: list[memoryview | None] = []
    offsets = []
    position = 0
    for size in sizes:
        if size is None:
            offsets.append(int.from_bytes(data[position : position + OFFSET_BYTES], "little"))
            parts.append(None)
            position += OFFSET_BYTES
        else:
            parts.append(data[position : position + size])
            position += size
    if not offsets:
        if len(data) != fixed_part:
            raise _bad(place, f"{len(data) - fixed_part} bytes too many")
        return cast(list[memoryview], parts)
    if offsets[0] != fixed_part:
        raise _bad(place, f"the first offset is {offsets[0]}, not {fixed_part}")
    bounds = [*offsets, len(data)]
    variable = iter([_between(data, bounds, index, place) for index in range(len(offsets))])
    return [next(variable) if part is None else part for part in parts]


def _between(data: memoryview, bounds: list[int], index: int, place: str) -> memoryview:
    begin, end = bounds[index], bounds[index + 1]
    if begin > end:
        raise _bad(place, f"offset {index} ({begin}) lies behind what follows it ({end})")
    return data[begin:end]


def _decode_list(kind: ListOf, data: memoryview, place: str) -> tuple[Value, ...]:
    size = fixed_size(kind.element)
    if len(data) == 0:
        return ()
    if size is None:
        first = int.from_bytes(data[:OFFSET_BYTES], "little")
        if len(data) < OFFSET_BYTES or first == 0 or first % OFFSET_BYTES or first > len(data):
            raise _bad(place, f"the first offset {first} does not fit a list of {len(data)} bytes")
        count = first // OFFSET_BYTES
    elif len(data) % size:
        raise _bad(place, f"{len(data)} bytes are no multiple of the element's {size}")
    else:
        count = len(data) // size
    if kind.limit is not None and count > kind.limit:
        raise _bad(place, f"{count} elements, at most {kind.limit} allowed", Reason.OUT_OF_RANGE)
    if size is not None:
        parts = [data[index * size : (index + 1) * size] for index in range(count)]
    else:
        parts = _list_slices(data, count, place)
    return tuple(_decode(kind.element, part, f"{place}[{index}]") for index, part in enumerate(parts))


def _list_slices(data: memoryview, count: int, place: str) -> list[memoryview]:
    table = data[: count * OFFSET_BYTES].tobytes()
    bounds = [int.from_bytes(table[at : at + OFFSET_BYTES], "little") for at in range(0, len(table), OFFSET_BYTES)]
    bounds.append(len(data))
    return [_between(data, bounds, index, place) for index in range(count)]


def _decode(kind: Kind, data: memoryview, place: str) -> Value:
    match kind:
        case Unsigned(num_bytes=count):
            if len(data) != count:
                raise _bad(place, f"{len(data)} bytes, not {count}")
            return int.from_bytes(data, "little")
        case FixedBytes(length=count):
            if len(data) != count:
                raise _bad(place, f"{len(data)} bytes, not {count}")
            return data.tobytes()
        case ByteList(limit=limit):
            if limit is not None and len(data) > limit:
                raise _bad(place, f"{len(data)} bytes, at most {limit} allowed", Reason.OUT_OF_RANGE)
            return data.tobytes()
        case ListOf():
            return _decode_list(kind, data, place)
        case RecordOf(record=record):
            return _decode_record(record, data, place)


def _decode_record(record: type[R], data: memoryview, place: str) -> R:
    fields = kinds_of(record)
    parts = _slices(data, [kind for _, kind in fields], place)
    return record(
        **{name: _decode(kind, part, f"{place}.{name}") for (name, kind), part in zip(fields, parts, strict=True)}
    )


def decode(record: type[R], data: bytes, place: str = "") -> R:
    """Decodes a record that fills `data` exactly.

    Raises:
        InputError: any other byte string; the message names the field.
    """
    return _decode_record(record, memoryview(data), place or record.__name__)


def decode_value(kind: Kind, data: bytes, place: str) -> Value:
    """Decodes one value of any kind that fills `data` exactly; errors as in `decode`."""
    return _decode(kind, memoryview(data), place)


def _checked_length(length: int, limit: int | None, place: str) -> None:
    if limit is not None and length > limit:
        raise InputError(
            f"{place} has length {length}, at most {limit} can be encoded", reason=Reason.OUT_OF_RANGE, place=place
        )


def _encode(kind: Kind, value: Value, place: str) -> bytes:
    match kind:
        case Unsigned(num_bytes=count):
            if not 0 <= value < 1 << 8 * count:
                raise InputError(f"{place} does not fit in {8 * count} bits", reason=Reason.OUT_OF_RANGE, place=place)
            return cast(int, value).to_bytes(count, "little")
        case FixedBytes(length=count):
            if len(value) != count:
                raise InputError(f"{place} has {len(value)} bytes, not {count}", reason=Reason.WRONG_SHAPE, place=place)
            return bytes(value)
        case ByteList(limit=limit):
            _checked_length(len(value), limit, place)
            return bytes(value)
        case ListOf(element=element, limit=limit):
            _checked_length(len(value), limit, place)
            encoded = [_encode(element, item, f"{place}[{index}]") for index, item in enumerate(value)]
            return b"".join(encoded) if fixed_size(element) is not None else _join_variable(encoded)
        case RecordOf():
            return encode(value, place)


def _join_variable(encoded: list[bytes]) -> bytes:
    position = OFFSET_BYTES * len(encoded)
    offsets = []
    for part in encoded:
        offsets.append(position.to_bytes(OFFSET_BYTES, "little"))
        position += len(part)
    return b"".join(offsets + encoded)


def encode(value: Record, place: str = "") -> bytes:
    """The one encoding of a record.

    Raises:
        InputError: a field does not fit its kind.
    """
    place = place or type(value).__name__
    heads: list[bytes | None] = []
    tails = []
    for name, kind in kinds_of(type(value)):
        encoded = _encode(kind, getattr(value, name), f"{place}.{name}")
        if fixed_size(kind) is None:
            heads.append(None)
            tails.append(encoded)
        else:
            heads.append(encoded)
    position = sum(OFFSET_BYTES if head is None else len(head) for head in heads)
    lengths = iter([len(tail) for tail in tails])
    fixed = []
    for head in heads:
        if head is None:
            fixed.append(position.to_bytes(OFFSET_BYTES, "little"))
            position += next(lengths)
        else:
            fixed.append(head)
    return b"".join(fixed + tails)


@cache
def view_type(kind: Kind) -> View:
    """The `remerkleable` type of a kind."""
    match kind:
        case Unsigned(num_bytes=count):
            return {
                1: ssz_basic.uint8,
                2: ssz_basic.uint16,
                8: ssz_basic.uint64,
                32: ssz_basic.uint256,
            }[count]
        case FixedBytes(length=count):
            return ssz_bytes.ByteVector[count]
        case ByteList(progressive=True):
            return ssz_progressive.ProgressiveByteList
        case ByteList(limit=limit):
            return ssz_bytes.ByteList[limit]
        case ListOf(element=element, progressive=True):
            return ssz_progressive.ProgressiveList[view_type(element)]
        case ListOf(element=element, limit=limit):
            return ssz_complex.List[view_type(element), limit]
        case RecordOf(record=record):
            annotations = {name: view_type(inner) for name, inner in kinds_of(record)}
            base = ssz_complex.Container
            if record.PROGRESSIVE:
                base = ssz_progressive.ProgressiveContainer([1] * len(annotations))
            return type(base)(record.__name__, (base,), {"__annotations__": annotations})


def view_of(kind: Kind, value: Value) -> View:
    """The value as a `remerkleable` view."""
    match kind:
        case ByteList(progressive=True):
            # The package's constructor takes 12 s for a megabyte, byte by byte; its tree functions take 0.1 s.
            tree = ssz_progressive.subtree_fill_progressive(ssz_core.pack_bytes_to_chunks(value))
            length = ssz_basic.uint256(len(value)).get_backing()
            return view_type(kind).view_from_backing(ssz_tree.PairNode(tree, length))
        case ListOf(element=element):
            return view_type(kind)(*[view_of(element, item) for item in value])
        case RecordOf(record=record):
            return view_type(kind)(**{name: view_of(inner, getattr(value, name)) for name, inner in kinds_of(record)})
        case _:
            return view_type(kind)(value)


def hash_tree_root(value: Record) -> bytes:
    """The SSZ root of a record (32 bytes)."""
    return bytes(view_of(RecordOf(type(value)), value).hash_tree_root())

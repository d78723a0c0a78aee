"""Reading the canonical encoding of a verifying key back, strictly."""

from __future__ import annotations

from hstar.air.decoding import decode_circuit
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import suite_by_name
from hstar.params.protocol import decode_parameters
from hstar.stark.keys import StatementEntry, StatementMessage, VerifyingKey

_FIXED_PARTS = 4
"""Parameters, circuit, heights, root; statement messages follow."""


def decode_key(data: bytes) -> VerifyingKey:
    """The key that `data` encodes.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL, or what `VerifyingKey` refuses.
    """
    statement_length = decode_word(data, 0)
    parts = split_parts(data[4:])
    if len(parts) < _FIXED_PARTS:
        raise InputError("the encoding of a key is cut off", reason=Reason.MALFORMED)
    parameters = decode_parameters(parts[0])
    parameters.require_implemented()
    heights = [decode_word(parts[2], start) for start in range(0, len(parts[2]), 4)]
    key = VerifyingKey(
        decode_circuit(parts[1]),
        parameters,
        tuple(height - 1 if height else None for height in heights),
        suite_by_name(parameters.hash_suite).digest_from_bytes(parts[3]) if parts[3] else None,
        statement_length,
        tuple(_decode_message(part) for part in parts[_FIXED_PARTS:]),
    )
    if key.encode() != data:
        raise InputError("these bytes are not the canonical encoding of a key", reason=Reason.NOT_CANONICAL)
    return key


def _decode_message(data: bytes) -> StatementMessage:
    name_end = 4 + decode_word(data, 0)
    words = [decode_word(data, start) for start in range(name_end, len(data), 4)]
    if len(words) % 2 != 1:
        raise InputError("a statement message is cut off", reason=Reason.MALFORMED)
    try:
        bus = data[4:name_end].decode()
    except UnicodeDecodeError as error:
        raise InputError("the name of a bus is not UTF-8", reason=Reason.MALFORMED) from error
    multiplicity = words[0] if words[0] <= MODULUS // 2 else words[0] - MODULUS
    entries = zip(words[1::2], words[2::2], strict=True)
    return StatementMessage(
        bus, tuple(StatementEntry(value) if is_entry else value for is_entry, value in entries), multiplicity
    )


def decode_word(data: bytes, start: int) -> int:
    """A little-endian word.

    Raises:
        InputError: MALFORMED at the end of the data.
    """
    if start + 4 > len(data):
        raise InputError("the file is cut off", reason=Reason.MALFORMED)
    return int.from_bytes(data[start : start + 4], "little")


def split_parts(data: bytes) -> list[bytes]:
    """Parts behind their lengths, to the end of the data.

    Raises:
        InputError: MALFORMED.
    """
    parts, offset = [], 0
    while offset < len(data):
        end = offset + 4 + decode_word(data, offset)
        if end > len(data):
            raise InputError("the file is cut off", reason=Reason.MALFORMED)
        parts.append(data[offset + 4 : end])
        offset = end
    return parts

"""Reading JSON objects of blocks: every value checked, every error with the path to it."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from hstar.errors import InputError, Reason

_HEX_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_HEX_INTEGER = re.compile(r"0x[0-9a-fA-F]+")
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
MAX_INTEGER_BITS = 256
MAX_NESTING = 64
JsonValue: TypeAlias = Any  # what json.loads gives


def parse_json(data: bytes) -> JsonValue:
    """The value of a JSON text in UTF-8.

    Raises:
        ValueError: it is none, or objects and arrays are nested more than `MAX_NESTING` deep. The parser recurses in C
            up to the recursion limit, which packages raise beyond what the stack holds: nesting is measured before.
    """
    text, depth = data.decode("utf-8"), 0
    for match in _STRING_OR_BRACKET.finditer(text):
        character = text[match.start()]
        depth += (character in "[{") - (character in "]}")
        if depth > MAX_NESTING:
            raise ValueError(f"nested more than {MAX_NESTING} deep")
    return json.loads(text)


class Fields:
    """A JSON value and the path that leads to it.

    Args:
        value: the parsed value.
        path: shown in errors, for example `block.header`.
    """

    def __init__(self, value: JsonValue, path: str) -> None:
        self.value, self.path = value, path

    def _wrong(self, what: str) -> InputError:
        return InputError(f"{self.path} in the JSON file {what}", reason=Reason.MALFORMED, path=self.path)

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def at(self, name: str) -> Fields:
        """The member of an object.

        Raises:
            InputError: not an object, or no such member; the same class of error for all methods below.
        """
        if not isinstance(self.value, dict):
            raise self._wrong("is not an object")
        path = f"{self.path}.{name}" if self.path else name
        if name not in self.value:
            raise InputError(f"{path} is missing in the JSON file", reason=Reason.MALFORMED, path=path)
        return Fields(self.value[name], path)

    def items(self) -> list[Fields]:
        """The elements of an array."""
        if not isinstance(self.value, list):
            raise self._wrong("is not an array")
        return [Fields(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def only_member(self) -> tuple[str, Fields]:
        """Name and value of an object with one member."""
        if not isinstance(self.value, dict) or len(self.value) != 1:
            raise self._wrong("is not an object with one member")
        (name,) = self.value
        return name, self.at(name)

    def data(self, length: int | None = None) -> bytes:
        """Bytes written as 0x and pairs of hexadecimal digits."""
        if not isinstance(self.value, str) or not _HEX_BYTES.fullmatch(self.value):
            raise self._wrong("is not a string of 0x and pairs of hexadecimal digits")
        data = bytes.fromhex(self.value[2:])
        if length is not None and len(data) != length:
            raise self._wrong(f"has {len(data)} bytes, not {length}")
        return data

    def integer(self, max_bits: int = MAX_INTEGER_BITS) -> int:
        """A non-negative integer below 2^max_bits, as a number or as 0x and hexadecimal digits."""
        value = self.value
        if isinstance(value, str) and _HEX_INTEGER.fullmatch(value) and len(value) <= 2 + MAX_INTEGER_BITS // 4:
            value = int(value, 16)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << max_bits:
            raise self._wrong(f"is not an integer from 0 to 2^{max_bits} - 1")
        return value

    def data_items(self, length: int | None = None) -> tuple[bytes, ...]:
        """An array of byte strings."""
        return tuple(item.data(length) for item in self.items())

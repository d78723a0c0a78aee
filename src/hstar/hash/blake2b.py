"""The outer hash: BLAKE2b with digests of 33 bytes and the tag in its `person` field, from the standard library.

33 bytes, because with 32 the bound `t * error + 3 t^2 / 2^digest` on a forger who spends `t` hashes would exceed
`t / 2^128` for the largest `t`. Field elements are hashed as little-endian words of 4 bytes, integers as 8.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hstar.field.koala_bear import MODULUS
from hstar.hash.tags import Tag

DIGEST_BYTES = 33
BLOCK_BYTES = 128
WORDS_PER_DIGEST = DIGEST_BYTES // 4
_WORD_MASK = 2**31 - 1


def digest(tag: Tag, *parts: bytes) -> bytes:
    """BLAKE2b of the concatenated parts, 33 bytes."""
    return hashlib.blake2b(b"".join(parts), digest_size=DIGEST_BYTES, person=tag.person).digest()


@dataclass(frozen=True, slots=True)
class Part:
    """Non-negative integers as they are hashed: each takes `width` bytes, little-endian.

    A listing of parts says once what is hashed, to whoever computes the bytes and to whoever traces the computation.
    """

    width: int
    values: Sequence[int]

    def encode(self) -> bytes:
        """The bytes."""
        return b"".join(value.to_bytes(self.width, "little") for value in self.values)


def encode_elements(elements: Sequence[int]) -> bytes:
    """Canonical field elements as little-endian words of 4 bytes."""
    return struct.pack(f"<{len(elements)}I", *elements)


def encode_integer(value: int) -> bytes:
    """A non-negative integer below 2^64 as 8 little-endian bytes."""
    return value.to_bytes(8, "little")


def elements_of_digest(block: bytes) -> tuple[int, ...]:
    """Up to 8 uniform field elements of a digest.

    Its 8 words are masked to 31 bits and those that are not below the modulus are dropped; byte 32 is not used.
    """
    words = struct.unpack(f"<{WORDS_PER_DIGEST}I", block[: 4 * WORDS_PER_DIGEST])
    return tuple(word & _WORD_MASK for word in words if word & _WORD_MASK < MODULUS)


def counter_mode(tag: Tag, *parts: bytes) -> Iterator[int]:
    """An endless stream of uniform field elements: the elements of `digest(tag, *parts, counter)` for 0, 1, 2, .."""
    counter = 0
    while True:
        yield from elements_of_digest(digest(tag, *parts, encode_integer(counter)))
        counter += 1

"""A hash suite is everything that a proof needs from hashing, so that the hash is a parameter.

`POSEIDON2` is used by proofs that are verified inside circuits; `BLAKE2B` by final proofs, whose verifier then needs
only the standard library. The hash outside differs from the one inside on purpose.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeAlias

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.hash import blake2b, poseidon2, sponge
from hstar.hash.tags import Tag

Digest: TypeAlias = tuple[int, ...] | bytes
"""Nine canonical elements (Poseidon2) or 33 bytes (BLAKE2b). Digests compare and hash as values."""

_BYTES_PER_PACKED_ELEMENT = 3


def check_elements(elements: Sequence[int]) -> None:
    """Refuses anything but canonical field elements, and more of them than the sponge can count.

    Raises:
        InputError: NOT_CANONICAL, OUT_OF_RANGE.
    """
    for index, element in enumerate(elements):
        if not 0 <= element < MODULUS:
            raise InputError(
                f"element {index} is {element}; a field element is an integer from 0 to {MODULUS - 1}",
                reason=Reason.NOT_CANONICAL,
            )
    if len(elements) >= MODULUS:
        raise InputError(f"{len(elements)} elements are too many for one hash", reason=Reason.OUT_OF_RANGE)


class HashSuite(ABC):
    """Tagged hashing of elements and bytes, two-to-one compression, digests and their encodings, and their sizes."""

    name: str
    digest_bytes: int
    """Length of an encoded digest."""
    digest_words: int
    """Entries of a digest in a kernel's array, whose dtype is `digest_dtype`."""
    digest_dtype: str
    block_elements: int
    """How many elements one call of the inner function takes; shorter leaves waste work."""
    num_digests: int
    """How many digests there are; collision bounds are stated with it."""
    num_capacity_states: int
    """How many states the transcript's hidden part has."""

    @property
    def digest_bits(self) -> float:
        """Base-2 logarithm of the number of digests."""
        return math.log2(self.num_digests)

    @property
    def capacity_bits(self) -> float:
        """Base-2 logarithm of the number of hidden transcript states."""
        return math.log2(self.num_capacity_states)

    @abstractmethod
    def hash_elements(self, tag: Tag, elements: Sequence[int]) -> Digest:
        """The digest of a sequence of canonical field elements; its length is part of what is hashed.

        Raises:
            InputError: NOT_CANONICAL, OUT_OF_RANGE.
        """

    @abstractmethod
    def hash_bytes(self, tag: Tag, data: bytes) -> Digest:
        """The digest of a byte string; its length is part of what is hashed."""

    @abstractmethod
    def compress(self, tag: Tag, left: Digest, right: Digest) -> Digest:
        """The digest of two digests.

        Raises:
            InputError: MALFORMED when an argument is not a digest of this suite.
        """

    def check_elements(self, elements: Sequence[int]) -> None:
        """Refuses what cannot be hashed; a circuit, whose elements are symbols, overrides it.

        Raises:
            InputError: NOT_CANONICAL, OUT_OF_RANGE.
        """
        check_elements(elements)

    @abstractmethod
    def is_digest(self, value: object) -> bool:
        """Whether `value` is a digest of this suite."""

    @abstractmethod
    def digest_to_bytes(self, digest: Digest) -> bytes:
        """The encoding of a digest, `digest_bytes` long."""

    @abstractmethod
    def _decode(self, data: bytes) -> Digest:
        """Decodes exactly `digest_bytes` bytes; the result is checked by `digest_from_bytes`."""

    def digest_from_bytes(self, data: bytes) -> Digest:
        """The digest that `data` encodes; every digest has exactly one encoding.

        Raises:
            InputError: MALFORMED (wrong length), NOT_CANONICAL.
        """
        if len(data) != self.digest_bytes:
            raise InputError(
                f"a {self.name} digest is {self.digest_bytes} bytes long, not {len(data)}", reason=Reason.MALFORMED
            )
        digest = self._decode(data)
        if not self.is_digest(digest):
            raise InputError(
                f"a {self.name} digest holds a word that is not below {MODULUS}", reason=Reason.NOT_CANONICAL
            )
        return digest

    def _check_digests(self, *digests: Digest) -> None:
        for digest in digests:
            if not self.is_digest(digest):
                raise InputError(f"not a {self.name} digest: {digest!r}", reason=Reason.MALFORMED)

    def __repr__(self) -> str:
        return f"<hash suite {self.name}>"


class Poseidon2Suite(HashSuite):
    """Poseidon2-24: rate 15, capacity 9, digest 9 elements. A circuit overrides `permute`."""

    name = "poseidon2"
    digest_bytes = 4 * sponge.DIGEST_ELEMENTS
    digest_words = sponge.DIGEST_ELEMENTS
    digest_dtype = "uint32"
    block_elements = sponge.RATE
    num_digests = MODULUS**sponge.DIGEST_ELEMENTS
    num_capacity_states = MODULUS**sponge.CAPACITY

    def permute(self, state: Sequence[int]) -> list[int]:
        """The permutation that everything here is made of."""
        return poseidon2.permute(state)

    def hash_elements(self, tag: Tag, elements: Sequence[int]) -> Digest:
        """See `HashSuite.hash_elements`."""
        self.check_elements(elements)
        return sponge.sponge(tag.element, elements, self.permute)

    def hash_bytes(self, tag: Tag, data: bytes) -> Digest:
        """The sponge over the length (low and high 24 bits) and the bytes, three to an element, little-endian."""
        step = _BYTES_PER_PACKED_ELEMENT
        packed = [int.from_bytes(data[start : start + step], "little") for start in range(0, len(data), step)]
        return self.hash_elements(tag, [len(data) % 2**24, len(data) >> 24, *packed])

    def compress(self, tag: Tag, left: Digest, right: Digest) -> Digest:
        """See `HashSuite.compress`."""
        self._check_digests(left, right)
        return sponge.compress(tag.element, left, right, self.permute)

    def is_digest(self, value: object) -> bool:
        """Nine integers in `[0, MODULUS)`."""
        return (
            isinstance(value, tuple)
            and len(value) == sponge.DIGEST_ELEMENTS
            and all(isinstance(element, int) and 0 <= element < MODULUS for element in value)
        )

    def digest_to_bytes(self, digest: Digest) -> bytes:
        """Nine little-endian words."""
        self._check_digests(digest)
        return blake2b.encode_elements(tuple(digest))

    def _decode(self, data: bytes) -> Digest:
        return tuple(int.from_bytes(data[start : start + 4], "little") for start in range(0, len(data), 4))


class Blake2bSuite(HashSuite):
    """BLAKE2b with 33-byte digests, as `hashlib` computes it."""

    name = "blake2b"
    digest_bytes = blake2b.DIGEST_BYTES
    digest_words = blake2b.DIGEST_BYTES
    digest_dtype = "uint8"
    block_elements = blake2b.BLOCK_BYTES // 4
    num_digests = 256**blake2b.DIGEST_BYTES
    num_capacity_states = 256**blake2b.DIGEST_BYTES

    def hash_elements(self, tag: Tag, elements: Sequence[int]) -> Digest:
        """See `HashSuite.hash_elements`."""
        self.check_elements(elements)
        return blake2b.digest(tag, blake2b.encode_elements(elements))

    def hash_bytes(self, tag: Tag, data: bytes) -> Digest:
        """See `HashSuite.hash_bytes`."""
        return blake2b.digest(tag, data)

    def compress(self, tag: Tag, left: Digest, right: Digest) -> Digest:
        """See `HashSuite.compress`."""
        self._check_digests(left, right)
        return blake2b.digest(tag, bytes(left), bytes(right))

    def is_digest(self, value: object) -> bool:
        """33 bytes."""
        return isinstance(value, bytes) and len(value) == blake2b.DIGEST_BYTES

    def digest_to_bytes(self, digest: Digest) -> bytes:
        """The bytes themselves."""
        self._check_digests(digest)
        return bytes(digest)

    def _decode(self, data: bytes) -> Digest:
        return bytes(data)


POSEIDON2 = Poseidon2Suite()
BLAKE2B = Blake2bSuite()

SUITES: dict[str, HashSuite] = {suite.name: suite for suite in (POSEIDON2, BLAKE2B)}


def suite_by_name(name: str) -> HashSuite:
    """The suite called `name`.

    Raises:
        InputError: UNKNOWN_NAME.
    """
    try:
        return SUITES[name]
    except KeyError:
        raise InputError(
            f"there is no hash suite {name!r}; there are {', '.join(SUITES)}", reason=Reason.UNKNOWN_NAME
        ) from None

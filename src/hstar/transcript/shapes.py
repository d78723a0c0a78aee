"""Shapes of proof parts: how many values of which type stand where.

A proof's shape follows from the key and the parameters alone. One description serves every reader of it: the strict
decoder, the encoder, the check before anything is absorbed, the sizes of the parts, and the tamper tests' enumeration.

Layout: elements of K are 4 bytes little-endian, elements of E six of those, digests as their suite encodes them.
Nothing has a length field but opened trees, whose size depends on the drawn positions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hstar.errors import HstarError, VerificationError
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import HashSuite
from hstar.transcript.arithmetic import Opening, TreeShape
from hstar.transcript.reason import ProofReason

Value: TypeAlias = Any
"""A value of a proof; the shape says of which type."""

BASE_BYTES = 4
EXTENSION_BYTES = 24
COUNT_BYTES = 4
OPENING_HEADER_BYTES = 2 * COUNT_BYTES


class Reader:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.offset = 0

    def take(self, count: int, path: str) -> bytes:
        """The next bytes.

        Raises:
            VerificationError: MALFORMED at the end of the data.
        """
        end = self.offset + count
        if end > len(self._data):
            raise VerificationError(
                f"the proof ends inside {path}; it is cut off", reason=ProofReason.MALFORMED, path=path
            )
        part = self._data[self.offset : end]
        self.offset = end
        return part

    def finish(self) -> None:
        """Stops if bytes are left.

        Raises:
            VerificationError: TRAILING_BYTES.
        """
        if self.offset != len(self._data):
            raise VerificationError(
                f"{len(self._data) - self.offset} bytes follow the end of the proof", reason=ProofReason.TRAILING_BYTES
            )


class Shape(ABC):
    """The shape of a value in a proof."""

    @abstractmethod
    def encode(self, value: Value) -> bytes:
        """Canonical bytes of a value of this shape."""

    @abstractmethod
    def decode(self, reader: Reader, path: str) -> Value:
        """Reads one value.

        Raises:
            VerificationError: MALFORMED, NOT_CANONICAL.
        """

    @abstractmethod
    def check(self, value: Value, path: str) -> None:
        """Refuses a value of another shape, type or range.

        Raises:
            VerificationError: WRONG_SHAPE, NOT_CANONICAL.
        """

    @abstractmethod
    def leaves(self, value: Value, path: str) -> Iterator[tuple[str, Shape, Value]]:
        """Every atomic value with its path, in order."""

    @abstractmethod
    def make(self, leaf: Callable[[Shape], Value]) -> Value:
        """A value of this shape whose atoms are what `leaf` returns for their shapes."""


class Atom(Shape):
    """A single value."""

    def leaves(self, value: Value, path: str) -> Iterator[tuple[str, Shape, Value]]:
        """The value itself."""
        yield path, self, value

    def make(self, leaf: Callable[[Shape], Value]) -> Value:
        """What `leaf` returns."""
        return leaf(self)


def _wrong(path: str, expected: str, value: object) -> VerificationError:
    return VerificationError(
        f"{path} of the proof is not {expected} but {type(value).__name__}", reason=ProofReason.WRONG_SHAPE, path=path
    )


def _check_canonical(word: int, path: str) -> None:
    if not 0 <= word < MODULUS:
        raise VerificationError(
            f"{path} of the proof holds {word}, which is not below the modulus {MODULUS}",
            reason=ProofReason.NOT_CANONICAL,
            path=path,
        )


def _decode_word(reader: Reader, path: str) -> int:
    word = int.from_bytes(reader.take(BASE_BYTES, path), "little")
    _check_canonical(word, path)
    return word


class BaseShape(Atom):
    """An element of K as an int."""

    def encode(self, value: int) -> bytes:
        """Four bytes."""
        return value.to_bytes(BASE_BYTES, "little")

    def decode(self, reader: Reader, path: str) -> int:
        """See `Shape.decode`."""
        return _decode_word(reader, path)

    def check(self, value: Value, path: str) -> None:
        """See `Shape.check`."""
        if type(value) is not int:
            raise _wrong(path, "an integer", value)
        _check_canonical(value, path)


class ExtensionShape(Atom):
    """An element of E."""

    def encode(self, value: ExtensionElement) -> bytes:
        """Twenty-four bytes."""
        return value.to_bytes()

    def decode(self, reader: Reader, path: str) -> ExtensionElement:
        """See `Shape.decode`."""
        data = reader.take(EXTENSION_BYTES, path)
        words = [int.from_bytes(data[start : start + 4], "little") for start in range(0, EXTENSION_BYTES, 4)]
        for word in words:
            _check_canonical(word, path)
        return ExtensionElement(tuple(words))

    def check(self, value: Value, path: str) -> None:
        """See `Shape.check`; an `ExtensionElement` is canonical by construction."""
        if type(value) is not ExtensionElement:
            raise _wrong(path, "an element of E", value)


@dataclass(frozen=True)
class DigestShape(Atom):
    """A digest of a suite."""

    suite: HashSuite

    def encode(self, value: Value) -> bytes:
        """As the suite encodes it."""
        return self.suite.digest_to_bytes(value)

    def decode(self, reader: Reader, path: str) -> Value:
        """See `Shape.decode`."""
        data = reader.take(self.suite.digest_bytes, path)
        try:
            return self.suite.digest_from_bytes(data)
        except HstarError as error:
            raise VerificationError(
                f"{path} of the proof is not a canonical {self.suite.name} digest",
                reason=ProofReason.NOT_CANONICAL,
                path=path,
            ) from error

    def check(self, value: Value, path: str) -> None:
        """See `Shape.check`."""
        if not self.suite.is_digest(value):
            raise _wrong(path, f"a {self.suite.name} digest", value)


@dataclass(frozen=True)
class OpeningShape(Atom):
    """Opened leaves of one tree: numbers of leaves and siblings, then both.

    How many there are depends on the drawn positions, so the verifier checks the exact numbers once it has drawn them;
    here they are bounded by what the number of queries allows.
    """

    suite: HashSuite
    tree: TreeShape
    num_queries: int

    @property
    def max_leaves(self) -> int:
        """Distinct leaves that the queries can touch."""
        return min(self.num_queries, 1 << self.tree.depth)

    @property
    def max_siblings(self) -> int:
        """Nodes that complete so many paths, when none is shared."""
        return self.max_leaves * self.tree.depth

    def encode(self, value: Opening) -> bytes:
        """Both counts, then all leaves, then all siblings."""
        counts = [
            len(value.leaves).to_bytes(COUNT_BYTES, "little"),
            len(value.siblings).to_bytes(COUNT_BYTES, "little"),
        ]
        words = b"".join(word.to_bytes(BASE_BYTES, "little") for leaf in value.leaves for word in leaf)
        return b"".join([*counts, words, *(self.suite.digest_to_bytes(node) for node in value.siblings)])

    def decode(self, reader: Reader, path: str) -> Opening:
        """See `Shape.decode`."""
        num_leaves = int.from_bytes(reader.take(COUNT_BYTES, path), "little")
        num_siblings = int.from_bytes(reader.take(COUNT_BYTES, path), "little")
        self._check_counts(num_leaves, num_siblings, path)
        width, digest = self.tree.leaf_width, DigestShape(self.suite)
        leaves = tuple(
            tuple(_decode_word(reader, f"{path}.leaves[{index}]") for _ in range(width)) for index in range(num_leaves)
        )
        siblings = tuple(digest.decode(reader, f"{path}.siblings[{index}]") for index in range(num_siblings))
        return Opening(leaves, siblings)

    def check(self, value: Value, path: str) -> None:
        """See `Shape.check`."""
        if type(value) is not Opening or type(value.leaves) is not tuple or type(value.siblings) is not tuple:
            raise _wrong(path, "an opening", value)
        self._check_counts(len(value.leaves), len(value.siblings), path)
        leaf_shape, digest = Repeat(BASE, self.tree.leaf_width), DigestShape(self.suite)
        for index, leaf in enumerate(value.leaves):
            leaf_shape.check(leaf, f"{path}.leaves[{index}]")
        for index, node in enumerate(value.siblings):
            digest.check(node, f"{path}.siblings[{index}]")

    def leaves(self, value: Opening, path: str) -> Iterator[tuple[str, Shape, Value]]:
        """Every word of every leaf and every sibling."""
        for index, leaf in enumerate(value.leaves):
            yield from Repeat(BASE, self.tree.leaf_width).leaves(leaf, f"{path}.leaves[{index}]")
        for index, node in enumerate(value.siblings):
            yield f"{path}.siblings[{index}]", DigestShape(self.suite), node

    def _check_counts(self, num_leaves: int, num_siblings: int, path: str) -> None:
        if not (1 <= num_leaves <= self.max_leaves and num_siblings <= self.max_siblings):
            raise VerificationError(
                f"{path} of the proof holds {num_leaves} leaves and {num_siblings} siblings; {self.num_queries} "
                f"queries open from 1 to {self.max_leaves} leaves with at most {self.max_siblings} siblings",
                reason=ProofReason.OPENING_SIZE,
                path=path,
            )


@dataclass(frozen=True)
class Listing(Shape):
    """A tuple whose items have these shapes."""

    items: Sequence[Shape]

    def encode(self, value: Value) -> bytes:
        """The items one after the other."""
        return b"".join(shape.encode(item) for shape, item in zip(self.items, value, strict=True))

    def decode(self, reader: Reader, path: str) -> tuple[Value, ...]:
        """See `Shape.decode`."""
        return tuple(shape.decode(reader, f"{path}[{index}]") for index, shape in enumerate(self.items))

    def check(self, value: Value, path: str) -> None:
        """See `Shape.check`."""
        if type(value) is not tuple or len(value) != len(self.items):
            raise _wrong(path, f"a tuple of {len(self.items)} items", value)
        for index, (shape, item) in enumerate(zip(self.items, value, strict=True)):
            shape.check(item, f"{path}[{index}]")

    def leaves(self, value: Value, path: str) -> Iterator[tuple[str, Shape, Value]]:
        """The leaves of all items."""
        for index, (shape, item) in enumerate(zip(self.items, value, strict=True)):
            yield from shape.leaves(item, f"{path}[{index}]")

    def make(self, leaf: Callable[[Shape], Value]) -> tuple[Value, ...]:
        """See `Shape.make`."""
        return tuple(shape.make(leaf) for shape in self.items)


def Repeat(item: Shape, count: int) -> Listing:  # noqa: N802  reads as a shape beside Listing and Record
    """A tuple of `count` items of one shape."""
    return Listing((item,) * count)


class Record(Shape):
    """A dataclass whose fields, in order, have these shapes."""

    def __init__(self, kind: type, **fields: Shape) -> None:
        self.kind = kind
        self.fields = fields

    def encode(self, value: Value) -> bytes:
        """The fields one after the other."""
        return b"".join(shape.encode(getattr(value, name)) for name, shape in self.fields.items())

    def decode(self, reader: Reader, path: str) -> Value:
        """See `Shape.decode`."""
        return self.kind(
            **{name: shape.decode(reader, f"{path}.{name}" if path else name) for name, shape in self.fields.items()}
        )

    def check(self, value: Value, path: str) -> None:
        """See `Shape.check`."""
        if type(value) is not self.kind:
            raise _wrong(path or "the body", f"a {self.kind.__name__}", value)
        for name, shape in self.fields.items():
            shape.check(getattr(value, name), f"{path}.{name}" if path else name)

    def leaves(self, value: Value, path: str) -> Iterator[tuple[str, Shape, Value]]:
        """The leaves of all fields."""
        for name, shape in self.fields.items():
            yield from shape.leaves(getattr(value, name), f"{path}.{name}" if path else name)

    def make(self, leaf: Callable[[Shape], Value]) -> Value:
        """See `Shape.make`."""
        return self.kind(**{name: shape.make(leaf) for name, shape in self.fields.items()})


BASE = BaseShape()
EXTENSION = ExtensionShape()
EMPTY = Listing(())

"""The recursion key: what the verifier of final proofs is built with for one program, and what a prover checks.

All nodes have one shape (`hstar.recursion.topology`), so one key stands for all of them; a node's own key is that one
with another root of the preprocessed columns, in which its program stands. So the file holds a template, the roots, and
the key of the final proof. R follows from these and is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from hstar.errors import InputError, Reason
from hstar.hash.suite import BLAKE2B, POSEIDON2
from hstar.recursion.accept import AcceptanceKey
from hstar.recursion.key_set import KeySet
from hstar.recursion.relations import KEY_SET_LOG_SIZE, MAX_ARITY
from hstar.stark.key_decoding import decode_key, decode_word, split_parts
from hstar.stark.keys import VerifyingKey, encode_word
from hstar.stark.segments import SegmentKeys

MAGIC = b"hstar\0rk"
VERSION = 1
MAX_NODES = 1 << KEY_SET_LOG_SIZE
_WORD_BYTES, _NODE_WORDS = 4, 3
_PARTS = 4
"""V, template, key of the final proof, nodes."""


class NodeKind(StrEnum):
    """What a node verifies: segments, or nodes."""

    LEAF = "leaf"
    JOIN = "join"


@dataclass(frozen=True)
class NodePlace:
    """Which node of a program's recursion.

    Args:
        kind: leaf or join.
        segment_key: index of the key of a leaf's segments; None for a join.
        count: segments of a leaf, children of a join.
    """

    kind: NodeKind
    segment_key: int | None
    count: int

    def __str__(self) -> str:
        return f"leaf-{self.segment_key}-{self.count}" if self.kind is NodeKind.LEAF else f"join-{self.count}"


@dataclass(frozen=True)
class NodeIdentity:
    """A node's key, of which all but these two digests is the template's.

    Args:
        place: which node.
        digest: of the key.
        preprocessed_root: of the columns in which the node's program stands.
    """

    place: NodePlace
    digest: tuple[int, ...]
    preprocessed_root: tuple[int, ...]

    @property
    def kind(self) -> NodeKind:
        """Leaf or join."""
        return self.place.kind

    @property
    def segment_key(self) -> int | None:
        """Index of the key of a leaf's segments."""
        return self.place.segment_key

    @property
    def count(self) -> int:
        """Segments of a leaf, children of a join."""
        return self.place.count


@dataclass(frozen=True, eq=False)
class RecursionKey:
    """What verifiers of final proofs, and reports, are given by someone they trust.

    Args:
        machine_digest: V, encoded.
        places, roots: of the nodes in the order of R: leaves by segment key and count, then joins; the preprocessed
            root of each.
        node_key: the first node's key, of which the others differ in the root alone.
        final: key of the final proof.

    Raises:
        InputError: WRONG_SHAPE with a sentence that says what does not fit.
    """

    machine_digest: bytes
    places: tuple[NodePlace, ...]
    roots: tuple[tuple[int, ...], ...]
    node_key: VerifyingKey
    final: VerifyingKey

    def __post_init__(self) -> None:
        POSEIDON2.digest_from_bytes(self.machine_digest)
        if list(self.places) != _ordered(self.places) or not 1 <= len(self.places) <= MAX_NODES:
            raise _refuse(f"a recursion has 1 to {MAX_NODES} nodes, leaves in order, then joins in order")
        if len(self.roots) != len(self.places) or not all(POSEIDON2.is_digest(root) for root in self.roots):
            raise _refuse("a recursion key has one root for each node")
        if self.node_key.suite is not POSEIDON2 or self.final.suite is not BLAKE2B:
            raise _refuse("nodes are proven with Poseidon2, the final proof with BLAKE2b")
        if self.node_key.preprocessed_root != self.roots[0]:
            raise _refuse("the template of the nodes' keys is not the key of the first node")
        if self.node_key.statement_length != self.final.statement_length:
            raise _refuse("nodes and final proof must say the same kind of statement")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecursionKey) and self.encode() == other.encode()

    def __hash__(self) -> int:
        return hash(self.encode())

    @cached_property
    def node_keys(self) -> tuple[VerifyingKey, ...]:
        """The keys of all nodes, in the order of R."""
        return tuple(replace(self.node_key, preprocessed_root=root) for root in self.roots)

    @cached_property
    def nodes(self) -> tuple[NodeIdentity, ...]:
        """What tells the nodes' keys apart, in the order of R."""
        return tuple(
            NodeIdentity(place, tuple(_words(key.digest)), root)
            for place, key, root in zip(self.places, self.node_keys, self.roots, strict=True)
        )

    @cached_property
    def key_set(self) -> KeySet:
        """R: all keys that nodes may have."""
        return KeySet(self.node_keys)

    def verifying_key(self, place: NodePlace) -> VerifyingKey:
        """The key of a node.

        Raises:
            InputError: UNKNOWN_NAME when the recursion has no such node.
        """
        if place not in self.places:
            raise InputError(
                f"the recursion key has no node {place}; it has {', '.join(map(str, self.places))}",
                reason=Reason.UNKNOWN_NAME,
            )
        return self.node_keys[self.places.index(place)]

    def acceptance_key(self, segment_keys: SegmentKeys) -> AcceptanceKey:
        """What `verify_final` is built with.

        Raises:
            InputError: WRONG_SHAPE when this recursion is of other segments.
        """
        self.require_fits(segment_keys)
        return AcceptanceKey(self.final, self.key_set.root, segment_keys)

    def require_fits(self, segment_keys: SegmentKeys) -> None:
        """Refuses the keys of other segments.

        Raises:
            InputError: WRONG_SHAPE.
        """
        indices = [place.segment_key for place in self.places if place.segment_key is not None]
        if self.machine_digest != segment_keys.digest or max(indices, default=0) >= len(segment_keys.keys):
            raise _refuse("the recursion key is of another program than the machine key")

    def encode(self) -> bytes:
        """Canonical bytes: magic, version, then V, template, final key and nodes behind their lengths."""
        nodes = b"".join(
            _encode_place(place) + POSEIDON2.digest_to_bytes(root)
            for place, root in zip(self.places, self.roots, strict=True)
        )
        parts = [self.machine_digest, self.node_key.encode(), self.final.encode(), nodes]
        return MAGIC + encode_word(VERSION) + b"".join(encode_word(len(part)) + part for part in parts)


def _ordered(places: Sequence[NodePlace]) -> list[NodePlace]:
    """The same places in the order of R, without those that no recursion has."""
    leaves = {place for place in places if place.kind is NodeKind.LEAF and place.segment_key is not None}
    joins = {place for place in places if place.kind is NodeKind.JOIN and place.segment_key is None}
    return [
        *sorted(
            (place for place in leaves if 1 <= place.count <= MAX_ARITY),
            key=lambda place: (place.segment_key or 0, place.count),
        ),
        *sorted((place for place in joins if 2 <= place.count <= MAX_ARITY), key=lambda place: place.count),
    ]


def _words(digest: bytes | Sequence[int]) -> Sequence[int]:
    if isinstance(digest, bytes):
        raise _refuse("the digest of a node's key must be field elements")
    return digest


def _refuse(message: str) -> InputError:
    return InputError(message, reason=Reason.WRONG_SHAPE)


def _encode_place(place: NodePlace) -> bytes:
    """Index of the kind, index of the segment key from 1 (0 for a join), count."""
    index = 0 if place.segment_key is None else place.segment_key + 1
    return encode_word(list(NodeKind).index(place.kind)) + encode_word(index) + encode_word(place.count)


def _decode_place(data: bytes) -> NodePlace:
    kind, index, count = (decode_word(data, _WORD_BYTES * position) for position in range(_NODE_WORDS))
    if kind >= len(NodeKind):
        raise InputError("a node of an unknown kind", reason=Reason.MALFORMED)
    return NodePlace(list(NodeKind)[kind], index - 1 if index else None, count)


def looks_like_recursion_key(data: bytes) -> bool:
    """Whether bytes start as those of a recursion key do."""
    return data.startswith(MAGIC)


def decode_recursion_key(data: bytes) -> RecursionKey:
    """The key that `data` encodes; every key has exactly one encoding.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL, or what `RecursionKey` and its parts refuse.
    """
    if not looks_like_recursion_key(data):
        raise InputError("this is not a recursion key", reason=Reason.MALFORMED)
    version = decode_word(data, len(MAGIC))
    if version != VERSION:
        raise InputError(
            f"recursion key of version {version}; this program reads version {VERSION}", reason=Reason.MALFORMED
        )
    parts = split_parts(data[len(MAGIC) + _WORD_BYTES :])
    if len(parts) != _PARTS:
        raise InputError(f"a recursion key has {_PARTS} parts, not {len(parts)}", reason=Reason.MALFORMED)
    machine_digest, template, final, nodes = parts
    head = _WORD_BYTES * _NODE_WORDS
    size = head + len(POSEIDON2.digest_to_bytes((0,) * 9))
    if len(nodes) % size or len(nodes) // size > MAX_NODES:
        raise InputError("the nodes of a recursion key are cut off, or too many", reason=Reason.MALFORMED)
    entries = [nodes[start : start + size] for start in range(0, len(nodes), size)]
    key = RecursionKey(
        machine_digest,
        tuple(_decode_place(entry) for entry in entries),
        tuple(tuple(_words(POSEIDON2.digest_from_bytes(entry[head:]))) for entry in entries),
        decode_key(template),
        decode_key(final),
    )
    if key.encode() != data:
        raise InputError("these bytes are not the canonical encoding of a key", reason=Reason.NOT_CANONICAL)
    return key

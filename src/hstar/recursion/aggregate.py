"""From segment proofs to one final proof: leaves, joins, final."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hstar.errors import InputError, Reason
from hstar.field.extension import ZERO, ExtensionElement
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import NodeKey, NodeProof, prove_node
from hstar.recursion.statement import NodeStatement
from hstar.recursion.topology import RecursionKeys
from hstar.recursion.witness import Advice, KeyedProof
from hstar.stark.proof import Proof, decode_proof
from hstar.stark.segments import TREE_ARITY, SegmentKeys, SegmentProof, digest_tree

Report = Callable[[str], None]
"""Told the name of every node that has been proven."""


@dataclass(frozen=True)
class ProvenSegment:
    """A segment's proof and what it says.

    Args:
        key_index: of its key.
        proof: under that key.
        digest: D_k.
        partial_sum: S of the segment.
    """

    key_index: int
    proof: Proof
    digest: tuple[int, ...]
    partial_sum: ExtensionElement


def proven_segments(keys: SegmentKeys, segments: Sequence[SegmentProof]) -> list[ProvenSegment]:
    """Segments as a prover sends them, with the sums that they claim; a leaf checks the sums.

    Raises:
        VerificationError: a proof's bytes are no proof.
    """
    proven: list[ProvenSegment] = []
    for segment in segments:
        key = keys.keys[segment.key_index]
        proof = decode_proof(key, segment.proof) if isinstance(segment.proof, bytes) else segment.proof
        _, numerator, _, denominator = proof.gkr.roots
        proven.append(ProvenSegment(segment.key_index, proof, tuple(segment.digest), numerator / denominator))
    return proven


@dataclass(frozen=True)
class Node:
    """A proven node.

    Args:
        key: of its program.
        statement: x.
        proof: that x holds.
    """

    key: NodeKey
    statement: NodeStatement
    proof: Proof


def _ignore(name: str) -> None:
    """No report."""


def aggregate(
    keys: RecursionKeys,
    segments: Sequence[ProvenSegment],
    challenge: Sequence[ExtensionElement],
    *,
    report: Report = _ignore,
) -> Node:
    """One final proof about all segments.

    Args:
        keys: of the recursion.
        segments: 1 .. N in order, proven under the challenge.
        challenge: A.
        report: told about finished nodes.

    Raises:
        InputError: WRONG_SHAPE when there is no leaf or join of a size that is needed.
        VerificationError: a proof is refused.
    """
    node = _prove_range(keys, segments, 1, tuple(challenge), report)
    proof = _prove(
        keys.final, node.statement, [(node.key.verifying_key, node.proof)], identity_advice(keys.key_set, node)
    )
    report("final")
    return Node(keys.final, node.statement, proof.proof)


def _prove_range(
    keys: RecursionKeys,
    segments: Sequence[ProvenSegment],
    first: int,
    challenge: tuple[ExtensionElement, ...],
    report: Report,
) -> Node:
    """The node of neighbouring segments, cut as the digest tree cuts them."""
    kinds = {segment.key_index for segment in segments}
    if len(kinds) == 1 and (kinds.copy().pop(), len(segments)) in keys.leaves:
        return prove_leaf(keys, segments, first, challenge, report)
    if len(segments) == 1:
        raise InputError(f"there is no leaf for segment {first}", reason=Reason.WRONG_SHAPE)
    arity = min(TREE_ARITY, len(segments))
    bounds = [len(segments) * index // arity for index in range(arity + 1)]
    children = [
        _prove_range(keys, segments[start:end], first + start, challenge, report) for start, end in pairwise(bounds)
    ]
    if arity not in keys.joins:
        raise InputError(f"there is no join of {arity} children", reason=Reason.WRONG_SHAPE)
    statement = cover(keys, segments, first, challenge)
    proofs = [(child.key.verifying_key, child.proof) for child in children]
    proof = _prove(keys.joins[arity], statement, proofs, join_advice(keys.key_set, children))
    report(f"join of segments {first} to {first + len(segments) - 1}")
    return Node(keys.joins[arity], statement, proof.proof)


def prove_leaf(
    keys: RecursionKeys,
    segments: Sequence[ProvenSegment],
    first: int,
    challenge: tuple[ExtensionElement, ...],
    report: Report = _ignore,
) -> Node:
    """The leaf of neighbouring segments with one key."""
    key = keys.leaves[segments[0].key_index, len(segments)]
    statement = cover(keys, segments, first, challenge)
    segment_key = keys.segment_keys.keys[segments[0].key_index]
    proof = _prove(key, statement, [(segment_key, segment.proof) for segment in segments], ())
    report(f"leaf of segments {first} to {first + len(segments) - 1}")
    return Node(key, statement, proof.proof)


def cover(
    keys: RecursionKeys, segments: Sequence[ProvenSegment], first: int, challenge: tuple[ExtensionElement, ...]
) -> NodeStatement:
    """What is true of neighbouring segments."""
    total = ZERO
    for segment in segments:
        total = total + segment.partial_sum
    digest = digest_tree([segment.digest for segment in segments])
    return NodeStatement(keys.key_set.root, first, len(segments), digest, challenge, total)


def _prove(key: NodeKey, statement: NodeStatement, proofs: Sequence[KeyedProof], advice: Advice) -> NodeProof:
    return prove_node(key, statement.public_input(), proofs, advice)


def join_advice(key_set: KeySet, children: Sequence[Node]) -> Advice:
    """What a join is told about its children."""
    advice: list[int | ExtensionElement | tuple[int, ...]] = []
    for child in children:
        covered = child.statement
        advice += [*identity_advice(key_set, child), covered.count, *_halves(covered.digest), covered.partial_sum]
    return advice


def identity_advice(key_set: KeySet, node: Node) -> list[int | ExtensionElement | tuple[int, ...]]:
    """What a parent must be told about a child's key."""
    key = node.key.verifying_key
    index = key_set.index(key)
    root = key.preprocessed_root
    if root is None:
        raise InputError("a node's key has preprocessed columns", reason=Reason.WRONG_SHAPE)
    return [*_halves(tuple(key.digest)), *_halves(tuple(root)), index, *key_set.path(index)]


def _halves(digest: tuple[int, ...]) -> list[tuple[int, ...]]:
    """A digest as the words of two narrow wires."""
    return [digest[:6], digest[6:]]

"""From segment proofs to one final proof: leaves, joins, final."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hstar.errors import InputError, Reason
from hstar.field.extension import ZERO, ExtensionElement
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import NodeKey, NodeProof, prove_node
from hstar.recursion.plan import PlannedNode, plan_nodes
from hstar.recursion.recursion_key import NodeKind
from hstar.recursion.statement import NodeStatement
from hstar.recursion.topology import NodeKeys
from hstar.recursion.witness import Advice, KeyedProof
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof, decode_proof
from hstar.stark.segments import SegmentKeys, SegmentProof, digest_tree, join_digests

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


class HasVerifyingKey(Protocol):
    """What a parent must have of a node's key: a `NodeKey`, or less."""

    @property
    def verifying_key(self) -> VerifyingKey:
        """The verifier's part."""


@dataclass(frozen=True)
class ProvenUnder:
    """The key of a node that was proven elsewhere."""

    verifying_key: VerifyingKey


@dataclass(frozen=True)
class Node:
    """A proven node.

    Args:
        key: that its proof is verified under.
        statement: x.
        proof: that x holds.
    """

    key: HasVerifyingKey
    statement: NodeStatement
    proof: Proof


def _ignore(name: str) -> None:
    """No report."""


def aggregate(
    keys: NodeKeys,
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
    plan = plan_nodes([segment.key_index for segment in segments], keys.leaves, keys.joins)
    node = _prove_planned(keys, plan, segments, tuple(challenge), report)
    final = prove_final(keys, node)
    report("final")
    return final


def _prove_planned(
    keys: NodeKeys,
    plan: PlannedNode,
    segments: Sequence[ProvenSegment],
    challenge: tuple[ExtensionElement, ...],
    report: Report,
) -> Node:
    """A node of the plan and everything below it."""
    covered = segments[plan.first - 1 : plan.first - 1 + plan.count]
    if plan.place.kind is NodeKind.LEAF:
        node = prove_leaf(keys, covered, plan.first, challenge)
    else:
        node = prove_join(keys, [_prove_planned(keys, child, segments, challenge, report) for child in plan.children])
    report(str(plan))
    return node


def prove_join(keys: NodeKeys, children: Sequence[Node]) -> Node:
    """The join of neighbouring nodes."""
    key, first = keys.joins[len(children)], children[0].statement
    total, count = ZERO, sum(child.statement.count for child in children)
    for child in children:
        total = total + child.statement.partial_sum
    digest = join_digests(count, [child.statement.digest for child in children])
    statement = NodeStatement(keys.key_set.root, first.first, count, digest, first.challenge, total)
    proofs = [(child.key.verifying_key, child.proof) for child in children]
    return Node(key, statement, _prove(key, statement, proofs, join_advice(keys.key_set, children)).proof)


def prove_final(keys: NodeKeys, node: Node) -> Node:
    """The final proof about what one node says."""
    advice = identity_advice(keys.key_set, node)
    proof = _prove(keys.final, node.statement, [(node.key.verifying_key, node.proof)], advice)
    return Node(keys.final, node.statement, proof.proof)


def prove_leaf(
    keys: NodeKeys,
    segments: Sequence[ProvenSegment],
    first: int,
    challenge: tuple[ExtensionElement, ...],
) -> Node:
    """The leaf of neighbouring segments with one key."""
    key = keys.leaves[segments[0].key_index, len(segments)]
    statement = cover(keys, segments, first, challenge)
    segment_key = keys.segment_keys.keys[segments[0].key_index]
    proof = _prove(key, statement, [(segment_key, segment.proof) for segment in segments], ())
    return Node(key, statement, proof.proof)


def cover(
    keys: NodeKeys, segments: Sequence[ProvenSegment], first: int, challenge: tuple[ExtensionElement, ...]
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

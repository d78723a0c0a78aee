"""The relations of the nodes: public statement x, witness w. They are traced, so they read like a verifier.

leaf    w = proofs of c segments under one key of the circuit: accepted with the numbers k0, k0 + 1, .. under A
join    w = k proofs of nodes with their keys and what they cover: each key is in R, each proof is accepted, and the
        children cover neighbouring segments in order
final   w = one proof of a node with its key: the key is in R, and the proof is accepted about x itself

Every number is range-checked in every node, so sums are sums of integers: N grows from child to join, and nothing can
verify itself. No flag is trusted; that all segments are there follows from the sum of all global fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash import tags
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.hash.suite import Digest
from hstar.iop.sumcheck.relation import sum_of
from hstar.recursion.program import TracedProgram
from hstar.recursion.statement import NUMBER_BITS, NodeStatement, statement_length
from hstar.recursion.tracer import Tracer, collector_paused
from hstar.stark.keys import VerifyingKey
from hstar.stark.statement import Statement, global_challenge_length
from hstar.stark.verify import AcceptedProof

KEY_SET_LOG_SIZE = 6
"""R names at most 64 keys."""
MAX_ARITY = 4
"""Most children of a join, most segments of a leaf; the digest tree of `hstar.stark.segments` has no more."""


class NodeReason(StrEnum):
    """Why a node's relation does not hold."""

    NUMBER_OUT_OF_RANGE = "node_number_out_of_range"
    WRONG_COUNT = "node_wrong_count"
    WRONG_DIGEST = "node_wrong_digest"
    WRONG_SUM = "node_wrong_sum"
    KEY_NOT_ALLOWED = "node_key_not_allowed"


@dataclass(frozen=True)
class _Covered:
    """What a part of a node covers."""

    count: int
    digest: tuple[int, ...]
    partial_sum: ExtensionElement


@collector_paused()
def trace_leaf(key: VerifyingKey, num_segments: int) -> TracedProgram:
    """The leaf of `num_segments` segments under one key, which the circuit fixes.

    Advice: none. Proofs: of the segments, in order.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    tracer = Tracer(key.suite)
    relate_leaf(tracer, key, num_segments)
    return tracer.finish()


def relate_leaf(tracer: Tracer, key: VerifyingKey, num_segments: int) -> None:
    """The relation of `trace_leaf`, over any arithmetic that hands out public input, advice and proofs."""
    _require_arity(num_segments, 1, "segments of a leaf")
    x = _public_statement(tracer, global_challenge_length(key.circuit))
    tracer.carry(x.key_set)  # a leaf verifies no node; whoever verifies the leaf gives R its meaning
    digests: list[tuple[int, ...]] = []
    sums: list[ExtensionElement] = []
    for index in range(num_segments):
        number = x.first + index
        _require_number(tracer, number)
        accepted = tracer.verify(key, Statement((), number, x.challenge), tracer.proof(key))
        digests.append(_hash(tracer, tags.SEGMENT_LEAF, accepted.segment_digest))
        sums.append(cast("ExtensionElement", accepted.partial_sum))
    digest = digests[0] if num_segments == 1 else _join_digests(tracer, num_segments, digests)
    _require_covered(tracer, x, _Covered(num_segments, digest, sum_of(sums)))


@collector_paused()
def trace_join(key: VerifyingKey, num_children: int) -> TracedProgram:
    """The join of nodes whose keys have the shape of `key`.

    Advice: for each child key digest, preprocessed root, index of its key in R, the path's siblings, N, D, S. Proofs:
    of the children, in order.

    Raises:
        InputError: OUT_OF_RANGE. A join of one child would cover what its child covers, and N would not grow.
    """
    tracer = Tracer(key.suite)
    relate_join(tracer, key, num_children)
    return tracer.finish()


def relate_join(tracer: Tracer, key: VerifyingKey, num_children: int) -> None:
    """The relation of `trace_join`, over any arithmetic that hands out public input, advice and proofs."""
    _require_arity(num_children, 2, "children of a join")
    x = _public_statement(tracer, _challenge_length(key))
    first, children = x.first, []
    for _ in range(num_children):
        identity = _allowed_identity(tracer, x)
        covered = _Covered(tracer.advice_base(), tracer.advice_digest(), tracer.advice_element())
        _require_number(tracer, first)
        _require_number(tracer, covered.count)
        _verify_node(tracer, key, identity, x, first, covered)
        children.append(covered)
        first = first + covered.count
    count = sum(child.count for child in children)
    _require_number(tracer, count)
    digest = _join_digests(tracer, count, [child.digest for child in children])
    _require_covered(tracer, x, _Covered(count, digest, sum_of([child.partial_sum for child in children])))


@collector_paused()
def trace_final(key: VerifyingKey) -> TracedProgram:
    """One node whose key has the shape of `key`; its statement is the public input.

    Advice: key digest, preprocessed root, index of the key in R, the path's siblings. Proofs: of the node.
    """
    tracer = Tracer(key.suite)
    relate_final(tracer, key)
    return tracer.finish()


def relate_final(tracer: Tracer, key: VerifyingKey) -> None:
    """The relation of `trace_final`, over any arithmetic that hands out public input, advice and proofs."""
    x = _public_statement(tracer, _challenge_length(key))
    _require_number(tracer, x.first)
    _require_number(tracer, x.count)
    identity = _allowed_identity(tracer, x)
    _verify_node(tracer, key, identity, x, x.first, _Covered(x.count, x.digest, x.partial_sum))


def _require_arity(number: int, fewest: int, what: str) -> None:
    if not fewest <= number <= MAX_ARITY:
        raise InputError(f"{number} {what}; there are {fewest} to {MAX_ARITY}", reason=Reason.OUT_OF_RANGE)


def _challenge_length(key: VerifyingKey) -> int:
    """Elements of A in the statement of nodes under a key."""
    return (key.statement_length - statement_length(0)) // DEGREE


def _public_statement(tracer: Tracer, challenge_length: int) -> NodeStatement:
    key_set = tuple(tracer.public_base() for _ in range(DIGEST_ELEMENTS))
    first, count = tracer.public_base(), tracer.public_base()
    digest = tuple(tracer.public_base() for _ in range(DIGEST_ELEMENTS))
    challenge = tuple(tracer.public_element() for _ in range(challenge_length))
    return NodeStatement(key_set, first, count, digest, challenge, tracer.public_element())


def _require_number(tracer: Tracer, number: int) -> None:
    tracer.bits(
        number, NUMBER_BITS, NodeReason.NUMBER_OUT_OF_RANGE, f"a segment number or a count is not below 2^{NUMBER_BITS}"
    )


def _require_covered(tracer: Tracer, x: NodeStatement, covered: _Covered) -> None:
    """x says what the parts say."""
    tracer.require_equal(x.count, covered.count, NodeReason.WRONG_COUNT, "a node counts other segments than it covers")
    for claimed, element in zip(x.digest, covered.digest, strict=True):
        tracer.require_equal(
            claimed, element, NodeReason.WRONG_DIGEST, "a node's digest is not that of the segments it covers"
        )
    tracer.require_equal(
        x.partial_sum, covered.partial_sum, NodeReason.WRONG_SUM, "a node's sum is not that of the segments it covers"
    )


def _allowed_identity(tracer: Tracer, x: NodeStatement) -> tuple[Digest, Digest]:
    """Digest and preprocessed root of a key in R."""
    digest, root = tracer.advice_digest(), tracer.advice_digest()
    sentence = "a child's key is not one of those that nodes may have"
    index = tracer.bits(tracer.advice_base(), KEY_SET_LOG_SIZE, NodeReason.KEY_NOT_ALLOWED, sentence)
    node = _hash(tracer, tags.NODE_KEY, [*digest, *root])
    tracer.require_path(node, index, x.key_set, tags.KEY_SET, NodeReason.KEY_NOT_ALLOWED, sentence)
    return digest, root


def _verify_node(
    tracer: Tracer, key: VerifyingKey, identity: tuple[Digest, Digest], x: NodeStatement, first: int, covered: _Covered
) -> AcceptedProof:
    """A node with the parent's R and A."""
    partial_sum = tracer.unpack(covered.partial_sum)
    challenge = [word for element in x.challenge for word in tracer.unpack(element)]
    values = (*x.key_set, first, covered.count, *covered.digest, *challenge, *partial_sum)
    return tracer.verify(key, Statement(values), tracer.proof(key), identity)


def _join_digests(tracer: Tracer, count: int, digests: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """A join of `hstar.stark.segments.digest_tree`."""
    return _hash(tracer, tags.SEGMENT_JOIN, [len(digests), count, *(word for digest in digests for word in digest)])


def _hash(tracer: Tracer, tag: tags.Tag, elements: Sequence[int]) -> tuple[int, ...]:
    return tuple(cast("Sequence[int]", tracer.suite.hash_elements(tag, elements)))

"""Merkle trees over `2^n` leaf digests: what a pruned opening contains, and how it is verified.

Leaf `q` has parent `q // 2`; the node of `left` and `right` is `compress(MERKLE_NODE, left, right)`. A cap is the level
of `2^c` nodes below the root, from left to right; a root is a cap of one node.

An opening of several leaves lists the nodes that the opened leaves do not determine and that are needed to reach the
cap: level by level from the leaves up, from left to right. Shared nodes are therefore sent once or not at all, and an
opening of a set of leaves has exactly one form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from hstar.errors import InputError, Reason, VerificationError
from hstar.hash import tags
from hstar.hash.suite import Digest, HashSuite

MAX_LOG_NUM_LEAVES = 62


class MerkleReason(StrEnum):
    """Why an opening is rejected."""

    NO_LEAVES = "merkle_no_leaves"
    LEAF_OUT_OF_RANGE = "merkle_leaf_out_of_range"
    LEAVES_NOT_INCREASING = "merkle_leaves_not_increasing"
    WRONG_NUMBER_OF_LEAVES = "merkle_wrong_number_of_leaves"
    WRONG_NUMBER_OF_NODES = "merkle_wrong_number_of_nodes"
    NOT_A_DIGEST = "merkle_not_a_digest"
    WRONG_CAP = "merkle_wrong_cap"


def _parents(indices: Sequence[int]) -> list[int]:
    """The distinct parents of increasing node indices, increasing."""
    return list(dict.fromkeys(index >> 1 for index in indices))


def _missing_siblings(indices: Sequence[int]) -> list[int]:
    """The siblings of increasing node indices that are not among them, increasing."""
    known = set(indices)
    return [index ^ 1 for index in indices if index ^ 1 not in known]


def opening_nodes(log_num_leaves: int, leaf_indices: Sequence[int], log_cap: int = 0) -> Iterator[tuple[int, int]]:
    """The nodes of an opening as `(level, index in the level)`, in order; level 0 are the leaves.

    Args:
        log_num_leaves: the tree has `2^log_num_leaves` leaves.
        leaf_indices: the opened leaves, strictly increasing.
        log_cap: the opening ends at the cap of `2^log_cap` nodes.
    """
    indices = list(leaf_indices)
    for level in range(log_num_leaves - log_cap):
        for sibling in _missing_siblings(indices):
            yield level, sibling
        indices = _parents(indices)


def _check_shape(suite: HashSuite, cap: Sequence[Digest], log_num_leaves: int) -> int:
    """The cap's logarithmic size; a cap that the caller made up wrongly is the caller's mistake, not the prover's."""
    log_cap = len(cap).bit_length() - 1
    if not (len(cap) == 1 << max(log_cap, 0) and 0 <= log_cap <= log_num_leaves <= MAX_LOG_NUM_LEAVES):
        raise InputError(
            f"a cap of {len(cap)} nodes does not fit a tree of 2^{log_num_leaves} leaves", reason=Reason.OUT_OF_RANGE
        )
    if not all(suite.is_digest(digest) for digest in cap):
        raise InputError(f"the cap holds something that is not a {suite.name} digest", reason=Reason.MALFORMED)
    return log_cap


def _check_leaves(log_num_leaves: int, leaf_indices: Sequence[int], num_digests: int) -> None:
    if not leaf_indices:
        raise VerificationError("a Merkle opening opens no leaf", reason=MerkleReason.NO_LEAVES)
    if num_digests != len(leaf_indices):
        raise VerificationError(
            f"a Merkle opening of {len(leaf_indices)} leaves comes with {num_digests} of them",
            reason=MerkleReason.WRONG_NUMBER_OF_LEAVES,
        )
    previous = -1
    for index in leaf_indices:
        if not 0 <= index < 1 << log_num_leaves:
            raise VerificationError(
                f"a Merkle opening names leaf {index} of a tree of 2^{log_num_leaves}",
                reason=MerkleReason.LEAF_OUT_OF_RANGE,
                leaf=index,
            )
        if index <= previous:
            raise VerificationError(
                f"a Merkle opening names leaf {index} after leaf {previous}",
                reason=MerkleReason.LEAVES_NOT_INCREASING,
                leaf=index,
            )
        previous = index


def _climb(suite: HashSuite, known: dict[int, Digest], nodes: Iterator[Digest]) -> dict[int, Digest]:
    """The next level's nodes; `known` is in increasing order of index."""
    siblings = dict(zip(_missing_siblings(list(known)), nodes, strict=False))
    parents: dict[int, Digest] = {}
    for parent in _parents(list(known)):
        left, right = (known.get(child, siblings.get(child)) for child in (2 * parent, 2 * parent + 1))
        if left is None or right is None:
            raise VerificationError("a Merkle opening ends too early", reason=MerkleReason.WRONG_NUMBER_OF_NODES)
        parents[parent] = suite.compress(tags.MERKLE_NODE, left, right)
    return parents


def verify_opening(
    suite: HashSuite,
    cap: Sequence[Digest],
    log_num_leaves: int,
    leaf_indices: Sequence[int],
    leaf_digests: Sequence[Digest],
    nodes: Sequence[Digest],
) -> None:
    """Checks that the leaves `leaf_indices` of the tree with this cap have these digests.

    Args:
        suite: the hash.
        cap: `2^c` nodes; the root alone for `c = 0`. The verifier knows it.
        log_num_leaves: height of the tree. The verifier knows it.
        leaf_indices: the opened leaves, strictly increasing.
        leaf_digests: one for each of them, computed by the verifier from the opened rows.
        nodes: what `opening_nodes` lists, from the proof; neither fewer nor more.

    Raises:
        VerificationError: any `MerkleReason`.
        InputError: the cap does not fit the tree.

    Soundness: two openings of one leaf under one cap give a collision of the suite's compression.
    """
    log_cap = _check_shape(suite, cap, log_num_leaves)
    _check_leaves(log_num_leaves, leaf_indices, len(leaf_digests))
    num_expected = sum(1 for _ in opening_nodes(log_num_leaves, leaf_indices, log_cap))
    if len(nodes) != num_expected:
        raise VerificationError(
            f"a Merkle opening has {len(nodes)} nodes where {num_expected} are needed",
            reason=MerkleReason.WRONG_NUMBER_OF_NODES,
        )
    if not all(suite.is_digest(digest) for digest in (*leaf_digests, *nodes)):
        raise VerificationError(
            f"a Merkle opening holds something that is not a {suite.name} digest", reason=MerkleReason.NOT_A_DIGEST
        )
    known: dict[int, Digest] = dict(zip(leaf_indices, leaf_digests, strict=True))
    remaining = iter(nodes)
    for _ in range(log_num_leaves - log_cap):
        known = _climb(suite, known, remaining)
    for index, digest in known.items():
        if cap[index] != digest:
            raise VerificationError(
                "a Merkle opening does not lead to the committed root", reason=MerkleReason.WRONG_CAP, node=index
            )

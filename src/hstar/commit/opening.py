"""Opened rows of a committed matrix: which leaves hold them, and what the verifier checks.

Layout: leaf i holds the rows i * 2^a .. (i + 1) * 2^a - 1 of the codeword matrix, row after row; a = 0 but for narrow
matrices. Each distinct leaf is opened once; `hstar.hash.merkle` says which nodes complete the paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hstar.errors import VerificationError
from hstar.hash import tags
from hstar.hash.merkle import MerkleReason, verify_opening
from hstar.hash.suite import Digest, HashSuite
from hstar.transcript.arithmetic import Opening, TreeShape
from hstar.transcript.reason import ProofReason


def opened_leaves(shape: TreeShape, positions: Iterable[int]) -> list[int]:
    """Indices of the distinct leaves that hold the rows at `positions`, in increasing order."""
    return sorted({position >> shape.log_rows_per_leaf for position in positions})


def open_rows(
    suite: HashSuite, shape: TreeShape, root: Digest, opening: Opening, positions: Sequence[int], **where: object
) -> list[Sequence[int]]:
    """The committed rows at `positions`, in that order, repeats included.

    Raises:
        VerificationError: OPENING_SIZE, MERKLE_ROOT_MISMATCH.

    Soundness:
        Rows other than the committed ones need a collision of the suite's leaf or node hash.
    """
    leaf_indices = opened_leaves(shape, positions)
    if len(opening.leaves) != len(leaf_indices):
        raise VerificationError(
            f"an opening holds {len(opening.leaves)} leaves; the positions ask for {len(leaf_indices)}",
            reason=ProofReason.OPENING_SIZE,
            **where,
        )
    digests = [suite.hash_elements(tags.MERKLE_LEAF, leaf) for leaf in opening.leaves]
    try:
        verify_opening(suite, (root,), shape.depth, leaf_indices, digests, opening.siblings)
    except VerificationError as error:
        is_root = error.reason is MerkleReason.WRONG_CAP
        reason = ProofReason.MERKLE_ROOT_MISMATCH if is_root else ProofReason.OPENING_SIZE
        raise VerificationError(error.message, reason=reason, **where) from error
    leaf_of = dict(zip(leaf_indices, opening.leaves, strict=True))
    return [_row(shape, leaf_of[position >> shape.log_rows_per_leaf], position) for position in positions]


def _row(shape: TreeShape, leaf: Sequence[int], position: int) -> Sequence[int]:
    slot = position % (1 << shape.log_rows_per_leaf)
    return leaf[slot * shape.row_width : (slot + 1) * shape.row_width]

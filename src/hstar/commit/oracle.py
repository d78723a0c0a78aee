"""The prover's side of a commitment: columns, their codewords, and the Merkle tree over the codeword rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.commit.opening import opened_leaves
from hstar.hash.suite import Digest, HashSuite
from hstar.kernels.code import Codeword, encode_columns
from hstar.kernels.merkle import MerkleTree, commit_codeword
from hstar.transcript.arithmetic import Bits, Opening, TreeShape


@dataclass(frozen=True)
class Oracle:
    """A committed matrix.

    Args:
        shape: of the tree.
        codeword: of all columns, at every position.
        tree: over the leaves.
    """

    shape: TreeShape
    codeword: Codeword
    tree: MerkleTree

    @property
    def root(self) -> Digest:
        """What is absorbed."""
        return self.tree.root

    def open(self, positions: Sequence[Bits]) -> Opening:
        """The leaves that hold the rows at `positions`, and the siblings that complete their paths."""
        indices = [sum(bit << index for index, bit in enumerate(bits)) for bits in positions]
        leaf_indices = opened_leaves(self.shape, indices)
        rows_per_leaf = 1 << self.shape.log_rows_per_leaf
        rows = [leaf * rows_per_leaf + slot for leaf in leaf_indices for slot in range(rows_per_leaf)]
        leaves = self.codeword.rows(rows).reshape(len(leaf_indices), self.shape.leaf_width)
        return Opening(tuple(tuple(leaf) for leaf in leaves.tolist()), tuple(self.tree.open(leaf_indices)))


def commit_columns(suite: HashSuite, shape: TreeShape, columns: NDArray[np.uint32]) -> Oracle:
    """Encodes each column and commits to the rows of the codeword matrix.

    Args:
        suite: the hash.
        shape: of the tree; its rows are the positions of the code's domain.
        columns: `[row_width, message length]`, canonical; the length is a power of two.
    """
    log_length = columns.shape[1].bit_length() - 1
    codeword = encode_columns(np.ascontiguousarray(columns), shape.log_rows - log_length)
    return Oracle(shape, codeword, commit_codeword(suite, codeword, shape.log_rows_per_leaf))

"""Building Merkle trees and opening leaves. What an opening is, and how it is verified, stands in `hash.merkle`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hstar.errors import InputError, Reason
from hstar.hash import merkle, tags
from hstar.hash.suite import POSEIDON2, Digest, HashSuite
from hstar.hash.tags import Tag
from hstar.kernels.arguments import Array, check_array, check_range, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.bit_order import reverse_bits
from hstar.kernels.code import Codeword
from hstar.kernels.hashing import check_suite, digest_of_row, hash_leaves
from hstar.kernels.reference import merkle as reference
from hstar.kernels.vectors import check_words


class MerkleTree:
    """All nodes of a tree over `2^log_num_leaves` leaf digests.

    Layout: `nodes` has one row a node and `2^(n + 1) - 1` rows: the leaves, then each level up to the root; each level
    in bit-reversed order, so that row `t` of a level has the children `t` and `t + size` of the level of `2 size` rows
    below.
    """

    __slots__ = ("_log_num_leaves", "_nodes", "_suite")

    def __init__(self, suite: HashSuite, nodes: Array) -> None:
        self._suite = suite
        self._nodes = nodes
        self._log_num_leaves = len(nodes).bit_length() - 1

    @property
    def suite(self) -> HashSuite:
        """The hash."""
        return self._suite

    @property
    def log_num_leaves(self) -> int:
        """Height of the tree."""
        return self._log_num_leaves

    @property
    def nodes(self) -> Array:
        """A read-only view of the nodes."""
        view = self._nodes.view()
        view.flags.writeable = False
        return view

    @property
    def root(self) -> Digest:
        """The commitment."""
        return self._digest(self._log_num_leaves, 0)

    def cap(self, log_size: int) -> list[Digest]:
        """The `2^log_size` nodes of one level, from left to right.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        check_range(log_size, "the logarithmic size of a cap", 0, self._log_num_leaves)
        return [self._digest(self._log_num_leaves - log_size, index) for index in range(1 << log_size)]

    def open(self, leaf_indices: Sequence[int], log_cap: int = 0) -> list[Digest]:
        """The nodes that `hash.merkle.verify_opening` needs besides the leaves.

        Args:
            leaf_indices: strictly increasing.
            log_cap: the opening ends at the cap of `2^log_cap` nodes.

        Raises:
            InputError: OUT_OF_RANGE, MALFORMED when the indices do not increase.
        """
        check_range(log_cap, "log_cap", 0, self._log_num_leaves)
        for index in leaf_indices:
            check_range(index, "a leaf index", 0, (1 << self._log_num_leaves) - 1)
        if any(left >= right for left, right in pairwise(leaf_indices)):
            raise InputError("leaf indices must increase strictly", reason=Reason.MALFORMED)
        nodes = merkle.opening_nodes(self._log_num_leaves, leaf_indices, log_cap)
        return [self._digest(level, index) for level, index in nodes]

    def _digest(self, level: int, index: int) -> Digest:
        start, log_size = level_start(self._log_num_leaves, level), self._log_num_leaves - level
        return digest_of_row(self._suite, self._nodes[start + reverse_bits(index, log_size)])

    def __repr__(self) -> str:
        return f"<MerkleTree of 2^{self._log_num_leaves} leaves, {self._suite.name}>"


def level_start(log_num_leaves: int, level: int) -> int:
    """The first row of a level; level 0 are the leaves."""
    return (2 << log_num_leaves) - (2 << (log_num_leaves - level))


def num_nodes(log_num_leaves: int) -> int:
    """Rows of a tree's nodes."""
    return (2 << log_num_leaves) - 1


def commit_codeword(
    suite: HashSuite, codeword: Codeword, log_positions_per_leaf: int = 0, *, out: Array | None = None
) -> MerkleTree:
    """The tree over the leaves of a codeword, tagged as leaves and nodes.

    Args:
        suite: `POSEIDON2` or `BLAKE2B`.
        codeword: at least one column.
        log_positions_per_leaf: rows in one leaf, as a logarithm; see `hashing.hash_leaves`.
        out: buffer for the nodes, shape `[num_nodes, suite.digest_words]` and dtype `suite.digest_dtype`.

    Raises:
        InputError: as `hashing.hash_leaves`.
    """
    check_suite(suite)
    if not isinstance(codeword, Codeword):
        raise InputError(f"codeword must be a Codeword, not {type(codeword).__name__}", reason=Reason.WRONG_TYPE)
    check_range(log_positions_per_leaf, "log_positions_per_leaf", 0, codeword.log_num_positions)
    log_num_leaves = codeword.log_num_positions - log_positions_per_leaf
    shape = (num_nodes(log_num_leaves), suite.digest_words)
    nodes = output_array(out, suite.digest_dtype, shape, codeword.words)
    hash_leaves(suite, tags.MERKLE_LEAF, codeword, log_positions_per_leaf, out=nodes[: 1 << log_num_leaves])
    _fill_levels(suite, nodes, log_num_leaves)
    return MerkleTree(suite, nodes)


def build_tree(suite: HashSuite, leaf_digests: Array, *, out: Array | None = None) -> MerkleTree:
    """The tree over digests that were made before.

    Args:
        suite: `POSEIDON2` or `BLAKE2B`.
        leaf_digests: shape `[2^n, suite.digest_words]` and dtype `suite.digest_dtype`, in bit-reversed order.
        out: buffer for the nodes, as in `commit_codeword`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, MALFORMED, UNKNOWN_NAME.
    """
    check_suite(suite)
    check_array(leaf_digests, "leaf_digests", suite.digest_dtype, (None, suite.digest_words))
    if suite is POSEIDON2:
        check_words(leaf_digests, "leaf_digests")
    log_num_leaves = len(leaf_digests).bit_length() - 1
    if len(leaf_digests) != 1 << max(log_num_leaves, 0):
        raise InputError(f"{len(leaf_digests)} leaves are not a power of two", reason=Reason.WRONG_SHAPE)
    shape = (num_nodes(log_num_leaves), suite.digest_words)
    nodes = output_array(out, suite.digest_dtype, shape, leaf_digests)
    nodes[: len(leaf_digests)] = leaf_digests
    _fill_levels(suite, nodes, log_num_leaves)
    return MerkleTree(suite, nodes)


def _fill_levels(suite: HashSuite, nodes: Array, log_num_leaves: int) -> None:
    """Computes every level from the one below."""
    for level in range(log_num_leaves):
        start, end = level_start(log_num_leaves, level), level_start(log_num_leaves, level + 1)
        half = (start + end) // 2
        left, right = nodes[start:half], nodes[half:end]
        _compress_rows(suite, tags.MERKLE_NODE, left, right, nodes[end : end + len(left)])


def compress_rows(suite: HashSuite, tag: Tag, left: Array, right: Array) -> Array:
    """`suite.compress(tag, .., ..)` of each row of `left` with the same row of `right`.

    Args:
        suite: `POSEIDON2` or `BLAKE2B`.
        tag: what the digests are for.
        left, right: digests of shape `[n, suite.digest_words]` and dtype `suite.digest_dtype`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CANONICAL, UNKNOWN_NAME.
    """
    check_suite(suite)
    left, right = np.ascontiguousarray(left), np.ascontiguousarray(right)
    for name, rows in (("left", left), ("right", right)):
        check_array(rows, name, suite.digest_dtype, (len(left), suite.digest_words))
        if suite is POSEIDON2:
            check_words(rows, name)
    parents = output_array(None, suite.digest_dtype, left.shape, left)
    _compress_rows(suite, tag, left, right, parents)
    return parents


def _compress_rows(suite: HashSuite, tag: Tag, left: Array, right: Array, parents: Array) -> None:
    if not runs_native():
        parents[...] = reference.compress_rows(suite, tag, left, right)
    elif suite is POSEIDON2:
        native().poseidon2_compress_rows(left, right, tag.element, parents)
    else:
        native().blake2b_compress_rows(left, right, tag.person, parents)

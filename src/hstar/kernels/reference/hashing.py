"""Definition of `kernels.hashing`: the hash suites, one row at a time."""

from __future__ import annotations

import numpy as np

from hstar.hash import poseidon2
from hstar.hash.suite import HashSuite
from hstar.hash.tags import Tag
from hstar.kernels.arguments import Array
from hstar.kernels.bit_order import bit_reversal
from hstar.kernels.code import Codeword
from hstar.kernels.vectors import Words


def permute(states: Words) -> Words:
    """Rows of permuted states."""
    return np.array([poseidon2.permute(row) for row in states.tolist()], dtype=np.uint32).reshape(states.shape)


def hash_rows(suite: HashSuite, tag: Tag, matrix: Words) -> Array:
    """Rows of digests."""
    encoded = b"".join(suite.digest_to_bytes(suite.hash_elements(tag, row)) for row in matrix.tolist())
    return np.frombuffer(encoded, dtype=suite.digest_dtype).reshape(len(matrix), suite.digest_words)


def hash_leaves(suite: HashSuite, tag: Tag, codeword: Codeword, log_positions_per_leaf: int) -> Array:
    """Rows of digests in bit-reversed order of the leaves."""
    rows = codeword.rows(range(1 << codeword.log_num_positions))
    leaves = rows.reshape(-1, codeword.num_columns << log_positions_per_leaf)
    order = bit_reversal(codeword.log_num_positions - log_positions_per_leaf)
    return hash_rows(suite, tag, leaves)[order]

"""Batched hashing for both suites: the Poseidon2 permutation, rows of a matrix, leaves of a codeword."""

from __future__ import annotations

import numpy as np

from hstar.errors import InputError, Reason
from hstar.hash.poseidon2 import WIDTH
from hstar.hash.suite import BLAKE2B, POSEIDON2, Digest, HashSuite
from hstar.hash.tags import Tag
from hstar.kernels.arguments import Array, check_range, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.bit_order import reverse_bits
from hstar.kernels.code import Codeword
from hstar.kernels.reference import hashing as reference
from hstar.kernels.vectors import Words, check_words


def permute(states: Words, *, out: Words | None = None) -> Words:
    """The Poseidon2 permutation of each row of `states`.

    Args:
        states: shape `[n, 24]`, canonical `uint32`.
        out: buffer of the same shape.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, MALFORMED.
    """
    check_words(states, "states")
    if states.ndim != 2 or states.shape[1] != WIDTH:
        raise InputError(f"states must have shape (any, {WIDTH}), not {states.shape}", reason=Reason.WRONG_SHAPE)
    result = output_array(out, "uint32", states.shape, states)
    if runs_native():
        native().poseidon2_permute(states, result)
    else:
        result[...] = reference.permute(states)
    return result


def hash_rows(suite: HashSuite, tag: Tag, matrix: Words, *, out: Array | None = None) -> Array:
    """`suite.hash_elements(tag, row)` for each row of `matrix`.

    Args:
        suite: `POSEIDON2` or `BLAKE2B`.
        tag: what the digests are for.
        matrix: shape `[rows, columns]`, canonical `uint32`.
        out: buffer of shape `[rows, suite.digest_words]` and dtype `suite.digest_dtype`.

    Returns:
        The digests in the order of the rows.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, MALFORMED, UNKNOWN_NAME.
    """
    check_words(matrix, "matrix")
    if matrix.ndim != 2:
        raise InputError(f"matrix must have two dimensions, not shape {matrix.shape}", reason=Reason.WRONG_SHAPE)
    check_suite(suite)
    num_rows, num_columns = matrix.shape
    digests = output_array(out, suite.digest_dtype, (num_rows, suite.digest_words), matrix)
    if not runs_native():
        digests[...] = reference.hash_rows(suite, tag, matrix)
    elif num_columns == 0:
        digests[...] = digest_row(suite, suite.hash_elements(tag, ()))
    elif suite is POSEIDON2:
        native().poseidon2_hash_rows(matrix, num_columns, tag.element, digests)
    else:
        native().blake2b_hash_rows(matrix, num_columns, tag.person, digests)
    return digests


def hash_leaves(
    suite: HashSuite, tag: Tag, codeword: Codeword, log_positions_per_leaf: int = 0, *, out: Array | None = None
) -> Array:
    """Digests of the leaves of a codeword.

    Leaf `l` holds the rows of the positions `2^log_positions_per_leaf * l + s` for `s = 0, 1, ..`, one after the other.

    Args:
        suite: `POSEIDON2` or `BLAKE2B`.
        tag: what the digests are for.
        codeword: at least one column.
        log_positions_per_leaf: at most `codeword.log_num_positions`.
        out: buffer of shape `[leaves, suite.digest_words]` and dtype `suite.digest_dtype`.

    Returns:
        The digests in bit-reversed order of the leaves.

    Raises:
        InputError: WRONG_TYPE, WRONG_SHAPE, OUT_OF_RANGE, UNKNOWN_NAME, and for `out` WRONG_DTYPE, NOT_CONTIGUOUS,
            MALFORMED.
    """
    if not isinstance(codeword, Codeword):
        raise InputError(f"codeword must be a Codeword, not {type(codeword).__name__}", reason=Reason.WRONG_TYPE)
    if codeword.num_columns == 0:
        raise InputError("a codeword without columns has no leaves", reason=Reason.WRONG_SHAPE)
    check_suite(suite)
    check_range(log_positions_per_leaf, "log_positions_per_leaf", 0, codeword.log_num_positions)
    words = codeword.words
    num_leaves = 1 << (codeword.log_num_positions - log_positions_per_leaf)
    digests = output_array(out, suite.digest_dtype, (num_leaves, suite.digest_words), words)
    if not runs_native():
        digests[...] = reference.hash_leaves(suite, tag, codeword, log_positions_per_leaf)
        return digests
    for offsets, part in _families(codeword, log_positions_per_leaf, digests):
        if suite is POSEIDON2:
            native().poseidon2_hash_columns(words, offsets, tag.element, part)
        else:
            native().blake2b_hash_columns(words, offsets, tag.person, part)
    return digests


def _families(codeword: Codeword, log_positions_per_leaf: int, digests: Array) -> list[tuple[list[int], Array]]:
    """Runs of leaves that are contiguous in every column: where the elements of the first one lie, and their digests.

    Layout: slot `s` of the leaf at place `t` is the codeword's place `reverse(s) * num_leaves + t`. A run ends where a
    block of the codeword or the leaves end.
    """
    _, num_columns, height = codeword.words.shape
    num_leaves = len(digests)
    run = min(height, num_leaves)
    families = []
    for start in range(0, num_leaves, run):
        offsets = []
        for slot in range(1 << log_positions_per_leaf):
            place = reverse_bits(slot, log_positions_per_leaf) * num_leaves + start
            block, index = divmod(place, height)
            offsets += [(block * num_columns + column) * height + index for column in range(num_columns)]
        families.append((offsets, digests[start : start + run]))
    return families


def check_suite(suite: HashSuite) -> None:
    """Refuses suites that have no kernels.

    Raises:
        InputError: UNKNOWN_NAME.
    """
    if suite is not POSEIDON2 and suite is not BLAKE2B:
        raise InputError(f"there are no kernels for {suite!r}", reason=Reason.UNKNOWN_NAME)


def digest_row(suite: HashSuite, digest: Digest) -> Array:
    """A digest as a row of an array of digests."""
    return np.frombuffer(suite.digest_to_bytes(digest), dtype=np.dtype(suite.digest_dtype).newbyteorder("<"))


def digest_of_row(suite: HashSuite, row: Array) -> Digest:
    """The digest that a row of an array of digests holds."""
    return tuple(row.tolist()) if suite is POSEIDON2 else row.tobytes()

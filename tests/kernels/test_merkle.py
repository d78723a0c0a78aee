from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason, VerificationError
from hstar.field.koala_bear import MODULUS
from hstar.hash import tags
from hstar.hash.merkle import MerkleReason, verify_opening
from hstar.hash.suite import BLAKE2B, POSEIDON2, SUITES, HashSuite
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.code import Codeword, encode_columns
from hstar.kernels.hashing import digest_of_row
from hstar.kernels.merkle import build_tree, commit_codeword, compress_rows, num_nodes
from kernels.test_code import both, random_words, seeds

suites = pytest.mark.parametrize("suite", SUITES.values(), ids=str)


def random_digests(suite: HashSuite, seed: int, count: int) -> np.ndarray:
    if suite is POSEIDON2:
        return random_words(seed, count, 9)
    return np.random.default_rng(seed).integers(0, 256, size=(count, 33), dtype=np.uint8)


@suites
@given(log_num_leaves=st.integers(0, 6), seed=seeds)
@settings(max_examples=12)
def test_trees_agree(suite: HashSuite, log_num_leaves: int, seed: int) -> None:
    leaves = random_digests(suite, seed, 1 << log_num_leaves)
    native, reference = both(build_tree, suite, leaves)
    assert native.nodes.shape == (num_nodes(log_num_leaves), suite.digest_words)
    assert np.array_equal(native.nodes, reference.nodes)


@suites
@given(count=st.integers(0, 40), seed=seeds)
@settings(max_examples=12)
def test_rows_are_compressed_alike(suite: HashSuite, count: int, seed: int) -> None:
    digests = random_digests(suite, seed, 2 * count)
    native, reference = both(compress_rows, suite, tags.MERKLE_NODE, digests[::2], digests[1::2])
    assert np.array_equal(native, reference)
    for left, right, parent in zip(digests[::2], digests[1::2], native, strict=True):
        pair = (digest_of_row(suite, left), digest_of_row(suite, right))
        assert digest_of_row(suite, parent) == suite.compress(tags.MERKLE_NODE, *pair)


@suites
def test_rows_of_other_shapes_are_not_compressed(suite: HashSuite) -> None:
    rows = random_digests(suite, 1, 4)
    for left, right in ((rows, rows[:3]), (rows[:, :4], rows[:, :4]), (rows.astype(np.int64), rows)):
        with pytest.raises(InputError):
            compress_rows(suite, tags.MERKLE_NODE, left, right)


@suites
def test_levels_are_the_suites_compressions(suite: HashSuite) -> None:
    tree = build_tree(suite, random_digests(suite, 1, 1 << 11))
    for log_size in (0, 1, 5, 10):
        children, parents = tree.cap(log_size + 1), tree.cap(log_size)
        for index in {0, len(parents) // 2, len(parents) - 1}:
            expected = suite.compress(tags.MERKLE_NODE, children[2 * index], children[2 * index + 1])
            assert parents[index] == expected
    assert tree.cap(0) == [tree.root]


@suites
@given(
    log_height=st.integers(0, 6),
    log_positions_per_leaf=st.integers(0, 2),
    log_cap=st.integers(0, 3),
    data=st.data(),
    seed=seeds,
)
@settings(max_examples=20)
def test_openings_of_codewords_verify(
    suite: HashSuite, log_height: int, log_positions_per_leaf: int, log_cap: int, data: st.DataObject, seed: int
) -> None:
    codeword = encode_columns(random_words(seed, 3, 1 << log_height), 2)
    tree = commit_codeword(suite, codeword, log_positions_per_leaf)
    log_cap = min(log_cap, tree.log_num_leaves)
    leaf = st.integers(0, (1 << tree.log_num_leaves) - 1)
    indices = sorted(data.draw(st.sets(leaf, min_size=1, max_size=8)))
    per_leaf = 1 << log_positions_per_leaf
    digests = []
    for index in indices:
        rows = codeword.rows(range(per_leaf * index, per_leaf * (index + 1)))
        digests.append(suite.hash_elements(tags.MERKLE_LEAF, rows.reshape(-1).tolist()))
    nodes = tree.open(indices, log_cap)
    verify_opening(suite, tree.cap(log_cap), tree.log_num_leaves, indices, digests, nodes)
    digests[-1] = suite.hash_bytes(tags.STATEMENT, b"forged")
    with pytest.raises(VerificationError) as caught:
        verify_opening(suite, tree.cap(log_cap), tree.log_num_leaves, indices, digests, nodes)
    assert caught.value.reason is MerkleReason.WRONG_CAP


@suites
def test_committing_agrees(suite: HashSuite) -> None:
    codeword = Codeword(random_words(2, 2, 4, 16))
    native, reference = both(commit_codeword, suite, codeword, 1)
    assert np.array_equal(native.nodes, reference.nodes)
    assert native.root == reference.root
    assert suite.is_digest(native.root)


@suites
def test_out_is_used(suite: HashSuite) -> None:
    codeword = Codeword(random_words(3, 2, 4, 16))
    out = np.empty((num_nodes(5), suite.digest_words), dtype=suite.digest_dtype)
    tree = commit_codeword(suite, codeword, out=out)
    assert np.shares_memory(tree.nodes, out)
    assert digest_of_row(suite, out[-1]) == tree.root
    with pytest.raises(ValueError, match="read-only"):
        tree.nodes[0, 0] = 0


def test_bad_input_is_refused() -> None:
    codeword = Codeword(np.zeros((2, 3, 4), dtype=np.uint32))
    digests = np.zeros((8, 9), dtype=np.uint32)
    tree = build_tree(POSEIDON2, digests)
    calls = [
        (lambda: build_tree(BLAKE2B, digests), Reason.WRONG_DTYPE),
        (lambda: build_tree(POSEIDON2, digests[:7]), Reason.WRONG_SHAPE),
        (lambda: build_tree(POSEIDON2, digests[:0]), Reason.WRONG_SHAPE),
        (lambda: build_tree(POSEIDON2, digests[:, :8]), Reason.WRONG_SHAPE),
        (lambda: build_tree(POSEIDON2, digests + np.uint32(MODULUS)), Reason.NOT_CANONICAL),
        (lambda: build_tree(POSEIDON2, digests, out=digests), Reason.WRONG_SHAPE),
        (lambda: commit_codeword(POSEIDON2, digests), Reason.WRONG_TYPE),  # type: ignore[arg-type]
        (lambda: commit_codeword(POSEIDON2, codeword, 4), Reason.OUT_OF_RANGE),
        (lambda: tree.cap(4), Reason.OUT_OF_RANGE),
        (lambda: tree.open([8]), Reason.OUT_OF_RANGE),
        (lambda: tree.open([0], 4), Reason.OUT_OF_RANGE),
        (lambda: tree.open([1, 1]), Reason.MALFORMED),
        (lambda: tree.open([1, 0]), Reason.MALFORMED),
    ]
    for call, reason in calls:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.reason is reason


def test_large_tree_opens() -> None:
    codeword = encode_columns(random_words(4, 2, 1 << 12), 1)
    with use_backend(Backend.NATIVE):
        tree = commit_codeword(BLAKE2B, codeword)
    indices = [0, 1, 17, 4096, 8191]
    rows = codeword.rows(indices).tolist()
    digests = [BLAKE2B.hash_elements(tags.MERKLE_LEAF, row) for row in rows]
    verify_opening(BLAKE2B, [tree.root], 13, indices, digests, tree.open(indices))

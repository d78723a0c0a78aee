"""Hashing, encoding, commitments and proof of work, beside Plonky3's and the fastest BLAKE2b crate's counterparts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hstar.bench.workload import Trial, register
from hstar.field.koala_bear import MODULUS
from hstar.hash import tags
from hstar.hash.duplex import start_duplex
from hstar.hash.suite import BLAKE2B, POSEIDON2, HashSuite
from hstar.kernels import backend
from hstar.kernels.arguments import Array, aligned_empty
from hstar.kernels.code import Codeword, encode_columns
from hstar.kernels.grinding import find_nonce
from hstar.kernels.hashing import hash_leaves
from hstar.kernels.merkle import build_tree, commit_codeword, num_nodes
from hstar.kernels.vectors import Words

_PASSES = 8
_GRINDING_BITS = 16


def _random_columns(num_columns: int, log_height: int) -> Words:
    columns = aligned_empty("uint32", (num_columns, 1 << log_height))
    columns[...] = np.random.default_rng(0).integers(0, MODULUS, size=columns.shape, dtype=np.uint32)
    return columns


def _digests(suite: HashSuite, count: int) -> Array:
    digests = aligned_empty(suite.digest_dtype, (count, suite.digest_words))
    digests[...] = 0
    return digests


@register("kernels", "Poseidon2 permutation", unit="permutation", peer="Plonky3", target=1.0)
def _permutation(num_threads: int) -> Trial:
    native = backend.native()
    return Trial(
        work=lambda: native.loop_permutations(_PASSES),
        operations=_PASSES * native.LOOP_PERMUTATIONS * num_threads,
        peer=lambda: native.peer_permutations(_PASSES),
    )


def _leaf_trial(suite: HashSuite, num_columns: int, log_height: int, peer: Callable[[], object]) -> Trial:
    codeword = Codeword(_random_columns(num_columns, log_height)[None])
    digests = _digests(suite, 1 << log_height)
    return Trial(
        work=lambda: hash_leaves(suite, tags.MERKLE_LEAF, codeword, out=digests),
        operations=num_columns << log_height,
        peer=peer,
    )


@register("kernels", "Poseidon2 leaves of 60", unit="element", peer="Plonky3 sponge, rate 15", target=1.0)
def _poseidon2_leaves(_: int) -> Trial:
    return _leaf_trial(POSEIDON2, 60, 15, backend.native().PeerMatrix(1 << 15, 60).hash_rows)


def _tree_trial(num_columns: int, log_height: int) -> Trial:
    codeword = Codeword(_random_columns(num_columns, log_height)[None])
    nodes = _digests(POSEIDON2, num_nodes(log_height))
    return Trial(
        work=lambda: commit_codeword(POSEIDON2, codeword, out=nodes),
        operations=num_columns << log_height,
        peer=backend.native().PeerMatrix(1 << log_height, num_columns).commit,
    )


@register("kernels", "Poseidon2 Merkle tree, 64 columns", unit="element", peer="Plonky3", target=1.0)
def _tree_64(_: int) -> Trial:
    return _tree_trial(64, 16)


@register("kernels", "Poseidon2 Merkle tree, 128 columns", unit="element", peer="Plonky3", target=1.0)
def _tree_128(_: int) -> Trial:
    return _tree_trial(128, 15)


@register("kernels", "BLAKE2b leaves of 64", unit="element", peer="blake2b_simd", target=1.0)
def _blake2b_leaves(_: int) -> Trial:
    return _leaf_trial(BLAKE2B, 64, 16, backend.native().PeerMessages(1 << 16, 256).hash_many)


@register("kernels", "BLAKE2b Merkle nodes", unit="node", peer="blake2b_simd", target=1.0)
def _blake2b_nodes(_: int) -> Trial:
    leaves, nodes = _digests(BLAKE2B, 1 << 16), _digests(BLAKE2B, num_nodes(16))
    return Trial(
        work=lambda: build_tree(BLAKE2B, leaves, out=nodes),
        operations=1 << 16,
        peer=backend.native().PeerMessages(1 << 16, 66).hash_many,
    )


def _transform_trial(log_height: int, num_columns: int) -> Trial:
    columns = _random_columns(num_columns, log_height)
    out = aligned_empty("uint32", (1, *columns.shape))
    return Trial(
        work=lambda: encode_columns(columns, 0, out=out),
        operations=columns.size,
        peer=backend.native().PeerMatrix(1 << log_height, num_columns).transform_small_batch,
    )


@register("kernels", "transform of 2^17 x 64", unit="element", peer="Plonky3 Radix2DFTSmallBatch", target=1.0)
def _transform_17(_: int) -> Trial:
    return _transform_trial(17, 64)


@register("kernels", "transform of 2^20 x 32", unit="element", peer="Plonky3 Radix2DFTSmallBatch", target=1.0)
def _transform_20(_: int) -> Trial:
    return _transform_trial(20, 32)


def _commit_trial(suite: HashSuite, log_height: int, num_columns: int) -> Trial:
    columns = _random_columns(num_columns, log_height)
    words = aligned_empty("uint32", (2, *columns.shape))
    nodes = _digests(suite, num_nodes(log_height + 1))
    return Trial(
        work=lambda: commit_codeword(suite, encode_columns(columns, 1, out=words), out=nodes),
        operations=columns.size,
        peer=backend.native().PeerMatrix(1 << log_height, num_columns).encode_and_commit,
    )


@register("kernels", "commit at rate 1/2, Poseidon2", unit="cell", peer="Plonky3 transform and tree", target=1.0)
def _commit_poseidon2(_: int) -> Trial:
    return _commit_trial(POSEIDON2, 17, 60)


@register("kernels", "commit at rate 1/2, BLAKE2b", unit="cell")
def _commit_blake2b(_: int) -> Trial:
    trial = _commit_trial(BLAKE2B, 17, 64)
    return Trial(trial.work, trial.operations)


def _grinding_trial(suite: HashSuite) -> tuple[Callable[[], object], int]:
    """A search and the number of its trials: that nonce and all smaller ones."""
    duplex = start_duplex(suite, suite.hash_bytes(tags.PATTERN, b"benchmark"))
    return lambda: find_nonce(duplex, _GRINDING_BITS), find_nonce(duplex, _GRINDING_BITS) + 1


@register("kernels", "proof of work, Poseidon2", unit="trial", peer="Plonky3's permutation alone", target=1.0)
def _grinding_poseidon2(num_threads: int) -> Trial:
    native = backend.native()
    work, operations = _grinding_trial(POSEIDON2)
    return Trial(
        work=work,
        operations=operations,
        peer=lambda: native.peer_permutations(_PASSES),
        peer_operations=_PASSES * native.LOOP_PERMUTATIONS * num_threads,
    )


@register("kernels", "proof of work, BLAKE2b", unit="trial", peer="blake2b_simd, two short messages", target=1.0)
def _grinding_blake2b(_: int) -> Trial:
    work, operations = _grinding_trial(BLAKE2B)
    return Trial(
        work=work,
        operations=operations,
        peer=backend.native().PeerMessages(1 << 16, 45).hash_many,
        peer_operations=1 << 15,
    )

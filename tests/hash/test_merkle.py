from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, VerificationError
from hstar.hash import tags
from hstar.hash.merkle import MerkleReason, opening_nodes, verify_opening
from hstar.hash.suite import BLAKE2B, POSEIDON2, SUITES, Digest, HashSuite

suites = pytest.mark.parametrize("suite", SUITES.values(), ids=str)
Levels = list[list[Digest]]
Opening = tuple[list[Digest], int, list[int], list[Digest], list[Digest]]


def tree(suite: HashSuite, log_num_leaves: int) -> Levels:
    levels: Levels = [[suite.hash_elements(tags.MERKLE_LEAF, [index]) for index in range(1 << log_num_leaves)]]
    while len(levels[-1]) > 1:
        children = levels[-1]
        pairs = zip(children[::2], children[1::2], strict=True)
        levels.append([suite.compress(tags.MERKLE_NODE, left, right) for left, right in pairs])
    return levels


LEVELS = {suite.name: tree(suite, 5) for suite in SUITES.values()}


def opening(suite: HashSuite, indices: list[int], log_cap: int = 0) -> Opening:
    levels = LEVELS[suite.name]
    nodes = [levels[level][index] for level, index in opening_nodes(5, indices, log_cap)]
    return levels[5 - log_cap], 5, indices, [levels[0][index] for index in indices], nodes


index_sets = st.sets(st.integers(0, 31), min_size=1).map(sorted)


@suites
@given(indices=index_sets, log_cap=st.integers(0, 5))
def test_honest_openings_are_accepted(suite: HashSuite, indices: list[int], log_cap: int) -> None:
    verify_opening(suite, *opening(suite, indices, log_cap))


@given(index_sets, st.integers(0, 5))
def test_an_opening_lists_no_node_twice_and_none_that_is_known(indices: list[int], log_cap: int) -> None:
    nodes = list(opening_nodes(5, indices, log_cap))
    assert nodes == sorted(set(nodes))
    for level, node in nodes:
        below = range(node << level, (node + 1) << level)
        assert not set(below) & set(indices)


def test_a_single_opening_is_the_path() -> None:
    assert list(opening_nodes(3, [5])) == [(0, 4), (1, 3), (2, 0)]
    assert list(opening_nodes(3, [2, 3, 6])) == [(0, 7), (1, 0), (1, 2)]
    assert list(opening_nodes(3, range(8))) == []
    assert list(opening_nodes(0, [0])) == []


def reject(suite: HashSuite, reason: MerkleReason, opened: Opening, **changes: object) -> None:
    names = ("cap", "log_num_leaves", "leaf_indices", "leaf_digests", "nodes")
    arguments = dict(zip(names, opened, strict=True)) | changes
    with pytest.raises(VerificationError) as caught:
        verify_opening(suite, **arguments)  # type: ignore[arg-type]
    assert caught.value.reason is reason


@suites
@given(indices=index_sets, data=st.data())
def test_a_changed_digest_is_rejected(suite: HashSuite, indices: list[int], data: st.DataObject) -> None:
    opened = opening(suite, indices)
    digests, nodes = list(opened[3]), list(opened[4])
    everything = digests + nodes
    place = data.draw(st.integers(0, len(everything) - 1))
    everything[place] = suite.hash_bytes(tags.STATEMENT, b"forged")
    changes = {"leaf_digests": everything[: len(digests)], "nodes": everything[len(digests) :]}
    reject(suite, MerkleReason.WRONG_CAP, opened, **changes)


@suites
def test_forgeries_fail_for_their_own_reason(suite: HashSuite) -> None:
    opened = opening(suite, [3, 4, 20])
    cap, _, indices, digests, nodes = opened
    reject(suite, MerkleReason.NO_LEAVES, opened, leaf_indices=[], leaf_digests=[], nodes=[])
    reject(suite, MerkleReason.WRONG_NUMBER_OF_LEAVES, opened, leaf_digests=digests[:-1])
    reject(suite, MerkleReason.WRONG_NUMBER_OF_LEAVES, opened, leaf_digests=[*digests, digests[0]])
    reject(suite, MerkleReason.LEAF_OUT_OF_RANGE, opened, leaf_indices=[3, 4, 32])
    reject(suite, MerkleReason.LEAF_OUT_OF_RANGE, opened, leaf_indices=[-1, 4, 20])
    reject(suite, MerkleReason.LEAVES_NOT_INCREASING, opened, leaf_indices=[4, 3, 20])
    reject(suite, MerkleReason.LEAVES_NOT_INCREASING, opened, leaf_indices=[3, 3, 20])
    reject(suite, MerkleReason.WRONG_NUMBER_OF_NODES, opened, nodes=nodes[:-1])
    reject(suite, MerkleReason.WRONG_NUMBER_OF_NODES, opened, nodes=[*nodes, nodes[0]])
    reject(suite, MerkleReason.WRONG_CAP, opened, leaf_indices=[3, 4, 21])
    reject(suite, MerkleReason.WRONG_CAP, opened, leaf_digests=[digests[1], digests[0], digests[2]])
    reject(suite, MerkleReason.WRONG_CAP, opened, nodes=[nodes[1], nodes[0], *nodes[2:]])
    reject(suite, MerkleReason.WRONG_CAP, opened, cap=[digests[0]])
    assert cap == opening(suite, indices)[0]


@suites
@pytest.mark.parametrize("wrong", [b"", (0,) * 8, None, 7])
def test_values_that_are_not_digests_are_rejected(suite: HashSuite, wrong: object) -> None:
    opened = opening(suite, [3, 4])
    reject(suite, MerkleReason.NOT_A_DIGEST, opened, leaf_digests=[opened[3][0], wrong])
    reject(suite, MerkleReason.NOT_A_DIGEST, opened, nodes=[*opened[4][:-1], wrong])


def test_digests_of_the_other_suite_are_rejected() -> None:
    reject(POSEIDON2, MerkleReason.NOT_A_DIGEST, opening(POSEIDON2, [1]), nodes=opening(BLAKE2B, [1])[4])


@suites
def test_a_node_cannot_pass_as_a_leaf(suite: HashSuite) -> None:
    levels = LEVELS[suite.name]
    opened = (levels[5], 4, [2], [levels[1][2]], [levels[level][index] for level, index in opening_nodes(5, [4])][1:])
    verify_opening(suite, *opened)  # the caller fixes the height, and with it what counts as a leaf
    reject(suite, MerkleReason.WRONG_NUMBER_OF_NODES, opened, log_num_leaves=5)


@suites
@pytest.mark.parametrize(
    "shape", [lambda cap: [], lambda cap: [*cap, *cap, *cap], lambda cap: cap * 64, lambda cap: [b"short"]]
)
def test_a_cap_that_fits_no_tree_is_the_callers_error(
    suite: HashSuite, shape: Callable[[list[Digest]], object]
) -> None:
    cap, *rest = opening(suite, [3])
    with pytest.raises(InputError):
        verify_opening(suite, shape(cap), *rest)  # type: ignore[arg-type]

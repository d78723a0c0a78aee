"""Expectation and worst case of multi-openings against enumeration of every choice of positions."""

from fractions import Fraction
from itertools import combinations, product

import pytest

from hstar.soundness.merkle_sizes import expected_counts, spread_counts, worst_counts


def opening(log_leaves, positions):
    """Distinct leaves, digests sent and inner nodes recomputed, the obvious way."""
    touched = set(positions)
    leaves, digests, inner = len(touched), 0, 0
    for _ in range(log_leaves):
        digests += sum(1 for node in touched if node ^ 1 not in touched)
        touched = {node >> 1 for node in touched}
        inner += len(touched)
    return leaves, digests, inner


@pytest.mark.parametrize(("log_leaves", "queries"), [(0, 1), (1, 1), (1, 3), (2, 2), (2, 4), (3, 1), (3, 3), (4, 3)])
def test_expectation_is_the_mean_over_all_positions(log_leaves, queries):
    every = [opening(log_leaves, choice) for choice in product(range(1 << log_leaves), repeat=queries)]
    counts = expected_counts(log_leaves, queries)
    means = tuple(Fraction(sum(column), len(every)) for column in zip(*every, strict=True))
    assert (counts.leaves, counts.digests, counts.inner_nodes) == means


@pytest.mark.parametrize(("log_leaves", "queries"), [(1, 2), (2, 2), (3, 3), (3, 5), (4, 3), (4, 6)])
@pytest.mark.parametrize(("leaf_bytes", "digest_bytes"), [(4, 32), (40, 32), (1, 1000)])
def test_worst_case_is_reached_and_never_exceeded(log_leaves, queries, leaf_bytes, digest_bytes):
    sizes = []
    for distinct in range(1, queries + 1):
        for choice in combinations(range(1 << log_leaves), distinct):
            leaves, digests, inner = opening(log_leaves, choice)
            sizes.append(leaves * leaf_bytes + digests * digest_bytes)
            assert inner <= spread_counts(log_leaves, distinct).inner_nodes
    worst = worst_counts(log_leaves, queries, leaf_bytes, digest_bytes)
    assert worst.leaves * leaf_bytes + worst.digests * digest_bytes == max(sizes)

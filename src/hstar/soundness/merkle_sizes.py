"""Multi-openings of Merkle trees with shared nodes: exact expectation and worst case of what they contain.

Positions are independent and uniform (the bias of squeezed positions changes an expectation by less than one part in a
million). A node is sent when its sibling's subtree holds an opened leaf and its own does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class OpeningCounts:
    """Contents of one multi-opening: distinct leaves, digests sent, inner nodes that the verifier recomputes."""

    leaves: Fraction
    digests: Fraction
    inner_nodes: Fraction


@lru_cache(maxsize=65536)
def expected_counts(log_leaves: int, num_queries: int) -> OpeningCounts:
    """The exact expectation for `num_queries` uniform positions among `2^log_leaves` leaves.

    A given node at depth j is untouched with probability `u_j = (1 - 2^-j)^q`; it and its sibling both with
    `u_(j - 1)`; it is sent when the first holds and the second fails. All sums are over one power of two.
    """
    depths = range(log_leaves + 1)
    scale = log_leaves * num_queries
    untouched = [((1 << depth) - 1) ** num_queries << (log_leaves - depth) * num_queries for depth in depths]
    touched = [((1 << scale) - share) << depth for depth, share in enumerate(untouched)]
    digests = sum((untouched[depth] - untouched[depth - 1]) << depth for depth in depths[1:])
    return OpeningCounts(
        leaves=Fraction(touched[-1], 1 << scale),
        digests=Fraction(digests, 1 << scale),
        inner_nodes=Fraction(sum(touched[:-1]), 1 << scale),
    )


def spread_counts(log_leaves: int, num_leaves: int) -> OpeningCounts:
    """The counts for `num_leaves` distinct leaves spread evenly, the largest for that number.

    With `T_j` touched nodes at depth j, depth j sends `2 T_(j-1) - T_j` digests, which sums to
    `2 + T_1 + .. + T_(d-1) - k`; evenly spread leaves reach the largest `T_j = min(2^j, k)` at every depth at once.
    """
    touched = [min(1 << depth, num_leaves) for depth in range(log_leaves)]
    digests = 2 + sum(touched[1:]) - num_leaves if log_leaves else 0
    return OpeningCounts(Fraction(num_leaves), Fraction(digests), Fraction(sum(touched)))


@lru_cache(maxsize=65536)
def worst_counts(log_leaves: int, num_queries: int, leaf_bytes: int, digest_bytes: int) -> OpeningCounts:
    """The counts of the multi-opening with the most bytes; fewer distinct leaves may need more digests."""
    candidates = (spread_counts(log_leaves, leaves) for leaves in range(1, min(num_queries, 1 << log_leaves) + 1))
    return max(candidates, key=lambda counts: counts.leaves * leaf_bytes + counts.digests * digest_bytes)

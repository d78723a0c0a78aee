"""Proof sizes by soundcalc's estimates: multi-openings of binary trees, expected and at worst, in bits."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor

from hstar.soundness.enclosure import ceil_log2

KIBIBYTE_BITS = 8192


@dataclass(frozen=True)
class FileSize:
    """Bits of a proof: soundcalc's estimate of the mean, and with every path sent in full."""

    expected: Fraction
    worst: Fraction

    def __add__(self, other: FileSize) -> FileSize:
        return FileSize(self.expected + other.expected, self.worst + other.worst)

    @property
    def expected_kibibytes(self) -> int:
        """Whole KiB, rounded down as reports print them."""
        return floor(self.expected / KIBIBYTE_BITS)

    @property
    def worst_kibibytes(self) -> int:
        """Whole KiB, rounded down as reports print them."""
        return floor(self.worst / KIBIBYTE_BITS)


def fixed(bits: Fraction | int) -> FileSize:
    """Something whose size does not depend on the positions."""
    return FileSize(Fraction(bits), Fraction(bits))


def opening_size(num_leaves: int, num_queries: int, leaf_bits: int, hash_bits: int) -> FileSize:
    """Leaves and authentication paths of `num_queries` positions in a tree of `num_leaves` leaves.

    At worst every query sends its leaf, its sibling (hashed if that is shorter) and the digests above. Of a tree with
    one leaf that counts one digest less than none, as soundcalc does.
    """
    depth = ceil_log2(num_leaves)
    path = min(leaf_bits, hash_bits) + (depth - 1) * hash_bits
    leaves = num_queries * leaf_bits
    digests = expected_digests(depth, num_queries) * hash_bits
    return FileSize(Fraction(leaves + digests), Fraction(leaves + num_queries * path))


@lru_cache(maxsize=4096)
def expected_digests(depth: int, num_queries: int) -> int:
    """Digests of a pruned multi-opening: the expectation at each level, rounded up, summed.

    A node at level d is sent when its own half of its parent is untouched and the other is not.
    """
    total = 0
    for level in range(1, depth + 1):
        # 2^d ((1 - 2^-d)^q - (1 - 2^(1-d))^q), over the common denominator 2^(d q)
        numerator = ((1 << level) - 1) ** num_queries - ((1 << level) - 2) ** num_queries
        total += -(-numerator // (1 << level * (num_queries - 1)))
    return total

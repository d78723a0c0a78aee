"""Proof bytes and verifier hash calls, exact expectation and worst case, from a layout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from hstar.params.field import FieldParameters
from hstar.params.hash_suite import HashSuiteParameters
from hstar.soundness.layout import Challenge, Event, Known, Opening, Part, Sent
from hstar.soundness.merkle_sizes import OpeningCounts, expected_counts, spread_counts, worst_counts


@dataclass(frozen=True)
class Size:
    """Bytes of a proof or of one of its parts.

    Args:
        expected: exact expectation over the query positions.
        worst: no proof is larger.
    """

    expected: Fraction
    worst: int

    @property
    def expected_bytes(self) -> int:
        """The expectation rounded up."""
        return ceil(self.expected)

    def __add__(self, other: Size) -> Size:
        return Size(self.expected + other.expected, self.worst + other.worst)


NOTHING = Size(Fraction(0), 0)
OPENING_HEADER_BYTES = 8
"""A multi-opening starts with its numbers of leaves and of nodes, 4 bytes each: they depend on the positions."""


def size_by_part(events: Iterable[Event], field: FieldParameters, suite: HashSuiteParameters) -> dict[Part, Size]:
    """Bytes of each part, in the order of `Part`; file headers and the statement are not in them."""
    sizes = dict.fromkeys(Part, NOTHING)
    for event in events:
        if isinstance(event, Sent):
            length = event.elements * field.element_bytes + event.digests * suite.digest_bytes
            sizes[event.part] += Size(Fraction(length), length)
        elif isinstance(event, Opening):
            leaves, paths = opening_sizes(event, field, suite)
            sizes[Part.WHIR_LEAVES] += leaves
            sizes[Part.WHIR_PATHS] += paths
    return sizes


def expected_bytes(events: Iterable[Event], field: FieldParameters, suite: HashSuiteParameters) -> Fraction:
    """The expectation of `size_by_part` alone, summed; what the solver compares."""
    fixed, variable = 0, Fraction(0)
    for event in events:
        if isinstance(event, Sent):
            fixed += event.elements * field.element_bytes + event.digests * suite.digest_bytes
        elif isinstance(event, Opening):
            counts = expected_counts(event.log_leaves, event.num_queries)
            leaf_bytes = event.leaf_elements * field.element_bytes
            variable += counts.leaves * leaf_bytes + counts.digests * suite.digest_bytes + OPENING_HEADER_BYTES
    return fixed + variable


def opening_sizes(event: Opening, field: FieldParameters, suite: HashSuiteParameters) -> tuple[Size, Size]:
    """Bytes of the leaves, with the opening's header, and of the paths of one multi-opening."""
    leaf_bytes = event.leaf_elements * field.element_bytes
    expected = expected_counts(event.log_leaves, event.num_queries)
    worst = worst_counts(event.log_leaves, event.num_queries, leaf_bytes, suite.digest_bytes)
    return (
        Size(
            expected.leaves * leaf_bytes + OPENING_HEADER_BYTES, int(worst.leaves) * leaf_bytes + OPENING_HEADER_BYTES
        ),
        Size(expected.digests * suite.digest_bytes, int(worst.digests) * suite.digest_bytes),
    )


def total_size(sizes: Iterable[Size]) -> Size:
    """The sum."""
    return sum(sizes, NOTHING)


def verifier_hash_calls(events: Iterable[Event], field: FieldParameters, suite: HashSuiteParameters) -> Size:
    """Calls of the hash's inner function in one verification: leaves, inner nodes and transcript, block by block."""
    block = suite.block_elements
    digest_elements = -(-suite.digest_bytes // field.element_bytes)
    transcript, pending, buffered = 0, 0, 0
    calls = NOTHING
    for event in events:
        match event:
            case Sent():
                pending += event.elements + event.digests * digest_elements
                buffered = 0
            case Known():
                pending += event.elements
                buffered = 0
            case Challenge():
                if pending:
                    transcript += -(-pending // block)
                    pending, buffered = 0, block
                missing = max(0, event.elements - buffered)
                transcript += -(-missing // block)
                buffered = buffered + -(-missing // block) * block - event.elements
            case Opening():
                calls += _opening_calls(event, suite)
    return calls + Size(Fraction(transcript), transcript)


def _opening_calls(event: Opening, suite: HashSuiteParameters) -> Size:
    blocks = -(-event.leaf_elements // suite.block_elements)

    def count(counts: OpeningCounts) -> Fraction:
        return counts.leaves * blocks + counts.inner_nodes

    expected = expected_counts(event.log_leaves, event.num_queries)
    worst = spread_counts(event.log_leaves, min(event.num_queries, 1 << event.log_leaves))
    return Size(count(expected), ceil(count(worst)))

"""The statement of a node: which segments it covers, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash.sponge import DIGEST_ELEMENTS

NUMBER_BITS = 16
"""Bits of segment numbers and of their counts: below 2^16, so that no sum of a few of them reaches the modulus."""


@dataclass(frozen=True)
class NodeStatement:
    """x = (R, k0, N, D, A, S): numbers, or symbols while a relation is traced.

    Args:
        key_set: R, the root of the tree over all keys that nodes below may have; nine elements.
        first: k0, the number of the first segment.
        count: N, how many segments follow each other from k0.
        digest: D, the digest tree of their boundary commitments; nine elements.
        challenge: A, under which all of them are proven.
        partial_sum: S, the sum of all their global fractions.
    """

    key_set: tuple[int, ...]
    first: int
    count: int
    digest: tuple[int, ...]
    challenge: tuple[ExtensionElement, ...]
    partial_sum: ExtensionElement

    def public_input(self) -> list[int | ExtensionElement]:
        """In the order of a program's public input."""
        return [*self.key_set, self.first, self.count, *self.digest, *self.challenge, self.partial_sum]

    def elements(self) -> tuple[int, ...]:
        """As elements of K: the public statement of a proof about this node."""
        values: list[int] = []
        for value in self.public_input():
            values += value.coefficients if isinstance(value, ExtensionElement) else [value]
        return tuple(values)


def statement_length(challenge_length: int) -> int:
    """Elements of K in a node's statement."""
    return 2 * DIGEST_ELEMENTS + 2 + DEGREE * (challenge_length + 1)

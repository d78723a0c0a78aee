"""The rule that merges the fractions of one row, chip and scope into GKR leaves.

The fractions of a leaf are summed, (n1 d2 + n2 d1, d1 d2), so a leaf costs the GKR as much as one fraction; the
zerocheck pays with degree. Work saved is work of the whole prover (about two fifths of it), so leaves are packed
tightly: largest denominator first, each into the first leaf that still has room, ties in the chip's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hstar.air.program import Bus, FieldProgram, Interaction, Leaf, MachineLimits, Scope


@dataclass
class _OpenLeaf:
    """A leaf that is being filled; degrees of the sum of what is in it."""

    interactions: list[int] = field(default_factory=list)
    numerator_degree: int = 0
    denominator_degree: int = 0

    def degrees_with(self, numerator: int, denominator: int) -> tuple[int, int]:
        if not self.interactions:
            return numerator, denominator
        crossed = max(self.numerator_degree + denominator, numerator + self.denominator_degree)
        return crossed, self.denominator_degree + denominator


def fraction_degrees(program: FieldProgram, interaction: Interaction) -> tuple[int, int]:
    """Degrees of numerator and denominator of one interaction."""
    numerator = program.degrees[interaction.multiplicity]
    return numerator, max((program.degrees[node] for node in interaction.message), default=0)


def merge_leaves(
    program: FieldProgram, interactions: Sequence[Interaction], buses: Sequence[Bus], limits: MachineLimits
) -> tuple[Leaf, ...]:
    """The leaves of a chip, local ones first; inside a scope by their first interaction.

    A fraction that exceeds `leaf_degree` by itself keeps a leaf of its own.
    """
    leaves: list[Leaf] = []
    for scope in Scope:
        members = [index for index, item in enumerate(interactions) if buses[item.bus_index].scope is scope]
        degrees = {index: fraction_degrees(program, interactions[index]) for index in members}
        open_leaves: list[_OpenLeaf] = []
        for index in sorted(members, key=lambda member: (-degrees[member][1], -degrees[member][0], member)):
            _place(open_leaves, index, degrees[index], limits)
        finished = [
            Leaf(scope, tuple(sorted(leaf.interactions)), leaf.numerator_degree, leaf.denominator_degree)
            for leaf in open_leaves
        ]
        leaves.extend(sorted(finished, key=lambda leaf: leaf.interactions))
    return tuple(leaves)


def _place(open_leaves: list[_OpenLeaf], index: int, degrees: tuple[int, int], limits: MachineLimits) -> None:
    for leaf in open_leaves:
        numerator, denominator = leaf.degrees_with(*degrees)
        if max(numerator, denominator) <= limits.leaf_degree and len(leaf.interactions) < limits.fractions_per_leaf:
            break
    else:
        leaf = _OpenLeaf()
        numerator, denominator = degrees
        open_leaves.append(leaf)
    leaf.interactions.append(index)
    leaf.numerator_degree, leaf.denominator_degree = numerator, denominator

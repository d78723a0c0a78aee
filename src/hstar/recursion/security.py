"""The recursion of a program as the soundness calculator sees it: kinds of proofs, how many there are, their bits.

Everything is read from the keys that verifiers use. A final proof does not say which classes its segments have, so
every class is priced as if all segments were of it, and the round that all segments share counts with its largest
error: that of the class with the most global fractions. Every segment is counted with a leaf of its own, which is the
most leaves and joins that there can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from hstar.errors import InputError, Reason
from hstar.params.hash_suite import HashSuiteParameters
from hstar.recursion.accept import most_segments
from hstar.recursion.recursion_key import NodeKind, NodePlace, RecursionKey
from hstar.soundness.composition import Level, ProofKind, RecursionTree, Role, composed_bits
from hstar.soundness.steps.boundary import boundary_terms
from hstar.stark.keys import VerifyingKey
from hstar.stark.security import security_report
from hstar.stark.segments import tree_parts

GLOBAL_CHALLENGE = "global.challenge"
"""The round that all segments share: A comes from the outer suite."""


@dataclass(frozen=True)
class RecursionKinds:
    """The kinds of proofs under a program's keys.

    Args:
        classes: name and key of every segment class, in the order of their indices.
        recursion: the keys of nodes and of the final proof.
        num_public_messages: the verifier's own messages on global buses.
    """

    classes: tuple[tuple[str, VerifyingKey], ...]
    recursion: RecursionKey
    num_public_messages: int

    @cached_property
    def max_segments(self) -> int:
        """The most segments that a verifier accepts: by their numbers, and by their global fractions."""
        return most_segments((key for _, key in self.classes), self.num_public_messages)

    def segments(self, num_segments: int) -> tuple[ProofKind, ...]:
        """Every class in a run of so many segments.

        Raises:
            InputError: OUT_OF_RANGE when no verifier accepts so many.
        """
        if not 1 <= num_segments <= self.max_segments:
            raise InputError(
                f"{num_segments} segments; under this key a verifier accepts 1 to {self.max_segments} (more could hold "
                "as many global fractions as the field has elements, or have no number)",
                reason=Reason.OUT_OF_RANGE,
                count=num_segments,
            )
        return tuple(
            ProofKind(name, security_report(key, num_segments, self.num_public_messages)) for name, key in self.classes
        )

    @cached_property
    def nodes(self) -> dict[Role, tuple[ProofKind, ...]]:
        """Leaves and joins; all have one shape, hence the same terms."""
        report = security_report(self.recursion.node_key)
        kinds: dict[Role, list[ProofKind]] = {Role.LEAF: [], Role.JOIN: []}
        for place in self.recursion.places:
            role = Role.LEAF if place.kind is NodeKind.LEAF else Role.JOIN
            kinds[role].append(ProofKind(self._name(place), report))
        return {role: tuple(found) for role, found in kinds.items()}

    @cached_property
    def final(self) -> ProofKind:
        """The proof that a verifier sees."""
        return ProofKind("final", security_report(self.recursion.final))

    def tree(self, num_segments: int) -> RecursionTree:
        """All proofs of a run; raises as `segments`."""
        segments = self.segments(num_segments)
        levels = [
            Level(Role.SEGMENT, num_segments, segments),
            Level(Role.LEAF, num_segments, self.nodes[Role.LEAF], (Role.SEGMENT,)),
            Level(Role.JOIN, num_joins(num_segments), self.nodes[Role.JOIN], (Role.LEAF, Role.JOIN)),
            Level(Role.FINAL, 1, (self.final,), (Role.LEAF, Role.JOIN)),
        ]
        present = tuple(level for level in levels if level.count and level.kinds)
        return RecursionTree(num_segments, present, self._shared_errors(segments))

    def bits(self, num_segments: int) -> Fraction:
        """Provable bits of a final proof about so many segments; raises as `segments`."""
        segments = self.segments(num_segments)
        nodes = next(iter((*self.nodes[Role.LEAF], *self.nodes[Role.JOIN])))
        return composed_bits((*segments, nodes, self.final), self._shared_errors(segments))

    def _shared_errors(self, segments: Iterable[ProofKind]) -> tuple[tuple[HashSuiteParameters, Fraction], ...]:
        errors = [
            term.error.upper
            for kind in segments
            for term in boundary_terms(kind.report.setting.circuit)
            if term.round == GLOBAL_CHALLENGE
        ]
        return ((self.final.suite, max(errors)),) if errors else ()

    def _name(self, place: NodePlace) -> str:
        if place.segment_key is None:
            return f"join of {place.count}"
        name = self.classes[place.segment_key][0]
        return f"leaf of {place.count} {name}" if place.count > 1 else f"leaf {name}"


def num_joins(num_segments: int) -> int:
    """How many joins the digest tree has over so many segments with a leaf each.

    Args:
        num_segments: at least 1.
    """
    known = {1: 0}

    def count(leaves: int) -> int:
        if leaves not in known:
            known[leaves] = 1 + sum(count(part) for part in tree_parts(leaves))
        return known[leaves]

    return count(num_segments)

"""Security of a whole recursion: many proofs of few kinds, of which a verifier sees the last one.

What is here knows no circuit: levels, counts and the report of each kind come from the keys
(`hstar.recursion.security`). Two totals stand side by side. By straight-line extraction N enters only through the hash
calls of the tree's own verification (`hstar.soundness.totals.straight_line_bits`); it is what hstar claims. The union
bound adds the errors of all proofs, as if nothing were shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from hstar.params.hash_suite import HashSuiteParameters
from hstar.soundness.report import Report
from hstar.soundness.totals import MAX_TREE_QUERIES, straight_line_bits, union_bits


class Role(StrEnum):
    """What a proof of the tree is about."""

    SEGMENT = "segment"
    LEAF = "leaf"
    JOIN = "join"
    FINAL = "final"


@dataclass(frozen=True)
class ProofKind:
    """The proofs under one key.

    Args:
        name: as reports show it.
        report: terms, totals and sizes.
    """

    name: str
    report: Report

    @property
    def error(self) -> Fraction:
        """The largest error of a round."""
        return self.report.totals.weakest.error.upper

    @property
    def suite(self) -> HashSuiteParameters:
        """Its hash."""
        return self.report.parameters.hash


@dataclass(frozen=True)
class Level:
    """Proofs of one role.

    Args:
        role: what they are about.
        count: how many there are at most.
        kinds: each of them is of one of these; at least one.
        verifies: roles of the proofs that they verify.
    """

    role: Role
    count: int
    kinds: tuple[ProofKind, ...]
    verifies: tuple[Role, ...] = ()

    @property
    def weakest(self) -> ProofKind:
        """The kind with the fewest bits."""
        return min(self.kinds, key=lambda kind: kind.report.totals.security_bits)

    @property
    def verifier_queries(self) -> int:
        """Hash calls of the verification of all of them, at worst."""
        return self.count * max(kind.report.hash_calls.worst for kind in self.kinds)


@dataclass(frozen=True)
class RecursionTree:
    """All proofs of a run.

    Args:
        num_segments: N.
        levels: segments first, the final proof last; a level without proofs is left out.
        shared_errors: errors of messages that all proofs share and that another hash makes non-interactive.
    """

    num_segments: int
    levels: tuple[Level, ...]
    shared_errors: tuple[tuple[HashSuiteParameters, Fraction], ...] = ()

    @property
    def final(self) -> ProofKind:
        """The proof that a verifier sees."""
        return self.levels[-1].kinds[0]

    @property
    def kinds(self) -> tuple[ProofKind, ...]:
        """Of all levels."""
        return tuple(kind for level in self.levels for kind in level.kinds)

    @property
    def num_proofs(self) -> int:
        """In the whole tree, at most."""
        return sum(level.count for level in self.levels)

    @property
    def weakest(self) -> ProofKind:
        """The kind with the fewest bits."""
        return min((level.weakest for level in self.levels), key=lambda kind: kind.report.totals.security_bits)

    @property
    def verifier_queries(self) -> int:
        """Hash calls of the verification of all proofs, at worst."""
        return sum(level.verifier_queries for level in self.levels)

    @cached_property
    def straight_line_bits(self) -> Fraction:
        """What hstar claims of the final proof."""
        return straight_line_bits(self._errors, self.verifier_queries)

    @cached_property
    def union_bits(self) -> Fraction:
        """The pessimistic total: every proof of a level is counted as one of its weakest kind."""
        return union_bits((level.count, level.weakest.error, level.weakest.suite) for level in self.levels)

    @cached_property
    def _errors(self) -> dict[HashSuiteParameters, Fraction]:
        return largest_errors(self.kinds, self.shared_errors)


def largest_errors(
    kinds: Iterable[ProofKind], shared_errors: Iterable[tuple[HashSuiteParameters, Fraction]] = ()
) -> dict[HashSuiteParameters, Fraction]:
    """By hash suite, the largest error of a round that it makes non-interactive."""
    errors: dict[HashSuiteParameters, Fraction] = {}
    for suite, error in (*((kind.suite, kind.error) for kind in kinds), *shared_errors):
        errors[suite] = max(error, errors.get(suite, Fraction(0)))
    return errors


def composed_bits(
    kinds: Iterable[ProofKind], shared_errors: Iterable[tuple[HashSuiteParameters, Fraction]] = ()
) -> Fraction:
    """As `RecursionTree.straight_line_bits`, for any tree of such proofs: `MAX_TREE_QUERIES` are charged."""
    return straight_line_bits(largest_errors(kinds, shared_errors), MAX_TREE_QUERIES)


@dataclass(frozen=True)
class RecursionReport:
    """A program's recursion at one number of segments, and how its totals depend on that number.

    Args:
        title: of the system or of the file.
        note: a sentence on where the numbers come from.
        tree: the proofs of a run.
        others: the same recursion with other numbers of segments, ascending, the largest that verifiers accept last.
        actual_bytes: length of the final proof at hand, if there is one.
    """

    title: str
    note: str
    tree: RecursionTree
    others: tuple[RecursionTree, ...]
    actual_bytes: int | None = None

    @property
    def circuits(self) -> dict[str, Report]:
        """The distinct reports, by the first name of each; nodes of one shape have one."""
        found: dict[str, Report] = {}
        for kind in self.tree.kinds:
            if kind.report not in found.values():
                found[kind.name] = kind.report
        return found

    def kind(self, name: str) -> ProofKind | None:
        """The kind of that name, None if there is none."""
        return next((kind for kind in self.tree.kinds if kind.name == name), None)

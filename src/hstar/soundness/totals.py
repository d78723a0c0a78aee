"""From terms to security: interactive, non-interactive (classical and quantum), and over a recursion tree.

`security_bits` is one number with one meaning: the largest b such that every attacker who makes t hash queries,
1 <= t <= 2^128, succeeds with probability at most `t / 2^b`, by `t eps + 3 (t^2 + 1) / 2^lambda` where eps is the
largest error of a round and `2^lambda` the smaller of the number of digests and of hidden transcript states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from hstar.params.hash_suite import HashSuiteParameters
from hstar.soundness.enclosure import bits_of, log2
from hstar.soundness.term import Round

LOG_MAX_ATTACK_QUERIES = 128
MAX_ATTACK_QUERIES = 1 << LOG_MAX_ATTACK_QUERIES
MAX_TREE_QUERIES = 1 << 64
"""More hash calls than verifying every proof of a recursion takes: 2^17 proofs of less than 2^47 each."""


def collision_share(collision_space: int, max_queries: int = MAX_ATTACK_QUERIES) -> Fraction:
    """The largest value of `3 (t^2 + 1) / (t 2^lambda)` for 1 <= t <= max_queries.

    `t + 1/t` is convex, so its largest value is at an end of the range.
    """
    return Fraction(3, collision_space) * max(Fraction(2), max_queries + Fraction(1, max_queries))


def error_budget(target_bits: int, collision_space: int, tree_queries: int = 0) -> Fraction:
    """The largest error of a round with which `security_bits` reaches `target_bits`; not positive if none does.

    Args:
        target_bits: bits to reach.
        collision_space: as `collision_share`.
        tree_queries: hash calls of the verification of a whole tree of proofs, which its attacker is charged too. With
            them the budget of one proof is that of a tree: see `straight_line_bits`.
    """
    return Fraction(1, 1 << target_bits) - collision_share(collision_space, MAX_ATTACK_QUERIES + tree_queries)


def straight_line_bits(errors: Mapping[HashSuiteParameters, Fraction], tree_queries: int) -> Fraction:
    """Security of a whole tree of proofs by straight-line extraction, rounded down.

    Every query of a hash is bad for some proof of the tree with at most the largest error of the rounds that this hash
    makes non-interactive, however many proofs there are. With `t_i` queries of hash i, success is at most the sum of
    `t_i eps_i + 3 (t_i^2 + 1) / 2^lambda_i`, where the `t_i` add up to the attacker's t and the `tree_queries`. The sum
    is convex, so it is largest when all queries go to one hash: the result is the least over the hashes.

    Args:
        errors: by hash suite, the largest error of a round.
        tree_queries: hash calls of the verification of all proofs.
    """
    queries = MAX_ATTACK_QUERIES + tree_queries

    def of_one(suite: HashSuiteParameters) -> Fraction:
        others = sum((Fraction(3, other.collision_space) for other in errors if other != suite), start=Fraction(0))
        return errors[suite] + collision_share(suite.collision_space, queries) + others

    return bits_of(max(of_one(suite) for suite in errors))


def union_bits(proofs: Iterable[tuple[int, Fraction, HashSuiteParameters]]) -> Fraction:
    """Security of a whole tree when the errors of all proofs are added up, rounded down.

    Args:
        proofs: how many there are of a kind, the largest error of their rounds, their hash suite.
    """
    return bits_of(
        sum(
            (count * (error + collision_share(suite.collision_space)) for count, error, suite in proofs),
            start=Fraction(0),
        )
    )


@dataclass(frozen=True)
class Composition:
    """Security of a tree of `num_nodes` proofs over one hash.

    Args:
        num_nodes: proofs in the tree.
        verifier_queries: hash calls of one verification.
        straight_line_bits: as `security_bits`, t counting every hash call of the attacker and of the verification of
            the whole forged tree; one shared oracle, so that a bad query is bad for all nodes at once.
        union_bits: `security_bits` with the error multiplied by the number of nodes, the pessimistic column.
    """

    num_nodes: int
    verifier_queries: int
    straight_line_bits: Fraction
    union_bits: Fraction


@dataclass(frozen=True)
class Totals:
    """The totals of one proof; bits are rounded down.

    Args:
        weakest: the round with the largest error.
        interactive_bits: of that round alone.
        hash_cap_bits: half the logarithm of the collision space.
        security_bits: non-interactive, classical random oracle (module docstring).
        quantum_bits: base-2 logarithm of the quantum queries at which `t^2 eps + t^3 / 2^lambda` bounds nothing.
        collision_bits: logarithm of the collision space.
    """

    weakest: Round
    interactive_bits: Fraction
    hash_cap_bits: Fraction
    security_bits: Fraction
    quantum_bits: Fraction
    collision_bits: Fraction


def totals(rounds: tuple[Round, ...], suite: HashSuiteParameters) -> Totals:
    """The totals of a proof with these rounds and this hash suite."""
    weakest = max(rounds, key=lambda entry: entry.error.upper)
    largest, collision_bits = weakest.error.upper, log2(Fraction(suite.collision_space)).lower
    interactive = bits_of(largest)
    return Totals(
        weakest=weakest,
        interactive_bits=interactive,
        hash_cap_bits=collision_bits / 2,
        security_bits=bits_of(largest + collision_share(suite.collision_space)),
        quantum_bits=min(interactive / 2, collision_bits / 3),
        collision_bits=collision_bits,
    )


def composition(
    rounds: tuple[Round, ...], suite: HashSuiteParameters, num_nodes: int, verifier_queries: int
) -> Composition:
    """Both columns for a tree of `num_nodes` such proofs."""
    largest = max(entry.error.upper for entry in rounds)
    straight = straight_line_bits({suite: largest}, num_nodes * verifier_queries)
    return Composition(num_nodes, verifier_queries, straight, union_bits([(num_nodes, largest, suite)]))

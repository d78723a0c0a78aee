"""The bracket of the zerocheck: every constraint and every GKR leaf of every chip, at one row.

Over the 2^l rows of the virtual shape,

    sum_row eq(z_r, row) * sum_chips bracket_chip(row) = n' + lambda d',
    bracket = sum_j eq(z_i, j) (n_j + lambda d_j) + sum_k lambda^(2+k) C_k,

with k the global number of a constraint. Constraints vanish on the all-zero row; leaves do not, and a leaf that no row
or no chip uses is the fraction 0/1. Hence, with (m_j, c_j) the leaf on the all-zero row and geq(h; z) = 1 - lt(h; z),

    n' = n* + sum_j eq(z_i, j) m_j geq(h_j; z_r)
    d' = d* - (1 - sum_j eq(z_i, j)) + sum_j eq(z_i, j) (c_j - 1) geq(h_j; z_r).

Soundness: powers of lambda are shared by nothing. If a constraint shared one with a numerator, or with a constraint of
another chip, two violations could cancel on a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hstar.air.evaluate import FieldOperations, Fingerprint, PublicValues, evaluate, merged_fraction
from hstar.air.program import ChipProgram, Circuit, Scope
from hstar.field.extension import ExtensionElement
from hstar.iop.logup_gkr.relation import LeafClaim
from hstar.iop.multilinear import eq_table, less_than, powers
from hstar.iop.sumcheck.relation import RoundPolynomial, sum_of
from hstar.transcript.arithmetic import Bits
from hstar.transcript.shapes import EXTENSION, Record, Repeat, Shape

Value = TypeVar("Value")

FIRST_CONSTRAINT_POWER = 2
"""lambda^0 and lambda^1 belong to the leaves' numerators and denominators."""


@dataclass(frozen=True, slots=True)
class ZerocheckProof:
    """`[log_rows, degree]` round coefficients, then every column of every chip at the point."""

    rounds: tuple[RoundPolynomial, ...]
    column_values: tuple[ExtensionElement, ...]


@dataclass(frozen=True, slots=True)
class Challenges(Generic[Value]):
    """What the columns are combined with before the zerocheck.

    Args:
        fingerprints: of the local and of the global scope.
        public: segment number and post-commit point.
    """

    fingerprints: dict[Scope, Fingerprint[Value]]
    public: PublicValues[Value]


@dataclass(frozen=True, slots=True)
class BracketWeights(Generic[Value]):
    """Coefficients of one chip's leaves and constraints in the bracket.

    Args:
        numerators: eq(z_i, j) for each leaf of the chip.
        denominators: lambda eq(z_i, j).
        constraints: lambda^(2 + k) for each constraint of the chip.
    """

    numerators: tuple[Value, ...]
    denominators: tuple[Value, ...]
    constraints: tuple[Value, ...]


def zerocheck_shape(circuit: Circuit, log_rows: int) -> Shape:
    """Shape of a `ZerocheckProof`."""
    num_columns = sum(chip.width for chip in circuit.chips)
    return Record(
        ZerocheckProof,
        rounds=Repeat(Repeat(EXTENSION, circuit.degree), log_rows),
        column_values=Repeat(EXTENSION, num_columns),
    )


def bracket_weights(
    circuit: Circuit, one: ExtensionElement, leaf_point: Sequence[ExtensionElement], challenge: ExtensionElement
) -> list[BracketWeights[ExtensionElement]]:
    """The coefficients of every chip, in order."""
    leaf_weights = eq_table(one, leaf_point)
    challenge_powers = powers(one, challenge, FIRST_CONSTRAINT_POWER + circuit.num_constraints)
    weights: list[BracketWeights[ExtensionElement]] = []
    for chip, leaf_indices, offset in zip(circuit.chips, circuit.leaf_indices, circuit.constraint_offsets, strict=True):
        first = FIRST_CONSTRAINT_POWER + offset
        numerators = tuple(leaf_weights[index] for index in leaf_indices)
        weights.append(
            BracketWeights(
                numerators,
                tuple(challenge * weight for weight in numerators),
                tuple(challenge_powers[first : first + len(chip.constraints)]),
            )
        )
    return weights


def leaf_fractions(
    chip: ChipProgram,
    values: Sequence[Value],
    challenges: Challenges[Value],
    operations: FieldOperations[Value],
) -> list[tuple[Value, Value]]:
    """Numerator and denominator of each leaf of a chip, from the values of all nodes of its program."""
    return [
        merged_fraction(chip, leaf, values, challenges.fingerprints[leaf.scope], operations) for leaf in chip.leaves
    ]


def bracket(
    chip: ChipProgram,
    columns: Sequence[Value],
    challenges: Challenges[Value],
    weights: BracketWeights[Value],
    operations: FieldOperations[Value],
) -> Value:
    """One chip's bracket at one row (or, with vectors as values, at many)."""
    values = evaluate(chip.program, columns, challenges.public, operations)
    add, multiply = operations.add, operations.multiply
    total = operations.constant(0)
    fractions = leaf_fractions(chip, values, challenges, operations)
    for (numerator, denominator), numerator_weight, denominator_weight in zip(
        fractions, weights.numerators, weights.denominators, strict=True
    ):
        total = add(total, multiply(numerator_weight, numerator))
        total = add(total, multiply(denominator_weight, denominator))
    for constraint, weight in zip(chip.constraints, weights.constraints, strict=True):
        total = add(total, multiply(weight, values[constraint.root]))
    return total


def zerocheck_sum(
    circuit: Circuit,
    heights: Sequence[Bits],
    leaf_claim: LeafClaim,
    challenges: Challenges[ExtensionElement],
    challenge: ExtensionElement,
    operations: FieldOperations[ExtensionElement],
) -> ExtensionElement:
    """`n' + lambda d'`: the sum that the zerocheck starts from.

    Args:
        circuit: the chips.
        heights: bits of the height of every chip, l + 1 each.
        leaf_claim: what the GKR ended with.
        challenges: fingerprints and public values.
        challenge: lambda.
        operations: the ring E.
    """
    one, zero = operations.constant(1), operations.constant(0)
    leaf_weights = eq_table(one, leaf_claim.leaf_point)
    numerator, denominator = leaf_claim.numerator, leaf_claim.denominator - one
    for chip, leaf_indices, height in zip(circuit.chips, circuit.leaf_indices, heights, strict=True):
        if not leaf_indices:
            continue
        beyond_height = one - less_than(one, height, leaf_claim.row_point)
        values = evaluate(chip.program, [zero] * chip.width, challenges.public, operations)
        zero_row = leaf_fractions(chip, values, challenges, operations)
        weights = [leaf_weights[index] for index in leaf_indices]
        pairs = list(zip(weights, zero_row, strict=True))
        numerator = numerator + beyond_height * sum_of([weight * m for weight, (m, _) in pairs])
        denominator = denominator + sum_of(weights)
        denominator = denominator + beyond_height * sum_of([weight * (c - one) for weight, (_, c) in pairs])
    return numerator + challenge * denominator

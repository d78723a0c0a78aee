"""Experiments on single verifier messages: sumcheck rounds, batching, fingerprints, queries."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from hstar.params.field import FieldParameters
from hstar.soundness import sources
from hstar.soundness.calibration.result import Result
from hstar.soundness.calibration.toy import Choices, ToyField, prime_with
from hstar.soundness.expression import as_expression
from hstar.soundness.sampling import biased_agreement


def sumcheck_round(degree: int, choices: Choices) -> Result:
    """A round polynomial that differs from the true one by a polynomial with as many roots as it can have."""
    field = ToyField(97)
    true = [choices.element(field) for _ in range(degree + 1)]
    difference = field.from_roots(choices.sample(degree, field.modulus))
    sent = [(one + other) % field.modulus for one, other in zip(true, difference, strict=True)]
    hidden = sum(field.evaluate(sent, z) == field.evaluate(true, z) for z in range(field.modulus))
    return Result(
        "sumcheck round",
        f"p = {field.modulus}, degree {degree}",
        "a message that is right at as many points as its degree",
        Fraction(hidden, field.modulus),
        Fraction(degree, field.modulus),
        str(sources.SUMCHECK),
    )


def batching_by_powers(claims: int, choices: Choices) -> Result:
    """Errors of N claims that are the coefficients of a polynomial with N - 1 roots."""
    field = ToyField(97)
    errors = field.from_roots(choices.sample(claims - 1, field.modulus))
    hidden = sum(field.evaluate(errors, z) == 0 for z in range(field.modulus))
    return Result(
        "batching by powers",
        f"p = {field.modulus}, {claims} claims",
        "errors that are the coefficients of a polynomial with all its roots in the field",
        Fraction(hidden, field.modulus),
        Fraction(claims - 1, field.modulus),
        str(sources.POLYNOMIAL_IDENTITY),
    )


def batching_by_eq(coordinates: int, choices: Choices) -> Result:
    """Errors of `2^c` claims that are a product of one linear factor in each coordinate."""
    field = ToyField(61)
    roots = [choices.element(field) for _ in range(coordinates)]
    hidden = sum(
        any(point == root for point, root in zip(points, roots, strict=True))
        for points in product(range(field.modulus), repeat=coordinates)
    )
    return Result(
        "batching by eq weights",
        f"p = {field.modulus}, {1 << coordinates} claims",
        "errors that vanish as soon as one coordinate hits a value",
        Fraction(hidden, field.modulus**coordinates),
        Fraction(coordinates, field.modulus),
        str(sources.POLYNOMIAL_IDENTITY),
    )


def fingerprint(fractions: int, width: int, tries: int, choices: Choices) -> Result:
    """False buses of N fractions over tuples of W values; the best of many, every challenge tried.

    A bus is false when its fractions do not cancel tuple by tuple. It passes where their sum vanishes, or where a
    denominator does.
    """
    field = ToyField(97)
    best = 0
    for _ in range(tries):
        tuples = [tuple(choices.element(field) for _ in range(width)) for _ in range(fractions)]
        weights = [1] * (fractions // 2) + [field.modulus - 1] * (fractions - fractions // 2)
        best = max(best, _passing(field, tuples, weights))
    return Result(
        "lookup fingerprint",
        f"p = {field.modulus}, N = {fractions}, W = {width}",
        f"the best of {tries} false buses, every pair of challenges tried",
        Fraction(best, field.modulus**2),
        Fraction(fractions * (width + 2), field.modulus),
        str(sources.LOOKUP),
    )


def _passing(field: ToyField, tuples: Sequence[tuple[int, ...]], weights: Sequence[int]) -> int:
    """Pairs of challenges at which the sum or a denominator vanishes."""
    inverses = [0, *(field.inverse(value) for value in range(1, field.modulus))]
    count = 0
    for beta in range(field.modulus):
        folded = [field.evaluate(entry, beta) for entry in tuples]
        for alpha in range(field.modulus):
            denominators = [(alpha - value) % field.modulus for value in folded]
            pairs = zip(weights, denominators, strict=True)
            total = sum(weight * inverses[denominator] for weight, denominator in pairs) % field.modulus
            count += total == 0 or 0 in denominators
    return count


def queries(log_positions: int, count: int, runs: int, choices: Choices) -> Result:
    """A word that is wrong in a share of the positions, opened at low bits of random field elements."""
    field = prime_with(1 << log_positions, 3 << log_positions)
    size = 1 << log_positions
    wrong = 3 * size // 8
    right = {0, *(1 + index for index in choices.sample(size - wrong - 1, size - 1))}  # position 0 comes up most often
    missed = sum(all(choices.element(field) % size in right for _ in range(count)) for _ in range(runs))
    two_adicity = ((field.modulus - 1) & -(field.modulus - 1)).bit_length() - 1
    toy = FieldParameters("toy", field.modulus, 1, two_adicity, 2)
    share = biased_agreement(as_expression(Fraction(size - wrong, size)), toy).value.upper
    return Result(
        "queries",
        f"p = {field.modulus}, {size} positions, {wrong} wrong, {count} queries",
        "positions are low bits of uniform elements; the likeliest one is right",
        Fraction(missed, runs),
        share**count,
        "our derivation",
        runs,
    )

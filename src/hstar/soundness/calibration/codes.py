"""Experiments on Reed-Solomon codes: lines of words, lists, out-of-domain samples."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import ceil

from hstar.params.whir import UNIQUE_DECODING
from hstar.soundness import sources
from hstar.soundness.calibration.result import Result
from hstar.soundness.calibration.toy import Choices, ToyField, prime_with
from hstar.soundness.enclosure import square_root
from hstar.soundness.regimes import CodeBound
from hstar.soundness.soundcalc.regimes import JohnsonBound
from hstar.soundness.strict import certificate


def unique_line(length: int, dimension: int, choices: Choices) -> Result:
    """A line of words with one error too many, of which every point of the line can cancel one.

    Both words are codewords plus errors in the same `delta n + 1` positions, with distinct quotients: the points where
    an error cancels are as many, and there the word is within the radius although the pair is not.
    """
    field = prime_with(length, 3 * length)
    rate = Fraction(dimension, length)
    bound = CodeBound(UNIQUE_DECODING, rate, length)
    errors = int(bound.delta.value.lower * length) + 1
    domain = field.subgroup(length)
    words = [[field.evaluate(_random(field, dimension, choices), point) for point in domain] for _ in range(2)]
    clean = [list(word) for word in words]
    quotients = choices.sample(errors, field.modulus - 1)
    for position, quotient in zip(choices.sample(errors, length), quotients, strict=True):
        words[1][position] = (words[1][position] + 1) % field.modulus
        words[0][position] = (words[0][position] - quotient - 1) % field.modulus
    bad = 0
    for point in range(field.modulus):
        wrong = sum(
            (words[0][index] + point * words[1][index] - clean[0][index] - point * clean[1][index]) % field.modulus != 0
            for index in range(length)
        )
        bad += wrong < errors
    return Result(
        "line, unique decoding",
        f"p = {field.modulus}, n = {length}, k = {dimension}",
        f"errors in {errors} positions, one of which cancels at each bad point",
        Fraction(bad, field.modulus),
        bound.line_error.value.upper / field.modulus,
        str(sources.UNIQUE_LINE),
    )


def _random(field: ToyField, count: int, choices: Choices) -> list[int]:
    return [choices.element(field) for _ in range(count)]


@lru_cache(maxsize=16)
def _johnson(length: int, dimension: int, positions: int) -> JohnsonBound:
    """The Johnson bound with the least multiplicity whose radius contains agreement in so many positions."""
    rate = Fraction(dimension, length)
    root = square_root(rate).upper * length
    multiplicity = max(ceil(root / (2 * (positions - root))), 3)
    return JohnsonBound(rate, length, None, multiplicity, None)


def list_line(subgroup: int, size: int, power: int) -> tuple[Result, Result]:
    """A line `y^r - z y^(r-1)` in `y = x^power` that is near the code for every sum z of r elements of a subgroup.

    For a set of r elements with sum z, `y^r - z y^(r-1)` minus the product of its `y - a` has degree r - 2 in y, so the
    word agrees with a codeword wherever y is in the set. No codeword agrees with `y^(r-1)` in so many positions.
    """
    length, dimension, positions = subgroup * power, (size - 2) * power + 1, size * power
    field = prime_with(length, 1 << 16)
    domain = field.subgroup(length)
    near = _near_points(field, domain, power, size)
    setting = f"p = {field.modulus}, n = {length}, k = {dimension}, agreement in {positions}"
    attack = f"points that are sums of {size} of {subgroup} roots of unity"
    found = Fraction(len(near))
    bound = _johnson(length, dimension, positions)
    agreement = Fraction(positions, length)
    chosen = certificate.choose(Fraction(dimension, length), agreement)
    sharp = None if chosen is None else _weighted(length, dimension - 1, positions, chosen)
    return (
        Result(
            "bad points of a line, Johnson regime",
            f"{setting}, m = {bound.multiplicity}",
            attack,
            found,
            bound.line_error.value.upper,
            str(sources.JOHNSON_LINE),
            is_count=True,
        ),
        Result(
            "bad points of a line, DKT26",
            setting,
            attack,
            found,
            bound.line_error.value.upper if sharp is None else sharp,
            str(sources.WEIGHTED_LINE),
            is_count=True,
        ),
    )


def _near_points(field: ToyField, domain: list[int], power: int, size: int) -> set[int]:
    """Points of the line whose word agrees with a codeword in `size * power` positions, each checked."""
    elements = sorted({pow(point, power, field.modulus) for point in domain})
    near = set()
    for members in combinations(elements, size):
        total = sum(members) % field.modulus
        vanishing = field.from_roots(members)  # y^r - total y^(r-1) + rest
        rest = [-entry % field.modulus for entry in vanishing[: size - 1]]
        agreeing = 0
        for point in domain:
            y = pow(point, power, field.modulus)
            word = (pow(y, size, field.modulus) - total * pow(y, size - 1, field.modulus)) % field.modulus
            agreeing += word == field.evaluate(rest, y)
        if agreeing >= size * power:
            near.add(total)
    return near


def _weighted(length: int, degree: int, positions: int, chosen: certificate.Certificate) -> Fraction | None:
    """Bad points by a weighted certificate."""
    height, b = certificate.height(length, degree, positions, chosen, 1), chosen.degree
    if height is None:
        return None
    theta = Fraction(length - degree, positions - degree)
    psi = 1 + (2 * degree - 1) * (2 * b - 1)
    return (2 * b - 1) * height + theta * (b + height * psi) + (length - degree - 1) * b


def list_of_codewords(subgroup: int, size: int, power: int) -> tuple[Result, Result, Result]:
    """The word `y^r`, with one codeword near it for each set of r elements of a subgroup, and samples to part them.

    `y^r` minus the product of `y - a` over a set has degree r - 1 in y and agrees with `y^r` wherever y is in the set.
    """
    length, dimension, positions = subgroup * power, (size - 1) * power + 1, size * power
    field = prime_with(length, 1 << 12)
    domain = field.subgroup(length)
    elements = sorted({pow(point, power, field.modulus) for point in domain})
    members = []
    for chosen in combinations(elements, size):
        rest = [-entry % field.modulus for entry in field.from_roots(chosen)[:size]]
        powers = [pow(point, power, field.modulus) for point in domain]
        agreeing = sum(pow(y, size, field.modulus) == field.evaluate(rest, y) for y in powers)
        if agreeing >= positions:
            members.append(rest)
    collisions = 0
    for point in range(field.modulus):
        values = [field.evaluate(rest, pow(point, power, field.modulus)) for rest in members]
        collisions += len(set(values)) < len(values)
    setting = f"p = {field.modulus}, n = {length}, k = {dimension}, agreement in {positions}"
    bound = _johnson(length, dimension, positions)
    attack = f"one codeword for each {size} of {subgroup} roots of unity"
    count = Fraction(len(members))
    older, sharp = bound.list_size.value.upper, certificate.list_size(length, dimension - 1, positions)
    pairs = Fraction(len(members) * (len(members) - 1), 2)
    return (
        Result("list size, Johnson regime", setting, attack, count, older, str(sources.JOHNSON_LIST), is_count=True),
        Result("list size, DKT26", setting, attack, count, Fraction(sharp), str(sources.WEIGHTED_LINE), is_count=True),
        Result(
            "out-of-domain sample",
            setting,
            "the codewords of that list, one sample",
            Fraction(collisions, field.modulus),
            pairs * (dimension - 1) / field.modulus,
            str(sources.WHIR_SOUNDNESS),
        ),
    )

"""The regime in which an oracle's weakest round is strongest.

With the multiplicity of a list-decoding regime only the queries' errors fall; all others grow. So the best multiplicity
is the least at which another error is as large as the queries' (the crossing), or the one before it. Estimates say
where the crossing should be; that it is there is decided by exact errors on both sides of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, isfinite, log2
from typing import TYPE_CHECKING, Generic, TypeVar

from hstar.soundness.expression import Expression
from hstar.soundness.soundcalc.section import MissingKeyError
from hstar.soundness.strict.codes import MAX_MULTIPLICITY, UNIQUE, Choice, Kind, is_inside
from hstar.soundness.strict.ingredients import Ingredient, UnmetError

if TYPE_CHECKING:
    from hstar.soundness.strict.evaluate import StrictCircuit

MAX_SMALL = 32
"""Multiplicities up to here contain the least one that leaves a distance at every rate up to 1/2."""
FIRST_GUESS = 40
"""Where the search for a multiplicity starts."""

Amount = TypeVar("Amount", Fraction, float)


def least_multiplicity(rate: Fraction) -> int:
    """The least multiplicity that leaves a distance at this rate."""
    return next(m for m in range(1, MAX_SMALL) if is_inside(Choice(Kind.JOHNSON, m), rate))


def best_choice(strict: StrictCircuit, part: int, kind: Kind, near: Choice = UNIQUE) -> Choice:
    """The regime in which the weakest of the part's rounds is strongest; unique decoding if all are equal.

    Args:
        strict: the circuit.
        part: which of its oracles.
        kind: the list-decoding regime that the total may use.
        near: where to look first; without a multiplicity, anywhere.
    """
    model = strict.model
    entries = tuple(entry for entry in model.ingredients if entry.part == part)
    if not model.allows_lists:
        return UNIQUE
    try:
        least = least_multiplicity(model.code(UNIQUE, part).rate)
    except MissingKeyError:
        return UNIQUE
    exact = Errors(strict, entries, exactly, Fraction(0))
    first_guess = near.multiplicity - 1 if near.multiplicity > 1 else FIRST_GUESS
    crossing = _crossing(exact, Errors(strict, entries, roughly, 0.0), kind, least, first_guess)
    unique = [UNIQUE] if model.allows_unique else []
    candidates = [*unique, Choice(kind, max(crossing - 1, least)), Choice(kind, crossing)]
    return min(dict.fromkeys(candidates), key=lambda choice: max(exact.of(choice)))


def exactly(formula: Expression) -> Fraction:
    """The upper bound of a formula."""
    return formula.value.upper


def roughly(formula: Expression) -> float:
    """The estimate of a formula."""
    return formula.estimate


@dataclass(frozen=True)
class Errors(Generic[Amount]):
    """The largest errors of an oracle's rounds, by regime.

    Args:
        strict: the circuit.
        entries: the oracle's ingredients.
        measure: what a formula comes to: its upper bound, or an estimate.
        zero: of that type.
    """

    strict: StrictCircuit
    entries: tuple[Ingredient, ...]
    measure: Callable[[Expression], Amount]
    zero: Amount
    _found: dict[Choice, tuple[Amount, Amount]] = field(default_factory=dict)
    _in_unique_decoding: dict[str, Amount] = field(default_factory=dict)

    def of(self, choice: Choice) -> tuple[Amount, Amount]:
        """Of queries, and of everything else; terms without a number are left out."""
        if choice not in self._found:
            self._found[choice] = self._evaluate(self.entries, choice)
        return self._found[choice]

    def is_crossed(self, choice: Choice) -> bool:
        """Whether the queries are not the weakest."""
        queries, others = self.of(choice)
        return others >= queries

    def lead(self, choice: Choice) -> float:
        """Bits by which the other errors are ahead of the queries'; zero or more past the crossing."""
        queries, others = self.of(choice)
        return _log(others) - _log(queries)

    def _evaluate(self, entries: Iterable[Ingredient], choice: Choice) -> tuple[Amount, Amount]:
        queries, others = self.zero, self.zero
        rounds: dict[str, Amount] = {}
        for entry in entries:
            if entry.is_dominated:
                continue
            if entry.is_list_multiple:
                rounds[entry.round] = rounds.get(entry.round, self.zero) + self._list_multiple(entry, choice)
                continue
            try:
                formula = self.strict.formula(entry, choice)
            except (MissingKeyError, UnmetError):  # where the regime is to blame, nothing is claimed: the error is 1
                others = max(others, self.zero + 1 if self.strict.is_regimes_fault(entry) else self.zero)
                continue
            if formula is None:
                continue
            if entry.queries is not None:
                queries = max(queries, self.measure(formula))
            else:
                rounds[entry.round] = rounds.get(entry.round, self.zero) + self.measure(formula)
        return queries, max(others, *rounds.values(), self.zero)

    def _list_multiple(self, entry: Ingredient, choice: Choice) -> Amount:
        """The error in a regime from that of unique decoding, which is computed once."""
        if entry.label not in self._in_unique_decoding:
            try:
                formula = self.strict.formula(entry, UNIQUE)
            except (MissingKeyError, UnmetError):
                formula = None
            self._in_unique_decoding[entry.label] = self.zero if formula is None else self.measure(formula)
        alone = self._in_unique_decoding[entry.label]
        return alone * self.measure(self.strict.model.code(choice, entry.part).list_size) if alone else alone


def _crossing(exact: Errors[Fraction], rough: Errors[float], kind: Kind, least: int, first_guess: int) -> int:
    """The least multiplicity at which the queries are not the weakest, or the largest that there is."""
    guess = _bracketed(rough, kind, least, first_guess)
    if guess > least and exact.is_crossed(Choice(kind, guess - 1)):
        return _bracketed(exact, kind, least, guess - 1)
    if guess == MAX_MULTIPLICITY or exact.is_crossed(Choice(kind, guess)):
        return guess
    return _bracketed(exact, kind, least, guess - 1)


def _bracketed(errors: Errors[Fraction] | Errors[float], kind: Kind, least: int, guess: int) -> int:
    """Keeps a bracket around the crossing.

    Where to look next is guessed from the bits at the bracket's ends, which are nearly linear in the logarithm of the
    multiplicity.
    """
    lead: dict[int, float] = {}

    def is_crossed(multiplicity: int) -> bool:
        choice = Choice(kind, multiplicity)
        lead[multiplicity] = errors.lead(choice)
        return errors.is_crossed(choice)

    below, above = least, MAX_MULTIPLICITY
    if is_crossed(below):
        return below
    step = 0
    while above - below > 1:
        first = min(max(guess, below), above - 1)  # one of the two is between the ends
        for middle in (first, first + 1, first + 2) if step == 0 else (first, first + 1):
            if below < middle < above:
                below, above = (below, middle) if is_crossed(middle) else (middle, above)
        step += 1
        guess = _between(below, above, lead) if step % 3 else (below + above) // 2
    return above


def _between(below: int, above: int, lead: dict[int, float]) -> int:
    """Where the crossing should be, by the line through the ends in the logarithm of the multiplicity."""
    if above not in lead or not isfinite(lead[above] - lead[below]) or lead[above] <= lead[below]:
        return min(4 * below, (below + above) // 2 + 1)
    share = -lead[below] / (lead[above] - lead[below])
    return int(below * (above / below) ** min(max(share, 0.0), 1.0))


def _log(error: Fraction | float) -> float:
    """The base-2 logarithm, to guide a search."""
    if isinstance(error, float):
        return log2(error) if error > 0 else -inf
    return log2(error.numerator) - log2(error.denominator) if error else -inf

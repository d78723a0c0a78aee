"""Strict totals of a circuit: the best regime of each oracle, the rounds, and the bound for the hashed protocol."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import log2

from hstar.soundness.enclosure import bits_of
from hstar.soundness.soundcalc import schema
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.section import MissingKeyError
from hstar.soundness.soundcalc.swirl import Swirl
from hstar.soundness.strict.codes import MAX_MULTIPLICITY, UNIQUE, Choice, Kind, hypotheses, is_inside
from hstar.soundness.strict.ingredients import Ingredient, UnmetError
from hstar.soundness.strict.model import LIST_KINDS, Model
from hstar.soundness.strict.sampling import grinding
from hstar.soundness.term import Hypothesis, Round, Term, group_by_round
from hstar.soundness.totals import collision_share

PAGE = "strict.md"
CERTAIN = Fraction(1)
"""The error of a term whose condition fails in a regime: nothing is claimed there."""
MAX_SMALL = 32
"""Multiplicities up to here contain the least one that leaves a distance at every rate up to 1/2."""


FIRST_GUESS = 40
"""Where the search for a multiplicity starts."""


@dataclass(frozen=True)
class StrictCell:
    """One term: its bound, or why there is none.

    Args:
        ingredient: what it was made of.
        term: None when it is unavailable.
        unavailable: the reason, when it is.
    """

    ingredient: Ingredient
    term: Term | None
    unavailable: str = ""

    @property
    def label(self) -> str:
        """The column."""
        return self.ingredient.label


@dataclass(frozen=True)
class StrictCircuit:
    """A circuit under the total `strict` or `dkt26`.

    Args:
        circuit: as the file describes it.
        total: one of `LIST_KINDS`.
        given: regimes to take as they are; none: the best are searched. Every choice gives a valid bound.
    """

    circuit: Circuit
    total: str = "strict"
    given: tuple[Choice, ...] = ()

    @cached_property
    def model(self) -> Model:
        """Ingredients and oracles."""
        return Model(self.circuit)

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The regime of each oracle; circuits with the same numbers share the search."""
        if self.given:
            return self.given
        key = (self.total, *fingerprint(self.circuit))
        if key not in _CHOICES:
            if len(_CHOICES) > MAX_REMEMBERED:
                _CHOICES.clear()
            _CHOICES[key] = tuple(self._best(part) for part in range(self.model.num_parts))
        return _CHOICES[key]

    @property
    def regime(self) -> str:
        """The regimes, in words."""
        return ", ".join(str(choice) for choice in dict.fromkeys(self.choices))

    @cached_property
    def cells(self) -> tuple[StrictCell, ...]:
        """Every term, without those that cannot go wrong in their regime."""
        made = (self._cell(entry, self.choices[entry.part]) for entry in self.model.ingredients)
        return tuple(self._checked(cell) for cell in made if cell is not None)

    def _checked(self, cell: StrictCell) -> StrictCell:
        """The cell with the hypotheses of its regime; a term whose hypotheses fail cannot be made."""
        if cell.term is None:
            return cell
        part = cell.ingredient.part
        try:
            checked = hypotheses(self.choices[part], self.model.code(UNIQUE, part).rate)
        except MissingKeyError:  # a term that needs no code
            return cell
        if cell.ingredient.condition:
            checked += (Hypothesis(cell.ingredient.condition, holds=True),)
        return replace(cell, term=replace(cell.term, hypotheses=checked))

    @property
    def missing(self) -> tuple[StrictCell, ...]:
        """The unavailable terms."""
        return tuple(cell for cell in self.cells if cell.term is None)

    @property
    def is_complete(self) -> bool:
        """Whether every term is there, and the digest length too."""
        return not self.missing and self.circuit.hash_bits is not None

    @cached_property
    def rounds(self) -> tuple[Round, ...]:
        """The available terms by verifier message."""
        return group_by_round(cell.term for cell in self.cells if cell.term is not None)

    @property
    def weakest(self) -> Round | None:
        """The round with the largest error."""
        return max(self.rounds, key=lambda entry: entry.error.upper, default=None)

    @property
    def interactive_bits(self) -> Fraction | None:
        """Bits of the weakest round alone, none if its bound is above 1; None when no term is available."""
        return None if self.weakest is None else max(bits_of(self.weakest.error.upper), Fraction(0))

    @property
    def hash_cap_bits(self) -> Fraction | None:
        """Bits against collisions of digests; None when the file does not give their length."""
        return None if self.circuit.hash_bits is None else Fraction(self.circuit.hash_bits, 2)

    @property
    def security_bits(self) -> Fraction | None:
        """Non-interactive bits, those of the available rounds; without a digest length, interactive ones."""
        if self.weakest is None or self.circuit.hash_bits is None:
            return self.interactive_bits
        error = self.weakest.error.upper + collision_share(1 << self.circuit.hash_bits)
        return max(bits_of(error), Fraction(0))

    def _cell(self, entry: Ingredient, choice: Choice) -> StrictCell | None:
        try:
            formula, setting = entry.formula(choice), entry.grinding()
        except MissingKeyError as missing:
            return StrictCell(entry, None, f"{missing.key} is not given")
        except UnmetError as unmet:
            return StrictCell(entry, None, str(unmet))
        if formula is None:
            return None
        if setting is not None and setting.value:
            formula = formula * grinding(setting.value, self.circuit.field)
        term = Term(
            name=entry.label,
            round=entry.round,
            title=entry.title,
            formula=formula,
            hypotheses=(),
            source=entry.source(choice),
            provenance=entry.provenance(choice),
            page=PAGE,
        )
        return StrictCell(entry, term)

    def _best(self, part: int) -> Choice:
        """The regime in which the weakest of the part's rounds is strongest; unique decoding if all are equal.

        With the multiplicity, only the queries' errors fall; all others grow. So the best multiplicity is the least at
        which another error is as large as the queries', or the one before it.
        """
        model, kind = self.model, LIST_KINDS[self.total]
        entries = [entry for entry in model.ingredients if entry.part == part]
        unique = [UNIQUE] if model.allows_unique else []
        if not model.allows_lists:
            return UNIQUE
        try:
            rate = model.code(UNIQUE, part).rate
        except MissingKeyError:
            return UNIQUE
        inside = [Choice(kind, m) for m in range(1, MAX_SMALL) if is_inside(Choice(kind, m), rate)]
        least, crossing = inside[0].multiplicity, self._crossing(entries, kind, inside[0].multiplicity)
        candidates = [*unique, Choice(kind, max(crossing - 1, least)), Choice(kind, crossing)]
        return min(dict.fromkeys(candidates), key=lambda choice: max(self._errors(entries, choice)))

    def _crossing(self, entries: list[Ingredient], kind: Kind, least: int) -> int:
        """The least multiplicity at which the queries are not the weakest, or the largest that there is.

        Exact errors keep a bracket around it; where to look next is guessed from the bits at the bracket's ends, which
        are nearly linear in the logarithm of the multiplicity.
        """
        lead: dict[int, float] = {}  # bits by which the other errors are ahead; above or at zero past the crossing

        def is_crossed(multiplicity: int) -> bool:
            queries, others = self._errors(entries, Choice(kind, multiplicity))
            lead[multiplicity] = _log(others) - _log(queries)
            return others >= queries

        below, above = least, MAX_MULTIPLICITY
        if is_crossed(below):
            return below
        guess, step = FIRST_GUESS, 0
        while above - below > 1:
            first = min(max(guess, below), above - 1)  # one of the two is between the ends
            for middle in (first, first + 1):
                if below < middle < above:
                    below, above = (below, middle) if is_crossed(middle) else (middle, above)
            step += 1
            guess = _between(below, above, lead) if step % 3 else (below + above) // 2
        return above

    def _errors(self, entries: Iterable[Ingredient], choice: Choice) -> tuple[Fraction, Fraction]:
        """The largest errors in a regime: of queries, and of everything else; terms without a number are left out."""
        queries, others = Fraction(0), Fraction(0)
        rounds: dict[str, Fraction] = {}
        for entry in entries:
            if entry.is_dominated:
                continue
            if entry.is_list_multiple:
                rounds[entry.round] = rounds.get(entry.round, Fraction(0)) + self._list_multiple(entry, choice)
                continue
            cell = self._cell(entry, choice)
            if cell is None:
                continue
            if cell.term is None:
                others = max(others, CERTAIN if self.is_regimes_fault(entry) else Fraction(0))
            elif entry.queries is not None:
                queries = max(queries, cell.term.error.upper)
            else:
                rounds[entry.round] = rounds.get(entry.round, Fraction(0)) + cell.term.error.upper
        return queries, max(others, *rounds.values(), Fraction(0))

    def _list_multiple(self, entry: Ingredient, choice: Choice) -> Fraction:
        """The error in a regime from that of unique decoding, which is computed once."""
        if entry.label not in self._in_unique_decoding:
            cell = self._cell(entry, UNIQUE)
            found = Fraction(0) if cell is None or cell.term is None else cell.term.error.upper
            self._in_unique_decoding[entry.label] = found
        alone = self._in_unique_decoding[entry.label]
        return alone * self.model.code(choice, entry.part).list_size.value.upper if alone else alone

    @cached_property
    def _in_unique_decoding(self) -> dict[str, Fraction]:
        """Errors of `is_list_multiple` terms with a list of one."""
        return {}

    def is_regimes_fault(self, entry: Ingredient) -> bool:
        """Whether a term that has no number in some regime has one with unique decoding."""
        cell = self._cell(entry, UNIQUE)
        return cell is None or cell.term is not None


MAX_REMEMBERED = 1 << 12
_CHOICES: dict[tuple[Hashable, ...], tuple[Choice, ...]] = {}


def fingerprint(circuit: Circuit) -> tuple[Hashable, ...]:
    """Everything that the terms of a circuit depend on, names left out."""
    sections = [circuit.section, *circuit.file.lookups]
    if isinstance(circuit, Swirl) and circuit.swirl is not None:
        sections.append(circuit.swirl)
    numbers = tuple(
        tuple(sorted((key, value) for key, value in section.values.items() if key not in schema.LABELS))
        for section in sections
    )
    return type(circuit).__name__, circuit.field, circuit.hash_bits, numbers


def _between(below: int, above: int, lead: dict[int, float]) -> int:
    """Where the crossing should be, by the line through the ends in the logarithm of the multiplicity."""
    if above not in lead or lead[above] <= lead[below]:
        return min(4 * below, (below + above) // 2 + 1)
    share = -lead[below] / (lead[above] - lead[below])
    return int(below * (above / below) ** min(max(share, 0.0), 1.0))


def _log(error: Fraction) -> float:
    """The base-2 logarithm, to guide a search."""
    return log2(error.numerator) - log2(error.denominator) if error else float("-inf")

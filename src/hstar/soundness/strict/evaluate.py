"""Strict totals of a circuit: the best regime of each oracle, the rounds, and the bound for the hashed protocol."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from hstar.soundness.enclosure import bits_of
from hstar.soundness.expression import Expression
from hstar.soundness.soundcalc import schema
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.section import MissingKeyError
from hstar.soundness.soundcalc.swirl import Swirl
from hstar.soundness.strict.codes import UNIQUE, Choice, hypotheses
from hstar.soundness.strict.ingredients import Ingredient, Setting, UnmetError
from hstar.soundness.strict.model import LIST_KINDS, Model
from hstar.soundness.strict.numbers import Numbers
from hstar.soundness.strict.sampling import grinding
from hstar.soundness.strict.search import best_choice
from hstar.soundness.term import Hypothesis, Round, Term, group_by_round
from hstar.soundness.totals import collision_share

PAGE = "strict.md"


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
        near: regimes of a circuit with almost the same numbers, where the search looks first.
    """

    circuit: Circuit
    total: str = "strict"
    given: tuple[Choice, ...] = ()
    near: tuple[Choice, ...] = ()

    @cached_property
    def model(self) -> Model:
        """Ingredients and oracles."""
        return Model(self.circuit)

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of the file that say how strong it is."""
        return Numbers(self.circuit)

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The regime of each oracle; circuits with the same numbers share the search."""
        if self.given:
            return self.given
        key = (self.total, *fingerprint(self.circuit))
        if key not in _CHOICES:
            if len(_CHOICES) > MAX_REMEMBERED:
                _CHOICES.clear()
            near = self.near or (UNIQUE,) * self.model.num_parts
            found = (best_choice(self, part, LIST_KINDS[self.total], near[part]) for part in range(len(near)))
            _CHOICES[key] = tuple(found)
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

    @cached_property
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

    def formula(self, entry: Ingredient, choice: Choice) -> Expression | None:
        """A term's error in a regime, grinding included; None when nothing can go wrong. It is made once.

        Raises:
            MissingKeyError: the file lacks a number.
            UnmetError: the bound's condition does not hold.
        """
        formula, setting = self.bare_formula(entry, choice), self.setting(entry)
        if formula is None or setting is None or not setting.value:
            return formula
        key = id(entry), choice
        if key not in self._ground:
            self._ground[key] = formula * grinding(setting.value, self.circuit.field)
        return self._ground[key]

    def bare_formula(self, entry: Ingredient, choice: Choice) -> Expression | None:
        """The same without grinding; raises as `formula`."""
        key = id(entry), choice
        if key not in self._bare:
            self._bare[key] = entry.formula(choice)
        return self._bare[key]

    def setting(self, entry: Ingredient) -> Setting | None:
        """Where the term's grinding stands; raises as `formula`."""
        if id(entry) not in self._settings:
            self._settings[id(entry)] = entry.grinding()
        return self._settings[id(entry)]

    @cached_property
    def _ground(self) -> dict[tuple[int, Choice], Expression]:
        """By the ingredient's identity (the model keeps it alive) and regime."""
        return {}

    @cached_property
    def _bare(self) -> dict[tuple[int, Choice], Expression | None]:
        """By the same."""
        return {}

    @cached_property
    def _settings(self) -> dict[int, Setting | None]:
        """By the ingredient's identity."""
        return {}

    def _cell(self, entry: Ingredient, choice: Choice) -> StrictCell | None:
        try:
            formula = self.formula(entry, choice)
        except MissingKeyError as missing:
            return StrictCell(entry, None, f"{missing.key} is not given")
        except UnmetError as unmet:
            return StrictCell(entry, None, str(unmet))
        if formula is None:
            return None
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

    def is_regimes_fault(self, entry: Ingredient) -> bool:
        """Whether a term that has no number in some regime has one with unique decoding."""
        try:
            self.formula(entry, UNIQUE)
        except (MissingKeyError, UnmetError):
            return False
        return True


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

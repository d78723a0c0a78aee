"""The error term: one way in which one verifier message can go wrong, with its formula, hypotheses and source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from hstar.errors import InputError
from hstar.soundness.enclosure import Enclosure, bits_of
from hstar.soundness.expression import Expression, Symbol
from hstar.soundness.lazy import lazy
from hstar.soundness.reasons import SoundnessReason


class Provenance(StrEnum):
    """What stands behind a bound."""

    THEOREM = "theorem"
    LEAN = "Lean-checked"
    DERIVATION = "our derivation"


@dataclass(frozen=True)
class Source:
    """Where a bound is stated: key of `hstar.soundness.sources.PAPERS`, the place in it, and a known erratum."""

    paper: str
    place: str
    erratum: str = ""

    def __str__(self) -> str:
        text = f"{self.paper}, {self.place}"
        return f"{text} ({self.erratum})" if self.erratum else text


@dataclass(frozen=True)
class Hypothesis:
    """A condition under which a bound holds, with the answer for the numbers at hand."""

    text: str
    holds: bool


@dataclass(frozen=True)
class Term:
    """One error term.

    Args:
        name: dotted name, unique in a report, e.g. `whir.0.shift`.
        round: name of the verifier message; errors of one round add up.
        title: one line that says what goes wrong.
        formula: the bound, grinding included.
        hypotheses: conditions of the bound; all hold, otherwise the term cannot be made.
        source: where the bound is stated.
        provenance: what stands behind it.
        page: documentation page under `docs/soundness/`.
        count: how many rounds of the protocol have this very bound (they are not summed: round by round).

    Raises:
        InputError: HYPOTHESIS_FAILED.
    """

    name: str
    round: str
    title: str
    formula: Expression
    hypotheses: tuple[Hypothesis, ...]
    source: Source
    provenance: Provenance
    page: str
    count: int = 1

    def __post_init__(self) -> None:
        for hypothesis in self.hypotheses:
            if not hypothesis.holds:
                raise InputError(
                    f"the bound {self.name} ({self.source}) does not apply: it needs {hypothesis.text}",
                    reason=SoundnessReason.HYPOTHESIS_FAILED,
                    term=self.name,
                )

    @lazy
    def error(self) -> Enclosure:
        """The error probability."""
        return self.formula.value

    @property
    def bits(self) -> Fraction:
        """`-log2` of the upper bound of the error, rounded down."""
        return bits_of(self.error.upper)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of the formula, each once, in reading order."""
        return tuple({entry.name: entry for entry in self.formula.symbols()}.values())


@dataclass(frozen=True)
class Round:
    """One verifier message with the terms that it can violate; its error is their sum."""

    name: str
    terms: tuple[Term, ...]

    @lazy
    def error(self) -> Enclosure:
        """The sum of the terms."""
        total = self.terms[0].error
        for term in self.terms[1:]:
            total = total + term.error
        return total

    @property
    def bits(self) -> Fraction:
        """`-log2` of the upper bound of the round's error, rounded down."""
        return bits_of(self.error.upper)


def group_by_round(terms: Iterable[Term]) -> tuple[Round, ...]:
    """The rounds in the order of their first terms."""
    rounds: dict[str, list[Term]] = {}
    for term in terms:
        rounds.setdefault(term.round, []).append(term)
    return tuple(Round(name, tuple(members)) for name, members in rounds.items())

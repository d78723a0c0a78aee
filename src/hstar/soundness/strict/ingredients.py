"""What a family says about a circuit before a regime is chosen: error terms as functions of the regime."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hstar.soundness.expression import Expression
from hstar.soundness.soundcalc.section import Section
from hstar.soundness.strict.codes import Choice
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.term import Provenance, Source


class UnmetError(Exception):
    """A bound's condition does not hold for the numbers of the file; never leaves this package."""


@dataclass(frozen=True)
class Setting:
    """Where a number stands in the file.

    Args:
        section: the table.
        key: the key, as the family's formulas call it.
        index: which entry of a list; empty for a plain number.
        value: the number.
    """

    section: Section
    key: str
    index: tuple[int, ...]
    value: int

    @property
    def name(self) -> str:
        """The key as the file writes it, with the entry."""
        key = self.section.aliases.get(self.key, self.key)
        return key + "".join(f"[{entry}]" for entry in self.index)


@dataclass(frozen=True)
class Ingredient:
    """One error term, its regime open.

    Args:
        label: its column; `stands_for` is the column of soundcalc's reports that it takes the place of, if any.
        title: what goes wrong.
        formula: the error without grinding, as a function of the regime of its part; None when nothing can go wrong.
            Raises MissingKeyError or UnmetError.
        part: which of the circuit's oracles decides the regime.
        message: the verifier message; errors of one message add up.
        source: where the bound is stated.
        provenance: what stands behind it.
        grinding: proof of work before the message.
        queries: where the number of queries stands, for the term that they make small.
        stands_for: see `label`.
        differences: why the number is not soundcalc's, apart from the regime.
        condition: what the formula has checked, or else raised UnmetError.
        is_list_multiple: whether the error is the list size times what it is in unique decoding.
        is_dominated: whether another term of the part has a larger error in every regime, so that searches skip it.
    """

    label: str
    title: str
    formula: Callable[[Choice], Expression | None]
    source: Callable[[Choice], Source]
    part: int = 0
    message: str = ""
    provenance: Callable[[Choice], Provenance] = lambda _: Provenance.THEOREM
    grinding: Callable[[], Setting | None] = lambda: None
    queries: Callable[[], Setting] | None = None
    stands_for: str = ""
    differences: tuple[Difference, ...] = ()
    condition: str = ""
    is_list_multiple: bool = False
    is_dominated: bool = False

    @property
    def round(self) -> str:
        """The verifier message."""
        return self.message or self.label


Ingredients = Iterator[Ingredient]


def always(source: Source) -> Callable[[Choice], Source]:
    """A source that does not depend on the regime."""
    return lambda _: source

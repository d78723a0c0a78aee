"""The cells of a report: one error term each, or the key that the term lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.section import MissingKeyError
from hstar.soundness.term import Provenance, Source, Term

PAGE = "soundcalc.md"


@dataclass(frozen=True)
class Cell:
    """One cell of a report.

    Args:
        label: the column.
        term: the error term; None when it is unavailable.
        missing: the key that the file lacks, when the term is unavailable.
        quirks: where the number is soundcalc's rather than the theorem's.
        decimals: 0: whole bits, rounded down; 1: bits to the nearest tenth.
    """

    label: str
    term: Term | None
    missing: str = ""
    quirks: tuple[Quirk, ...] = ()
    decimals: int = 0

    @property
    def bits(self) -> Fraction:
        """Bits as reports show them.

        Raises:
            MissingKeyError: the term is unavailable.
        """
        if self.term is None:
            raise MissingKeyError(self.missing)
        return tenths(self.term.bits) if self.decimals else Fraction(whole_bits(self.term.error.upper))

    @property
    def rank(self) -> Fraction:
        """What totals compare: whole bits, or tenths before rounding; raises as `bits`."""
        return self.term.bits if self.term is not None and self.decimals else self.bits

    @property
    def shown(self) -> str:
        """The text of the cell."""
        if self.term is None:
            return "—"
        return f"{float(self.bits):.1f}" if self.decimals else str(self.bits)


@dataclass(frozen=True)
class Row:
    """The cells of one regime; the total is their minimum, and incomplete when a term is unavailable."""

    regime: str
    cells: tuple[Cell, ...]

    @property
    def missing(self) -> tuple[Cell, ...]:
        """The unavailable terms."""
        return tuple(cell for cell in self.cells if cell.term is None)

    @property
    def is_complete(self) -> bool:
        """Whether every term is there."""
        return not self.missing

    @property
    def weakest(self) -> Cell | None:
        """The first cell with the fewest bits; None when no term is available."""
        available = [cell for cell in self.cells if cell.term is not None]
        return min(available, key=lambda cell: cell.rank, default=None)

    @property
    def shown_total(self) -> str:
        """The text of the cell `total`."""
        if self.weakest is None:
            return "—"
        return self.weakest.shown if self.is_complete else f"{self.weakest.shown} (incomplete)"


def make_cell(
    label: str,
    formula: Callable[[], Expression],
    *,
    title: str,
    source: Source = sources.WHIR_SOUNDNESS,
    quirks: Iterable[Quirk] = (),
    decimals: int = 0,
) -> Cell:
    """The cell of an error formula; unavailable when the formula asks for a key that the file does not give."""
    try:
        built = formula()
    except MissingKeyError as missing:
        return Cell(label, None, missing=missing.key, decimals=decimals)
    term = Term(
        name=label,
        round=label,
        title=title,
        formula=built,
        hypotheses=(),
        source=source,
        provenance=Provenance.DERIVATION,
        page=PAGE,
    )
    return Cell(label, term, quirks=tuple(dict.fromkeys(quirks)), decimals=decimals)


def ground(error: Expression, grinding_bits: int) -> Expression:
    """The error after so many nominal bits of grinding."""
    if grinding_bits == 0:
        return error
    return error * symbol("g", Fraction(1, 1 << grinding_bits), f"{grinding_bits} bits of grinding, nominal")


@lru_cache(maxsize=64)
def field_order(order: int) -> Expression:
    """`|F|`."""
    return symbol("|F|", order, "elements of the field")


def whole_bits(error: Fraction) -> int:
    """The largest k with `error <= 2^-k`, of a positive error; negative when the error is above 1."""
    if error <= 1:
        return (error.denominator // error.numerator).bit_length() - 1
    return -ceil_log2(-(-error.numerator // error.denominator))


def tenths(bits: Fraction) -> Fraction:
    """The nearest tenth."""
    return Fraction(floor(bits * 10 + Fraction(1, 2)), 10)

"""The decoding regimes that strict totals choose from, and the bounds of a code in each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import ceil

from hstar.params.whir import UNIQUE_DECODING
from hstar.soundness import sources
from hstar.soundness.enclosure import square_root
from hstar.soundness.expression import Expression, Symbol, defined, symbol
from hstar.soundness.lazy import lazy
from hstar.soundness.regimes import CodeBound
from hstar.soundness.soundcalc.regimes import JohnsonBound
from hstar.soundness.strict import certificate
from hstar.soundness.term import Hypothesis, Provenance, Source

MAX_MULTIPLICITY = 4096
AGREEMENT_BITS = 48
"""Agreements of DKT26 are rounded up to so many binary digits, which makes them exact."""


class Kind(StrEnum):
    """What a code is analysed with."""

    UNIQUE = "UDR"
    JOHNSON = "JBR"
    WEIGHTED = "DKT26"


@dataclass(frozen=True)
class Choice:
    """A regime: its kind, and the multiplicity m that says how far from the Johnson bound it stays."""

    kind: Kind
    multiplicity: int = 0

    def __str__(self) -> str:
        return str(self.kind) if self.kind is Kind.UNIQUE else f"{self.kind} m={self.multiplicity}"


UNIQUE = Choice(Kind.UNIQUE)


@dataclass(frozen=True)
class WeightedBound:
    """A code by DKT26: list size and bad points from integers, at the radius `1 - sqrt(rho) (1 + 1/(2m))`.

    Args:
        rate: the rate rho.
        length: the block length n.
        multiplicity: m of the radius; that of the certificate is chosen freely.
    """

    rate: Fraction
    length: int
    multiplicity: int

    @lazy
    def _share(self) -> Fraction:
        exact = square_root(self.rate).upper * (1 + Fraction(1, 2 * self.multiplicity))
        return Fraction(ceil(exact * (1 << AGREEMENT_BITS)), 1 << AGREEMENT_BITS)

    @property
    def _max_degree(self) -> int:
        return max(int(self.rate * self.length) - 1, 0)

    @property
    def _positions(self) -> int:
        """A: positions in which words agree."""
        return ceil(self._share * self.length)

    @lazy
    def delta(self) -> Symbol:
        """The proximity parameter."""
        return symbol("delta", 1 - self._share, "proximity parameter")

    @lazy
    def list_size(self) -> Symbol:
        """The most codewords that agree with a word in A positions."""
        size = certificate.list_size(self.length, self._max_degree, self._positions)
        return symbol("L", max(size, 1), "list size: floor(n (A - D) / (A^2 - n D))")

    @lazy
    def line_error(self) -> Symbol:
        """Bad points of a line."""
        return self.curve_error(1)

    def curve_error(self, degree: int) -> Symbol:
        """Bad points of a curve of this degree: by the certificate, or by the Johnson theorem if that gives fewer."""
        if degree not in self._curves:
            self._curves[degree] = self._curve_error(degree)
        return self._curves[degree]

    @lazy
    def _curves(self) -> dict[int, Symbol]:
        """Bad points of curves by degree, as they are asked for."""
        return {}

    def _curve_error(self, degree: int) -> Symbol:
        older = bounds(Choice(Kind.JOHNSON, self.multiplicity), self.rate, self.length).line_error
        name, what = ("E", "line") if degree == 1 else ("E_l", f"curve of degree {degree}")
        chosen = certificate.choose(self.rate, self._share)
        if chosen is not None and 1 <= self._max_degree < self._positions <= self.length:
            found = certificate.height(self.length, self._max_degree, self._positions, chosen, degree)
            if found is not None:
                formula = self._exceptions(chosen.degree, found, degree)
                if formula.estimate <= degree * older.estimate:  # both are bounds
                    return defined(name, formula, f"bad points of a {what}, by a weighted certificate")
        return defined(name, degree * older, f"bad points of a {what}, by the Johnson theorem")

    def _exceptions(self, degree: int, height: int, curve_degree: int) -> Expression:
        """`(2 B - 1) H + theta (l B + H Psi) + l (n - D - 1) B`."""
        n, d = symbol("n", self.length, "block length of the code"), symbol("D", self._max_degree, "largest degree")
        b, h = symbol("B", degree, "degree of the certificate"), symbol("H", height, "height of the certificate")
        positions = symbol("A", self._positions, "positions in which words agree")
        excess = max(0, degree - 2 * self._max_degree - 1)
        psi = defined("Psi", 1 + (2 * d - 1) * (2 * b - 1) + 2 * excess, "growth of degrees")
        theta = defined("theta", (n - d) / (positions - d), "words over agreement, beyond the degree")
        curve = symbol("l", curve_degree, "degree of the curve")
        return (2 * b - 1) * h + theta * (curve * b + h * psi) + curve * (n - d - 1) * b

    def agreement(self) -> Expression:
        """`1 - delta`."""
        return 1 - self.delta


Code = CodeBound | JohnsonBound | WeightedBound


@lru_cache(maxsize=1 << 14)
def bounds(choice: Choice, rate: Fraction, length: int) -> Code:
    """The bounds of a code of this rate and length."""
    match choice.kind:
        case Kind.UNIQUE:
            return CodeBound(UNIQUE_DECODING, rate, length)
        case Kind.JOHNSON:
            return JohnsonBound(rate, length, None, choice.multiplicity, None)
        case Kind.WEIGHTED:
            return WeightedBound(rate, length, choice.multiplicity)


def is_inside(choice: Choice, rate: Fraction) -> bool:
    """Whether the regime leaves a distance, and the form of the theorem's degree bound is the one used here.

    With `D_Z = max(D_Y, t^2 / (3 rho))` below m = 3, the maximum is its second half if `t >= 3 sqrt(rho)`.
    """
    if choice.kind is Kind.UNIQUE:
        return True
    root = square_root(rate).upper
    if root * (1 + Fraction(1, 2 * choice.multiplicity)) >= 1:
        return False
    return choice.multiplicity >= 3 or choice.multiplicity + Fraction(1, 2) >= 3 * root


def hypotheses(choice: Choice, rate: Fraction) -> tuple[Hypothesis, ...]:
    """What the regime's theorems ask for, with the answers for a rate."""
    if choice.kind is Kind.UNIQUE:
        return (Hypothesis("delta <= (1 - rho) / 2 (unique decoding)", holds=True),)
    inside = is_inside(choice, rate)
    return (
        Hypothesis("0 < delta < 1 - sqrt(rho) (Johnson bound)", inside),
        Hypothesis("m >= 3 or m + 1/2 >= 3 sqrt(rho)", inside),
    )


def curve_error(code: Code, degree: Expression) -> Expression:
    """Bad points of a curve of words whose degree is `degree`: so many times those of a line, or a sharper count."""
    if isinstance(code, WeightedBound):
        return code.curve_error(int(degree.value.lower))
    return degree * code.line_error


def affine_error(code: Code, order: Expression) -> Expression:
    """The error of a random point of an affine space, over `|F|`."""
    if isinstance(code, WeightedBound):
        return code.line_error / (order - 1)
    return code.line_error / order


def line_source(choice: Choice) -> Source:
    """The theorem behind the bad points of a line."""
    return {
        Kind.UNIQUE: sources.UNIQUE_LINE,
        Kind.JOHNSON: sources.JOHNSON_LINE,
        Kind.WEIGHTED: sources.WEIGHTED_LINE,
    }[choice.kind]


def line_provenance(choice: Choice, *, curve: bool) -> Provenance:
    """What stands behind it; counts for curves of the weighted certificate are our own extension of those for lines."""
    if choice.kind is Kind.WEIGHTED:
        return Provenance.DERIVATION if curve else Provenance.LEAN
    return Provenance.THEOREM

"""The decoding regimes: proximity parameter, list size and line error of a Reed-Solomon code.

Both regimes are theorems; no conjecture about proximity gaps is used. The line error is given as `E`, the number of
bad field elements, so that the probability is `E / |F|`; curves of degree l take l times that, affine spaces once,
multilinear batching of B words `ceil(log2 B)` times.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from hstar.params.whir import MIN_MULTIPLICITY, Regime
from hstar.soundness import sources
from hstar.soundness.enclosure import Enclosure, square_root
from hstar.soundness.expression import Expression, Symbol, as_expression, defined, symbol
from hstar.soundness.lazy import lazy
from hstar.soundness.term import Hypothesis, Source


@dataclass(frozen=True)
class CodeBound:
    """What a regime says about a Reed-Solomon code (and its interleavings).

    Args:
        regime: unique decoding, or Johnson with a multiplicity.
        rate: the rate rho.
        length: the block length n.

    Soundness: an interleaved code has the same bounds as its base code. A random projection of an interleaved word
    only brings it nearer to the code and keeps any `L` codewords apart as long as `L (L - 1) / 2 < |F|`, so lists are
    no longer; and a line of interleaved words that is bad is bad for some projection, at the price of a factor
    `|F| / (|F| - 1)`.
    """

    regime: Regime
    rate: Fraction
    length: int

    @lazy
    def rho(self) -> Symbol:
        """The rate."""
        return symbol("rho", self.rate, "rate of the code")

    @lazy
    def sqrt_rho(self) -> Symbol:
        """Square root of the rate."""
        return symbol("sqrt(rho)", square_root(self.rate), "square root of the rate")

    @lazy
    def block_length(self) -> Symbol:
        """The block length."""
        return symbol("n", self.length, "block length of the code")

    @lazy
    def multiplicity(self) -> Symbol:
        """The interpolation multiplicity m of the Johnson regime."""
        return symbol("m", self.regime.multiplicity, "interpolation multiplicity")

    @lazy
    def shifted_multiplicity(self) -> Symbol:
        """`t = m + 1/2`."""
        return defined("t", self.multiplicity + Fraction(1, 2), "multiplicity and a half")

    @lazy
    def delta(self) -> Symbol:
        """The proximity parameter: the share of positions in which a word may differ from the code."""
        meaning = "proximity parameter"
        if self.regime.is_unique:
            return defined("delta", (1 - self.rho) / 2, meaning)
        return defined("delta", 1 - self.sqrt_rho - self.sqrt_rho / (2 * self.multiplicity), meaning)

    @lazy
    def list_size(self) -> Symbol:
        """The most codewords that can lie within `delta` of a word."""
        meaning = "list size"
        if self.regime.is_unique:
            return defined("L", as_expression(1), meaning)
        return defined("L", self.shifted_multiplicity / self.sqrt_rho, meaning)

    @lazy
    def line_error(self) -> Symbol:
        """`E`: how many points of a line of words can be nearer to the code than the line itself."""
        meaning = "bad points of a line"
        n, rho, delta = self.block_length, self.rho, self.delta
        if self.regime.is_unique:
            return defined("E", delta * n + 1, meaning)
        error = johnson_line_error(self.shifted_multiplicity, delta, rho, self.sqrt_rho, n)
        return defined("E", error, meaning)

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What the regime's theorem asks for."""
        if self.regime.is_unique:
            return (
                Hypothesis("0 < rho < 1", 0 < self.rate < 1),
                Hypothesis("delta <= (1 - rho) / 2 (unique decoding)", holds=True),
            )
        return (
            Hypothesis("0 < rho < 1", 0 < self.rate < 1),
            Hypothesis(f"m >= {MIN_MULTIPLICITY}", self.regime.multiplicity >= MIN_MULTIPLICITY),
            Hypothesis("0 < delta < 1 - sqrt(rho) (Johnson bound)", self.delta.value.lower > 0),
        )

    @property
    def line_source(self) -> Source:
        """The theorem behind `line_error`."""
        return sources.UNIQUE_LINE if self.regime.is_unique else sources.JOHNSON_LINE

    def agreement(self) -> Expression:
        """`1 - delta`: the share of positions that a false word passes."""
        return 1 - self.delta


def johnson_line_error(
    shifted_multiplicity: Expression, delta: Expression, rho: Expression, sqrt_rho: Expression, length: Expression
) -> Expression:
    """`(2 t^5 + 3 t delta rho) n / (3 rho^1.5) + t / sqrt(rho)`, the bad points of a line in the Johnson regime."""
    t = shifted_multiplicity
    fifth, numerator = t ** as_expression(5), 3 * t * delta * rho
    return (2 * fifth + numerator) * length / (3 * rho * sqrt_rho) + t / sqrt_rho


@lru_cache(maxsize=65536)
def code_bound(regime: Regime, log_inverse_rate: int, log_length: int) -> CodeBound:
    """The bounds of a code of rate `2^-log_inverse_rate` and length `2^log_length`."""
    return CodeBound(regime, Fraction(1, 1 << log_inverse_rate), 1 << log_length)


def list_size_value(bound: CodeBound) -> Enclosure:
    """The list size as a number."""
    return bound.list_size.value

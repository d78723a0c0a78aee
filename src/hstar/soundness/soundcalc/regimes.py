"""soundcalc's decoding regimes: unique decoding, and the Johnson regime from a gap or from a multiplicity."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, isqrt

from hstar.params.whir import UNIQUE_DECODING
from hstar.soundness.enclosure import square_root
from hstar.soundness.expression import Expression, Symbol, as_expression, defined, symbol
from hstar.soundness.lazy import lazy
from hstar.soundness.regimes import CodeBound, johnson_line_error
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.section import MissingKeyError, Section

LEAST_MULTIPLICITY = 3
LARGE_FIELD = 2**150
"""Above this order a gap that is not given is `sqrt(rho) / 100`, otherwise at least `rho / 20`."""
DOUBLE_BITS = 53


@dataclass(frozen=True)
class JohnsonBound:
    """The Johnson regime of a code as soundcalc states it.

    Args:
        rate: the rate rho.
        length: the block length n.
        gap_square: square of the distance eta to the Johnson bound; None when the multiplicity is given.
        given_multiplicity: the multiplicity of the file, if it gives one.
        doubles_multiplicity: multiplicity by soundcalc's own arithmetic, when it is taken from the gap.
    """

    rate: Fraction
    length: int
    gap_square: Fraction | None
    given_multiplicity: int | None
    doubles_multiplicity: int | None

    @property
    def exact_multiplicity(self) -> int:
        """`max(ceil(sqrt(rho) / (2 eta)), 3)`, or the one given."""
        if self.given_multiplicity is not None:
            return self.given_multiplicity
        if self.gap_square is None:
            raise ArithmeticError("neither a gap nor a multiplicity")
        ratio = self.rate / (4 * self.gap_square)
        floor_root = isqrt(ratio.numerator // ratio.denominator)
        root = floor_root if floor_root**2 == ratio else floor_root + 1
        return max(root, LEAST_MULTIPLICITY)

    @property
    def multiplicity(self) -> int:
        """The multiplicity that soundcalc uses."""
        return self.exact_multiplicity if self.doubles_multiplicity is None else self.doubles_multiplicity

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What is peculiar about the numbers of this code."""
        small = (Quirk.SMALL_MULTIPLICITY,) if self.multiplicity < LEAST_MULTIPLICITY else ()
        noisy = (Quirk.MULTIPLICITY_IN_DOUBLES,) if self.multiplicity != self.exact_multiplicity else ()
        return (*small, *noisy)

    @lazy
    def rho(self) -> Symbol:
        """The rate."""
        return symbol("rho", self.rate, "rate of the code")

    @lazy
    def sqrt_rho(self) -> Symbol:
        """Square root of the rate."""
        return symbol("sqrt(rho)", square_root(self.rate), "square root of the rate")

    @lazy
    def gap(self) -> Symbol:
        """`eta`: how far the proximity parameter stays from the Johnson bound."""
        meaning = "distance to the Johnson bound"
        if self.gap_square is None:
            return defined("eta", self.sqrt_rho / (2 * as_expression(self.multiplicity)), meaning)
        return symbol("eta", square_root(self.gap_square), meaning)

    @lazy
    def delta(self) -> Symbol:
        """The proximity parameter."""
        return defined("delta", 1 - self.sqrt_rho - self.gap, "proximity parameter")

    @lazy
    def shifted_multiplicity(self) -> Symbol:
        """`t = m + 1/2`."""
        return defined("t", symbol("m", self.multiplicity, "multiplicity") + Fraction(1, 2), "multiplicity and a half")

    @lazy
    def list_size(self) -> Symbol:
        """The most codewords within `delta` of a word."""
        if self.gap_square is None:
            return defined("L", self.shifted_multiplicity / self.sqrt_rho, "list size")
        return defined("L", 1 / (2 * self.gap * self.sqrt_rho), "list size")

    @lazy
    def line_error(self) -> Symbol:
        """Points of a line of words that can be nearer to the code than the line itself."""
        length = symbol("n", self.length, "block length of the code")
        error = johnson_line_error(self.shifted_multiplicity, self.delta, self.rho, self.sqrt_rho, length)
        return defined("E", error, "bad points of a line")

    def agreement(self) -> Expression:
        """`1 - delta`."""
        return 1 - self.delta


Code = CodeBound | JohnsonBound


@dataclass(frozen=True)
class FileRegime:
    """How the codes of a circuit are decoded.

    Args:
        order: number of elements of the field.
        is_unique: unique decoding; otherwise the Johnson regime.
        gap: the gap that the file gives.
        multiplicity: the multiplicity that the file gives.
        missing: a key without which there is no regime.
    """

    order: int
    is_unique: bool
    gap: Fraction | None = None
    multiplicity: int | None = None
    missing: str = ""

    @property
    def label(self) -> str:
        """The row of reports."""
        if self.missing == "explicit_regime":
            return "not given"
        return "UDR" if self.is_unique else "JBR"

    def code(self, rate: Fraction, dimension: Fraction | int) -> Code:
        """The bounds of the code of this rate and dimension.

        Raises:
            MissingKeyError: the file does not say what the regime needs.
        """
        if self.missing:
            raise MissingKeyError(self.missing)
        return _code(self, rate, dimension)

    def check_distance(self, code: Code, section: Section) -> None:
        """Refuses a gap or a multiplicity that leaves no distance.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        if code.delta.value.lower > 0:
            return
        if self.multiplicity is not None:
            raise section.refuse("explicit_m", "a multiplicity with 1 - sqrt(rho) (1 + 1/(2m)) > 0", self.multiplicity)
        raise section.refuse("gap_to_radius", "less than 1 - sqrt(rho)", float(self.gap or 0))


def quirks_of(code: Code) -> tuple[Quirk, ...]:
    """What is peculiar about a code's numbers."""
    return code.quirks if isinstance(code, JohnsonBound) else ()


@lru_cache(maxsize=4096)
def _code(regime: FileRegime, rate: Fraction, dimension: Fraction | int) -> Code:
    length = int(dimension / rate)
    if regime.is_unique:
        return CodeBound(UNIQUE_DECODING, rate, length)
    if regime.multiplicity is not None:
        return JohnsonBound(rate, length, None, regime.multiplicity, None)
    if regime.gap is not None:
        gap_square = regime.gap**2
    elif regime.order > LARGE_FIELD:
        gap_square = rate / 100**2
    else:
        gap_square = max((rate / 20) ** 2, rate / 100**2)
    return JohnsonBound(rate, length, gap_square, None, doubles_multiplicity(rate, gap_square))


def doubles_multiplicity(rate: Fraction, gap_square: Fraction) -> int:
    """The multiplicity by the operations of double-precision arithmetic that soundcalc makes, each rounded exactly.

    The gap is subtracted from `1 - sqrt(rho)`, taken back out as the difference, and divided into `sqrt(rho)`; the
    result is rounded up. No float is used: every step is a rational rounded to 53 significant bits, half to even.
    """
    one, root, gap = Fraction(1), double(square_root(rate).lower), double(square_root(gap_square).lower)
    johnson = double(one - root)
    gap_again = double(johnson - double(johnson - gap))
    return max(ceil(double(root / (2 * gap_again))), LEAST_MULTIPLICITY)


def double(value: Fraction) -> Fraction:
    """The nearest number with 53 significant bits, half to even (the range of exponents is never left here)."""
    if value == 0:
        return value
    magnitude = abs(value)
    scale = magnitude.numerator.bit_length() - magnitude.denominator.bit_length() - DOUBLE_BITS
    unit = Fraction(2) ** scale
    if magnitude / unit >= 1 << DOUBLE_BITS:
        unit *= 2
    rounded = round(magnitude / unit) * unit
    return rounded if value > 0 else -rounded

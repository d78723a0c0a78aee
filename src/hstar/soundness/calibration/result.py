"""What an experiment found, beside what the bound allows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log2, sqrt


@dataclass(frozen=True)
class Result:
    """One experiment.

    Args:
        name: of the term that the bound belongs to.
        setting: field, code, sizes.
        attack: what was done.
        measured: share of challenges, or of runs, in which the attack succeeded; for lists, their length.
        bound: what the theorem allows.
        source: where the bound is stated.
        runs: independent runs; 0: every challenge was tried, so the share is exact.
        is_count: whether both numbers are counts rather than shares.
    """

    name: str
    setting: str
    attack: str
    measured: Fraction
    bound: Fraction
    source: str
    runs: int = 0
    is_count: bool = False

    @property
    def deviation(self) -> float:
        """Standard deviation of the measured share, by the bound's own variance; 0 when it is exact."""
        if not self.runs:
            return 0.0
        share = float(min(max(self.bound, Fraction(1, self.runs)), Fraction(1)))
        return sqrt(share * (1 - share) / self.runs)

    @property
    def holds(self) -> bool:
        """Whether the measurement is at most the bound, or above it by no more than four deviations."""
        return float(self.measured) <= float(self.bound) + 4 * self.deviation

    @property
    def slack_bits(self) -> float:
        """Bits between bound and measurement; infinite when the attack never succeeded."""
        if not self.measured:
            return float("inf")
        return log2(float(self.bound / self.measured))

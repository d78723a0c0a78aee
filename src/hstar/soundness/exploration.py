"""What-if questions: sensitivity of the total to each parameter, proof size against bits, and the Pareto front."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from hstar.errors import InputError
from hstar.params.whir import MIN_MULTIPLICITY, johnson
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.report import Report
from hstar.soundness.solver import FirstRegime, solve

PARETO_GRINDING_BITS = (0, 8, 16, 20, 24)
PARETO_LOG_INVERSE_RATES = (1, 2, 3, 4, 5, 6)
CURVE_TARGETS = (80, 90, 100, 110, 120, 128)


@dataclass(frozen=True)
class Sensitivity:
    """How `security_bits` moves when one parameter is taken one step down and one step up."""

    parameter: str
    value: int
    bits_down: Fraction | None
    bits_up: Fraction | None


def sensitivities(report: Report) -> tuple[Sensitivity, ...]:
    """One entry for each number of queries, grinding bits and multiplicity; None where a step is not possible."""
    entries = []
    for index, step in enumerate(report.parameters.iterations):
        for name in ("num_queries", "query_grinding_bits"):
            value = getattr(step, name)
            down, up = (_changed(report, index, name, value + change) for change in (-1, 1))
            entries.append(Sensitivity(f"iteration {index}: {name}", value, down, up))
        multiplicity = step.regime.multiplicity
        if not step.regime.is_unique:
            down = None if multiplicity == MIN_MULTIPLICITY else _changed(report, index, "regime", multiplicity - 1)
            up = _changed(report, index, "regime", multiplicity + 1)
            entries.append(Sensitivity(f"iteration {index}: multiplicity", multiplicity, down, up))
    return tuple(entries)


def _changed(report: Report, index: int, name: str, value: int) -> Fraction | None:
    """The change of `security_bits`, or None where the changed parameters are refused."""
    try:
        changed = report.parameters.with_iteration(index, **{name: johnson(value) if name == "regime" else value})
        return Report(report.description, changed).totals.security_bits - report.totals.security_bits
    except InputError:
        return None


@dataclass(frozen=True)
class Candidate:
    """One point of the trade between proof size, grinding and rate."""

    grinding_bits: int
    log_inverse_rate: int
    report: Report

    def dominates(self, other: Candidate) -> bool:
        """Whether it is nowhere worse and somewhere better: a smaller proof, less grinding, a higher rate."""
        sizes = self.report.size.expected, other.report.size.expected
        mine, theirs = (self.grinding_bits, self.log_inverse_rate), (other.grinding_bits, other.log_inverse_rate)
        nowhere_worse = sizes[0] <= sizes[1] and mine[0] <= theirs[0] and mine[1] <= theirs[1]
        return nowhere_worse and (sizes[0] != sizes[1] or mine != theirs)


def pareto_front(
    report: Report,
    *,
    first_regime: FirstRegime = "free",
    grinding_bits: Iterable[int] = PARETO_GRINDING_BITS,
    log_inverse_rates: Iterable[int] = PARETO_LOG_INVERSE_RATES,
) -> tuple[Candidate, ...]:
    """The solutions for the circuits, size, hash and target of `report` that no other one dominates, smallest first.

    Args:
        report: a solution that says what is asked.
        first_regime: as for `solve`.
        grinding_bits: amounts of proof of work to try.
        log_inverse_rates: rates to try.
    """
    candidates = []
    for bits in grinding_bits:
        for rate in log_inverse_rates:
            found = _solved_again(report, report.parameters.target_bits, rate, bits, first_regime)
            if found is not None:
                candidates.append(Candidate(bits, rate, found))
    front = [one for one in candidates if not any(other.dominates(one) for other in candidates)]
    return tuple(sorted(front, key=lambda one: (one.report.size.expected, one.grinding_bits, one.log_inverse_rate)))


def size_curve(
    report: Report, *, grinding_bits: int, first_regime: FirstRegime = "free", targets: Iterable[int] = CURVE_TARGETS
) -> tuple[Report, ...]:
    """Solutions at other targets for the same circuits, size, hash and rate; unreachable targets are left out."""
    rate = report.parameters.log_inverse_rate
    solved = (_solved_again(report, target, rate, grinding_bits, first_regime) for target in targets)
    return tuple(entry for entry in solved if entry is not None)


def _solved_again(
    report: Report, target_bits: int, log_inverse_rate: int, grinding_bits: int, first_regime: FirstRegime
) -> Report | None:
    parameters = report.parameters
    try:
        found = solve(
            target_bits=target_bits,
            log_cells=parameters.log_cells,
            log_inverse_rate=log_inverse_rate,
            description=report.description,
            first_regime=first_regime,
            suite=parameters.hash_suite,
            digest_bytes=None if parameters.hash.is_implemented else parameters.hash.digest_bytes,
            grinding_bits=grinding_bits,
        )
    except InputError as error:
        if error.reason is SoundnessReason.UNREACHABLE_TARGET:
            return None
        raise
    return found

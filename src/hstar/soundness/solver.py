"""The solver: the parameters that reach a target with the cheapest proof.

The grid, searched exhaustively (by dynamic programming over what is left to fold, which visits every combination):

- rate: as given, or `2^-1` to `2^-6`;
- arity of iteration 0: 1 to 8 variables; of later iterations: 1 to 6;
- domain shift: the codeword shrinks by `2^0` to `2^3` after iteration 0, by `2^1` to `2^3` after a later one;
- regime of every iteration: unique decoding, or Johnson with multiplicity 3 to 4096;
- the vector sent in clear has at most `2^8` elements.

Queries, samples and grinding are the least that reach the target. The combination term of an iteration depends on the
next one's list size, which the dynamic program takes from the cheapest continuation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Literal

from hstar.errors import InputError, Reason
from hstar.params.field import KOALA_BEAR_SEXTIC, FieldParameters
from hstar.params.hash_suite import HashSuiteParameters, hash_suite_parameters
from hstar.params.protocol import GROUPS, MAX_LOG_FINAL_LENGTH, ProtocolParameters
from hstar.params.whir import MAX_GRINDING_BITS, UNIQUE_DECODING, Regime, WhirIteration
from hstar.soundness.costs import Objective, iteration_price
from hstar.soundness.description import SystemDescription, default_description
from hstar.soundness.enclosure import bits_of
from hstar.soundness.iteration_search import Following, Oracle, Search
from hstar.soundness.layout import first_openings, iteration_events, later_opening
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.regimes import CodeBound, code_bound
from hstar.soundness.report import Report
from hstar.soundness.setting import CircuitSetting, group_columns
from hstar.soundness.system import circuit_terms
from hstar.soundness.term import group_by_round
from hstar.soundness.totals import MAX_TREE_QUERIES, error_budget

LOG_INVERSE_RATES = range(1, 7)
FIRST_ARITIES = range(1, 9)
LATER_ARITIES = range(1, 7)
FIRST_SHRINKS = range(4)
LATER_SHRINKS = range(1, 4)
MAX_LOG_INVERSE_RATE = 16
"""Of a commitment, when the rate is given."""

FirstRegime = Literal["free", "unique"]


@dataclass(frozen=True)
class Request:
    """What was asked of the solver, checked."""

    description: SystemDescription
    suite: HashSuiteParameters
    target_bits: int
    log_cells: int
    log_inverse_rates: tuple[int, ...]
    first_regime: FirstRegime
    grinding_bits: int
    objective: Objective
    budget: Fraction
    field: FieldParameters = KOALA_BEAR_SEXTIC


@dataclass(frozen=True, order=True)
class Plan:
    """A choice for this iteration and all after it; plans compare by price, then bytes, then arities and lengths."""

    price: int
    size: int
    shape: tuple[tuple[int, int], ...]
    steps: tuple[WhirIteration, ...] = field(compare=False)


def solve(
    *,
    target_bits: int = 128,
    log_cells: int,
    log_inverse_rate: int | None = None,
    description: SystemDescription | None = None,
    groups: int = 1,
    first_regime: FirstRegime = "free",
    suite: str = "poseidon2",
    digest_bytes: int | None = None,
    grinding_bits: int = 20,
    objective: str = "proof_bytes",
) -> Report:
    """The parameters that reach `target_bits` at the smallest price, with the full report.

    Args:
        target_bits: what `security_bits` must reach. With a `digest_bytes` that caps it below, the rounds alone reach
            the target, and the report says what the whole does.
        log_cells: base-2 logarithm of the committed cells.
        log_inverse_rate: of the commitment; searched when None.
        description: the circuits; None for one chip set of 200 columns without a global bus.
        groups: commitment groups of that default description.
        first_regime: "unique" forces unique decoding in iteration 0.
        suite: hash suite.
        digest_bytes: another digest length than the suite's, as a question about sizes.
        grinding_bits: the most proof of work in one place.
        objective: `proof_bytes`, `verifier_hashes` or `prover_seconds`.

    Raises:
        InputError: OUT_OF_RANGE or UNKNOWN_NAME for bad arguments, UNREACHABLE_TARGET with the round that stands in
            the way.
    """
    chosen = default_description(log_cells, groups) if description is None else description
    request = _check_request(
        chosen, target_bits, log_cells, log_inverse_rate, first_regime, suite, digest_bytes, grinding_bits, objective
    )
    plan = _Solver(request).best()
    if plan is None:
        raise InputError(_why_unreachable(request), reason=SoundnessReason.UNREACHABLE_TARGET)
    return Report(chosen, _parameters(request, plan))


def _check_request(
    description: SystemDescription,
    target_bits: int,
    log_cells: int,
    log_inverse_rate: int | None,
    first_regime: str,
    suite: str,
    digest_bytes: int | None,
    grinding_bits: int,
    objective: str,
) -> Request:
    _check("target_bits", target_bits, 1, 256)
    _check("grinding_bits", grinding_bits, 0, MAX_GRINDING_BITS)
    if log_inverse_rate is not None:
        _check("log_inverse_rate", log_inverse_rate, 1, MAX_LOG_INVERSE_RATE)
    if first_regime not in ("free", "unique"):
        raise InputError(f"first_regime is {first_regime!r}; it must be free or unique", reason=Reason.UNKNOWN_NAME)
    if objective not in tuple(Objective):
        raise InputError(
            f"objective is {objective!r}; it must be one of {', '.join(Objective)}", reason=Reason.UNKNOWN_NAME
        )
    if description.log_cells > log_cells:
        raise InputError(
            f"{description.name} reserves {description.num_cells} cells, more than 2^{log_cells}",
            reason=SoundnessReason.INCONSISTENT,
        )
    sizes = hash_suite_parameters(suite, digest_bytes)
    budget = error_budget(target_bits, sizes.collision_space, MAX_TREE_QUERIES)
    if budget <= 0 and digest_bytes is not None:
        budget = Fraction(1, 1 << target_bits)
    if budget <= 0:
        raise InputError(
            f"no parameters reach {target_bits} bits with the hash suite {suite}: collisions of its digests or hidden "
            "states alone are likelier; lower the target",
            reason=SoundnessReason.UNREACHABLE_TARGET,
        )
    rates = tuple(LOG_INVERSE_RATES) if log_inverse_rate is None else (log_inverse_rate,)
    return Request(
        description=description,
        suite=sizes,
        target_bits=target_bits,
        log_cells=log_cells,
        log_inverse_rates=rates,
        first_regime="unique" if first_regime == "unique" else "free",
        grinding_bits=grinding_bits,
        objective=Objective(objective),
        budget=budget,
    )


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} is {value}; it must be {low} to {high}", reason=Reason.OUT_OF_RANGE)


class _Solver:
    """One search; remembers the best plan for every oracle that can be left over."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.search = Search(request.field, request.budget, request.grinding_bits)
        self._tails: dict[tuple[int, int], Plan | None] = {}

    def best(self) -> Plan | None:
        """The best plan over rates, first arities, shrinks and regimes."""
        request = self.request
        plans: list[Plan] = []
        for rate in request.log_inverse_rates:
            for arity in FIRST_ARITIES:
                length = request.log_cells + rate
                oracle = Oracle(request.log_cells, length, arity, is_commitment=True)
                if arity <= request.log_cells and self._is_possible(oracle) and self._columns_fit(arity):
                    plans += self._plans(oracle, FIRST_SHRINKS)
        return min(plans, default=None)

    def _tail(self, num_variables: int, log_length: int) -> Plan | None:
        """The best plan for a later oracle."""
        key = num_variables, log_length
        if key not in self._tails:
            plans: list[Plan] = []
            for arity in LATER_ARITIES:
                oracle = Oracle(num_variables, log_length, arity, is_commitment=False)
                if arity <= num_variables and self._is_possible(oracle):
                    plans += self._plans(oracle, LATER_SHRINKS)
            self._tails[key] = min(plans, default=None)
        return self._tails[key]

    def _is_possible(self, oracle: Oracle) -> bool:
        log_positions = oracle.log_codeword_length - oracle.log_folding_arity
        return 1 <= log_positions <= self.request.field.two_adicity and oracle.log_inverse_rate >= 1

    def _columns_fit(self, arity: int) -> bool:
        columns = group_columns(self.request.description, self.request.log_cells - arity)
        return sum(columns) <= 1 << arity

    def _plans(self, oracle: Oracle, shrinks: range) -> list[Plan]:
        """Every plan that starts with folding `oracle`: stop here, or go on at each shrink with the best tail."""
        rest = oracle.num_variables - oracle.log_folding_arity
        plans = self._with_regimes(oracle, None) if rest <= MAX_LOG_FINAL_LENGTH else []
        for shrink in shrinks:
            tail = self._tail(rest, oracle.log_codeword_length - shrink) if rest else None
            if tail is not None:
                plans += self._with_regimes(oracle, tail)
        return plans

    def _with_regimes(self, oracle: Oracle, tail: Plan | None) -> list[Plan]:
        following = None
        if tail is not None:
            head = tail.steps[0]
            rest = oracle.num_variables - oracle.log_folding_arity
            following = Following(head.regime, head.log_codeword_length - rest, head.num_samples)
        found = []
        if not oracle.is_commitment or self._admits(oracle, oracle.code(UNIQUE_DECODING)):
            found.append(self.search.unique(oracle, following))
        if not oracle.is_commitment or self.request.first_regime == "free":
            admits = partial(self._admits, oracle) if oracle.is_commitment else None
            found.append(self.search.best_johnson(oracle, following, admits))
        return [self._plan(oracle, step, tail) for step in found if step is not None]

    def _admits(self, oracle: Oracle, code: CodeBound) -> bool:
        """Whether everything before WHIR stays in the budget with the commitment's list size."""
        return largest_circuit_error(self.request, oracle.log_folding_arity, code) <= self.request.budget

    def _plan(self, oracle: Oracle, step: WhirIteration, tail: Plan | None) -> Plan:
        request = self.request
        if oracle.is_commitment:
            columns = group_columns(request.description, request.log_cells - step.log_folding_arity)
            openings = first_openings(columns, step, request.suite.block_elements)
        else:
            openings = (later_opening(1, step, request.field.extension_degree),)
        events = tuple(
            iteration_events(
                step,
                0 if oracle.is_commitment else 1,
                tail.steps[0] if tail else None,
                openings=openings,
                log_final_length=oracle.num_variables - step.log_folding_arity,
                degree=request.field.extension_degree,
            )
        )
        price, size = iteration_price(
            request.objective,
            events,
            step,
            oracle.num_variables,
            request.field,
            request.suite,
            is_commitment=oracle.is_commitment,
        )
        shape = (step.log_folding_arity, step.log_codeword_length)
        if tail is None:
            return Plan(price, size, (shape,), (step,))
        return Plan(price + tail.price, size + tail.size, (shape, *tail.shape), (step, *tail.steps))


def largest_circuit_error(request: Request, first_arity: int, commitment: CodeBound) -> Fraction:
    """The largest error of a round before WHIR."""
    setting = CircuitSetting(
        request.description,
        request.field,
        commitment,
        log_column_length=request.log_cells - first_arity,
        boundary_pin=_needs_pin(request.description, commitment.regime),
    )
    return max(entry.error.upper for entry in group_by_round(circuit_terms(setting)))


def _needs_pin(description: SystemDescription, first_regime: Regime) -> bool:
    return description.group_cells[GROUPS.index("boundary")] > 0 and not first_regime.is_unique


def _parameters(request: Request, plan: Plan) -> ProtocolParameters:
    first = plan.steps[0]
    return ProtocolParameters(
        target_bits=request.target_bits,
        hash_suite=request.suite.name,
        log_cells=request.log_cells,
        log_max_height=request.description.log_max_height,
        group_columns=group_columns(request.description, request.log_cells - first.log_folding_arity),
        iterations=plan.steps,
        boundary_pin=_needs_pin(request.description, first.regime),
    )


def _why_unreachable(request: Request) -> str:
    """The sentence that names the obstacle: a round before WHIR, or the size itself."""
    arity = FIRST_ARITIES[-1]
    code = code_bound(UNIQUE_DECODING, request.log_inverse_rates[0], max(1, request.log_cells - arity))
    bits = bits_of(largest_circuit_error(request, arity, code))
    where = f"no parameters in the grid reach {request.target_bits} bits for 2^{request.log_cells} cells"
    if bits < request.target_bits:
        return f"{where}: a round before WHIR has at most {float(bits):.1f} bits even with unique decoding"
    return f"{where} at rate 2^-{request.log_inverse_rates[0]} with at most {request.grinding_bits} bits of grinding"

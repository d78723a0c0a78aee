"""The best queries, multiplicity, samples and grinding of one WHIR iteration on a given code.

The order of preference is fixed: fewest queries, then the smallest multiplicity with that many queries, then the least
grinding. Every bound is monotone in each of these, so binary search finds the exact minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from hstar.params.field import FieldParameters
from hstar.params.whir import (
    MAX_QUERIES,
    MAX_SAMPLES,
    MIN_MULTIPLICITY,
    UNIQUE_DECODING,
    Regime,
    WhirIteration,
    johnson,
)
from hstar.soundness.regimes import CodeBound, code_bound
from hstar.soundness.steps import whir_formulas as formulas

SEARCHED_MULTIPLICITY = 4096
"""Multiplicities beyond this shift the proximity parameter by less than a thousandth of a bit per query."""


@dataclass(frozen=True)
class Oracle:
    """An oracle to be folded and queried: variables, codeword length, arity, and whether it is the commitment."""

    num_variables: int
    log_codeword_length: int
    log_folding_arity: int
    is_commitment: bool

    @cached_property
    def log_inverse_rate(self) -> int:
        """Of its code."""
        return self.log_codeword_length - self.num_variables

    @cached_property
    def log_fold_length(self) -> int:
        """Length of the longest code for which a folding round needs a line error."""
        return self.log_codeword_length - (self.log_folding_arity if self.is_commitment else 1)

    def code(self, regime: Regime) -> CodeBound:
        """That code in a regime."""
        return code_bound(regime, self.log_inverse_rate, self.log_fold_length)


@dataclass(frozen=True, slots=True)
class Following:
    """The next oracle as the combination challenge sees it."""

    regime: Regime
    log_inverse_rate: int
    num_samples: int


class Search:
    """The search for iterations that keep every round within an error budget.

    The parts of an error that do not depend on the next oracle are computed once and remembered; the combination term
    is tiny, so adding it moves a minimum by at most a step or two, found by counting up.

    Args:
        field: the challenge field.
        budget: the largest error of a round.
        max_grinding_bits: the most proof of work in one place.
    """

    def __init__(self, field: FieldParameters, budget: Fraction, max_grinding_bits: int) -> None:
        self.field = field
        self.budget = budget
        self.max_grinding_bits = max_grinding_bits
        self._missed = cache(self._missed_uncached)
        self._combination = cache(self._combination_uncached)
        self._folds = cache(self._folds_uncached)
        self._samples = cache(self._samples_uncached)
        self._queries_alone = cache(self._queries_alone_uncached)
        self._multiplicity_alone = cache(self._multiplicity_alone_uncached)
        self._ideal_multiplicity = cache(self._ideal_multiplicity_uncached)
        self._largest_multiplicity = cache(self._largest_multiplicity_uncached)

    def unique(self, oracle: Oracle, following: Following | None) -> WhirIteration | None:
        """The best iteration in the unique-decoding regime; None when no number of queries is enough."""
        return self._iteration(oracle, UNIQUE_DECODING, following)

    def best_johnson(
        self, oracle: Oracle, following: Following | None, admits: Callable[[CodeBound], bool] | None = None
    ) -> WhirIteration | None:
        """The best iteration in the Johnson regime.

        Args:
            oracle: the oracle.
            following: what the combination challenge has to cope with; None in the last iteration.
            admits: a further condition on the code, true up to some multiplicity; None for none.
        """
        highest = self._highest_multiplicity(oracle, admits)
        if highest is None:
            return None
        best = self._iteration(oracle, johnson(highest), following)
        if best is None:
            return None
        smallest = self._multiplicity_alone(oracle.log_inverse_rate, best.num_queries, highest)
        while smallest < highest and not self._meets(
            oracle, johnson(smallest), following, best.num_queries, self.max_grinding_bits
        ):
            smallest += 1
        return self._iteration(oracle, johnson(smallest), following)

    def _highest_multiplicity(self, oracle: Oracle, admits: Callable[[CodeBound], bool] | None) -> int | None:
        """A multiplicity that is possible and needs no more queries than any other that is possible.

        Past some multiplicity the number of queries falls no further; where that one is possible, it is the answer.
        """

        def admitted(multiplicity: int) -> bool:
            return admits is None or admits(oracle.code(johnson(multiplicity)))

        ideal = self._ideal_multiplicity(oracle.log_inverse_rate)
        key = oracle.log_inverse_rate, oracle.log_fold_length, oracle.is_commitment
        if ideal is not None and self._folds(johnson(ideal), *key, 0) and admitted(ideal):
            return ideal
        highest = self._largest_multiplicity(*key)
        return None if highest is None else largest_true(admitted, MIN_MULTIPLICITY, highest)

    def _ideal_multiplicity_uncached(self, log_inverse_rate: int) -> int | None:
        """The smallest multiplicity whose query count no larger multiplicity improves."""
        queries = self._queries_alone(johnson(SEARCHED_MULTIPLICITY), log_inverse_rate)
        if queries is None:
            return None
        return self._multiplicity_alone(log_inverse_rate, queries, SEARCHED_MULTIPLICITY)

    def _iteration(self, oracle: Oracle, regime: Regime, following: Following | None) -> WhirIteration | None:
        fold_grinding = self._fold_grinding(regime, oracle)
        samples = 0 if oracle.is_commitment else self._samples(regime, oracle.log_inverse_rate, oracle.num_variables)
        queries = self._queries_alone(regime, oracle.log_inverse_rate)
        if fold_grinding is None or samples is None or queries is None:
            return None
        while not self._meets(oracle, regime, following, queries, self.max_grinding_bits):
            if queries == MAX_QUERIES:
                return None
            queries += 1
        grinding = self.max_grinding_bits
        while grinding > 0 and self._meets(oracle, regime, following, queries, grinding - 1):
            grinding -= 1
        return WhirIteration(
            log_folding_arity=oracle.log_folding_arity,
            log_codeword_length=oracle.log_codeword_length,
            regime=regime,
            num_queries=queries,
            num_samples=samples,
            query_grinding_bits=grinding,
            fold_grinding_bits=fold_grinding,
        )

    def _meets(
        self, oracle: Oracle, regime: Regime, following: Following | None, num_queries: int, grinding_bits: int
    ) -> bool:
        error = self._missed(regime, oracle.log_inverse_rate, num_queries, grinding_bits)
        if following is not None and error <= self.budget:
            error += self._combination(following, num_queries, grinding_bits)
        return error <= self.budget

    def _missed_uncached(self, regime: Regime, log_inverse_rate: int, queries: int, grinding_bits: int) -> Fraction:
        code = code_bound(regime, log_inverse_rate, 0)
        return formulas.missed_queries_error(code, self.field, queries, grinding_bits).value.upper

    def _combination_uncached(self, following: Following, num_queries: int, grinding_bits: int) -> Fraction:
        code = code_bound(following.regime, following.log_inverse_rate, 0)
        error = formulas.combination_error(code, self.field, num_queries, following.num_samples, grinding_bits)
        return error.value.upper

    def _queries_alone_uncached(self, regime: Regime, log_inverse_rate: int) -> int | None:
        return smallest_true(
            lambda count: self._missed(regime, log_inverse_rate, count, self.max_grinding_bits) <= self.budget,
            1,
            MAX_QUERIES,
        )

    def _multiplicity_alone_uncached(self, log_inverse_rate: int, num_queries: int, highest: int) -> int:
        smallest = smallest_true(
            lambda multiplicity: (
                self._missed(johnson(multiplicity), log_inverse_rate, num_queries, self.max_grinding_bits)
                <= self.budget
            ),
            MIN_MULTIPLICITY,
            highest,
        )
        return highest if smallest is None else smallest

    def _largest_multiplicity_uncached(self, log_inverse_rate: int, log_length: int, is_commitment: bool) -> int | None:
        """The largest multiplicity that folds without grinding, or else with as much as is allowed."""

        def largest(bits: int) -> int | None:
            return largest_true(
                lambda number: self._folds(johnson(number), log_inverse_rate, log_length, is_commitment, bits),
                MIN_MULTIPLICITY,
                SEARCHED_MULTIPLICITY,
            )

        free = largest(0)
        return largest(self.max_grinding_bits) if free is None else free

    def _fold_grinding(self, regime: Regime, oracle: Oracle) -> int | None:
        def enough(bits: int) -> bool:
            return self._folds(regime, oracle.log_inverse_rate, oracle.log_fold_length, oracle.is_commitment, bits)

        return 0 if enough(0) else smallest_true(enough, 0, self.max_grinding_bits)

    def _folds_uncached(
        self, regime: Regime, log_inverse_rate: int, log_length: int, is_commitment: bool, bits: int
    ) -> bool:
        code = code_bound(regime, log_inverse_rate, log_length)
        error = formulas.fold_error(code, self.field, bits, interleaved=is_commitment)
        return error.value.upper <= self.budget

    def _samples_uncached(self, regime: Regime, log_inverse_rate: int, num_variables: int) -> int | None:
        if regime.is_unique:
            return 0
        code = code_bound(regime, log_inverse_rate, 0)

        def enough(count: int) -> bool:
            error = formulas.out_of_domain_error(code, self.field, num_variables, count)
            return error.value.upper <= self.budget

        return 1 if enough(1) else smallest_true(enough, 1, MAX_SAMPLES)


def smallest_true(condition: Callable[[int], bool], low: int, high: int) -> int | None:
    """The smallest number from `low` to `high` with a condition that stays true once it is; None if it never is."""
    if low > high or not condition(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if condition(middle):
            high = middle
        else:
            low = middle + 1
    return high


def largest_true(condition: Callable[[int], bool], low: int, high: int) -> int | None:
    """The largest number from `low` to `high` with a condition that stays false once it is; None if it never holds."""
    if low > high or not condition(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if condition(middle):
            low = middle
        else:
            high = middle - 1
    return low

"""WHIR: batching, folding, out-of-domain samples, queries, and sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import floor

from hstar.soundness import sources
from hstar.soundness.enclosure import log2
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import Cell, field_order, ground, make_cell
from hstar.soundness.soundcalc.fields import FileField
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.regimes import Code, FileRegime, quirks_of
from hstar.soundness.soundcalc.section import MissingKeyError, Section
from hstar.soundness.soundcalc.sizes import FileSize, fixed, opening_size


@dataclass(frozen=True)
class Whir:
    """WHIR as a circuit's table describes it.

    Every iteration halves the domain: rates and dimensions follow from the first and from the folding arities.

    Args:
        section: the table.
        field: of the challenges.
    """

    section: Section
    field: FileField

    @cached_property
    def log_arities(self) -> tuple[int, ...]:
        """Sumcheck rounds of each iteration, `k_i`."""
        return self.section.integers("folding_factors")

    def log_dimension(self, index: int) -> int:
        """Variables of the function that iteration `index` folds; one past the last: of the final function."""
        return self.section.integer("log_degree") - (sum(self.log_arities[:index]) if index else 0)

    def rate(self, index: int) -> Fraction:
        """Rate of the codes of an iteration."""
        return Fraction(1, 1 << self._log_inverse_rate(index))

    def _log_inverse_rate(self, index: int) -> int:
        first = self.section.integer("log_inv_rate")
        return first + sum(arity - 1 for arity in self.log_arities[:index]) if index else first

    def log_positions(self, index: int) -> int:
        """Base-2 logarithm of the positions that queries choose from: leaves of an iteration's oracle."""
        return self.log_dimension(index) + self._log_inverse_rate(index) - self.log_arities[index]

    @property
    def dimension(self) -> int:
        """Dimension of the first code."""
        return 1 << self.log_dimension(0)

    def code(self, regime: FileRegime) -> Code:
        """The first code.

        Raises:
            InputError: OUT_OF_RANGE, a gap that leaves no distance.
        """
        code = self.folded_code(regime, 0, 0)
        regime.check_distance(code, self.section)
        return code

    def folded_code(self, regime: FileRegime, index: int, folded: int) -> Code:
        """The code of iteration `index` after `folded` of its sumcheck rounds."""
        return regime.code(self.rate(index), 1 << (self.log_dimension(index) - folded))

    def check(self) -> None:
        """Checks that the lists have an entry for each iteration and that variables and field suffice.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        section = self.section
        if not section.has("folding_factors"):
            return
        count, refuse = len(self.log_arities), section.refuse
        if section.has("num_iterations") and section.integer("num_iterations") != count:
            raise refuse(
                "num_iterations", f"{count}, one for each entry of folding_factors", section.integer("num_iterations")
            )
        for key, length in (("num_queries", count), ("grinding_bits_queries", count)):
            _check_length(section, key, length)
        for key in ("num_ood_samples", "grinding_bits_ood"):
            _check_length(section, key, count - 1)
        if section.has("grinding_bits_folding"):
            rows = section.rows("grinding_bits_folding")
            if tuple(len(row) for row in rows) != self.log_arities:
                expected = f"rows of {list(self.log_arities)} entries, one for each folding round"
                raise refuse("grinding_bits_folding", expected, [list(row) for row in rows])
        if section.has("log_degree") and sum(self.log_arities) > section.integer("log_degree"):
            expected = f"at most {section.integer('log_degree')} folding rounds, the variables of log_degree"
            raise refuse("folding_factors", expected, list(self.log_arities))
        if section.has("log_degree") and section.has("log_inv_rate"):
            domain = section.integer("log_degree") + section.integer("log_inv_rate") - self.log_arities[0]
            if domain > self.field.two_adicity:
                expected = f"at most 2^{self.field.two_adicity} leaves, a subgroup of the field,"
                raise refuse("log_degree", expected, f"2^{domain}")

    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """Batching, then each iteration: samples, queries on the oracle before, folding; then the last queries."""
        if not self.section.has("batch_size") or self.section.integer("batch_size") > 1:
            yield self._line_cell("batching", "batching of the functions", lambda: self._batching(regime), regime, 0)
        if not self.section.has("folding_factors"):
            yield Cell("iterations", None, missing="folding_factors")
            return
        for index, arity in enumerate(self.log_arities):
            if index:
                yield self._samples_cell(index, regime)
                yield self._shift_cell(index, regime)
            for folded in range(1, arity + 1):

                def fold(index: int = index, folded: int = folded) -> Expression:
                    return self._fold(regime, index, folded)

                yield self._line_cell(f"fold(i={index},s={folded})", "a folding round", fold, regime, index)

        def final() -> Expression:
            last = len(self.log_arities) - 1
            return ground(self._missed(regime, last), self.section.integers("grinding_bits_queries")[last])

        yield make_cell("fin", final, title="every query misses")

    def _batching(self, regime: FileRegime) -> Expression:
        error = self.code(regime).line_error / field_order(self.field.order)
        batch = self.section.integer("batch_size")
        if self.section.flag("power_batching"):
            error = (symbol("B", batch, "functions batched by powers") - 1) * error
        return ground(error, self.section.integer("grinding_batching_phase"))

    def _fold(self, regime: FileRegime, index: int, folded: int) -> Expression:
        before, after = (self.folded_code(regime, index, number) for number in (folded - 1, folded))
        degree = symbol("d", self.section.integer("constraint_degree"), "degree bound of the sumchecks")
        size = field_order(self.field.order)
        error = degree * before.list_size / size + after.line_error / size
        return ground(error, self.section.rows("grinding_bits_folding")[index][folded - 1])

    def _samples_cell(self, index: int, regime: FileRegime) -> Cell:
        def samples() -> Expression:
            code, section = self.folded_code(regime, index, 0), self.section
            length = symbol("2^m", 1 << self.log_dimension(index), "length of the function")
            count = symbol("w", section.integers("num_ood_samples")[index - 1], "out-of-domain samples")
            error = code.list_size * code.list_size * (length / (2 * field_order(self.field.order))) ** count
            return ground(error, section.integers("grinding_bits_ood")[index - 1])

        quirks = () if regime.is_unique else (Quirk.SQUARED_LIST,)
        return make_cell(f"OOD(i={index})", samples, title="out-of-domain samples", quirks=quirks)

    def _shift_cell(self, index: int, regime: FileRegime) -> Cell:
        def shift() -> Expression:
            section, code = self.section, self.folded_code(regime, index, 0)
            claims = symbol("q", section.integers("num_queries")[index - 1], "queries, and one sample") + 1
            error = self._missed(regime, index - 1) + code.list_size * claims / field_order(self.field.order)
            return ground(error, section.integers("grinding_bits_queries")[index - 1])

        has_grinding = self.section.has("grinding_bits_queries")
        is_ground = has_grinding and self.section.integers("grinding_bits_queries")[index - 1] > 0
        title = "queries on the oracle before, and combination"
        quirks = (Quirk.GROUND_COMBINATION,) if is_ground else ()
        return make_cell(f"Shift(i={index})", shift, title=title, quirks=quirks)

    def _missed(self, regime: FileRegime, index: int) -> Expression:
        """The chance that every query on an iteration's oracle misses."""
        queries = symbol("q", self.section.integers("num_queries")[index], "queries")
        return self.folded_code(regime, index, 0).agreement() ** queries

    def _line_cell(
        self, label: str, title: str, formula: Callable[[], Expression], regime: FileRegime, index: int
    ) -> Cell:
        """A cell whose error is a line error of iteration `index`, with what is peculiar about its multiplicity."""
        try:
            quirks = quirks_of(self.folded_code(regime, index, 0))
        except MissingKeyError:
            quirks = ()
        return make_cell(label, formula, title=title, source=sources.WHIR_SOUNDNESS, quirks=quirks)

    def size(self, hash_bits: int) -> FileSize:
        """Roots, sumcheck messages, samples, openings and the final function.

        A sumcheck message of degree bound d has d - 1 elements; leaves of the first oracle hold base-field elements.

        Raises:
            MissingKeyError: a key is absent.
        """
        section, element_bits = self.section, self.field.element_bits
        message = section.integer("constraint_degree") - 1
        size = fixed((1 << self.log_dimension(len(self.log_arities))) * element_bits)
        for index, arity in enumerate(self.log_arities):
            samples = section.integers("num_ood_samples")[index - 1] if index else 0
            size = size + fixed(hash_bits + (arity * message + samples) * element_bits)
            leaves = 1 << self.log_positions(index)
            column_bits = element_bits if index else self.field.base_element_bits * section.integer("batch_size")
            queries = section.integers("num_queries")[index]
            size = size + opening_size(leaves, queries, column_bits << arity, hash_bits)
        return size

    def grinding_overhead(self) -> str:
        """Logarithm of the expected attempts of all grinding together, to the nearest hundredth.

        Raises:
            MissingKeyError: a key is absent.
        """
        section = self.section
        bits = [section.integer("grinding_batching_phase")]
        bits += [*section.integers("grinding_bits_queries"), *section.integers("grinding_bits_ood")]
        bits += [number for row in section.rows("grinding_bits_folding") for number in row]
        logarithm = log2(Fraction(sum(1 << number for number in bits))).lower
        return str(float(Fraction(floor(logarithm * 100 + Fraction(1, 2)), 100)))


def _check_length(section: Section, key: str, length: int) -> None:
    if section.has(key) and len(section.integers(key)) != length:
        raise section.refuse(key, f"{length} entries", list(section.integers(key)))

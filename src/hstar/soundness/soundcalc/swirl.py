"""SWIRL: LogUp over a fraction tree, zerocheck and stacked reduction in front of WHIR.

What is written of WHIR in the file is little; the rest is fixed here as soundcalc fixes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hstar.soundness import sources
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import Cell, field_order, ground, make_cell
from hstar.soundness.soundcalc.circuit import Circuit, shown
from hstar.soundness.soundcalc.kinds import Value
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.regimes import FileRegime
from hstar.soundness.soundcalc.section import MissingKeyError, Section
from hstar.soundness.soundcalc.sizes import FileSize
from hstar.soundness.soundcalc.whir import Whir
from hstar.soundness.term import Source

LOG_FOLDING_ARITY = 4
QUERY_GRINDING_BITS = 20
SAMPLES = 1
CONSTRAINT_DEGREE = 4
"""Degree of constraints in the zerocheck, whatever the file's `constraint_degree` (which WHIR's sumchecks take)."""

_ALIASES = {
    "log_inv_rate": "log_blowup",
    "log_degree": "l_skip or n_stack",
    "folding_factors": "whir_num_queries",
    "batch_size": "w_stack",
    "num_queries": "whir_num_queries",
    "grinding_batching_phase": "whir_mu_pow_bits",
    "grinding_bits_folding": "whir_folding_pow_bits",
}


@dataclass(frozen=True)
class Swirl(Circuit):
    """A SWIRL circuit.

    Args:
        swirl: the table `[swirl]` that all circuits share.

    Raises:
        InputError: OUT_OF_RANGE, more folding rounds than variables.
    """

    proof_system: str = "SWIRL"
    commitment_name: str = "WHIR"
    swirl: Section | None = None

    def __post_init__(self) -> None:
        self.whir.check()

    @property
    def whir(self) -> Whir:
        """The commitment, with what soundcalc fixes filled in."""
        given, values = self.section, dict[str, Value]()
        for name in ("log_inv_rate", "batch_size", "grinding_batching_phase"):
            if given.has(_ALIASES[name]):
                values[name] = given.integer(_ALIASES[name])
        if given.has("l_skip") and given.has("n_stack"):
            values["log_degree"] = given.integer("l_skip") + given.integer("n_stack")
        if given.has("constraint_degree"):
            values["constraint_degree"] = given.integer("constraint_degree")
        if given.has("whir_num_queries"):
            queries = given.integers("whir_num_queries")
            values |= {
                "num_queries": queries,
                "folding_factors": (LOG_FOLDING_ARITY,) * len(queries),
                "grinding_bits_queries": (QUERY_GRINDING_BITS,) * len(queries),
                "num_ood_samples": (SAMPLES,) * (len(queries) - 1),
                "grinding_bits_ood": (0,) * (len(queries) - 1),
            }
            if given.has("whir_folding_pow_bits"):
                row = (given.integer("whir_folding_pow_bits"),) * LOG_FOLDING_ARITY
                values["grinding_bits_folding"] = (row,) * len(queries)
        values["power_batching"] = True
        return Whir(Section(given.place, values, (), _ALIASES), self.field)

    def regimes(self) -> tuple[FileRegime, ...]:
        """See `Circuit.regimes`; without `explicit_regime` there is one row in which nothing is available."""
        section, order = self.section, self.field.order
        if not section.has("explicit_regime"):
            return (FileRegime(order, is_unique=False, missing="explicit_regime"),)
        if section.text("explicit_regime") == "unique":
            return (FileRegime(order, is_unique=True),)
        if not section.has("explicit_m"):
            return (FileRegime(order, is_unique=False, missing="explicit_m"),)
        return (FileRegime(order, is_unique=False, multiplicity=section.integer("explicit_m")),)

    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """See `Circuit.cells`."""
        yield from self.whir.cells(regime)
        gains = () if regime.is_unique else (Quirk.LIST_GAINS_BITS,)
        size = field_order(self.field.order)

        def logup() -> Expression:
            if self.swirl is None:
                raise MissingKeyError("logup_max_interaction_count")
            interactions = symbol("N", self.swirl.integer("logup_max_interaction_count"), "interactions")
            length = symbol("W", 1 << self.swirl.integer("logup_log_max_message_length"), "longest message")
            error = 2 * interactions * length / (size * self._list_size(regime))
            return ground(error, self.swirl.integer("logup_pow_bits"))

        quirks = (*gains, Quirk.LOOKUP_DENOMINATORS)
        yield make_cell("logup", logup, title="fingerprint of the buses", source=sources.PLAIN_LOOKUP, quirks=quirks)
        yield from self._tree_cells(regime)

        def divided(degree: Callable[[], int]) -> Callable[[], Expression]:
            def formula() -> Expression:
                return symbol("d", degree(), "degree of the worst round") / (size * self._list_size(regime))

            return formula

        rounds: tuple[tuple[str, str, Callable[[], int], Source, tuple[Quirk, ...]], ...] = (
            ("zerocheck_sumcheck", "zerocheck", self.zerocheck_degree, sources.SUMCHECK, (Quirk.FIXED_DEGREE,)),
            ("constraint_batching", "batching", self.batching_degree, sources.POLYNOMIAL_IDENTITY, ()),
            ("stacked_reduction", "stacked reduction", self.reduction_degree, sources.SUMCHECK, ()),
        )
        for label, title, degree, source, more in rounds:
            every = (*gains, *more, Quirk.NEAREST_TENTH)
            yield make_cell(label, divided(degree), title=title, source=source, quirks=every, decimals=1)

    def _tree_cells(self, regime: FileRegime) -> Iterator[Cell]:
        """The fraction tree: degree 3 a sumcheck round, degree 1 a batching challenge."""
        quirks = (Quirk.NEAREST_TENTH, *(() if regime.is_unique else (Quirk.WITHOUT_LIST,)))
        for label, degree in (("gkr_sumcheck", 3), ("gkr_batching", 1)):

            def formula(degree: int = degree) -> Expression:
                return symbol("d", degree, "degree of the round") / field_order(self.field.order)

            title = "a round of the fraction tree"
            yield make_cell(label, formula, title=title, source=sources.FRACTION_TREE, quirks=quirks, decimals=1)

    def _list_size(self, regime: FileRegime) -> Expression:
        return self.whir.code(regime).list_size

    def zerocheck_degree(self, degree: int = CONSTRAINT_DEGREE) -> int:
        """The univariate round, a multilinear round, or the identity of trace polynomials at the last point."""
        skipped = (1 << self.section.integer("l_skip")) - 1
        variables = max(self.section.integer("max_log_trace_height") - self.section.integer("l_skip"), 0)
        return max((degree + 1) * skipped, degree + 1, skipped + variables)

    def batching_degree(self) -> int:
        """Constraints of one AIR, or three claims of each AIR."""
        return max(self.section.integer("max_constraints_per_air"), 3 * self.section.integer("num_airs"))

    def reduction_degree(self) -> int:
        """Two claims of each column, the univariate round, or a multilinear round."""
        skipped = (1 << self.section.integer("l_skip")) - 1
        return max(2 * self.section.integer("num_trace_columns"), 2 * skipped, 2)

    def _size(self, hash_bits: int) -> FileSize | None:
        """soundcalc has no estimate for this family."""
        return None

    def parameter_lines(self) -> Iterator[str]:
        """See `Circuit.parameter_lines`."""
        section, (regime,) = self.section, self.regimes()
        yield f"Field: {self.field.label}"
        yield f"Regime: {regime.label}"
        if regime.multiplicity is not None:
            yield f"`m`: {regime.multiplicity}"
        for label, key in (("`l_skip`", "l_skip"), ("`n_stack`", "n_stack"), ("`w_stack`", "w_stack")):
            yield f"{label}: {self._shown(key)}"
        yield f"Log blowup: {self._shown('log_blowup')}"
        yield f"WHIR queries per round: {shown(lambda: section.integers('whir_num_queries'))}"
        yield f"WHIR folding PoW (bits): {self._shown('whir_folding_pow_bits')}"
        yield f"WHIR query-phase PoW (bits): {QUERY_GRINDING_BITS}"
        yield f"WHIR μ PoW (bits): {self._shown('whir_mu_pow_bits')}"
        yield f"Max constraints per AIR: {self._shown('max_constraints_per_air')}"
        yield f"Number of AIRs: {self._shown('num_airs')}"
        yield f"Max log trace height: {self._shown('max_log_trace_height')}"
        yield f"Number of trace columns: {self._shown('num_trace_columns')}"
        yield f"Max interactions per AIR: {self._shown('max_interactions_per_air')}"

    def _shown(self, key: str) -> str:
        return shown(lambda: self.section.integer(key))

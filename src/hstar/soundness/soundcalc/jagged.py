"""Jagged systems: a zerocheck and a sumcheck reduction in front of a dense FRI, in unique decoding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import Cell, field_order, make_cell
from hstar.soundness.soundcalc.circuit import NOT_GIVEN, Circuit, shown
from hstar.soundness.soundcalc.deep_ali import batching_label, power
from hstar.soundness.soundcalc.fri import Fri
from hstar.soundness.soundcalc.lookup import lookup_cells
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.regimes import FileRegime
from hstar.soundness.soundcalc.sizes import FileSize, fixed

REDUCTION_DEGREE = 2
"""Degree of both sumchecks of the reduction."""


@dataclass(frozen=True)
class Jagged(Circuit):
    """A jagged circuit over FRI.

    Raises:
        InputError: OUT_OF_RANGE, folding rounds that do not lead where the file says.
    """

    proof_system: str = "Jagged"
    commitment_name: str = "FRI"

    def __post_init__(self) -> None:
        self.fri.check()
        section = self.section
        if section.has("blowup_factor") and section.has("rho"):
            inverse = int(1 / section.rational("rho"))
            if section.integer("blowup_factor") != inverse:
                raise section.refuse("blowup_factor", f"{inverse}, which is 1/rho", section.integer("blowup_factor"))

    @property
    def fri(self) -> Fri:
        """The dense commitment."""
        return Fri(self.section, self.field, "dense_length", "dense_batch")

    def regimes(self) -> tuple[FileRegime, ...]:
        """See `Circuit.regimes`."""
        return (FileRegime(self.field.order, is_unique=True),)

    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """See `Circuit.cells`."""
        section, size = self.section, field_order(self.field.order)
        yield from lookup_cells(self.file, self.field.order, has_list=False)
        yield from self.fri.cells(regime)

        def reduction() -> Expression:
            width = symbol("log2 w", ceil_log2(section.integer("trace_columns")), "variables of the columns")
            cells = symbol("l", self._log_cells, "variables of the dense function")
            return (width + 2 * cells + 2 * (2 * cells + 2)) / size

        def zerocheck() -> Expression:
            height = symbol("h", ceil_log2(section.integer("trace_length")), "variables of the rows")
            degree = symbol("d", section.integer("air_max_degree"), "largest degree of a constraint")
            return (symbol("C", section.integer("num_constraints"), "constraints") + (degree + 2) * height) / size

        lumped = (Quirk.LUMPED_ROUNDS,)
        title = "from claims on columns to the dense function"
        yield make_cell("reduce to dense PCS", reduction, title=title, source=sources.JAGGED_REDUCTION, quirks=lumped)
        yield make_cell("zerocheck", zerocheck, title="constraints on all rows", source=sources.SUMCHECK, quirks=lumped)

    @property
    def _log_cells(self) -> int:
        """Variables of the dense function, its batch included."""
        return ceil_log2(self.fri.dimension) + ceil_log2(self.section.integer("dense_batch"))

    def _size(self, hash_bits: int) -> FileSize:
        """The dense proof and both sumchecks of the reduction."""
        variables = (self._log_cells, 2 * self._log_cells + 2)
        elements = sum(number * (REDUCTION_DEGREE + 2) + 2 for number in variables)
        return self.fri.size(hash_bits) + fixed(elements * self.field.element_bits)

    def parameter_lines(self) -> Iterator[str]:
        """See `Circuit.parameter_lines`; grinding of the batching is left out, as soundcalc does."""
        section, fri = self.section, self.fri
        yield f"Hash size (bits): {self.hash_bits or NOT_GIVEN}"
        yield f"Number of queries: {shown(lambda: section.integer('num_queries'))}"
        yield f"Grinding query phase (bits): {section.integer('grinding_query_phase')}"
        yield f"Field: {self.field.label}"
        yield f"Rate (ρ): {shown(lambda: float(fri.rate))}"
        yield f"Dense trace length: {shown(lambda: power(fri.dimension))}"
        yield f"Trace length: {shown(lambda: section.integer('trace_length'))}"
        yield f"Trace width: {shown(lambda: section.integer('trace_columns'))}"
        yield from fri.round_lines()
        yield f"Dense batch size: {shown(lambda: section.integer('dense_batch'))}"
        yield f"Batching: {batching_label(section)}"

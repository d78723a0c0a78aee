"""DEEP-ALI over a polynomial commitment: quotients and the out-of-domain point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from hstar.soundness import sources
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import Cell, field_order, ground, make_cell
from hstar.soundness.soundcalc.circuit import NOT_GIVEN, Circuit, Commitment, shown
from hstar.soundness.soundcalc.fri import Fri
from hstar.soundness.soundcalc.lookup import lookup_cells
from hstar.soundness.soundcalc.regimes import Code, FileRegime
from hstar.soundness.soundcalc.section import Section
from hstar.soundness.soundcalc.sizes import FileSize
from hstar.soundness.soundcalc.whir import Whir


@dataclass(frozen=True)
class DeepAliFri(Circuit):
    """DEEP-ALI over FRI.

    Raises:
        InputError: OUT_OF_RANGE, folding rounds that do not lead where the file says.
    """

    proof_system: str = "DEEP-ALI"
    commitment_name: str = "FRI"

    def __post_init__(self) -> None:
        self.fri.check()

    @property
    def fri(self) -> Fri:
        """The commitment."""
        return Fri(self.section, self.field, "trace_length", "batch_size")

    def regimes(self) -> tuple[FileRegime, ...]:
        """See `Circuit.regimes`."""
        return self.johnson_gap_regimes()

    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """See `Circuit.cells`."""
        yield from lookup_cells(self.file, self.field.order, has_list=not regime.is_unique)
        yield from deep_ali_cells(self.section, regime, self.fri, self.section.integer("grinding_deep"))
        yield from self.fri.cells(regime)

    def _size(self, hash_bits: int) -> FileSize:
        return self.fri.size(hash_bits)

    def parameter_lines(self) -> Iterator[str]:
        """See `Circuit.parameter_lines`."""
        section, fri = self.section, self.fri
        yield f"Hash size (bits): {self.hash_bits or NOT_GIVEN}"
        yield f"Number of queries: {shown(lambda: section.integer('num_queries'))}"
        yield f"Grinding query phase (bits): {section.integer('grinding_query_phase')}"
        if bits := section.integer("grinding_commit_phase"):
            yield f"Grinding commit phase, at every folding round (bits): {bits}"
        if bits := section.integer("grinding_batching_phase"):
            yield f"Grinding batching phase (bits): {bits}"
        yield f"Field: {self.field.label}"
        yield f"Rate (ρ): {shown(lambda: float(fri.rate))}"
        yield f"Trace length (H): {shown(lambda: power(fri.dimension))}"
        yield from fri.round_lines()
        yield f"Batch size: {shown(lambda: section.integer('batch_size'))}"
        yield f"Batching: {batching_label(section)}"
        if bits := section.integer("grinding_deep"):
            yield f"Grinding DEEP (bits): {bits}"
        yield f"Number of constraints: {shown(lambda: section.integer('num_constraints'))}"


@dataclass(frozen=True)
class DeepAliWhir(Circuit):
    """DEEP-ALI over WHIR.

    Raises:
        InputError: OUT_OF_RANGE, lists that do not fit each other.
    """

    proof_system: str = "DEEP-ALI"
    commitment_name: str = "WHIR"

    def __post_init__(self) -> None:
        self.whir.check()

    @property
    def whir(self) -> Whir:
        """The commitment."""
        return Whir(self.section, self.field)

    def regimes(self) -> tuple[FileRegime, ...]:
        """See `Circuit.regimes`."""
        return self.johnson_gap_regimes()

    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """See `Circuit.cells`."""
        yield from lookup_cells(self.file, self.field.order, has_list=not regime.is_unique)
        yield from deep_ali_cells(self.section, regime, self.whir, 0)
        yield from self.whir.cells(regime)

    def _size(self, hash_bits: int) -> FileSize:
        return self.whir.size(hash_bits)

    def parameter_lines(self) -> Iterator[str]:
        """See `Circuit.parameter_lines`."""
        section = self.section
        yield f"Hash size (bits): {self.hash_bits or NOT_GIVEN}"
        yield f"Field: {self.field.label}"
        yield f"Iterations (M): {shown(lambda: len(self.whir.log_arities))}"
        yield f"Folding factors (k_i): {shown(lambda: section.integers('folding_factors'))}"
        yield f"Constraint degree: {shown(lambda: section.integer('constraint_degree'))}"
        yield f"Batch size: {shown(lambda: section.integer('batch_size'))}"
        yield f"Batching: {batching_label(section)}"
        yield f"Queries per iteration: {shown(lambda: section.integers('num_queries'))}"
        yield f"OOD samples per iteration: {shown(lambda: section.integers('num_ood_samples'))}"
        yield f"Total grinding overhead log2: {shown(self.whir.grinding_overhead)}"
        yield f"Number of constraints: {shown(lambda: section.integer('num_constraints'))}"


def power(number: int) -> str:
    """A power of two as reports print it."""
    return f"$2^{{{number.bit_length() - 1}}}$"


def batching_label(section: Section) -> str:
    """How functions are batched, in soundcalc's words: batching with eq weights is called Affine too."""
    return shown(lambda: "Powers" if section.flag("power_batching") else "Affine")


def deep_ali_cells(section: Section, regime: FileRegime, commitment: Commitment, grinding_bits: int) -> Iterator[Cell]:
    """The cells ALI and DEEP of a circuit.

    Raises:
        InputError: OUT_OF_RANGE when so many opening points leave no room between trace degree and agreement.
    """
    size = field_order(regime.order)

    def quotients() -> Expression:
        count = section.integer("num_constraints")
        return commitment.code(regime).list_size * symbol("C", count, "constraints") / size

    def out_of_domain() -> Expression:
        code, dimension, points = commitment.code(regime), commitment.dimension, section.integer("opening_points")
        _check_opening_points(section, code, dimension, points)
        _check_field(section, regime.order, dimension + int(dimension / code.rate))
        degree = symbol("d", section.integer("air_max_degree"), "largest degree of a constraint")
        length, combined = symbol("k", dimension, "rows of the trace"), symbol("c", points, "opening points")
        block = symbol("n", Fraction(dimension) / code.rate, "block length of the code")
        zeros = degree * (length + combined - 1) + (length - 1)
        return ground(code.list_size * zeros / (size - length - block), grinding_bits)

    yield make_cell("ALI", quotients, title="batching of the constraints", source=sources.DEEP_ALI)
    yield make_cell("DEEP", out_of_domain, title="the out-of-domain point", source=sources.DEEP_ALI)


def _check_opening_points(section: Section, code: Code, dimension: int, points: int) -> None:
    """Quotients by several points need `k + c < (1 - delta) n`."""
    room = (code.agreement() * (dimension / code.rate)).value.lower - dimension
    if points >= room:
        raise section.refuse("opening_points", f"less than (1 - delta) n - k = {float(room):.1f}", points)


def _check_field(section: Section, order: int, excluded: int) -> None:
    """The out-of-domain point avoids trace and evaluation domains, so the field has to be larger than both.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    if order <= excluded:
        key = "trace_length" if section.has("trace_length") else "log_degree"
        raise section.refuse(key, "domains with fewer elements than the field", excluded)

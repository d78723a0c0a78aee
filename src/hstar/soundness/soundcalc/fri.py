"""FRI: batching, folding rounds, queries, and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import Cell, field_order, ground, make_cell
from hstar.soundness.soundcalc.circuit import code_quirks, shown
from hstar.soundness.soundcalc.fields import FileField
from hstar.soundness.soundcalc.regimes import Code, FileRegime
from hstar.soundness.soundcalc.section import Section
from hstar.soundness.soundcalc.sizes import FileSize, fixed, opening_size


@dataclass(frozen=True)
class Fri:
    """FRI as a circuit's table describes it.

    Args:
        section: the table.
        field: of the challenges.
        length_key: the key that holds the dimension of the code.
        batch_key: the key that holds the number of functions batched.
    """

    section: Section
    field: FileField
    length_key: str
    batch_key: str

    @property
    def dimension(self) -> int:
        """Dimension of the code."""
        return self.section.integer(self.length_key)

    @cached_property
    def rate(self) -> Fraction:
        """Rate of the code."""
        return self.section.rational("rho")

    @cached_property
    def domain(self) -> int:
        """Length of the code."""
        return int(self.dimension / self.rate)

    @cached_property
    def arities(self) -> tuple[int, ...]:
        """Arity of each folding round."""
        return self.section.integers("fri_folding_factors")

    @property
    def num_rounds(self) -> int:
        """Folding rounds, 0 when the file does not say."""
        return len(self.arities) if self.section.has("fri_folding_factors") else 0

    def round_lines(self) -> Iterator[str]:
        """What reports print about the rounds."""
        yield f"FRI rounds: {shown(lambda: len(self.arities))}"
        yield f"FRI folding factors: {shown(lambda: self.arities)}"
        yield f"FRI early stop degree: {shown(lambda: self.section.integer('fri_early_stop_degree'))}"

    def code(self, regime: FileRegime) -> Code:
        """The code that is folded.

        Raises:
            InputError: OUT_OF_RANGE, a gap that leaves no distance.
        """
        code = regime.code(self.rate, self.dimension)
        regime.check_distance(code, self.section)
        return code

    def check(self) -> None:
        """Checks that the rounds lead from the domain to where they are said to stop.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        needed = (self.length_key, "rho", "fri_folding_factors", "fri_early_stop_degree")
        if not all(self.section.has(key) for key in needed):
            return
        length, stop = self.domain, self.section.integer("fri_early_stop_degree")
        for arity in self.arities:
            if arity > length:
                raise self.section.refuse(
                    "fri_folding_factors", f"arities whose product divides the domain of {self.domain}", self.arities
                )
            length //= arity
        if length != stop:
            expected = f"{length}, the domain of {self.domain} after all folding rounds"
            raise self.section.refuse("fri_early_stop_degree", expected, stop)

    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """Batching, every folding round, queries."""
        quirks = code_quirks(self, regime)
        line = sources.UNIQUE_LINE if regime.is_unique else sources.JOHNSON_LINE

        def batching() -> Expression:
            return self._batching(regime)

        if not self.section.has(self.batch_key) or self.section.integer(self.batch_key) > 1:
            yield make_cell("batching", batching, title="batching of the functions", source=line, quirks=quirks)
        if not self.section.has("fri_folding_factors"):
            yield Cell("commit rounds", None, missing="fri_folding_factors")
        for index in range(self.num_rounds):

            def commit(index: int = index) -> Expression:
                return self._commit(regime, index)

            yield make_cell(f"commit round {index + 1}", commit, title="a folding round", source=line, quirks=quirks)

        def query() -> Expression:
            queries = symbol("q", self.section.integer("num_queries"), "queries")
            missed = self.code(regime).agreement() ** queries
            return ground(missed, self.section.integer("grinding_query_phase"))

        yield make_cell("query phase", query, title="every query misses", source=line)

    def _batching(self, regime: FileRegime) -> Expression:
        section, error = self.section, self.code(regime).line_error / field_order(self.field.order)
        batch = section.integer(self.batch_key)
        if section.flag("power_batching"):
            error = (symbol("B", batch, "functions batched by powers") - 1) * error
        elif section.flag("multilinear_batching"):
            error = symbol("log2 B", ceil_log2(batch), "variables of the batching weights") * error
        return ground(error, section.integer("grinding_batching_phase"))

    def _commit(self, regime: FileRegime, index: int) -> Expression:
        self.code(regime)
        length = self.domain
        for arity in self.arities[: index + 1]:
            length //= arity
        code = regime.code(self.rate, Fraction(length) * self.rate)
        weight = symbol("a", self.arities[index], "arity of the round") - 1
        error = weight * code.line_error / field_order(self.field.order)
        bits = self.section.integer("grinding_commit_phase") if self.section.has("grinding_commit_phase") else 0
        return ground(error, bits)

    def size(self, hash_bits: int) -> FileSize:
        """Roots, openings and the final polynomial.

        Raises:
            MissingKeyError: a key is absent.
        """
        queries, element_bits = self.section.integer("num_queries"), self.field.element_bits
        length = self.domain
        batch_bits = self.section.integer(self.batch_key) * element_bits
        size = fixed(hash_bits) + opening_size(length, queries, batch_bits, hash_bits)
        for arity in self.arities:
            length //= arity
            size = size + fixed(hash_bits) + opening_size(length, queries, arity * element_bits, hash_bits)
        return size + fixed(self.rate * length * element_bits)

"""Strict terms of jagged systems: the zerocheck and both sumchecks of the reduction, round by round."""

from __future__ import annotations

from collections.abc import Callable

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, Symbol, symbol
from hstar.soundness.soundcalc.cells import field_order
from hstar.soundness.soundcalc.jagged import REDUCTION_DEGREE, Jagged
from hstar.soundness.strict.codes import Choice
from hstar.soundness.strict.ingredients import Ingredient, Ingredients, always
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.term import Source


def jagged_ingredients(circuit: Jagged) -> Ingredients:
    """Every term of the reduction and of the zerocheck; unique decoding leaves no list."""
    section = circuit.section

    def term(
        label: str, title: str, degree: Callable[[], Symbol | Expression], source: Source, group: str
    ) -> Ingredient:
        def formula(_: Choice) -> Expression:
            return degree() / field_order(circuit.field.order)

        return Ingredient(
            label, title, formula, always(source), stands_for=group, differences=(Difference.SEPARATE_ROUNDS,)
        )

    zerocheck, reduction = "zerocheck", "reduce to dense PCS"
    yield term(
        "zerocheck batching",
        "violated constraints cancel under powers of one challenge",
        lambda: symbol("C", section.integer("num_constraints"), "constraints"),
        sources.POLYNOMIAL_IDENTITY,
        zerocheck,
    )
    yield term(
        "zerocheck point",
        "violated rows cancel at the random point",
        lambda: symbol("h", max(ceil_log2(section.integer("trace_length")), 1), "variables of the rows"),
        sources.POLYNOMIAL_IDENTITY,
        zerocheck,
    )
    yield term(
        "zerocheck round",
        "a sumcheck round hides a wrong claim",
        lambda: symbol("d", section.integer("air_max_degree"), "largest degree of a constraint") + 1,
        sources.SUMCHECK,
        zerocheck,
    )
    yield term(
        "reduction columns",
        "wrong column values cancel at the random point",
        lambda: symbol("log2 w", max(ceil_log2(section.integer("trace_columns")), 1), "variables of the columns"),
        sources.POLYNOMIAL_IDENTITY,
        reduction,
    )
    yield term(
        "reduction round",
        "a round of the reduction hides a wrong claim",
        lambda: symbol("d", REDUCTION_DEGREE, "degree of a round"),
        sources.JAGGED_REDUCTION,
        reduction,
    )

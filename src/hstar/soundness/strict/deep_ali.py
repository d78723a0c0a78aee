"""Strict terms of DEEP-ALI: constraint batching and the out-of-domain point.

One factor of the list size suffices in both. Trace and quotients are words of one interleaved code, opened at the same
positions and batched together, so what the prover can still open at the out-of-domain point is one member of one list;
an interleaved code has no longer lists than its base code as long as `L (L - 1) / 2 < |F|`. An analysis with a list for
each of the two words would have two factors.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hstar.soundness import sources
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import field_order
from hstar.soundness.soundcalc.fields import FileField
from hstar.soundness.soundcalc.section import Section
from hstar.soundness.strict.codes import Choice, Code
from hstar.soundness.strict.ingredients import Ingredient, Ingredients, Setting, UnmetError, always


def deep_ali_ingredients(
    section: Section,
    field: FileField,
    code: Callable[[Choice], Code],
    dimension: Callable[[], int],
) -> Ingredients:
    """The terms ALI and DEEP.

    Args:
        section: the circuit's table.
        field: of the challenges.
        code: the code of the trace.
        dimension: its dimension; raises MissingKeyError.
    """
    order = field_order(field.order)

    def quotients(choice: Choice) -> Expression:
        count = symbol("C", section.integer("num_constraints"), "constraints")
        return code(choice).list_size * count / order

    def out_of_domain(choice: Choice) -> Expression:
        bound, rows, points = code(choice), dimension(), section.integer("opening_points")
        block = Fraction(rows) / bound.rate
        if field.order <= rows + block:
            raise UnmetError("the out-of-domain point needs a field larger than the domains")
        if points >= (bound.agreement().value.lower * block - rows):
            raise UnmetError("the opening points need k + c < (1 - delta) n")
        degree = symbol("d", section.integer("air_max_degree"), "largest degree of a constraint")
        length, combined = symbol("k", rows, "rows of the trace"), symbol("c", points, "opening points")
        zeros = degree * (length + combined - 1) + (length - 1)
        return bound.list_size * zeros / (order - length - symbol("n", block, "block length of the code"))

    yield Ingredient(
        "ALI",
        "violated constraints cancel when they are batched",
        quotients,
        always(sources.DEEP_ALI),
        stands_for="ALI",
        is_list_multiple=True,
    )
    yield Ingredient(
        "DEEP",
        "wrong quotients agree with the constraints at the out-of-domain point",
        out_of_domain,
        always(sources.DEEP_ALI),
        grinding=lambda: (
            Setting(section, "grinding_deep", (), section.integer("grinding_deep"))
            if section.has("grinding_deep")
            else None
        ),
        stands_for="DEEP",
        condition="the field is larger than the domains, and k + c < (1 - delta) n",
    )

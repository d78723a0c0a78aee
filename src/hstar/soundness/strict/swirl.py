"""Strict terms of SWIRL before WHIR: the lookup, the fraction tree, the zerocheck and the stacked reduction."""

from __future__ import annotations

from collections.abc import Callable

from hstar.soundness import sources
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import field_order
from hstar.soundness.soundcalc.section import MissingKeyError, Section
from hstar.soundness.soundcalc.swirl import CONSTRAINT_DEGREE, Swirl
from hstar.soundness.strict.codes import Choice
from hstar.soundness.strict.ingredients import Ingredient, Ingredients, Setting, always
from hstar.soundness.strict.lookups import COUNTED, MESSAGE, TREE_DEGREE, check_count, tree_ingredient
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.strict.whir import whir_code
from hstar.soundness.term import Provenance, Source


def swirl_ingredients(circuit: Swirl) -> Ingredients:
    """Every term before WHIR; all take the list size of the first oracle."""
    yield from _lookup(circuit)
    yield from _reduction(circuit)


def _lookup(circuit: Swirl) -> Ingredients:
    """The fingerprint and the fraction tree."""
    field, order = circuit.field, field_order(circuit.field.order)

    def table() -> Section:
        if circuit.swirl is None:
            raise MissingKeyError("logup_max_interaction_count")
        return circuit.swirl

    def fingerprint(choice: Choice) -> Expression:
        count = table().integer("logup_max_interaction_count")
        check_count(count - 1, field, "logup_max_interaction_count - 1")  # the file's maximum is the first too many
        width = symbol("W", 1 << table().integer("logup_log_max_message_length"), "longest message")
        fractions = symbol("N", count, "interactions")
        return whir_code(circuit.whir, choice, 0).list_size * fractions * (width + 2) / order

    yield Ingredient(
        "logup",
        "fractions cancel under the fingerprint, or a denominator vanishes",
        fingerprint,
        always(sources.LOOKUP),
        message=MESSAGE,
        provenance=lambda _: Provenance.DERIVATION,
        grinding=lambda: Setting(table(), "logup_pow_bits", (), table().integer("logup_pow_bits")),
        stands_for="logup",
        condition=COUNTED,
        is_list_multiple=True,
        differences=(Difference.LOOKUP_DENOMINATORS, Difference.LIST_COSTS_BITS),
    )
    for label, degree in (("gkr_sumcheck", TREE_DEGREE), ("gkr_batching", 1)):
        yield tree_ingredient(label, field, lambda choice: whir_code(circuit.whir, choice, 0), label, degree)


def _reduction(circuit: Swirl) -> Ingredients:
    """The zerocheck, the batching of constraints, and the reduction to stacked columns."""
    order = field_order(circuit.field.order)

    def term(label: str, title: str, degree: Callable[[], int], source: Source, *more: Difference) -> Ingredient:
        def formula(choice: Choice) -> Expression:
            worst = symbol("d", degree(), "degree of the worst round")
            return whir_code(circuit.whir, choice, 0).list_size * worst / order

        return Ingredient(
            label,
            title,
            formula,
            always(source),
            stands_for=label,
            is_list_multiple=True,
            differences=(Difference.LIST_COSTS_BITS, *more),
        )

    yield term(
        "zerocheck_sumcheck",
        "a round of the zerocheck hides a wrong claim",
        lambda: circuit.zerocheck_degree(max(CONSTRAINT_DEGREE, circuit.section.integer("constraint_degree"))),
        sources.SUMCHECK,
        Difference.DEGREE,
    )
    yield term(
        "constraint_batching",
        "violated constraints cancel when they are batched",
        circuit.batching_degree,
        sources.POLYNOMIAL_IDENTITY,
    )
    yield term(
        "stacked_reduction",
        "a round of the stacked reduction hides a wrong claim",
        circuit.reduction_degree,
        sources.SUMCHECK,
    )

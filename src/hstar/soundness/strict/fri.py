"""Strict terms of FRI: batching, folding rounds, queries; one regime for all of them."""

from __future__ import annotations

from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import field_order
from hstar.soundness.soundcalc.fri import Fri
from hstar.soundness.strict.codes import (
    Choice,
    Code,
    affine_error,
    bounds,
    curve_error,
    line_provenance,
    line_source,
)
from hstar.soundness.strict.ingredients import Ingredient, Ingredients, Setting
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.strict.sampling import position_mass


def first_code(fri: Fri, choice: Choice) -> Code:
    """The code of the trace; raises MissingKeyError."""
    return bounds(choice, fri.rate, fri.domain)


def fri_ingredients(fri: Fri) -> Ingredients:
    """Every term of FRI in protocol order."""
    section = fri.section
    if not section.has(fri.batch_key) or section.integer(fri.batch_key) > 1:
        yield _batching(fri)
    if not section.has("fri_folding_factors"):

        def unknown(_: Choice) -> Expression | None:
            section.integers("fri_folding_factors")  # raises: the file does not give it
            return None

        yield Ingredient("commit rounds", "folding rounds", unknown, line_source, stands_for="commit rounds")
    for index in range(fri.num_rounds):
        yield _commit(fri, index)
    yield _queries(fri)


def _batching(fri: Fri) -> Ingredient:
    section = fri.section
    is_curve = section.has("power_batching") and section.flag("power_batching")

    def formula(choice: Choice) -> Expression:
        code, order, batch = first_code(fri, choice), field_order(fri.field.order), section.integer(fri.batch_key)
        if section.flag("power_batching"):
            return curve_error(code, symbol("B", batch, "functions batched by powers") - 1) / order
        if section.flag("multilinear_batching"):
            return symbol("log2 B", ceil_log2(batch), "variables of the batching weights") * code.line_error / order
        return affine_error(code, order)

    return Ingredient(
        "batching",
        "batching hides that a function is far from the code",
        formula,
        line_source,
        provenance=lambda choice: line_provenance(choice, curve=is_curve),
        grinding=lambda: _grinding(fri, "grinding_batching_phase"),
        stands_for="batching",
    )


def _commit(fri: Fri, index: int) -> Ingredient:
    def formula(choice: Choice) -> Expression:
        length = fri.domain
        for arity in fri.arities[: index + 1]:
            length //= arity
        code = bounds(choice, fri.rate, max(length, 1))
        weight = symbol("a", fri.arities[index], "arity of the round") - 1
        return curve_error(code, weight) / field_order(fri.field.order)

    return Ingredient(
        f"commit round {index + 1}",
        "a folding round hides that the word is far from the code",
        formula,
        line_source,
        provenance=lambda choice: line_provenance(choice, curve=fri.arities[index] > 2),
        grinding=lambda: _grinding(fri, "grinding_commit_phase"),
        stands_for=f"commit round {index + 1}",
        is_dominated=fri.arities[index] in fri.arities[:index],
    )


def _queries(fri: Fri) -> Ingredient:
    def formula(choice: Choice) -> Expression:
        code = first_code(fri, choice)
        queries = symbol("q", fri.section.integer("num_queries"), "queries")
        log_positions = ceil_log2(fri.domain)
        return position_mass(code.agreement(), log_positions, fri.field) ** queries

    return Ingredient(
        "query phase",
        "every query misses the positions where a word is wrong",
        formula,
        line_source,
        grinding=lambda: _grinding(fri, "grinding_query_phase"),
        queries=lambda: Setting(fri.section, "num_queries", (), fri.section.integer("num_queries")),
        stands_for="query phase",
        differences=(Difference.POSITIONS,),
    )


def _grinding(fri: Fri, key: str) -> Setting | None:
    """Grinding of a phase; a family without the key has none."""
    return Setting(fri.section, key, (), fri.section.integer(key)) if fri.section.has(key) else None

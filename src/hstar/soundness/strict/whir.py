"""Strict terms of WHIR: batching, folding, samples, queries, combination; every iteration has a regime of its own."""

from __future__ import annotations

from hstar.soundness import sources
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import field_order
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.deep_ali import DeepAliWhir
from hstar.soundness.soundcalc.section import MissingKeyError
from hstar.soundness.soundcalc.sizes import FileSize
from hstar.soundness.soundcalc.swirl import Swirl
from hstar.soundness.soundcalc.whir import Whir
from hstar.soundness.strict.codes import (
    UNIQUE,
    Choice,
    Code,
    affine_error,
    bounds,
    curve_error,
    line_provenance,
    line_source,
)
from hstar.soundness.strict.ingredients import Ingredient, Ingredients, Setting, always
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.strict.sampling import position_mass


def whir_code(whir: Whir, choice: Choice, index: int, folded: int = 0) -> Code:
    """The code of iteration `index` after `folded` rounds; raises MissingKeyError."""
    rate = whir.rate(index)
    return bounds(choice, rate, int((1 << (whir.log_dimension(index) - folded)) / rate))


def whir_ingredients(whir: Whir) -> Ingredients:
    """Every term of WHIR in protocol order."""
    section = whir.section
    if not section.has("batch_size") or section.integer("batch_size") > 1:
        yield _batching(whir)
    if not section.has("folding_factors"):

        def unknown(_: Choice) -> Expression | None:
            section.integers("folding_factors")  # raises: the file does not give it
            return None

        yield Ingredient("iterations", "iterations", unknown, line_source, stands_for="iterations")
        return
    for index, arity in enumerate(whir.log_arities):
        if index:
            yield _samples(whir, index)
            yield _queries(whir, index - 1, f"Shift(i={index})")
            yield _combination(whir, index)
        for folded in range(1, arity + 1):
            yield _fold(whir, index, folded)
    yield _queries(whir, len(whir.log_arities) - 1, "fin")


def _setting(whir: Whir, key: str, *index: int) -> Setting:
    value: object = whir.section.rows(key) if len(index) > 1 else whir.section.integers(key)
    for entry in index:
        value = value[entry] if isinstance(value, tuple) else value
    return Setting(whir.section, key, index, int(str(value)))


def _batching(whir: Whir) -> Ingredient:
    section = whir.section

    def formula(choice: Choice) -> Expression:
        code, order, batch = whir_code(whir, choice, 0), field_order(whir.field.order), section.integer("batch_size")
        if section.flag("power_batching"):
            return curve_error(code, symbol("B", batch, "functions batched by powers") - 1) / order
        return affine_error(code, order)

    return Ingredient(
        "batching",
        "batching hides that a function is far from the code",
        formula,
        line_source,
        provenance=lambda choice: line_provenance(choice, curve=True),
        grinding=lambda: Setting(section, "grinding_batching_phase", (), section.integer("grinding_batching_phase")),
        stands_for="batching",
    )


def _fold(whir: Whir, index: int, folded: int) -> Ingredient:
    def formula(choice: Choice) -> Expression:
        before, after = (whir_code(whir, choice, index, number) for number in (folded - 1, folded))
        degree = symbol("d", whir.section.integer("constraint_degree"), "degree bound of the sumchecks")
        order = field_order(whir.field.order)
        return degree * before.list_size / order + after.line_error / order

    label = f"fold(i={index},s={folded})"
    return Ingredient(
        label,
        "folding hides that the oracle is far from the code, or a wrong sum",
        formula,
        always(sources.WHIR_SOUNDNESS),
        part=index,
        provenance=lambda choice: line_provenance(choice, curve=False),
        grinding=lambda: _setting(whir, "grinding_bits_folding", index, folded - 1),
        stands_for=label,
    )


def _samples(whir: Whir, index: int) -> Ingredient:
    def formula(choice: Choice) -> Expression | None:
        count = whir.section.integers("num_ood_samples")[index - 1]
        if choice == UNIQUE:
            return None
        size = whir_code(whir, choice, index).list_size
        length = symbol("2^m", 1 << whir.log_dimension(index), "length of the function")
        samples = symbol("w", count, "out-of-domain samples")
        return size * (size - 1) / 2 * (length / field_order(whir.field.order)) ** samples

    label = f"OOD(i={index})"
    return Ingredient(
        label,
        "two codewords near the new oracle agree at every out-of-domain sample",
        formula,
        always(sources.WHIR_SOUNDNESS),
        part=index,
        grinding=lambda: _setting(whir, "grinding_bits_ood", index - 1),
        stands_for=label,
        differences=(Difference.PAIRS,),
    )


def _queries(whir: Whir, index: int, label: str) -> Ingredient:
    def formula(choice: Choice) -> Expression:
        queries = symbol("q", whir.section.integers("num_queries")[index], "queries")
        log_positions = whir.log_positions(index)
        return position_mass(whir_code(whir, choice, index).agreement(), log_positions, whir.field) ** queries

    return Ingredient(
        label,
        "every query misses the positions where the oracle is wrong",
        formula,
        always(sources.WHIR_SOUNDNESS),
        part=index,
        grinding=lambda: _setting(whir, "grinding_bits_queries", index),
        queries=lambda: _setting(whir, "num_queries", index),
        stands_for=label,
        differences=(Difference.POSITIONS, *((Difference.COMBINATION_APART,) if label != "fin" else ())),
    )


def _combination(whir: Whir, index: int) -> Ingredient:
    def formula(choice: Choice) -> Expression:
        queries = symbol("q", whir.section.integers("num_queries")[index - 1], "queries")
        samples = symbol("w", whir.section.integers("num_ood_samples")[index - 1], "out-of-domain samples")
        return whir_code(whir, choice, index).list_size * (queries + samples) / field_order(whir.field.order)

    return Ingredient(
        f"combination(i={index})",
        "wrong claims about the new oracle cancel under powers of one challenge",
        formula,
        always(sources.WHIR_SOUNDNESS),
        part=index,
        stands_for=f"Shift(i={index})",
        is_list_multiple=True,
        differences=(Difference.COMBINATION_APART,),
    )


def whir_size(circuit: Circuit) -> FileSize | str | None:
    """Size of WHIR's part of a proof; None for circuits without WHIR, the missing key when there is one."""
    if not isinstance(circuit, DeepAliWhir | Swirl):
        return None
    if circuit.hash_bits is None:
        return "hash_size_bits"
    try:
        return circuit.whir.size(circuit.hash_bits)
    except MissingKeyError as missing:
        return missing.key

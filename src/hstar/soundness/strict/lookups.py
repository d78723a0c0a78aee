"""Strict terms of lookups: fingerprints with vanishing denominators, the fraction tree round by round."""

from __future__ import annotations

from collections.abc import Callable

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, Symbol, symbol
from hstar.soundness.soundcalc.cells import field_order
from hstar.soundness.soundcalc.fields import MODULI, FileField
from hstar.soundness.soundcalc.file import CircuitFile
from hstar.soundness.soundcalc.lookup import lookup_names
from hstar.soundness.soundcalc.section import Section
from hstar.soundness.strict.codes import Choice, Code
from hstar.soundness.strict.ingredients import Ingredient, Ingredients, Setting, UnmetError, always
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.term import Provenance

MESSAGE = "lookup challenges"
COUNTED = "fewer askings than the characteristic p"
TREE_DEGREE = 4
"""A product of two multilinear polynomials and the eq factor, and 1 because the point is used again."""

CodeOf = Callable[[Choice], Code]


def lookup_ingredients(circuit: CircuitFile, field: FileField, code: CodeOf) -> Ingredients:
    """The terms of all lookups of a circuit; `code` is the one that the trace is committed with."""
    for name, lookup in zip(lookup_names(circuit), circuit.lookups, strict=True):
        is_tree = lookup.text("logup_type") == "multivariate"

        def fingerprint(choice: Choice, lookup: Section = lookup) -> Expression:
            return code(choice).list_size * _fingerprint(lookup, field)

        def setting(lookup: Section = lookup) -> Setting:
            return Setting(lookup, "grinding_bits_lookup", (), lookup.integer("grinding_bits_lookup"))

        yield Ingredient(
            name,
            "fractions cancel under the fingerprint, or a denominator vanishes",
            fingerprint,
            always(sources.LOOKUP),
            message=MESSAGE,
            provenance=lambda _: Provenance.DERIVATION,
            grinding=setting,
            stands_for=name,
            condition=COUNTED,
            is_list_multiple=True,
            differences=(
                Difference.LOOKUP_DENOMINATORS,
                Difference.LOOKUP_LIST,
                *((Difference.SEPARATE_ROUNDS,) if is_tree else ()),
            ),
        )
        if is_tree:
            yield tree_ingredient(f"{name} tree", field, code, name)
        if is_tree and lookup.rational("reduction_error"):
            yield _reduction(name, lookup, code)


def _reduction(name: str, lookup: Section, code: CodeOf) -> Ingredient:
    def formula(choice: Choice) -> Expression:
        return code(choice).list_size * symbol("r", lookup.rational("reduction_error"), "reduction error of the file")

    return Ingredient(
        f"{name} reduction",
        "the reduction that the file states",
        formula,
        always(sources.FRACTION_TREE),
        provenance=lambda _: Provenance.DERIVATION,
        stands_for=name,
        differences=(Difference.SEPARATE_ROUNDS, Difference.LOOKUP_LIST),
    )


def tree_ingredient(
    label: str, field: FileField, code: CodeOf, stands_for: str, degree: int = TREE_DEGREE
) -> Ingredient:
    """The weakest round of a fraction tree, or another one of its rounds with its `degree`."""

    def formula(choice: Choice) -> Expression:
        worst = symbol("r", degree, "degree of the round, and 1 where its point is used again")
        return code(choice).list_size * worst / field_order(field.order)

    return Ingredient(
        label,
        "a round of the fraction tree hides a wrong claim",
        formula,
        always(sources.FRACTION_TREE),
        provenance=lambda _: Provenance.DERIVATION,
        stands_for=stands_for,
        is_list_multiple=True,
        differences=(Difference.TREE_LIST, Difference.SEPARATE_ROUNDS),
    )


def _fingerprint(lookup: Section, field: FileField) -> Expression:
    """`N (W + 2) / |F|`, or `N (log2 W + 2) / |F|`, for N fractions."""
    left, right = lookup.integer("rows_L"), lookup.integer("rows_T")
    if left + right == 0:
        raise lookup.refuse("rows_T", "rows in at least one of rows_L and rows_T", 0)
    count = lookup.integer("num_lookups_M")
    check_count(count * left, field, "num_lookups_M * rows_L")
    is_tree = lookup.text("logup_type") == "multivariate"
    by_eq = lookup.flag("multilinear_fingerprint") if lookup.has("multilinear_fingerprint") else is_tree
    fractions = symbol("N", count * (left + right), "fractions: lookups times rows of both sides")
    return fractions * (_width(lookup.integer("num_columns_S"), by_eq=by_eq) + 2) / field_order(field.order)


def _width(columns: int, *, by_eq: bool) -> Symbol:
    if by_eq:
        return symbol("c", max(ceil_log2(columns), 1), "coordinates of a multilinear fingerprint")
    return symbol("W", columns, "columns of the lookup")


def check_count(count: int, field: FileField, what: str) -> None:
    """Refuses a bound whose counts could wrap around the characteristic.

    Raises:
        UnmetError: as many askings as the characteristic has values, or more.
    """
    modulus = MODULI[field.base]
    if count >= modulus:
        raise UnmetError(
            f"the lookup argument needs fewer askings than the characteristic {modulus}, and {what} allows {count}; "
            "a tighter count in the file would settle it"
        )

"""The lookup terms of a circuit."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.soundness import sources
from hstar.soundness.enclosure import Enclosure, enclose, log2
from hstar.soundness.expression import Expression, symbol
from hstar.soundness.soundcalc.cells import Cell, field_order, ground, make_cell
from hstar.soundness.soundcalc.file import CircuitFile, lookup_name
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.section import Section


def lookup_names(circuit: CircuitFile) -> tuple[str, ...]:
    """The columns of the circuit's lookups."""
    return tuple(lookup_name(lookup, number) for number, lookup in enumerate(circuit.lookups, 1))


def lookup_cells(circuit: CircuitFile, order: int, *, has_list: bool) -> Iterator[Cell]:
    """One cell for each lookup, `|F|` being `order`; `has_list`: the regime leaves more than one codeword."""
    for name, lookup in zip(lookup_names(circuit), circuit.lookups, strict=True):
        tree = lookup.text("logup_type") == "multivariate"
        quirks = [Quirk.LOOKUP_DENOMINATORS]
        quirks += [Quirk.LUMPED_ROUNDS] if tree else []
        quirks += [Quirk.LOOKUP_WITHOUT_LIST] if has_list else []

        def formula(lookup: Section = lookup) -> Expression:
            return lookup_error(lookup, order)

        yield make_cell(name, formula, title="fingerprint of a lookup", source=sources.PLAIN_LOOKUP, quirks=quirks)


def lookup_error(lookup: Section, order: int) -> Expression:
    """`K H R / |F|`, with the fraction tree as one sum when the lookup is multivariate.

    Raises:
        MissingKeyError: a key is absent.
        InputError: OUT_OF_RANGE, a lookup without rows.
    """
    rows = lookup.integer("rows_L") + lookup.integer("rows_T")
    if rows == 0:
        raise lookup.refuse("rows_T", "rows in at least one of rows_L and rows_T", 0)
    multivariate = lookup.text("logup_type") == "multivariate"
    by_eq = lookup.flag("multilinear_fingerprint") if lookup.has("multilinear_fingerprint") else multivariate
    columns, size = lookup.integer("num_columns_S"), field_order(order)
    lookups = symbol("K", lookup.integer("num_lookups_M"), "lookups into the table")
    height = symbol("H", rows, "rows of both sides")
    width = max(log2_of(columns), enclose(1), key=lambda bound: bound.upper) if by_eq else enclose(columns)
    aggregation = symbol("R", width, "degree of the column fingerprint")
    error: Expression = lookups * height * aggregation / size
    if multivariate:
        variables = symbol("nm", log2_of(rows) + log2_of(lookup.integer("num_lookups_M")), "variables of the tree")
        error = error + variables * (3 * variables + 1) / 2 / size
        if reduction := lookup.rational("reduction_error"):
            error = error + symbol("r", reduction, "reduction error of the file")
    return ground(error, lookup.integer("grinding_bits_lookup"))


def log2_of(count: int) -> Enclosure:
    """The logarithm of a positive count."""
    return log2(enclose(count).lower)

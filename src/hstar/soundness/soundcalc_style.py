"""The total that the calculator `soundcalc` would state for the same proof, beside the strict one.

It differs on purpose, by its conventions: LogUp has no list factor and the fraction tree is one lump, terms of one
message are not added, grinding counts its nominal bits, squeezed positions count as uniform, out-of-domain samples use
the square of the list size, and hashing caps nothing. It is printed for comparison and never decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import Expression, Symbol, symbol
from hstar.soundness.setting import Setting
from hstar.soundness.steps.whir_formulas import FOLD_DEGREE
from hstar.soundness.term import Provenance, Source, Term

PREFIX = "soundcalc."
PAGE = "totals.md"


def soundcalc_style_terms(setting: Setting) -> tuple[Term, ...]:
    """The terms under those conventions; every one is a round of its own."""
    return (*_circuit_terms(setting), *_whir_terms(setting))


def _circuit_terms(setting: Setting) -> Iterator[Term]:
    description, order = setting.description, setting.circuit.field_order
    per_row = sum(chip.local.num_fractions for chip in description.chips)
    if per_row:
        fractions = symbol("K", per_row, "local fractions of a row")
        rows = symbol("H", 1 << description.log_max_height, "rows of the virtual shape")
        width = max(chip.local.widest_message for chip in description.chips)
        tuple_degree = symbol("R", max(1, ceil_log2(max(1, width))), "logarithm of the widest message")
        yield _term("logup", "fingerprint of the local buses", fractions * rows * tuple_degree / order, sources.LOOKUP)
        depth = symbol("nm", description.log_max_height + ceil_log2(per_row), "variables of the fraction tree")
        lump = depth * (3 * depth + 1) / 2 / order
        yield _term("gkr", "all rounds of the fraction tree in one sum", lump, sources.FRACTION_TREE)
    constraints = symbol("C", description.num_constraints, "constraints of all chips")
    degree = symbol("d", description.degree, "degree of the bracket")
    height = symbol("l", description.log_max_height, "row variables")
    zerocheck = (constraints + (degree + 2) * height) / order
    yield _term("zerocheck", "batching and rounds in one sum", zerocheck, sources.SUMCHECK)


def _whir_terms(setting: Setting) -> Iterator[Term]:
    parameters, order = setting.parameters, setting.circuit.field_order
    degree = symbol("d", FOLD_DEGREE, "degree bound of Theorem 5.2")
    last = len(parameters.iterations) - 1
    for index, step in enumerate(parameters.iterations):
        code = setting.code(index)
        if step.num_samples:
            length = symbol("2^v", 1 << parameters.num_variables(index), "length of the folded function")
            samples = symbol("w", step.num_samples, "out-of-domain samples")
            error = code.list_size * code.list_size * (length / (2 * order)) ** samples
            yield _term(f"ood.{index}", "out-of-domain samples", error)
        for folded in range(1, step.log_folding_arity + 1):
            bound = setting.code(index, folded)
            error = (degree * bound.list_size / order + bound.line_error / order) * _nominal(step.fold_grinding_bits)
            yield _term(f"fold.{index}.{folded}", "a folding round", error)
        queries = symbol("q", step.num_queries, "queries")
        missed: Expression = code.agreement() ** queries
        if index < last:
            missed = missed + setting.code(index + 1).list_size * (queries + 1) / order
        name = "fin" if index == last else f"shift.{index}"
        yield _term(name, "queries", missed * _nominal(step.query_grinding_bits))


def _nominal(bits: int) -> Symbol:
    return symbol("g", Fraction(1, 1 << bits), f"{bits} bits of grinding, nominal")


def _term(name: str, title: str, formula: Expression, source: Source = sources.WHIR_SOUNDNESS) -> Term:
    return Term(
        name=PREFIX + name,
        round=PREFIX + name,
        title=title,
        formula=formula,
        hypotheses=(),
        source=source,
        provenance=Provenance.DERIVATION,
        page=PAGE,
    )

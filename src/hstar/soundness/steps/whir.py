"""WHIR: folding rounds, out-of-domain samples, queries with the combination challenge, the final vector."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.soundness import sources
from hstar.soundness.expression import symbol
from hstar.soundness.setting import Setting
from hstar.soundness.steps import whir_formulas as formulas
from hstar.soundness.term import Hypothesis, Provenance, Term

PAGE = "whir.md"
SUMCHECK_DEGREE = 2


def whir_terms(setting: Setting) -> Iterator[Term]:
    """Every term of every iteration, in protocol order, and the final sumcheck."""
    last = len(setting.parameters.iterations) - 1
    for index in range(last + 1):
        if index and setting.parameters.iterations[index].num_samples:
            yield out_of_domain_term(setting, index)
        for folded in range(1, setting.parameters.iterations[index].log_folding_arity + 1):
            yield fold_term(setting, index, folded)
        yield from query_terms(setting, index)
    if setting.parameters.log_final_length:
        yield _final_sumcheck(setting)


def fold_term(setting: Setting, index: int, folded: int) -> Term:
    """Round number `folded` (from 1) of iteration `index`."""
    iteration, code = setting.parameters.iterations[index], setting.code(index, folded)
    return Term(
        name=f"whir.{index}.fold.{folded}",
        round=f"whir.{index}.fold.{folded}",
        title="folding hides that the oracle is far from the code, or a wrong sum",
        formula=formulas.fold_error(
            code, setting.parameters.field, iteration.fold_grinding_bits, interleaved=index == 0
        ),
        hypotheses=code.hypotheses,
        source=sources.WHIR_SOUNDNESS if index else code.line_source,
        provenance=Provenance.THEOREM if index else Provenance.DERIVATION,
        page=PAGE,
    )


def out_of_domain_term(setting: Setting, index: int) -> Term:
    """The samples on the oracle of iteration `index`."""
    parameters, code = setting.parameters, setting.code(index)
    return Term(
        name=f"whir.{index}.out_of_domain",
        round=f"whir.{index}.out_of_domain",
        title="two codewords near the new oracle agree at every out-of-domain sample",
        formula=formulas.out_of_domain_error(
            code, parameters.field, parameters.num_variables(index), parameters.iterations[index].num_samples
        ),
        hypotheses=code.hypotheses,
        source=sources.WHIR_SOUNDNESS,
        provenance=Provenance.THEOREM,
        page=PAGE,
    )


def query_terms(setting: Setting, index: int) -> Iterator[Term]:
    """The positions on the oracle of iteration `index`, and the combination challenge squeezed with them."""
    is_last = index == len(setting.parameters.iterations) - 1
    yield _missed_queries(setting, index, is_last=is_last)
    if not is_last:
        yield _combination(setting, index)


def _missed_queries(setting: Setting, index: int, *, is_last: bool) -> Term:
    iteration, code, field = setting.parameters.iterations[index], setting.code(index), setting.parameters.field
    return Term(
        name=f"whir.{index}.final" if is_last else f"whir.{index}.shift",
        round=f"whir.{index}.queries",
        title="every query misses the positions where the oracle is wrong",
        formula=formulas.missed_queries_error(code, field, iteration.num_queries, iteration.query_grinding_bits),
        hypotheses=(
            *code.hypotheses,
            Hypothesis(
                "positions have no more bits than are near uniform", iteration.log_num_positions <= field.two_adicity
            ),
        ),
        source=sources.WHIR_SOUNDNESS,
        provenance=Provenance.THEOREM,
        page=PAGE,
    )


def _combination(setting: Setting, index: int) -> Term:
    iteration, following = setting.parameters.iterations[index], setting.parameters.iterations[index + 1]
    code = setting.code(index + 1)
    return Term(
        name=f"whir.{index}.combination",
        round=f"whir.{index}.queries",
        title="wrong claims about the new oracle cancel under powers of xi",
        formula=formulas.combination_error(
            code, setting.parameters.field, iteration.num_queries, following.num_samples, iteration.query_grinding_bits
        ),
        hypotheses=code.hypotheses,
        source=sources.WHIR_SOUNDNESS,
        provenance=Provenance.THEOREM,
        page=PAGE,
    )


def _final_sumcheck(setting: Setting) -> Term:
    degree = symbol("d", SUMCHECK_DEGREE, "degree of a round")
    return Term(
        name="whir.final_sumcheck",
        round="whir.final_sumcheck",
        title="a sumcheck round over the final vector hides a wrong claim",
        formula=degree / formulas.field_order(setting.parameters.field),
        hypotheses=(),
        source=sources.SUMCHECK,
        provenance=Provenance.THEOREM,
        page=PAGE,
        count=setting.parameters.log_final_length,
    )

"""Reports as plain data: the JSON object and the rows of the CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from hstar.params.protocol import GROUPS, ProtocolParameters
from hstar.soundness.exploration import Candidate, Sensitivity
from hstar.soundness.expression import Symbol, format_number
from hstar.soundness.render.numbers import bits_number
from hstar.soundness.report import Report
from hstar.soundness.sizes import Size
from hstar.soundness.term import Term


def parameters_data(parameters: ProtocolParameters) -> dict[str, Any]:
    """The parameters as JSON; `encoding` is what `digest` names."""
    return {
        "target_bits": parameters.target_bits,
        "field": parameters.field.name,
        "hash_suite": parameters.hash_suite,
        "hash_suite_is_implemented": parameters.hash.is_implemented,
        "digest_bytes": parameters.hash.digest_bytes,
        "log_cells": parameters.log_cells,
        "log_max_height": parameters.log_max_height,
        "log_inverse_rate": parameters.log_inverse_rate,
        "group_columns": dict(zip(GROUPS, parameters.group_columns, strict=True)),
        "boundary_pin": parameters.boundary_pin,
        "log_final_length": parameters.log_final_length,
        "iterations": [
            {
                "num_variables": parameters.num_variables(index),
                "log_folding_arity": step.log_folding_arity,
                "log_codeword_length": step.log_codeword_length,
                "log_inverse_rate": parameters.log_inverse_rate_of(index),
                "regime": "unique" if step.regime.is_unique else "johnson",
                "multiplicity": step.regime.multiplicity or None,
                "num_queries": step.num_queries,
                "num_samples": step.num_samples,
                "query_grinding_bits": step.query_grinding_bits,
                "fold_grinding_bits": step.fold_grinding_bits,
            }
            for index, step in enumerate(parameters.iterations)
        ],
        "encoding": parameters.encode().hex(),
        "digest": parameters.digest().hex(),
    }


def term_data(term: Term) -> dict[str, Any]:
    """One row of `terms`."""
    return {
        "name": term.name,
        "round": term.round,
        "bits": bits_number(term.bits),
        "source": str(term.source),
        "provenance": str(term.provenance),
        "count": term.count,
        "title": term.title,
        "formula": term.formula.text(),
    }


def explained_data(term: Term) -> dict[str, Any]:
    """Everything about one term."""
    return {
        **term_data(term),
        "substituted": term.formula.text(substituted=True),
        "symbols": [_symbol_data(entry) for entry in all_symbols(term)],
        "hypotheses": [{"text": entry.text, "holds": entry.holds} for entry in term.hypotheses],
        "page": f"docs/soundness/{term.page}",
        "error": {"numerator": str(term.error.upper.numerator), "denominator": str(term.error.upper.denominator)},
    }


def _symbol_data(entry: Symbol) -> dict[str, Any]:
    return {
        "name": entry.name,
        "value": format_number(entry.number),
        "meaning": entry.meaning,
        "definition": entry.definition.text() if entry.definition else None,
    }


def all_symbols(term: Term) -> tuple[Symbol, ...]:
    """The symbols of a formula and of the definitions behind them, each once."""
    found: dict[str, Symbol] = {}
    waiting = list(term.symbols)
    while waiting:
        entry = waiting.pop(0)
        if entry.name not in found:
            found[entry.name] = entry
            waiting += entry.definition.symbols() if entry.definition else ()
    return tuple(found.values())


def size_data(size: Size) -> dict[str, int]:
    """Bytes, the expectation rounded up."""
    return {"expected": size.expected_bytes, "worst": size.worst}


def report_data(report: Report) -> dict[str, Any]:
    """The JSON object of one proof."""
    totals = report.totals
    return {
        "security_bits": bits_number(totals.security_bits),
        "meets_target": report.meets_target,
        "interactive_bits": bits_number(totals.interactive_bits),
        "hash_cap_bits": bits_number(totals.hash_cap_bits),
        "quantum_bits": bits_number(totals.quantum_bits),
        "soundcalc_style_bits": report.soundcalc_style_bits,
        "predicted_bytes": size_data(report.size),
        "weakest": totals.weakest.name,
        "parameters": parameters_data(report.parameters),
        "terms": [term_data(term) for term in report.terms],
        "rounds": [{"name": entry.name, "bits": bits_number(entry.bits)} for entry in report.rounds],
        "soundcalc_style": [{"name": term.name, "bits": bits_number(term.bits)} for term in report.soundcalc_style],
        "bytes_by_part": {str(part): size_data(size) for part, size in report.size_by_part.items()},
        "verifier_hash_calls": size_data(report.hash_calls),
        "composition": [
            {
                "nodes": entry.num_nodes,
                "verifier_queries": entry.verifier_queries,
                "straight_line_bits": bits_number(entry.straight_line_bits),
                "union_bits": bits_number(entry.union_bits),
            }
            for entry in report.compositions
        ],
    }


CSV_COLUMNS = ("circuit", "term", "round", "bits", "count", "provenance", "source", "formula")


def terms_csv(circuits: dict[str, Report]) -> str:
    """Every term of every circuit, one line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for name, report in circuits.items():
        for term in report.terms:
            data = term_data(term)
            writer.writerow(
                [name, *(data[key] for key in ("name", "round", "bits", "count", "provenance", "source", "formula"))]
            )
    return text.getvalue()


def candidate_data(one: Candidate) -> dict[str, Any]:
    """A point of the Pareto front."""
    return {
        "log_inverse_rate": one.log_inverse_rate,
        "grinding_bits": one.grinding_bits,
        "predicted_bytes": size_data(one.report.size),
        "security_bits": bits_number(one.report.totals.security_bits),
    }


def sensitivity_data(one: Sensitivity) -> dict[str, Any]:
    """What one step of a parameter does."""
    return {
        "parameter": one.parameter,
        "value": one.value,
        "bits_one_less": None if one.bits_down is None else float(one.bits_down),
        "bits_one_more": None if one.bits_up is None else float(one.bits_up),
    }

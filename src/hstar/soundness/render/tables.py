"""Reports as terminal tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hstar.params.protocol import GROUPS
from hstar.soundness.exploration import Candidate, Sensitivity
from hstar.soundness.expression import format_number
from hstar.soundness.render.data import all_symbols
from hstar.soundness.render.numbers import shown_bits, shown_kibibytes
from hstar.soundness.report import Report
from hstar.soundness.sources import PAPERS
from hstar.soundness.term import Term


def report_tables(report: Report) -> Iterator[RenderableType]:
    """Summary, parameters, terms, sizes, composition."""
    yield _summary(report)
    yield _iterations(report)
    yield _terms(report)
    yield _sizes(report)
    yield _compositions(report)


def _table(title: str, *columns: str, left: int = 1) -> Table:
    """A plain table; the first `left` columns hold text."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < left else "right", overflow="fold")
    return table


def _summary(report: Report) -> Table:
    parameters, totals = report.parameters, report.totals
    table = Table(
        box=None, show_header=False, pad_edge=False, title=escape(report.description.name), title_justify="left"
    )
    groups = ", ".join(
        f"{count} {group}" for group, count in zip(GROUPS, parameters.group_columns, strict=True) if count
    )
    style = "green" if report.meets_target else "red"
    claim = f"[{style}]{shown_bits(totals.security_bits)}[/{style}] (target {parameters.target_bits})"
    if not report.meets_target and totals.interactive_bits >= parameters.target_bits:
        claim += f"; the rounds reach it, digests of {parameters.hash.digest_bytes} bytes do not"
    rows = {
        "security bits": f"{claim}; non-interactive, classical random oracle",
        "interactive": f"{shown_bits(totals.interactive_bits)}, weakest round {totals.weakest.name}; "
        f"soundcalc's way {report.soundcalc_style_bits}",
        "hash cap": f"{shown_bits(totals.hash_cap_bits)} ({parameters.hash_suite})",
        "quantum": f"{shown_bits(totals.quantum_bits)}",
        "proof": f"{shown_kibibytes(report.size.expected)} KiB expected, "
        f"{shown_kibibytes(report.size.worst)} KiB at worst",
        "verifier": f"{report.hash_calls.expected_bytes} hash calls expected, {report.hash_calls.worst} at worst",
        "committed": f"2^{parameters.log_cells} cells at rate 2^-{parameters.log_inverse_rate}, stack columns: {groups}"
        + (", pinned" if parameters.boundary_pin else ""),
        "parameters digest": parameters.digest().hex(),
    }
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/dim]", value)
    return table


def _iterations(report: Report) -> Table:
    parameters = report.parameters
    table = _table(
        "\nWHIR",
        "iteration",
        "regime",
        "variables",
        "arity",
        "rate",
        "positions",
        "queries",
        "samples",
        "grinding",
        left=2,
    )
    for index, step in enumerate(parameters.iterations):
        grinding = str(step.query_grinding_bits)
        if step.fold_grinding_bits:
            grinding += f" + {step.fold_grinding_bits} a fold"
        table.add_row(
            str(index),
            str(step.regime),
            str(parameters.num_variables(index)),
            f"2^{step.log_folding_arity}",
            f"2^-{parameters.log_inverse_rate_of(index)}",
            f"2^{step.log_num_positions}",
            str(step.num_queries),
            str(step.num_samples),
            grinding,
        )
    table.add_row("final", "in clear", str(parameters.log_final_length))
    return table


def _terms(report: Report) -> Table:
    table = _table("\nError terms (terms of one round add up)", "term", "round", "bits", "rounds", "source", left=2)
    table.columns[-1].justify = "left"
    weakest = report.totals.weakest.name
    for term in report.terms:
        shown = shown_bits(term.bits)
        marked = f"[bold yellow]{shown}[/bold yellow]" if term.round == weakest else shown
        table.add_row(term.name, f"[dim]{term.round}[/dim]", marked, str(term.count), f"[dim]{term.source}[/dim]")
    return table


def _sizes(report: Report) -> Table:
    table = _table("\nProof size (KiB)", "part", "expected", "worst")
    for part, size in report.size_by_part.items():
        if size.worst:
            table.add_row(str(part), shown_kibibytes(size.expected), shown_kibibytes(size.worst))
    table.add_row("total", shown_kibibytes(report.size.expected), shown_kibibytes(report.size.worst), style="bold")
    return table


def _compositions(report: Report) -> Table:
    table = _table("\nA tree of such proofs", "nodes", "straight-line bits", "union-bound bits")
    for entry in report.compositions:
        table.add_row(str(entry.num_nodes), shown_bits(entry.straight_line_bits), shown_bits(entry.union_bits))
    return table


def overview_table(circuits: dict[str, Report]) -> Table:
    """One line for each circuit."""
    table = _table(
        "Parameter sets",
        "circuit",
        "hash",
        "weakest round",
        "bits",
        "cells",
        "rate",
        "expected KiB",
        "worst KiB",
        left=3,
    )
    for name, report in circuits.items():
        parameters = report.parameters
        table.add_row(
            name,
            parameters.hash_suite,
            report.totals.weakest.name,
            shown_bits(report.totals.security_bits),
            f"2^{parameters.log_cells}",
            f"2^-{parameters.log_inverse_rate}",
            shown_kibibytes(report.size.expected),
            shown_kibibytes(report.size.worst),
        )
    return table


def pareto_table(front: tuple[Candidate, ...]) -> Table:
    """The Pareto front."""
    table = _table(
        "\nPareto front: nothing is smaller with as little grinding and as high a rate",
        "rate",
        "grinding",
        "expected KiB",
        "worst KiB",
        "queries",
    )
    for one in front:
        queries = ", ".join(str(step.num_queries) for step in one.report.parameters.iterations)
        table.add_row(
            f"2^-{one.log_inverse_rate}",
            str(one.grinding_bits),
            shown_kibibytes(one.report.size.expected),
            shown_kibibytes(one.report.size.worst),
            queries,
        )
    return table


def sensitivity_table(entries: tuple[Sensitivity, ...]) -> Table:
    """What one step of each parameter does to the total."""
    table = _table("\nSensitivity of security bits", "parameter", "value", "one less", "one more")
    for entry in entries:
        moves = ("-" if change is None else f"{float(change):+.2f}" for change in (entry.bits_down, entry.bits_up))
        table.add_row(entry.parameter, str(entry.value), *moves)
    return table


def explanation(term: Term) -> Iterator[RenderableType]:
    """One term in full: formula, numbers, symbols, hypotheses, source."""
    yield Text.assemble((term.name, "bold"), f": {term.title}")
    yield Text(f"round        {term.round}" + (f", {term.count} rounds like it" if term.count > 1 else ""))
    yield Text(f"formula      {term.formula.text()}")
    yield Text(f"numbers      {term.formula.text(substituted=True)}")
    yield Text(f"value        at most {format_number(term.error)}: {shown_bits(term.bits)} bits")
    for hypothesis in term.hypotheses:
        yield Text(f"holds        {hypothesis.text}")
    paper = PAPERS[term.source.paper]
    yield Text(f"source       {term.source}")
    yield Text(f"             {paper.authors}: {paper.title} ({paper.identifier})", style="dim")
    yield Text(f"provenance   {term.provenance}")
    yield Text(f"page         docs/soundness/{term.page}")
    table = _table("", "symbol", "value", "defined as", "meaning", left=4)
    for entry in all_symbols(term):
        definition = entry.definition.text() if entry.definition else ""
        table.add_row(entry.name, format_number(entry.number), definition, f"[dim]{escape(entry.meaning)}[/dim]")
    yield table

"""Reports on a whole recursion: tables, Markdown, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from hstar.soundness.composition import Level, ProofKind, RecursionReport, RecursionTree, Role
from hstar.soundness.render.data import report_data
from hstar.soundness.render.markdown import report_markdown
from hstar.soundness.render.numbers import bits_number, shown_bits, shown_kibibytes

KIND_COLUMNS = (
    "role",
    "proofs",
    "kind",
    "hash",
    "cells",
    "rate",
    "bits",
    "weakest round",
    "expected KiB",
    "worst KiB",
    "hash calls",
)
TOTAL_COLUMNS = ("segments", "proofs at most", "verifier's hash calls", "straight-line bits", "union-bound bits")
CSV_COLUMNS = (
    "role",
    "kind",
    "proofs",
    "hash",
    "log_cells",
    "log_inverse_rate",
    "bits",
    "union_bits",
    "weakest",
    "expected_bytes",
    "worst_bytes",
    "verifier_hash_calls",
)
_TEXT_COLUMNS = {"role", "kind", "hash", "weakest round"}


def recursion_tables(report: RecursionReport) -> Iterator[RenderableType]:
    """Kinds of proofs, totals by number of segments, and the size of the final proof."""
    tree = report.tree
    yield _table(
        f"Proofs of a run of {tree.num_segments} segments (at most {tree.num_proofs:,})", KIND_COLUMNS, _rows(tree)
    )
    yield ""
    yield _table("The whole recursion", TOTAL_COLUMNS, (_total(one) for one in report.others))
    yield ""
    yield "\n".join(sentences(report))


def sentences(report: RecursionReport) -> Iterator[str]:
    """What the numbers come to."""
    tree, final = report.tree, report.tree.final.report
    yield (
        f"{tree.num_segments} segments: {shown_bits(tree.straight_line_bits)} bits by straight-line extraction (the "
        f"claim), {shown_bits(tree.union_bits)} by a union bound over {tree.num_proofs:,} proofs; weakest: "
        f"{tree.weakest.name}, {tree.weakest.report.totals.weakest.name}."
    )
    actual = "" if report.actual_bytes is None else f"; this one has {report.actual_bytes:,} bytes"
    yield (
        f"Final proof: {shown_kibibytes(final.size.expected)} KiB expected, {shown_kibibytes(final.size.worst)} KiB at "
        f"worst{actual}."
    )
    yield f"Verifiers accept at most {report.others[-1].num_segments:,} segments under these keys."


def recursion_markdown(report: RecursionReport) -> str:
    """The page of all circuits, and the recursion after them."""
    lines = [
        report_markdown(report.title, report.circuits, report.note),
        "## Recursion",
        "",
        *_markdown_table(KIND_COLUMNS, _rows(report.tree)),
        "",
        *_markdown_table(TOTAL_COLUMNS, (_total(one) for one in report.others)),
        "",
        *(f"- {sentence}" for sentence in sentences(report)),
    ]
    return "\n".join(lines) + "\n"


def recursion_data(report: RecursionReport) -> dict[str, Any]:
    """One entry of `systems`."""
    tree, final = report.tree, report.tree.final.report
    named = {name: [kind.name for kind in tree.kinds if kind.report == one] for name, one in report.circuits.items()}
    return {
        "name": report.title,
        "note": report.note,
        "circuits": [
            {"name": name, "stands_for": named[name], **report_data(one)} for name, one in report.circuits.items()
        ],
        "recursion": {
            **_totals_data(tree),
            "weakest": tree.weakest.name,
            "levels": [_level_data(level) for level in tree.levels],
            "by_segments": [_totals_data(one) for one in report.others],
            "max_segments": report.others[-1].num_segments,
            "final_bytes": {
                "expected": final.size.expected_bytes,
                "worst": final.size.worst,
                "actual": report.actual_bytes,
            },
        },
    }


def recursion_csv(report: RecursionReport) -> str:
    """A line for each kind of proof, then one for the whole recursion at each number of segments."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for level in report.tree.levels:
        for kind in level.kinds:
            writer.writerow(_csv_row(level, kind))
    for tree in report.others:
        bits, union = bits_number(tree.straight_line_bits), bits_number(tree.union_bits)
        name = f"{tree.num_segments} segments"
        row = ["composed", name, tree.num_proofs, "", "", "", bits, union, tree.weakest.name]
        writer.writerow([*row, "", "", tree.verifier_queries])
    return text.getvalue()


def _rows(tree: RecursionTree) -> Iterator[tuple[str, ...]]:
    for level in tree.levels:
        for position, kind in enumerate(level.kinds):
            parameters, totals = kind.report.parameters, kind.report.totals
            yield (
                str(level.role) if position == 0 else "",
                _count(level) if position == 0 else "",
                kind.name,
                parameters.hash_suite,
                f"2^{parameters.log_cells}",
                f"2^-{parameters.log_inverse_rate}",
                shown_bits(totals.security_bits),
                totals.weakest.name,
                shown_kibibytes(kind.report.size.expected),
                shown_kibibytes(kind.report.size.worst),
                f"{kind.report.hash_calls.worst:,}",
            )


def _count(level: Level) -> str:
    return f"{level.count:,}" if level.role in (Role.SEGMENT, Role.FINAL) else f"<= {level.count:,}"


def _total(tree: RecursionTree) -> tuple[str, ...]:
    return (
        f"{tree.num_segments:,}",
        f"{tree.num_proofs:,}",
        f"{tree.verifier_queries:,}",
        shown_bits(tree.straight_line_bits),
        shown_bits(tree.union_bits),
    )


def _table(title: str, columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in _TEXT_COLUMNS else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _markdown_table(columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "| --- " * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _totals_data(tree: RecursionTree) -> dict[str, Any]:
    return {
        "num_segments": tree.num_segments,
        "num_proofs": tree.num_proofs,
        "verifier_hash_calls": tree.verifier_queries,
        "straight_line_bits": bits_number(tree.straight_line_bits),
        "union_bits": bits_number(tree.union_bits),
    }


def _level_data(level: Level) -> dict[str, Any]:
    return {
        "role": str(level.role),
        "count": level.count,
        "verifies": [str(role) for role in level.verifies],
        "kinds": [
            {
                "name": kind.name,
                "security_bits": bits_number(kind.report.totals.security_bits),
                "weakest": kind.report.totals.weakest.name,
            }
            for kind in level.kinds
        ],
    }


def _csv_row(level: Level, kind: ProofKind) -> list[object]:
    parameters, totals, size = kind.report.parameters, kind.report.totals, kind.report.size
    return [
        str(level.role),
        kind.name,
        level.count,
        parameters.hash_suite,
        parameters.log_cells,
        parameters.log_inverse_rate,
        bits_number(totals.security_bits),
        "",
        totals.weakest.name,
        size.expected_bytes,
        size.worst,
        kind.report.hash_calls.worst,
    ]

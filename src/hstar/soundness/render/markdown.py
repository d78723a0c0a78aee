"""Reports as Markdown, with the headings, parameter lines and tables of soundcalc's reports."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from hstar.params.protocol import GROUPS
from hstar.soundness.render.numbers import shown_bits, shown_kibibytes
from hstar.soundness.report import Report


def report_markdown(title: str, circuits: dict[str, Report], note: str = "") -> str:
    """One page: the system, then a section for each circuit."""
    weakest_name, weakest = min(circuits.items(), key=lambda entry: entry[1].totals.security_bits)
    last_name, last = list(circuits.items())[-1]
    lines = [
        f"# {title}",
        "",
        *([note, ""] if note else []),
        "How to read this report:",
        "- Table rows correspond to totals: `strict` is what hstar claims, `soundcalc` the other calculator's way",
        "- Table columns correspond to proof system components (verifier messages)",
        "- Cells show bits of security per component",
        "- Proof sizes are exact expectations and worst cases (1 KiB = 1024 bytes)",
        "",
        "## zkVM Overview",
        "",
        "| Metric | Value | Relevant circuit | Notes |",
        "| --- | --- | --- | --- |",
        f"| Final bits of security | **{floor(weakest.totals.security_bits)} bits** | {_link(weakest_name)} | "
        "non-interactive, classical random oracle |",
        f"| Final proof size (worst case) | **{ceil(last.size.worst / 1024)} KiB** | {_link(last_name)} | |",
        "",
        "## Circuits",
        "",
        *(f"- {_link(name)}" for name in circuits),
    ]
    for name, report in circuits.items():
        lines += ["", *_circuit(name, report)]
    return "\n".join(lines) + "\n"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower().replace(' ', '-').replace('^', '')})"


def _circuit(name: str, report: Report) -> list[str]:
    parameters, totals = report.parameters, report.totals
    steps = parameters.iterations
    groups = ", ".join(
        f"{group} {count}" for group, count in zip(GROUPS, parameters.group_columns, strict=True) if count
    )
    expected, worst = ceil(report.size.expected / 1024), ceil(report.size.worst / 1024)
    return [
        f"## {name}",
        "",
        "**Parameters:**",
        "- Proof system: LogUp-GKR, zerocheck, jagged weight",
        "- PCS: WHIR",
        f"- Hash: {parameters.hash_suite}, digests of {parameters.hash.digest_bytes} bytes",
        f"- Field: {parameters.field.name}",
        f"- Cells: 2^{parameters.log_cells}; stack columns: {groups}",
        f"- Rate of the commitment: 2^-{parameters.log_inverse_rate}",
        f"- Iterations (M): {len(steps)}",
        f"- Folding arities (log2): {[step.log_folding_arity for step in steps]}",
        f"- Codeword lengths (log2): {[step.log_codeword_length for step in steps]}",
        f"- Regimes: {', '.join(str(step.regime) for step in steps)}",
        f"- Queries per iteration: {[step.num_queries for step in steps]}",
        f"- Out-of-domain samples per iteration: {[step.num_samples for step in steps[1:]]}",
        f"- Query grinding (bits): {[step.query_grinding_bits for step in steps]}",
        f"- Fold grinding (bits): {[step.fold_grinding_bits for step in steps]}",
        f"- Final vector: 2^{parameters.log_final_length} elements",
        f"- Parameters digest: {parameters.digest().hex()}",
        "",
        f"**Security:** {shown_bits(totals.security_bits)} bits non-interactive; interactive "
        f"{shown_bits(totals.interactive_bits)}; hash cap {shown_bits(totals.hash_cap_bits)}; quantum "
        f"{shown_bits(totals.quantum_bits)}; weakest round {totals.weakest.name}",
        "",
        f"**Proof Size:** {expected} KiB (expected) / {worst} KiB (worst case)",
        "",
        *_cells("strict", floor(totals.interactive_bits), [(entry.name, entry.bits) for entry in report.rounds]),
        "",
        *_cells("soundcalc", report.soundcalc_style_bits, [(term.name, term.bits) for term in report.soundcalc_style]),
        "",
        "| part | expected KiB | worst KiB |",
        "| --- | --- | --- |",
        *(
            f"| {part} | {shown_kibibytes(size.expected)} | {shown_kibibytes(size.worst)} |"
            for part, size in report.size_by_part.items()
        ),
        "",
        "| nodes of a recursion tree | straight-line bits | union-bound bits |",
        "| --- | --- | --- |",
        *(
            f"| {entry.num_nodes} | {shown_bits(entry.straight_line_bits)} | {shown_bits(entry.union_bits)} |"
            for entry in report.compositions
        ),
    ]


def _cells(row: str, total: int, cells: list[tuple[str, Fraction]]) -> list[str]:
    header = " | ".join(("total", *(name for name, _ in cells)))
    values = " | ".join(str(floor(bits)) for _, bits in cells)
    return [f"| regime | {header} |", "| --- " * (len(cells) + 2) + "|", f"| {row} | {total} | {values} |"]

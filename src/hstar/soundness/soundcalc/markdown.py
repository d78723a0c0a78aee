"""Reports in soundcalc's layout, so that a comparison with its own reports shows only real differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.lookup import lookup_names
from hstar.soundness.soundcalc.report import SystemReport
from hstar.soundness.soundcalc.sizes import FileSize

_LEGEND = (
    "Table rows correspond to security regimes",
    "Table columns correspond to proof system components",
    "Cells show bits of security per component",
    "Proof size estimates are indicative (1 KiB = 1024 bytes)",
)


def report_markdown(report: SystemReport) -> str:
    """One system: an overview when there are several circuits, then every circuit."""
    version = f" (v{report.file.version})" if report.file.version else ""
    lines = [f"# 📊 {report.file.name}{version}", "", "How to read this report:"]
    lines += [f"- {line}" for line in _LEGEND]
    lines.append("")
    several = len(report.circuits) > 1
    if several:
        lines += _overview(report)
    for circuit in report.circuits:
        lines += [f"## {circuit.name}", ""] if several else []
        lines += _circuit(circuit)
        lines += ["", ""] if several else []
    return "\n".join(lines) + ("" if several else "\n")


def _overview(report: SystemReport) -> Iterator[str]:
    yield from ("## zkVM Overview", "", "| Metric | Value | Relevant circuit | Notes |", "| --- | --- | --- | --- |")
    if standing := report.standing:
        mark = "" if report.is_complete else " (incomplete)"
        yield (
            f"| Final bits of security | **{standing.weakest.shown} bits**{mark} | {_link(standing.circuit)} | "
            f"Regime: {standing.regime} |"
        )
    last = report.circuits[-1]
    yield f"| Final proof size (worst case) | **{_kibibytes(last, worst=True)}** | {_link(last.name)} | |"
    yield from ("", "## Circuits", "")
    yield from (f"- {_link(circuit.name)}" for circuit in report.circuits)
    yield ""


def _circuit(circuit: Circuit) -> Iterator[str]:
    yield "**Parameters:**"
    yield f"- Proof system: {circuit.proof_system}"
    yield f"- PCS: {circuit.commitment_name}"
    yield from (f"- {line}" for line in circuit.parameter_lines())
    yield from (f"- Lookup (logup): {name}" for name in lookup_names(circuit.file))
    yield ""
    if circuit.size is None:
        yield "**Proof Size:** TODO"  # what soundcalc prints where it has no estimate
    else:
        expected, worst = _kibibytes(circuit, worst=False), _kibibytes(circuit, worst=True)
        yield f"**Proof Size:** {expected} (expected) / {worst} (worst case)"
    yield ""
    yield from security_table(circuit)


def security_table(circuit: Circuit) -> Iterator[str]:
    """Regimes by terms: the total, lookups in the order of the file, all other terms in the order of their names."""
    lookups = lookup_names(circuit.file)
    columns = [*lookups, *sorted({cell.label for row in circuit.rows for cell in row.cells} - set(lookups))]
    yield _line(["regime", "total", *columns])
    yield _line(["---"] * (len(columns) + 2))
    for row in circuit.rows:
        shown = {cell.label: cell.shown for cell in row.cells}
        yield _line([row.regime, row.shown_total, *(shown.get(column, "—") for column in columns)])


def summary_markdown(reports: Iterable[SystemReport]) -> str:
    """The table of all systems."""
    lines = [
        "# 📊 zkVM Soundness Summary",
        "",
        "How to read this report:",
        "- Click on zkVM names to view detailed individual reports",
        "- Security shows the best bits of security across the reported regimes",
        "",
        "## Overview",
        "",
        "| zkVM | Version | Security | Expected Proof Size | Worst-Case Proof Size | Proof system | Field | Circuits |",
        "|------|---------|----------|---------------------|-----------------------|--------------|-------|----------|",
        *(summary_row(report) for report in sorted(reports, key=lambda report: report.file.name.lower())),
        "",
        "## Notes",
        "",
        "- **Security**: Best bits of security across the reported regimes",
        "- **Proof Size**: Final proof size in KiB (1 KiB = 1024 bytes)",
    ]
    return "\n".join(lines) + "\n"


def summary_row(report: SystemReport) -> str:
    """One system in one line; sizes are the last circuit's."""
    first, last = report.circuits[0], report.circuits[-1]
    standing = report.standing
    bits = f"**{standing.weakest.shown}** bits ({standing.regime})" if standing else "—"
    return _line(
        [
            f"[{report.file.name}]({report.file.name.lower().replace(' ', '_')}.md)",
            report.file.version or "—",
            bits if report.is_complete else f"{bits}, incomplete",
            _kibibytes(last, worst=False),
            _kibibytes(last, worst=True),
            f"{first.proof_system} + {first.commitment_name}",
            report.file.field.label,
            str(len(report.circuits)),
        ]
    )


def _kibibytes(circuit: Circuit, *, worst: bool) -> str:
    if isinstance(circuit.size, FileSize):
        return f"{circuit.size.worst_kibibytes if worst else circuit.size.expected_kibibytes} KiB"
    return "TODO" if circuit.size is None else f"unavailable ({circuit.size} is not given)"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower().replace(' ', '-')})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""Strict reports as Markdown, in the layout of soundcalc's reports, and as terminal tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from hstar.soundness.render.numbers import shown_bits
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.sizes import FileSize
from hstar.soundness.strict.evaluate import StrictCircuit
from hstar.soundness.strict.system import StrictSystem
from hstar.soundness.strict.whir import whir_size

LEGEND = {
    "strict": "what theorems say: exact, with everything that soundcalc leaves out",
    "dkt26": "as `strict`, with the bounds of DKT26 near the Johnson radius; never used to claim a milestone",
}


def bits_text(bits: Fraction | None, *, is_complete: bool = True) -> str:
    """Two decimals, rounded down, and whether something is missing."""
    shown = "—" if bits is None else shown_bits(bits)
    return shown if is_complete else f"{shown} (incomplete)"


def size_text(circuit: Circuit) -> str:
    """Expected and worst KiB of a proof; where soundcalc estimates no proof of the family, WHIR's part of it."""
    size, mark = circuit.size, ""
    if size is None:
        size, mark = whir_size(circuit), "WHIR alone "
    if not isinstance(size, FileSize):
        return f"unavailable ({size} is not given)" if size else "—"
    return f"{mark}{size.expected_kibibytes} / {size.worst_kibibytes} KiB"


def report_markdown(system: StrictSystem) -> str:
    """One system: an overview, then every circuit with its table of rounds."""
    file, weakest = system.report.file, system.weakest
    version = f" (v{file.version})" if file.version else ""
    lines = [
        f"# 📊 {file.name}{version}",
        "",
        "How to read this report:",
        f"- Total `{system.total}`: {LEGEND[system.total]}",
        "- Table rows correspond to the regimes that give most bits",
        "- Table columns correspond to proof system components",
        "- Cells show bits of security per component; components of one verifier message add up",
        "- Proof sizes are soundcalc's estimates (1 KiB = 1024 bytes)",
        "",
        "## zkVM Overview",
        "",
        "| Metric | Value | Relevant circuit | Notes |",
        "| --- | --- | --- | --- |",
    ]
    if weakest is not None and weakest.weakest is not None:
        bits = bits_text(system.security_bits, is_complete=system.is_complete)
        lines.append(
            f"| Final bits of security | **{bits} bits** | {weakest.circuit.name} | non-interactive; weakest round: "
            f"{weakest.weakest.name} |"
        )
    last = system.circuits[-1].circuit
    lines += [f"| Final proof size (expected / worst) | **{size_text(last)}** | {last.name} | |", ""]
    for strict in system.circuits:
        lines += _circuit(strict)
    return "\n".join(lines)


def _circuit(strict: StrictCircuit) -> Iterator[str]:
    yield from (f"## {strict.circuit.name}", "", "**Parameters:**")
    yield f"- Proof system: {strict.circuit.proof_system}"
    yield f"- PCS: {strict.circuit.commitment_name}"
    yield from (f"- {line}" for line in strict.circuit.parameter_lines())
    yield from ("", f"**Regimes:** {', '.join(str(choice) for choice in strict.choices)}", "")
    yield (
        f"**Security:** {bits_text(strict.security_bits, is_complete=strict.is_complete)} bits non-interactive; "
        f"interactive {bits_text(strict.interactive_bits)}; hash cap {bits_text(strict.hash_cap_bits)}"
    )
    yield from ("", f"**Proof Size:** {size_text(strict.circuit)} (expected / worst case)", "")
    labels = [cell.label for cell in strict.cells]
    yield f"| regime | total | {' | '.join(labels)} |"
    yield "| --- " * (len(labels) + 2) + "|"
    cells = ["—" if cell.term is None else shown_bits(cell.term.bits) for cell in strict.cells]
    total = bits_text(strict.interactive_bits, is_complete=not strict.missing)
    yield f"| {strict.regime} | {total} | {' | '.join(cells)} |"
    yield from (f"\n`{cell.label}` is unavailable: {cell.unavailable}." for cell in strict.missing)
    yield ""


def system_tables(systems: Iterable[StrictSystem], *, circuit: str | None = None) -> Iterator[RenderableType]:
    """One line for each circuit of each system; with `circuit`, every term of that one."""
    for system in systems:
        if circuit is not None or len(system.circuits) == 1:
            chosen = system.circuit(circuit) if circuit is not None else system.circuits[0]
            yield terms_table(system, chosen)
            continue
        title = f"{escape(system.name)}, {system.report.file.field.label}: total {system.total}"
        table = _table(title, "circuit", "regimes", "bits", "interactive", "weakest round")
        table.add_column("proof size, expected / worst", justify="right")
        for strict in system.circuits:
            table.add_row(
                escape(strict.circuit.name),
                strict.regime,
                bits_text(strict.security_bits, is_complete=strict.is_complete),
                bits_text(strict.interactive_bits),
                escape(strict.weakest.name) if strict.weakest else "—",
                size_text(strict.circuit),
            )
        yield table
        yield ""


def terms_table(system: StrictSystem, strict: StrictCircuit) -> Table:
    """Every term of a circuit."""
    weakest = strict.weakest.name if strict.weakest else ""
    title = (
        f"{escape(system.name)}, {escape(strict.circuit.name)}: total {system.total}, {strict.regime}\n"
        f"{bits_text(strict.security_bits, is_complete=strict.is_complete)} bits non-interactive; interactive "
        f"{bits_text(strict.interactive_bits)}; hash cap {bits_text(strict.hash_cap_bits)}; "
        f"proof size {size_text(strict.circuit)}"
    )
    table = _table(title, "term", "round", "bits", "source")
    for cell in strict.cells:
        if cell.term is None:
            row = ("[yellow]unavailable[/yellow]", f"[dim]{escape(cell.unavailable)}[/dim]")
        else:
            shown = shown_bits(cell.term.bits)
            marked = f"[bold yellow]{shown}[/bold yellow]" if cell.term.round == weakest else shown
            row = (marked, f"[dim]{escape(str(cell.term.source))}[/dim]")
        table.add_row(escape(cell.label), f"[dim]{escape(cell.ingredient.round)}[/dim]", *row)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table

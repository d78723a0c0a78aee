"""Comparisons as terminal tables, Markdown, CSV and a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from hstar.soundness.render.plot import MILESTONES, draw_milestones, save
from hstar.soundness.soundcalc.sizes import KIBIBYTE_BITS, FileSize
from hstar.soundness.strict.compare import Comparison
from hstar.soundness.strict.text import bits_text, size_text
from hstar.soundness.strict.turn import Move, Plan
from hstar.soundness.strict.whir import whir_size

COLUMNS = (
    "system",
    "field",
    "soundcalc",
    "strict",
    "dkt26",
    "hash cap",
    "KiB, expected / worst",
    *(f"{bits} bits, {kibibytes} KiB" for bits, kibibytes in MILESTONES),
    "weakest round",
)
LEGEND = (
    "Bits are those of the weakest circuit: soundcalc's interactive rounds; strict and dkt26 non-interactive. "
    "Milestones are judged by strict bits and the expected size of the last circuit's proof; `open` means that the "
    "file, or soundcalc's size estimate, says too little."
)
_REACHED = {True: "yes", False: "no", None: "open"}


def row(one: Comparison) -> tuple[str, ...]:
    """One line of the table."""
    standing, weakest = one.report.standing, one.weakest
    soundcalc = "—" if standing is None else standing.weakest.shown
    named = "—" if weakest is None or weakest.weakest is None else f"{weakest.weakest.name} of {weakest.circuit.name}"
    complete = one.strict.is_complete
    return (
        one.name,
        one.report.file.field.label,
        soundcalc if one.report.is_complete else f"{soundcalc} (incomplete)",
        bits_text(one.strict.security_bits, is_complete=complete),
        bits_text(one.dkt26.security_bits, is_complete=complete),
        bits_text(one.strict.circuits[0].hash_cap_bits),
        size_text(one.report.circuits[-1]).removesuffix(" KiB"),
        *(_REACHED[reached] for reached in one.milestones),
        named,
    )


def tables(comparisons: Sequence[Comparison]) -> Iterator[RenderableType]:
    """The table, then what to turn in each system."""
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for one in comparisons:
        table.add_row(*(escape(cell) for cell in row(one)))
    yield table
    yield f"\n[dim]{escape(LEGEND)}[/dim]\n"
    yield "[bold]What to turn for the next milestone[/bold]"
    for one in comparisons:
        yield "\n".join(escape(line) for line in advice(one))


def advice(one: Comparison) -> Iterator[str]:
    """What to turn in a system, in words."""
    found = one.plan
    if found is None:
        yield f"{one.name}: every milestone is reached"
        return
    moves = [str(move) for move in found.system_moves]
    said = f": {', '.join(moves)}" if moves else ""
    yield f"{one.name}, for {found.bits} bits and {found.kibibytes} KiB{said}"
    yield from (f"  first: {obstacle}" for obstacle in found.obstacles)
    for names, listed in _grouped(found):
        yield f"  {names}: {', '.join(_condensed(listed))}"
    if found.circuits:
        yield f"  final proof then: {size_text(found.circuits[-1])}"


def _grouped(found: Plan) -> Iterator[tuple[str, tuple[Move, ...]]]:
    """Circuits that take the same moves, together."""
    groups: dict[tuple[Move, ...], list[str]] = {}
    for name, listed in found.circuit_moves.items():
        groups.setdefault(listed, []).append(name)
    for listed, names in groups.items():
        shown = ", ".join(names[:3])
        yield (shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"), listed


def _condensed(moves: Iterable[Move]) -> Iterator[str]:
    """Lookups in one phrase."""
    lookups = [move for move in moves if " of lookup " in move.key]
    yield from (str(move) for move in moves if move not in lookups)
    if len(lookups) == 1:
        yield str(lookups[0])
    elif lookups:
        most = max(int(move.after) for move in lookups)
        yield f"grinding_bits_lookup of {len(lookups)} lookups -> up to {most}"


def comparison_markdown(comparisons: Sequence[Comparison]) -> str:
    """The table, then what to turn, as Markdown."""
    lines = ["# Systems compared", "", LEGEND, "", f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    lines += [f"| {' | '.join(row(one))} |" for one in comparisons]
    lines += ["", "## What to turn for the next milestone", ""]
    for one in comparisons:
        head, *rest = advice(one)
        lines += [f"- {head}", *(f"  - {line.strip()}" for line in rest)]
    return "\n".join(lines) + "\n"


def comparison_csv(comparisons: Iterable[Comparison]) -> str:
    """The table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row(one) for one in comparisons)
    return text.getvalue()


def plot_comparison(comparisons: Sequence[Comparison], path: Path) -> None:
    """Proof size against strict bits; the line goes up to the worst case. Systems without a size are left out."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8.5, 5), layout="constrained")
    draw_milestones(axes)
    names: dict[tuple[float, float], list[str]] = {}
    for one in comparisons:
        circuit = one.report.circuits[-1]
        size, mark = circuit.size, ""
        if size is None:
            size, mark = whir_size(circuit), ", WHIR alone"
        bits = one.strict.security_bits
        if bits is None or not isinstance(size, FileSize):
            continue
        expected, worst = float(size.expected / KIBIBYTE_BITS), float(size.worst / KIBIBYTE_BITS)
        mark += "" if one.strict.is_complete else ", incomplete"
        axes.plot([float(bits)] * 2, [expected, worst], color="#8a8f98", linewidth=1, zorder=1)
        axes.plot(float(bits), expected, "o" if one.strict.is_complete else "x", color="#3b6ea5", zorder=2)
        names.setdefault((round(float(bits), 1), expected), []).append(one.name + mark)
    for point, together in names.items():
        axes.annotate(", ".join(together), point, xytext=(6, 3), textcoords="offset points", fontsize=8)
    axes.set_yscale("log", base=2)
    axes.set_xlim(40, 145)
    axes.set_xlabel("strict bits (non-interactive, provable); a dot in a dashed box reaches that milestone", fontsize=8)
    axes.set_ylabel("KiB of the final proof: expected (dot) to worst case (end of the line)", fontsize=8)
    axes.set_title("Proof size against bits", loc="left", fontsize=10)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)
    pyplot.close(figure)

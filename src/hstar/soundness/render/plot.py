"""Plots: bits per round with the floor, proof size against bits with the milestones, sensitivity of the total."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from hstar.errors import InputError, Reason, ResourceError
from hstar.soundness.exploration import sensitivities, size_curve
from hstar.soundness.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MILESTONES = ((100, 600), (128, 300))
"""Provable bits and KiB of the two published milestones."""
SUFFIXES = (".svg", ".png")
_BLUE, _ORANGE, _GREY, _GREEN = "#3b6ea5", "#d9822b", "#8a8f98", "#4c9f70"


class PlotKind(StrEnum):
    """Which picture."""

    ALL = "all"
    ROUNDS = "rounds"
    SIZE = "size"
    SENSITIVITY = "sensitivity"


def check_plot_path(path: Path) -> None:
    """Refuses a file whose format cannot be drawn, before anything is computed.

    Raises:
        InputError: MALFORMED, UNREADABLE.
        ResourceError: when matplotlib is missing.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(f"cannot draw to {path}: its name must end in .svg or .png", reason=Reason.MALFORMED)
    if not path.resolve().parent.is_dir():
        raise InputError(f"cannot draw to {path}: there is no such folder", reason=Reason.UNREADABLE)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ResourceError(
            "plots need matplotlib; install the extra hstar[plot]", reason=Reason.LIMIT_REACHED
        ) from error


def plot_reports(circuits: dict[str, Report], path: Path, kind: PlotKind, *, grinding_bits: int) -> None:
    """Draws to a file: all pictures of the first report below each other, or one kind.

    Args:
        circuits: reports by name; rounds and sensitivity are those of the first, sizes those of all.
        path: an .svg or .png file.
        kind: which picture.
        grinding_bits: for the curve of sizes at other targets.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    report = next(iter(circuits.values()))
    heights = {
        PlotKind.ROUNDS: 1.2 + 0.24 * len(_bars(report)),
        PlotKind.SIZE: 4.2,
        PlotKind.SENSITIVITY: 1.4 + 0.26 * 3 * len(report.parameters.iterations),
    }
    draw: dict[PlotKind, Callable[[Axes], None]] = {
        PlotKind.ROUNDS: lambda axes: _draw_rounds(axes, report),
        PlotKind.SIZE: lambda axes: _draw_sizes(axes, circuits, grinding_bits),
        PlotKind.SENSITIVITY: lambda axes: _draw_sensitivity(axes, report),
    }
    kinds = list(draw) if kind is PlotKind.ALL else [kind]
    figure, grid = pyplot.subplots(
        len(kinds),
        1,
        figsize=(8.5, sum(heights[one] for one in kinds)),
        height_ratios=[heights[one] for one in kinds],
        layout="constrained",
        squeeze=False,
    )
    for axes, one in zip(grid[:, 0], kinds, strict=True):
        draw[one](axes)
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)
    pyplot.close(figure)


def _bars(report: Report) -> list[tuple[str, float]]:
    """Rounds from first to last; the folding rounds of one iteration are one bar, their weakest."""
    bars: dict[str, float] = {}
    for entry in report.rounds:
        stem, dot, last = entry.name.rpartition(".")
        name = f"{stem} (weakest)" if dot and last.isdecimal() else entry.name
        bits = float(entry.bits)
        bars[name] = min(bits, bars.get(name, bits))
    return list(bars.items())


def _draw_rounds(axes: Axes, report: Report) -> None:
    draw_bars(
        axes,
        _bars(report),
        title=f"Bits per round: {report.description.name}",
        floor=float(report.totals.interactive_bits),
        weakest=report.totals.weakest.name,
        target=report.parameters.target_bits,
    )


def draw_bars(
    axes: Axes, bars: Sequence[tuple[str, float]], *, title: str, floor: float, weakest: str, target: int | None
) -> None:
    """Bits per round, the weakest in orange.

    Args:
        axes: where to draw.
        bars: rounds with their bits.
        title: of the picture.
        floor: bits of the weakest round.
        weakest: its name.
        target: bits to reach, if there is such a number.
    """
    names, values = [name for name, _ in bars], [bits for _, bits in bars]
    colours = [_ORANGE if value <= floor else _BLUE for value in values]
    left = max(min(100.0, floor - 10), 0.0)
    axes.barh(range(len(bars)), [value - left for value in values], left=left, color=colours, height=0.7)
    axes.set_yticks(range(len(bars)), names, fontsize=8)
    axes.invert_yaxis()
    for row, value in enumerate(values):
        axes.text(value + 0.6, row, f"{value:.1f}", va="center", fontsize=7, color=_GREY)
    axes.axvline(floor, color=_ORANGE, linewidth=1)
    said = ""
    if target is not None:
        axes.axvline(target, color=_GREEN, linewidth=1, linestyle="--")
        said = f", target {target} (dashed)"
    axes.set_xlim(left, max(values) * 1.04)
    start = f" (the axis starts at {left:.0f})" if left else ""
    axes.set_xlabel(f"bits of the round{start}; floor {floor:.2f} (orange, {weakest}){said}", fontsize=8)
    axes.set_title(title, loc="left", fontsize=10)


def save(figure: Figure, path: Path) -> None:
    """Writes a picture without date and random names, so that the same picture is the same file."""
    import matplotlib

    matplotlib.rcParams |= {"svg.hashsalt": "hstar", "svg.fonttype": "none"}
    figure.savefig(path, dpi=130, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw_sizes(axes: Axes, circuits: dict[str, Report], grinding_bits: int) -> None:
    if len(circuits) == 1:
        report = next(iter(circuits.values()))
        curve = size_curve(report, grinding_bits=grinding_bits)
        bits = [float(entry.totals.security_bits) for entry in curve]
        axes.plot(bits, [_kibibytes(entry.size.expected) for entry in curve], "o-", color=_BLUE, label="expected")
        axes.plot(bits, [entry.size.worst / 1024 for entry in curve], "o:", color=_GREY, label="worst case")
    for name, report in circuits.items():
        point = float(report.totals.security_bits), _kibibytes(report.size.expected)
        axes.plot(*point, "s", color=_ORANGE, zorder=3, label="these parameters" if len(circuits) == 1 else None)
        if len(circuits) > 1:
            axes.annotate(name, point, xytext=(6, 4), textcoords="offset points", fontsize=8)
    draw_milestones(axes)
    axes.set_xlim(75, 145)
    largest = max(report.size.worst for report in circuits.values()) / 1024
    axes.set_ylim(bottom=0, top=max(660.0, 1.1 * largest))
    axes.set_xlabel("security bits (non-interactive); a proof in a dashed box meets that milestone", fontsize=8)
    axes.set_ylabel("KiB", fontsize=8)
    axes.set_title("Proof size against bits", loc="left", fontsize=10)
    if len(circuits) == 1:
        axes.legend(fontsize=8, frameon=False, loc="upper left")


def draw_milestones(axes: Axes) -> None:
    """The box of each milestone, dashed."""
    for bits, kibibytes in MILESTONES:
        axes.plot([bits, bits, 145], [0, kibibytes, kibibytes], color=_GREEN, linewidth=1, linestyle="--")
        axes.annotate(
            f"{bits} bits, {kibibytes} KiB",
            (144.5, kibibytes),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=8,
            color=_GREEN,
            ha="right",
        )


def _kibibytes(count: Fraction) -> float:
    return float(count / 1024)


def _draw_sensitivity(axes: Axes, report: Report) -> None:
    entries = sensitivities(report)
    for row, entry in enumerate(entries):
        for change, colour in ((entry.bits_down, _ORANGE), (entry.bits_up, _BLUE)):
            if change is not None:
                axes.barh(row, float(change), color=colour, height=0.6)
    axes.set_yticks(range(len(entries)), [f"{entry.parameter} = {entry.value}" for entry in entries], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("change of security bits: one step less (orange), one step more (blue)", fontsize=8)
    axes.set_title("Sensitivity of the total", loc="left", fontsize=10)

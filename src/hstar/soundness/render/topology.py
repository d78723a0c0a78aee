"""A picture of a recursion: which proofs verify which, with the bits of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hstar.soundness.composition import Level, ProofKind, RecursionReport, Role
from hstar.soundness.render.numbers import shown_bits, shown_kibibytes
from hstar.soundness.render.plot import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _GREY, _GREEN = "#3b6ea5", "#d9822b", "#8a8f98", "#4c9f70"
_BOX_WIDTH, _BOX_HEIGHT = 2.3, 0.62
_COLUMN, _ROW = 3.6, 0.9
"""Distance of levels and of kinds, in inches."""


def plot_recursion(report: RecursionReport, path: Path) -> None:
    """Draws the levels from left to right, each kind with its bits, and an arrow from what is verified.

    Args:
        report: of the recursion.
        path: an .svg or .png file.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    tree = report.tree
    rows = max(len(level.kinds) for level in tree.levels)
    width, height = _COLUMN * len(tree.levels), _ROW * rows + 1.9
    figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    axes.set_xlim(0, width)
    axes.set_ylim(-1.3, _ROW * rows + 0.6)
    axes.axis("off")
    middle = _ROW * rows / 2
    columns = {level.role: index for index, level in enumerate(tree.levels)}
    for index, level in enumerate(tree.levels):
        _draw_level(axes, level, _left(index), middle, tree.weakest)
        for role in level.verifies:
            if role is level.role:
                _loop(axes, _left(index), middle - _span(level))
            elif role in columns:
                _arrow(axes, columns[role], index, middle)
    said = (
        f"{tree.num_segments} segments, at most {tree.num_proofs:,} proofs: {shown_bits(tree.straight_line_bits)} bits "
        f"by straight-line extraction, {shown_bits(tree.union_bits)} by a union bound; "
        f"final proof {shown_kibibytes(tree.final.report.size.expected)} KiB expected, "
        f"{shown_kibibytes(tree.final.report.size.worst)} KiB at worst"
    )
    axes.text(0.1, -1.2, said, fontsize=9, color=_GREY)
    axes.set_title(f"Recursion of {report.title}: provable bits of every proof (weakest in orange)", loc="left")
    save(figure, path)
    pyplot.close(figure)


def _left(index: int) -> float:
    return index * _COLUMN + 0.4


def _span(level: Level) -> float:
    """Half the height of a level's boxes."""
    return len(level.kinds) * _ROW / 2


def _draw_level(axes: Axes, level: Level, left: float, middle: float, weakest: ProofKind) -> None:
    count = f"{level.count:,}" if level.role in (Role.SEGMENT, Role.FINAL) else f"at most {level.count:,}"
    top = middle + _span(level)
    axes.text(left, top + 0.12, f"{level.role}: {count}", fontsize=10, fontweight="bold")
    for row, kind in enumerate(level.kinds):
        bottom = top - (row + 1) * _ROW + (_ROW - _BOX_HEIGHT) / 2
        is_weakest = kind.report.totals.security_bits <= weakest.report.totals.security_bits
        colour = _ORANGE if is_weakest else _BLUE
        _draw_box(axes, kind, left, bottom, colour)


def _draw_box(axes: Axes, kind: ProofKind, left: float, bottom: float, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    style = "round,pad=0.02,rounding_size=0.06"
    box = FancyBboxPatch((left, bottom), _BOX_WIDTH, _BOX_HEIGHT, boxstyle=style, fill=False, edgecolor=colour)
    axes.add_patch(box)
    parameters, bits = kind.report.parameters, shown_bits(kind.report.totals.security_bits)
    axes.text(left + 0.08, bottom + 0.38, f"{kind.name}: {bits} bits", fontsize=8.5)
    small = f"2^{parameters.log_cells} cells, rate 2^-{parameters.log_inverse_rate}, {parameters.hash_suite}"
    axes.text(left + 0.08, bottom + 0.12, small, fontsize=7, color=_GREY)


def _arrow(axes: Axes, start: int, end: int, middle: float) -> None:
    """From level to level; one that passes over a level is bent around it."""
    bend = 0.0 if end == start + 1 else -0.7
    axes.annotate(
        "",
        xy=(_left(end) - 0.08, middle),
        xytext=(_left(start) + _BOX_WIDTH + 0.08, middle),
        arrowprops={"arrowstyle": "->", "color": _GREEN, "connectionstyle": f"arc3,rad={bend}"},
    )


def _loop(axes: Axes, left: float, bottom: float) -> None:
    """Joins verify joins."""
    axes.annotate(
        "",
        xy=(left + _BOX_WIDTH * 0.35, bottom - 0.02),
        xytext=(left + _BOX_WIDTH * 0.65, bottom - 0.02),
        arrowprops={"arrowstyle": "->", "color": _GREEN, "connectionstyle": "arc3,rad=-1.2"},
    )

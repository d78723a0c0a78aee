"""All experiments, as a table, a page and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

from hstar.errors import InputError, Reason
from hstar.soundness.calibration import codes, protocols, rounds
from hstar.soundness.calibration.result import Result
from hstar.soundness.calibration.toy import Choices

FULL_RUNS = 20_000
"""Runs of each randomised experiment of the committed page."""
DEFAULT_SEED = "hstar"


def run_all(runs: int = FULL_RUNS, seed: str = DEFAULT_SEED) -> tuple[Result, ...]:
    """Every experiment; the same runs and seed give the same results everywhere.

    Args:
        runs: of the randomised experiments that are cheap; those that hash much take a tenth.
        seed: of all choices.
    """

    def choices(name: str) -> Choices:
        return Choices(f"{seed} {name}")

    few = max(runs // 10, 1)
    return (
        codes.unique_line(32, 8, choices("line")),
        *codes.list_line(7, 4, 16),
        *codes.list_line(8, 5, 32),
        *codes.list_of_codewords(4, 3, 8),
        rounds.sumcheck_round(3, choices("sumcheck")),
        rounds.batching_by_powers(8, choices("powers")),
        rounds.batching_by_eq(3, choices("eq")),
        rounds.fingerprint(6, 2, max(min(runs // 500, 40), 2), choices("fingerprint")),
        rounds.queries(5, 4, runs, choices("queries")),
        protocols.folding(4, runs, choices("folding")),
        protocols.attempts(8, 3, 7, runs, choices("attempts")),
        protocols.collisions(20, 7, few, choices("collisions")),
    )


def results_data(results: Sequence[Result]) -> dict[str, Any]:
    """The JSON object."""
    return {
        "experiments": [
            {
                "name": one.name,
                "setting": one.setting,
                "attack": one.attack,
                "measured": float(one.measured),
                "bound": float(one.bound),
                "slack_bits": None if one.slack_bits == inf else round(one.slack_bits, 2),
                "runs": one.runs or None,
                "is_count": one.is_count,
                "holds": one.holds,
                "source": one.source,
            }
            for one in results
        ],
        "holds": all(one.holds for one in results),
    }


def shown(value: float, *, is_count: bool) -> str:
    """A count or a share, to three digits."""
    return f"{value:,.0f}" if is_count and value < 10**6 else f"{value:.3g}"


def slack(one: Result) -> str:
    """Bits between bound and measurement."""
    return "never" if one.slack_bits == inf else f"{one.slack_bits:.2f}"


COLUMNS = ("term", "setting", "attack", "measured", "bound", "bits between", "runs")


def row(one: Result) -> tuple[str, ...]:
    """One line of the table."""
    return (
        one.name,
        one.setting,
        one.attack,
        shown(float(one.measured), is_count=one.is_count) + (f" ± {one.deviation:.1g}" if one.runs else ""),
        shown(float(one.bound), is_count=one.is_count),
        slack(one),
        "all" if not one.runs else f"{one.runs:,}",
    )


def results_markdown(results: Sequence[Result]) -> str:
    """The table."""
    lines = [f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row(one))} |" for one in results)]) + "\n"


START, END = "<!-- experiments: `make calibration` writes the table -->", "<!-- end of experiments -->"
"""Between these lines a page holds the table."""


def into_page(page: str, results: Sequence[Result]) -> str:
    """The page with its table replaced.

    Raises:
        InputError: MALFORMED, no such lines in it.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise InputError(f"the page has no lines {START!r} and {END!r} to write between", reason=Reason.MALFORMED)
    return f"{before}{START}\n\n{results_markdown(results)}\n{END}{after}"


def plot_results(results: Sequence[Result], path: Path) -> None:
    """Bound and measurement of every experiment on one logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from hstar.soundness.render.plot import save

    figure, axes = pyplot.subplots(figsize=(9, 0.8 + 0.42 * len(results)), layout="constrained")
    for index, one in enumerate(results):
        bound, measured = float(one.bound), float(one.measured)
        if measured:
            axes.plot([measured, bound], [index, index], color="#8a8f98", linewidth=1, zorder=1)
            axes.plot(measured, index, "o", color="#3b6ea5", zorder=2, label="measured" if index == 0 else None)
        axes.plot(
            bound, index, "|", color="#d9822b", markersize=14, markeredgewidth=2, label=None if index else "bound"
        )
        axes.annotate(
            f"{slack(one)} bits",
            (bound, index),
            xytext=(8, -3),
            textcoords="offset points",
            fontsize=7,
            color="#8a8f98",
        )
    axes.set_yticks(range(len(results)), [f"{one.name}\n{one.setting}" for one in results], fontsize=6)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("share of challenges or runs (codewords for lists, points for lines): attack and bound", fontsize=8)
    axes.set_title("What attacks reach, and what the bounds allow", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    save(figure, path)
    pyplot.close(figure)

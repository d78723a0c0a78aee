"""`hstar soundness compare`, `differences` and `calibrate`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hstar.cli.soundness_files import print_tables, say_notes
from hstar.cli.soundness_options import AsJson, Format, OutputFormat, Plot
from hstar.errors import InputError, Reason, RejectedError

if TYPE_CHECKING:
    from hstar.soundness.calibration.result import Result

Files = Annotated[list[Path], typer.Argument(metavar="TOML", help="Description files, or folders of them.")]


def compare_command(
    paths: Files, output: OutputFormat = Format.TABLE, as_json: AsJson = False, plot: Plot = None
) -> None:
    """Compare systems: bits under every total, proof sizes, milestones, weakest rounds, and what to turn.

    What to turn comes from a search over the file's own numbers: queries, grinding, samples, rate, field, digest.

    Example: hstar soundness compare FOLDER --plot systems.svg
    """
    _compare(paths, "json" if as_json else output.value, plot)


def differences_command(
    paths: Files,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead.")] = None,
) -> None:
    """Print where and why the strict total is not soundcalc's, for every system and round, as Markdown.

    Example: hstar soundness differences zisk.toml
    """
    page = _page(paths)
    if output is None:
        typer.echo(page, nl=False)
        return
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {output}: {error.strerror}", reason=Reason.UNREADABLE) from error


def calibrate_command(
    runs: Annotated[int, typer.Option("--runs", help="Runs of each randomised experiment.", min=100)] = 20_000,
    seed: Annotated[str, typer.Option("--seed", help="Of all random choices.")] = "hstar",
    output: OutputFormat = Format.TABLE,
    as_json: AsJson = False,
    plot: Plot = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="PAGE", help="Also replace the table in this Markdown page.")
    ] = None,
) -> None:
    """Run the best known attacks on toy fields, and print what they reach beside the bounds.

    Exits with 1 if an attack does better than its bound.

    Example: hstar soundness calibrate --plot calibration.svg
    """
    _calibrate(runs, seed, "json" if as_json else output.value, plot, into)


def _compare(paths: Sequence[Path], output: str, plot: Path | None) -> None:
    """Prints the comparison of files; notes go to stderr.

    Raises:
        InputError: a path that is not there, a file that makes no sense.
    """
    from hstar.soundness.render.plot import check_plot_path
    from hstar.soundness.soundcalc.report import find_files, load_report
    from hstar.soundness.strict.compare import Comparison, comparison_data
    from hstar.soundness.strict.compare_text import comparison_csv, comparison_markdown, plot_comparison, tables

    if plot is not None:
        check_plot_path(plot)
    comparisons = [Comparison(load_report(path)) for path in find_files(paths)]
    match output:
        case "json":
            typer.echo(json.dumps(comparison_data(comparisons), indent=2))
        case "csv":
            typer.echo(comparison_csv(comparisons), nl=False)
        case "markdown":
            typer.echo(comparison_markdown(comparisons), nl=False)
        case _:
            print_tables(tables(comparisons))
    say_notes(note for one in comparisons for note in one.strict.notes)
    if plot is not None:
        plot_comparison(comparisons, plot)
        Console(stderr=True, highlight=False).print(f"drew {plot}", soft_wrap=True)


def _page(paths: Sequence[Path]) -> str:
    """The page of differences between strict and soundcalc.

    Raises:
        InputError: a path that is not there, a file that makes no sense.
    """
    from hstar.soundness.soundcalc.report import find_files, load_report
    from hstar.soundness.strict.differences import differences_markdown

    return differences_markdown([load_report(path) for path in find_files(paths)])


def _calibrate(runs: int, seed: str, output: str, plot: Path | None, page: Path | None) -> None:
    """Runs the experiments, prints them, and writes the table into a page if asked.

    Raises:
        InputError: a page that cannot be read, written, or has no place for the table.
        RejectedError: an attack beat its bound.
    """
    from hstar.soundness.calibration.page import into_page, plot_results, run_all
    from hstar.soundness.render.plot import check_plot_path

    if plot is not None:
        check_plot_path(plot)
    results = run_all(runs, seed)
    _print_results(results, output)
    if page is not None:
        try:
            page.write_text(into_page(page.read_text(encoding="utf-8"), results), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {page}: {error.strerror}", reason=Reason.UNREADABLE) from error
    if plot is not None:
        plot_results(results, plot)
        Console(stderr=True, highlight=False).print(f"drew {plot}", soft_wrap=True)
    beaten = [one.name for one in results if not one.holds]
    if beaten:
        raise RejectedError(f"attacks beat the bounds of {', '.join(beaten)}", reason=Reason.LIMIT_REACHED)


def _print_results(results: Sequence[Result], output: str) -> None:
    from hstar.soundness.calibration.page import COLUMNS, results_data, results_markdown, row

    match output:
        case "json":
            typer.echo(json.dumps(results_data(results), indent=2))
        case "table":
            table = Table(box=None, pad_edge=False)
            for column in COLUMNS:
                table.add_column(column, overflow="fold")
            for one in results:
                table.add_row(*(escape(cell) for cell in row(one)))
            print_tables([table])
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(row(one) for one in results)
        case _:
            typer.echo(results_markdown(results), nl=False)

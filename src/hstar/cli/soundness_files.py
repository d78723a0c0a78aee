"""`hstar soundness report FILE...`: systems described in files of the calculator soundcalc."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hstar.errors import InputError, Reason

if TYPE_CHECKING:
    from hstar.soundness.soundcalc.report import SystemReport

TERMINAL_WIDTH = 140


class Total(StrEnum):
    """By which rules a total is made."""

    SOUNDCALC = "soundcalc"
    STRICT = "strict"
    DKT26 = "dkt26"


def described_paths(paths: Sequence[str], total: Total | None) -> bool:
    """Whether the paths are description files (or folders of them) rather than `hstar` and proofs.

    Raises:
        InputError: both kinds at once, or a total asked of `hstar` or a proof, whose reports show all totals.
    """
    described = [path for path in paths if path.endswith(".toml") or Path(path).is_dir()]
    if described and len(described) != len(paths):
        raise InputError(
            "TOML files and other arguments cannot be mixed in one report; report on them one after the other",
            reason=Reason.UNKNOWN_NAME,
        )
    if not described and total is not None:
        raise InputError(
            f"--total {total} is for TOML files; reports on `hstar` and on proofs show all totals, leave it out",
            reason=Reason.UNKNOWN_NAME,
        )
    return bool(described)


def report_files(paths: Sequence[Path], total: Total | None, output: str) -> None:
    """Prints the reports of files; notes on each file go to stderr.

    Raises:
        InputError: a path that is not there, a file that makes no sense, a total that is not there for files.
    """
    from hstar.soundness.soundcalc.data import systems_csv, systems_data
    from hstar.soundness.soundcalc.markdown import report_markdown, summary_markdown
    from hstar.soundness.soundcalc.report import find_files, load_report

    files = find_files(paths)
    if total is not Total.SOUNDCALC:
        asked = "no total was chosen" if total is None else f"the total {total} is not there yet for files"
        raise InputError(
            f"cannot report on {files[0]}: {asked}; `--total soundcalc` is what files have today",
            reason=Reason.UNKNOWN_NAME,
        )
    reports = [load_report(path) for path in files]
    match output:
        case "json":
            typer.echo(json.dumps(systems_data(reports), indent=2))
        case "csv":
            typer.echo(systems_csv(reports), nl=False)
        case "markdown":
            pages = [report_markdown(report) for report in reports]
            pages += [summary_markdown(reports)] if len(reports) > 1 else []
            typer.echo("\n".join(pages), nl=False)
        case _:
            _print_tables(reports)
    notes = Console(stderr=True, highlight=False)
    for report in reports:
        for note in report.notes:
            notes.print(f"[yellow]note[/yellow]: {escape(note)}", soft_wrap=True)


def _print_tables(reports: Sequence[SystemReport]) -> None:
    from hstar.soundness.soundcalc.sizes import FileSize

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=TERMINAL_WIDTH)
    for report in reports:
        title = f"{escape(report.file.name)}, {report.file.field.label}: interactive bits by soundcalc's rules"
        table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for column in ("circuit", "regime", "bits", "weakest term"):
            table.add_column(column, overflow="fold")
        table.add_column("proof size, expected / worst", justify="right")
        for circuit in report.circuits:
            size = circuit.size
            shown = f"{size.expected_kibibytes} / {size.worst_kibibytes} KiB" if isinstance(size, FileSize) else "—"
            for row in circuit.rows:
                weakest = escape(row.weakest.label) if row.weakest else "—"
                table.add_row(escape(circuit.name), row.regime, row.shown_total, weakest, shown)
        console.print(table)
        console.print()

"""`hstar soundness report FILE...` and `explain --file`: systems described in files of the calculator soundcalc."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
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
    from hstar.soundness.term import Term

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


def report_files(
    paths: Sequence[Path], total: Total | None, output: str, circuit: str | None = None, plot: Path | None = None
) -> None:
    """Prints the reports of files under one total, `strict` unless another is asked for; notes go to stderr.

    Raises:
        InputError: a path that is not there, a file that makes no sense, an option that this total does not have.
    """
    from hstar.soundness.soundcalc.report import find_files, load_report

    files = find_files(paths)
    if total is Total.SOUNDCALC and (circuit is not None or plot is not None):
        raise InputError(
            "--circuit and --plot are for the totals strict and dkt26; leave them out, or choose another --total",
            reason=Reason.UNKNOWN_NAME,
        )
    reports = [load_report(path) for path in files]
    if total is Total.SOUNDCALC:
        _soundcalc(reports, output)
        say_notes(note for report in reports for note in report.notes)
    else:
        _strict(reports, total or Total.STRICT, output, circuit, plot)


def say_notes(notes: Iterable[str]) -> None:
    """Notes on files, to stderr."""
    console = Console(stderr=True, highlight=False)
    for note in notes:
        console.print(f"[yellow]note[/yellow]: {escape(note)}", soft_wrap=True)


def print_tables(tables: Iterable[object]) -> None:
    """Tables to stdout, as wide as the terminal or else as `TERMINAL_WIDTH`."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=TERMINAL_WIDTH)
    for table in tables:
        console.print(table)


def _soundcalc(reports: Sequence[SystemReport], output: str) -> None:
    from hstar.soundness.soundcalc.data import systems_csv, systems_data
    from hstar.soundness.soundcalc.markdown import report_markdown, summary_markdown

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
            print_tables(_soundcalc_tables(reports))


def _strict(reports: Sequence[SystemReport], total: Total, output: str, circuit: str | None, plot: Path | None) -> None:
    from hstar.soundness.strict.data import systems_csv, systems_data
    from hstar.soundness.strict.system import StrictSystem
    from hstar.soundness.strict.text import report_markdown, system_tables

    systems = [StrictSystem(report, str(total)) for report in reports]
    chosen = systems[0].circuit(circuit) if circuit is not None else systems[0].weakest
    if plot is not None:
        from hstar.soundness.render.plot import check_plot_path

        check_plot_path(plot)
    match output:
        case "json":
            typer.echo(json.dumps(systems_data(systems), indent=2))
        case "csv":
            typer.echo(systems_csv(systems), nl=False)
        case "markdown":
            typer.echo("\n".join(report_markdown(system) for system in systems), nl=False)
        case _:
            print_tables(system_tables(systems, circuit=circuit))
    say_notes(note for system in systems for note in system.notes)
    if plot is not None and chosen is not None:
        from hstar.soundness.strict.plot import plot_rounds

        plot_rounds(systems[0], chosen, plot)
        Console(stderr=True, highlight=False).print(f"drew {plot}", soft_wrap=True)


def explained_term(path: Path, total: Total, circuit: str | None, name: str) -> Term | str:
    """The term of a file called `name`, or the weakest of those whose name starts with it; a sentence if it is missing.

    Args:
        path: the file.
        total: by which rules.
        circuit: which circuit; None: the weakest under the total `strict` or `dkt26`, the first under `soundcalc`.
        name: a column of the report.

    Raises:
        InputError: the file, the circuit or the term is not there.
    """
    from hstar.soundness.soundcalc.report import load_report
    from hstar.soundness.strict.system import StrictSystem

    report = load_report(path)
    system = StrictSystem(report, "strict" if total is Total.SOUNDCALC else str(total))
    chosen = system.circuit(circuit) if circuit is not None else system.weakest or system.circuits[0]
    where = f"{path}, circuit {chosen.circuit.name}"
    found: dict[str, Term | str] = {}
    if total is Total.SOUNDCALC:
        for row in chosen.circuit.rows:
            for old in row.cells:
                found[f"{old.label} {row.regime}"] = old.term or f"{old.missing} is not given"
    else:
        found = {cell.label: cell.term or cell.unavailable for cell in chosen.cells}
    matching = [found[name]] if name in found else [one for label, one in found.items() if label.startswith(name)]
    terms = [one for one in matching if not isinstance(one, str)]
    if terms:
        return min(terms, key=lambda term: term.bits)
    if matching:
        return f"term {name} of {where} is unavailable: {matching[0]}"
    similar = difflib.get_close_matches(name, found, n=3, cutoff=0.4) or list(found)[:3]
    raise InputError(
        f"{where}: there is no error term {name!r}; similar ones are {', '.join(similar)} "
        "(`hstar soundness report` prints all)",
        reason=Reason.UNKNOWN_NAME,
    )


def _soundcalc_tables(reports: Sequence[SystemReport]) -> Iterator[object]:
    from hstar.soundness.soundcalc.sizes import FileSize

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
        yield table
        yield ""

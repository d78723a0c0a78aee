"""`hstar soundness`: how many provable bits, which round is the weakest, which parameters reach the target."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hstar.cli.soundness_compare import calibrate_command, compare_command, differences_command
from hstar.cli.soundness_files import (
    Total,
    described_paths,
    explained_term,
    report_files,
)
from hstar.cli.soundness_options import (
    AsJson,
    DigestBytes,
    FirstRegime,
    Format,
    GrindingBits,
    Groups,
    LogCells,
    LogInverseRate,
    Objective,
    ObjectiveChoice,
    OutputFormat,
    Plot,
    PlotChoice,
    PlotWhat,
    Regime,
    ReportPlotChoice,
    Suite,
    TargetBits,
)
from hstar.cli.soundness_own import circuit_report, draw_systems, own_system, print_systems
from hstar.errors import InputError

if TYPE_CHECKING:
    from hstar.soundness.report import Report
    from hstar.soundness.term import Term

app = typer.Typer(
    name="soundness",
    help="The soundness calculator: every error term exact, proof sizes, and the parameters that reach a target.",
    no_args_is_help=True,
)


@app.command("solve")
def solve_command(
    log_cells: LogCells,
    target_bits: TargetBits = 128,
    log_inverse_rate: LogInverseRate = None,
    groups: Groups = 1,
    first_regime: FirstRegime = Regime.FREE,
    suite: Suite = "poseidon2",
    digest_bytes: DigestBytes = None,
    grinding_bits: GrindingBits = 20,
    objective: Objective = ObjectiveChoice.PROOF_BYTES,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Also the front of proof size against grinding and rate (a minute).")
    ] = False,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="Also what one step of each number does.")] = False,
    output: OutputFormat = Format.TABLE,
    as_json: AsJson = False,
    plot: Plot = None,
    plot_kind: PlotWhat = PlotChoice.ALL,
) -> None:
    """Find the parameters that reach a target with the cheapest proof, and print every error term.

    The circuits are a generic chip set: 200 columns, 2^9 fraction leaves a row, 2^(log-cells - 5) rows, degree 4.

    Example: hstar soundness solve --target-bits 128 --log-cells 24 --log-inverse-rate 2
    """
    from hstar.soundness.exploration import pareto_front, sensitivities
    from hstar.soundness.render import data, tables
    from hstar.soundness.solver import solve

    _check_plot(plot)
    report = solve(
        target_bits=target_bits,
        log_cells=log_cells,
        log_inverse_rate=log_inverse_rate,
        groups=groups,
        first_regime=first_regime.value,
        suite=suite,
        digest_bytes=digest_bytes,
        grinding_bits=grinding_bits,
        objective=objective.value,
    )
    front = pareto_front(report, first_regime=first_regime.value) if pareto else ()
    moves = sensitivities(report) if sensitivity else ()
    circuits = {report.description.name: report}
    match Format.JSON if as_json else output:
        case Format.JSON:
            result = data.report_data(report)
            if pareto:
                result["pareto"] = [data.candidate_data(one) for one in front]
            if sensitivity:
                result["sensitivity"] = [data.sensitivity_data(one) for one in moves]
            typer.echo(json.dumps(result, indent=2))
        case Format.TABLE:
            extra = [tables.pareto_table(front)] if pareto else []
            extra += [tables.sensitivity_table(moves)] if sensitivity else []
            _print(*tables.report_tables(report), *extra)
        case other:
            _print_text(other, "hstar parameters", circuits)
    _draw(circuits, plot, plot_kind, grinding_bits)


@app.command("report")
def report_command(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="hstar|PROOF|TOML", help="`hstar` itself, proof files, or other systems' TOML files."),
    ],
    circuit: Annotated[str | None, typer.Option("--circuit", help="Only this circuit, with every term.")] = None,
    segments: Annotated[
        int | None,
        typer.Option("--segments", min=1, help="How many segments `hstar` has; 100, or all there can be."),
    ] = None,
    verifying_key: Annotated[
        Path | None,
        typer.Option("--verifying-key", help="Key file of a program, for `hstar` and for proofs; a shipped guest's."),
    ] = None,
    total: Annotated[
        Total | None, typer.Option("--total", help="Rules of the total of TOML files; `strict` unless said otherwise.")
    ] = None,
    output: OutputFormat = Format.TABLE,
    as_json: AsJson = False,
    plot: Plot = None,
    plot_kind: Annotated[
        ReportPlotChoice | None,
        typer.Option("--plot-kind", help="Which picture; a recursion: its topology."),
    ] = None,
) -> None:
    """Report on systems: bits, weakest round and proof size.

    `hstar` is the whole recursion under the shipped key: every kind of proof, the bits of all of them together, the
    final proof's size. A proof file is reported on by the key that it names or holds, a TOML file (or a folder of them)
    is another system described for soundcalc: its strict total, or soundcalc's own numbers with `--total soundcalc`.

    Example: hstar soundness report zisk.toml --circuit Final
    """
    if described_paths(paths, total):
        chosen_format = "json" if as_json else output.value
        report_files([Path(path) for path in paths], total, chosen_format, circuit, plot)
        return
    _check_plot(plot)
    systems = [own_system(path, circuit, segments, verifying_key) for path in paths]
    print_systems(systems, Format.JSON if as_json else output)
    has_recursion = any(system.recursion is not None for system in systems)
    draw_systems(systems, plot, plot_kind or (ReportPlotChoice.TOPOLOGY if has_recursion else ReportPlotChoice.SIZE))


@app.command("explain")
def explain_command(
    term: Annotated[str, typer.Argument(help="A term that `solve` prints, e.g. whir.0.shift, or the start of one.")],
    log_cells: LogCells = 24,
    target_bits: TargetBits = 128,
    log_inverse_rate: LogInverseRate = 2,
    groups: Groups = 1,
    first_regime: FirstRegime = Regime.FREE,
    suite: Suite = "poseidon2",
    digest_bytes: DigestBytes = None,
    grinding_bits: GrindingBits = 20,
    objective: Objective = ObjectiveChoice.PROOF_BYTES,
    circuit: Annotated[
        str | None, typer.Option("--circuit", help="Explain it for a circuit of `report hstar`, or of the file.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="TOML", help="Explain a term of this description file instead.")
    ] = None,
    total: Annotated[Total, typer.Option("--total", help="With --file: by which rules.")] = Total.STRICT,
    as_json: AsJson = False,
) -> None:
    """Explain an error term: formula, numbers substituted, every symbol, hypotheses, source.

    Terms with numbers in their names belong to one solution: give the options that were given to `solve`. With
    `--file` the terms are those that `report` prints for that file, of the weakest circuit unless one is named.

    Example: hstar soundness explain "query phase" --file zisk.toml --circuit Final
    """
    if file is not None:
        _explain_file(file, total, circuit, term, as_json=as_json)
        return
    from hstar.soundness.render import data, tables
    from hstar.soundness.solver import solve

    if circuit is None:
        report = solve(
            target_bits=target_bits,
            log_cells=log_cells,
            log_inverse_rate=log_inverse_rate,
            groups=groups,
            first_regime=first_regime.value,
            suite=suite,
            digest_bytes=digest_bytes,
            grinding_bits=grinding_bits,
            objective=objective.value,
        )
    else:
        report = circuit_report(circuit)
    found = _find_term(report, term)
    if as_json:
        typer.echo(json.dumps(data.explained_data(found), indent=2))
    else:
        _print(*tables.explanation(found))


app.command("compare")(compare_command)
app.command("differences")(differences_command)
app.command("calibrate")(calibrate_command)


def _explain_file(file: Path, total: Total, circuit: str | None, name: str, *, as_json: bool) -> None:
    from hstar.soundness.render import data, tables

    term = explained_term(file, total, circuit, name)
    if isinstance(term, str):
        typer.echo(json.dumps({"name": name, "unavailable": term}) if as_json else term)
    elif as_json:
        typer.echo(json.dumps(data.explained_data(term), indent=2))
    else:
        _print(*tables.explanation(term))


def _find_term(report: Report, name: str) -> Term:
    """The term called `name`, or the weakest of those whose name starts with it.

    Raises:
        InputError: UNKNOWN_TERM, naming what is similar.
    """
    from hstar.soundness.reasons import SoundnessReason

    terms = (*report.terms, *report.soundcalc_style)
    exact = [entry for entry in terms if entry.name == name]
    started = [entry for entry in terms if entry.name.startswith(name + ".")]
    if exact or started:
        return min(exact or started, key=lambda entry: entry.bits)
    names = [entry.name for entry in terms]
    similar = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:3]
    raise InputError(
        f"there is no error term {name!r} for this size; similar ones are {', '.join(similar)} "
        "(`hstar soundness solve` prints all)",
        reason=SoundnessReason.UNKNOWN_TERM,
    )


def _print(*renderables: object) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=140)
    for renderable in renderables:
        console.print(renderable)


def _print_text(output: Format, title: str, circuits: dict[str, Report], note: str = "") -> None:
    from hstar.soundness.render import data, markdown

    if output is Format.CSV:
        typer.echo(data.terms_csv(circuits), nl=False)
    else:
        typer.echo(markdown.report_markdown(title, circuits, note), nl=False)


def _check_plot(path: Path | None) -> None:
    if path is not None:
        from hstar.soundness.render.plot import check_plot_path

        check_plot_path(path)


def _draw(circuits: dict[str, Report], path: Path | None, kind: PlotChoice, grinding_bits: int) -> None:
    if path is None:
        return
    from hstar.soundness.render.plot import PlotKind, plot_reports

    plot_reports(circuits, path, PlotKind(kind.value), grinding_bits=grinding_bits)
    Console(stderr=True, highlight=False).print(f"drew {path}", soft_wrap=True)

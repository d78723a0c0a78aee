"""`hstar bench`: reproducible measurements beside peers and targets."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from hstar.bench import report, runner, workloads
from hstar.bench.machine import this_machine
from hstar.bench.proof_sizes import MAX_LOG_CELLS, MIN_LOG_CELLS
from hstar.bench.workload import Workload
from hstar.bench.workload import workloads as workloads_of
from hstar.errors import InputError, Reason

app = typer.Typer(no_args_is_help=True)

RUNS_OF_A_BLOCK = 5
PROOFS_OF_A_SIZE = 5
"""The first one of a process pays for memory that the system hands out; the fastest one counts."""


def load_workloads() -> None:
    """Imports every module of `hstar.bench.workloads`, which registers what is in it."""
    for module in pkgutil.iter_modules(workloads.__path__, f"{workloads.__name__}."):
        importlib.import_module(module.name)


def run_suite(chosen: list[Workload], effort: runner.Effort) -> list[runner.Result]:
    """Measures workloads one after the other, with a progress bar on a terminal and a line for each elsewhere."""
    console = Console(stderr=True, highlight=False)
    jobs = [(workload, threads) for workload in chosen for threads in runner.thread_counts()]
    results: list[runner.Result] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=len(jobs))
        for workload, threads in jobs:
            title = f"{workload.name}, {threads} thread{'s' if threads > 1 else ''}"
            progress.update(bar, description=title)
            result = runner.measure(workload, threads, effort)
            results.append(result)
            progress.advance(bar)
            if not console.is_terminal:
                console.print(f"bench: {title}: {result.value:.3g} ns/{result.unit}", soft_wrap=True)
    return results


@app.callback()
def _root() -> None:
    """Reproducible benchmarks: our value, a peer's in the same run, the target."""


Only = Annotated[
    str, typer.Option("--only", metavar="PATTERN", help="Measure only workloads whose name contains this.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Few short samples: seconds instead of a minute, noisier.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Also write the JSON to a file.")]


def _table_console() -> Console:
    """Standard output; wide enough for a table when it is not a terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def _bench(
    suite: str,
    only: str,
    quick: bool,
    as_json: bool,
    output: Path | None,
    details: Mapping[str, object] | None = None,
    more_tables: Sequence[Table] = (),
) -> None:
    machine = this_machine()
    load_workloads()
    results = run_suite(workloads_of(suite, only), runner.QUICK if quick else runner.FULL)
    document = report.as_json(suite, machine, results, quick=quick, **(details or {}))
    if output is not None:
        report.write(document, output)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        tables = _table_console()
        tables.print(report.as_table(machine, results, quick=quick))
        for table in more_tables:
            tables.print(table)


@app.command("kernels")
def kernels(only: Only = "", quick: Quick = False, as_json: AsJson = False, output: Output = None) -> None:
    """Each kernel on one and two threads, beside its target and a peer measured in the same run."""
    _bench("kernels", only, quick, as_json, output)


MachineSizes = Annotated[
    list[int] | None,
    typer.Option("--log-cells", min=20, max=26, help="Size of the segment that is proven; may be given several times."),
]
MachineGuest = Annotated[
    str | None, typer.Option("--guest", metavar="NAME", help="Whose segment; the block guest. A wrong name lists all.")
]
ExecuteOnly = Annotated[bool, typer.Option("--execute-only", help="Prove nothing.")]


@app.command("machine")
def machine_suite(
    only: Only = "",
    guest: MachineGuest = None,
    log_cells: MachineSizes = None,
    execute_only: ExecuteOnly = False,
    quick: Quick = False,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """The executor on compiled guests, also for 10^9 cycles; full segments of instructions and keccak-f, proven."""
    from hstar.bench import long_run, machine_report, machine_runs

    console, details, tables = Console(stderr=True, highlight=False), dict[str, object](), list[Table]()
    if not only:
        console.print("bench: a long run ...")
        run = long_run.measure(10**8 if quick else 10**9)
        details, tables = {"long_run": dataclasses.asdict(run)}, [machine_report.table_of_long_run(run)]
    runs = []
    for size in [] if only or execute_only else sorted(set(log_cells or machine_runs.DEFAULT_LOG_CELLS)):
        console.print(f"bench: proving segments of 2^{size} cells ...", soft_wrap=True)
        runs.append(machine_runs.measure(guest or machine_runs.BLOCK_GUEST, size, 1 if quick else PROOFS_OF_A_SIZE))
    if runs:
        details["proving"] = [machine_runs.record_of(run) for run in runs]
        tables.append(machine_report.table_of_runs(runs))
    _bench("machine", only, quick, as_json, output, details, tables)


Blocks = Annotated[
    list[Path] | None, typer.Option("--block", metavar="FILE", help="Also run this block; may be given several times.")
]


ProveBlocks = Annotated[
    list[str] | None,
    typer.Option("--prove", metavar="NAME", help="Also prove this block (`shipped`: minutes); several times for more."),
]


@app.command("block")
def block_suite(
    only: Only = "",
    blocks: Blocks = None,
    prove: ProveBlocks = None,
    quick: Quick = False,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Host check, codecs, the guest's run on whole blocks; and, where asked for, the proof of whole blocks."""
    from hstar.bench import block_proofs, block_report, block_runs

    console = Console(stderr=True, highlight=False)
    known = {} if only else dict(block_runs.default_blocks(blocks or ()))
    unknown = sorted({*(prove or ())} - {*known})
    if unknown:
        names = ", ".join(known) or "none with --only"
        raise InputError(f"--prove: no block is called {unknown[0]}; blocks are {names}", reason=Reason.UNKNOWN_NAME)
    runs, proofs = [], {}
    for name, block in known.items():
        console.print(f"bench: block {name} ...", soft_wrap=True)
        runs.append(block_runs.measure(name, block, 1 if quick else RUNS_OF_A_BLOCK))
    for name in dict.fromkeys(prove or ()):
        console.print(f"bench: proving block {name} ...", soft_wrap=True)
        proofs[name] = block_proofs.prove_and_measure(block_runs.GUEST, known[name])
    details: dict[str, object] = {"blocks": [dataclasses.asdict(run) for run in runs]} if runs else {}
    details |= {"proofs": {name: block_report.proof_record(proof) for name, proof in proofs.items()}} if proofs else {}
    tables = [block_report.table_of_blocks(runs)] if runs else []
    tables += [block_report.table_of_proofs(proofs)] if proofs else []
    _bench("block", only, quick, as_json, output, details, tables)


LogCells = Annotated[
    list[int] | None,
    typer.Option(
        "--log-cells",
        min=MIN_LOG_CELLS,
        max=MAX_LOG_CELLS,
        help="Size of a proof as a logarithm; may be given several times. 26 needs some 4 GiB of memory.",
    ),
]
Profile = Annotated[bool, typer.Option("--profile", help="Also show where each proof's time goes, kernel by kernel.")]


@app.command("proof-system")
def proof_system_suite(
    log_cells: LogCells = None,
    profile: Profile = False,
    quick: Quick = False,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Whole proofs: every phase, peak memory, verifier, each size in a process of its own. Default: 2^22 cells."""
    from hstar.bench import proof_report, proof_runs

    machine, console = this_machine(), Console(stderr=True, highlight=False)
    runs: list[proof_runs.ProofRun] = []
    for size in sorted(set(log_cells or proof_runs.DEFAULT_LOG_CELLS)):
        console.print(f"bench: proofs of 2^{size} cells ...", soft_wrap=True)
        runs.append(proof_runs.measure(size, 1 if quick else PROOFS_OF_A_SIZE))
    results = [result for run in runs for result in proof_runs.results_of(run)]
    proofs = [dataclasses.asdict(run) for run in runs]
    document = report.as_json("proof-system", machine, results, quick=quick, proofs=proofs)
    if output is not None:
        report.write(document, output)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
        return
    tables = _table_console()
    tables.print(report.as_table(machine, results, quick=quick))
    tables.print(proof_report.table_of_proofs(runs))
    for run in runs if profile else ():
        tables.print(proof_report.profile_of(run), soft_wrap=True)


SegmentSizes = Annotated[
    list[int] | None,
    typer.Option("--log-cells", min=20, max=26, help="Segment size as a logarithm; may be given several times."),
]
ProgramFile = Annotated[Path | None, typer.Option("--program", metavar="ELF", help="Whose segments; the block guest.")]
WholeRun = Annotated[
    int | None,
    typer.Option(
        "--segments", min=1, max=1000, metavar="N", help="Also prove a run of N segments to one final proof (minutes)."
    ),
]
CountOnly = Annotated[bool, typer.Option("--count-only", help="Count cells, prove nothing.")]


@app.command("recursion")
def recursion_suite(
    log_cells: SegmentSizes = None,
    program: ProgramFile = None,
    count_only: CountOnly = False,
    segments: WholeRun = None,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Verifying a segment inside a circuit: cells by part of the verifier; a real segment and its leaf; whole runs."""
    from hstar.bench import recursion_leaf, recursion_runs, recursion_whole
    from hstar.machine.program import load_program_file

    loaded = recursion_runs.default_program() if program is None else load_program_file(program)
    console = Console(stderr=True, highlight=False)
    costs = []
    for size in sorted(set(log_cells or recursion_runs.DEFAULT_LOG_CELLS)):
        console.print(f"bench: verifier of segments of 2^{size} cells ...", soft_wrap=True)
        costs.append((size, recursion_runs.segment_verifier_cost(loaded, size)))
    largest, leaf, whole = costs[-1][0], None, None
    if not count_only and program is None:
        console.print(f"bench: proving a segment of 2^{largest} cells and its leaf ...", soft_wrap=True)
        leaf = recursion_leaf.measure(largest, PROOFS_OF_A_SIZE)
    if not count_only and segments is not None:
        console.print(f"bench: proving a run of {segments} segments of 2^{largest} cells ...", soft_wrap=True)
        whole = recursion_whole.prove_whole_run(segments, largest)
    document = {
        "machine": dataclasses.asdict(this_machine()),
        "segments": [recursion_runs.cost_record(size, cost) for size, cost in costs],
        "leaf": None if leaf is None else dataclasses.asdict(leaf),
        "whole_run": None if whole is None else recursion_whole.record_of(whole),
    }
    if output is not None:
        report.write(document, output)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
        return
    tables = _table_console()
    tables.print(recursion_runs.table_of_costs(costs))
    if leaf is not None:
        tables.print(recursion_leaf.table_of_leaf(leaf))
    if whole is not None:
        tables.print(recursion_whole.table_of_whole_run(whole))

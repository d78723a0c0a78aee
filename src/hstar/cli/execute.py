"""`hstar execute`: runs a block or a program without proving it and says what it did and what proof costs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from hstar.cli.block_options import read_block
from hstar.cli.execute_block import BlockRun, check_and_run
from hstar.cli.execution_output import (
    MEBIBYTE,
    chip_fields,
    print_cells,
    print_chips,
    print_lines,
    print_profile,
    report_fields,
    report_lines,
)
from hstar.cli.progress import ProgressStyle
from hstar.errors import ExitCode, InputError, Reason
from hstar.ethereum.inputs import BlockInput
from hstar.machine import guests
from hstar.machine.execute import Report, execute
from hstar.machine.faults import exit_code_error
from hstar.machine.layout import MAX_INPUT_BYTES
from hstar.machine.limits import DEFAULT_MAX_CYCLES, DEFAULT_MAX_MEMORY_BYTES, Limits
from hstar.machine.program import Program, load_program, load_program_file, read_file
from hstar.machine.segments import DEFAULT_LOG_CELLS, Segment
from hstar.prover.estimate import ProvingEstimate, estimate_proving
from hstar.prover.programs import DEFAULT_GUEST


class Progress:
    """Says on stderr what is going on: a line that changes on a terminal, one line for each stage elsewhere."""

    def __init__(self, update: Callable[[str], None], on_segment: Callable[[Segment], None] | None) -> None:
        self.stage, self.on_segment = update, on_segment


def _json_line(text: str, begin: float) -> None:
    fields = {"stage": text, "seconds": round(time.perf_counter() - begin, 6)}
    print(json.dumps(fields), file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def _progress(style: ProgressStyle) -> Iterator[Progress]:
    terminal, begin = Console(stderr=True, highlight=False), time.perf_counter()
    if style is ProgressStyle.NONE:
        yield Progress(lambda text: None, None)
    elif style is ProgressStyle.JSON:
        yield Progress(lambda text: _json_line(text, begin), None)
    elif not terminal.is_terminal:
        yield Progress(lambda text: terminal.print(f"execute: {escape(text)}", soft_wrap=True), None)
    else:
        with terminal.status("executing") as status:

            def show(segment: Segment) -> None:
                status.update(f"executing: segment {segment.number}, {time.perf_counter() - begin:.0f} s")

            yield Progress(lambda text: status.update(escape(text)), show)


@dataclass(frozen=True)
class RunOptions:
    """What runs of blocks and of programs have in common."""

    limits: Limits
    log_cells: int
    style: ProgressStyle
    as_json: bool
    with_profile: bool
    measured: Path | None
    with_chips: bool

    def details(self, report: Report, program: Program) -> dict[str, object]:
        """JSON keys that were asked for."""
        return chip_fields(report, program) if self.with_chips else {}

    def print_details(self, console: Console, report: Report, program: Program) -> None:
        """Tables that were asked for."""
        for wanted, show in ((self.with_chips, print_chips), (self.with_profile, print_profile)):
            if wanted:
                console.print()
                show(console, report, program)

    def estimate(self, report: Report) -> ProvingEstimate | None:
        """From the measurement that was given, if any.

        Raises:
            InputError: it cannot be used.
        """
        if self.measured is None:
            return None
        return estimate_proving(self.measured, report.execution.cycles, self.log_cells)


def _execute_program(path: Path, input_file: Path | None, options: RunOptions) -> int:
    program = load_program_file(path)
    input_bytes = read_file(input_file, MAX_INPUT_BYTES, "the input") if input_file else b""
    with _progress(options.style) as progress:
        progress.stage(f"running {path}")
        begin = time.perf_counter()
        report = execute(program, input_bytes, options.limits, options.log_cells, progress.on_segment)
        seconds = time.perf_counter() - begin
    estimate = options.estimate(report)
    if options.as_json:
        fields = report_fields(report, program, seconds, options.with_profile, estimate)
        typer.echo(json.dumps(fields | options.details(report, program)))
    else:
        console = Console(highlight=False)
        print_lines(console, report_lines(report, seconds, estimate))
        console.print()
        print_cells(console, report)
        options.print_details(console, report, program)
    if report.execution.exit_code != 0:
        print(f"error: {exit_code_error(report.execution.exit_code).message}", file=sys.stderr)  # noqa: T201
        return ExitCode.REJECTED
    return ExitCode.DONE


def _execute_block(block: BlockInput, guest_name: str, host_check: bool, options: RunOptions) -> int:
    guest = load_program(guests.load(guest_name).elf)
    with _progress(options.style) as progress:
        result = check_and_run(
            block, guest, options.limits, options.log_cells, host_check, progress.stage, progress.on_segment
        )
    run, estimate = BlockRun(guest_name, guest, result), options.estimate(result.report)
    if options.as_json:
        typer.echo(json.dumps(run.as_json(options.with_profile, estimate) | options.details(result.report, guest)))
    else:
        console = Console(highlight=False)
        run.print(console, estimate)
        options.print_details(console, result.report, guest)
    return ExitCode.DONE


def _check_options(program: Path | None, block_options: dict[str, bool], input_file: Path | None) -> None:
    given = [name for name, is_given in block_options.items() if is_given]
    if program is not None and given:
        raise InputError(f"{given[0]} is for blocks; leave it out with --program", reason=Reason.MALFORMED)
    if program is None and input_file is not None:
        raise InputError("--input is for --program ELF; a block is given as INPUT", reason=Reason.MALFORMED)


def execute_command(
    block: Annotated[
        Path | None,
        typer.Argument(metavar="INPUT", help="Block JSON(.gz) or stateless input; the shipped block if left out."),
    ] = None,
    program: Annotated[Path | None, typer.Option("--program", help="Run this ELF file instead of a block.")] = None,
    input_file: Annotated[Path | None, typer.Option("--input", help="File with the program's private input.")] = None,
    guest: Annotated[str | None, typer.Option("--guest", help=f"Shipped guest for blocks ({DEFAULT_GUEST}).")] = None,
    rpc: Annotated[str | None, typer.Option("--rpc", help="Fetch the block from this execution client.")] = None,
    number: Annotated[int | None, typer.Option("--number", min=0, help="Which block to fetch.")] = None,
    skip_host_check: bool = typer.Option(False, "--skip-host-check", help="Do not check the block on the host first."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    with_profile: bool = typer.Option(False, "--profile", help="Show the cycles of each function."),
    chips: bool = typer.Option(False, "--chips", help="Show rows and cells of each chip for instructions."),
    max_cycles: int = typer.Option(DEFAULT_MAX_CYCLES, help="Stop with an error after this many instructions."),
    max_memory: int = typer.Option(
        DEFAULT_MAX_MEMORY_BYTES // MEBIBYTE, help="Stop with an error when more MiB are touched."
    ),
    log_cells: int | None = typer.Option(
        None, help=f"Size of a segment: 2^N committed cells; that of the guest's key, {DEFAULT_LOG_CELLS} for programs."
    ),
    measured: Annotated[
        Path | None,
        typer.Option("--measured", metavar="FILE", help="Estimate proving time from a file of `hstar bench machine`."),
    ] = None,
    progress: Annotated[ProgressStyle, typer.Option(help="How progress is shown on stderr.")] = ProgressStyle.AUTO,
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Run a block (or a program) without proving it: cycles, gas, cells, estimated proving cost, profile."""
    del verbose  # read by the entry point
    style = ProgressStyle.NONE if quiet else progress
    guest_name = guest or DEFAULT_GUEST
    size = log_cells or (guests.load(guest_name).log_cells if program is None else DEFAULT_LOG_CELLS)
    options = RunOptions(Limits(max_cycles, max_memory * MEBIBYTE), size, style, as_json, with_profile, measured, chips)
    for_blocks = {"INPUT": block is not None, "--guest": guest is not None, "--rpc": rpc is not None}
    for_blocks |= {"--number": number is not None, "--skip-host-check": skip_host_check}
    _check_options(program, for_blocks, input_file)
    if program is not None:
        return _execute_program(program, input_file, options)
    return _execute_block(read_block(block, rpc, number), guest_name, not skip_host_check, options)

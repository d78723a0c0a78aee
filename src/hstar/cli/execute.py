"""`hstar execute`: runs a program without proving it and says what it did, where the cycles went, what proof costs."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hstar.errors import ExitCode
from hstar.machine.execute import Report, execute, profile
from hstar.machine.faults import exit_code_error
from hstar.machine.isa import INSTRUCTIONS, to_signed
from hstar.machine.layout import MAX_INPUT_BYTES, PAGE_BYTES
from hstar.machine.limits import DEFAULT_MAX_CYCLES, DEFAULT_MAX_MEMORY_BYTES, Limits
from hstar.machine.program import Program, load_program_file, read_file
from hstar.machine.segments import DEFAULT_LOG_CELLS, Segment

PROFILE_LINES = 25
MEBIBYTE = 2**20


def _as_json(report: Report, program: Program, seconds: float, with_profile: bool) -> dict[str, object]:
    execution = report.execution
    counts = execution.opcode_counts
    fields: dict[str, object] = {
        "output": execution.output.hex(),
        "exit_code": execution.exit_code,
        "cycles": execution.cycles,
        "segments": report.segments,
        "rows": report.rows,
        "cells": report.cells,
        "proving_cost": report.proving_cost,
        "cost_model": report.cost_model,
        "misaligned_accesses": report.misaligned_accesses,
        "memory_bytes": execution.memory_pages * PAGE_BYTES,
        "opcodes": {row.name: int(counts[row.number]) for row in INSTRUCTIONS if counts[row.number]},
        "seconds": round(seconds, 6),
    }
    if with_profile:
        lines = profile(program, execution)
        fields["profile"] = [{"function": line.name, "address": line.address, "cycles": line.cycles} for line in lines]
    return fields


def _print(report: Report, program: Program, seconds: float, with_profile: bool) -> None:
    console, execution = Console(highlight=False), report.execution
    table = Table(box=None, show_header=False, pad_edge=False)
    rate = execution.cycles / seconds / 1e6 if seconds else 0.0
    for name, value in (
        ("output", execution.output.hex() or "(none)"),
        ("exit code", str(to_signed(execution.exit_code))),
        ("cycles", f"{execution.cycles:,} ({seconds:.3f} s, {rate:.0f} million a second)"),
        ("segments", f"{report.segments:,}"),
        ("memory", f"{execution.memory_pages * PAGE_BYTES / MEBIBYTE:.1f} MiB touched"),
        ("misaligned accesses", f"{report.misaligned_accesses:,}"),
        ("keccak-f calls", f"{execution.keccak_calls:,}"),
        ("cells", f"{report.cells:,} (estimate, cost model {report.cost_model})"),
        ("proving cost", f"{report.proving_cost / 1e9:.3f} s (estimate, cost model {report.cost_model})"),
    ):
        table.add_row(name, value)
    console.print(table)
    if with_profile:
        lines = Table("cycles", "share", "function", box=None, pad_edge=False)
        for line in profile(program, execution)[:PROFILE_LINES]:
            lines.add_row(f"{line.cycles:,}", f"{line.cycles / max(execution.cycles, 1):.1%}", line.name)
        console.print(lines)


def execute_command(
    program: Annotated[Path, typer.Option("--program", help="ELF file of the guest program.")],
    input_file: Annotated[Path | None, typer.Option("--input", help="File with the private input.")] = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    with_profile: bool = typer.Option(False, "--profile", help="Show the cycles of each function."),
    max_cycles: int = typer.Option(DEFAULT_MAX_CYCLES, help="Stop with an error after this many instructions."),
    max_memory: int = typer.Option(
        DEFAULT_MAX_MEMORY_BYTES // MEBIBYTE, help="Stop with an error when more MiB are touched."
    ),
    log_cells: int = typer.Option(DEFAULT_LOG_CELLS, help="Size of a segment: 2^N committed cells."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Run a program without proving it: output, cycles, rows, estimated proving cost, profile."""
    del verbose  # read by the entry point
    limits = Limits(max_cycles, max_memory * MEBIBYTE)
    loaded = load_program_file(program)
    input_bytes = read_file(input_file, MAX_INPUT_BYTES, "the input") if input_file else b""
    terminal = Console(stderr=True)
    begin = time.perf_counter()
    if not quiet and not terminal.is_terminal:
        terminal.print(f"execute: running {escape(str(program))}", highlight=False, soft_wrap=True)
    if quiet or not terminal.is_terminal:
        report = execute(loaded, input_bytes, limits, log_cells)
    else:
        with terminal.status("executing") as status:

            def show(segment: Segment) -> None:
                status.update(f"executing: segment {segment.number}, {time.perf_counter() - begin:.0f} s")

            report = execute(loaded, input_bytes, limits, log_cells, show)
    seconds = time.perf_counter() - begin
    if as_json:
        typer.echo(json.dumps(_as_json(report, loaded, seconds, with_profile)))
    else:
        _print(report, loaded, seconds, with_profile)
    if report.execution.exit_code != 0:
        print(f"error: {exit_code_error(report.execution.exit_code).message}", file=sys.stderr)  # noqa: T201
        return ExitCode.REJECTED
    return ExitCode.DONE

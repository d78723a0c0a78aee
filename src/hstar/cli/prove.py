"""`hstar prove`, for blocks and programs."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from hstar.cli.block_options import read_block
from hstar.cli.machine_files import (
    MAX_KEY_BYTES,
    MEBIBYTE,
    Until,
    key_hex,
    make_program_key,
    print_table,
    write_file,
)
from hstar.cli.progress import ProgressStyle, show_progress
from hstar.cli.verification import result_fields, result_lines
from hstar.errors import ExitCode, InputError, Reason
from hstar.ethereum.inputs import BlockInput
from hstar.ethereum.reasons import BlockRejectedError
from hstar.machine import guests
from hstar.machine.layout import MAX_INPUT_BYTES
from hstar.machine.limits import DEFAULT_MAX_CYCLES, DEFAULT_MAX_MEMORY_BYTES, Limits
from hstar.machine.program import load_program, load_program_file, read_file
from hstar.machine.segments import DEFAULT_LOG_CELLS
from hstar.machine.setup import MAX_LOG_CELLS, MIN_LOG_CELLS, set_up
from hstar.prover.block_proving import ProvenBlock, prove_block
from hstar.prover.blocks import HostCheck, PreparedBlock, prepare_block
from hstar.prover.node_keys import num_processes
from hstar.prover.pipeline import Options, ProvenRun, prove_run
from hstar.prover.programs import DEFAULT_GUEST
from hstar.prover.stages import FINAL, JOINS, LEAVES, Report
from hstar.verifier.file import read_final_file, read_run_file
from hstar.verifier.final import final_security_bits
from hstar.verifier.program_key import ProgramKey, shipped_key
from hstar.verifier.run import run_security_bits

DEFAULT_WORK_DIR = Path(".hstar-work")


def _security_bits(run: ProvenRun, key: ProgramKey) -> Fraction:
    """Of the whole proof."""
    if run.kind == FINAL:
        return final_security_bits(key, read_final_file(run.file).final.num_segments)
    return run_security_bits(key.machine, read_run_file(run.file))


def _run_fields(run: ProvenRun, key: ProgramKey, guest: str, path: Path) -> dict[str, object]:
    return {
        "proof": str(path),
        "proof_bytes": len(run.file),
        "kind": run.kind,
        "security_bits": round(float(_security_bits(run, key)), 2),
        "verifying_key": key_hex(key.machine),
        "guest": guest,
        "output": run.output.hex(),
        "cycles": run.cycles,
        "segments": run.num_segments,
        "nodes": run.num_nodes,
        "cells": run.cells,
        "seconds": {name: round(value, 6) for name, value in run.seconds.items()},
        "peak_memory_bytes": run.peak_memory_bytes,
    }


def _block_fields(proven: ProvenBlock) -> dict[str, object]:
    header = proven.prepared.block.block.header
    return {
        **result_fields(proven.result),
        "block_number": header.number,
        "gas_used": header.gas_used,
        "host_check": str(proven.prepared.host_check),
    }


def _print_run(run: ProvenRun, fields: dict[str, object], about: list[tuple[str, str]]) -> None:
    proving = run.seconds["commit"] + run.seconds["prove"]
    what = "one final proof" if run.kind == FINAL else "every segment's proof"
    recursion = sum(run.seconds.get(stage, 0.0) for stage in (LEAVES, JOINS, FINAL))
    print_table(
        [
            *about,
            ("proof", f"{fields['proof']} ({len(run.file):,} bytes, {what})"),
            ("security", f"{fields['security_bits']} provable bits"),
            ("verifying key", str(fields["verifying_key"])),
            ("output", run.output.hex() or "(none)"),
            ("cycles", f"{run.cycles:,} in {run.num_segments} segments, {run.cells:,} cells"),
            ("proving", f"{proving:.1f} s ({1e6 * proving / max(run.cycles, 1):.2f} us a cycle)"),
            *([("recursion", f"{recursion:.1f} s, {run.num_nodes} nodes")] if run.kind == FINAL else []),
            ("total", f"{run.seconds['total']:.1f} s"),
            ("memory", f"{run.peak_memory_bytes / MEBIBYTE:,.0f} MiB at most"),
        ]
    )


def _finish(run: ProvenRun, key: ProgramKey, guest: str, path: Path, as_json: bool, block: ProvenBlock | None) -> int:
    write_file(path, run.file)
    fields = _run_fields(run, key, guest, path)
    if as_json:
        typer.echo(json.dumps(fields | (_block_fields(block) if block else {})))
        return ExitCode.DONE
    about: list[tuple[str, str]] = []
    if block is not None:
        header = block.prepared.block.block.header
        about = [("block", f"{header.number:,}, {header.gas_used:,} gas"), *result_lines(block.result)]
    _print_run(run, fields, about)
    return ExitCode.DONE


def _prove_program(
    path: Path, input_file: Path | None, output: Path | None, log_cells: int, work: _Work, as_json: bool
) -> int:
    data = read_file(path, MAX_KEY_BYTES, "the program")
    loaded = load_program_file(path)
    input_bytes = read_file(input_file, MAX_INPUT_BYTES, "the input") if input_file else b""
    work.say(f"making the keys of {path}")
    setup = set_up(loaded, log_cells)
    key = make_program_key(setup.key, work.until, work.style is not ProgressStyle.AUTO, "prove")
    with show_progress(work.style, "prove", str(path)) as report:
        run = prove_run(setup, input_bytes, work.options(report), key.recursion)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return _finish(run, key, digest, output or Path(path.with_suffix(".hstar").name), as_json, None)


def _prepare(block: BlockInput, host_check: bool, allow_invalid: bool) -> PreparedBlock:
    try:
        return prepare_block(block, host_check=host_check)
    except BlockRejectedError:
        if not (host_check and allow_invalid):
            raise
        return prepare_block(block, host_check=False)  # the guest is to say that it is invalid


def _prove_block(
    block: BlockInput,
    guest: str,
    output: Path | None,
    work: _Work,
    host_check: bool,
    allow_invalid: bool,
    as_json: bool,
) -> int:
    shipped = guests.load(guest)
    number = block.block.header.number
    if host_check:
        work.say(f"checking block {number} by the executable specification")
    prepared = _prepare(block, host_check, allow_invalid)
    if prepared.host_check is HostCheck.UNAVAILABLE:
        work.say("host check skipped: hstar[oracle] is not installed (it needs Python 3.11 or 3.12)")
    work.say(f"making the keys of guest {guest}")
    setup = set_up(load_program(shipped.elf), shipped.log_cells)
    key = ProgramKey(setup.key) if work.until is Until.SEGMENTS else shipped_key(guest)
    with show_progress(work.style, "prove", f"block {number}") as report:
        proven = prove_block(setup, prepared, work.options(report), key.recursion, allow_invalid=allow_invalid)
    return _finish(proven.run, key, guest, output or Path(f"block-{number}.hstar"), as_json, proven)


@dataclass(frozen=True)
class _Work:
    """How a proof is made."""

    work_dir: Path
    resume: bool
    workers: int
    limits: Limits
    style: ProgressStyle
    until: Until

    def options(self, report: Report) -> Options:
        processes = num_processes()
        return Options(self.work_dir, self.resume, self.workers, self.limits, key_processes=processes, report=report)

    def say(self, text: str) -> None:
        """One line on stderr, unless nothing or something else is to be shown there."""
        if self.style is ProgressStyle.AUTO:
            print(f"prove: {text}", file=sys.stderr, flush=True)  # noqa: T201


def prove_command(
    block: Annotated[
        Path | None,
        typer.Argument(metavar="[INPUT]", help="Block JSON(.gz) or stateless input; the shipped block if left out."),
    ] = None,
    program: Annotated[Path | None, typer.Option("--program", help="Prove this ELF file instead of a block.")] = None,
    input_file: Annotated[Path | None, typer.Option("--input", help="File with the program's private input.")] = None,
    guest: Annotated[str | None, typer.Option("--guest", help=f"Shipped guest for blocks ({DEFAULT_GUEST}).")] = None,
    rpc: Annotated[str | None, typer.Option("--rpc", help="Fetch the block from this execution client.")] = None,
    number: Annotated[int | None, typer.Option("--number", min=0, help="Which block to fetch.")] = None,
    skip_host_check: bool = typer.Option(False, "--skip-host-check", help="Do not check the block on the host first."),
    allow_invalid_block: bool = typer.Option(
        False, "--allow-invalid-block", help="Also prove that a block is invalid; without it such a block is refused."
    ),
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Proof file (block-N.hstar, PROGRAM.hstar).")
    ] = None,
    until: Annotated[Until, typer.Option(help="One final proof, or the proofs of all segments.")] = Until.FINAL,
    work_dir: Annotated[Path, typer.Option(help="Folder for finished parts.")] = DEFAULT_WORK_DIR,
    resume: bool = typer.Option(False, "--resume", help="Go on where an interrupted run stopped."),
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that prove segments and nodes.")] = 1,
    log_cells: Annotated[
        int | None,
        typer.Option(
            min=MIN_LOG_CELLS,
            max=MAX_LOG_CELLS,
            help=f"With --program: the largest segments have 2^N cells, part of the key ({DEFAULT_LOG_CELLS}).",
        ),
    ] = None,
    max_cycles: int = typer.Option(DEFAULT_MAX_CYCLES, help="Stop with an error after this many instructions."),
    max_memory: int = typer.Option(
        DEFAULT_MAX_MEMORY_BYTES // MEBIBYTE, help="Stop with an error when the program touches more MiB."
    ),
    progress: Annotated[ProgressStyle, typer.Option(help="How progress is shown on stderr.")] = ProgressStyle.AUTO,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Prove that a block is valid, or that a program halts with exit code 0 on an input."""
    del verbose  # read by the entry point
    style = ProgressStyle.NONE if quiet else progress
    work = _Work(work_dir, resume, workers, Limits(max_cycles, max_memory * MEBIBYTE), style, until)
    if program is None:
        if input_file is not None or log_cells is not None:
            option = "--input" if input_file is not None else "--log-cells"
            raise InputError(f"{option} is for --program ELF; a block is given as INPUT", reason=Reason.MALFORMED)
        chosen = read_block(block, rpc, number)
        return _prove_block(
            chosen, guest or DEFAULT_GUEST, output, work, not skip_host_check, allow_invalid_block, as_json
        )
    for_blocks = {
        "INPUT": block,
        "--rpc": rpc,
        "--number": number,
        "--guest": guest,
        "--skip-host-check": skip_host_check,
        "--allow-invalid-block": allow_invalid_block,
    }
    for name, value in for_blocks.items():
        if value not in (None, False):
            raise InputError(f"{name} is for blocks; leave it out with --program", reason=Reason.MALFORMED)
    return _prove_program(program, input_file, output, log_cells or DEFAULT_LOG_CELLS, work, as_json)

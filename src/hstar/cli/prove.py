"""`hstar prove`, `hstar verify` and `hstar key` for programs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hstar.cli.progress import ProgressStyle, show_progress
from hstar.errors import ExitCode, InputError, Reason, VerificationError
from hstar.hash.suite import POSEIDON2
from hstar.machine.keys import MachineKey, decode_machine_key
from hstar.machine.layout import MAX_INPUT_BYTES
from hstar.machine.limits import DEFAULT_MAX_CYCLES, DEFAULT_MAX_MEMORY_BYTES, Limits
from hstar.machine.program import load_program_file, read_file
from hstar.machine.segments import DEFAULT_LOG_CELLS
from hstar.machine.setup import MAX_LOG_CELLS, MIN_LOG_CELLS, set_up
from hstar.prover.pipeline import Options, ProvenRun, prove_run
from hstar.verifier.file import read_run_file
from hstar.verifier.run import VerifiedRun, run_security_bits, verify_run

MEBIBYTE = 2**20
MAX_PROOF_BYTES, MAX_KEY_BYTES = 2**36, 2**28
DEFAULT_WORK_DIR = Path(".hstar-work")
LOG_CELLS = typer.Option(
    min=MIN_LOG_CELLS, max=MAX_LOG_CELLS, help="The largest segments have 2^N committed cells; part of the key."
)


class Until(StrEnum):
    """What `hstar prove` ends with."""

    SEGMENTS = "segments"
    FINAL = "final"


def write_file(path: Path, data: bytes) -> None:
    """Writes to a temporary name and renames.

    Raises:
        InputError: UNREADABLE.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}); choose another file with -o"
        raise InputError(message, reason=Reason.UNREADABLE, path=path) from error


def _key_hex(key: MachineKey) -> str:
    return POSEIDON2.digest_to_bytes(key.digest).hex()


def _print_table(rows: tuple[tuple[str, str], ...]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    Console(highlight=False).print(table)


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def key_command(
    program: Annotated[Path, typer.Option("--program", help="ELF file of the guest program.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File for the verifying key.")],
    log_cells: Annotated[int, LOG_CELLS] = DEFAULT_LOG_CELLS,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Make the verifying key of a program."""
    del verbose  # read by the entry point
    loaded = load_program_file(program)
    _say(quiet, f"key: tracing circuits and solving for parameters, 2^{log_cells} cells")
    key = set_up(loaded, log_cells).key
    data = key.encode()
    write_file(output, data)
    if as_json:
        classes = [{"type": item.type, "log_cells": item.log_cells} for item in key.classes]
        typer.echo(json.dumps({"verifying_key": _key_hex(key), "bytes": len(data), "classes": classes}))
    else:
        _print_table((("verifying key", _key_hex(key)), ("file", f"{output} ({len(data):,} bytes)")))
    return ExitCode.DONE


def _proof_fields(run: ProvenRun, key: MachineKey, guest: str, path: Path) -> dict[str, object]:
    return {
        "proof": str(path),
        "proof_bytes": len(run.file),
        "kind": "segments",
        "security_bits": round(float(run_security_bits(key, read_run_file(run.file))), 2),
        "verifying_key": _key_hex(key),
        "guest": guest,
        "output": run.output.hex(),
        "cycles": run.cycles,
        "segments": run.num_segments,
        "cells": run.cells,
        "seconds": {name: round(value, 6) for name, value in run.seconds.items()},
        "peak_memory_bytes": run.peak_memory_bytes,
    }


def _print_proof(run: ProvenRun, fields: dict[str, object]) -> None:
    proving = run.seconds["commit"] + run.seconds["prove"]
    _print_table(
        (
            ("proof", f"{fields['proof']} ({len(run.file):,} bytes, every segment's proof)"),
            ("security", f"{fields['security_bits']} provable bits"),
            ("verifying key", str(fields["verifying_key"])),
            ("output", run.output.hex() or "(none)"),
            ("cycles", f"{run.cycles:,} in {run.num_segments} segments, {run.cells:,} cells"),
            ("proving", f"{proving:.1f} s ({1e6 * proving / max(run.cycles, 1):.2f} us a cycle)"),
            ("total", f"{run.seconds['total']:.1f} s"),
            ("memory", f"{run.peak_memory_bytes / MEBIBYTE:,.0f} MiB at most"),
        )
    )


def prove_command(
    program: Annotated[Path, typer.Option("--program", help="ELF file of the guest program.")],
    input_file: Annotated[Path | None, typer.Option("--input", help="File with the private input.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Proof file (PROGRAM.hstar).")] = None,
    until: Annotated[Until, typer.Option(help="What to end with: today the proofs of all segments.")] = Until.SEGMENTS,
    work_dir: Annotated[Path, typer.Option(help="Folder for finished parts.")] = DEFAULT_WORK_DIR,
    resume: bool = typer.Option(False, "--resume", help="Go on where an interrupted run stopped."),
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that prove segments.")] = 1,
    log_cells: Annotated[int, LOG_CELLS] = DEFAULT_LOG_CELLS,
    max_cycles: int = typer.Option(DEFAULT_MAX_CYCLES, help="Stop with an error after this many instructions."),
    max_memory: int = typer.Option(
        DEFAULT_MAX_MEMORY_BYTES // MEBIBYTE, help="Stop with an error when the program touches more MiB."
    ),
    progress: Annotated[ProgressStyle, typer.Option(help="How progress is shown on stderr.")] = ProgressStyle.AUTO,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Prove that a program halts with exit code 0 on an input."""
    del verbose  # read by the entry point
    if until is Until.FINAL:
        message = "one small final proof is not there yet; use --until segments, which proves every segment"
        raise InputError(message, reason=Reason.OUT_OF_RANGE)
    data = read_file(program, MAX_KEY_BYTES, "the program")
    loaded = load_program_file(program)
    input_bytes = read_file(input_file, MAX_INPUT_BYTES, "the input") if input_file else b""
    path = output or Path(program.with_suffix(".hstar").name)
    style = ProgressStyle.NONE if quiet else progress
    _say(style is not ProgressStyle.AUTO, f"prove: making the keys of {program}")
    setup = set_up(loaded, log_cells)
    with show_progress(style, "prove", str(program)) as report:
        limits = Limits(max_cycles, max_memory * MEBIBYTE)
        run = prove_run(setup, input_bytes, Options(work_dir, resume, workers, limits, report=report))
    write_file(path, run.file)
    fields = _proof_fields(run, setup.key, f"sha256:{hashlib.sha256(data).hexdigest()}", path)
    if as_json:
        typer.echo(json.dumps(fields))
    else:
        _print_proof(run, fields)
    return ExitCode.DONE


def _parse_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        message = f"--expect-output is {text!r}; it must be an even number of hexadecimal digits"
        raise InputError(message, reason=Reason.MALFORMED) from error


def verify_command(
    proof: Annotated[Path, typer.Argument(help="The proof file.")],
    verifying_key: Annotated[Path, typer.Option("--verifying-key", help="Key file, from someone you trust.")],
    expect_output: Annotated[str | None, typer.Option(help="What the public output must be, in hexadecimal.")] = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="Print nothing but errors."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Check a proof against the verifying key of a program."""
    del verbose  # read by the entry point
    key = decode_machine_key(read_file(verifying_key, MAX_KEY_BYTES, "the verifying key"))
    data = read_file(proof, MAX_PROOF_BYTES, "the proof")
    expected = None if expect_output is None else _parse_hex(expect_output)
    start = time.perf_counter()
    try:
        verified = verify_run(key, data, expected_output=expected)
    except VerificationError as error:
        if not as_json:
            raise
        fields = {"valid": False, "reason": str(error.reason), "kind": "segments", "verifying_key": _key_hex(key)}
        typer.echo(json.dumps(fields | {"verify_seconds": round(time.perf_counter() - start, 6)}))
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201
        return ExitCode.REJECTED
    _show_verified(verified, key, time.perf_counter() - start, as_json=as_json, quiet=quiet)
    return ExitCode.DONE


def _show_verified(verified: VerifiedRun, key: MachineKey, seconds: float, *, as_json: bool, quiet: bool) -> None:
    bits = round(float(verified.security_bits), 2)
    if as_json:
        fields = {
            "valid": True,
            "reason": None,
            "kind": "segments",
            "security_bits": bits,
            "verifying_key": _key_hex(key),
            "guest": None,
            "output": verified.output.hex(),
            "segments": verified.num_segments,
            "verify_seconds": round(seconds, 6),
        }
        typer.echo(json.dumps(fields))
    elif not quiet:
        _print_table(
            (
                ("valid", f"yes, {verified.num_segments} segments, {bits} provable bits, in {seconds:.1f} s"),
                ("verifying key", _key_hex(key)),
                ("output", verified.output.hex() or "(none)"),
            )
        )

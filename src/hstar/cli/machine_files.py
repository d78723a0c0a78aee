"""Files of the machine on the command line: writing them, naming keys, printing what was done; and `hstar key`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from hstar.errors import ExitCode, InputError, Reason
from hstar.hash.suite import POSEIDON2
from hstar.machine.keys import MachineKey
from hstar.machine.program import load_program_file
from hstar.machine.segments import DEFAULT_LOG_CELLS
from hstar.machine.setup import MAX_LOG_CELLS, MIN_LOG_CELLS, set_up
from hstar.prover.cache import cache_folder
from hstar.prover.node_keys import derive_recursion_key, num_processes
from hstar.verifier.program_key import ProgramKey

MEBIBYTE = 2**20


class Until(StrEnum):
    """What proving ends with, and what a key is for."""

    SEGMENTS = "segments"
    FINAL = "final"


MAX_PROOF_BYTES, MAX_KEY_BYTES = 2**36, 2**28
UNTIL_OF_KEY = typer.Option(help="What the key is for: final proofs too, or only the proofs of all segments (quick).")
LOG_CELLS = typer.Option(
    min=MIN_LOG_CELLS, max=MAX_LOG_CELLS, help="The largest segments have 2^N committed cells; part of the key."
)


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


def key_hex(key: MachineKey) -> str:
    """V, in hexadecimal."""
    return POSEIDON2.digest_to_bytes(key.digest).hex()


def print_table(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values on stdout."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    Console(highlight=False).print(table)


def say(quiet: bool, text: str) -> None:
    """One line on stderr."""
    if not quiet:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def make_program_key(machine: MachineKey, until: Until, quiet: bool, command: str) -> ProgramKey:
    """The key of a program, with its part for final proofs unless that is not wanted."""
    if until is Until.SEGMENTS:
        return ProgramKey(machine)
    told = f"{command}: tracing the verifiers of all segments and nodes; they are kept in {cache_folder()}"
    console = Console(stderr=True, highlight=False)
    if quiet or not console.is_terminal:
        say(quiet, told)
        return ProgramKey(machine, derive_recursion_key(machine.segment_keys, processes=num_processes()))
    say(quiet, told)
    with Bars(TextColumn("keys"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bars:
        task = bars.add_task("keys", total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        return ProgramKey(machine, derive_recursion_key(machine.segment_keys, processes=num_processes(), report=report))


def key_fields(key: ProgramKey, num_bytes: int) -> dict[str, object]:
    """A key as JSON."""
    classes = [{"type": item.type, "log_cells": item.log_cells} for item in key.machine.classes]
    nodes = [] if key.recursion is None else [str(place) for place in key.recursion.places]
    return {"verifying_key": key_hex(key.machine), "bytes": num_bytes, "classes": classes, "nodes": nodes}


def key_command(
    program: Annotated[Path, typer.Option("--program", help="ELF file of the guest program.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File for the verifying key.")],
    until: Annotated[Until, UNTIL_OF_KEY] = Until.FINAL,
    log_cells: Annotated[int, LOG_CELLS] = DEFAULT_LOG_CELLS,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Make the verifying key of a program: of its segments, and of final proofs."""
    del verbose  # read by the entry point
    loaded = load_program_file(program)
    say(quiet, f"key: tracing circuits and solving for parameters, 2^{log_cells} cells")
    key = make_program_key(set_up(loaded, log_cells).key, until, quiet, "key")
    data = key.encode()
    write_file(output, data)
    if as_json:
        typer.echo(json.dumps(key_fields(key, len(data))))
    else:
        print_table((("verifying key", key_hex(key.machine)), ("file", f"{output} ({len(data):,} bytes)")))
    return ExitCode.DONE

"""Files of the machine on the command line: writing them, naming keys, printing what was done; and `hstar key`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hstar.errors import ExitCode, InputError, Reason
from hstar.hash.suite import POSEIDON2
from hstar.machine.keys import MachineKey
from hstar.machine.program import load_program_file
from hstar.machine.segments import DEFAULT_LOG_CELLS
from hstar.machine.setup import MAX_LOG_CELLS, MIN_LOG_CELLS, set_up

MEBIBYTE = 2**20
MAX_PROOF_BYTES, MAX_KEY_BYTES = 2**36, 2**28
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
    say(quiet, f"key: tracing circuits and solving for parameters, 2^{log_cells} cells")
    key = set_up(loaded, log_cells).key
    data = key.encode()
    write_file(output, data)
    if as_json:
        classes = [{"type": item.type, "log_cells": item.log_cells} for item in key.classes]
        typer.echo(json.dumps({"verifying_key": key_hex(key), "bytes": len(data), "classes": classes}))
    else:
        print_table((("verifying key", key_hex(key)), ("file", f"{output} ({len(data):,} bytes)")))
    return ExitCode.DONE

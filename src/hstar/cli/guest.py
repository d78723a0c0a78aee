"""`hstar guest`: the programs that are shipped with the package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import hstar
from hstar.cli.machine_files import (
    LOG_CELLS,
    UNTIL_OF_KEY,
    Until,
    key_fields,
    key_hex,
    make_program_key,
    write_file,
)
from hstar.errors import ExitCode, InputError, Reason
from hstar.machine import guests
from hstar.machine.program import load_program
from hstar.machine.setup import set_up
from hstar.prover.programs import DEFAULT_GUEST

app = typer.Typer(no_args_is_help=True, help="The guest programs that are shipped with the package.")
SCRIPT = "tools/build_guests.py"


@app.command("list")
def list_guests(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="No effect; there is no progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Names, sizes, digests, and the compilers that make exactly these files."""
    del quiet, verbose
    shipped = [guests.load(name) for name in guests.names()]
    if as_json:
        listed = {
            guest.name: {
                "digest": guest.digest,
                "bytes": len(guest.elf),
                "instructions": len(load_program(guest.elf).words),
                "compiler": guest.compiler,
            }
            for guest in shipped
        }
        typer.echo(json.dumps({"guests": listed}))
        return ExitCode.DONE
    table = Table("guest", "bytes", box=None, pad_edge=False)
    for name in ("SHA-256", "compiler"):
        table.add_column(name, overflow="fold")
    for guest in shipped:
        table.add_row(guest.name, f"{len(guest.elf):,}", guest.digest, guest.compiler)
    Console(highlight=False).print(table)
    return ExitCode.DONE


@app.command("key")
def key(
    name: Annotated[str, typer.Argument(help="Which guest.")] = DEFAULT_GUEST,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Also write the key to this file.")] = None,
    until: Annotated[Until, UNTIL_OF_KEY] = Until.FINAL,
    log_cells: Annotated[int | None, LOG_CELLS] = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Make the verifying key of a shipped guest, from its program alone, for segments as in the shipped key."""
    del verbose
    guest = guests.load(name)
    log_cells = log_cells or guest.log_cells
    if not quiet:
        message = f"guest key: tracing circuits and solving for parameters, 2^{log_cells} cells"
        Console(stderr=True, highlight=False).print(message, soft_wrap=True)
    made = make_program_key(set_up(load_program(guest.elf), log_cells).key, until, quiet, "guest key")
    data = made.encode()
    if output is not None:
        write_file(output, data)
    if as_json:
        fields = {"guest": name, "digest": guest.digest, "log_cells": log_cells}
        typer.echo(json.dumps(key_fields(made, len(data)) | fields))
    else:
        typer.echo(f"{key_hex(made.machine)}  {name}, segments of 2^{log_cells} cells")
    return ExitCode.DONE


def _checkout() -> Path:
    root = Path(hstar.__file__).resolve().parents[2]
    if not (root / SCRIPT).is_file():
        raise InputError(
            "the sources of the guests are not installed with the package; run this in a checkout of hstar",
            reason=Reason.UNREADABLE,
        )
    return root


@app.command("build")
def build(
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Build every guest from source and compare digests with the recorded ones (`make guests`)."""
    del verbose
    root = _checkout()
    finished = subprocess.run([sys.executable, str(root / SCRIPT)], cwd=root, check=False)
    return ExitCode.DONE if finished.returncode == 0 else ExitCode.REJECTED

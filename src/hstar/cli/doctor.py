"""`hstar doctor`: what this installation can do, and how to get what is missing."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import typer
from rich.console import Console
from rich.table import Table

import hstar
from hstar.bench.machine import processor_name
from hstar.errors import HstarError
from hstar.kernels import backend

MIN_MEMORY_BYTES = 8 * 2**30
MIN_DISK_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Finding:
    """One line of the report: `state` is `ok`, `warning` or `missing`; `advice` says how to mend it."""

    name: str
    state: str
    value: str
    advice: str = ""


def _gibibytes(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def _native_findings() -> list[Finding]:
    try:
        module = backend.native()
    except HstarError as error:
        return [Finding("native_module", "missing", "not loaded", error.message)]
    compiled, offered = module.compiled_instruction_set(), module.processor_instruction_set()
    matched = compiled == offered
    advice = "" if matched else f"the processor has {offered}: rebuild on this machine with `make setup`"
    return [
        Finding("native_module", "ok", f"version {module.version}"),
        Finding("instruction_set", "ok" if matched else "warning", compiled, advice),
        Finding("threads", "ok", str(module.num_threads()), "set HSTAR_THREADS to change it"),
    ]


def _feature(name: str, module: str, purpose: str, how: str) -> Finding:
    try:
        present = find_spec(module) is not None
    except ModuleNotFoundError:  # its parent package is missing
        present = False
    return Finding(name, "ok" if present else "missing", purpose, "" if present else how)


def findings() -> list[Finding]:
    """Everything that `hstar doctor` reports, in its order."""
    memory = psutil.virtual_memory()
    free_disk = shutil.disk_usage(Path.cwd()).free
    return [
        Finding("hstar", "ok", hstar.__version__),
        Finding("python", "ok", f"{platform.python_version()} ({sys.executable})"),
        Finding("processor", "ok", f"{processor_name()}, {os.cpu_count()} cores"),
        *_native_findings(),
        Finding("kernels", "ok", str(backend.current_backend())),
        Finding(
            "memory",
            "ok" if memory.available >= MIN_MEMORY_BYTES else "warning",
            f"{_gibibytes(memory.available)} free of {_gibibytes(memory.total)}",
            "" if memory.available >= MIN_MEMORY_BYTES else "large proofs need 8 GiB",
        ),
        Finding(
            "disk",
            "ok" if free_disk >= MIN_DISK_BYTES else "warning",
            f"{_gibibytes(free_disk)} free here",
            "" if free_disk >= MIN_DISK_BYTES else "checkpoints of large runs need 4 GiB",
        ),
        _feature(
            "host_check",
            "ethereum.forks",
            "blocks are checked with the executable specification",
            "`hstar prove` skips its host check: install the extra hstar[oracle] (Python 3.11 or 3.12)",
        ),
        _feature("plots", "matplotlib", "`--plot` options", "install the extra: hstar[plot]"),
    ]


def doctor(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Say what this installation can do: Python, native module, instruction set, threads, memory, disk, features."""
    report = findings()
    if as_json:
        typer.echo(
            json.dumps(
                {
                    finding.name: {"state": finding.state, "value": finding.value, "advice": finding.advice}
                    for finding in report
                },
                indent=2,
            )
        )
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    marks = {
        "ok": "[green]ok[/green]",
        "warning": "[yellow]warning[/yellow]",
        "missing": "[red]missing[/red]",
    }
    for finding in report:
        advice = f"[dim]{finding.advice}[/dim]" if finding.advice else ""
        table.add_row(marks[finding.state], finding.name.replace("_", " "), finding.value, advice)
    Console(highlight=False).print(table)

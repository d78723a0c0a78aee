"""Results as a table for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from hstar.bench.machine import Machine
from hstar.bench.runner import Result
from hstar.errors import InputError, Reason


def as_json(
    suite: str, machine: Machine, results: Sequence[Result], *, quick: bool, **details: object
) -> dict[str, Any]:
    """The one JSON object of a run; times in nanoseconds per unit, `ratio` is value over peer value.

    Args:
        suite: its name.
        machine: what was measured on.
        results: the lines.
        quick: whether few samples were taken.
        details: more items of a suite.
    """
    return {
        "suite": suite,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": dataclasses.asdict(machine),
        "results": [dataclasses.asdict(result) for result in results],
        **details,
    }


def write(report: dict[str, Any], path: Path) -> None:
    """Writes the report under a temporary name and renames it, so that a reader never sees half a file.

    Raises:
        InputError: UNREADABLE when the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(json.dumps(report, indent=2) + "\n")
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}", reason=Reason.UNREADABLE) from error


def _verdict(result: Result) -> str:
    if result.met is None:
        return ""
    return "[green]met[/green]" if result.met else "[red]missed[/red]"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value < 1000 else f"{value:,.0f}"


def _cells(result: Result) -> tuple[str, ...]:
    target = "" if result.target is None else f"<= {result.target:g}"
    numbers = (_number(result.value), _number(result.peer_value), _number(result.ratio))
    return (str(result.threads), *numbers, target, _verdict(result))


def as_table(machine: Machine, results: Sequence[Result], *, quick: bool) -> Table:
    """The table: value, peer, ratio, target, verdict; the machine in the caption."""
    caption = (
        f"{machine.processor}, {machine.cores} cores, {machine.instruction_set}; {machine.compiler}. "
        f"Nanoseconds, the smallest of {'a few' if quick else 'several'} samples; ratio = hstar / peer in the same run."
    )
    table = Table(caption=caption, caption_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for header in ("workload", "threads", "hstar", "peer", "ratio", "target", ""):
        words = header in {"workload", ""}
        table.add_column(header, justify="left" if words else "right", no_wrap=header != "workload")
    for workload, group in itertools.groupby(results, key=lambda result: result.name):
        rows = list(group)
        about = f"  per {rows[0].unit}" + (f"; peer {rows[0].peer}" if rows[0].peer else "")
        for label, result in itertools.zip_longest((workload, f"[dim]{about}[/dim]"), rows):
            table.add_row(label, *(_cells(result) if result else ()))
        table.add_section()
    return table

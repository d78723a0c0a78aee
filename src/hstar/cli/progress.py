"""Progress of long commands: bars on a terminal, one line a stage elsewhere, or one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from hstar.prover.pipeline import Progress, Report


class ProgressStyle(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    JSON = "json"
    NONE = "none"


@contextmanager
def show_progress(style: ProgressStyle, command: str, work: str) -> Iterator[Report]:
    """A function to call with every step; everything goes to stderr.

    Args:
        style: `auto` draws bars on a terminal and prints a line a stage elsewhere.
        command: its name, for the lines.
        work: what is worked on, for the lines.
    """
    console = Console(stderr=True, highlight=False)
    if style is ProgressStyle.NONE:
        yield lambda step: None
    elif style is ProgressStyle.JSON:
        yield _print_json
    elif console.is_terminal:
        with Bars(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("segments"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bars:
            yield _Bars(bars)
    else:
        console.print(f"{command}: {work}", soft_wrap=True)
        yield _Lines(console, command)


def _print_json(step: Progress) -> None:
    fields = {"stage": step.stage, "done": step.done, "total": step.total, "seconds": round(step.seconds, 6)}
    print(json.dumps(fields), file=sys.stderr, flush=True)  # noqa: T201


class _Bars:
    """One bar a stage."""

    def __init__(self, bars: Bars) -> None:
        self._bars, self._tasks = bars, dict[str, TaskID]()

    def __call__(self, step: Progress) -> None:
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bars.add_task(step.stage, total=step.total)
        self._bars.update(self._tasks[step.stage], completed=step.done, total=step.total)


class _Lines:
    """One line when a stage begins."""

    def __init__(self, console: Console, command: str) -> None:
        self._console, self._command, self._stage = console, command, ""

    def __call__(self, step: Progress) -> None:
        if step.stage != self._stage:
            self._stage = step.stage
            of = "" if step.total is None else f" {step.total} segments"
            done = f", {step.done} done before" if step.done else ""
            self._console.print(f"{self._command}: {step.stage}{of}{done}", soft_wrap=True)

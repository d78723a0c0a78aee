"""Progress of long commands: one bar on a terminal, one line a stage elsewhere, or one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from hstar.prover.stages import COMMIT, EXECUTE, PROVE, Progress, Report

OF_SEGMENTS = {EXECUTE, COMMIT, PROVE}
"""Stages whose steps are segments."""


class ProgressStyle(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    JSON = "json"
    NONE = "none"


@contextmanager
def show_progress(style: ProgressStyle, command: str, work: str) -> Iterator[Report]:
    """A function to call with every step; everything goes to stderr.

    Args:
        style: `auto` draws a bar on a terminal and prints a line a stage elsewhere.
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
            TextColumn("{task.description:<20}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
        ) as bars:
            yield _Bar(bars)
    else:
        console.print(f"{command}: {work}", soft_wrap=True)
        yield _Lines(console, command)


def _print_json(step: Progress) -> None:
    fields = {
        "stage": step.stage,
        "done": step.done,
        "total": step.total,
        "seconds": round(step.seconds, 6),
        "fraction": None if step.fraction is None else round(step.fraction, 6),
        "remaining_seconds": None if step.remaining_seconds is None else round(step.remaining_seconds, 3),
    }
    print(json.dumps(fields), file=sys.stderr, flush=True)  # noqa: T201


class _Bar:
    """One bar over everything; it says which stage has just gone on."""

    def __init__(self, bars: Bars) -> None:
        self._bars, self._task = bars, bars.add_task("", total=None, left="")

    def __call__(self, step: Progress) -> None:
        of = "" if step.total is None else f" of {step.total}"
        left = "" if step.remaining_seconds is None else f"{_minutes(step.remaining_seconds)} left"
        self._bars.update(
            self._task,
            description=f"{step.stage} {step.done}{of}",
            total=None if step.fraction is None else 1.0,
            completed=step.fraction or 0.0,
            left=left,
        )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class _Lines:
    """One line when a stage begins."""

    def __init__(self, console: Console, command: str) -> None:
        self._console, self._command, self._begun = console, command, set[str]()

    def __call__(self, step: Progress) -> None:
        if step.stage in self._begun:
            return
        self._begun.add(step.stage)
        of = "" if step.total is None else f" {step.total} {'segments' if step.stage in OF_SEGMENTS else 'nodes'}"
        done = f", {step.done} done before" if step.done else ""
        self._console.print(f"{self._command}: {step.stage}{of}{done}", soft_wrap=True)

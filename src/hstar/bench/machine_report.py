"""What the machine costs, for people: each measured line beside its target."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from hstar.bench.long_run import LongRun
from hstar.bench.machine_runs import MachineRun
from hstar.bench.scale import scale_of

MAX_TRACE_SHARE = 0.10
MAX_CELLS, MAX_FRACTIONS = 25.0, 15.5
"""Of an instruction, on the mix of a real guest."""
MAX_MICROSECONDS, GOAL_MICROSECONDS = 2.5, 1.9
"""Of proving a cycle, on two Zen 5 cores."""
EXPECTED_KECCAK_MILLISECONDS = 3.7
"""Of proving a permutation, on two Zen 5 cores."""
MAX_BYTES = 8 << 30
"""At the largest size of a segment."""
MIB = 1 << 20


def table_of_runs(runs: Sequence[MachineRun]) -> Table:
    """One column for each measured segment; targets of time as they are on Zen 5 cores, and scaled to this machine."""
    scale = scale_of(min(run.quintic_nanoseconds for run in runs))
    caption = (
        f"A full segment, trace included, at 128 bits. Targets of time are those of two Zen 5 cores; this machine may "
        f"take {scale:.2f} times as long. Precompile calls are proven in segments of their own: keccak-f below."
    )
    table = Table(title="Proving a full segment", title_justify="left", caption=caption, caption_justify="left",
                  box=box.SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    for header in ("", *(f"{run.guest}, 2^{run.log_cells}" for run in runs), "target", "scaled"):
        table.add_column(header, justify="right" if header else "left", no_wrap=bool(header))
    table.add_row("cycles", *(f"{run.cycles:,}" for run in runs))
    _timed(table, "us a cycle", [run.microseconds for run in runs], MAX_MICROSECONDS, scale)
    goal = f"goal {1e3 / GOAL_MICROSECONDS:.0f}", f"goal {1e3 / GOAL_MICROSECONDS / scale:.0f}"
    table.add_row("thousand cycles a second", *(f"{1e3 / run.microseconds:,.0f}" for run in runs), *goal)
    shares = [(run.trace_share, f"{run.trace_share:.1%}") for run in runs]
    _limited(table, "share of the trace", shares, MAX_TRACE_SHARE, f"{MAX_TRACE_SHARE:.0%}")
    cells = [(run.row_cells, f"{run.row_cells:.1f}") for run in runs]
    _limited(table, "cells a cycle, instruction rows", cells, MAX_CELLS, f"{MAX_CELLS:g}")
    fractions = [(run.row_fractions, f"{run.row_fractions:.1f}") for run in runs]
    _limited(table, "fractions a cycle, instruction rows", fractions, MAX_FRACTIONS, f"{MAX_FRACTIONS:g}")
    table.add_row("fractions a cycle, all rows", *(f"{run.all_fractions:.1f}" for run in runs))
    peaks = [(float(run.peak_memory_bytes), f"{run.peak_memory_bytes / MIB:,.0f}") for run in runs]
    _limited(table, "peak memory, MiB", peaks, MAX_BYTES, f"{MAX_BYTES / MIB:,.0f}")
    for stage in runs[0].seconds:
        table.add_row(f"[dim]seconds, {stage}[/dim]", *(f"{run.seconds[stage]:.3f}" for run in runs))
    _add_keccak(table, runs, scale)
    return table


def _add_keccak(table: Table, runs: Sequence[MachineRun], scale: float) -> None:
    table.add_section()
    table.add_row("keccak-f in a segment", *(f"{run.keccak.permutations:,}" for run in runs))
    milliseconds = [run.keccak.milliseconds for run in runs]
    _timed(table, "ms a keccak-f", milliseconds, EXPECTED_KECCAK_MILLISECONDS, scale)
    table.add_row("cells a keccak-f", *(f"{run.keccak.cells:,}" for run in runs))
    table.add_row("fractions a keccak-f", *(f"{run.keccak.fractions:,}" for run in runs))


def _timed(table: Table, title: str, values: Sequence[float], target: float, scale: float) -> None:
    texts = [(value, f"{value:.2f}") for value in values]
    _limited(table, title, texts, target * scale, f"{target:g}", f"<= {target * scale:.2f}")


def _limited(
    table: Table, title: str, values: Sequence[tuple[float, str]], most: float, target: str, scaled: str = ""
) -> None:
    shown = (text if value <= most else f"[red]{text}, missed[/red]" for value, text in values)
    table.add_row(title, *shown, f"<= {target}", scaled)


def table_of_long_run(run: LongRun) -> Table:
    """One line: a run of any length needs the memory of its guest and of one segment."""
    caption = (
        "Resident memory that the run added. It may be the guest's pages, 36 bytes for each of their doublewords, and "
        "what one segment takes; not more with more cycles."
    )
    table = Table(title="Executing, no segment kept", title_justify="left", caption=caption, caption_justify="left",
                  box=box.SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    for header in ("guest", "cycles", "segments", "seconds", "guest MiB", "added MiB", "at most"):
        table.add_column(header, justify="left" if header == "guest" else "right", no_wrap=True)
    added = f"{run.grown_bytes / MIB:,.0f}"
    table.add_row(
        run.guest,
        f"{run.cycles:,}",
        f"{run.segments:,}",
        f"{run.seconds:.2f}",
        f"{run.guest_bytes / MIB:,.0f}",
        added if run.grown_bytes <= run.bound_bytes else f"[red]{added}, missed[/red]",
        f"{run.bound_bytes / MIB:,.0f}",
    )
    return table

"""What whole proofs cost, for people: a line for each size, and a profile of each."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from hstar.bench.proof_runs import MAX_FALL, MAX_PEAK_BYTES, ProofRun, fall_of

_BAR_WIDTH = 40
_SMALLEST_SHARE = 0.005


def table_of_proofs(runs: Sequence[ProofRun]) -> Table:
    """Size, time, how much slower a cell is than in the smallest proof, memory, verifier, bytes."""
    caption = (
        f"Targets: at 2^26 cells at most {MAX_PEAK_BYTES >> 20} MiB, and a cell at most {MAX_FALL:.0%} slower than in "
        "the smallest proof. Memory includes the interpreter and the trace."
    )
    table = Table(caption=caption, caption_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    headers = ("cells", "fractions", "prove s", "ns/cell", "slower", "peak MiB", "bytes/cell", "verify s", "proof KiB")
    for header in headers:
        table.add_column(header, justify="right")
    for run in runs:
        table.add_row(
            f"{run.num_cells:,}",
            f"{run.num_fractions:,}",
            f"{run.seconds['prove']:.2f}",
            f"{run.nanoseconds_a_cell:.1f}",
            f"{fall_of(runs, run):+.0%}",
            f"{run.peak_bytes >> 20:,}",
            f"{run.peak_bytes / run.num_cells:.0f}",
            f"{run.seconds['verify']:.2f}",
            f"{run.proof_bytes / 1024:.0f}",
        )
    return table


def profile_of(run: ProofRun) -> str:
    """Stages and their kernels as bars: shares of the fastest proof."""
    stages = {stage: kernels for stage, kernels in run.kernels.items() if stage != "prove"}
    whole = sum(run.stage_seconds[stage] for stage in stages)
    lines = [f"2^{run.log_cells} cells, {whole:.3f} s, nanoseconds a cell:"]

    def line(name: str, seconds: float) -> str:
        bar = "#" * round(_BAR_WIDTH * seconds / whole)
        return f"  {name:<44}{seconds / run.num_cells * 1e9:8.2f} {seconds / whole:6.1%} {bar}"

    for stage, kernels in stages.items():
        lines.append(line(stage, run.stage_seconds[stage]))
        rest = run.stage_seconds[stage] - sum(kernels.values())
        parts = [*kernels.items(), ("Python", rest)]
        lines += [line(f"  {name}", time) for name, time in parts if time >= _SMALLEST_SHARE * whole]
    return "\n".join(lines)

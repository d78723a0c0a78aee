"""What whole blocks take, for people: a column for each block, a line for each quantity, and its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from rich import box
from rich.table import Table

from hstar.bench.block_proofs import BlockProof
from hstar.bench.block_runs import SHIPPED, BlockRun

MAX_CYCLES_PER_GAS = 6.5
MAX_CYCLES_PER_GAS_WITHOUT_RECOVERY = 6.0
MAX_HOST_CHECK_SECONDS = 3.0
MAX_SHIPPED_RUN_SECONDS, MAX_SHIPPED_PROOF_SECONDS = 1.0, 180.0
MAX_PREPARATION_SHARE = 0.10
"""Targets on two cores; the first needs a chip for elliptic curves."""

Line = tuple[str, list[str], str]


def table_of_blocks(runs: Sequence[BlockRun]) -> Table:
    """Running the guest, without proving; one thread."""
    lines: list[Line] = [
        ("gas", [f"{run.gas:,}" for run in runs], ""),
        ("transactions", [f"{run.transactions:,}" for run in runs], ""),
        ("cycles", [f"{run.cycles:,}" for run in runs], ""),
        ("cycles a unit of gas", [f"{run.cycles_per_gas:.2f}" for run in runs], f"<= {MAX_CYCLES_PER_GAS}"),
        (
            "  without signature recovery",
            [f"{(run.cycles - run.recovery_cycles) / max(run.gas, 1):.2f}" for run in runs],
            f"<= {MAX_CYCLES_PER_GAS_WITHOUT_RECOVERY:.0f}",
        ),
        ("keccak-f calls", [f"{run.keccak_calls:,}" for run in runs], ""),
        ("host check, s", [f"{run.host_check_seconds:.3f}" for run in runs], f"<= {MAX_HOST_CHECK_SECONDS:.0f}"),
        ("guest, plain, s", [f"{run.plain_seconds:.3f}" for run in runs], ""),
        (
            "guest, in segments, s",
            [f"{run.segment_seconds:.3f}" for run in runs],
            f"<= {MAX_SHIPPED_RUN_SECONDS:.0f} ({SHIPPED})",
        ),
        (f"instruction segments of 2^{runs[0].log_cells} cells", [f"{run.segments:,}" for run in runs], ""),
        ("cells a cycle, instruction rows", [f"{run.row_cells:.2f}" for run in runs], ""),
        ("cells (estimate)", [f"{run.cells:,}" for run in runs], ""),
    ]
    for kind in kinds_of(runs):
        counts = [(run.cells_by_kind.get(kind, 0), run.cells) for run in runs]
        lines.append((f"  {kind}", [f"{count:,} ({count / max(total, 1):.1%})" for count, total in counts], ""))
    return _table("Blocks, executed without proving (one thread)", [run.name for run in runs], lines)


def kinds_of(runs: Sequence[BlockRun]) -> list[str]:
    """Kinds of cells that any block has, those with most cells first."""
    totals: dict[str, int] = {}
    for run in runs:
        for kind, count in run.cells_by_kind.items():
            totals[kind] = totals.get(kind, 0) + count
    return sorted((kind for kind, total in totals.items() if total), key=lambda kind: (-totals[kind], kind))


def table_of_proofs(proofs: Mapping[str, BlockProof]) -> Table:
    """Proving the blocks, by name."""

    def values(function: Callable[[BlockProof], str]) -> list[str]:
        return [function(proof) for proof in proofs.values()]

    lines: list[Line] = [
        ("cycles", values(lambda proof: f"{proof.cycles:,}"), ""),
        ("segments", values(lambda proof: f"{proof.segments}"), ""),
        ("committed cells", values(lambda proof: f"{proof.cells:,}"), ""),
        (
            "total, s",
            values(lambda proof: f"{proof.seconds['total']:.1f}"),
            f"<= {MAX_SHIPPED_PROOF_SECONDS:.0f} ({SHIPPED})",
        ),
        ("proving, s", values(lambda proof: f"{proof.proving_seconds:.1f}"), ""),
        ("frequency, kHz", values(lambda proof: f"{proof.frequency / 1e3:.0f}"), ""),
        (
            "share of data preparation",
            values(lambda proof: f"{proof.preparation_share:.1%}"),
            f"<= {MAX_PREPARATION_SHARE:.0%}",
        ),
    ]
    for group, measured in _seconds_of(proofs).items():
        lines += [(f"{group}: {stage}, s", [f"{value:.2f}" for value in row], "") for stage, row in measured.items()]
    lines += [
        ("peak memory, MiB", values(lambda proof: f"{proof.peak_memory_bytes / 2**20:,.0f}"), ""),
        ("proof, MB", values(lambda proof: f"{proof.proof_bytes / 1e6:.1f}"), ""),
    ]
    return _table("Blocks, proven to segment proofs (this process alone)", list(proofs), lines)


def _seconds_of(proofs: Mapping[str, BlockProof]) -> dict[str, dict[str, list[float]]]:
    """Seconds of stages, outside and inside the segments."""
    groups: dict[str, dict[str, list[float]]] = {"stage": {}, "segments": {}}
    for proof in proofs.values():
        for group, seconds in (("stage", proof.seconds), ("segments", proof.segment_seconds)):
            for stage, value in seconds.items():
                groups[group].setdefault(stage, []).append(value)
    return groups


def _table(title: str, names: Sequence[str], lines: Sequence[Line]) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("target")
    for name, values, target in lines:
        table.add_row(name, *values, target)
    return table


def proof_record(proof: BlockProof) -> dict[str, object]:
    """For the JSON report."""
    shares = {"frequency": proof.frequency, "preparation_share": proof.preparation_share}
    return asdict(proof) | {"proving_seconds": proof.proving_seconds} | shares

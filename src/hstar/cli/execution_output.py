"""How `hstar execute` shows what a run did: as lines for people, as fields of a JSON object."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from hstar.machine.chip_rows import chip_rows
from hstar.machine.execute import Report, profile
from hstar.machine.isa import INSTRUCTIONS, to_signed
from hstar.machine.layout import PAGE_BYTES
from hstar.machine.program import Program
from hstar.prover.estimate import ProvingEstimate

PROFILE_LINES = 25
CELL_LINES = 8
MEBIBYTE = 2**20


def report_fields(
    report: Report, program: Program, seconds: float, with_profile: bool, estimate: ProvingEstimate | None
) -> dict[str, object]:
    """The JSON keys that every execution has."""
    execution = report.execution
    counts = execution.opcode_counts
    fields: dict[str, object] = {
        "output": execution.output.hex(),
        "exit_code": execution.exit_code,
        "cycles": execution.cycles,
        "segments": report.segments,
        "rows": report.rows,
        "cells": report.cells,
        "cells_by_kind": report.cells_by_kind,
        "precompile_calls": {"keccak_f1600": execution.keccak_calls},
        "proving_cost": report.proving_cost,
        "cost_model": report.cost_model,
        "proving_estimate": None if estimate is None else asdict(estimate),
        "misaligned_accesses": report.misaligned_accesses,
        "memory_bytes": execution.memory_pages * PAGE_BYTES,
        "opcodes": {row.name: int(counts[row.number]) for row in INSTRUCTIONS if counts[row.number]},
        "seconds": round(seconds, 6),
    }
    if with_profile:
        lines = profile(program, execution)
        fields["profile"] = [{"function": line.name, "address": line.address, "cycles": line.cycles} for line in lines]
    return fields


def chip_fields(report: Report, program: Program) -> dict[str, object]:
    """The JSON key of `--chips`."""
    rows = chip_rows(program, report.execution)
    return {"chips": {item.chip: {"rows": item.rows, "cells": item.cells} for item in rows}}


def print_chips(console: Console, report: Report, program: Program) -> None:
    """Rows and cells of the circuits' chips, for instruction rows alone."""
    rows, cycles = chip_rows(program, report.execution), max(report.execution.cycles, 1)
    total = sum(item.cells for item in rows)
    table = Table("rows", "cells", "share", "chip", box=None, pad_edge=False)
    for item in rows:
        table.add_row(f"{item.rows:,}", f"{item.cells:,}", f"{item.cells / max(total, 1):.1%}", item.chip)
    console.print(table)
    console.print(f"{total / cycles:.2f} cells a cycle in the rows of instructions")


def report_lines(report: Report, seconds: float, estimate: ProvingEstimate | None) -> list[tuple[str, str]]:
    """Name and value of what every execution shows."""
    execution = report.execution
    rate = execution.cycles / seconds / 1e6 if seconds else 0.0
    lines = [
        ("output", execution.output.hex() or "(none)"),
        ("exit code", str(to_signed(execution.exit_code))),
        ("cycles", f"{execution.cycles:,} ({seconds:.3f} s, {rate:.0f} million a second)"),
        ("segments", f"{report.segments:,}"),
        ("memory", f"{execution.memory_pages * PAGE_BYTES / MEBIBYTE:.1f} MiB touched"),
        ("misaligned accesses", f"{report.misaligned_accesses:,}"),
        ("keccak-f calls", f"{execution.keccak_calls:,}"),
        ("cells", f"{report.cells:,} (estimate, cost model {report.cost_model})"),
        ("proving cost", f"{report.proving_cost:,} (estimate, cost model {report.cost_model})"),
    ]
    if estimate is not None:
        size, per_cycle = f"2^{estimate.log_cells} cells of {estimate.guest}", estimate.microseconds_per_cycle
        words = f"{per_cycle:.2f} us a cycle measured with {size}, {estimate.processor}"
        lines.append(("proving time", f"{estimate.seconds:,.0f} s for the instruction segments ({words})"))
    return lines


def print_lines(console: Console, lines: list[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        table.add_row(name, value)
    console.print(table)


def print_cells(console: Console, report: Report) -> None:
    """What most of the committed cells are for."""
    table = Table("cells", "share", "for", box=None, pad_edge=False)
    ordered = sorted(report.cells_by_kind.items(), key=lambda item: -item[1])
    for name, cells in [item for item in ordered if item[1]][:CELL_LINES]:
        table.add_row(f"{cells:,}", f"{cells / max(report.cells, 1):.1%}", name)
    console.print(table)


def print_profile(console: Console, report: Report, program: Program) -> None:
    """The functions that take most cycles."""
    table = Table("cycles", "share", "function", box=None, pad_edge=False)
    for line in profile(program, report.execution)[:PROFILE_LINES]:
        share = line.cycles / max(report.execution.cycles, 1)
        table.add_row(f"{line.cycles:,}", f"{share:.1%}", line.name)
    console.print(table)

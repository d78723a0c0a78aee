"""Proving one full segment of a real guest: time a cycle by stage, share of the trace, cells, fractions, memory.

The first segment of a run is full, whatever the guest does afterwards. Keys and the first proof are not timed; of the
others the fastest counts. A process of its own makes the peak of its memory that of the segment.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from rich.table import Table

from hstar.air.tables import Segment as Tables
from hstar.air.tables import fill_segment
from hstar.bench.workloads.machine import GUESTS, INPUTS
from hstar.errors import Reason, ResourceError
from hstar.machine.circuit_costs import fractions_of
from hstar.machine.native import NativeMachine
from hstar.machine.program import load_program_file
from hstar.machine.records import record_segment
from hstar.machine.setup import MachineSetup, set_up
from hstar.stark.prove import begin_segment, finish_segment

DEFAULT_LOG_CELLS = (22,)
DEFAULT_GUEST = "collections"
MAX_TRACE_SHARE = 0.10
MAX_CELLS, MAX_FRACTIONS = 25.0, 15.5
"""Targets of an instruction, on the mix of a real guest."""
MAX_MICROSECONDS = 2.5
MAX_BYTES = 8 << 30
TRACE_STAGES = ("record", "fill")


@dataclass(frozen=True)
class MachineRun:
    """What was measured of one segment.

    Args:
        guest: name of the guest.
        log_cells: its size class.
        cycles: instructions in it.
        row_cells, row_fractions: of instruction rows alone, a cycle; preprocessed columns not counted.
        all_fractions: of all rows of the segment, a cycle.
        seconds: by stage, and `all`.
        peak_memory_bytes: of the process.
    """

    guest: str
    log_cells: int
    cycles: int
    row_cells: float
    row_fractions: float
    all_fractions: float
    seconds: dict[str, float]
    peak_memory_bytes: int

    @property
    def microseconds(self) -> float:
        """Of proving a cycle, trace included."""
        return 1e6 * self.seconds["all"] / self.cycles

    @property
    def trace_share(self) -> float:
        """Share of running the segment again and filling tables."""
        return sum(self.seconds[stage] for stage in TRACE_STAGES) / self.seconds["all"]


def measure(guest: str, log_cells: int, repetitions: int) -> MachineRun:
    """Measures in a process of its own.

    Raises:
        ResourceError: OUT_OF_MEMORY when the process ends without a result.
    """
    command = [sys.executable, "-m", "hstar.bench.machine_runs", guest, str(log_cells), str(repetitions)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last_line = process.stderr.strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        message = f"a segment of 2^{log_cells} cells did not finish ({last_line}); measure a smaller size"
        raise ResourceError(message, reason=Reason.OUT_OF_MEMORY)
    return MachineRun(**json.loads(process.stdout))


def measure_here(guest: str, log_cells: int, repetitions: int) -> MachineRun:
    """The same in this process."""
    program = load_program_file(Path(GUESTS) / f"{guest}.elf")
    setup = set_up(program, log_cells)
    segment = NativeMachine(program, INPUTS[guest][1], rule=setup.rule).advance()
    if segment is None:
        raise ResourceError("the guest has no segment", reason=Reason.LIMIT_REACHED)
    class_index = setup.class_of(segment)
    best: dict[str, float] = {}
    for _ in range(repetitions + 1):
        start = perf_counter()
        records = record_segment(setup.plan, program, segment)
        recorded = perf_counter()
        tables = fill_segment(setup.circuit("cpu"), records)
        seconds = {"record": recorded - start, "fill": perf_counter() - recorded}
        _prove(setup, class_index, tables, seconds)
        seconds["all"] = perf_counter() - start
        if not best or seconds["all"] < best["all"]:
            best = seconds
    return _result(setup, guest, log_cells, segment.cycles, tables, best)


def _prove(setup: MachineSetup, class_index: int, tables: Tables, seconds: dict[str, float]) -> None:
    in_order = [tables.tables[chip.program.name] for chip in setup.circuit("cpu").chips]

    def note(stage: str, elapsed: float) -> None:
        seconds[stage] = elapsed

    begun = begin_segment(setup.proving_keys[class_index], 1, in_order, progress=note)
    finish_segment(begun, setup.key.segment_keys.derive_challenge([begun.digest], b""))


def _result(
    setup: MachineSetup, guest: str, log_cells: int, cycles: int, tables: Tables, seconds: dict[str, float]
) -> MachineRun:
    circuit = setup.circuit("cpu").circuit
    heights = {name: table.shape[1] for name, table in tables.tables.items()}
    fixed = setup.tables["cpu"].least_heights
    rows = {name: height for name, height in heights.items() if name not in {*fixed, "boundary", "bump"}}
    widths = {chip.name: chip.width for chip in circuit.chips}
    return MachineRun(
        guest=guest,
        log_cells=log_cells,
        cycles=cycles,
        row_cells=sum(widths[name] * height for name, height in rows.items()) / cycles,
        row_fractions=fractions_of(circuit, rows) / cycles,
        all_fractions=fractions_of(circuit, heights) / cycles,
        seconds=seconds,
        peak_memory_bytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )


def table_of_runs(runs: list[MachineRun]) -> Table:
    """What was measured beside the targets of two Zen 5 cores."""
    table = Table("proving a full segment", *(f"{run.guest}, 2^{run.log_cells}" for run in runs), "target", box=None)
    lines: list[tuple[str, list[str], str]] = [
        ("cycles", [f"{run.cycles:,}" for run in runs], ""),
        ("us a cycle", [f"{run.microseconds:.2f}" for run in runs], f"<= {MAX_MICROSECONDS}"),
        ("share of the trace", [f"{run.trace_share:.1%}" for run in runs], f"<= {MAX_TRACE_SHARE:.0%}"),
        ("cells a cycle, instruction rows", [f"{run.row_cells:.1f}" for run in runs], f"<= {MAX_CELLS}"),
        ("fractions a cycle, instruction rows", [f"{run.row_fractions:.1f}" for run in runs], f"<= {MAX_FRACTIONS}"),
        ("fractions a cycle, all rows", [f"{run.all_fractions:.1f}" for run in runs], ""),
        ("peak memory, MiB", [f"{run.peak_memory_bytes / 2**20:,.0f}" for run in runs], f"<= {MAX_BYTES >> 20:,}"),
    ]
    lines += [(f"seconds, {stage}", [f"{run.seconds[stage]:.3f}" for run in runs], "") for stage in runs[0].seconds]
    for title, values, target in lines:
        table.add_row(title, *values, target)
    return table


def record_of(run: MachineRun) -> dict[str, object]:
    """For the JSON report."""
    return asdict(run) | {"microseconds": run.microseconds, "trace_share": run.trace_share}


if __name__ == "__main__":
    name, size, times = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(measure_here(name, int(size), int(times)))))

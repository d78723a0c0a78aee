"""Proving one full segment of a guest, and one full of keccak-f: time by stage, cells, fractions, memory.

The first segment of a run is full, whatever the guest does afterwards. Keys and the first proof are not timed; of the
others the fastest counts. A process of its own makes the peak of its memory that of the segment.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from hstar.air.tables import Segment as Tables
from hstar.air.tables import fill_segment
from hstar.bench.scale import quintic_nanoseconds
from hstar.bench.workloads.machine import GUESTS, INPUTS
from hstar.errors import InputError, Reason, ResourceError
from hstar.ethereum.example import example_block
from hstar.kernels.allocator import keep_freed_memory
from hstar.machine import guests
from hstar.machine.chips.keccak_records import keccak_records
from hstar.machine.circuit_costs import fractions_of
from hstar.machine.classes import UNITS, cells_of
from hstar.machine.keccak import NUM_LANES
from hstar.machine.layout import HALT_INDEX
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program, load_program, load_program_file
from hstar.machine.records import SegmentRecords, record_segment
from hstar.machine.segments import Segment
from hstar.machine.setup import MachineSetup, set_up
from hstar.prover.blocks import prepare_block
from hstar.stark.prove import begin_segment, finish_segment

DEFAULT_LOG_CELLS = (24,)
BLOCK_GUEST = "revm"
GUEST_NAMES = (BLOCK_GUEST, *INPUTS)
TRACE_STAGES = ("record", "fill")


@dataclass(frozen=True)
class KeccakRun:
    """What was measured of a segment full of permutations.

    Args:
        permutations: in the segment.
        cells, fractions: of one permutation's rows.
        seconds: by stage, and `all`.
    """

    permutations: int
    cells: int
    fractions: int
    seconds: dict[str, float]

    @property
    def milliseconds(self) -> float:
        """Of proving one permutation."""
        return 1e3 * self.seconds["all"] / self.permutations


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
        keccak: a segment of permutations of the same size class.
        quintic_nanoseconds: of this machine (`scale.py`).
    """

    guest: str
    log_cells: int
    cycles: int
    row_cells: float
    row_fractions: float
    all_fractions: float
    seconds: dict[str, float]
    peak_memory_bytes: int
    keccak: KeccakRun
    quintic_nanoseconds: float

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
        InputError: UNKNOWN_NAME.
        ResourceError: OUT_OF_MEMORY when the process ends without a result.
    """
    if guest not in GUEST_NAMES:
        message = f"there is no guest {guest} to measure; there are {', '.join(GUEST_NAMES)}"
        raise InputError(message, reason=Reason.UNKNOWN_NAME)
    command = [sys.executable, "-m", "hstar.bench.machine_runs", guest, str(log_cells), str(repetitions)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last_line = process.stderr.strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        message = f"a segment of 2^{log_cells} cells of {guest} did not finish ({last_line}); measure another size"
        raise ResourceError(message, reason=Reason.OUT_OF_MEMORY)
    fields = json.loads(process.stdout)
    return MachineRun(**fields | {"keccak": KeccakRun(**fields["keccak"])})


def program_and_input(guest: str) -> tuple[Program, bytes]:
    """A guest of this benchmark and what it reads: the shipped block for the guest of blocks.

    Raises:
        InputError: the block cannot be prepared here (it needs the executable specification).
    """
    if guest == BLOCK_GUEST:
        return load_program(guests.load(guest).elf), prepare_block(example_block()).input_bytes
    return load_program_file(Path(GUESTS) / f"{guest}.elf"), INPUTS[guest][1]


def measure_here(guest: str, log_cells: int, repetitions: int) -> MachineRun:
    """The same in this process; raises as `program_and_input` and `set_up`."""
    program, input_bytes = program_and_input(guest)
    setup = set_up(program, log_cells)
    segment = NativeMachine(program, input_bytes, rule=setup.rule).advance()
    if segment is None:
        raise ResourceError("the guest has no segment", reason=Reason.LIMIT_REACHED)
    heights, seconds = _fastest(
        setup, "cpu", lambda: record_segment(setup.plan, program, segment), repetitions, setup.class_of(segment)
    )
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return MachineRun(
        guest=guest,
        log_cells=log_cells,
        cycles=segment.cycles,
        **_a_cycle(setup, segment, heights),
        seconds=seconds,
        peak_memory_bytes=peak,
        keccak=_measure_keccak(setup, repetitions),
        quintic_nanoseconds=quintic_nanoseconds(),
    )


def _fastest(
    setup: MachineSetup,
    segment_type: str,
    records_of: Callable[[], SegmentRecords],
    repetitions: int,
    class_index: int,
) -> tuple[dict[str, int], dict[str, float]]:
    """Heights of the tables, and seconds by stage of the fastest proof but the first."""
    runs = []
    for _ in range(repetitions + 1):
        start = perf_counter()
        records = records_of()
        recorded = perf_counter()
        tables = fill_segment(setup.circuit(segment_type), records)
        seconds = {"record": recorded - start, "fill": perf_counter() - recorded}
        _prove(setup, segment_type, class_index, tables, seconds)
        seconds["all"] = perf_counter() - start
        runs.append(seconds)
    heights = {name: table.shape[1] for name, table in tables.tables.items()}
    return heights, min(runs[1:], key=lambda seconds: seconds["all"])


def _prove(setup: MachineSetup, segment_type: str, class_index: int, tables: Tables, seconds: dict[str, float]) -> None:
    in_order = [tables.tables[chip.program.name] for chip in setup.circuit(segment_type).chips]

    def note(stage: str, elapsed: float) -> None:
        seconds[stage] = elapsed

    begun = begin_segment(setup.proving_keys[class_index], 1, in_order, progress=note)
    finish_segment(begun, setup.key.segment_keys.derive_challenge([begun.digest], b""))


def _a_cycle(setup: MachineSetup, segment: Segment, heights: dict[str, int]) -> dict[str, float]:
    circuit = setup.circuit("cpu").circuit
    fixed = setup.tables["cpu"].least_heights
    rows = {name: height for name, height in heights.items() if name not in {*fixed, "boundary", "bump"}}
    widths = {chip.name: chip.width for chip in circuit.chips}
    return {
        "row_cells": sum(widths[name] * height for name, height in rows.items()) / segment.cycles,
        "row_fractions": fractions_of(circuit, rows) / segment.cycles,
        "all_fractions": fractions_of(circuit, heights) / segment.cycles,
    }


def _measure_keccak(setup: MachineSetup, repetitions: int) -> KeccakRun:
    """A segment that is full of permutations of random states."""
    circuit, permutations = setup.circuit("keccak").circuit, setup.units("keccak")
    states = np.random.default_rng(1).integers(0, 2**64, (permutations, NUM_LANES), dtype=np.uint64)
    largest = max(index for index, item in enumerate(setup.key.classes) if item.type == "keccak")
    _, seconds = _fastest(setup, "keccak", lambda: keccak_records(states, HALT_INDEX), repetitions, largest)
    rows = UNITS["keccak"]
    return KeccakRun(permutations, sum(cells_of(circuit, rows)), fractions_of(circuit, rows), seconds)


def record_of(run: MachineRun) -> dict[str, object]:
    """For the JSON report."""
    own = {"microseconds": run.microseconds, "trace_share": run.trace_share}
    record = asdict(run) | own
    record["keccak"] |= {"milliseconds": run.keccak.milliseconds}
    return record


if __name__ == "__main__":
    keep_freed_memory()
    name, size, times = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(measure_here(name, int(size), int(times)))))

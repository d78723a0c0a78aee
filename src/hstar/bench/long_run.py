"""A run of a thousand million cycles, cut into segments that nobody keeps: how much memory the executor needs."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from hstar.bench.workloads.machine import GUESTS
from hstar.errors import Reason, ResourceError
from hstar.machine.cost import default_cost_model
from hstar.machine.layout import DOUBLEWORD_BYTES, PAGE_BYTES
from hstar.machine.native import NativeMachine
from hstar.machine.program import load_program_file
from hstar.machine.segments import segment_rule

GUEST = "collections"
ROUNDS = {10**9: 1_100_000, 10**8: 110_000}
"""By the cycles that are wanted at least: what the guest must be told."""

SEGMENT_BYTES = 1 << 28
"""For the boundary rows of the segment at hand, several copies of them on their way to Python."""


@dataclass(frozen=True)
class LongRun:
    """What was measured.

    Args:
        guest: its name.
        cycles, segments: of the run.
        seconds: of executing it.
        guest_bytes: of the pages that it touched.
        peak_bytes, start_bytes: resident memory of the process, at most and before the run.
    """

    guest: str
    cycles: int
    segments: int
    seconds: float
    guest_bytes: int
    peak_bytes: int
    start_bytes: int

    @property
    def grown_bytes(self) -> int:
        """What the run needed."""
        return self.peak_bytes - self.start_bytes

    @property
    def bound_bytes(self) -> int:
        """What it may need: the touched pages, 4 bytes of marker and 16 of a list that grows by doubling for each of
        their doublewords, and one segment."""
        doublewords = self.guest_bytes // DOUBLEWORD_BYTES
        return self.guest_bytes + (4 + 2 * 16) * doublewords + SEGMENT_BYTES


def measure_here(cycles: int) -> LongRun:
    """Runs the guest in this process."""
    program = load_program_file(Path(GUESTS) / f"{GUEST}.elf")
    rule = segment_rule(program, default_cost_model())
    start_bytes = _resident_bytes("VmRSS")
    begin, segments = perf_counter(), 0
    machine = NativeMachine(program, struct.pack("<II", 7, ROUNDS[cycles]), rule=rule)
    while not machine.halted:
        machine.advance()
        segments += 1
    seconds = perf_counter() - begin
    pages = machine.result().memory_pages
    return LongRun(GUEST, machine.cycles, segments, seconds, pages * PAGE_BYTES, _resident_bytes("VmHWM"), start_bytes)


def measure(cycles: int) -> LongRun:
    """The same in a process of its own.

    Raises:
        ResourceError: OUT_OF_MEMORY when it ends without a result.
    """
    command = [sys.executable, "-m", "hstar.bench.long_run", str(cycles)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last_line = process.stderr.strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        raise ResourceError(f"the long run did not finish ({last_line})", reason=Reason.OUT_OF_MEMORY)
    return LongRun(**json.loads(process.stdout))


def _resident_bytes(name: str) -> int:
    """VmRSS (now) or VmHWM (at most so far) of this process. The peak in `getrusage` begins with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(measure_here(int(sys.argv[1])))))

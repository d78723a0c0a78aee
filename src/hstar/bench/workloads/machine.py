"""The executor on compiled guests, plain and cut into segments, beside qemu-riscv64 where it is installed.

qemu translates RISC-V to the processor's own instructions and checks less (no limits, no counts, no segments), so it
shows what an interpreter leaves on the table, not what must be reached.
"""

from __future__ import annotations

import atexit
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hstar.bench.workload import Trial, register
from hstar.machine.cost import default_cost_model
from hstar.machine.elf import LoadSegment, read_elf, write_elf
from hstar.machine.layout import INPUT_START, OUTPUT_START, PAGE_BYTES, STACK_TOP
from hstar.machine.native import NativeMachine
from hstar.machine.program import MAX_FILE_BYTES, load_program, read_file
from hstar.machine.segments import SegmentRule, segment_rule

GUESTS = Path(__file__).resolve().parents[4] / "tests/vectors/guests"
PEER = "qemu-riscv64, a translator (where installed)"
QEMU_STACK_BYTES = 2**20


def _guest(name: str) -> bytes:
    return read_file(GUESTS / f"{name}.elf", MAX_FILE_BYTES, "the benchmark's guest")


def _run(data: bytes, input_bytes: bytes, with_segments: bool) -> tuple[Callable[[], int], int]:
    """Work that runs the guest once and returns its cycles; and the cycles."""
    program = load_program(data)
    rule: SegmentRule | None = segment_rule(program, default_cost_model()) if with_segments else None

    def work() -> int:
        machine = NativeMachine(program, input_bytes, rule=rule)
        while not machine.halted:
            machine.advance()
        return machine.cycles

    return work, work()


def _qemu(data: bytes, input_bytes: bytes) -> Callable[[], object] | None:
    """The same guest under qemu: the file gets segments for what the machine maps by itself, stack, input, output."""
    qemu = shutil.which("qemu-riscv64")
    if qemu is None:
        return None
    elf = read_elf(data)
    start = len(input_bytes).to_bytes(8, "little") + input_bytes
    extra = [
        LoadSegment(0, STACK_TOP - QEMU_STACK_BYTES, b"", QEMU_STACK_BYTES, True, False),
        LoadSegment(0, -(-elf.segments[-1].end // PAGE_BYTES) * PAGE_BYTES, b"", 2**28, True, False),  # the heap
        LoadSegment(0, OUTPUT_START, b"", PAGE_BYTES, True, False),
        LoadSegment(0, INPUT_START, start, len(start), False, False),
    ]
    folder = tempfile.mkdtemp(prefix="hstar-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "guest"
    path.write_bytes(write_elf(elf.entry, [*elf.segments, *extra]))
    path.chmod(0o755)

    def work() -> object:
        return subprocess.run([qemu, str(path)], check=True, capture_output=True)

    return work


def _trial(guest: str, input_bytes: bytes, with_segments: bool, num_threads: int) -> Trial:
    data = _guest(guest)
    one, cycles = _run(data, input_bytes, with_segments)
    if num_threads == 1:
        return Trial(one, cycles, peer=_qemu(data, input_bytes))
    pool = ThreadPoolExecutor(num_threads)

    def all_threads() -> list[int]:
        return [future.result() for future in [pool.submit(one) for _ in range(num_threads)]]

    return Trial(all_threads, cycles * num_threads)


INPUTS = {
    "collections": ("ordered maps, strings and the heap in Rust", struct.pack("<II", 7, 40_000)),
    "bigint": ("multi-word multiplication in C", struct.pack("<Q", 5_000)),
    "recursion": ("deep recursion in C", b"\3\x09"),
}


def _register(guest: str, title: str, input_bytes: bytes, with_segments: bool) -> None:
    how = "cut into segments" if with_segments else "plain"

    @register("machine", f"{title}, {how}", unit="cycle", peer=PEER)
    def _prepare(num_threads: int) -> Trial:
        return _trial(guest, input_bytes, with_segments, num_threads)


for _name, (_title, _input) in INPUTS.items():
    for _with_segments in (False, True):
        _register(_name, _title, _input, _with_segments)

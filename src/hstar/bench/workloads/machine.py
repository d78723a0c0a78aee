"""The executor on compiled guests, plain and cut into segments; and qemu-riscv64 where it is installed.

Targets are those of a Zen 5 core, scaled by the loop of `hstar.bench.scale`. qemu translates RISC-V to the processor's
own instructions and checks less (no limits, no counts, no segments), so it shows what an interpreter leaves on the
table, not what must be reached.
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

from hstar.bench.runner import NANOSECONDS
from hstar.bench.scale import PEER, ZEN5_QUINTIC
from hstar.bench.workload import Trial, register
from hstar.kernels import backend
from hstar.machine.cost import default_cost_model
from hstar.machine.elf import LoadSegment, read_elf, write_elf
from hstar.machine.layout import INPUT_START, OUTPUT_START, PAGE_BYTES, STACK_TOP
from hstar.machine.native import NativeMachine
from hstar.machine.program import MAX_FILE_BYTES, load_program, read_file
from hstar.machine.segments import SegmentRule, segment_rule

GUESTS = Path(__file__).resolve().parents[4] / "tests/vectors/guests"
QEMU_STACK_BYTES = 2**20
MIN_CYCLES_A_SECOND = {False: 150e6, True: 80e6}
"""Of a Zen 5 core: plain, and cut into segments."""
_PEER_PASSES = 1000


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


def _qemu(qemu: str, data: bytes, input_bytes: bytes) -> Callable[[], object]:
    """The same guest under qemu: the file gets segments for what the machine maps by itself, stack, input, output."""
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


def _in_all_threads(one: Callable[[], object], num_threads: int) -> Callable[[], object]:
    if num_threads == 1:
        return one
    pool = ThreadPoolExecutor(num_threads)
    return lambda: [future.result() for future in [pool.submit(one) for _ in range(num_threads)]]


def _trial(guest: str, input_bytes: bytes, with_segments: bool, num_threads: int) -> Trial:
    one, cycles = _run(_guest(guest), input_bytes, with_segments)
    native = backend.native()
    return Trial(
        _in_all_threads(one, num_threads),
        cycles * num_threads,
        peer=lambda: native.peer_quintic_multiply_add(_PEER_PASSES),
        peer_operations=_PEER_PASSES * native.LOOP_ELEMENTS * num_threads,
    )


def _qemu_trial(qemu: str, guest: str, input_bytes: bytes, num_threads: int) -> Trial:
    data = _guest(guest)
    _, cycles = _run(data, input_bytes, with_segments=False)
    return Trial(_in_all_threads(_qemu(qemu, data, input_bytes), num_threads), cycles * num_threads)


INPUTS = {
    "collections": ("ordered maps, strings and the heap in Rust", struct.pack("<II", 7, 40_000)),
    "bigint": ("multi-word multiplication in C", struct.pack("<Q", 5_000)),
    "recursion": ("deep recursion in C", b"\3\x09"),
}


def _register(guest: str, title: str, input_bytes: bytes, with_segments: bool) -> None:
    how = "cut into segments" if with_segments else "plain"
    target = NANOSECONDS / MIN_CYCLES_A_SECOND[with_segments] / ZEN5_QUINTIC

    @register("machine", f"{title}, {how}", unit="cycle", peer=PEER, target=target)
    def _prepare(num_threads: int) -> Trial:
        return _trial(guest, input_bytes, with_segments, num_threads)


def _register_qemu(qemu: str, guest: str, title: str, input_bytes: bytes) -> None:
    @register("machine", f"{title}, by qemu-riscv64", unit="cycle")
    def _prepare(num_threads: int) -> Trial:
        return _qemu_trial(qemu, guest, input_bytes, num_threads)


for _name, (_title, _input) in INPUTS.items():
    for _with_segments in (False, True):
        _register(_name, _title, _input, _with_segments)
    if _found := shutil.which("qemu-riscv64"):
        _register_qemu(_found, _name, _title, _input)

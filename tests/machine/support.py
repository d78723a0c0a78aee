"""Programs from assembler text, both machines side by side, and qemu-riscv64 as an independent machine."""

import re
import shutil
import subprocess
from dataclasses import dataclass

import numpy as np
import pytest

from hstar.errors import HstarError
from hstar.machine.assembler import assemble
from hstar.machine.elf import LoadSegment, write_elf
from hstar.machine.layout import PROGRAM_START
from hstar.machine.limits import Limits
from hstar.machine.native import NativeMachine
from hstar.machine.program import from_segments
from hstar.machine.reference import ReferenceMachine

QEMU = shutil.which("qemu-riscv64")
needs_qemu = pytest.mark.skipif(QEMU is None, reason="qemu-riscv64 is not installed (Debian package qemu-user)")
EXIT = "li a0, 0\nli a7, 93\necall\n"
DATA = PROGRAM_START + 0x10_0000


def code_segment(source, base=PROGRAM_START):
    words, _ = assemble(source, base)
    data = b"".join(word.to_bytes(4, "little") for word in words)
    return LoadSegment(0, base, data, len(data), False, True)


def make_program(source, data=b"", data_bytes=0x2_0000, entry=PROGRAM_START):
    """A program with code at PROGRAM_START and `data_bytes` of writable data at DATA."""
    segments = [code_segment(source), LoadSegment(1, DATA, data, max(data_bytes, len(data)), True, False)]
    return from_segments(entry, segments)


@dataclass
class Run:
    """How a run on both machines ended: `error` or `execution`, and the segments."""

    error: HstarError | None
    execution: object
    segments: list
    native: NativeMachine
    reference: ReferenceMachine


def _run(machine, max_segments=10_000):
    segments = []
    try:
        while not machine.halted and len(segments) < max_segments:
            segments.append(machine.advance())
        return None, machine.result(), segments
    except HstarError as error:
        return error, None, segments


def assert_same_fields(first, second):
    assert type(first) is type(second)
    for name, value in vars(first).items():
        other = getattr(second, name)
        if isinstance(value, np.ndarray):
            assert value.dtype == other.dtype and np.array_equal(value, other), name
        else:
            assert value == other, name


def run_both(program, input_bytes=b"", limits=None, rule=None):
    """Runs reference and native and compares everything that either reports."""
    reference = ReferenceMachine(program, input_bytes, limits or Limits(), rule)
    native = NativeMachine(program, input_bytes, limits or Limits(), rule)
    reference_error, reference_execution, reference_segments = _run(reference)
    native_error, native_execution, native_segments = _run(native)
    assert (reference_error is None) == (native_error is None), (reference_error, native_error)
    if reference_error is not None:
        assert (reference_error.reason, reference_error.message) == (native_error.reason, native_error.message)
        assert reference_error.where == native_error.where
    else:
        assert_same_fields(reference_execution, native_execution)
        assert reference.registers == native.registers.tolist()
        if rule is not None:
            assert_same_fields(reference.touched_words(), native.touched_words())
            assert reference.num_touched_words == native.num_touched_words == len(native.touched_words().keys)
    assert len(reference_segments) == len(native_segments)
    if rule is not None:
        for ours, theirs in zip(reference_segments, native_segments, strict=True):
            assert_same_fields(ours, theirs)
    return Run(native_error, native_execution, native_segments, native, reference)


def run_native(program, input_bytes=b"", rule=None):
    machine = NativeMachine(program, input_bytes, rule=rule)
    while not machine.halted:
        machine.advance()
    return machine


def write_for_qemu(folder, source, data=b"", data_bytes=0x2_0000):
    """An ELF file with the same code and data, executable by the host."""
    segments = [code_segment(source), LoadSegment(1, DATA, data, max(data_bytes, len(data)), True, False)]
    path = folder / "program.elf"
    path.write_bytes(write_elf(PROGRAM_START, segments))
    path.chmod(0o755)
    return path


QEMU_PROCESSOR = "rv64,a=false,f=false,d=false,c=false"


def qemu_output(path, timeout=60):
    """(exit code, standard output) of a program under qemu-riscv64."""
    command = [QEMU, "-cpu", QEMU_PROCESSOR, str(path)]
    finished = subprocess.run(command, capture_output=True, check=False, timeout=timeout)
    return finished.returncode, finished.stdout


def qemu_steps(path, log):
    """pc and registers before each instruction, as qemu-riscv64 logs them."""
    command = [QEMU, "-cpu", QEMU_PROCESSOR, "-singlestep", "-d", "cpu,nochain", "-D", str(log), str(path)]
    subprocess.run(command, capture_output=True, check=False, timeout=60)
    steps = []
    for block in log.read_text(encoding="utf-8").split(" pc ")[1:]:
        values = [int(text, 16) for text in re.findall(r"\b([0-9a-f]{16})\b", block)]
        steps.append((values[0], values[1:33]))
    return steps

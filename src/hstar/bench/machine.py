"""What a measurement was made on. Figures without it mean nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import hstar
from hstar.kernels import backend


@dataclass(frozen=True)
class Machine:
    """The machine and the build that produced a set of results."""

    processor: str
    cores: int
    instruction_set: str
    compiler: str
    python: str
    hstar: str


def processor_name() -> str:
    """The processor's name as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def this_machine() -> Machine:
    """The machine and the native module that run now.

    Raises:
        ResourceError: NATIVE_MODULE_MISSING; only native kernels are measured.
    """
    native = backend.native()
    return Machine(
        processor=processor_name(),
        cores=os.cpu_count() or 1,
        instruction_set=native.compiled_instruction_set(),
        compiler=native.compiler,
        python=platform.python_version(),
        hstar=hstar.__version__,
    )

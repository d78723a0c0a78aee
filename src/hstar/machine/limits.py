"""What an execution may use, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.machine.layout import MAX_INPUT_BYTES, PAGE_BYTES, RAM_BYTES
from hstar.machine.reasons import ExecutionReason

DEFAULT_MAX_CYCLES = 2**36
DEFAULT_MAX_MEMORY_BYTES = 2**31


@dataclass(frozen=True)
class Limits:
    """Bounds of one run: instructions, and bytes of guest memory in pages touched (image and input included)."""

    max_cycles: int = DEFAULT_MAX_CYCLES
    max_memory_bytes: int = DEFAULT_MAX_MEMORY_BYTES

    def __post_init__(self) -> None:
        if not 1 <= self.max_cycles <= 2**48:
            raise InputError(f"max_cycles is {self.max_cycles}; 1 to 2^48 are possible", reason=Reason.OUT_OF_RANGE)
        if not PAGE_BYTES <= self.max_memory_bytes <= RAM_BYTES:
            message = f"max_memory_bytes is {self.max_memory_bytes}; {PAGE_BYTES} to {RAM_BYTES} are possible"
            raise InputError(message, reason=Reason.OUT_OF_RANGE)

    @property
    def max_pages(self) -> int:
        """The memory limit in pages."""
        return self.max_memory_bytes // PAGE_BYTES


@dataclass(frozen=True)
class Execution:
    """What a finished run did.

    Args:
        output: the public output; exit_code: a0 of the last system call.
        word_counts: `int64[n]` executions of each word of the code table.
        opcode_counts: `int64[NUM_OPCODES]`.
        keccak_calls: calls of the keccak-f[1600] precompile.
        memory_pages: pages of 4096 bytes touched, image and input included.
    """

    exit_code: int
    output: bytes
    cycles: int
    word_counts: NDArray[np.int64]
    opcode_counts: NDArray[np.int64]
    misaligned_loads: int
    misaligned_stores: int
    keccak_calls: int
    memory_pages: int


def check_input(data: bytes) -> None:
    """Refuses an input that the machine's input region cannot hold.

    Raises:
        InputError: INPUT_TOO_LARGE.
    """
    if len(data) > MAX_INPUT_BYTES:
        message = f"the input has {len(data)} bytes; at most {MAX_INPUT_BYTES} fit the machine's input region"
        raise InputError(message, reason=ExecutionReason.INPUT_TOO_LARGE, input_bytes=len(data))

"""The machine in the native module: the same answers as `ReferenceMachine`, a million times faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hstar.errors import Reason, ResourceError
from hstar.kernels import backend
from hstar.machine.faults import execution_error, output_error
from hstar.machine.isa import NUM_OPCODES
from hstar.machine.layout import DOUBLEWORD_BYTES, INPUT_START, MAX_OUTPUT_BYTES, OUTPUT_START, OUTPUT_WORDS
from hstar.machine.limits import Execution, Limits, check_input
from hstar.machine.program import Program, pack_words
from hstar.machine.reasons import ExecutionReason
from hstar.machine.segments import (
    EPOCH_CYCLES,
    MIN_STRETCH,
    Segment,
    SegmentRule,
    TouchedWords,
    block_cycles,
    expand_counts,
)

if TYPE_CHECKING:
    from hstar._native import Executor, RecordPlan

QUANTUM_CYCLES = 2**26  # how long the native module runs before Python looks for Ctrl-C: well under a second
_BLOCK_TOO_LONG, _HALTED = 1, 2
_REASON_OF_STOP = {
    3: ExecutionReason.UNKNOWN_INSTRUCTION,
    4: ExecutionReason.BREAKPOINT,
    5: ExecutionReason.UNKNOWN_SYSCALL,
    6: ExecutionReason.MISALIGNED_JUMP,
    7: ExecutionReason.JUMP_OUTSIDE_CODE,
    8: ExecutionReason.ADDRESS_OUT_OF_RANGE,
    9: ExecutionReason.STORE_TO_CODE,
    10: ExecutionReason.MISALIGNED_ARGUMENT,
    11: ExecutionReason.MEMORY_LIMIT,
    12: ExecutionReason.CYCLE_LIMIT,
    13: ExecutionReason.SEGMENT_LIMIT,
    14: ExecutionReason.SIZE_CLASS_TOO_SMALL,
}


def _bytes(array: NDArray[np.generic]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _new_executor(program: Program, limits: Limits, rule: SegmentRule | None) -> Executor:
    decoded = program.decoded
    code: dict[str, object] = {
        "start": program.code_start,
        "opcode": _bytes(decoded.opcode),
        "rd": _bytes(decoded.rd),
        "rs1": _bytes(decoded.rs1),
        "rs2": _bytes(decoded.rs2),
        "immediate": _bytes(decoded.immediate),
        "block_cycles": _bytes(block_cycles(program)),
        "block_cells": _bytes(np.zeros(len(program.words), dtype=np.uint32) if rule is None else rule.block_cells),
    }
    rule_items = rule and {
        "capacity": rule.capacity,
        "row_limit": rule.row_limit,
        "min_stretch": MIN_STRETCH,
        "epoch_cycles": EPOCH_CYCLES,
        "touch_cells": rule.touch_cells,
        "wide_load_cells": rule.wide_load_cells,
        "wide_store_cells": rule.wide_store_cells,
        "call_cells": rule.call_cells,
        "bridge_cells": rule.bridge_cells,
        "boundary_capacity": rule.boundary_capacity,
        "bridge_capacity": rule.bridge_capacity,
        "touch_boundary_cells": rule.touch_boundary_cells,
        "call_boundary_cells": rule.call_boundary_cells,
        "family_of_opcode": rule.group_of_opcode.tobytes(),
    }
    try:
        executor: Executor = backend.native().Executor(
            code, list(program.code_ranges), limits.max_cycles, limits.max_pages, rule_items
        )
    except OSError as error:
        message = f"the machine's 6 GiB of address space cannot be reserved ({error}); raise the limit (ulimit -v)"
        raise ResourceError(message, reason=Reason.OUT_OF_MEMORY) from error
    return executor


class NativeMachine:
    """Runs one program on one input; `advance` until `halted`, then `result`. The same as `ReferenceMachine`."""

    def __init__(
        self, program: Program, input_bytes: bytes = b"", limits: Limits | None = None, rule: SegmentRule | None = None
    ) -> None:
        check_input(input_bytes)
        self.program, self.rule = program, rule
        self.halted, self.exit_code = False, 0
        self._executor = _new_executor(program, limits or Limits(), rule)
        self._executor.set_state(program.entry, bytes(32 * DOUBLEWORD_BYTES))
        self.write_words(program.image_index, program.image_words)
        header = len(input_bytes).to_bytes(DOUBLEWORD_BYTES, "little") if input_bytes else b""
        self.write_words(*pack_words(INPUT_START, header + input_bytes))

    def write_words(self, index: NDArray[np.uint32], words: NDArray[np.uint64]) -> None:
        """Puts words into memory before the run."""
        self._executor.write_words(_bytes(index), _bytes(words))

    def set_state(self, pc: int, registers: NDArray[np.uint64]) -> None:
        """Starts from a pc inside the code and these 32 registers (to replay a segment)."""
        self._executor.set_state(pc, _bytes(registers))

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self._executor.status()[0]

    @property
    def cycles(self) -> int:
        """Instructions executed."""
        return self._executor.status()[1]

    @property
    def registers(self) -> NDArray[np.uint64]:
        """x0 .. x31, `uint64[32]`."""
        return np.frombuffer(self._executor.registers(), dtype="<u8").astype(np.uint64)

    def read_words(self, index: int, count: int) -> NDArray[np.uint64]:
        """Doublewords `index` .. `index + count - 1`."""
        return np.frombuffer(self._executor.read_words(index, count), dtype="<u8").astype(np.uint64)

    def word(self, index: int) -> int:
        """Doubleword `index`."""
        return int.from_bytes(self._executor.read_words(index, 1), "little")

    def record(self, plan: RecordPlan, cycles: int) -> dict[str, Any]:
        """Runs `cycles` instructions of a machine without a rule and writes them down (`hstar.machine.records`).

        Raises:
            ExecutionError: the program trapped.
        """
        stop, fields = self._executor.record(plan, cycles)
        if fields is None:
            self._check_stop(stop)
            raise RuntimeError("the native recorder stopped without a reason")
        self.halted = fields["halted"]
        return fields

    def _check_stop(self, stop: int) -> None:
        pc, cycles, detail, *_ = self._executor.status()
        if stop == _HALTED:
            self.halted, self.exit_code = True, detail
        elif stop != _BLOCK_TOO_LONG:
            raise execution_error(_REASON_OF_STOP[stop], self.program, pc, detail, cycles=cycles)

    def advance(self) -> Segment | None:
        """Runs to the next cut, or to the end without a rule; returns the segment, or None without a rule.

        Raises:
            ExecutionError: the program trapped or reached a limit.
        """
        if self.rule is None:
            while not self.halted:
                self.run_for(QUANTUM_CYCLES)
            return None
        stop, fields = self._executor.run_segment()
        self._check_stop(stop)
        return None if fields is None else _segment(fields)

    def run_for(self, cycles: int) -> None:
        """Runs about `cycles` instructions (never part of a block) of a machine without a rule; errors as `advance`."""
        self._check_stop(self._executor.run(cycles))

    @property
    def num_touched_words(self) -> int:
        """How many RAM words were touched in the run so far."""
        return self._executor.num_touched_words()

    def touched_words(self) -> TouchedWords:
        """Every RAM word touched in the run so far, for the initial and final rows."""
        keys, segments, initial, final = self._executor.touched_words()
        return TouchedWords(
            np.frombuffer(keys, dtype="<u4").astype(np.uint32),
            np.frombuffer(segments, dtype="<u2").astype(np.uint16),
            np.frombuffer(initial, dtype="<u8").astype(np.uint64),
            np.frombuffer(final, dtype="<u8").astype(np.uint64),
        )

    def result(self) -> Execution:
        """What the finished run did.

        Raises:
            ExecutionError: OUTPUT_TOO_LONG.
        """
        words = self._executor.read_words(OUTPUT_START // DOUBLEWORD_BYTES, OUTPUT_WORDS)
        length = int.from_bytes(words[:DOUBLEWORD_BYTES], "little")
        if length > MAX_OUTPUT_BYTES:
            raise output_error(length)
        _, cycles, _, loads, stores, calls, pages = self._executor.status()
        entries = np.frombuffer(self._executor.entries(), dtype="<i8").astype(np.int64)
        counts = expand_counts(self.program, entries)
        opcodes = np.bincount(self.program.decoded.opcode, weights=counts.astype(np.float64), minlength=NUM_OPCODES)
        return Execution(
            exit_code=self.exit_code,
            output=words[DOUBLEWORD_BYTES : DOUBLEWORD_BYTES + length],
            cycles=cycles,
            word_counts=counts,
            opcode_counts=opcodes.astype(np.int64),
            misaligned_loads=loads,
            misaligned_stores=stores,
            keccak_calls=calls,
            memory_pages=pages,
        )


def _segment(fields: dict[str, int | bytes]) -> Segment:
    def array(name: str, dtype: str) -> NDArray[np.generic]:
        data = fields[name]
        return np.frombuffer(data if isinstance(data, bytes) else b"", dtype=dtype)

    def number(name: str) -> int:
        value = fields[name]
        return value if isinstance(value, int) else 0

    return Segment(
        number=number("number"),
        pc=number("pc"),
        registers=array("registers", "<u8").astype(np.uint64),
        cycles=number("cycles"),
        keys=array("keys", "<u4").astype(np.uint32),
        previous_segments=array("previous_segments", "<u2").astype(np.uint16),
        values_in=array("values_in", "<u8").astype(np.uint64),
        values_out=array("values_out", "<u8").astype(np.uint64),
        opcode_counts=array("opcode_counts", "<i8").astype(np.int64),
        wide_loads=number("wide_loads"),
        wide_stores=number("wide_stores"),
        calls=number("calls"),
        bridges=number("bridges"),
    )

"""The machine in plain Python: the definition of what every executor does, one instruction at a time.

`step` is the instruction set's meaning, read off the table. Around it stand the rules that the native executor follows
too, to the last array element: limits, faults, block counts, cuts into segments, boundary rows.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from hstar.machine.decode import decode
from hstar.machine.faults import execution_error, output_error
from hstar.machine.isa import BY_NAME, INSTRUCTION_BYTES, MASK, NUM_OPCODES, NUM_REGISTERS, Kind, sign_extend
from hstar.machine.keccak import keccak_f1600
from hstar.machine.layout import (
    DOUBLEWORD_BYTES,
    INPUT_START,
    MAX_OUTPUT_BYTES,
    MAX_SEGMENTS,
    OUTPUT_START,
    PAGE_BYTES,
    PC_KEY,
    RAM_BYTES,
    register_key,
)
from hstar.machine.limits import Execution, Limits, check_input
from hstar.machine.program import Program, pack_words
from hstar.machine.reasons import ExecutionError, ExecutionReason
from hstar.machine.segments import (
    BRIDGED_WORDS,
    EPOCH_CYCLES,
    EXHAUSTED_CELLS,
    HALT_PC,
    MIN_STRETCH,
    Segment,
    SegmentRule,
    TouchedWords,
    block_cycles,
    expand_counts,
    group_rows,
    register_masks,
)
from hstar.machine.syscalls import KECCAK_MARGIN_BYTES, KECCAK_STATE_WORDS, Syscall

A0, A7 = 10, 17
_PAGE_WORDS = PAGE_BYTES // DOUBLEWORD_BYTES


class ReferenceMachine:
    """Runs one program on one input; `advance` until `halted`, then `result`."""

    def __init__(
        self, program: Program, input_bytes: bytes = b"", limits: Limits | None = None, rule: SegmentRule | None = None
    ) -> None:
        check_input(input_bytes)
        self.program, self.limits, self.rule = program, limits or Limits(), rule
        self.pc, self.registers, self.cycles = program.entry, [0] * NUM_REGISTERS, 0
        self.halted, self.exit_code = False, 0
        self.memory: dict[int, int] = {}  # doubleword index -> value; absent is 0
        self.pages: set[int] = set()
        self.put_words(program.image_index.tolist(), program.image_words.tolist())
        header = len(input_bytes).to_bytes(DOUBLEWORD_BYTES, "little") if input_bytes else b""
        index, words = pack_words(INPUT_START, header + input_bytes)
        self.put_words(index.tolist(), words.tolist())
        self._initial = dict(self.memory)
        self.misaligned = [0, 0]  # loads, stores
        self.wide = [0, 0]  # loads, stores that are misaligned or off a base outside RAM, in runs with segments
        self.calls = 0
        self._block_cycles = block_cycles(program).tolist()
        self._entries = np.zeros(len(program.words), dtype=np.int64)  # of finished segments
        self._at_block_start = True
        self._segment_entries: Counter[int] = Counter()
        self._segment_number = 0
        self._cells = self._stretch = 0  # what the current segment has left: cells, and cycles not yet checked
        self._boundary_left = self._bridges_left = 0  # and cells of the boundary group, and bridging rows
        self._last_segment: dict[int, int] = {}  # key -> last segment that touched it
        self._epoch = self._epoch_left = 0  # number of the epoch, counted through the run; cycles left in it
        self._last_epoch: dict[int, int] = {}  # word index -> last epoch that touched it
        self.bridges = 0
        self.computed = 0  # what the last instruction computed for rd, also where rd is x0
        self._touched: dict[int, tuple[int, int]] = {}  # of this segment: word index -> (previous segment, value in)

    def put_words(self, index: list[int], words: list[int]) -> None:
        """Puts words into memory before the run."""
        self.memory.update(zip(index, words, strict=True))
        self.pages.update(word_index // _PAGE_WORDS for word_index in index)

    def set_state(self, pc: int, registers: NDArray[np.uint64]) -> None:
        """Goes on from a pc inside the code and these 32 registers."""
        self.pc, self.registers, self._at_block_start = pc, registers.tolist(), True

    def _fault(self, reason: ExecutionReason, detail: int = 0) -> ExecutionError:
        return execution_error(reason, self.program, self.pc, detail, cycles=self.cycles)

    # Memory

    def word(self, index: int) -> int:
        """Doubleword `index`."""
        return self.memory.get(index, 0)

    def _touch(self, index: int) -> None:
        """Accounts for an access to the doubleword `index`: the memory limit, the segment's boundary rows."""
        page = index // _PAGE_WORDS
        if page not in self.pages:
            if len(self.pages) >= self.limits.max_pages:
                raise self._fault(ExecutionReason.MEMORY_LIMIT, index * DOUBLEWORD_BYTES)
            self.pages.add(page)
        if self.rule is None:
            return
        if index not in self._touched:
            self._touched[index] = (self._last_segment.get(index, 0), self.memory.get(index, 0))
            self._last_segment[index] = self._segment_number
            self._cells -= self.rule.touch_cells
            self._charge_boundary(self.rule.touch_boundary_cells)
        elif self._epoch - self._last_epoch[index] >= 2:
            self._charge_bridges(self.rule, 1)
        self._last_epoch[index] = self._epoch

    def _charge_boundary(self, cells: int) -> None:
        """Takes cells of the boundary group; once there are none left, the segment has no cells left at all."""
        self._boundary_left -= cells
        if self._boundary_left < 0:
            self._cells -= EXHAUSTED_CELLS

    def _charge_bridges(self, rule: SegmentRule, rows: int) -> None:
        """Counts bridging rows; once there are none left, the segment has no cells left at all."""
        self.bridges += rows
        self._bridges_left -= rows
        self._cells -= rows * rule.bridge_cells + (EXHAUSTED_CELLS if self._bridges_left < 0 else 0)

    def _check_range(self, address: int, num_bytes: int) -> None:
        if address + num_bytes > RAM_BYTES:
            raise self._fault(ExecutionReason.ADDRESS_OUT_OF_RANGE, address)

    def _check_not_code(self, address: int, num_bytes: int) -> None:
        first, last = address // DOUBLEWORD_BYTES, (address + num_bytes - 1) // DOUBLEWORD_BYTES
        for start, end in self.program.code_ranges:
            if first <= (end - 1) // DOUBLEWORD_BYTES and last >= start // DOUBLEWORD_BYTES:
                raise self._fault(ExecutionReason.STORE_TO_CODE, address)

    def _note_wide(self, base: int, address: int, num_bytes: int, store: bool) -> None:
        is_misaligned = address % num_bytes > 0
        self.misaligned[store] += is_misaligned
        if self.rule is not None and (is_misaligned or base >= RAM_BYTES):
            self.wide[store] += 1
            self._cells -= self.rule.wide_store_cells if store else self.rule.wide_load_cells

    def _access(self, address: int, num_bytes: int) -> tuple[int, int, int]:
        """Touches the one or two doublewords; returns (first index, both words as one integer, bit offset)."""
        first, last = address // DOUBLEWORD_BYTES, (address + num_bytes - 1) // DOUBLEWORD_BYTES
        self._touch(first)
        if last != first:
            self._touch(last)
        both = self.memory.get(first, 0) | self.memory.get(first + 1, 0) << 64
        return first, both, 8 * (address % DOUBLEWORD_BYTES)

    def load(self, base: int, offset: int, num_bytes: int) -> int:
        """The `num_bytes` at `base + offset`, as an unsigned integer."""
        address = (base + offset) & MASK
        self._check_range(address, num_bytes)
        self._note_wide(base, address, num_bytes, store=False)
        _, both, shift = self._access(address, num_bytes)
        return both >> shift & ((1 << 8 * num_bytes) - 1)

    def store(self, base: int, offset: int, num_bytes: int, value: int) -> None:
        """Writes the low `num_bytes` of `value` at `base + offset`."""
        address = (base + offset) & MASK
        self._check_range(address, num_bytes)
        self._check_not_code(address, num_bytes)
        self._note_wide(base, address, num_bytes, store=True)
        first, both, shift = self._access(address, num_bytes)
        mask = ((1 << 8 * num_bytes) - 1) << shift
        both = both & ~mask | value << shift & mask
        self.memory[first] = both & MASK
        if address % DOUBLEWORD_BYTES + num_bytes > DOUBLEWORD_BYTES:
            self.memory[first + 1] = both >> 64

    # Instructions

    def _jump_target(self, target: int) -> int:
        if target % INSTRUCTION_BYTES:
            raise self._fault(ExecutionReason.MISALIGNED_JUMP, target)
        if not self.program.code_start <= target < self.program.code_end:
            raise self._fault(ExecutionReason.JUMP_OUTSIDE_CODE, target)
        return target

    def _call_keccak(self) -> None:
        address = self.registers[A0]
        self._check_range(address, KECCAK_MARGIN_BYTES + 1)
        if address % DOUBLEWORD_BYTES:
            raise self._fault(ExecutionReason.MISALIGNED_ARGUMENT, address)
        self._check_not_code(address, DOUBLEWORD_BYTES * KECCAK_STATE_WORDS)
        first = address // DOUBLEWORD_BYTES
        indices = range(first, first + KECCAK_STATE_WORDS)
        for index in indices:
            self._touch(index)
        lanes = keccak_f1600([self.memory.get(index, 0) for index in indices])
        self.memory.update(zip(indices, lanes, strict=True))
        self.calls += 1
        if self.rule is not None:
            self._cells -= self.rule.call_cells
            self._charge_boundary(self.rule.call_boundary_cells)

    def _system_call(self) -> None:
        match self.registers[A7]:
            case Syscall.EXIT:
                self.halted, self.exit_code = True, self.registers[A0]
            case Syscall.KECCAK_F1600:
                self._call_keccak()
            case number:
                raise self._fault(ExecutionReason.UNKNOWN_SYSCALL, number)

    def step(self) -> None:
        """Executes the instruction at pc.

        Raises:
            ExecutionError: it trapped; the state is that before the instruction.
        """
        word = self.program.word_at(self.pc)
        if word is None:
            raise self._fault(ExecutionReason.JUMP_OUTSIDE_CODE, self.pc)
        decoded = decode(word)
        if decoded is None:
            raise self._fault(ExecutionReason.UNKNOWN_INSTRUCTION)
        row, x, immediate = decoded.instruction, self.registers, decoded.immediate
        following, result = self.pc + INSTRUCTION_BYTES, None
        first = x[decoded.rs1] if "rs1" in row.layout.operands else self.pc
        second = x[decoded.rs2] if "rs2" in row.layout.operands else immediate & MASK
        match row.kind:
            case Kind.COMPUTE if row.compute is not None:
                result = row.compute(first, second) & MASK
            case Kind.LOAD:
                result = self.load(first, immediate, row.memory_bytes)
                result = sign_extend(result, 8 * row.memory_bytes) if row.memory_signed else result
            case Kind.STORE:
                self.store(first, immediate, row.memory_bytes, x[decoded.rs2])
            case Kind.BRANCH if row.compute is not None:
                if row.compute(first, second):
                    following = self._jump_target((self.pc + immediate) & MASK)
            case Kind.JUMP:
                target = (first + immediate) & MASK & ~int(row is BY_NAME["jalr"])
                result, following = following, self._jump_target(target)
            case Kind.SYSTEM if row is BY_NAME["ecall"]:
                self._system_call()
            case Kind.SYSTEM:
                raise self._fault(ExecutionReason.BREAKPOINT)
        self.computed = 0 if result is None else result
        if result is not None and decoded.rd != 0:
            x[decoded.rd] = result
        self.pc, self._at_block_start = following, row.ends_block
        self.cycles += 1

    # Blocks and segments

    def _may_enter_block(self) -> bool:
        """Whether the block at pc still belongs to this segment; raises at the cycle limit."""
        index = (self.pc - self.program.code_start) // INSTRUCTION_BYTES
        if index == len(self.program.words):
            return True  # control fell off the end: `step` faults
        length = self._block_cycles[index]
        if self.cycles + length > self.limits.max_cycles:
            raise self._fault(ExecutionReason.CYCLE_LIMIT, self.limits.max_cycles)
        if self.rule is not None:
            cells = int(self.rule.block_cells[index])
            if length > self._epoch_left:
                self._epoch, self._epoch_left = self._epoch + 1, max(EPOCH_CYCLES, length)
                self._charge_bridges(self.rule, BRIDGED_WORDS)
            if cells > self._cells or not self._rows_allow(self.rule, length):
                if self.cycles == self._start_cycles:
                    raise self._fault(ExecutionReason.SIZE_CLASS_TOO_SMALL, length)
                return False
            self._cells -= cells
            self._epoch_left -= length
        self._segment_entries[index] += 1
        return True

    def _rows_allow(self, rule: SegmentRule, length: int) -> bool:
        if length > self._stretch:
            rows = int(group_rows(self._opcode_counts(self._segment_word_counts()), rule.group_of_opcode).max())
            self._stretch = rule.row_limit - rows
            if length + MIN_STRETCH > self._stretch and self.cycles != self._start_cycles:
                return False
            if length > self._stretch:
                return False
        self._stretch -= length
        return True

    def _segment_word_counts(self) -> NDArray[np.int64]:
        entries = np.zeros(len(self.program.words), dtype=np.int64)
        for index, count in self._segment_entries.items():
            entries[index] = count
        return expand_counts(self.program, entries)

    def _opcode_counts(self, word_counts: NDArray[np.int64]) -> NDArray[np.int64]:
        weights = word_counts.astype(np.float64)  # exact below 2^53
        return np.bincount(self.program.decoded.opcode, weights=weights, minlength=NUM_OPCODES).astype(np.int64)

    def _begin_segment(self) -> None:
        self._start_cycles, self._start_pc, self._start_registers = self.cycles, self.pc, list(self.registers)
        self._start_events = (*self.wide, self.calls, self.bridges)
        if self.rule is None:
            return
        self._cells, self._stretch = self.rule.capacity, self.rule.row_limit
        self._boundary_left, self._bridges_left = self.rule.boundary_capacity, self.rule.bridge_capacity
        self._epoch, self._epoch_left = self._epoch + 1, EPOCH_CYCLES
        self._segment_number += 1
        if self._segment_number > MAX_SEGMENTS:
            raise self._fault(ExecutionReason.SEGMENT_LIMIT, self._segment_number)

    def advance(self) -> Segment | None:
        """Runs to the next cut, or to the end without a rule; returns the segment, or None without a rule.

        Raises:
            ExecutionError: the program trapped or reached a limit.
        """
        self._begin_segment()
        while not self.halted:
            if self._at_block_start and not self._may_enter_block():
                break
            self.step()
        word_counts = self._segment_word_counts()
        segment = self._finish_segment(word_counts) if self.rule is not None else None
        for index, count in self._segment_entries.items():
            self._entries[index] += count
        self._segment_entries.clear()
        self._touched.clear()
        return segment

    def _touched_registers(self, word_counts: NDArray[np.int64]) -> list[int]:
        masks, ecall_mask = register_masks()
        decoded, touched = self.program.decoded, 0
        for index in np.flatnonzero(word_counts):
            opcode = int(decoded.opcode[index])
            for bit, field in ((1, decoded.rd), (2, decoded.rs1), (4, decoded.rs2)):
                if masks[opcode] & bit:
                    touched |= 1 << int(field[index])
            if opcode == BY_NAME["ecall"].number:
                touched |= ecall_mask
        return [register for register in range(1, NUM_REGISTERS) if touched >> register & 1]

    def _finish_segment(self, word_counts: NDArray[np.int64]) -> Segment:
        rows = [(index + 1, *before, self.memory.get(index, 0)) for index, before in self._touched.items()]
        for register in self._touched_registers(word_counts):
            key = register_key(register)
            before = self._last_segment.get(-key, 0)
            rows.append((key, before, self._start_registers[register], self.registers[register]))
            self._last_segment[-key] = self._segment_number
        end = HALT_PC if self.halted else self.pc
        rows.append((PC_KEY, self._segment_number - 1, self._start_pc, end))
        keys, previous, values_in, values_out = zip(*rows, strict=True)
        loads, stores, calls, bridges = self._start_events
        return Segment(
            number=self._segment_number,
            pc=self._start_pc,
            registers=np.array(self._start_registers, dtype=np.uint64),
            cycles=self.cycles - self._start_cycles,
            keys=np.array(keys, dtype=np.uint32),
            previous_segments=np.array(previous, dtype=np.uint16),
            values_in=np.array(values_in, dtype=np.uint64),
            values_out=np.array(values_out, dtype=np.uint64),
            opcode_counts=self._opcode_counts(word_counts),
            wide_loads=self.wide[0] - loads,
            wide_stores=self.wide[1] - stores,
            calls=self.calls - calls,
            bridges=self.bridges - bridges,
        )

    # Results

    @property
    def num_touched_words(self) -> int:
        """How many RAM words were touched in the run so far."""
        return sum(key >= 0 for key in self._last_segment)

    def touched_words(self) -> TouchedWords:
        """Every RAM word touched in the run so far, for the initial and final rows."""
        index = sorted(key for key in self._last_segment if key >= 0)
        return TouchedWords(
            np.array(index, dtype=np.uint32) + np.uint32(1),
            np.array([self._last_segment[key] for key in index], dtype=np.uint16),
            np.array([self._initial.get(key, 0) for key in index], dtype=np.uint64),
            np.array([self.memory.get(key, 0) for key in index], dtype=np.uint64),
        )

    def result(self) -> Execution:
        """What the finished run did.

        Raises:
            ExecutionError: OUTPUT_TOO_LONG.
        """
        first = OUTPUT_START // DOUBLEWORD_BYTES
        length = self.memory.get(first, 0)
        if length > MAX_OUTPUT_BYTES:
            raise output_error(length)
        words = range(first + 1, first + 1 + MAX_OUTPUT_BYTES // DOUBLEWORD_BYTES)
        output = b"".join(self.memory.get(index, 0).to_bytes(8, "little") for index in words)[:length]
        counts = expand_counts(self.program, self._entries)
        return Execution(
            exit_code=self.exit_code,
            output=output,
            cycles=self.cycles,
            word_counts=counts,
            opcode_counts=self._opcode_counts(counts),
            misaligned_loads=self.misaligned[0],
            misaligned_stores=self.misaligned[1],
            keccak_calls=self.calls,
            memory_pages=len(self.pages),
        )

"""Runs one segment again and writes down what the rows of its chips are computed from.

An instruction is a row of one chip. Which chip, and which words the row accesses, stands in a `RecordPlan` that is made
from the table of operations. For each access the record has what the word held and the time of the access before it.
Times inside an instruction that begins at `clock` = 4 * (cycles before it in the segment): first read + 1; second read
or memory read + 2; writes of registers and memory, and calls of keccak-f[1600], + 3.

Two kinds of words have no access before their first one in a segment. A word of state starts one tick before it: that
time stands in its boundary row. The two words that stand for x0 (what reads find, and where writes go) start at time
0. A row checks a gap of at most `MAX_GAP`; before a later access comes a bump row: the word moves to one tick before.

`ReferenceRecorder` is the definition. The native recorder writes the same arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.kernels import backend
from hstar.machine.isa import BY_NUMBER, INSTRUCTION_BYTES, MASK, NUM_REGISTERS, Instruction, Kind
from hstar.machine.layout import (
    CYCLE_TICKS,
    DISCARD_KEY,
    DOUBLEWORD_BYTES,
    FIRST_REGISTER_KEY,
    HALT_INDEX,
    MAX_SEGMENT_CYCLES,
    PC_KEY,
    RAM_BYTES,
    ZERO_KEY,
)
from hstar.machine.operations import Accesses
from hstar.machine.program import Program
from hstar.machine.reference import A0, A7, ReferenceMachine
from hstar.machine.replay import check_end, different, restore_native, restore_reference
from hstar.machine.segments import HALT_PC, Segment
from hstar.machine.syscalls import KECCAK_STATE_WORDS, Syscall

if TYPE_CHECKING:
    from hstar._native import RecordPlan as NativePlan

ChipRecords = dict[str, NDArray[np.uint64]]
"""For each field `[rows]`, or `[rows, 25]` for the state of keccak-f[1600]."""
SegmentRecords = dict[str, ChipRecords]
"""By name of chip, for every chip with rows."""

NO_OPERATION = 2**16 - 1
MAX_GAP = 2**16
_STATE_FIELDS = ("memory_old", "memory_new", "memory_time")
_WORD_FIELDS = (
    *("pc", "clock", "rd", "rs1", "rs2", "c0", "c1", "c2", "c3", "immediate", "variant"),
    *("rs1_value", "rs1_time", "rs2_value", "rs2_time", "rd_old", "rd_time"),
    *("memory_old", "memory_time", "memory2_old", "memory2_time"),
)
FIELDS = (*_WORD_FIELDS, *(f"{name}[{lane}]" for name in _STATE_FIELDS for lane in range(KECCAK_STATE_WORDS)))
"""Everything that a row can be computed from; the native recorder numbers the fields in this order."""
_READ, _SECOND_READ, _WRITE = 1, 2, 3  # ticks after the clock
_DISCARD_SLOT = NUM_REGISTERS


@dataclass(frozen=True)
class RecordPlan:
    """What the recorder must know about a program and its chips.

    Args:
        operation, alternate: `uint16[n]`, for each word of the code table its operation, and the one of misaligned
            accesses, of bases (rs1) outside RAM, and of precompile calls; NO_OPERATION where there is none. Numbers are
            positions in the next three.
        chip: `uint16[m]` position in `chips`; variant: `uint32[m]` number within the chip; accesses: `uint8[m]`.
        rows: `uint32[n, 7]`: keys of rd, rs1, rs2, then c0 .. c3.
        chips: names; fields: for each chip the fields of `FIELDS` that its rows have.
    """

    operation: NDArray[np.uint16]
    alternate: NDArray[np.uint16]
    rows: NDArray[np.uint32]
    chip: NDArray[np.uint16]
    variant: NDArray[np.uint32]
    accesses: NDArray[np.uint8]
    chips: tuple[str, ...]
    fields: tuple[tuple[str, ...], ...]

    def native(self, program: Program) -> NativePlan:
        """The same for the native recorder; made once."""
        if "_native" not in self.__dict__:
            arrays = {name: getattr(self, name) for name in ("operation", "alternate", "rows", "chip", "variant")}
            arrays |= {"accesses": self.accesses, "immediate": program.decoded.immediate.astype(np.int64)}
            encoded = {name: array.astype(array.dtype.newbyteorder("<")).tobytes() for name, array in arrays.items()}
            numbers = [[FIELDS.index(name) for name in fields] for fields in self.fields]
            plan = backend.native().RecordPlan(encoded, program.code_start // INSTRUCTION_BYTES, numbers)
            self.__dict__["_native"] = plan
        made: NativePlan = self.__dict__["_native"]
        return made


@dataclass
class Recording:
    """What either recorder writes down: columns of instruction rows, bumps, and first and last times of words.

    Args:
        chips: for each chip of the plan its columns `uint64[rows]` in the order of the plan's fields.
        bumps: `uint64[rows, 4]`: key, value, time, later time.
        touched: `uint32`, doublewords in the order of their first access; touched_first, touched_last: `uint64`.
        registers_first, registers_last: `uint64[33]`: x0 .. x31, then what swallows writes to x0; 0 if not accessed.
        discarded: what was written there last.
    """

    chips: list[list[NDArray[np.uint64]]]
    bumps: NDArray[np.uint64]
    touched: NDArray[np.uint32]
    touched_first: NDArray[np.uint64]
    touched_last: NDArray[np.uint64]
    registers_first: NDArray[np.uint64]
    registers_last: NDArray[np.uint64]
    discarded: int


def record_segment(plan: RecordPlan, program: Program, segment: Segment) -> SegmentRecords:
    """The records of a segment, on the current backend.

    Args:
        plan: of this program.
        program: the program.
        segment: from a run of it.

    Raises:
        InputError: MALFORMED when the segment is not one of this program's run, OUT_OF_RANGE when it is too long.
        ExecutionError: it traps, which no segment of a good run does.
    """
    if segment.cycles > MAX_SEGMENT_CYCLES:
        message = f"segment {segment.number} has {segment.cycles} cycles; at most {MAX_SEGMENT_CYCLES} can be proven"
        raise InputError(message, reason=Reason.OUT_OF_RANGE)
    recorder: _Recorder = _record_native if backend.runs_native() else _record_reference
    recording, end = recorder(plan, program, segment)
    return _assemble(plan, segment, recording, end)


class _Recorder(Protocol):
    def __call__(self, plan: RecordPlan, program: Program, segment: Segment) -> tuple[Recording, int]: ...


def _record_native(plan: RecordPlan, program: Program, segment: Segment) -> tuple[Recording, int]:
    machine = restore_native(program, segment)
    fields = machine.record(plan.native(program), segment.cycles)
    end = check_end(segment, machine)

    def array(name: str, dtype: str) -> NDArray[np.uint64]:
        return np.frombuffer(fields[name], dtype=dtype).astype(np.uint64)

    recording = Recording(
        chips=[[np.frombuffer(column, dtype="<u8") for column in columns] for columns in fields["chips"]],
        bumps=array("bumps", "<u8").reshape(-1, 4),
        touched=np.frombuffer(fields["touched"], dtype="<u4").astype(np.uint32),
        touched_first=array("touched_first", "<u8"),
        touched_last=array("touched_last", "<u8"),
        registers_first=array("registers_first", "<u8"),
        registers_last=array("registers_last", "<u8"),
        discarded=fields["discard_value"],
    )
    return recording, end


def _record_reference(plan: RecordPlan, program: Program, segment: Segment) -> tuple[Recording, int]:
    machine = restore_reference(program, segment)
    recorder = ReferenceRecorder(plan, machine)
    while machine.cycles < segment.cycles and not machine.halted:
        recorder.step()
    return recorder.recording(), check_end(segment, machine)


class ReferenceRecorder:
    """The definition of the records, one instruction at a time."""

    def __init__(self, plan: RecordPlan, machine: ReferenceMachine) -> None:
        self.plan, self.machine = plan, machine
        self._clock = 0
        self._rows: list[list[list[int]]] = [[] for _ in plan.chips]
        self._bumps: list[list[int]] = []
        self._words: dict[int, tuple[int, int]] = {}  # doubleword -> time before the first access, time of the last
        self._slots: dict[int, tuple[int, int]] = {0: (0, 0), _DISCARD_SLOT: (0, 0)}  # the same of registers
        self._discarded = 0

    def step(self) -> None:
        """Writes down the instruction at pc and executes it.

        Raises:
            InputError: MALFORMED, the word has no operation.
            ExecutionError: it traps.
        """
        machine, plan = self.machine, self.plan
        at = (machine.pc - machine.program.code_start) // INSTRUCTION_BYTES
        operation = self._operation(at)
        accesses = Accesses(int(plan.accesses[operation]))
        rd, rs1, rs2, *constants = plan.rows[at].tolist()
        values = dict.fromkeys(FIELDS, 0)
        values |= {"pc": machine.pc // INSTRUCTION_BYTES, "clock": self._clock, "rd": rd, "rs1": rs1, "rs2": rs2}
        values |= {f"c{index}": constant for index, constant in enumerate(constants)}
        values |= {"immediate": self._immediate(at) & MASK, "variant": int(plan.variant[operation])}
        if Accesses.RS1 in accesses:
            values["rs1_value"], values["rs1_time"] = self._access_register(rs1, _READ)
        if Accesses.RS2 in accesses:
            values["rs2_value"], values["rs2_time"] = self._access_register(rs2, _SECOND_READ)
        if accesses & (Accesses.MEMORY_READ | Accesses.MEMORY_WRITE):
            self._access_memory(at, _WRITE if Accesses.MEMORY_WRITE in accesses else _SECOND_READ, values)
        state = self._access_state(values) if Accesses.KECCAK in accesses else range(0)
        if Accesses.RD in accesses:
            values["rd_old"], values["rd_time"] = self._access_register(rd, _WRITE)
        machine.step()
        if Accesses.RD in accesses and rd == DISCARD_KEY:
            self._discarded = machine.computed
        for lane, index in enumerate(state):
            values[f"memory_new[{lane}]"] = machine.memory.get(index, 0)
        chip = int(plan.chip[operation])
        self._rows[chip].append([values[name] for name in plan.fields[chip]])
        self._clock += CYCLE_TICKS

    def _instruction(self, at: int) -> Instruction | None:
        return BY_NUMBER[int(self.machine.program.decoded.opcode[at])]

    def _immediate(self, at: int) -> int:
        return int(self.machine.program.decoded.immediate[at])

    def _address(self, at: int) -> tuple[int, int]:
        """Effective address and number of bytes of a load or store; (0, 0) for anything else."""
        row = self._instruction(at)
        if row is None or row.kind not in (Kind.LOAD, Kind.STORE):
            return 0, 0
        base = self.machine.registers[int(self.machine.program.decoded.rs1[at])]
        return (base + self._immediate(at)) & MASK, row.memory_bytes

    def _operation(self, at: int) -> int:
        plan, machine = self.plan, self.machine
        first, second = (int(table[at]) for table in (plan.operation, plan.alternate))
        address, num_bytes = self._address(at)
        row = self._instruction(at)
        if row is not None and row.name == "ecall":
            special = machine.registers[A7] == Syscall.KECCAK_F1600
        else:
            base = machine.registers[int(machine.program.decoded.rs1[at])]
            special = bool(num_bytes) and (address % num_bytes > 0 or base >= RAM_BYTES)
        chosen = second if special and second != NO_OPERATION else first
        if chosen == NO_OPERATION:
            message = f"the instruction at pc {machine.pc:#x} has no operation, so nothing proves it"
            raise InputError(message, reason=Reason.MALFORMED, pc=machine.pc)
        return chosen

    def _access_register(self, key: int, offset: int) -> tuple[int, int]:
        """Value and previous time."""
        slot = {ZERO_KEY: 0, DISCARD_KEY: _DISCARD_SLOT}.get(key, key - FIRST_REGISTER_KEY)
        value = self._discarded if slot == _DISCARD_SLOT else self.machine.registers[slot]
        return value, self._access(self._slots, slot, key, value, self._clock + offset)

    def _access_word(self, index: int, offset: int) -> tuple[int, int]:
        value = self.machine.memory.get(index, 0)
        return value, self._access(self._words, index, index + 1, value, self._clock + offset)

    def _access(self, times: dict[int, tuple[int, int]], word: int, key: int, value: int, now: int) -> int:
        first, before = times.get(word, (now - 1, now - 1))
        if now - before > MAX_GAP:
            self._bumps.append([key, value, before, now - 1])
            before = now - 1
        times[word] = (first, now)
        return before

    def _access_memory(self, at: int, offset: int, values: dict[str, int]) -> None:
        address, num_bytes = self._address(at)
        first, last = address // DOUBLEWORD_BYTES, (address + num_bytes - 1) // DOUBLEWORD_BYTES
        values["memory_old"], values["memory_time"] = self._access_word(first, offset)
        if last != first:
            values["memory2_old"], values["memory2_time"] = self._access_word(last, offset)

    def _access_state(self, values: dict[str, int]) -> range:
        first = self.machine.registers[A0] // DOUBLEWORD_BYTES
        words = range(first, first + KECCAK_STATE_WORDS)
        for lane, index in enumerate(words):
            values[f"memory_old[{lane}]"], values[f"memory_time[{lane}]"] = self._access_word(index, _WRITE)
        return words

    def recording(self) -> Recording:
        """Everything so far."""

        def column(values: Sequence[int]) -> NDArray[np.uint64]:
            return np.array(values, dtype=np.uint64)

        slots = [self._slots.get(slot, (0, 0)) for slot in range(_DISCARD_SLOT + 1)]
        times = list(self._words.values())
        return Recording(
            chips=[
                [column([row[place] for row in rows]) for place in range(len(fields))]
                for rows, fields in zip(self._rows, self.plan.fields, strict=True)
            ],
            bumps=np.array(self._bumps, dtype=np.uint64).reshape(-1, 4),
            touched=np.array(list(self._words), dtype=np.uint32),
            touched_first=column([first for first, _ in times]),
            touched_last=column([last for _, last in times]),
            registers_first=column([first for first, _ in slots]),
            registers_last=column([last for _, last in slots]),
            discarded=self._discarded,
        )


def _assemble(plan: RecordPlan, segment: Segment, recording: Recording, end: int) -> SegmentRecords:
    """Records by chip; rows without instructions are added."""
    records: SegmentRecords = {}
    for name, fields, columns in zip(plan.chips, plan.fields, recording.chips, strict=True):
        if columns and len(columns[0]):
            records[name] = _stacked(dict(zip(fields, columns, strict=True)))
    records["boundary"] = _boundary_records(segment, recording)
    if len(recording.bumps):
        names = ("key", "value", "time", "later")
        records["bump"] = {name: recording.bumps[:, place] for place, name in enumerate(names)}

    def single(**values: int) -> ChipRecords:
        return {name: np.array([value], dtype=np.uint64) for name, value in values.items()}

    last = recording.registers_last
    zero_time, discard_time = int(last[0]), int(last[_DISCARD_SLOT])
    records["registers"] = single(zero_time=zero_time, discard_time=discard_time, discarded=recording.discarded)
    start = segment.pc // INSTRUCTION_BYTES
    pc_out = HALT_INDEX if end == HALT_PC else end // INSTRUCTION_BYTES
    records["control"] = single(pc_in=start, pc_out=pc_out, last_clock=CYCLE_TICKS * segment.cycles)
    return records


def _stacked(columns: Mapping[str, NDArray[np.uint64]]) -> ChipRecords:
    """Lanes of the state as one array."""
    records = {name: values for name, values in columns.items() if "[" not in name}
    for name in _STATE_FIELDS:
        if f"{name}[0]" in columns:
            lanes = [columns[f"{name}[{lane}]"] for lane in range(KECCAK_STATE_WORDS)]
            records[name] = np.stack(lanes, axis=1)
    return records


def _boundary_records(segment: Segment, recording: Recording) -> ChipRecords:
    """One row for each word of the segment but pc, with the times of its accesses."""
    keys = segment.keys
    words, registers = keys <= RAM_BYTES // DOUBLEWORD_BYTES, (keys > FIRST_REGISTER_KEY) & (keys < ZERO_KEY)
    if not np.array_equal(keys[words] - np.uint32(1), recording.touched):
        raise different(segment, "touches other doublewords")
    slots = keys[registers] - np.uint32(FIRST_REGISTER_KEY)
    unnamed = np.setdiff1d(np.flatnonzero(recording.registers_last[1:NUM_REGISTERS]) + 1, slots)
    if len(unnamed):
        raise different(segment, f"accesses register x{unnamed[0]}, for which it has no row")
    chosen = keys != PC_KEY
    first, last = np.zeros(len(keys), dtype=np.uint64), np.zeros(len(keys), dtype=np.uint64)
    first[words], last[words] = recording.touched_first, recording.touched_last
    first[registers], last[registers] = recording.registers_first[slots], recording.registers_last[slots]
    columns = {
        "key": keys.astype(np.uint64),
        "previous_segment": segment.previous_segments.astype(np.uint64),
        "value_in": segment.values_in,
        "value_out": segment.values_out,
        "first_time": first,
        "last_time": last,
    }
    return {name: values[chosen] for name, values in columns.items()}

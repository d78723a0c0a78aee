"""Rows of instruction chips from single steps of the reference machine, and what they must put on the buses.

The other side of every chain message is a public message computed from the machine's state before and after the step,
so a trace balances only if the chip reads what was there and writes what the reference machine writes.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np

from air.mutation import Message, provided_messages
from hstar.air.check import Fault, PublicMessage, check_segments
from hstar.air.chip import trace_chip
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import slots_of
from hstar.air.tables import Segment, fill_segment
from hstar.machine.assembler import assemble
from hstar.machine.chips.buses import PROGRAM
from hstar.machine.chips.catalogue import instruction_chips
from hstar.machine.chips.program import ProgramRows
from hstar.machine.chips.shift_any import Shifts
from hstar.machine.chips.tables import Bytes, Range10, Range13, Range14, Signs16
from hstar.machine.circuits import CPU_BUSES
from hstar.machine.decode import Decoded, decode
from hstar.machine.isa import Kind
from hstar.machine.layout import DISCARD_KEY, FIRST_REGISTER_KEY, PROGRAM_START, ram_key
from hstar.machine.operations import Accesses, operation_number, operations, program_table
from hstar.machine.program import Program, from_segments
from hstar.machine.reference import ReferenceMachine
from machine.support import code_segment, make_program

EDGES = (
    0, 1, 2, 3, 5, 255, 256, 2**15 - 1, 2**15, 2**16 - 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**48 - 1,
    2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2**31, 2**64 - 2**16, 2**64 - 2, 2**64 - 1, 0x0123_4567_89AB_CDEF,
    0xFEDC_BA98_7654_3210, 2130706433, 2**64 - 2130706433,
)  # fmt: skip
"""Operands where carries, signs, limbs and the field's modulus meet."""
READ_FIRST, READ_SECOND, WRITE = 1, 2, 3
TICKS = 4
TWIN_TARGET = 31
NOP = 0x13


@dataclass
class Step:
    """One instruction with what it finds: registers by number, doublewords of memory by index."""

    word: int
    registers: dict[int, int] = field(default_factory=dict)
    memory: dict[int, int] = field(default_factory=dict)


@dataclass
class Rows:
    """Everything about some steps."""

    circuit: TracedCircuit
    segment: Segment
    public: list[PublicMessage]

    @cached_property
    def provided(self) -> dict[int, set[Message]]:
        """Every message that the tables provide, by bus index; only those of the program differ from run to run."""
        bus_index = CPU_BUSES.index(PROGRAM)
        entries = self.segment.tables["program"][: PROGRAM.width].T.tolist()
        return {**_provided_by_tables(), bus_index: {tuple(entry) for entry in entries}}

    def faults(self) -> list[Fault]:
        """What the checker finds."""
        return check_segments(self.circuit, [self.segment], public=self.public)


def limbs(value: int) -> tuple[int, ...]:
    """Four 16-bit limbs."""
    return tuple(value >> 16 * index & 0xFFFF for index in range(4))


class _Accesses:
    """The accesses of one instruction: record fields, and the messages of the rest of the world."""

    def __init__(self, clock: int, source: random.Random) -> None:
        self.clock, self._source = clock, source
        self.last: dict[int, tuple[int, int]] = {}  # key -> time, value
        self.public: list[PublicMessage] = []

    def touch(self, key: int, offset: int, old: int, new: int) -> tuple[int, int]:
        """Time of the access before, and value found; the first access of a key takes a message from outside."""
        now = self.clock + offset
        if key not in self.last:
            gap = self._source.choice([0, 1, 65535, self._source.randrange(65536)])
            self.last[key] = (max(now - 1 - gap, 0), old)
            self.public.append(PublicMessage("memory", (key, *self._message(key)), 1))
        before = self.last[key]
        self.last[key] = (now, new)
        return before

    def _message(self, key: int) -> tuple[int, ...]:
        time, value = self.last[key]
        return (time, *limbs(value))

    def finish(self) -> list[PublicMessage]:
        """The messages; what the instruction leaves is taken away."""
        return [*self.public, *(PublicMessage("memory", (key, *self._message(key)), -1) for key in self.last)]


class _Builder:
    def __init__(self, program: Program, seed: int) -> None:
        self.program, self.table = program, program_table(program)
        self.machine = ReferenceMachine(program)
        self.random = random.Random(seed)
        self.rows: dict[str, list[dict[str, int]]] = {}
        self.public: list[PublicMessage] = []
        self.lost = 0

    def _prepare(self, position: int, step: Step) -> None:
        machine = self.machine
        machine.pc = self.program.code_start + 4 * position
        for register in range(1, 32):
            machine.registers[register] = step.registers.get(register, 0)
        machine.memory.update(step.memory)

    def step(self, position: int, twin: int, step: Step, clock: int) -> None:
        """Runs one instruction and adds its row; `twin` is the same instruction with another target than x0."""
        machine, entry = self.machine, int(np.flatnonzero(self.table.place == position)[0])
        self._prepare(twin, step)
        machine.step()
        decoded = decode(step.word)
        assert decoded is not None
        self.lost = machine.registers[TWIN_TARGET]
        self._prepare(position, step)
        if decoded.instruction.name == "auipc":
            self.lost = (machine.pc + decoded.immediate) % 2**64
        registers, memory = list(machine.registers), dict(machine.memory)
        machine.step()
        operation = operations()[int(self.table.operation[entry]) - 1]
        columns = {name: int(values[entry]) for name, values in self.table.columns.items()}
        record = {**columns, "clock": clock, "immediate": decoded.immediate % 2**64}
        accesses = _Accesses(clock, self.random)
        chip = operation.chip
        self._registers(record, operation.accesses, accesses, registers, first=True)
        if decoded.instruction.kind in (Kind.LOAD, Kind.STORE):
            address = (registers[decoded.rs1] + decoded.immediate) % 2**64
            if address % decoded.instruction.memory_bytes or registers[decoded.rs1] >= 2**32:
                chip = operation.chips[-1]
            self._memory(record, decoded, address, accesses, memory)
        self._registers(record, operation.accesses, accesses, registers, first=False)
        first = min(number for number, item in enumerate(operations(), 1) if chip in item.chips)
        record["variant"] = operation_number(operation.name) - first
        self.rows.setdefault(chip, []).append(record)
        self.public += [
            PublicMessage("cpu", (clock, columns["pc"]), 1),
            PublicMessage("cpu", (clock + TICKS, machine.pc // 4), -1),
            *accesses.finish(),
        ]

    def _registers(
        self, record: dict[str, int], wanted: Accesses, accesses: _Accesses, registers: list[int], *, first: bool
    ) -> None:
        names = [("rs1", READ_FIRST, Accesses.RS1), ("rs2", READ_SECOND, Accesses.RS2)]
        for name, offset, flag in names if first else [("rd", WRITE, Accesses.RD)]:
            if not wanted & flag:
                record |= {f"{name}_time": 0, f"{name}_old" if name == "rd" else f"{name}_value": 0}
                continue
            key = record[name]
            number = key - FIRST_REGISTER_KEY
            old = registers[number] if number < 32 else self.random.getrandbits(64) if key == DISCARD_KEY else 0
            new = self.machine.registers[number] if name == "rd" and number < 32 else old
            new = self.lost if key == DISCARD_KEY else new
            time, value = accesses.touch(key, offset, old, new)
            record |= {f"{name}_time": time, f"{name}_old" if name == "rd" else f"{name}_value": value}

    def _memory(
        self, record: dict[str, int], decoded: Decoded, address: int, accesses: _Accesses, memory: dict[int, int]
    ) -> None:
        width = decoded.instruction.memory_bytes
        offset = WRITE if decoded.instruction.kind is Kind.STORE else READ_SECOND
        record |= {"memory_old": 0, "memory_time": 0, "memory2_old": 0, "memory2_time": 0}
        for name, index in (("memory", address // 8), ("memory2", (address + width - 1) // 8)):
            if name == "memory2" and index == address // 8:
                continue
            old, new = memory.get(index, 0), self.machine.memory.get(index, 0)
            time, value = accesses.touch(ram_key(8 * index), offset, old, new)
            record |= {f"{name}_old": value, f"{name}_time": time}


def rows_of(steps: Iterable[Step], seed: int = 0, base: int = PROGRAM_START) -> Rows:
    """A circuit with all instruction chips, and the tables of these steps.

    An instruction's row stands alone: every register and doubleword was last accessed at some earlier time.
    """
    steps = list(steps)
    words = list(dict.fromkeys(word for step in steps for word in (step.word, twin(step.word)))) or [NOP]
    program = from_segments(base, [code_segment("\n".join(f".word {word}" for word in words), base)])
    builder = _Builder(program, seed)
    for number, step in enumerate(steps):
        builder.step(words.index(step.word), words.index(twin(step.word)), step, TICKS * (number + 20_000))
    chips = instruction_chips()
    records = {}
    for chip in chips:
        rows = builder.rows.get(chip.name, [])
        fields = [slot.name for slot in slots_of(chip.Record, chip.name)]
        if rows:
            records[chip.name] = {name: np.array([row[name] for row in rows], dtype=np.uint64) for name in fields}
    circuit = circuit_for(program)
    return Rows(circuit, fill_segment(circuit, records), builder.public)


@cache
def _circuit_of_nothing() -> TracedCircuit:
    tables = [ProgramRows(make_program("nop")), Bytes(), Range10(), Range13(), Range14(), Signs16(), Shifts()]
    return trace_circuit("rows", [*instruction_chips(), *tables], CPU_BUSES)


@cache
def _provided_by_tables() -> dict[int, set[Message]]:
    rows = rows_of([])
    return provided_messages(rows.circuit, rows.segment)


def circuit_for(program: Program) -> TracedCircuit:
    """All instruction chips with their tables; rules between chips are checked once, they do not read the program."""
    base = _circuit_of_nothing()
    own = trace_chip(ProgramRows(program), CPU_BUSES, base.circuit.limits)
    chips = tuple(own if chip.program.name == own.program.name else chip for chip in base.chips)
    return replace(base, chips=chips)


def word(text: str) -> int:
    """Machine code of one instruction."""
    (code,), _ = assemble(text)
    return code


def twin(code: int) -> int:
    """The same instruction with TWIN_TARGET in place of x0 as its target."""
    decoded = decode(code)
    assert decoded is not None
    if decoded.rd or "rd" not in decoded.instruction.layout.operands or decoded.instruction.kind is Kind.JUMP:
        return code
    return code | TWIN_TARGET << 7

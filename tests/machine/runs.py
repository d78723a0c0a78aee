"""Whole runs as filled tables: every segment of every type, and the verifier's messages."""

from dataclasses import dataclass

import numpy as np

from hstar.air.check import check_run
from hstar.air.circuit import TracedCircuit
from hstar.air.tables import Segment, fill_segment
from hstar.machine.chips.keccak_records import keccak_records
from hstar.machine.circuits import cpu_circuit, keccak_circuit, memory_circuit, ram_circuit
from hstar.machine.layout import HALT_INDEX
from hstar.machine.limits import Execution
from hstar.machine.memory_records import RegisterEnds, memory_records
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program
from hstar.machine.record_plan import record_fields, record_plan
from hstar.machine.records import record_segment
from hstar.machine.statement import public_messages
from machine.test_machines import small_rule

MANY_ROWS = (10**6, 10**6)


@dataclass
class FilledRun:
    """An honest run: `parts` in the order of their numbers; instruction segments first."""

    program: Program
    execution: Execution
    parts: list[tuple[TracedCircuit, Segment]]

    @property
    def public(self):
        return public_messages(self.program.entry, len(self.parts), self.execution.output)

    def faults(self, **options):
        return check_run(self.parts, public=self.public, **options)

    def of(self, circuit_name):
        """The segments of one circuit."""
        return [segment for circuit, segment in self.parts if circuit.circuit.name == circuit_name]


def filled_run(program, input_bytes=b"", capacity=9_000, rows=MANY_ROWS):
    """Runs a program, cut into small segments, and fills all tables."""
    machine = NativeMachine(program, input_bytes, rule=small_rule(program, capacity))
    cpu, registers = cpu_circuit(program), RegisterEnds()
    plan = record_plan(program, record_fields(cpu.chips))
    parts, states = [], []
    while not machine.halted:
        segment = machine.advance()
        registers.update(segment)
        records = record_segment(plan, program, segment)
        if "keccak_call" in records:
            states.append(records["keccak_call"]["memory_old"])
        parts.append((cpu, fill_segment(cpu, records, number=len(parts) + 1)))
    if states:
        records = keccak_records(np.concatenate(states), HALT_INDEX)
        parts.append((keccak_circuit(), fill_segment(keccak_circuit(), records, number=len(parts) + 1)))
    circuit = memory_circuit(program)
    for records in memory_records(program, machine.touched_words(), registers, HALT_INDEX, rows):
        parts.append((circuit, fill_segment(circuit, records, number=len(parts) + 1)))
        circuit = ram_circuit()
    return FilledRun(program, machine.result(), parts)

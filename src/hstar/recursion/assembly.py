"""From recorded gates to a program."""

from __future__ import annotations

import numpy as np

from hstar.kernels.gate_types import GATE_WORDS, NUM_OUTPUTS, WIRE_OPERANDS, WIRE_WORDS, GateOpcode, GateProgram
from hstar.recursion.builder import Builder
from hstar.recursion.program import TracedProgram


def assemble(builder: Builder) -> TracedProgram:
    """The program without the gates that no requirement depends on."""
    live = _live_gates(builder)
    before = np.concatenate([[0], np.cumsum(live)])
    gates = np.zeros((int(before[-1]), GATE_WORDS), dtype=np.uint32)
    kept = [gate for gate, is_live in zip(builder.gates, live, strict=True) if is_live]
    for row, gate in zip(gates, kept, strict=True):
        row[: len(gate)] = gate
    names = sorted(set(builder.parts))
    numbers = {name: number for number, name in enumerate(names)}
    constants = np.zeros((len(builder.words), WIRE_WORDS), dtype=np.uint32)
    for row, words in zip(constants, builder.words.values(), strict=True):
        row[: len(words)] = words
    return TracedProgram(
        gates=GateProgram(gates, len(builder.wide_wires)),
        constant_wires=np.array(list(builder.words), dtype=np.int64),
        constants=constants,
        public_wires=tuple(builder.public_wires),
        public_is_base=tuple(wire in builder.base_wires for wire in builder.public_wires),
        carried=frozenset(builder.carried),
        advice_wires=tuple(builder.advice_wires),
        proof_wires=tuple(map(tuple, builder.proof_wires)),
        openings=tuple(opening.moved_to(int(before[opening.gate])) for opening in builder.openings),
        requirements=tuple(builder.requirements),
        part_names=tuple(names),
        parts=np.array([numbers[p] for p, is_live in zip(builder.parts, live, strict=True) if is_live], np.uint8),
        wide=np.array(builder.wide_wires, dtype=np.bool_),
        base=np.isin(np.arange(len(builder.wide_wires)), list(builder.base_wires)),
    )


def _live_gates(builder: Builder) -> list[bool]:
    needed = np.zeros(len(builder.wide_wires), dtype=np.bool_)
    for opening in builder.openings:
        needed[opening.positions.reshape(-1)] = True
    live = [False] * len(builder.gates)
    for number in reversed(range(len(builder.gates))):
        opcode, output, *operands = builder.gates[number]
        count = NUM_OUTPUTS[GateOpcode(opcode)]
        if count == 0 or needed[output : output + count].any():
            live[number] = True
            needed[operands[: WIRE_OPERANDS[GateOpcode(opcode)]]] = True
    return live

"""From recorded gates to a program."""

from __future__ import annotations

from itertools import compress
from typing import cast

import numpy as np

from hstar.kernels.gate_types import GATE_WORDS, NUM_OUTPUTS, WIRE_OPERANDS, WIRE_WORDS, GateOpcode, GateProgram
from hstar.recursion.builder import Builder
from hstar.recursion.program import TracedProgram


def assemble(builder: Builder) -> TracedProgram:
    """The program without the gates that no requirement depends on."""
    live = _live_gates(builder)
    before = np.concatenate([[0], np.cumsum(live)])
    padding = [(0,) * (GATE_WORDS - length) for length in range(GATE_WORDS + 1)]
    kept = [(*gate, *padding[len(gate)]) for gate in compress(builder.gates, live)]
    gates = np.array(kept, dtype=np.uint32).reshape(len(kept), GATE_WORDS)
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
        public_is_base=tuple(builder.base_wires[wire] for wire in builder.public_wires),
        carried=frozenset(builder.carried),
        advice_wires=tuple(builder.advice_wires),
        proof_wires=tuple(map(tuple, builder.proof_wires)),
        openings=tuple(opening.moved_to(int(before[opening.gate])) for opening in builder.openings),
        requirements=tuple(builder.requirements),
        part_names=tuple(names),
        parts=np.array([numbers[part] for part in compress(builder.parts, live)], dtype=np.uint8),
        wide=np.array(builder.wide_wires, dtype=np.bool_),
        base=np.array(builder.base_wires, dtype=np.bool_),
    )


def _live_gates(builder: Builder) -> list[bool]:
    """Whether each gate is a requirement, or writes something that an opening or a live gate reads."""
    needed = bytearray(len(builder.wide_wires))
    for opening in builder.openings:
        for wire in opening.positions.reshape(-1).tolist():
            needed[wire] = True
    live = [False] * len(builder.gates)
    for number in reversed(range(len(live))):
        gate = builder.gates[number]
        opcode, output = cast("GateOpcode", gate[0]), gate[1]
        count = NUM_OUTPUTS[opcode]
        if not count or any(needed[output : output + count]):
            live[number] = True
            for wire in gate[2 : 2 + WIRE_OPERANDS[opcode]]:
                needed[wire] = True
    return live

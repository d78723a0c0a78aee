"""Addresses and fan-outs of a program's wires.

Layout: address 0 is the constant 0, narrow or wide; then the public wires, each read by the one row that copies it to
where the program reads it; then all other wires; then the lanes of every wire that is taken apart, six neighbouring
addresses each. So the verifier's messages are the same for all programs with as much public input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE
from hstar.kernels.gate_types import GateOpcode
from hstar.kernels.vectors import Words
from hstar.recursion.builder import ZERO_WIRE
from hstar.recursion.program import TracedProgram, WireArray


@dataclass(frozen=True)
class Gates:
    """Some gates of a program, taken apart.

    Args:
        opcodes: `[n]`.
        outputs: `[n]`: the first wire that each writes, or the number of its requirement.
        operands: `[n, 8]`.
    """

    opcodes: WireArray
    outputs: WireArray
    operands: WireArray

    @classmethod
    def of(cls, gates: Words) -> Gates:
        """From the rows of a `GateProgram`."""
        numbers = gates.astype(np.int64)
        return cls(numbers[:, 0], numbers[:, 1], numbers[:, 2:])

    def chosen(self, is_chosen: NDArray[np.bool_]) -> Gates:
        """The gates that are chosen by `[n]`."""
        return Gates(self.opcodes[is_chosen], self.outputs[is_chosen], self.operands[is_chosen])

    def __len__(self) -> int:
        return len(self.opcodes)


class Wiring:
    """Where every wire of a program stands, and how often rows read it.

    Args:
        program: traced.

    Raises:
        InputError: OUT_OF_RANGE when the program takes a digest apart.
    """

    def __init__(self, program: TracedProgram) -> None:
        self.program = program
        self._gates = Gates.of(program.gates.gates)
        self.public = np.array(program.public_wires, dtype=np.int64)
        self.address = np.arange(program.gates.num_wires, dtype=np.int64) + len(self.public)
        self.address[ZERO_WIRE] = 0
        self.first_lane = program.gates.num_wires + len(self.public)
        self.lane_sources, self.lane_wires = self._place_lanes()
        self.fan_out = self._count_reads()

    def gates(self, *opcodes: GateOpcode) -> Gates:
        """All gates of these kinds, in the order of the program."""
        return self._gates.chosen(np.isin(self._gates.opcodes, opcodes))

    def columns(self, outputs: WireArray, **columns: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Preprocessed columns of rows that write these wires, and further ones."""
        return {"address": self.address[outputs], "fan_out": self.fan_out[outputs], **columns}

    def _place_lanes(self) -> tuple[WireArray, WireArray]:
        """Lanes of one wire get neighbouring addresses; returns the wires, and `[wires, 6]` their lanes or -1."""
        lanes = self.gates(GateOpcode.LANE)
        sources, places = np.unique(lanes.operands[:, 0], return_inverse=True)
        if self.program.wide[sources].any():
            raise InputError("no chip takes a digest apart", reason=Reason.OUT_OF_RANGE)
        table = np.full((len(sources), DEGREE), -1, dtype=np.int64)
        table[places, lanes.operands[:, 1]] = lanes.outputs
        self.address[lanes.outputs] = self.first_lane + DEGREE * places + lanes.operands[:, 1]
        return sources, table

    def _count_reads(self) -> WireArray:
        counts = np.zeros(self.program.gates.num_wires, dtype=np.int64)

        def read(wires: WireArray) -> None:
            np.add.at(counts, wires.reshape(-1), 1)

        read(self.gates(GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO).operands[:, :3])
        counts[ZERO_WIRE] += len(self.gates(GateOpcode.REQUIRE_ZERO)) + 2 * len(self.public)
        read(self.lane_sources)
        read(self.gates(GateOpcode.PACK).operands[:, :DEGREE])
        read(self.gates(GateOpcode.BITS).operands[:, 0])
        read(self.gates(GateOpcode.RANGE_STEP, GateOpcode.WEIGH).operands)
        read(self.gates(GateOpcode.MONOMIAL_STEP).operands[:, :3])
        read(self.gates(GateOpcode.SPONGE).operands[:, :4])
        read(self.gates(GateOpcode.COMPRESS).operands[:, :2])
        read(self.gates(GateOpcode.WIDEN).operands[:, :2])
        read(self.gates(GateOpcode.REQUIRE_DIGEST).operands[:, 1])
        return counts

"""What it costs to verify a proof inside a circuit: gates and cells, by part of the verifier and by chip.

Nothing is proven for this: the verifier of a key is traced, and its gates are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hstar.kernels.gate_types import GateOpcode
from hstar.recursion.chips.arithmetic import Arithmetic, BaseArithmetic
from hstar.recursion.chips.bits import Bits
from hstar.recursion.chips.data import Lanes, Pack, Widen
from hstar.recursion.chips.formulas import MonomialStep, RangeStep, Weigh
from hstar.recursion.chips.hashing import MerkleStep, Sponge
from hstar.recursion.chips.wires import GateChip
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.program import TracedProgram
from hstar.recursion.rows import in_base_arithmetic
from hstar.recursion.tracer import trace_verifier
from hstar.recursion.wiring import Gates
from hstar.stark.keys import VerifyingKey

CHIP_OF: dict[GateOpcode, type[GateChip]] = {
    GateOpcode.ARITHMETIC: Arithmetic,
    GateOpcode.REQUIRE_ZERO: Arithmetic,
    GateOpcode.RANGE_STEP: RangeStep,
    GateOpcode.MONOMIAL_STEP: MonomialStep,
    GateOpcode.WEIGH: Weigh,
    GateOpcode.LANE: Lanes,
    GateOpcode.PACK: Pack,
    GateOpcode.BITS: Bits,
    GateOpcode.SPONGE: Sponge,
    GateOpcode.COMPRESS: MerkleStep,
    GateOpcode.WIDEN: Widen,
}
"""The chip whose rows are gates of a kind, for ARITHMETIC unless all operands are in K; INVERSE is a hint,
REQUIRE_DIGEST costs nothing."""
SHARED = "hints, constants, public input"
"""What belongs to no part."""


@dataclass(frozen=True)
class PartCost:
    """One part of the verifier.

    Args:
        permutations: Poseidon2 permutations.
        arithmetic: rows of both arithmetic chips.
        cells: of all its rows.
    """

    permutations: int
    arithmetic: int
    cells: int


@dataclass(frozen=True)
class VerifierCost:
    """A traced verifier and its circuit.

    Args:
        program: the trace.
        circuit: compiled.
    """

    program: TracedProgram
    circuit: StraightLineCircuit

    @property
    def cells(self) -> int:
        """All cells, preprocessed ones included."""
        return sum(self.circuit.cells.values())

    @cached_property
    def parts(self) -> dict[str, PartCost]:
        """By part of the verifier; the cells add up to all cells. Lanes that share a row share its cells."""
        widths = {chip.program.name: chip.program.width for chip in self.circuit.traced.chips}
        gates = self.program.gates.gates
        weights = np.zeros(len(gates), dtype=np.float64)
        for opcode, chip in CHIP_OF.items():
            weights[gates[:, 0] == opcode] = widths[chip().name]
        arithmetic = np.flatnonzero(np.isin(gates[:, 0], (GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO)))
        in_base_field = in_base_arithmetic(self.program, Gates.of(gates[arithmetic]))
        weights[arithmetic[in_base_field]] = widths[BaseArithmetic().name]
        lanes = gates[:, 0] == GateOpcode.LANE
        _, rows, counts = np.unique(gates[lanes, 2], return_inverse=True, return_counts=True)
        weights[lanes] /= counts[rows]
        cells = np.bincount(self.program.parts, weights, minlength=len(self.program.part_names))
        counters = self.program.counts()
        result = {
            name: PartCost(
                counters[name][GateOpcode.SPONGE] + counters[name][GateOpcode.COMPRESS],
                counters[name][GateOpcode.ARITHMETIC] + counters[name][GateOpcode.REQUIRE_ZERO],
                round(float(part_cells)),
            )
            for name, part_cells in zip(self.program.part_names, cells, strict=True)
            if name in counters
        }
        rest = self.cells - sum(part.cells for part in result.values())
        return result | {SHARED: PartCost(0, 0, rest)}


def verifier_cost(key: VerifyingKey) -> VerifierCost:
    """The cost of verifying one proof under a key.

    Raises:
        TraceError: the verifier does something that a circuit cannot do.
    """
    program = trace_verifier(key)
    return VerifierCost(program, StraightLineCircuit(program))

"""Gate programs: straight-line programs over wires, which a verifier is traced into.

A wire holds nine words. A narrow wire uses six of them: the coefficients of an element of E (an element of K is the
first one, the others zero). A wide wire uses all nine: a Poseidon2 digest, or the capacity of a sponge. Every wire is
written once: by its gate, or before the program starts (constants, public inputs, hints).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hstar.errors import InputError, Reason
from hstar.kernels.arguments import check_array
from hstar.kernels.vectors import Words, check_words

WIRE_WORDS = 9
"""Words of a wire."""
GATE_WORDS = 10
"""Words of a gate: opcode, output, and up to eight operands."""
FIRST_COEFFICIENT = 5
"""Where the coefficients s, t, v, w, u of an ARITHMETIC gate begin."""
NUM_BITS = 31
"""Outputs of a BITS gate."""
SPONGE_OUTPUTS = 5
"""Outputs of a SPONGE gate: lanes 0-5, 6-11, 12-14 (narrow), 15-23 (the capacity), 0-8 (the digest; both wide)."""


class GateOpcode(IntEnum):
    """What a gate does with its operands; [n] is operand n, behind opcode and output."""

    ARITHMETIC = 0
    """`s a b + t a + v b + w c + u` for wires a, b, c = [0], [1], [2] and elements of K s, t, v, w, u = [3] .. [7]."""
    REQUIRE_ZERO = 1
    """The same expression must be zero; the output is the number of the requirement."""
    INVERSE = 2
    """The inverse of an element of E, 0 for 0; the program requires the product to be 1."""
    LANE = 3
    """Coefficient [1] of wire [0], as an element of K."""
    PACK = 4
    """The first words of six wires, as one element of E."""
    BITS = 5
    """The 31 binary digits of the canonical first word of wire [0], lowest first: 31 outputs."""
    SPONGE = 6
    """One permutation: 15 words out of the narrow wires [0], [1], [2], the capacity from wire [3]. Form [4] = 0 takes
    words 0-5 of the first, 0-5 of the second, 0-2 of the third; form 1 takes 3-5, 0-5, 0-5. Five outputs."""
    COMPRESS = 7
    """A step up a Merkle tree: the compression of (node, sibling) = ([0], [2]), swapped where the bit [1] is 1;
    [3] is the element of the tag."""
    WIDEN = 8
    """Six words of wire [0], then three of wire [1]."""
    REQUIRE_DIGEST = 9
    """Wide wires [0] and [1] must be equal; the output is the number of the requirement."""
    RANGE_STEP = 10
    """A step of the jagged weight: total [0], [1] and less [2], [3] for carry 0 and 1, the row's and the cell's
    coordinate [4], [5], the bits of start and end [6], [7]. Four outputs: the next total and less."""
    MONOMIAL_STEP = 11
    """A factor of a monomial weight: product [0], power [1] (in K), coordinate [2]. Two outputs: the next ones."""
    WEIGH = 12
    """Wire [0] plus the coefficients of wire [1] weighed by the elements of E [2] .. [7]."""


NUM_OUTPUTS = dict.fromkeys(GateOpcode, 1) | {
    GateOpcode.REQUIRE_ZERO: 0,
    GateOpcode.REQUIRE_DIGEST: 0,
    GateOpcode.BITS: NUM_BITS,
    GateOpcode.SPONGE: SPONGE_OUTPUTS,
    GateOpcode.RANGE_STEP: 4,
    GateOpcode.MONOMIAL_STEP: 2,
}
"""How many neighbouring wires a gate writes."""
WIRE_OPERANDS = {
    GateOpcode.ARITHMETIC: 3,
    GateOpcode.REQUIRE_ZERO: 3,
    GateOpcode.INVERSE: 1,
    GateOpcode.LANE: 1,
    GateOpcode.PACK: 6,
    GateOpcode.BITS: 1,
    GateOpcode.SPONGE: 4,
    GateOpcode.COMPRESS: 3,
    GateOpcode.WIDEN: 2,
    GateOpcode.REQUIRE_DIGEST: 2,
    GateOpcode.RANGE_STEP: 8,
    GateOpcode.MONOMIAL_STEP: 3,
    GateOpcode.WEIGH: 8,
}
"""How many of the first operands are wires."""


@dataclass(frozen=True, eq=False)
class GateProgram:
    """Gates in an order in which every wire is written before it is read.

    Args:
        gates: `[n, 10]`: opcode, first output (or number of the requirement), operands.
        num_wires: wires in all.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, OUT_OF_RANGE.
    """

    gates: Words
    num_wires: int

    def __post_init__(self) -> None:
        check_array(self.gates, "gates", "uint32", (None, GATE_WORDS))
        opcodes = self.gates[:, 0]
        if len(opcodes) and int(opcodes.max()) >= len(GateOpcode):
            raise InputError("a gate program holds an unknown opcode", reason=Reason.OUT_OF_RANGE)
        outputs = np.array([NUM_OUTPUTS[opcode] for opcode in GateOpcode], dtype=np.int64)[opcodes]
        reads = np.array([WIRE_OPERANDS[opcode] for opcode in GateOpcode], dtype=np.int64)[opcodes]
        ends = np.where(outputs > 0, self.gates[:, 1].astype(np.int64) + outputs, 0)
        used = np.arange(GATE_WORDS - 2) < reads[:, None]
        lanes = self.gates[opcodes == GateOpcode.LANE, 3]
        if (
            (ends > self.num_wires).any()
            or (used & (self.gates[:, 2:] >= self.num_wires)).any()
            or (len(lanes) and int(lanes.max()) >= WIRE_WORDS)
        ):
            raise InputError("a gate program names a wire that does not exist", reason=Reason.OUT_OF_RANGE)
        check_words(self.gates[:, FIRST_COEFFICIENT:][opcodes <= GateOpcode.REQUIRE_ZERO], "coefficients")

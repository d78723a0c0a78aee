"""From a traced program to the circuit of its runs: which rows there are, and where their cells come from.

Tables can be filled up to given heights with rows that read the constant 0 and write nothing, so that the circuits of
several programs have one shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.program import MachineLimits
from hstar.air.tables import Segment, fill_segment
from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE
from hstar.kernels.vectors import Words
from hstar.recursion.builder import ZERO_WIRE
from hstar.recursion.chips.arithmetic import Arithmetic, BaseArithmetic
from hstar.recursion.chips.bits import Bits
from hstar.recursion.chips.data import Constant, DigestConstant, Hint, Lanes, Pack, Widen
from hstar.recursion.chips.formulas import MonomialStep, RangeStep, Weigh
from hstar.recursion.chips.hashing import MerkleStep, Sponge
from hstar.recursion.chips.wires import DIGESTS, WIRES, GateChip
from hstar.recursion.program import TracedProgram
from hstar.recursion.rows import (
    Rows,
    arithmetic_rows,
    bits_rows,
    constant_rows,
    digest_constant_rows,
    hint_rows,
    lane_rows,
    merkle_rows,
    monomial_step_rows,
    pack_rows,
    range_step_rows,
    sponge_rows,
    weigh_rows,
    widen_rows,
)
from hstar.recursion.wiring import Wiring
from hstar.stark.keys import StatementEntry, StatementMessage

LIMITS = MachineLimits(constraint_degree=9, leaf_degree=9, fractions_per_leaf=8)
"""The permutations' S-boxes have degree 9, so merging fractions up to that degree costs no further round message."""
CHIPS: tuple[type[GateChip], ...] = (
    Constant, DigestConstant, Hint, Arithmetic, BaseArithmetic, RangeStep, MonomialStep, Weigh, Lanes, Pack, Widen,
    Bits, Sponge, MerkleStep,
)  # fmt: skip
"""In the order of the circuit."""


class StraightLineCircuit:
    """The circuit of a traced program.

    Args:
        program: what a proof under this circuit's key is a run of.
        heights: rows of each chip, at least as many as the program needs; just as many if left out.

    Raises:
        InputError: OUT_OF_RANGE when the program needs more rows, a public input is connected to nothing, or a digest
            is required in a way that no chip can.
    """

    def __init__(self, program: TracedProgram, heights: Mapping[str, int] | None = None) -> None:
        self.program = program
        wiring = Wiring(program)
        self._rows = _rows(wiring, heights)
        chips = [
            replace(traced, source=chip(self._rows[chip].contents))
            for chip, traced in zip(CHIPS, traced_chips().chips, strict=True)
        ]
        self.traced = TracedCircuit(traced_chips().circuit, tuple(chips))
        self.statement_messages, self.statement_length = _statement_messages(wiring)

    @property
    def heights(self) -> dict[str, int]:
        """Rows of every chip."""
        return {chip().name: self._rows[chip].height for chip in CHIPS}

    @property
    def cells(self) -> dict[str, int]:
        """Cells of every chip."""
        return {chip.program.name: chip.program.width * self.heights[chip.program.name] for chip in self.traced.chips}

    def fill(self, wires: Words) -> Segment:
        """The tables of a run, from its wires."""
        return fill_segment(self.traced, {chip().name: self._rows[chip].records(wires) for chip in CHIPS})

    def statement(self, wires: Words) -> tuple[int, ...]:
        """The public input as elements of K, in the order of `statement_messages`."""
        values: list[int] = []
        for wire, is_base in _public_wires(self.program):
            values += wires[wire, : 1 if is_base else DEGREE].tolist()
        return tuple(values)


@cache
def traced_chips() -> TracedCircuit:
    """The chips without a program: columns, constraints and interactions are the same for all programs."""
    return trace_circuit("recursion", [chip() for chip in CHIPS], (WIRES, DIGESTS), LIMITS)


def _public_wires(program: TracedProgram) -> list[tuple[int, bool]]:
    return list(zip(program.public_wires, program.public_is_base, strict=True))


_READS_OF_ZERO: Mapping[type[GateChip], tuple[int, int]] = {
    Arithmetic: (3, 0),
    BaseArithmetic: (3, 0),
    RangeStep: (8, 0),
    MonomialStep: (3, 0),
    Weigh: (8, 0),
    Lanes: (1, 0),
    Pack: (6, 0),
    Widen: (2, 0),
    Bits: (1, 0),
    Sponge: (3, 1),
    MerkleStep: (1, 1),
}
"""How often a row of padding reads the narrow and the wide constant 0."""


def _rows(wiring: Wiring, heights: Mapping[str, int] | None) -> Mapping[type[GateChip], Rows]:
    """What every chip holds."""
    rows = {
        Hint: hint_rows(wiring),
        Arithmetic: arithmetic_rows(wiring, in_base_field=False),
        BaseArithmetic: arithmetic_rows(wiring, in_base_field=True),
        RangeStep: range_step_rows(wiring),
        MonomialStep: monomial_step_rows(wiring),
        Weigh: weigh_rows(wiring),
        Lanes: lane_rows(wiring),
        Pack: pack_rows(wiring),
        Widen: widen_rows(wiring),
        Bits: bits_rows(wiring),
        Sponge: sponge_rows(wiring),
        MerkleStep: merkle_rows(wiring),
    }
    narrow = wide = 0
    if heights is not None:
        for chip, part in rows.items():
            missing = heights[chip().name] - part.height
            reads = _READS_OF_ZERO.get(chip, (0, 0))
            narrow, wide = narrow + missing * reads[0], wide + missing * reads[1]
    wiring.fan_out[ZERO_WIRE] += narrow
    rows = {Constant: constant_rows(wiring), DigestConstant: digest_constant_rows(wiring, wide), **rows}
    return rows if heights is None else {chip: _fit(chip, part, heights) for chip, part in rows.items()}


def _statement_messages(wiring: Wiring) -> tuple[tuple[StatementMessage, ...], int]:
    """The public wires, which the verifier writes, and how many elements of K they are."""
    messages: list[StatementMessage] = []
    length = 0
    for number, (wire, is_base) in enumerate(_public_wires(wiring.program)):
        count = 1 if is_base else DEGREE
        if not wiring.fan_out[wire] and wire not in wiring.program.carried:
            raise InputError(
                f"public input {number} of the program is read by nothing; it would be claimed of no run",
                reason=Reason.OUT_OF_RANGE,
            )
        entries = [StatementEntry(length + index) for index in range(count)]
        message: tuple[int | StatementEntry, ...] = (1 + number, *entries, *([0] * (DEGREE - count)))
        messages.append(StatementMessage(WIRES.name, message, -1))
        length += count
    return tuple(messages), length


def _fit(chip: type[GateChip], rows: Rows, heights: Mapping[str, int]) -> Rows:
    name = chip().name
    if rows.height > heights[name]:
        raise InputError(
            f"the program needs {rows.height} rows of chip {name}; the shape has {heights[name]}",
            reason=Reason.OUT_OF_RANGE,
        )
    return rows.padded(heights[name])

"""From a traced program to the circuit of its runs: which rows there are, and where their cells come from.

Every gate becomes a row. Lanes of one wire share a row, a requirement is a row that finds its result on another wire,
and nothing is made for what no row reads. Tables can be filled up to given heights with rows that read the constant 0
and write nothing, so that the circuits of several programs have one shape.

Layout of addresses: 0 is the constant 0, narrow or wide; then the public wires, each read by the one row that copies it
to where the program reads it; then all other wires. So the verifier's messages are the same for all programs with as
much public input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.program import MachineLimits
from hstar.air.tables import Records, Segment, fill_segment
from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE
from hstar.field.koala_bear import MODULUS
from hstar.hash import sponge
from hstar.kernels.gate_types import FIRST_COEFFICIENT, NUM_BITS, SPONGE_OUTPUTS, WIRE_WORDS, GateOpcode
from hstar.kernels.vectors import Words
from hstar.recursion.builder import ZERO_WIRE
from hstar.recursion.chips.arithmetic import Arithmetic, BaseArithmetic
from hstar.recursion.chips.bits import Bits
from hstar.recursion.chips.data import Constant, DigestConstant, Hint, Lanes, Pack, Widen
from hstar.recursion.chips.formulas import MonomialStep, RangeStep, Weigh
from hstar.recursion.chips.hashing import SPARE, MerkleStep, Sponge
from hstar.recursion.chips.wires import DIGESTS, WIRES, Contents, GateChip
from hstar.recursion.program import TracedProgram, WireArray
from hstar.stark.keys import StatementEntry, StatementMessage

LIMITS = MachineLimits(constraint_degree=9, leaf_degree=9, fractions_per_leaf=8)
"""The permutations' S-boxes have degree 9, so merging fractions up to that degree costs no further round message."""
FOUND = MODULUS - 1
"""The fan-out -1 of a row that must find its result on a wire that another row writes."""
CHIPS: tuple[type[GateChip], ...] = (
    Constant, DigestConstant, Hint, Arithmetic, BaseArithmetic, RangeStep, MonomialStep, Weigh, Lanes, Pack, Widen,
    Bits, Sponge, MerkleStep,
)  # fmt: skip
"""In the order of the circuit."""

_OPERAND = 2
"""Where the operands of a gate begin."""
_COPY = np.array([0, 1, 0, 0, 0], dtype=np.int64)
"""Coefficients of a row that copies its first operand."""


@dataclass(frozen=True)
class _Rows:
    """A chip's part of the program: preprocessed columns, and how records are read from the wires."""

    contents: Contents
    records: Callable[[Words], Records]

    @property
    def height(self) -> int:
        """Rows."""
        return len(next(iter(self.contents.values())))

    def padded(self, height: int) -> _Rows:
        """With rows of zeros at the end."""
        missing = height - self.height

        def pad(values: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([values, np.zeros((missing, *values.shape[1:]), dtype=values.dtype)])

        contents = {name: pad(values) for name, values in self.contents.items()}
        return _Rows(
            contents, lambda wires: {name: pad(np.asarray(values)) for name, values in self.records(wires).items()}
        )


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
        compiler = _Compiler(program)
        self._rows = compiler.rows(heights)
        chips = [
            replace(traced, source=chip(self._rows[chip].contents))
            for chip, traced in zip(CHIPS, traced_chips().chips, strict=True)
        ]
        self.traced = TracedCircuit(traced_chips().circuit, tuple(chips))
        self.statement_messages, self.statement_length = compiler.statement_messages()

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


class _Compiler:
    """Addresses, fan-outs and the rows of every chip."""

    def __init__(self, program: TracedProgram) -> None:
        self._program = program
        self._gates = program.gates.gates.astype(np.int64)
        self._public = np.array(program.public_wires, dtype=np.int64)
        self._address = np.arange(program.gates.num_wires, dtype=np.int64) + len(self._public)
        self._address[ZERO_WIRE] = 0
        self._lane_sources, self._lane_wires = self._place_lanes()
        self._fan_out = self._count_reads()

    def rows(self, heights: Mapping[str, int] | None) -> Mapping[type[GateChip], _Rows]:
        """What every chip holds."""
        rows = {
            Hint: self._hints(),
            Arithmetic: self._arithmetic(in_base_field=False),
            BaseArithmetic: self._arithmetic(in_base_field=True),
            RangeStep: self._range_step(),
            MonomialStep: self._monomial_step(),
            Weigh: self._weigh(),
            Lanes: self._lanes(),
            Pack: self._pack(),
            Widen: self._widen(),
            Bits: self._bits(),
            Sponge: self._sponge(),
            MerkleStep: self._merkle(),
        }
        narrow = wide = 0
        if heights is not None:
            for chip, part in rows.items():
                missing = heights[chip().name] - part.height
                reads = _READS_OF_ZERO.get(chip, (0, 0))
                narrow, wide = narrow + missing * reads[0], wide + missing * reads[1]
        self._fan_out[ZERO_WIRE] += narrow
        rows = {Constant: self._constants(), DigestConstant: self._digest_constants(wide), **rows}
        return rows if heights is None else {chip: _fit(chip, part, heights) for chip, part in rows.items()}

    def statement_messages(self) -> tuple[tuple[StatementMessage, ...], int]:
        """The public wires, which the verifier writes, and how many elements of K they are."""
        messages: list[StatementMessage] = []
        length = 0
        for number, (wire, is_base) in enumerate(_public_wires(self._program)):
            count = 1 if is_base else DEGREE
            if not self._fan_out[wire] and wire not in self._program.carried:
                raise InputError(
                    f"public input {number} of the program is read by nothing; it would be claimed of no run",
                    reason=Reason.OUT_OF_RANGE,
                )
            entries = [StatementEntry(length + index) for index in range(count)]
            message: tuple[int | StatementEntry, ...] = (1 + number, *entries, *([0] * (DEGREE - count)))
            messages.append(StatementMessage(WIRES.name, message, -1))
            length += count
        return tuple(messages), length

    # Addresses and fan-outs

    def _of(self, *opcodes: GateOpcode) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = self._gates[np.isin(self._gates[:, 0], opcodes)]
        return rows

    def _place_lanes(self) -> tuple[WireArray, WireArray]:
        """Lanes of one wire get neighbouring addresses; returns the wires, and `[wires, 6]` their lanes or -1."""
        lanes = self._of(GateOpcode.LANE)
        sources, places = np.unique(lanes[:, _OPERAND], return_inverse=True)
        if self._program.wide[sources].any():
            raise InputError("no chip takes a digest apart", reason=Reason.OUT_OF_RANGE)
        table = np.full((len(sources), DEGREE), -1, dtype=np.int64)
        table[places, lanes[:, _OPERAND + 1]] = lanes[:, 1]
        first = self._first_lane
        self._address[lanes[:, 1]] = first + DEGREE * places + lanes[:, _OPERAND + 1]
        return sources, table

    @property
    def _first_lane(self) -> int:
        return self._program.gates.num_wires + len(self._public)

    def _count_reads(self) -> WireArray:
        counts = np.zeros(self._program.gates.num_wires, dtype=np.int64)

        def read(wires: NDArray[np.int64]) -> None:
            np.add.at(counts, wires.reshape(-1), 1)

        operands = slice(_OPERAND, None)
        arithmetic = self._of(GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO)
        read(arithmetic[:, operands][:, :3])
        counts[ZERO_WIRE] += len(self._of(GateOpcode.REQUIRE_ZERO)) + 2 * len(self._public)
        read(self._lane_sources)
        read(self._of(GateOpcode.PACK)[:, operands][:, :DEGREE])
        read(self._of(GateOpcode.BITS)[:, _OPERAND])
        read(self._of(GateOpcode.RANGE_STEP, GateOpcode.WEIGH)[:, operands])
        read(self._of(GateOpcode.MONOMIAL_STEP)[:, operands][:, :3])
        read(self._of(GateOpcode.SPONGE)[:, operands][:, :4])
        read(self._of(GateOpcode.COMPRESS)[:, operands][:, :2])
        read(self._of(GateOpcode.WIDEN)[:, operands][:, :2])
        read(self._of(GateOpcode.REQUIRE_DIGEST)[:, _OPERAND + 1])
        return counts

    # Rows

    def _contents(self, outputs: WireArray, **columns: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        return {"address": self._address[outputs], "fan_out": self._fan_out[outputs], **columns}

    def _constants(self) -> _Rows:
        program = self._program
        is_read = (self._fan_out[program.constant_wires] > 0) | (program.constant_wires == ZERO_WIRE)
        chosen = is_read & ~program.wide[program.constant_wires]
        words = program.constants[chosen].astype(np.int64)[:, :DEGREE]
        return _Rows(self._contents(program.constant_wires[chosen], words=words), lambda _: {})

    def _digest_constants(self, reads_of_zero: int) -> _Rows:
        """The wide constants, and one of zeros at address 0 for the rows of padding."""
        program = self._program
        chosen = program.wide[program.constant_wires] & (self._fan_out[program.constant_wires] > 0)
        contents = self._contents(program.constant_wires[chosen], words=program.constants[chosen].astype(np.int64))
        padding = {"address": [0], "fan_out": [reads_of_zero], "words": [[0] * WIRE_WORDS]}
        joined = {name: np.concatenate([np.array(padding[name]), values]) for name, values in contents.items()}
        return _Rows(joined, lambda _: {})

    def _hints(self) -> _Rows:
        """Atoms of proofs, leaves, and inverses; a sibling stands in its Merkle row and nowhere else."""
        program = self._program
        atoms = [np.array(wires, dtype=np.int64) for wires in program.proof_wires]
        leaves = [opening.leaves.reshape(-1) for opening in program.openings]
        advice = np.array(program.advice_wires, dtype=np.int64)
        wires = np.concatenate([*atoms, *leaves, advice, self._of(GateOpcode.INVERSE)[:, 1]])
        wires = wires[self._fan_out[wires] > 0]
        return _Rows(self._contents(wires), lambda values: {"words": values[wires, :DEGREE]})

    def _arithmetic(self, *, in_base_field: bool) -> _Rows:
        """Gates whose operands are all in K, or all others; with the rows that copy the public input."""
        gates = self._of(GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO)
        operands = gates[:, _OPERAND : _OPERAND + 3]
        chosen = in_base_arithmetic(self._program, gates) == in_base_field
        gates, operands = gates[chosen], operands[chosen]
        is_requirement = gates[:, 0] == GateOpcode.REQUIRE_ZERO
        is_chosen = self._program.base[self._public] == in_base_field
        copied = self._public[is_chosen]
        copied_address = np.zeros((len(copied), 3), dtype=np.int64)
        copied_address[:, 0] = 1 + np.flatnonzero(is_chosen)
        contents = self._contents(
            np.concatenate([np.where(is_requirement, ZERO_WIRE, gates[:, 1]), copied]),
            operand_address=np.concatenate([self._address[operands], copied_address]),
            coefficients=np.concatenate([gates[:, FIRST_COEFFICIENT:], np.tile(_COPY, (len(copied), 1))]),
        )
        contents["fan_out"][: len(gates)][is_requirement] = FOUND
        zeros = np.full_like(copied, ZERO_WIRE)
        operands = np.concatenate([operands, np.stack([copied, zeros, zeros], axis=1)])
        if in_base_field:
            return _Rows(contents, lambda values: {"operands": values[operands, 0]})
        return _Rows(contents, lambda values: {"operands": values[operands, :DEGREE]})

    def _range_step(self) -> _Rows:
        gates = self._of(GateOpcode.RANGE_STEP)
        operands, outputs = gates[:, _OPERAND:], gates[:, 1]
        contents = self._contents(outputs, operand_address=self._address[operands])
        contents["fan_out"] = self._fan_out[outputs[:, None] + np.arange(4)]

        def records(values: Words) -> Records:
            return {
                "elements": values[operands[:, :6], :DEGREE],
                "start": values[operands[:, 6], 0],
                "end": values[operands[:, 7], 0],
            }

        return _Rows(contents, records)

    def _monomial_step(self) -> _Rows:
        gates = self._of(GateOpcode.MONOMIAL_STEP)
        operands, outputs = gates[:, _OPERAND : _OPERAND + 3], gates[:, 1]
        contents = self._contents(outputs, operand_address=self._address[operands])
        contents["fan_out"] = self._fan_out[outputs[:, None] + np.arange(2)]

        def records(values: Words) -> Records:
            return {
                "product": values[operands[:, 0], :DEGREE],
                "power": values[operands[:, 1], 0],
                "coordinate": values[operands[:, 2], :DEGREE],
            }

        return _Rows(contents, records)

    def _weigh(self) -> _Rows:
        gates = self._of(GateOpcode.WEIGH)
        operands = gates[:, _OPERAND:]
        contents = self._contents(gates[:, 1], operand_address=self._address[operands])
        return _Rows(contents, lambda values: {"elements": values[operands, :DEGREE]})

    def _lanes(self) -> _Rows:
        sources, lanes = self._lane_sources, self._lane_wires
        contents = {
            "operand_address": self._address[sources],
            "address": self._first_lane + DEGREE * np.arange(len(sources), dtype=np.int64),
            "fan_out": np.where(lanes >= 0, self._fan_out[lanes], 0),
        }
        return _Rows(contents, lambda values: {"words": values[sources, :DEGREE]})

    def _pack(self) -> _Rows:
        gates = self._of(GateOpcode.PACK)
        operands, outputs = gates[:, _OPERAND : _OPERAND + DEGREE], gates[:, 1]
        contents = self._contents(outputs, operand_address=self._address[operands])
        return _Rows(contents, lambda values: {"words": values[outputs, :DEGREE]})

    def _widen(self) -> _Rows:
        gates = self._of(GateOpcode.WIDEN)
        operands = gates[:, _OPERAND : _OPERAND + 2]
        contents = self._contents(gates[:, 1], operand_address=self._address[operands])
        return _Rows(contents, lambda values: {"words": values[operands, :DEGREE].reshape(len(operands), 2 * DEGREE)})

    def _bits(self) -> _Rows:
        gates = self._of(GateOpcode.BITS)
        operands, outputs = gates[:, _OPERAND], gates[:, 1]
        contents = self._contents(outputs, operand_address=self._address[operands])
        contents["fan_out"] = self._fan_out[outputs[:, None] + np.arange(NUM_BITS)]
        return _Rows(contents, lambda values: {"value": values[operands, 0]})

    def _sponge(self) -> _Rows:
        gates = self._of(GateOpcode.SPONGE)
        operands, outputs, is_shifted = gates[:, _OPERAND : _OPERAND + 4], gates[:, 1], gates[:, _OPERAND + 4]
        contents = self._contents(outputs, operand_address=self._address[operands], is_shifted=is_shifted)
        contents["is_real"] = np.ones(len(gates), dtype=np.int64)
        contents["fan_out"] = self._fan_out[outputs[:, None] + np.arange(SPONGE_OUTPUTS)]

        def records(values: Words) -> Records:
            words = values[operands[:, :3], :DEGREE].reshape(len(operands), sponge.RATE + SPARE)
            rolled = np.where(is_shifted[:, None] == 1, np.roll(words, -SPARE, axis=1), words)
            return {
                "is_real": contents["is_real"],
                "rate": rolled[:, : sponge.RATE],
                "spare": rolled[:, sponge.RATE :],
                "capacity": values[operands[:, 3]],
            }

        return _Rows(contents, records)

    def _merkle(self) -> _Rows:
        gates = self._of(GateOpcode.COMPRESS)
        node, bit, sibling, outputs = gates[:, _OPERAND], gates[:, _OPERAND + 1], gates[:, _OPERAND + 2], gates[:, 1]
        contents = self._contents(
            outputs,
            node_address=self._address[node],
            bit_address=self._address[bit],
            tag=gates[:, _OPERAND + 3],
            is_real=np.ones(len(gates), dtype=np.int64),
        )
        self._find_digests(outputs, contents)

        def records(values: Words) -> Records:
            swapped = values[bit, :1] == 1
            left, right = values[node], values[sibling]
            return {
                "is_real": contents["is_real"],
                "tag": gates[:, _OPERAND + 3],
                "bit": values[bit, 0],
                "left": np.where(swapped, right, left),
                "right": np.where(swapped, left, right),
            }

        return _Rows(contents, records)

    def _find_digests(self, outputs: WireArray, contents: dict[str, NDArray[np.int64]]) -> None:
        """A parent that must equal a digest is found on the digest's wire.

        Raises:
            InputError: OUT_OF_RANGE where a required digest is no parent, or is read elsewhere too.
        """
        required = self._of(GateOpcode.REQUIRE_DIGEST)
        parents, roots = required[:, _OPERAND], required[:, _OPERAND + 1]
        places = np.searchsorted(outputs, parents)
        is_parent = np.isin(parents, outputs)
        if not is_parent.all() or len(np.unique(parents)) < len(parents) or (self._fan_out[parents] > 0).any():
            raise InputError(
                "a digest is compared that is not the end of a Merkle path, or is used for something else as well",
                reason=Reason.OUT_OF_RANGE,
            )
        contents["address"][places] = self._address[roots]
        contents["fan_out"][places] = FOUND


def in_base_arithmetic(program: TracedProgram, gates: NDArray[Any]) -> NDArray[np.bool_]:
    """For ARITHMETIC and REQUIRE_ZERO gates, whether all operands are in K."""
    operands = gates[:, _OPERAND : _OPERAND + 3]
    result: NDArray[np.bool_] = program.base[operands].all(axis=1)
    return result


def _fit(chip: type[GateChip], rows: _Rows, heights: Mapping[str, int]) -> _Rows:
    name = chip().name
    if rows.height > heights[name]:
        raise InputError(
            f"the program needs {rows.height} rows of chip {name}; the shape has {heights[name]}",
            reason=Reason.OUT_OF_RANGE,
        )
    return rows.padded(heights[name])

"""From a traced program to the circuit of its runs: which rows there are, and where their cells come from.

Every gate becomes a row. Lanes of one wire share a row, a requirement is a row that finds its result on another wire,
and nothing is made for what no row reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

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
from hstar.recursion.chips.arithmetic import Arithmetic
from hstar.recursion.chips.bits import Bits
from hstar.recursion.chips.data import Constant, DigestConstant, Hint, Lanes, Pack, Widen
from hstar.recursion.chips.hashing import SPARE, MerkleStep, Sponge
from hstar.recursion.chips.wires import DIGESTS, WIRES, Contents, GateChip
from hstar.recursion.program import TracedProgram, WireArray
from hstar.stark.keys import StatementEntry, StatementMessage

LIMITS = MachineLimits(constraint_degree=9, leaf_degree=9, fractions_per_leaf=8)
"""The permutations' S-boxes have degree 9, so merging fractions up to that degree costs no further round message."""
FOUND = MODULUS - 1
"""The fan-out -1 of a row that must find its result on a wire that another row writes."""
CHIPS: tuple[type[GateChip], ...] = (
    Constant, DigestConstant, Hint, Arithmetic, Lanes, Pack, Widen, Bits, Sponge, MerkleStep,
)  # fmt: skip
"""In the order of the circuit."""

_OPERAND = 2
"""Where the operands of a gate begin."""


@dataclass(frozen=True)
class _Rows:
    """A chip's part of the program: preprocessed columns, and how records are read from the wires."""

    contents: Contents
    records: Callable[[Words], Records]


class StraightLineCircuit:
    """The circuit of a traced program.

    Args:
        program: what a proof under this circuit's key is a run of.
        name: of the circuit.

    Raises:
        InputError: OUT_OF_RANGE when a public input is connected to nothing, or a digest is required in a way that no
            chip can.
    """

    def __init__(self, program: TracedProgram, name: str = "recursion") -> None:
        self.program = program
        compiler = _Compiler(program)
        self._rows = compiler.rows()
        chips = [chip(self._rows[chip].contents) for chip in CHIPS]
        self.traced: TracedCircuit = trace_circuit(name, chips, (WIRES, DIGESTS), LIMITS)
        self.statement_messages = compiler.statement_messages()
        self.statement_length = compiler.statement_length

    @cached_property
    def heights(self) -> dict[str, int]:
        """Rows of every chip."""
        heights = {}
        for chip, traced in zip(CHIPS, self.traced.chips, strict=True):
            first = next(iter(self._rows[chip].contents.values()))
            heights[traced.program.name] = len(first)
        return heights

    @property
    def cells(self) -> dict[str, int]:
        """Cells of every chip."""
        return {chip.program.name: chip.program.width * self.heights[chip.program.name] for chip in self.traced.chips}

    def fill(self, wires: Words) -> Segment:
        """The tables of a run, from its wires."""
        records: dict[str, Records] = {}
        for chip, traced in zip(CHIPS, self.traced.chips, strict=True):
            records[traced.program.name] = self._rows[chip].records(wires)
        return fill_segment(self.traced, records)

    def statement(self, wires: Words) -> tuple[int, ...]:
        """The public input as elements of K, in the order of `statement_messages`."""
        values: list[int] = []
        for wire, is_base in _public_wires(self.program):
            values += wires[wire, : 1 if is_base else DEGREE].tolist()
        return tuple(values)


def _public_wires(program: TracedProgram) -> list[tuple[int, bool]]:
    return list(zip(program.public_wires, program.public_is_base, strict=True))


class _Compiler:
    """Addresses, fan-outs and the rows of every chip."""

    def __init__(self, program: TracedProgram) -> None:
        self._program = program
        self._gates = program.gates.gates.astype(np.int64)
        self._address = np.arange(program.gates.num_wires, dtype=np.int64)
        self._lane_sources, self._lane_wires = self._place_lanes()
        self._fan_out = self._count_reads()
        self.statement_length = 0

    def rows(self) -> Mapping[type[GateChip], _Rows]:
        """What every chip holds."""
        return {
            Constant: self._constants(wide=False),
            DigestConstant: self._constants(wide=True),
            Hint: self._hints(),
            Arithmetic: self._arithmetic(),
            Lanes: self._lanes(),
            Pack: self._pack(),
            Widen: self._widen(),
            Bits: self._bits(),
            Sponge: self._sponge(),
            MerkleStep: self._merkle(),
        }

    def statement_messages(self) -> tuple[StatementMessage, ...]:
        """The public wires, which the verifier writes."""
        messages: list[StatementMessage] = []
        for wire, is_base in _public_wires(self._program):
            count = 1 if is_base else DEGREE
            entries = [StatementEntry(self.statement_length + index) for index in range(count)]
            if not self._fan_out[wire]:
                raise InputError(
                    f"public input {len(messages)} of the program is read by nothing; it would be claimed of no run",
                    reason=Reason.OUT_OF_RANGE,
                )
            zeros = [0] * (DEGREE - count)
            message: tuple[int | StatementEntry, ...] = (int(self._address[wire]), *entries, *zeros)
            messages.append(StatementMessage(WIRES.name, message, -int(self._fan_out[wire])))
            self.statement_length += count
        return tuple(messages)

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
        first = self._program.gates.num_wires
        self._address[lanes[:, 1]] = first + DEGREE * places + lanes[:, _OPERAND + 1]
        return sources, table

    def _count_reads(self) -> WireArray:
        counts = np.zeros(self._program.gates.num_wires, dtype=np.int64)

        def read(wires: NDArray[np.int64]) -> None:
            np.add.at(counts, wires.reshape(-1), 1)

        operands = slice(_OPERAND, None)
        arithmetic = self._of(GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO)
        read(arithmetic[:, operands][:, :3])
        counts[ZERO_WIRE] += len(self._of(GateOpcode.REQUIRE_ZERO))
        read(self._lane_sources)
        read(self._of(GateOpcode.PACK)[:, operands][:, :DEGREE])
        read(self._of(GateOpcode.BITS)[:, _OPERAND])
        read(self._of(GateOpcode.SPONGE)[:, operands][:, :4])
        read(self._of(GateOpcode.COMPRESS)[:, operands][:, :2])
        read(self._of(GateOpcode.WIDEN)[:, operands][:, :2])
        read(self._of(GateOpcode.REQUIRE_DIGEST)[:, _OPERAND + 1])
        return counts

    # Rows

    def _contents(self, outputs: WireArray, **columns: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        return {"address": self._address[outputs], "fan_out": self._fan_out[outputs], **columns}

    def _constants(self, *, wide: bool) -> _Rows:
        program, width = self._program, WIRE_WORDS if wide else DEGREE
        chosen = (program.wide[program.constant_wires] == wide) & (self._fan_out[program.constant_wires] > 0)
        words = program.constants[chosen].astype(np.int64)[:, :width]
        return _Rows(self._contents(program.constant_wires[chosen], words=words), lambda _: {})

    def _hints(self) -> _Rows:
        """Atoms of proofs, leaves, and inverses; a sibling stands in its Merkle row and nowhere else."""
        program = self._program
        atoms = [np.array(wires, dtype=np.int64) for wires in program.proof_wires]
        leaves = [opening.leaves.reshape(-1) for opening in program.openings]
        wires = np.concatenate([*atoms, *leaves, self._of(GateOpcode.INVERSE)[:, 1]])
        wires = wires[self._fan_out[wires] > 0]
        return _Rows(self._contents(wires), lambda values: {"words": values[wires, :DEGREE]})

    def _arithmetic(self) -> _Rows:
        gates = self._of(GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO)
        operands, is_requirement = gates[:, _OPERAND : _OPERAND + 3], gates[:, 0] == GateOpcode.REQUIRE_ZERO
        outputs = np.where(is_requirement, ZERO_WIRE, gates[:, 1])
        contents = self._contents(
            outputs,
            operand_address=self._address[operands],
            coefficients=gates[:, FIRST_COEFFICIENT:],
        )
        contents["fan_out"] = np.where(is_requirement, FOUND, contents["fan_out"])
        return _Rows(contents, lambda values: {"operands": values[operands, :DEGREE]})

    def _lanes(self) -> _Rows:
        sources, lanes = self._lane_sources, self._lane_wires
        contents = {
            "operand_address": self._address[sources],
            "address": self._program.gates.num_wires + DEGREE * np.arange(len(sources), dtype=np.int64),
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

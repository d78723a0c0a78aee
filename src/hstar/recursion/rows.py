"""The rows of every chip: preprocessed columns from a program's gates, and which words of wires a run's rows hold.

Every gate becomes a row. Lanes of one wire share a row, a requirement is a row that finds its result on another wire,
and nothing is made for what no row reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hstar.air.tables import Records
from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE
from hstar.field.koala_bear import MODULUS
from hstar.hash import sponge
from hstar.kernels.gate_types import NUM_BITS, SPONGE_OUTPUTS, WIRE_WORDS, GateOpcode
from hstar.kernels.vectors import Words
from hstar.recursion.builder import ZERO_WIRE
from hstar.recursion.chips.hashing import SPARE
from hstar.recursion.chips.wires import Contents
from hstar.recursion.program import TracedProgram, WireArray
from hstar.recursion.wiring import Gates, Wiring

FOUND = MODULUS - 1
"""The fan-out -1 of a row that must find its result on a wire that another row writes."""
_COPY = np.array([0, 1, 0, 0, 0], dtype=np.int64)
"""Coefficients of a row that copies its first operand."""


@dataclass(frozen=True)
class Rows:
    """A chip's part of the program: preprocessed columns, and how records are read from the wires."""

    contents: Contents
    records: Callable[[Words], Records]

    @property
    def height(self) -> int:
        """Rows."""
        return len(next(iter(self.contents.values())))

    def padded(self, height: int) -> Rows:
        """With rows of zeros at the end."""
        missing = height - self.height

        def pad(values: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([values, np.zeros((missing, *values.shape[1:]), dtype=values.dtype)])

        contents = {name: pad(values) for name, values in self.contents.items()}
        return Rows(
            contents, lambda wires: {name: pad(np.asarray(values)) for name, values in self.records(wires).items()}
        )


def constant_rows(wiring: Wiring) -> Rows:
    """Narrow wires that the program fixes, those that are read."""
    program = wiring.program
    is_read = (wiring.fan_out[program.constant_wires] > 0) | (program.constant_wires == ZERO_WIRE)
    chosen = is_read & ~program.wide[program.constant_wires]
    words = program.constants[chosen].astype(np.int64)[:, :DEGREE]
    return Rows(wiring.columns(program.constant_wires[chosen], words=words), lambda _: {})


def digest_constant_rows(wiring: Wiring, reads_of_zero: int) -> Rows:
    """The wide constants, and one of zeros at address 0 for the rows of padding."""
    program = wiring.program
    chosen = program.wide[program.constant_wires] & (wiring.fan_out[program.constant_wires] > 0)
    contents = wiring.columns(program.constant_wires[chosen], words=program.constants[chosen].astype(np.int64))
    padding = {"address": [0], "fan_out": [reads_of_zero], "words": [[0] * WIRE_WORDS]}
    joined = {name: np.concatenate([np.array(padding[name]), values]) for name, values in contents.items()}
    return Rows(joined, lambda _: {})


def hint_rows(wiring: Wiring) -> Rows:
    """Atoms of proofs, leaves, and inverses; a sibling stands in its Merkle row and nowhere else."""
    program = wiring.program
    atoms = [np.array(wires, dtype=np.int64) for wires in program.proof_wires]
    leaves = [opening.leaves.reshape(-1) for opening in program.openings]
    advice = np.array(program.advice_wires, dtype=np.int64)
    wires = np.concatenate([*atoms, *leaves, advice, wiring.gates(GateOpcode.INVERSE).outputs])
    wires = wires[wiring.fan_out[wires] > 0]
    return Rows(wiring.columns(wires), lambda values: {"words": values[wires, :DEGREE]})


def arithmetic_rows(wiring: Wiring, *, in_base_field: bool) -> Rows:
    """Gates whose operands are all in K, or all others; with the rows that copy the public input."""
    gates = wiring.gates(GateOpcode.ARITHMETIC, GateOpcode.REQUIRE_ZERO)
    gates = gates.chosen(in_base_arithmetic(wiring.program, gates) == in_base_field)
    operands = gates.operands[:, :3]
    is_requirement = gates.opcodes == GateOpcode.REQUIRE_ZERO
    is_chosen = wiring.program.base[wiring.public] == in_base_field
    copied = wiring.public[is_chosen]
    copied_address = np.zeros((len(copied), 3), dtype=np.int64)
    copied_address[:, 0] = 1 + np.flatnonzero(is_chosen)
    contents = wiring.columns(
        np.concatenate([np.where(is_requirement, ZERO_WIRE, gates.outputs), copied]),
        operand_address=np.concatenate([wiring.address[operands], copied_address]),
        coefficients=np.concatenate([gates.operands[:, 3:], np.tile(_COPY, (len(copied), 1))]),
    )
    contents["fan_out"][: len(gates)][is_requirement] = FOUND
    zeros = np.full_like(copied, ZERO_WIRE)
    operands = np.concatenate([operands, np.stack([copied, zeros, zeros], axis=1)])
    if in_base_field:
        return Rows(contents, lambda values: {"operands": values[operands, 0]})
    return Rows(contents, lambda values: {"operands": values[operands, :DEGREE]})


def range_step_rows(wiring: Wiring) -> Rows:
    """The RANGE_STEP gates."""
    gates = wiring.gates(GateOpcode.RANGE_STEP)
    operands, outputs = gates.operands, gates.outputs
    contents = wiring.columns(outputs, operand_address=wiring.address[operands])
    contents["fan_out"] = wiring.fan_out[outputs[:, None] + np.arange(4)]

    def records(values: Words) -> Records:
        return {
            "elements": values[operands[:, :6], :DEGREE],
            "start": values[operands[:, 6], 0],
            "end": values[operands[:, 7], 0],
        }

    return Rows(contents, records)


def monomial_step_rows(wiring: Wiring) -> Rows:
    """The MONOMIAL_STEP gates."""
    gates = wiring.gates(GateOpcode.MONOMIAL_STEP)
    operands, outputs = gates.operands[:, :3], gates.outputs
    contents = wiring.columns(outputs, operand_address=wiring.address[operands])
    contents["fan_out"] = wiring.fan_out[outputs[:, None] + np.arange(2)]

    def records(values: Words) -> Records:
        return {
            "product": values[operands[:, 0], :DEGREE],
            "power": values[operands[:, 1], 0],
            "coordinate": values[operands[:, 2], :DEGREE],
        }

    return Rows(contents, records)


def weigh_rows(wiring: Wiring) -> Rows:
    """The WEIGH gates."""
    gates = wiring.gates(GateOpcode.WEIGH)
    operands = gates.operands
    contents = wiring.columns(gates.outputs, operand_address=wiring.address[operands])
    return Rows(contents, lambda values: {"elements": values[operands, :DEGREE]})


def lane_rows(wiring: Wiring) -> Rows:
    """One row for every wire that is taken apart."""
    sources, lanes = wiring.lane_sources, wiring.lane_wires
    contents = {
        "operand_address": wiring.address[sources],
        "address": wiring.first_lane + DEGREE * np.arange(len(sources), dtype=np.int64),
        "fan_out": np.where(lanes >= 0, wiring.fan_out[lanes], 0),
    }
    return Rows(contents, lambda values: {"words": values[sources, :DEGREE]})


def pack_rows(wiring: Wiring) -> Rows:
    """The PACK gates."""
    gates = wiring.gates(GateOpcode.PACK)
    operands, outputs = gates.operands[:, :DEGREE], gates.outputs
    contents = wiring.columns(outputs, operand_address=wiring.address[operands])
    return Rows(contents, lambda values: {"words": values[outputs, :DEGREE]})


def widen_rows(wiring: Wiring) -> Rows:
    """The WIDEN gates."""
    gates = wiring.gates(GateOpcode.WIDEN)
    operands = gates.operands[:, :2]
    contents = wiring.columns(gates.outputs, operand_address=wiring.address[operands])
    return Rows(contents, lambda values: {"words": values[operands, :DEGREE].reshape(len(operands), 2 * DEGREE)})


def bits_rows(wiring: Wiring) -> Rows:
    """The BITS gates."""
    gates = wiring.gates(GateOpcode.BITS)
    operands, outputs = gates.operands[:, 0], gates.outputs
    contents = wiring.columns(outputs, operand_address=wiring.address[operands])
    contents["fan_out"] = wiring.fan_out[outputs[:, None] + np.arange(NUM_BITS)]
    return Rows(contents, lambda values: {"value": values[operands, 0]})


def sponge_rows(wiring: Wiring) -> Rows:
    """The SPONGE gates."""
    gates = wiring.gates(GateOpcode.SPONGE)
    outputs, operands, is_shifted = gates.outputs, gates.operands[:, :4], gates.operands[:, 4]
    contents = wiring.columns(outputs, operand_address=wiring.address[operands], is_shifted=is_shifted)
    contents["is_real"] = np.ones(len(gates), dtype=np.int64)
    contents["fan_out"] = wiring.fan_out[outputs[:, None] + np.arange(SPONGE_OUTPUTS)]

    def records(values: Words) -> Records:
        words = values[operands[:, :3], :DEGREE].reshape(len(operands), sponge.RATE + SPARE)
        rolled = np.where(is_shifted[:, None] == 1, np.roll(words, -SPARE, axis=1), words)
        return {
            "is_real": contents["is_real"],
            "rate": rolled[:, : sponge.RATE],
            "spare": rolled[:, sponge.RATE :],
            "capacity": values[operands[:, 3]],
        }

    return Rows(contents, records)


def merkle_rows(wiring: Wiring) -> Rows:
    """The COMPRESS gates; the last one of a path finds its parent on the root's wire.

    Raises:
        InputError: OUT_OF_RANGE where a required digest is no parent, or is read elsewhere too.
    """
    gates = wiring.gates(GateOpcode.COMPRESS)
    outputs, (node, bit, sibling, tag) = gates.outputs, gates.operands[:, :4].T
    contents = wiring.columns(
        outputs,
        node_address=wiring.address[node],
        bit_address=wiring.address[bit],
        tag=tag,
        is_real=np.ones(len(gates), dtype=np.int64),
    )
    _find_digests(wiring, outputs, contents)

    def records(values: Words) -> Records:
        swapped = values[bit, :1] == 1
        left, right = values[node], values[sibling]
        return {
            "is_real": contents["is_real"],
            "tag": tag,
            "bit": values[bit, 0],
            "left": np.where(swapped, right, left),
            "right": np.where(swapped, left, right),
        }

    return Rows(contents, records)


def _find_digests(wiring: Wiring, outputs: WireArray, contents: dict[str, NDArray[np.int64]]) -> None:
    """A parent that must equal a digest is found on the digest's wire.

    Raises:
        InputError: OUT_OF_RANGE where a required digest is no parent, or is read elsewhere too.
    """
    required = wiring.gates(GateOpcode.REQUIRE_DIGEST).operands
    parents, roots = required[:, 0], required[:, 1]
    places = np.searchsorted(outputs, parents)
    is_parent = np.isin(parents, outputs)
    if not is_parent.all() or len(np.unique(parents)) < len(parents) or (wiring.fan_out[parents] > 0).any():
        raise InputError(
            "a digest is compared that is not the end of a Merkle path, or is used for something else as well",
            reason=Reason.OUT_OF_RANGE,
        )
    contents["address"][places] = wiring.address[roots]
    contents["fan_out"][places] = FOUND


def in_base_arithmetic(program: TracedProgram, gates: Gates) -> NDArray[np.bool_]:
    """For ARITHMETIC and REQUIRE_ZERO gates, whether all operands are in K."""
    return np.asarray(program.base[gates.operands[:, :3]].all(axis=1))

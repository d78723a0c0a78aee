"""What a chip costs, derived from its program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hstar.air.program import LEAF_OPCODES, ChipProgram, Circuit, Group, Opcode, Scope

TARGET_NANOSECONDS_PER_CELL = 5 + 12 + 15 + 20
"""Trace, commit, zerocheck and opening of one cell on two Zen 5 cores: the project's targets, not a measurement."""
TARGET_NANOSECONDS_PER_LEAF = 45
"""One GKR leaf, merged or not, on the same machine: a target, not a measurement."""


@dataclass(frozen=True)
class ChipCost:
    """Figures of one row of a chip."""

    name: str
    columns: Mapping[str, int]
    constraints: int
    degree: int
    interactions: int
    local_leaves: int
    global_leaves: int
    additions: int
    multiplications: int

    @property
    def cells(self) -> int:
        """Committed cells a row; preprocessed columns are in the key but are opened like the others."""
        return sum(self.columns.values())

    @property
    def leaves(self) -> int:
        """GKR leaves a row."""
        return self.local_leaves + self.global_leaves

    @property
    def target_nanoseconds(self) -> int:
        """Price of a row if the phases met their targets."""
        return TARGET_NANOSECONDS_PER_CELL * self.cells + TARGET_NANOSECONDS_PER_LEAF * self.leaves


def chip_cost(chip: ChipProgram) -> ChipCost:
    """The figures of one chip."""
    opcodes = [instruction.opcode for instruction in chip.program.instructions]
    return ChipCost(
        name=chip.name,
        columns={group.name.lower(): len(chip.group_range(group)) for group in Group},
        constraints=len(chip.constraints),
        degree=chip.degree,
        interactions=len(chip.interactions),
        local_leaves=len(chip.leaves_of(Scope.LOCAL)),
        global_leaves=len(chip.leaves_of(Scope.GLOBAL)),
        additions=sum(opcode not in LEAF_OPCODES and opcode is not Opcode.MULTIPLY for opcode in opcodes),
        multiplications=opcodes.count(Opcode.MULTIPLY),
    )


@dataclass(frozen=True)
class CircuitCost:
    """Figures of a filled circuit."""

    cells: int
    fractions: int
    leaves: int
    columns: int

    @property
    def fractions_per_cell(self) -> float:
        """Unmerged fractions a cell."""
        return self.fractions / self.cells if self.cells else 0.0


def circuit_cost(circuit: Circuit, heights: Mapping[str, int]) -> CircuitCost:
    """Totals over all rows.

    Args:
        circuit: the circuit.
        heights: rows of every chip by name; missing ones have none.
    """
    rows = [(chip, heights.get(chip.name, 0)) for chip in circuit.chips]
    return CircuitCost(
        cells=sum(chip.width * height for chip, height in rows),
        fractions=sum(len(chip.interactions) * height for chip, height in rows),
        leaves=sum(len(chip.leaves) * height for chip, height in rows),
        columns=sum(chip.width for chip in circuit.chips),
    )

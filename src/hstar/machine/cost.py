"""The deterministic proving cost of an execution, from integer weights kept as data (`cost_model.toml`).

The weights are cells and fractions of the circuits' rows; `tools/generate_cost_model.py` writes the file, and a test
compares it with the circuits. So running a program needs no circuit, and a figure is the same on every machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from hstar.machine.isa import BY_NAME, NUM_OPCODES, Kind
from hstar.machine.operations import Operation, operations


@dataclass(frozen=True)
class Weight:
    """Cells and fractions of one row."""

    cells: int
    fractions: int


@dataclass(frozen=True)
class CostModel:
    """Weights of every kind of row.

    Args:
        version: changes with every change of a figure.
        cell_nanoseconds, fraction_nanoseconds: of the cost figure.
        operation_cells, operation_fractions: `int64[operations + 1]` of a row of the first chip; 0 for no operation.
        misaligned_load, misaligned_store: what a row of the second chip has more, at most.
        boundary, bridge, initial_final, program_word, call: one row each.
        tables: the fixed tables of a segment.
        keccak_f1600: all rows of one permutation in a segment of its own.
    """

    version: int
    cell_nanoseconds: int
    fraction_nanoseconds: int
    operation_cells: NDArray[np.int64]
    operation_fractions: NDArray[np.int64]
    misaligned_load: Weight
    misaligned_store: Weight
    boundary: Weight
    initial_final: Weight
    program_word: Weight
    tables: Weight
    call: Weight
    bridge: Weight
    keccak_f1600: Weight

    def nanoseconds(self, cells: int, fractions: int) -> int:
        """The cost figure of these many cells and fractions."""
        return cells * self.cell_nanoseconds + fractions * self.fraction_nanoseconds

    @property
    def opcode_cells(self) -> NDArray[np.int64]:
        """`int64[NUM_OPCODES]`: the most cells that an instruction's row takes, whatever its operands."""
        most = np.zeros(NUM_OPCODES, dtype=np.int64)
        for number, operation in enumerate(operations(), 1):
            for name in operation.instructions:
                opcode = BY_NAME[name].number
                most[opcode] = max(most[opcode], self.operation_cells[number])
        return most


def operation_weights(chips: Mapping[str, Weight]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells and fractions of each operation's row on its first chip, `int64[operations + 1]`."""
    weights = [chips[operation.chip] for operation in operations()]
    cells = np.array([0, *(weight.cells for weight in weights)], dtype=np.int64)
    return cells, np.array([0, *(weight.fractions for weight in weights)], dtype=np.int64)


def misaligned_weight(kind: Kind, chips: Mapping[str, Weight]) -> Weight:
    """What a row of the second chip of a load or store has more than one of the first, at most."""

    def is_meant(operation: Operation) -> bool:
        return len(operation.chips) > 1 and BY_NAME[operation.instructions[0]].kind is kind

    pairs = [(chips[item.chips[0]], chips[item.chips[1]]) for item in operations() if is_meant(item)]
    return Weight(
        max((second.cells - first.cells for first, second in pairs), default=0),
        max((second.fractions - first.fractions for first, second in pairs), default=0),
    )


def parse_cost_model(data: Mapping[str, object]) -> CostModel:
    """Builds a model from parsed TOML; a missing or unknown name is a KeyError or ValueError (the file is ours)."""
    tables = {name: value for name, value in data.items() if isinstance(value, dict)}
    chips = {name: Weight(*values) for name, values in tables["chips"].items()}
    rows = {name: Weight(*values) for name, values in tables["rows"].items()}
    unknown = set(chips) - {chip for operation in operations() for chip in operation.chips}
    if unknown:
        raise ValueError(f"the cost model has weights for unknown chips: {', '.join(sorted(unknown))}")
    missing = {chip for operation in operations() for chip in operation.chips} - set(chips)
    if missing:
        raise ValueError(f"the cost model lacks {', '.join(sorted(missing))}; run tools/generate_cost_model.py")
    version = data["version"]
    if not isinstance(version, int):
        raise ValueError("the cost model's version must be an integer")
    cells, fractions = operation_weights(chips)
    return CostModel(
        version=version,
        cell_nanoseconds=tables["nanoseconds"]["cell"],
        fraction_nanoseconds=tables["nanoseconds"]["fraction"],
        operation_cells=cells,
        operation_fractions=fractions,
        misaligned_load=misaligned_weight(Kind.LOAD, chips),
        misaligned_store=misaligned_weight(Kind.STORE, chips),
        **rows,
    )


@cache
def default_cost_model() -> CostModel:
    """The model shipped with the package."""
    text = resources.files("hstar.machine").joinpath("cost_model.toml").read_text(encoding="utf-8")
    return parse_cost_model(tomllib.loads(text))

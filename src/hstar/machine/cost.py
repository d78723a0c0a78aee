"""The deterministic proving cost of an execution, from integer weights kept as data (`cost_model.toml`).

Today's weights are an estimate made before the circuits exist; see docs/machine.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from hstar.machine.isa import INSTRUCTIONS, NUM_OPCODES


@dataclass(frozen=True)
class Weight:
    """Cells and fractions of one row."""

    cells: int
    fractions: int


@dataclass(frozen=True)
class CostModel:
    """Weights of every kind of row; `opcode_cells` and `opcode_fractions` are `int64[NUM_OPCODES]`."""

    version: int
    cell_nanoseconds: int
    fraction_nanoseconds: int
    opcode_cells: NDArray[np.int64]
    opcode_fractions: NDArray[np.int64]
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


def _weight(values: list[int]) -> Weight:
    cells, fractions = values
    return Weight(cells, fractions)


def parse_cost_model(data: Mapping[str, object]) -> CostModel:
    """Builds a model from parsed TOML; a missing or unknown name is a KeyError or ValueError (the file is ours)."""
    tables = {name: value for name, value in data.items() if isinstance(value, dict)}
    cells, fractions = np.zeros(NUM_OPCODES, dtype=np.int64), np.zeros(NUM_OPCODES, dtype=np.int64)
    own = dict(tables["instructions"])
    for instruction in INSTRUCTIONS:
        weight = _weight(own.pop(instruction.name, tables["families"][instruction.family.value]))
        cells[instruction.number], fractions[instruction.number] = weight.cells, weight.fractions
    if own:
        raise ValueError(f"the cost model has weights for unknown instructions: {', '.join(own)}")
    version = data["version"]
    if not isinstance(version, int):
        raise ValueError("the cost model's version must be an integer")
    rows, extra, nanoseconds = tables["rows"], tables["extra"], tables["nanoseconds"]
    return CostModel(
        version=version,
        cell_nanoseconds=nanoseconds["cell"],
        fraction_nanoseconds=nanoseconds["fraction"],
        opcode_cells=cells,
        opcode_fractions=fractions,
        misaligned_load=_weight(extra["misaligned_load"]),
        misaligned_store=_weight(extra["misaligned_store"]),
        boundary=_weight(rows["boundary"]),
        initial_final=_weight(rows["initial_final"]),
        program_word=_weight(rows["program_word"]),
        tables=_weight(rows["tables"]),
        call=_weight(rows["call"]),
        bridge=_weight(rows["bridge"]),
        keccak_f1600=_weight(tables["precompiles"]["keccak_f1600"]),
    )


@cache
def default_cost_model() -> CostModel:
    """The model shipped with the package."""
    text = resources.files("hstar.machine").joinpath("cost_model.toml").read_text(encoding="utf-8")
    return parse_cost_model(tomllib.loads(text))

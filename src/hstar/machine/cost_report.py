"""What the instruction rows of a run cost, chip by chip, from the chips themselves and the run's count of each word.

Rows that no instruction stands for (boundary, bump, tables, memory segments) are not in it; a run's segments have them.
The counts are per word of the program, and which chip a word goes to is static but for misaligned accesses: these are
known in total, so they are charged what the second chip of a load or store has more than the first, at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hstar.air.report import chip_cost
from hstar.machine.circuit_costs import CALL_CHIP, circuit_cost_model
from hstar.machine.circuits import cpu_circuit
from hstar.machine.limits import Execution
from hstar.machine.operations import operations, operations_of_words
from hstar.machine.program import Program


@dataclass(frozen=True)
class ChipShare:
    """Rows of one chip in a run; cells (without preprocessed ones), fractions and merged leaves of one row."""

    name: str
    rows: int
    cells: int
    fractions: int
    leaves: int


@dataclass(frozen=True)
class RunCost:
    """The instruction rows of a run.

    Args:
        cycles: instructions executed.
        chips: those with rows, most cells first.
        misaligned_cells, misaligned_fractions: what misaligned accesses add.
        unproven: cycles of words that no chip proves; a run with such words has no proof.
        num_columns: of all chips of the circuit, preprocessed ones included.
    """

    cycles: int
    chips: tuple[ChipShare, ...]
    misaligned_cells: int
    misaligned_fractions: int
    unproven: int
    num_columns: int

    @property
    def cells_per_cycle(self) -> float:
        """Mean cells of an instruction."""
        return (sum(chip.rows * chip.cells for chip in self.chips) + self.misaligned_cells) / max(self.cycles, 1)

    @property
    def fractions_per_cycle(self) -> float:
        """Mean fractions of an instruction."""
        total = sum(chip.rows * chip.fractions for chip in self.chips) + self.misaligned_fractions
        return total / max(self.cycles, 1)

    @property
    def leaves_per_cycle(self) -> float:
        """Mean merged leaves of an instruction, misaligned accesses as aligned ones."""
        return sum(chip.rows * chip.leaves for chip in self.chips) / max(self.cycles, 1)


def run_cost(program: Program, execution: Execution) -> RunCost:
    """The instruction rows of a run by chip."""
    circuit = cpu_circuit(program).circuit
    numbers = operations_of_words(program)
    per_operation = np.bincount(numbers, weights=execution.word_counts, minlength=len(operations()) + 1).astype(int)
    rows: dict[str, int] = {}
    for operation, count in zip(operations(), per_operation[1:].tolist(), strict=True):
        rows[operation.chip] = rows.get(operation.chip, 0) + count
        if CALL_CHIP in operation.chips:
            rows[operation.chip] -= execution.keccak_calls
            rows[CALL_CHIP] = execution.keccak_calls
    costs = {chip.name: chip_cost(chip) for chip in circuit.chips}
    cells = {name: cost.cells - cost.columns["preprocessed"] for name, cost in costs.items()}
    shares = [
        ChipShare(name, count, cells[name], costs[name].interactions, costs[name].leaves)
        for name, count in rows.items()
        if count
    ]
    model = circuit_cost_model(circuit, cells)
    loads, stores = execution.misaligned_loads, execution.misaligned_stores
    return RunCost(
        cycles=execution.cycles,
        chips=tuple(sorted(shares, key=lambda share: -share.rows * share.cells)),
        misaligned_cells=loads * model.misaligned_load.cells + stores * model.misaligned_store.cells,
        misaligned_fractions=loads * model.misaligned_load.fractions + stores * model.misaligned_store.fractions,
        unproven=int(per_operation[0]),
        num_columns=sum(chip.width for chip in circuit.chips),
    )

"""Runs a program to its end and sums up what it did and what proving it would cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hstar.kernels import backend
from hstar.machine.cost import CostModel, Weight, default_cost_model
from hstar.machine.limits import Execution, Limits
from hstar.machine.native import NativeMachine
from hstar.machine.operations import operations_of_words
from hstar.machine.program import Program
from hstar.machine.reference import ReferenceMachine
from hstar.machine.segments import (
    DEFAULT_LOG_CELLS,
    FAMILIES,
    FAMILY_OF_OPCODE,
    Segment,
    family_rows,
    segment_rule,
)


@dataclass(frozen=True)
class Report:
    """An execution and its price.

    Args:
        rows: rows by kind: the instruction families, `boundary`, `bridge` (at most so many), `initial_final`,
            and one kind for each precompile.
        cells_by_kind: committed cells of these rows, of misaligned accesses (`misaligned_load`, `misaligned_store`), of
            precompile calls, and of every segment's tables (`program`, `tables`), by the cost model.
        proving_cost: the deterministic cost figure, in the model's nanoseconds.
        cost_model: version of the model.
    """

    execution: Execution
    segments: int
    rows: dict[str, int]
    cells_by_kind: dict[str, int]
    proving_cost: int
    cost_model: int

    @property
    def cells(self) -> int:
        """Committed cells of the whole run."""
        return sum(self.cells_by_kind.values())

    @property
    def misaligned_accesses(self) -> int:
        """Loads and stores at addresses that are not a multiple of their width."""
        return self.execution.misaligned_loads + self.execution.misaligned_stores


@dataclass(frozen=True)
class FunctionCycles:
    """One line of a profile."""

    name: str
    address: int
    cycles: int


def profile(program: Program, execution: Execution) -> list[FunctionCycles]:
    """Cycles by function symbol, most first; code before the first symbol is one function without a name."""
    starts = np.array([symbol.address for symbol in program.symbols], dtype=np.int64)
    addresses = program.code_start + 4 * np.arange(len(program.words))
    which = np.searchsorted(starts, addresses, side="right")
    totals = np.bincount(which, weights=execution.word_counts.astype(np.float64), minlength=len(starts) + 1)
    names = ["(no symbol)"] + [symbol.name for symbol in program.symbols]
    places = [program.code_start, *starts.tolist()]
    lines = [FunctionCycles(*line) for line in zip(names, places, totals.astype(np.int64).tolist(), strict=True)]
    return sorted((line for line in lines if line.cycles), key=lambda line: (-line.cycles, line.address))


def _families(program: Program, execution: Execution, model: CostModel) -> dict[str, tuple[int, Weight]]:
    """For each instruction family its rows, and cells and fractions of all of them together."""
    charged, numbers, counts = {}, operations_of_words(program), execution.word_counts
    family_of_word = FAMILY_OF_OPCODE[program.decoded.opcode]
    for index, (family, rows) in enumerate(zip(FAMILIES, family_rows(execution.opcode_counts), strict=True)):
        own, of = counts[family_of_word == index], numbers[family_of_word == index]
        cells, fractions = own @ model.operation_cells[of], own @ model.operation_fractions[of]
        charged[family.value] = int(rows), Weight(int(cells), int(fractions))
    return charged


def _report(program: Program, execution: Execution, model: CostModel, segments: int, others: dict[str, int]) -> Report:
    """Sums up a run; `others` are the rows of the kinds `boundary`, `bridge` and `initial_final`."""
    families = _families(program, execution, model)
    weighted = {
        "misaligned_load": (execution.misaligned_loads, model.misaligned_load),
        "misaligned_store": (execution.misaligned_stores, model.misaligned_store),
        "boundary": (others["boundary"], model.boundary),
        "bridge": (others["bridge"], model.bridge),
        "initial_final": (others["initial_final"], model.initial_final),
        "program": (segments * len(program.words), model.program_word),
        "tables": (segments, model.tables),
        "precompile_call": (execution.keccak_calls, model.call),
        "keccak_f1600": (execution.keccak_calls, model.keccak_f1600),
    }
    cells = {name: weight.cells for name, (_, weight) in families.items()}
    cells |= {name: times * weight.cells for name, (times, weight) in weighted.items()}
    fractions = sum(weight.fractions for _, weight in families.values())
    fractions += sum(times * weight.fractions for times, weight in weighted.values())
    rows = {name: count for name, (count, _) in families.items()} | others
    rows |= {"keccak_f1600": execution.keccak_calls}
    total = sum(cells.values())
    return Report(execution, segments, rows, cells, model.nanoseconds(total, fractions), model.version)


def execute(
    program: Program,
    input_bytes: bytes = b"",
    limits: Limits | None = None,
    log_cells: int = DEFAULT_LOG_CELLS,
    on_segment: Callable[[Segment], None] | None = None,
) -> Report:
    """Runs a program, cut into segments of 2^log_cells cells, on the current backend.

    Args:
        on_segment: gets each segment when it is finished; nothing keeps them otherwise.

    Raises:
        ExecutionError: the program trapped or reached a limit. An exit code other than 0 is not an error here.
    """
    model = default_cost_model()
    rule = segment_rule(program, model, log_cells)
    kind = NativeMachine if backend.runs_native() else ReferenceMachine
    machine = kind(program, input_bytes, limits or Limits(), rule)
    segments = boundary_rows = bridges = 0
    while not machine.halted:
        segment = machine.advance()
        if segment is not None:
            segments += 1
            boundary_rows += len(segment.keys)
            bridges += segment.bridges
            if on_segment is not None:
                on_segment(segment)
    others = {"boundary": boundary_rows, "bridge": bridges, "initial_final": machine.num_touched_words}
    return _report(program, machine.result(), model, segments, others)

"""Runs a program to its end and sums up what it did and what proving it would cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hstar.kernels import backend
from hstar.machine.cost import CostModel, default_cost_model
from hstar.machine.limits import Execution, Limits
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program
from hstar.machine.reference import ReferenceMachine
from hstar.machine.segments import DEFAULT_LOG_CELLS, FAMILIES, Segment, family_rows, segment_rule


@dataclass(frozen=True)
class Report:
    """An execution and its price.

    Args:
        rows: rows by kind: the instruction families, `boundary`, `bridge` (at most so many), `initial_final`,
            and one kind for each precompile.
        cells: committed cells of these rows and of every segment's tables, by the cost model.
        proving_cost: the deterministic cost figure, in the model's nanoseconds.
        cost_model: version of the model.
    """

    execution: Execution
    segments: int
    rows: dict[str, int]
    cells: int
    proving_cost: int
    cost_model: int

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


def _report(
    program: Program,
    execution: Execution,
    model: CostModel,
    segments: int,
    boundary_rows: int,
    bridges: int,
    touched: int,
) -> Report:
    counts = execution.opcode_counts
    weighted = [
        (1, int(counts @ model.opcode_cells), int(counts @ model.opcode_fractions)),
        (execution.misaligned_loads, model.misaligned_load.cells, model.misaligned_load.fractions),
        (execution.misaligned_stores, model.misaligned_store.cells, model.misaligned_store.fractions),
        (boundary_rows, model.boundary.cells, model.boundary.fractions),
        (bridges, model.bridge.cells, model.bridge.fractions),
        (touched, model.initial_final.cells, model.initial_final.fractions),
        (segments * len(program.words), model.program_word.cells, model.program_word.fractions),
        (segments, model.tables.cells, model.tables.fractions),
        (execution.keccak_calls, model.call.cells, model.call.fractions),
        (execution.keccak_calls, model.keccak_f1600.cells, model.keccak_f1600.fractions),
    ]
    cells = sum(times * each for times, each, _ in weighted)
    fractions = sum(times * each for times, _, each in weighted)
    rows = {family.value: int(count) for family, count in zip(FAMILIES, family_rows(counts), strict=True)}
    rows |= {"boundary": boundary_rows, "bridge": bridges, "initial_final": touched}
    rows |= {"keccak_f1600": execution.keccak_calls}
    return Report(execution, segments, rows, cells, model.nanoseconds(cells, fractions), model.version)


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
    return _report(program, machine.result(), model, segments, boundary_rows, bridges, machine.num_touched_words)

"""What verifying a segment costs inside a circuit: cells by part of the verifier. Nothing is proven for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich import box
from rich.table import Table

from hstar.bench.recursion_leaf import GOAL_CELLS, MAX_CELLS
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.machine import guests
from hstar.machine.circuits import cpu_circuit
from hstar.machine.classes import ClassTables, solve_class
from hstar.machine.program import Program, load_program
from hstar.recursion.cost import VerifierCost, verifier_cost
from hstar.stark.keys import VerifyingKey

DEFAULT_LOG_CELLS = (26,)
DEFAULT_GUEST = "revm"


def default_program() -> Program:
    """The guest whose segments the recursion is for."""
    return load_program(guests.load(DEFAULT_GUEST).elf)


def segment_verifier_cost(program: Program, log_cells: int) -> VerifierCost:
    """What it costs to verify an instruction segment of 2^log_cells cells of a program.

    Raises:
        InputError: OUT_OF_RANGE when such a segment does not exist.
    """
    tables = ClassTables.of(cpu_circuit(program))
    parameters = solve_class(tables, log_cells)
    # The preprocessed root is a constant of the circuit: which one does not change what it costs.
    root = (0,) * DIGEST_ELEMENTS
    return verifier_cost(VerifyingKey(tables.circuit.circuit, parameters, tuple(tables.fixed_heights), root))


def cost_record(log_cells: int, cost: VerifierCost) -> dict[str, object]:
    """For JSON."""
    return {
        "log_cells": log_cells,
        "cells": cost.cells,
        "permutations": cost.program.num_permutations,
        "heights": cost.circuit.heights,
        "chip_cells": cost.circuit.cells,
        "parts": {name: asdict(part) for name, part in cost.parts.items()},
    }


def table_of_costs(costs: Sequence[tuple[int, VerifierCost]]) -> Table:
    """Parts of the verifier, most cells first; a block of columns for each size."""
    caption = f"Target: {MAX_CELLS / 1e6} M cells for one proof of 2^26 cells, goal {GOAL_CELLS / 1e6} M."
    table = Table(caption=caption, caption_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("part of the verifier", no_wrap=True)
    for log_cells, _ in costs:
        for header in (f"2^{log_cells}: permutations", "arithmetic", "cells"):
            table.add_column(header, justify="right")
    names = sorted(costs[0][1].parts, key=lambda name: -costs[0][1].parts[name].cells)
    for name in names:
        table.add_row(name, *(text for _, cost in costs for text in _figures(cost, name)))
    totals: list[str] = []
    for _, cost in costs:
        arithmetic = sum(part.arithmetic for part in cost.parts.values())
        totals += [f"{cost.program.num_permutations:,}", f"{arithmetic:,}", f"{cost.cells:,}"]
    table.add_row("all", *totals, style="bold")
    return table


def _figures(cost: VerifierCost, name: str) -> list[str]:
    part = cost.parts[name]
    return [f"{part.permutations:,}", f"{part.arithmetic:,}", f"{part.cells:,}"]

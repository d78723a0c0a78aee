"""Recursion measured: what verifying a segment costs inside a circuit, and a verified proof proven for real.

Two workloads. *Segments*: the verifiers of a program's instruction segments are traced at each size; this counts cells
and proves nothing. *A proof of a proof*: a hash chain is proven at 128 bits, its verifier traced, the run of it proven
at 128 bits, and that proof verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

from rich import box
from rich.table import Table

from hstar.air.examples.hash_chain import hash_chain_circuit, hash_chain_records
from hstar.air.tables import fill_segment
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.machine import guests
from hstar.machine.circuits import cpu_circuit
from hstar.machine.classes import ClassTables, solve_class
from hstar.machine.program import Program, load_program
from hstar.recursion.cost import VerifierCost, verifier_cost
from hstar.recursion.node import node_key, prove_node
from hstar.recursion.tracer import trace_verifier
from hstar.recursion.witness import assign_wires, statement_input
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import encode_proof
from hstar.stark.prove import prove
from hstar.stark.traced import keys_for, public_ends, tables_of
from hstar.stark.verify import verify

TARGET_CELLS, GOAL_CELLS = 7_500_000, 4_500_000
"""For one proof of 2^26 cells."""
DEFAULT_LOG_CELLS = (24,)
DEFAULT_GUEST = "revm"
CHAIN_LINKS = 2**12
_REPETITIONS = 3


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


@dataclass(frozen=True)
class ProofOfProof:
    """A chain's proof and the proof that it was verified.

    Args:
        inner_cells, cells: of the chain's tables, and of the circuit that verifies their proof.
        seconds: by step; the fastest of a few where it was repeated.
        inner_bytes, proof_bytes: of the two proofs.
    """

    inner_cells: int
    cells: int
    seconds: dict[str, float]
    inner_bytes: int
    proof_bytes: int


def prove_a_proof(links: int = CHAIN_LINKS) -> ProofOfProof:
    """Proves a chain, then that its proof was verified, then verifies that."""
    seconds: dict[str, float] = {}

    class Step:
        def __init__(self, name: str) -> None:
            self._name = name

        def __enter__(self) -> None:
            self._start = perf_counter()

        def __exit__(self, *_: object) -> None:
            spent = perf_counter() - self._start
            seconds[self._name] = min(spent, seconds.get(self._name, spent))

    circuit = hash_chain_circuit(degree=9)
    records, ends = hash_chain_records(circuit, [0] * 9, [[link + lane for lane in range(9)] for link in range(links)])
    segment = fill_segment(circuit, records)
    statement, messages = public_ends(ends)
    heights = {name: table.shape[1] for name, table in segment.tables.items()}
    keys = keys_for(
        circuit, heights, suite="poseidon2", statement_length=len(statement.values), statement_messages=messages
    )
    key = keys.verifying_key
    with Step("prove the chain"):
        proof = prove(keys, statement, tables_of(circuit, segment))
    with Step("trace its verifier"):
        program = trace_verifier(key)
    with Step("keys of the circuit"):
        node = node_key(program)
    public, proofs = statement_input(statement), [(key, proof)]
    for _ in range(_REPETITIONS):
        with Step("run the gates"):
            wires = assign_wires(program, public, proofs)
        with Step("fill the tables"):
            node.circuit.fill(wires)
        with Step("prove the run, all included"):
            outer = prove_node(node, public, proofs)
        with Step("verify"):
            verify(node.verifying_key, outer.statement, outer.proof)
    return ProofOfProof(
        sum(table.size for table in segment.tables.values()),
        sum(node.circuit.cells.values()),
        seconds,
        len(encode_proof(key, proof)),
        len(encode_proof(node.verifying_key, outer.proof)),
    )


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
    caption = f"Target: {TARGET_CELLS / 1e6} M cells for one proof of 2^26 cells, goal {GOAL_CELLS / 1e6} M."
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


def table_of_run(run: ProofOfProof) -> Table:
    """The seconds of a proof of a proof."""
    title = f"a proof of {run.inner_cells:,} cells, verified in a circuit of {run.cells:,} cells"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for name, seconds in run.seconds.items():
        table.add_row(name, f"{seconds:.3f}")
    table.add_row("bytes of both proofs", f"{run.inner_bytes:,} {run.proof_bytes:,}")
    return table

"""Recursion measured: what verifying a segment costs inside a circuit, and verified proofs proven for real.

Three workloads. *Segments*: the verifiers of a program's instruction segments are traced at each size; this counts
cells and proves nothing. *A proof of a proof*: a hash chain is proven at 128 bits, its verifier traced, the run of it
proven at 128 bits, and that proof verified. *A whole run*: a program of three instructions is proven in segments
of 2^20 cells, and leaves, join and final proof are made of them, all at 128 bits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import cast

from rich import box
from rich.table import Table

from hstar.air.examples.hash_chain import hash_chain_circuit, hash_chain_records
from hstar.air.tables import fill_segment
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.machine import guests
from hstar.machine.assembler import assemble
from hstar.machine.circuits import cpu_circuit
from hstar.machine.classes import ClassTables, solve_class
from hstar.machine.elf import LoadSegment
from hstar.machine.keys import MachineKey
from hstar.machine.layout import PROGRAM_START
from hstar.machine.program import Program, from_segments, load_program
from hstar.machine.setup import MIN_LOG_CELLS, set_up
from hstar.machine.statement import run_messages
from hstar.prover.pipeline import Options, prove_run
from hstar.recursion.accept import AcceptanceKey, FinalProof, verify_final
from hstar.recursion.aggregate import aggregate, proven_segments
from hstar.recursion.cost import VerifierCost, verifier_cost
from hstar.recursion.final_program import make_final_program
from hstar.recursion.node import node_key, prove_node
from hstar.recursion.relations import MAX_ARITY
from hstar.recursion.topology import make_recursion_keys
from hstar.recursion.tracer import trace_verifier
from hstar.recursion.witness import assign_wires, statement_input
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import encode_proof
from hstar.stark.prove import prove
from hstar.stark.security import security_bits
from hstar.stark.traced import keys_for, public_ends, tables_of
from hstar.stark.verify import verify
from hstar.verifier import standalone
from hstar.verifier.file import encode_claim, read_run_file
from hstar.verifier.traced import TracedVerifier

TARGET_CELLS, GOAL_CELLS = 7_500_000, 4_500_000
"""For one proof of 2^26 cells."""
DEFAULT_LOG_CELLS = (24,)
DEFAULT_GUEST = "revm"
SMALLEST_PROGRAM = "li a0, 0\nli a7, 93\necall\n"
"""Ends at once with exit code 0."""
CHAIN_LINKS = 2**12
_REPETITIONS, _NATIVE_REPETITIONS = 3, 100


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


@dataclass(frozen=True)
class FinalVerification:
    """The traced verification of a final proof.

    Args:
        gates: of the program.
        compressed_bytes: of its file.
        trace_seconds, load_seconds: making it, and loading it from the file.
        native_milliseconds, standalone_seconds: verifying a proof by the native module and by the standard library's
            interpreter; the fastest of several runs.
    """

    gates: int
    compressed_bytes: int
    trace_seconds: float
    load_seconds: float
    native_milliseconds: float
    standalone_seconds: float


@dataclass(frozen=True)
class WholeRun:
    """A run that ended in one final proof, which was accepted.

    Args:
        segments: their types.
        node_heights, node_cells: rows of each chip of the nodes' shape, and cells.
        final_cells: of the final circuit.
        seconds: of each step.
        final_bytes: of the final proof.
        final_bits: provable bits of the final key.
        verification: of the final proof.
    """

    segments: tuple[str, ...]
    node_heights: dict[str, int]
    node_cells: int
    final_cells: int
    seconds: dict[str, float]
    final_bytes: int
    final_bits: float
    verification: FinalVerification


def prove_a_whole_run(target_bits: int = 128) -> WholeRun:
    """Executes, proves, aggregates and accepts the smallest program."""
    seconds: dict[str, float] = {}
    last = perf_counter()

    def done(name: str) -> None:
        nonlocal last
        now = perf_counter()
        seconds[name] = seconds.get(name, 0.0) + now - last
        last = now

    setup = set_up(_smallest_program(), MIN_LOG_CELLS)
    done("keys of the machine")
    with tempfile.TemporaryDirectory() as folder:
        run = prove_run(setup, b"", Options(Path(folder)))
    done("segments")
    file, segment_keys = read_run_file(run.file), setup.key.segment_keys
    segments = proven_segments(segment_keys, file.segments)
    keys = make_recursion_keys(
        segment_keys,
        max_segments_per_leaf=1,
        max_children=max(2, min(MAX_ARITY, len(segments))),
        target_bits=target_bits,
        key_indices=sorted({segment.key_index for segment in segments}),
    )
    done("keys of the recursion")
    challenge = segment_keys.derive_challenge([segment.digest for segment in segments], file.output)
    node = aggregate(keys, segments, challenge, report=done)
    proof = encode_proof(keys.final.verifying_key, node.proof)
    x = node.statement
    accepted = AcceptanceKey(keys.final.verifying_key, keys.key_set.root, segment_keys)
    final = FinalProof(x.count, x.digest, x.partial_sum, proof)
    messages = setup.key.public_messages(len(segments), file.output)
    verify_final(accepted, final, file.output, messages, minimum_bits=target_bits)
    done("acceptance")
    verification = measure_verification(accepted, setup.key, final, file.output)
    done("the traced verification, measured")
    shape = keys.joins[2].circuit
    return WholeRun(
        run.types,
        shape.heights,
        sum(shape.cells.values()),
        sum(keys.final.circuit.cells.values()),
        seconds,
        len(proof),
        float(security_bits(keys.final.verifying_key)),
        verification,
    )


def measure_verification(
    key: AcceptanceKey, machine: MachineKey, final: FinalProof, output: bytes
) -> FinalVerification:
    """Traces the final verification, and runs it on an accepted proof by both interpreters."""
    bits = [Fraction(security_bits(key.final))]
    start = perf_counter()
    program = make_final_program(
        key, lambda count, claimed: run_messages(machine.entry, count, claimed), len(output), bits
    )
    trace_seconds = perf_counter() - start
    compressed, body = program.compressed(), encode_claim(final) + cast("bytes", final.proof)
    start = perf_counter()
    verifier = TracedVerifier.load(compressed)
    load_seconds = perf_counter() - start
    native = _least_seconds(lambda: verifier.run(output, body), _NATIVE_REPETITIONS)
    standalone_seconds = _least_seconds(lambda: standalone.run_program(verifier.program, output, body), _REPETITIONS)
    return FinalVerification(
        sum(program.num_gates.values()), len(compressed), trace_seconds, load_seconds, 1000 * native, standalone_seconds
    )


def _least_seconds(call: Callable[[], object], repetitions: int) -> float:
    seconds: list[float] = []
    for _ in range(repetitions):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return min(seconds)


def _smallest_program() -> Program:
    words, _ = assemble(SMALLEST_PROGRAM, PROGRAM_START)
    code = b"".join(word.to_bytes(4, "little") for word in words)
    return from_segments(PROGRAM_START, [LoadSegment(0, PROGRAM_START, code, len(code), False, True)])


def table_of_whole_run(run: WholeRun) -> Table:
    """The steps of a whole run, and the size of its final proof."""
    title = (
        f"{len(run.segments)} segments ({', '.join(run.segments)}), nodes of {run.node_cells:,} cells, a final circuit "
        f"of {run.final_cells:,}: {run.final_bytes:,} bytes at {run.final_bits:.1f} provable bits"
    )
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("step", no_wrap=True)
    table.add_column("seconds", justify="right")
    for name, seconds in run.seconds.items():
        table.add_row(name, f"{seconds:.1f}")
    found = run.verification
    table.add_row("verifying the final proof, native", f"{found.native_milliseconds / 1000:.5f}")
    table.add_row(
        f"loading its program ({found.gates:,} gates, {found.compressed_bytes:,} bytes)", f"{found.load_seconds:.3f}"
    )
    table.add_row("verifying the final proof, standard library alone", f"{found.standalone_seconds:.2f}")
    return table


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

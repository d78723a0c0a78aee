"""Verifying one segment inside a circuit, for real: a full segment is proven, and then that its proof was accepted.

The segment is the first one of the block guest's run, as large as its size class. Keys, tracing and the first proof of
the leaf are not part of its time; of the others the fastest counts. A process of its own makes the peak of its memory
that of segment and leaf.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

from rich import box
from rich.table import Table

from hstar.air.tables import fill_segment
from hstar.bench.machine_report import MIB
from hstar.bench.machine_runs import BLOCK_GUEST, program_and_input
from hstar.bench.scale import quintic_nanoseconds, scale_of
from hstar.errors import Reason, ResourceError
from hstar.field.extension import ExtensionElement
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.kernels.allocator import keep_freed_memory
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program
from hstar.machine.records import record_segment
from hstar.machine.segments import Segment
from hstar.machine.setup import MachineSetup, set_up
from hstar.recursion.node import NodeKey, node_key, prove_node
from hstar.recursion.relations import trace_leaf
from hstar.recursion.statement import NodeStatement
from hstar.recursion.witness import KeyedProof
from hstar.stark.proof import encode_proof
from hstar.stark.prove import begin_segment, finish_segment
from hstar.stark.segments import digest_tree
from hstar.stark.verify import verify

MAX_CELLS, GOAL_CELLS = 7_500_000, 4_500_000
"""For one proof of 2^26 cells."""
MAX_SECONDS, GOAL_SECONDS = 0.7, 0.5
"""For proving that it was verified, on two Zen 5 cores."""
MAX_BYTES = 8 << 30
DEFAULT_LOG_CELLS = 26


@dataclass(frozen=True)
class LeafRun:
    """What was measured of a segment and its leaf.

    Args:
        log_cells: size class of the segment.
        cells: of the leaf's tables.
        segment_seconds: of proving the segment, from its records on.
        seconds: tracing the leaf, its keys, proving it (the program's run, tables, and proof), and verifying the proof.
        segment_bytes, proof_bytes: of both proofs.
        peak_memory_bytes: of the process.
        quintic_nanoseconds: of this machine (`scale.py`).
    """

    log_cells: int
    cells: int
    segment_seconds: float
    seconds: dict[str, float]
    segment_bytes: int
    proof_bytes: int
    peak_memory_bytes: int
    quintic_nanoseconds: float

    @property
    def leaf_seconds(self) -> float:
        """Of proving the leaf."""
        return self.seconds["prove"]


def measure(log_cells: int, repetitions: int) -> LeafRun:
    """Measures in a process of its own.

    Raises:
        ResourceError: OUT_OF_MEMORY when the process ends without a result.
    """
    command = [sys.executable, "-m", "hstar.bench.recursion_leaf", str(log_cells), str(repetitions)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last_line = process.stderr.strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        message = f"the leaf of a segment of 2^{log_cells} cells did not finish ({last_line}); measure another size"
        raise ResourceError(message, reason=Reason.OUT_OF_MEMORY)
    return LeafRun(**json.loads(process.stdout))


def measure_here(program: Program, input_bytes: bytes, log_cells: int, repetitions: int) -> LeafRun:
    """The same in this process, for any program.

    Raises:
        InputError: as `set_up`.
        ExecutionError: the program fails in its first segment.
    """
    setup = set_up(program, log_cells)
    segment = NativeMachine(program, input_bytes, rule=setup.rule).advance()
    if segment is None:
        raise ResourceError("the guest has no segment", reason=Reason.LIMIT_REACHED)
    start = perf_counter()
    proven, statement = _prove_segment(setup, segment)
    segment_seconds = perf_counter() - start
    leaf, seconds = _make_leaf(proven)
    proof_bytes = _prove_leaf(leaf, statement, proven, repetitions, seconds)
    return LeafRun(
        log_cells=setup.key.classes[setup.class_of(segment)].log_cells,
        cells=sum(leaf.circuit.cells.values()),
        segment_seconds=segment_seconds,
        seconds=seconds,
        segment_bytes=len(encode_proof(*proven)),
        proof_bytes=proof_bytes,
        peak_memory_bytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        quintic_nanoseconds=quintic_nanoseconds(),
    )


def _prove_segment(setup: MachineSetup, segment: Segment) -> tuple[KeyedProof, NodeStatement]:
    """A segment's proof with its key, and what a leaf says of it under a challenge derived from it alone."""
    class_index, circuit = setup.class_of(segment), setup.circuit("cpu")
    tables = fill_segment(circuit, record_segment(setup.plan, setup.program, segment)).tables
    in_order = [tables[chip.program.name] for chip in circuit.chips]
    begun = begin_segment(setup.proving_keys[class_index], 1, in_order)
    challenge: Sequence[ExtensionElement] = setup.key.segment_keys.derive_challenge([begun.digest], b"")
    proof = finish_segment(begun, challenge)
    _, numerator, _, denominator = proof.gkr.roots
    digest = digest_tree([begun.digest])
    no_key_set = (0,) * DIGEST_ELEMENTS
    statement = NodeStatement(no_key_set, 1, 1, digest, tuple(challenge), numerator / denominator)
    return (setup.key.classes[class_index].key, proof), statement


def _make_leaf(proven: KeyedProof) -> tuple[NodeKey, dict[str, float]]:
    start = perf_counter()
    program = trace_leaf(proven[0], 1)
    traced = perf_counter()
    leaf = node_key(program)
    return leaf, {"trace": traced - start, "keys": perf_counter() - traced}


def _prove_leaf(
    leaf: NodeKey, statement: NodeStatement, proven: KeyedProof, repetitions: int, seconds: dict[str, float]
) -> int:
    """Adds the seconds of the fastest proof and its stages; returns its bytes."""
    runs: list[dict[str, float]] = []
    for _ in range(repetitions + 1):
        stages: dict[str, float] = {}
        start = perf_counter()
        node = prove_node(leaf, statement.public_input(), [proven], progress=stages.__setitem__)
        runs.append({"prove": perf_counter() - start} | {f"prove: {name}": spent for name, spent in stages.items()})
    seconds |= min(runs[1:], key=lambda run: run["prove"])
    start = perf_counter()
    verify(leaf.verifying_key, node.statement, node.proof)
    seconds["verify in Python"] = perf_counter() - start
    return len(encode_proof(leaf.verifying_key, node.proof))


def table_of_leaf(run: LeafRun) -> Table:
    """Each measured line beside its target."""
    scale = scale_of(run.quintic_nanoseconds)
    caption = (
        f"128 bits, one segment in the leaf. Targets of time are those of two Zen 5 cores; this machine may take "
        f"{scale:.2f} times as long."
    )
    title = f"A full segment of 2^{run.log_cells} cells, and its leaf"
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left",
                  box=box.SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    for header in ("", "measured", "target", "goal", "scaled"):
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
    cells, seconds, peak = run.cells, run.leaf_seconds, run.peak_memory_bytes
    table.add_row("cells of the leaf", _judged(f"{cells:,}", cells <= MAX_CELLS), f"<= {MAX_CELLS:,}",
                  f"{GOAL_CELLS:,}")  # fmt: skip
    is_fast = seconds <= MAX_SECONDS * scale
    table.add_row("seconds to prove the leaf", _judged(f"{seconds:.2f}", is_fast), f"<= {MAX_SECONDS}",
                  f"{GOAL_SECONDS}", f"<= {MAX_SECONDS * scale:.2f}")  # fmt: skip
    table.add_row("peak memory, MiB", _judged(f"{peak / MIB:,.0f}", peak <= MAX_BYTES), f"<= {MAX_BYTES // MIB:,}")
    table.add_row("seconds to prove the segment", f"{run.segment_seconds:.2f}")
    table.add_row("leaf in segments", f"{seconds / run.segment_seconds:.2f}")
    table.add_row("bytes of both proofs", f"{run.segment_bytes:,} {run.proof_bytes:,}")
    for name, spent in run.seconds.items():
        table.add_row(f"[dim]seconds, {name}[/dim]", f"{spent:.3f}")
    return table


def _judged(text: str, is_met: bool) -> str:
    return text if is_met else f"[red]{text}, missed[/red]"


if __name__ == "__main__":
    keep_freed_memory()
    size, times = (int(argument) for argument in sys.argv[1:])
    sys.stdout.write(json.dumps(asdict(measure_here(*program_and_input(BLOCK_GUEST), size, times))))

"""A run of many segments, down to one final proof that is accepted: the recursion's share of the time, size, memory.

The program counts down in a loop, as long as it takes to fill so many instruction segments. Its keys are made before
and are not part of the time: a program's keys are made once.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from rich import box
from rich.table import Table

from hstar.bench.final_verification import FinalVerification, measure_verification
from hstar.bench.machine_report import MIB
from hstar.errors import Reason, ResourceError
from hstar.machine.assembler import assemble
from hstar.machine.elf import LoadSegment
from hstar.machine.layout import DOUBLEWORD_BYTES, INPUT_START, PROGRAM_START
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program, from_segments
from hstar.machine.setup import MachineSetup, set_up
from hstar.machine.syscalls import Syscall
from hstar.prover.cache import Cache
from hstar.prover.node_keys import derive_recursion_key
from hstar.prover.pipeline import Options, ProvenRun, prove_run
from hstar.prover.resources import committed_cells
from hstar.prover.stages import COMMIT, FINAL, JOINS, LEAVES, PROVE
from hstar.stark.verify import DEFAULT_MINIMUM_BITS
from hstar.verifier.file import read_final_file
from hstar.verifier.final import verify_final_file
from hstar.verifier.program_key import ProgramKey

MAX_SHARE, GOAL_SHARE = 0.15, 0.10
"""Of the recursion in all proving, at 20 segments of 2^26 cells."""
MAX_KIB, GOAL_KIB = 160, 128
"""Of the final proof."""
MAX_BYTES = 8 << 30
MAX_MILLISECONDS, GOAL_MILLISECONDS = 1, 0.5
"""Of accepting the final proof."""
LOOP_CYCLES = 4
_MOST_ROUNDS = 2**40


@dataclass(frozen=True)
class WholeRun:
    """A run that ended in one final proof, which was accepted.

    Args:
        log_cells: largest size of a segment.
        segments, nodes: how many, leaves and joins.
        cycles: of the run.
        node_cells, final_cells: of every node, and of the final circuit, as committed.
        key_seconds: of making all keys.
        seconds: by stage, and `total`.
        verify_seconds: of accepting the final proof, in Python.
        proof_bytes: of the file.
        security_bits: provable bits of the whole.
        peak_memory_bytes: of this process and its largest worker.
        verification: of the final proof by its traced program.
    """

    log_cells: int
    segments: int
    nodes: int
    cycles: int
    node_cells: int
    final_cells: int
    key_seconds: float
    seconds: dict[str, float]
    verify_seconds: float
    proof_bytes: int
    security_bits: float
    peak_memory_bytes: int
    verification: FinalVerification

    @property
    def recursion_seconds(self) -> float:
        """Of leaves, joins and the final proof."""
        return sum(self.seconds[stage] for stage in (LEAVES, JOINS, FINAL) if stage in self.seconds)

    @property
    def recursion_share(self) -> float:
        """Of the recursion in all proving."""
        segments = sum(self.seconds[stage] for stage in (COMMIT, PROVE))
        return self.recursion_seconds / (segments + self.recursion_seconds)


def counting_program() -> Program:
    """Adds and mixes in a loop, as often as its input says, then ends with exit code 0 and no output."""
    lines = f"""
        li a4, {INPUT_START + DOUBLEWORD_BYTES:#x}
        ld a1, 0(a4)
        loop:
        add a2, a2, a1
        xor a3, a3, a2
        addi a1, a1, -1
        bnez a1, loop
        li a0, 0
        li a7, {Syscall.EXIT}
        ecall
    """
    words, _ = assemble(lines, PROGRAM_START)
    code = b"".join(word.to_bytes(4, "little") for word in words)
    return from_segments(PROGRAM_START, [LoadSegment(0, PROGRAM_START, code, len(code), False, True)])


def input_for(setup: MachineSetup, num_segments: int) -> bytes:
    """The rounds that fill so many instruction segments.

    Raises:
        ResourceError: LIMIT_REACHED when there is no full segment.
    """
    first = NativeMachine(setup.program, _MOST_ROUNDS.to_bytes(8, "little"), rule=setup.rule).advance()
    if first is None:
        raise ResourceError("the counting program has no segment", reason=Reason.LIMIT_REACHED)
    rounds = max(1, (2 * num_segments - 1) * first.cycles // (2 * LOOP_CYCLES))
    return rounds.to_bytes(8, "little")


def prove_whole_run(num_segments: int, log_cells: int, *, cache_dir: Path | None = None) -> WholeRun:
    """Executes, proves, aggregates and accepts a run of at least so many segments, at 128 bits.

    Args:
        num_segments: of instructions; the words of memory that they touch add one or two more.
        log_cells: of the largest segments.
        cache_dir: where programs of nodes are kept; the user's cache if left out.

    Raises:
        InputError, ResourceError: as `set_up`, `derive_recursion_key` and `prove_run`.
        VerificationError: the proof is refused.
    """
    start = perf_counter()
    setup = set_up(counting_program(), log_cells)
    key = ProgramKey(setup.key, derive_recursion_key(setup.key.segment_keys, Cache(cache_dir)))
    key_seconds = perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        options = Options(Path(folder), cache_dir=cache_dir)
        run = prove_run(setup, input_for(setup, num_segments), options, key.recursion)
    return _accepted(key, run, log_cells, key_seconds)


def _accepted(key: ProgramKey, run: ProvenRun, log_cells: int, key_seconds: float) -> WholeRun:
    recursion = key.require_recursion()
    start = perf_counter()
    verified = verify_final_file(key, run.file, expected_output=b"", minimum_bits=DEFAULT_MINIMUM_BITS)
    verify_seconds, file = perf_counter() - start, read_final_file(run.file)
    return WholeRun(
        log_cells=log_cells,
        segments=run.num_segments,
        nodes=run.num_nodes,
        cycles=run.cycles,
        node_cells=committed_cells(recursion.node_key),
        final_cells=committed_cells(recursion.final),
        key_seconds=key_seconds,
        seconds=run.seconds,
        verify_seconds=verify_seconds,
        proof_bytes=len(run.file),
        security_bits=float(verified.security_bits),
        peak_memory_bytes=run.peak_memory_bytes,
        verification=measure_verification(key.acceptance_key, key.machine, file.final, file.output),
    )


def record_of(run: WholeRun) -> dict[str, object]:
    """For JSON."""
    return asdict(run) | {"recursion_share": run.recursion_share}


def table_of_whole_run(run: WholeRun) -> Table:
    """Each measured line beside its target, and the seconds of every stage."""
    caption = (
        f"128 bits. The target of the share is for 20 segments of 2^26 cells; nodes have {run.node_cells:,} cells "
        "whatever the size of segments is."
    )
    title = f"A run of {run.segments} segments of at most 2^{run.log_cells} cells, {run.nodes} nodes, one final proof"
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left",
                  box=box.SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    for header in ("", "measured", "target", "goal"):
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
    share, kib, peak = run.recursion_share, run.proof_bytes / 1024, run.peak_memory_bytes
    table.add_row("share of the recursion", _judged(f"{share:.1%}", share <= MAX_SHARE), f"<= {MAX_SHARE:.0%}",
                  f"{GOAL_SHARE:.0%}")  # fmt: skip
    table.add_row("final proof, KiB", _judged(f"{kib:.1f}", kib <= MAX_KIB), f"<= {MAX_KIB}", f"{GOAL_KIB}")
    table.add_row("peak memory, MiB", _judged(f"{peak / MIB:,.0f}", peak <= MAX_BYTES), f"<= {MAX_BYTES // MIB:,}")
    table.add_row("provable bits", _judged(f"{run.security_bits:.1f}", run.security_bits >= DEFAULT_MINIMUM_BITS),
                  f">= {DEFAULT_MINIMUM_BITS}")  # fmt: skip
    found, seconds = run.verification, run.verify_seconds
    is_fast = found.native_milliseconds <= MAX_MILLISECONDS
    table.add_row("accepting it, native, ms", _judged(f"{found.native_milliseconds:.2f}", is_fast),
                  f"<= {MAX_MILLISECONDS}", f"{GOAL_MILLISECONDS}")  # fmt: skip
    table.add_row("with the standard library alone, s", f"{found.standalone_seconds:.2f}")
    table.add_row("by the verifier in Python, s", f"{seconds:.2f}")
    table.add_row("its program, gates and bytes", f"{found.gates:,} {found.compressed_bytes:,}")
    table.add_row("loading that, s", f"{found.load_seconds:.3f}")
    table.add_row("seconds of all keys", f"{run.key_seconds:.1f}")
    for stage, spent in run.seconds.items():
        table.add_row(f"[dim]seconds, {stage}[/dim]", f"{spent:.1f}")
    return table


def _judged(text: str, is_met: bool) -> str:
    return text if is_met else f"[red]{text}, missed[/red]"

"""From a program and its input to the proof of the run.

    1. execute   the program runs once; every segment is stored              (prover/execution.py)
    2. commit    each segment binds its boundary columns: D_k               (prover/segments.py)
    3.           A is derived from all D_k and the output                   (stark/segments.py)
    4. prove     each segment is proven under A, in any order               (prover/segments.py)
    5.           the proofs go into one file                                (verifier/file.py)

Every step stores what it made in the work folder, under a name that depends on what is proven, so that an interrupted
run goes on where it stopped. Segments are worked on in turn, by this process or by several.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from hstar.errors import Reason, ResourceError
from hstar.hash.suite import POSEIDON2
from hstar.machine.limits import Limits, check_input
from hstar.machine.setup import MachineSetup
from hstar.prover.execution import execute_run, load_run
from hstar.prover.resources import check_resources
from hstar.prover.segments import SegmentProver, load_commitment, stored_commitment, stored_proof
from hstar.prover.work import WorkFolder, job_name
from hstar.prover.workers import SegmentPool
from hstar.stark.segments import SegmentProof
from hstar.verifier.file import write_run_file

EXECUTE, COMMIT, PROVE = "execute", "commit", "prove"


@dataclass(frozen=True)
class Progress:
    """How far a stage is.

    Args:
        stage: `execute`, `commit` or `prove`.
        done: finished segments of the stage.
        total: of all; None while the program runs.
        seconds: since the stage began.
    """

    stage: str
    done: int
    total: int | None
    seconds: float


Report = Callable[[Progress], None]


def _silent(progress: Progress) -> None:
    """No report."""


def _accept_any_output(output: bytes) -> None:
    """A program may write what it likes."""


@dataclass(frozen=True)
class Options:
    """How a run is proven.

    Args:
        work_dir: folder of all jobs.
        resume: goes on where an interrupted run stopped.
        workers: processes that work on segments; 1 is this process alone.
        limits: of the execution.
        keep: does not throw the job's folder away at the end.
        report: told about progress.
        judge_output: sees the public output before anything is proven, and raises where it should not be.
    """

    work_dir: Path
    resume: bool = False
    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    keep: bool = False
    report: Report = _silent
    judge_output: Callable[[bytes], None] = _accept_any_output


@dataclass(frozen=True)
class ProvenRun:
    """A proof and how it was made.

    Args:
        file: the proof file.
        output: the public output.
        cycles: instructions of the run.
        types: of segment 1 .. N.
        cells: committed cells of all segments.
        seconds: of each stage, and `total`.
        segment_seconds: of the stages inside the segments proven now, added up.
        peak_memory_bytes: of this process and its largest worker so far.
    """

    file: bytes
    output: bytes
    cycles: int
    types: tuple[str, ...]
    cells: int
    seconds: dict[str, float]
    segment_seconds: dict[str, float]
    peak_memory_bytes: int

    @property
    def num_segments(self) -> int:
        """N."""
        return len(self.types)


class _Stages:
    """Times stages and passes progress on."""

    def __init__(self, report: Report) -> None:
        self._report, self.seconds = report, dict[str, float]()

    def begin(self, stage: str, total: int | None, done: int = 0) -> None:
        self._stage, self._total, self._done, self._start = stage, total, done, perf_counter()
        self.step(done)

    def step(self, done: int | None = None) -> None:
        self._done = self._done + 1 if done is None else done
        elapsed = perf_counter() - self._start
        self.seconds[self._stage] = elapsed
        self._report(Progress(self._stage, self._done, self._total, elapsed))


def prove_run(setup: MachineSetup, input_bytes: bytes, options: Options) -> ProvenRun:
    """Proves that the program halts with exit code 0 on this input.

    Args:
        setup: of the program.
        input_bytes: the private input.
        options: how.

    Raises:
        ExecutionError: the program failed; nothing is proven then.
        InputError: the input is too large, or a segment fits no size class.
        ResourceError: INTERRUPTED, with how to go on; OUT_OF_MEMORY; UNREADABLE for the work folder.
    """
    check_input(input_bytes)
    check_resources(setup.key, options.work_dir, options.workers)
    name = job_name(POSEIDON2.digest_to_bytes(setup.key.digest), input_bytes)
    work = WorkFolder(options.work_dir / name)
    work.prepare(resume=options.resume)
    try:
        proven = _prove(setup, input_bytes, options, work)
    except KeyboardInterrupt as error:
        message = (
            f"interrupted; what is finished stands in {work.path}: the same command with --resume and "
            f"--work-dir {options.work_dir} goes on from there"
        )
        raise ResourceError(message, reason=Reason.INTERRUPTED, work_dir=options.work_dir) from error
    if not options.keep:
        work.remove()
    return proven


def _prove(setup: MachineSetup, input_bytes: bytes, options: Options, work: WorkFolder) -> ProvenRun:
    start, stages = perf_counter(), _Stages(options.report)
    run = load_run(work)
    stages.begin(EXECUTE, None)
    if run is None:
        run = execute_run(setup, input_bytes, options.limits, work, stages.step)
    options.judge_output(run.output_bytes)
    prover, numbers = SegmentProver(setup, run, work), range(1, run.num_segments + 1)
    inner: dict[str, float] = {}
    with SegmentPool(prover, options.workers) as pool:
        # A keccak segment commits to states that the segments with the calls store.
        missing = [number for number in numbers if work.get(stored_commitment(number)) is None]
        stages.begin(COMMIT, run.num_segments, run.num_segments - len(missing))
        for is_keccak in (False, True):
            chosen = [number for number in missing if (run.types[number - 1] == "keccak") is is_keccak]
            for _ in pool.commit(chosen):
                stages.step()
        commitments = [load_commitment(work, number) for number in numbers]
        challenge = setup.key.segment_keys.derive_challenge([digest for _, digest in commitments], run.output_bytes)
        missing = [number for number in numbers if work.get(stored_proof(number)) is None]
        stages.begin(PROVE, run.num_segments, run.num_segments - len(missing))
        for seconds in pool.prove(missing, challenge):
            stages.step()
            inner = {name: inner.get(name, 0.0) + value for name, value in seconds.items()}
    proofs = [
        SegmentProof(class_index, digest, work.require(stored_proof(number)))
        for number, (class_index, digest) in zip(numbers, commitments, strict=True)
    ]
    return ProvenRun(
        file=write_run_file(setup.key, run.output_bytes, proofs),
        output=run.output_bytes,
        cycles=run.cycles,
        types=run.types,
        cells=sum(1 << setup.key.classes[class_index].log_cells for class_index, _ in commitments),
        seconds=stages.seconds | {"total": perf_counter() - start},
        segment_seconds=inner,
        peak_memory_bytes=_peak_memory(),
    )


def _peak_memory() -> int:
    """Bytes; the kernel counts in KiB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return 1024 * sum(resource.getrusage(item).ru_maxrss for item in who)

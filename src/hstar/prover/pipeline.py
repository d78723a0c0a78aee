"""From a program and its input to the proof of the run.

    1. execute   the program runs once; every segment is stored              (prover/execution.py)
    2. commit    each segment binds its boundary columns: D_k               (prover/segments.py)
    3.           A is derived from all D_k and the output                   (stark/segments.py)
    4. keys      the nodes that the run needs are traced, or remembered     (prover/node_keys.py)
    5. prove     each segment is proven under A, in any order               (prover/segments.py)
    6. leaves    each as soon as its segment is proven                      (prover/nodes.py)
    7. joins     each as soon as its children are
    8. final     one proof about the root of the tree; it goes into a file  (verifier/file.py)

Without a recursion key a run ends after step 5 with a file of all segments' proofs. Every step stores what it made in
the work folder, under a name that depends on what is proven, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from hstar.errors import InputError, Reason, ResourceError
from hstar.hash.suite import POSEIDON2
from hstar.machine.limits import Limits, check_input
from hstar.machine.setup import MachineSetup
from hstar.prover.cache import Cache
from hstar.prover.execution import Run, execute_run, load_run
from hstar.prover.node_keys import LazyNodeKeys, prepare_nodes
from hstar.prover.nodes import NodeProver
from hstar.prover.resources import check_resources, committed_cells
from hstar.prover.segments import SegmentProver, load_commitment, stored_commitment, stored_proof
from hstar.prover.stages import (
    COMMIT,
    EXECUTE,
    FINAL,
    JOINS,
    KEYS,
    LEAVES,
    PROVE,
    Report,
    Stages,
    silent,
    stage_weights,
)
from hstar.prover.tasks import Task, segment_tasks, tree_tasks
from hstar.prover.work import WorkFolder, job_name
from hstar.prover.workers import Worker, WorkPool
from hstar.recursion.accept import max_segments
from hstar.recursion.plan import PlannedNode, plan_nodes
from hstar.recursion.recursion_key import RecursionKey
from hstar.stark.segments import SegmentProof
from hstar.verifier.file import write_final_file, write_run_file
from hstar.verifier.run import SEGMENTS


def _accept_any_output(output: bytes) -> None:
    """A program may write what it likes."""


@dataclass(frozen=True)
class Options:
    """How a run is proven.

    Args:
        work_dir: folder of all jobs.
        resume: goes on where an interrupted run stopped.
        workers: processes that work on segments; 1 is this process alone. Several need a main module that can be
            imported without effect (`if __name__ == "__main__":`).
        limits: of the execution.
        key_processes: as `workers`, for the keys of nodes.
        keep: does not throw the job's folder away at the end.
        cache_dir: where programs of nodes are kept; the user's cache if left out.
        report: told about progress.
        judge_output: sees the public output before anything is proven, and raises where it should not be.
    """

    work_dir: Path
    resume: bool = False
    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    key_processes: int = 1
    keep: bool = False
    cache_dir: Path | None = None
    report: Report = silent
    judge_output: Callable[[bytes], None] = _accept_any_output


@dataclass(frozen=True)
class ProvenRun:
    """A proof and how it was made.

    Args:
        file: the proof file.
        kind: of the proof: `segments` or `final`.
        output: the public output.
        cycles: instructions of the run.
        types: of segment 1 .. N.
        cells: committed cells of all segments.
        num_nodes: leaves and joins.
        seconds: of each stage, and `total`; stages that go on at the same time share it by the work in them.
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
    kind: str = SEGMENTS
    num_nodes: int = 0

    @property
    def num_segments(self) -> int:
        """N."""
        return len(self.types)


def prove_run(
    setup: MachineSetup, input_bytes: bytes, options: Options, recursion: RecursionKey | None = None
) -> ProvenRun:
    """Proves that the program halts with exit code 0 on this input.

    Args:
        setup: of the program.
        input_bytes: the private input.
        options: how.
        recursion: of the program, for one final proof; without it the proof is those of all segments.

    Raises:
        ExecutionError: the program failed; nothing is proven then.
        InputError: the input is too large, a segment fits no size class, the recursion key is of something else, or the
            run has more segments than a final proof can cover.
        ResourceError: INTERRUPTED, with how to go on; OUT_OF_MEMORY; UNREADABLE for the work folder.
    """
    check_input(input_bytes)
    check_resources(setup.key, options.work_dir, options.workers, recursion)
    name = job_name(POSEIDON2.digest_to_bytes(setup.key.digest), input_bytes)
    work = WorkFolder(options.work_dir / name)
    work.prepare(resume=options.resume)
    try:
        proven = _Job(setup, options, work, recursion).prove(input_bytes)
    except KeyboardInterrupt as error:
        message = (
            f"interrupted; what is finished stands in {work.path}: the same command with --resume and "
            f"--work-dir {options.work_dir} goes on from there"
        )
        raise ResourceError(message, reason=Reason.INTERRUPTED, work_dir=options.work_dir) from error
    if not options.keep:
        work.remove()
    return proven


class _Job:
    """One run of the steps.

    Args:
        setup, options, recursion: as `prove_run`.
        work: the job's folder.
    """

    def __init__(self, setup: MachineSetup, options: Options, work: WorkFolder, recursion: RecursionKey | None) -> None:
        self._setup, self._options, self._work = setup, options, work
        self._stages, self._start = Stages(options.report), perf_counter()
        self._nodes: NodeProver | None = None
        if recursion is not None:
            keys = LazyNodeKeys(setup.key.segment_keys, recursion, Cache(options.cache_dir))
            self._nodes = NodeProver(keys, work)

    def prove(self, input_bytes: bytes) -> ProvenRun:
        """All steps."""
        self._run = self._execute(input_bytes)
        numbers = range(1, self._run.num_segments + 1)
        with WorkPool(
            Worker(SegmentProver(self._setup, self._run, self._work), self._nodes), self._options.workers
        ) as pool:
            self._commit(pool, numbers)
            self._commitments = [load_commitment(self._work, number) for number in numbers]
            digests = [digest for _, digest in self._commitments]
            self._challenge = self._setup.key.segment_keys.derive_challenge(digests, self._run.output_bytes)
            root = None if self._nodes is None else self._plan(self._nodes.keys)
            inner = self._prove(pool, root)
        return ProvenRun(
            file=self._segments_file() if root is None or self._nodes is None else self._final_file(self._nodes, root),
            output=self._run.output_bytes,
            cycles=self._run.cycles,
            types=self._run.types,
            cells=self._cells,
            seconds=self._stages.seconds | {"total": perf_counter() - self._start},
            segment_seconds=inner,
            peak_memory_bytes=_peak_memory(),
            kind=SEGMENTS if root is None else FINAL,
            num_nodes=0 if root is None else len(list(root.nodes())),
        )

    def _execute(self, input_bytes: bytes) -> Run:
        self._stages.begin(EXECUTE)
        run = load_run(self._work)
        if run is None:
            run = execute_run(
                self._setup, input_bytes, self._options.limits, self._work, lambda number: self._stages.step(EXECUTE)
            )
        self._options.judge_output(run.output_bytes)
        if self._nodes is not None:
            self._check_number(self._nodes.keys.key, run)
        return run

    def _check_number(self, recursion: RecursionKey, run: Run) -> None:
        """A final proof of more segments would be refused by every verifier, so nothing of it is proven."""
        messages = self._setup.key.public_messages(run.num_segments, run.output_bytes)
        most = max_segments(recursion.acceptance_key(self._setup.key.segment_keys), len(messages))
        if run.num_segments > most:
            raise InputError(
                f"the run has {run.num_segments} segments; one final proof covers at most {most} under this key: use "
                "--until segments, or segments of another size (--log-cells)",
                reason=Reason.OUT_OF_RANGE,
            )

    def _commit(self, pool: WorkPool, numbers: Sequence[int]) -> None:
        """A keccak segment commits to states that the segments with the calls store, so those go first."""
        tasks = segment_tasks(COMMIT, numbers, stored_commitment)
        missing = [task for task in tasks if not self._is_there(task.name)]
        sizes = [1 << item.log_cells for item in self._setup.key.classes]
        self._expect(
            Counter({COMMIT: len(tasks)}), Counter({COMMIT: len(tasks) - len(missing)}), sum(sizes) / len(sizes)
        )
        self._stages.begin(COMMIT)
        for is_keccak in (False, True):
            chosen = [task for task in missing if (self._run.types[task.number - 1] == "keccak") is is_keccak]
            for task, _ in pool.run(chosen):
                self._stages.step(task.stage)

    def _plan(self, keys: LazyNodeKeys) -> PlannedNode:
        """The tree of nodes over the committed segments."""
        return plan_nodes([index for index, _ in self._commitments], keys.leaves, keys.joins)

    def _expect(self, totals: Counter[str], done: Counter[str], segment_cells: float, keys_to_make: int = 0) -> None:
        """Tells the stages what there is to do; what is not known yet is as usual."""
        number = self._run.num_segments
        nodes = {} if self._nodes is None else {LEAVES: number, JOINS: number // 2, FINAL: 1}
        usual = {COMMIT: number, PROVE: number} | nodes
        cells = 0 if self._nodes is None else committed_cells(self._nodes.keys.key.node_key)
        self._stages.expect(usual | totals, done, stage_weights(segment_cells, cells, keys_to_make))

    def _prove(self, pool: WorkPool, root: PlannedNode | None) -> dict[str, float]:
        """Keys of nodes, segments, nodes; returns the seconds inside segments, added up."""
        todo, spared = self._tasks(root)
        counts, done = Counter(task.stage for task in (*todo, *spared)), Counter(task.stage for task in spared)
        places = list(dict.fromkeys(task.node.place for task in todo if task.node is not None))
        to_make = [] if self._nodes is None else self._nodes.keys.missing(places)
        whole = Counter({COMMIT: self._run.num_segments, KEYS: len(to_make)})
        committed = Counter({COMMIT: self._run.num_segments})
        self._expect(counts + whole, done + committed, self._cells / self._run.num_segments, len(to_make))
        if self._nodes is not None:
            self._stages.begin(KEYS)
            prepare_nodes(self._nodes.keys, to_make, lambda: self._stages.step(KEYS), self._options.key_processes)
        begin, busy, inner = perf_counter(), dict.fromkeys(counts, 0.0), dict[str, float]()
        self._stages.begin(PROVE)
        for task, seconds in pool.run(todo, self._challenge):
            self._stages.step(task.stage)
            busy[task.stage] += seconds["all"]
            if task.stage == PROVE:
                inner = {name: inner.get(name, 0.0) + value for name, value in seconds.items()}
        self._stages.spent(busy, perf_counter() - begin)
        return inner

    @property
    def _cells(self) -> int:
        """Committed cells of all segments."""
        return sum(1 << self._setup.key.classes[index].log_cells for index, _ in self._commitments)

    def _tasks(self, root: PlannedNode | None) -> tuple[list[Task], list[Task]]:
        """What is to be done after the commitments, and what is there already."""
        if root is None or self._nodes is None:
            tasks = segment_tasks(PROVE, range(1, self._run.num_segments + 1), stored_proof)
            there = {task.name for task in tasks if self._is_there(task.name)}
            return [task for task in tasks if task.name not in there], [task for task in tasks if task.name in there]
        nodes = self._nodes
        return tree_tasks(root, lambda task: nodes.name(task, self._challenge), stored_proof, self._is_there)

    def _is_there(self, name: str) -> bool:
        return self._work.get(name) is not None

    def _segments_file(self) -> bytes:
        proofs = [
            SegmentProof(class_index, digest, self._work.require(stored_proof(number)))
            for number, (class_index, digest) in enumerate(self._commitments, 1)
        ]
        return write_run_file(self._setup.key, self._run.output_bytes, proofs)

    def _final_file(self, nodes: NodeProver, root: PlannedNode) -> bytes:
        final = nodes.final(root, self._challenge)
        return write_final_file(self._setup.key, nodes.keys.key, self._run.output_bytes, final)


def _peak_memory() -> int:
    """Bytes; the kernel counts in KiB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return 1024 * sum(resource.getrusage(item).ru_maxrss for item in who)

"""Segments and nodes worked on by this process, or by several that each make the keys for themselves."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from hstar.errors import Reason, ResourceError
from hstar.field.extension import ExtensionElement
from hstar.kernels.allocator import keep_freed_memory
from hstar.machine.program import Program
from hstar.machine.setup import set_up
from hstar.prover.cache import Cache
from hstar.prover.execution import Run
from hstar.prover.node_keys import LazyNodeKeys
from hstar.prover.nodes import NodeProver
from hstar.prover.segments import SegmentProver
from hstar.prover.stages import COMMIT
from hstar.prover.tasks import ReadyTasks, Task
from hstar.prover.work import WorkFolder
from hstar.recursion.recursion_key import RecursionKey

Challenge = tuple[ExtensionElement, ...]
Seconds = dict[str, float]


@dataclass(frozen=True)
class Worker:
    """Does one task at a time.

    Args:
        segments: proves the segments of the run.
        nodes: proves its nodes; None where there are none.
    """

    segments: SegmentProver
    nodes: NodeProver | None = None

    def do(self, task: Task, challenge: Challenge) -> Seconds:
        """Does a task; its result is stored. Returns seconds of what was done, and of `all`."""
        if task.node is not None and self.nodes is not None:
            return self.nodes.prove(task.node, challenge)
        if task.stage == COMMIT:
            self.segments.commit(task.number)
            return {}
        return self.segments.prove(task.number, challenge)


class WorkPool:
    """Does tasks; a context manager.

    Args:
        worker: of this process.
        workers: number of processes; 1 works here.
    """

    def __init__(self, worker: Worker, workers: int) -> None:
        self._worker, self._workers, self._executor = worker, workers, None
        keep_freed_memory()
        if workers > 1:
            self._executor = ProcessPoolExecutor(
                workers,
                multiprocessing.get_context("spawn"),
                initializer=_start_worker,
                initargs=(_WorkerStart.of(worker),),
            )

    def __enter__(self) -> WorkPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._executor is not None:
            # What a worker has begun it finishes and stores; nothing new is begun.
            self._executor.shutdown(wait=True, cancel_futures=True)

    def run(self, tasks: Sequence[Task], challenge: Challenge = ()) -> Iterator[tuple[Task, Seconds]]:
        """Does tasks; yields each with its seconds as its result is stored.

        Raises:
            ResourceError: OUT_OF_MEMORY when a process died.
        """
        ready = ReadyTasks(tasks)
        if self._executor is None:
            for task in ready.in_order():
                yield task, self._worker.do(task, challenge)
            return
        try:
            yield from self._run_elsewhere(self._executor, ready, challenge)
        except BrokenProcessPool as error:
            message = "a worker process died, most likely for want of memory; go on with --resume and fewer --workers"
            raise ResourceError(message, reason=Reason.OUT_OF_MEMORY) from error

    def _run_elsewhere(
        self, executor: ProcessPoolExecutor, ready: ReadyTasks, challenge: Challenge
    ) -> Iterator[tuple[Task, Seconds]]:
        """No more tasks are handed out than there are workers: what gets ready meanwhile may go first."""
        running: dict[Future[Seconds], Task] = {}
        while True:
            while len(running) < self._workers and (task := ready.take()) is not None:
                running[executor.submit(_do, task, challenge)] = task
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                seconds = future.result()
                ready.finished(task)
                yield task, seconds


# In a worker process

_worker: Worker | None = None


@dataclass(frozen=True)
class _WorkerStart:
    """What a process makes its worker from."""

    program: Program
    log_cells: int
    target_bits: int
    run: Run
    work_path: Path
    recursion: RecursionKey | None
    cache_folder: Path

    @classmethod
    def of(cls, worker: Worker) -> _WorkerStart:
        setup, nodes = worker.segments.setup, worker.nodes
        return cls(
            setup.program,
            max(item.log_cells for item in setup.key.classes if item.type == "cpu"),
            setup.key.classes[0].key.parameters.target_bits,
            worker.segments.run,
            worker.segments.work.path,
            None if nodes is None else nodes.keys.key,
            Cache().folder if nodes is None else nodes.keys.programs.cache.folder,
        )

    def worker(self) -> Worker:
        setup, work = set_up(self.program, self.log_cells, target_bits=self.target_bits), WorkFolder(self.work_path)
        segments = SegmentProver(setup, self.run, work)
        if self.recursion is None:
            return Worker(segments)
        keys = LazyNodeKeys(setup.key.segment_keys, self.recursion, Cache(self.cache_folder))
        return Worker(segments, NodeProver(keys, work))


def _start_worker(start: _WorkerStart) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    keep_freed_memory()
    _worker = start.worker()


def _do(task: Task, challenge: Challenge) -> Seconds:
    if _worker is None:
        raise RuntimeError("a worker was used before it was started")
    return _worker.do(task, challenge)

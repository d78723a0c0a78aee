"""Segments worked on by this process, or by several that each make the keys for themselves."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType

from hstar.errors import Reason, ResourceError
from hstar.field.extension import ExtensionElement
from hstar.kernels.allocator import keep_freed_memory
from hstar.machine.program import Program
from hstar.machine.setup import set_up
from hstar.prover.execution import Run
from hstar.prover.segments import SegmentProver
from hstar.prover.work import WorkFolder

Challenge = Sequence[ExtensionElement]
_prover: SegmentProver | None = None
"""Of a worker process."""


class SegmentPool:
    """Does work on segments, in no particular order; a context manager.

    Args:
        prover: of this process.
        workers: number of processes; 1 works here.
    """

    def __init__(self, prover: SegmentProver, workers: int) -> None:
        self._prover, self._executor = prover, None
        keep_freed_memory()
        if workers > 1:
            log_cells = max(item.log_cells for item in prover.setup.key.classes if item.type == "cpu")
            arguments = (prover.setup.program, log_cells, prover.run, prover.work.path)
            self._executor = ProcessPoolExecutor(
                workers, multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=arguments
            )

    def __enter__(self) -> SegmentPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._executor is not None:
            # What a worker has begun it finishes and stores; nothing new is begun.
            self._executor.shutdown(wait=True, cancel_futures=True)

    def commit(self, numbers: Sequence[int]) -> Iterator[None]:
        """Commits to segments; yields as each is stored."""
        if self._executor is None:
            for number in numbers:
                self._prover.commit(number)
                yield
            return
        try:
            for future in as_completed([self._executor.submit(_commit, number) for number in numbers]):
                future.result()
                yield
        except BrokenProcessPool as error:
            raise _died() from error

    def prove(self, numbers: Sequence[int], challenge: Challenge) -> Iterator[dict[str, float]]:
        """Proves segments; yields the seconds of each as it is stored."""
        if self._executor is None:
            for number in numbers:
                yield self._prover.prove(number, challenge)
            return
        try:
            for future in as_completed([self._executor.submit(_prove, number, challenge) for number in numbers]):
                yield future.result()
        except BrokenProcessPool as error:
            raise _died() from error


def _died() -> ResourceError:
    message = "a worker process died, most likely for want of memory; go on with --resume and fewer --workers"
    return ResourceError(message, reason=Reason.OUT_OF_MEMORY)


def _start_worker(program: Program, log_cells: int, run: Run, work_path: Path) -> None:
    global _prover
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    keep_freed_memory()
    _prover = SegmentProver(set_up(program, log_cells), run, WorkFolder(work_path))


def _of_worker() -> SegmentProver:
    if _prover is None:
        raise RuntimeError("a worker was used before it was started")
    return _prover


def _commit(number: int) -> None:
    _of_worker().commit(number)


def _prove(number: int, challenge: Challenge) -> dict[str, float]:
    return _of_worker().prove(number, challenge)

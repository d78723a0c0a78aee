"""Measures workloads: ours and the peer's in turn, so that both see the same state of the machine."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np

from hstar.bench.workload import Work, Workload
from hstar.field.extension import DEGREE
from hstar.kernels import backend, vectors

NANOSECONDS = 1e9
SPREAD_ELEMENTS = 1 << 17
SPREAD_SECONDS = 0.5
BUSY_SHARE = 0.8


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Args:
        num_samples: samples of each side; the smallest is the value, because other programs only ever add time.
        sample_seconds: work is repeated within a sample until it lasts this long, so that the clock does not matter.
    """

    num_samples: int
    sample_seconds: float


FULL = Effort(num_samples=9, sample_seconds=0.03)
QUICK = Effort(num_samples=3, sample_seconds=0.005)


@dataclass(frozen=True)
class Result:
    """One line of the report. Times are in nanoseconds per `unit`."""

    name: str
    threads: int
    unit: str
    value: float
    median: float
    peer: str
    peer_value: float | None
    ratio: float | None
    target: float | None
    met: bool | None


def thread_counts() -> tuple[int, ...]:
    """Every workload runs on one thread and, where there are two cores, on two."""
    return (1, 2) if (os.cpu_count() or 1) > 1 else (1,)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    native = backend.native()
    before = native.num_threads()
    native.set_num_threads(count)
    try:
        yield
    finally:
        native.set_num_threads(before)


def _spread_threads(num_threads: int) -> None:
    """Keeps new workers busy until the operating system has moved them to cores of their own.

    Linux often starts all workers of a pool on one core and takes a tenth of a second to notice; short work measured
    before that looks serial. On a machine that is busy otherwise this gives up after `SPREAD_SECONDS`.
    """
    vector = vectors.ExtensionVector.from_canonical(np.zeros((SPREAD_ELEMENTS, DEGREE), dtype=np.uint32))
    end = time.perf_counter() + SPREAD_SECONDS
    while (begin := time.perf_counter()) < end:
        processor_seconds = time.process_time()
        for _ in repeat(None, 8):
            vectors.dot(vector, vector)
        busy = (time.process_time() - processor_seconds) / (time.perf_counter() - begin)
        if busy >= BUSY_SHARE * num_threads:
            return


def _seconds(work: Work, calls: int) -> float:
    """Seconds for one call, as the mean of `calls` calls in a row."""
    begin = time.perf_counter()
    for _ in repeat(None, calls):
        work()
    return (time.perf_counter() - begin) / calls


def _calls_per_sample(work: Work, sample_seconds: float) -> int:
    """How many calls last `sample_seconds`; the first call, which may fill caches, does not count."""
    work()
    return max(1, math.ceil(sample_seconds / max(_seconds(work, 1), 1e-9)))


def _sample_in_turn(works: Sequence[Work], effort: Effort) -> list[list[float]]:
    """Samples of each work, taken in turn: the k-th samples of all of them are neighbours in time."""
    calls = [_calls_per_sample(work, effort.sample_seconds) for work in works]
    samples: list[list[float]] = [[] for _ in works]
    for index in chain.from_iterable(repeat(range(len(works)), effort.num_samples)):
        samples[index].append(_seconds(works[index], calls[index]))
    return samples


def measure(workload: Workload, num_threads: int, effort: Effort) -> Result:
    """Prepares and measures one workload on `num_threads` threads.

    Raises:
        ResourceError: NATIVE_MODULE_MISSING.
    """
    with _threads(num_threads):
        trial = workload.prepare(num_threads)
        _spread_threads(num_threads)
        own, *peers = _sample_in_turn([trial.work, *([trial.peer] if trial.peer else [])], effort)
    scale = NANOSECONDS / trial.operations
    value = min(own) * scale
    peer_value = min(peers[0]) * NANOSECONDS / (trial.peer_operations or trial.operations) if peers else None
    ratio = value / peer_value if peer_value else None
    return Result(
        name=workload.name,
        threads=num_threads,
        unit=workload.unit,
        value=value,
        median=statistics.median(own) * scale,
        peer=workload.peer,
        peer_value=peer_value,
        ratio=ratio,
        target=workload.target,
        met=ratio <= workload.target if ratio is not None and workload.target is not None else None,
    )

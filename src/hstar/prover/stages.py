"""How far a run's proof is: the stages, one measure over all of them, and how long is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

EXECUTE, COMMIT, KEYS, PROVE = "execute", "commit", "keys", "prove"
LEAVES, JOINS, FINAL = "leaves", "joins", "final"
STAGES = (EXECUTE, COMMIT, KEYS, PROVE, LEAVES, JOINS, FINAL)
"""In the order in which they begin; leaves and joins are proven as soon as what they verify is."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Args:
        stage: of `STAGES`: what has just been done.
        done: finished segments or nodes of the stage.
        total: of all; None while the program runs.
        seconds: since the stage began.
        fraction: of the whole work that is done, by measured weights; None while the program runs.
        remaining_seconds: estimated; None while there is nothing to estimate it from.
    """

    stage: str
    done: int
    total: int | None
    seconds: float
    fraction: float | None = None
    remaining_seconds: float | None = None


Report = Callable[[Progress], None]
COMMIT_WORK, NODE_WORK, KEY_WORK = 0.06, 1.3, 15e6
"""Measured, in units of the work that proving one cell of a segment takes: committing to a cell's part of the boundary,
proving a cell of a node, tracing a node."""


def stage_weights(segment_cells: float, node_cells: float, keys_to_make: int = 0) -> dict[str, float]:
    """The work of one step of each stage.

    Args:
        segment_cells, node_cells: of a segment and of a node, on average.
        keys_to_make: whether any keys have to be traced.
    """
    node = NODE_WORK * node_cells
    return {
        COMMIT: COMMIT_WORK * segment_cells,
        KEYS: KEY_WORK if keys_to_make else 0.0,
        PROVE: segment_cells,
        LEAVES: node,
        JOINS: node,
        FINAL: node,
    }


def silent(progress: Progress) -> None:
    """No report."""


class Stages:
    """Times stages and passes progress on.

    Args:
        report: told about every step.
    """

    def __init__(self, report: Report) -> None:
        self._report, self.seconds = report, dict[str, float]()
        self._starts, self._done, self._totals = dict[str, float](), dict[str, int](), dict[str, int | None]()
        self._weights: Mapping[str, float] = {}
        self._before, self._estimate_start = 0.0, perf_counter()

    def expect(self, totals: Mapping[str, int], done: Mapping[str, int], weights: Mapping[str, float]) -> None:
        """From now on it is known what there is to do.

        Args:
            totals, done: steps of each stage, and how many of them an earlier run has finished.
            weights: of one step of each stage.
        """
        self._totals |= totals
        self._done |= {stage: done.get(stage, 0) for stage in totals}
        self._weights = dict(weights)
        self._before, self._estimate_start = self._work(), perf_counter()

    def begin(self, stage: str) -> None:
        """A stage begins; others may still go on."""
        self._starts.setdefault(stage, perf_counter())
        self._totals.setdefault(stage, None)
        self._done.setdefault(stage, 0)
        self._tell(stage)

    def step(self, stage: str) -> None:
        """A step of a stage is finished."""
        if stage not in self._starts:
            self.begin(stage)
        self._done[stage] += 1
        self._tell(stage)

    def spent(self, stages: Mapping[str, float], seconds: float) -> None:
        """Shares the time of stages that went on at the same time by how long each was busy."""
        busy = sum(stages.values())
        for stage, own in stages.items():
            self.seconds[stage] = seconds * own / busy if busy else 0.0

    def _tell(self, stage: str) -> None:
        now = perf_counter()
        elapsed = now - self._starts[stage]
        self.seconds[stage] = elapsed
        fraction = remaining = None
        whole, work = self._work(all_of_it=True), self._work()
        if whole:
            fraction = work / whole
            if work > self._before:
                remaining = (now - self._estimate_start) * (whole - work) / (work - self._before)
        self._report(Progress(stage, self._done[stage], self._totals[stage], elapsed, fraction, remaining))

    def _work(self, *, all_of_it: bool = False) -> float:
        """What is done, in weights; or what there is to do."""
        steps = self._totals if all_of_it else self._done
        return sum(weight * (steps.get(stage) or 0) for stage, weight in self._weights.items())

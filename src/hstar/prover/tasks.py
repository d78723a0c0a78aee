"""What there is to do for a run's proof, in which order it may be done, and what is done already."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hstar.prover.nodes import NodeTask
from hstar.prover.stages import FINAL, JOINS, LEAVES, PROVE
from hstar.recursion.plan import PlannedNode

_FIRST_OF = (FINAL, JOINS, LEAVES, PROVE)
"""Of what can be done, what comes later in the tree goes first: so leaves follow their segments at once."""


@dataclass(frozen=True)
class Task:
    """One step.

    Args:
        stage: that it belongs to.
        number: of the segment, or of the first one.
        name: of what it makes.
        needs: names of what must be there before.
        node: for a node, which one.
    """

    stage: str
    number: int
    name: str
    needs: tuple[str, ...] = ()
    node: NodeTask | None = None


def segment_tasks(stage: str, numbers: Sequence[int], name: Callable[[int], str]) -> list[Task]:
    """A task for each segment."""
    return [Task(stage, number, name(number)) for number in numbers]


def tree_tasks(
    root: PlannedNode,
    node_name: Callable[[NodeTask], str],
    proof_name: Callable[[int], str],
    is_there: Callable[[str], bool],
) -> tuple[list[Task], list[Task]]:
    """Everything from the proofs of segments to the final proof.

    Args:
        root: of the tree of nodes.
        node_name, proof_name: of the files of nodes and of segments' proofs.
        is_there: whether such a file is finished; what only it needs is then not to be done.

    Returns:
        What is to be done, and what need not be.
    """
    todo: list[Task] = []
    spared: list[Task] = []

    def visit(task: Task, below: Sequence[Task], parent_is_there: bool) -> None:
        done = parent_is_there or is_there(task.name)
        (spared if done else todo).append(task)
        for child in below:
            visit(child, _below(child), done)

    def node_task(node: PlannedNode) -> Task:
        made = NodeTask(node)
        return Task(
            JOINS if node.children else LEAVES,
            node.first,
            node_name(made),
            tuple(task.name for task in _children(node)),
            made,
        )

    def _children(node: PlannedNode) -> list[Task]:
        if node.children:
            return [node_task(child) for child in node.children]
        return segment_tasks(PROVE, range(node.first, node.first + node.count), proof_name)

    def _below(task: Task) -> list[Task]:
        return [] if task.node is None else _children(task.node.node)

    last = NodeTask(root, is_final=True)
    final = Task(FINAL, 1, node_name(last), (node_name(NodeTask(root)),), last)
    visit(final, [node_task(root)], False)
    return todo, spared


class ReadyTasks:
    """Tasks in an order in which everything that one needs was done before.

    Args:
        tasks: what they need and is not among them is there already.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = list(tasks)
        places = {task.name: place for place, task in enumerate(self._tasks)}
        self._missing = [sum(name in places for name in task.needs) for task in self._tasks]
        self._dependents: dict[str, list[int]] = defaultdict(list)
        for place, task in enumerate(self._tasks):
            for name in task.needs:
                self._dependents[name].append(place)
        self._ready: list[tuple[int, int, int]] = []
        for place, missing in enumerate(self._missing):
            if not missing:
                self._push(place)

    def take(self) -> Task | None:
        """The next task that can be done now, if there is one."""
        return self._tasks[heapq.heappop(self._ready)[2]] if self._ready else None

    def finished(self, task: Task) -> None:
        """What a task makes is there."""
        for place in self._dependents[task.name]:
            self._missing[place] -= 1
            if not self._missing[place]:
                self._push(place)

    def in_order(self) -> Iterator[Task]:
        """All tasks, each finished before the next is asked for."""
        while (task := self.take()) is not None:
            yield task
            self.finished(task)

    def _push(self, place: int) -> None:
        task = self._tasks[place]
        rank = _FIRST_OF.index(task.stage) if task.stage in _FIRST_OF else 0
        heapq.heappush(self._ready, (rank, task.number, place))

"""What a benchmark is, and the list of all of them.

A workload prepares a *trial*: a piece of work that can be done again and again, how many operations it holds, and the
same for a peer where there is one. Everything is measured in nanoseconds per operation, so smaller is better and the
target is the largest ratio to the peer that is good enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hstar.errors import InputError, Reason

Work = Callable[[], object]


@dataclass(frozen=True)
class Trial:
    """Prepared work. Input is made beforehand and is not timed; nothing may be left over from one call to the next.

    Args:
        work: does it once; takes a millisecond or more, or the clock decides the result.
        operations: how many operations that was, over all threads.
        peer: the same for the peer.
        peer_operations: how many operations the peer's work holds; that of `work` unless given.
    """

    work: Work
    operations: int
    peer: Work | None = None
    peer_operations: int | None = None


@dataclass(frozen=True)
class Workload:
    """A benchmark.

    Args:
        suite: the command that runs it: `hstar bench SUITE`.
        name: what is measured, unique in its suite.
        unit: what one operation is; the value is in nanoseconds per this.
        prepare: makes the trial for a number of threads.
        peer: what it is compared with, empty when there is no counterpart.
        target: the largest ratio to the peer that meets the target.
    """

    suite: str
    name: str
    unit: str
    prepare: Callable[[int], Trial]
    peer: str = ""
    target: float | None = None


_registry: dict[tuple[str, str], Workload] = {}


def register(
    suite: str, name: str, *, unit: str, peer: str = "", target: float | None = None
) -> Callable[[Callable[[int], Trial]], Callable[[int], Trial]]:
    """Decorator: adds the decorated `prepare(num_threads) -> Trial` to a suite.

    Raises:
        InputError: UNKNOWN_NAME when the name is taken; OUT_OF_RANGE for a target without a peer.
    """
    if (suite, name) in _registry:
        raise InputError(f"the suite {suite} has two workloads called {name!r}", reason=Reason.UNKNOWN_NAME)
    if target is not None and not peer:
        raise InputError(f"{name!r} has a target but no peer to compare with", reason=Reason.OUT_OF_RANGE)

    def add(prepare: Callable[[int], Trial]) -> Callable[[int], Trial]:
        _registry[suite, name] = Workload(suite, name, unit, prepare, peer, target)
        return prepare

    return add


def workloads(suite: str, pattern: str = "") -> list[Workload]:
    """The workloads of a suite, in the order of registration.

    Args:
        suite: name of the suite.
        pattern: keeps those whose name contains it, whatever the case.

    Raises:
        InputError: UNKNOWN_NAME when none is left.
    """
    found = [workload for workload in _registry.values() if workload.suite == suite]
    chosen = [workload for workload in found if pattern.casefold() in workload.name.casefold()]
    if not chosen:
        names = ", ".join(workload.name for workload in found)
        raise InputError(f"no workload of {suite} contains {pattern!r}; there are: {names}", reason=Reason.UNKNOWN_NAME)
    return chosen

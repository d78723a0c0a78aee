"""Where the time goes: seconds in each function of the native module, measured at its border.

What is left of a stage's time is spent in Python. Used by `hstar bench proof-system --profile`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from types import ModuleType
from typing import Any

from hstar.kernels import backend


@dataclass
class KernelTimes:
    """Seconds by function, since the last `take`."""

    seconds: dict[str, float] = field(default_factory=dict)

    def take(self) -> dict[str, float]:
        """What has been measured, largest first; starts again from nothing."""
        taken = dict(sorted(self.seconds.items(), key=lambda item: -item[1]))
        self.seconds = {}
        return taken


class _Timed:
    """A native module or object whose callables are timed; what they return is timed too if it has methods."""

    def __init__(self, target: Any, times: KernelTimes, prefix: str = "") -> None:  # noqa: ANN401  any native object
        self._target, self._times, self._prefix = target, times, prefix

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  any attribute
        value = getattr(self._target, name)
        return self._timed(self._prefix + name, value) if callable(value) else value

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:  # noqa: ANN401  any signature
            bare = [item._target if isinstance(item, _Timed) else item for item in arguments]
            begin = perf_counter()
            result = function(*bare)
            seconds = self._times.seconds
            seconds[name] = seconds.get(name, 0.0) + perf_counter() - begin
            made_here = type(result).__module__ == "builtins" and type(result).__name__ in _NATIVE_CLASSES
            return _Timed(result, self._times, f"{type(result).__name__}.") if made_here else result

        return call


_NATIVE_CLASSES = frozenset({"Executor", "FractionTree", "JaggedWeight", "LayerSum"})


@contextmanager
def timed_kernels() -> Iterator[KernelTimes]:
    """Measures every call into the native module inside the block, in this thread or task.

    Raises:
        ResourceError: NATIVE_MODULE_MISSING.
    """
    times = KernelTimes()
    module = backend.native()

    def wrap(_: ModuleType) -> Any:  # noqa: ANN401  stands in for the module
        return _Timed(module, times)

    with backend.native_seen_through(wrap):
        yield times

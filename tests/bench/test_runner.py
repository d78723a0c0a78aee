from __future__ import annotations

import time

import pytest

from hstar.bench import runner, workload
from hstar.bench.runner import Effort
from hstar.bench.workload import Trial, Workload
from hstar.errors import InputError, Reason
from hstar.kernels import backend

BRIEF = Effort(num_samples=2, sample_seconds=0.0)

pytestmark = pytest.mark.skipif(not backend.native_available(), reason="only native kernels are measured")


def sleeping(seconds: float):
    return lambda: time.sleep(seconds)


def test_value_is_time_per_operation_and_ratio_is_to_the_peer() -> None:
    trial = Trial(sleeping(0.004), operations=2, peer=sleeping(0.002), peer_operations=4)
    result = runner.measure(Workload("s", "n", "nap", lambda _: trial, "a shorter nap", 100.0), 1, BRIEF)
    assert 0.002e9 <= result.value <= result.median
    assert result.peer_value is not None
    assert result.peer_value >= 0.0005e9
    assert result.ratio == result.value / result.peer_value
    assert result.met is (result.ratio <= 100.0)


def test_a_missed_target_is_said_to_be_missed() -> None:
    trial = Trial(sleeping(0.002), operations=1, peer=lambda: None)
    assert runner.measure(Workload("s", "n", "nap", lambda _: trial, "nothing", 1.0), 1, BRIEF).met is False


def test_without_a_peer_there_is_no_verdict() -> None:
    result = runner.measure(Workload("s", "n", "nap", lambda _: Trial(lambda: None, 1)), 1, BRIEF)
    assert result.peer_value is result.ratio is result.met is None


def test_own_and_peer_take_turns() -> None:
    order: list[str] = []
    trial = Trial(lambda: order.append("own"), 1, peer=lambda: order.append("peer"))
    runner.measure(Workload("s", "n", "x", lambda _: trial, "p"), 1, Effort(num_samples=3, sample_seconds=0.0))
    assert order[-6:] == ["own", "peer"] * 3


def test_the_number_of_threads_is_set_and_put_back() -> None:
    native = backend.native()
    before = native.num_threads()
    seen: list[int] = []
    trial = Trial(lambda: seen.append(native.num_threads()), 1)
    runner.measure(Workload("s", "n", "x", lambda _: trial), 3, BRIEF)
    assert set(seen) == {3}
    assert native.num_threads() == before


def test_workloads_register_under_unique_names(monkeypatch) -> None:
    monkeypatch.setattr(workload, "_registry", {})

    @workload.register("s", "First thing", unit="x")
    def _prepare(_: int) -> Trial:
        return Trial(lambda: None, 1)

    assert [found.name for found in workload.workloads("s", "first")] == ["First thing"]
    with pytest.raises(InputError) as caught:
        workload.register("s", "First thing", unit="x")
    assert caught.value.reason == Reason.UNKNOWN_NAME
    with pytest.raises(InputError, match="no peer"):
        workload.register("s", "Second", unit="x", target=1.0)
    with pytest.raises(InputError, match="First thing"):
        workload.workloads("s", "third")

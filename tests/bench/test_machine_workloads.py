"""The workloads of `hstar bench machine` run, and their peer too where it is installed."""

import pytest

from hstar.bench.workload import workloads
from hstar.bench.workloads import machine
from hstar.kernels import backend

pytestmark = pytest.mark.skipif(not backend.native_available(), reason="only native kernels are measured")


def test_every_guest_is_measured_plain_and_cut():
    names = [workload.name for workload in workloads("machine")]
    assert len(names) == 2 * len(machine.INPUTS)
    assert sum("plain" in name for name in names) == sum("segments" in name for name in names)


@pytest.mark.parametrize("how", ["plain", "segments"])
def test_a_trial_counts_the_cycles_it_runs(how):
    (workload,) = workloads("machine", f"multiplication in C, {'cut into segments' if how == 'segments' else how}")
    one = workload.prepare(1)
    assert one.work() == one.operations > 10**7
    if one.peer is not None:
        one.peer()
    two = workload.prepare(2)
    assert two.work() == [one.operations] * 2
    assert two.operations == 2 * one.operations

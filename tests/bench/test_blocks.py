"""Every workload of the suite `block` does its work."""

import pytest

from hstar.bench.workload import workloads
from hstar.cli.bench import load_workloads
from hstar.ethereum.oracle.specification import is_available

pytestmark = pytest.mark.skipif(not is_available(), reason="the executable specification is not installed")


def test_workloads_prepare_and_run():
    load_workloads()
    for workload in workloads("block"):
        trial = workload.prepare(1)
        assert trial.work() is not None
        assert trial.operations > 1000

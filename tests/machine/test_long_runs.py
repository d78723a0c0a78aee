"""A thousand million cycles: bounded memory."""

import pytest

from hstar.bench import long_run
from hstar.kernels import backend

pytestmark = pytest.mark.skipif(not backend.native_available(), reason="the reference machine takes hours")


@pytest.mark.parametrize("cycles", [10**8, pytest.param(10**9, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_number_of_cycles(cycles):
    run = long_run.measure(cycles)
    assert run.cycles > cycles and run.segments > cycles // 10**6
    assert run.grown_bytes < run.bound_bytes < 2**30

"""A thousand million cycles: bounded memory."""

import resource
import struct

import pytest

from hstar.machine.execute import execute
from machine.test_guests import guest


@pytest.mark.slow
def test_a_thousand_million_cycles_need_little_more_than_the_guests_memory():
    kept = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = execute(guest("collections"), struct.pack("<II", 7, 1_100_000), on_segment=lambda s: kept.append(s.cycles))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    execution = report.execution
    assert execution.cycles > 10**9 and execution.exit_code == 0
    assert len(kept) == report.segments > 1000 and sum(kept) == execution.cycles
    assert grown < 2**28 + 6 * 4096 * execution.memory_pages

"""Freed arrays stay with the process once it is asked to keep them."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from hstar.kernels.allocator import keep_freed_memory

def faults_of_a_pass():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(1 << 21, dtype=np.uint32).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

assert keep_freed_memory()
faults_of_a_pass()
print(faults_of_a_pass())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_freed_memory_is_used_again():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 2

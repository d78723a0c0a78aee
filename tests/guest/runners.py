"""Two ways to run the Ethereum guest: the shipped program in the executor, and its library built for this machine."""

import lzma
import os
import struct
import subprocess
from functools import cache
from pathlib import Path

from hstar.machine.execute import execute
from hstar.machine.guests import load
from hstar.machine.program import load_program

ROOT = Path(__file__).resolve().parents[2]
VECTORS_ELF = ROOT / "tests/vectors/guests/revm-vectors.elf.xz"
NATIVE = Path(os.environ.get("HSTAR_REVM_NATIVE", ROOT / "guests/build/native/native/revm-native"))


@cache
def program(declared):
    """The shipped guest; with `declared` its twin that takes the fork from the schema id."""
    return load_program(lzma.decompress(VECTORS_ELF.read_bytes()) if declared else load("revm").elf)


def run_in_executor(data, *, declared=False):
    """Output and execution of the guest in the machine."""
    execution = execute(program(declared), data).execution
    assert execution.exit_code == 0
    return execution.output, execution


class NativeLibrary:
    """The guest's library as a process: inputs in, (output, reason) out."""

    def __init__(self):
        self.process = subprocess.Popen([NATIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, data, *, declared=False):
        self.process.stdin.write(struct.pack("<BI", declared, len(data)) + data)
        self.process.stdin.flush()
        head = self.process.stdout.read(44)
        assert len(head) == 44, f"the library died with exit code {self.process.wait()}"
        return head[:43], self.process.stdout.read(head[43]).decode()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0

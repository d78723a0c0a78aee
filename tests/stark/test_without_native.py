"""A machine without the native module verifies too."""

import subprocess
import sys

from hstar.stark.file import write_proof_file
from hstar.stark.statement import Statement
from stark.proofs import squares

PROGRAM = """
import sys
sys.modules["hstar._native"] = None  # importing it fails, as if it had never been built
from pathlib import Path
from hstar.kernels.backend import native_available
from hstar.stark.file import read_proof_file, verify_proof_file
assert not native_available()
data = Path(sys.argv[1]).read_bytes()
verify_proof_file(read_proof_file(data).key, data, minimum_bits=0)
print("accepted")
"""


def test_verification_without_the_native_module(tmp_path):
    for suite in ("blake2b", "poseidon2"):
        proven, path = squares(suite), tmp_path / f"{suite}.hstar"
        path.write_bytes(write_proof_file(proven.key, Statement(), proven.proof))
        result = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False)
        assert result.stdout == "accepted\n", result.stderr

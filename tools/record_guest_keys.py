#!/usr/bin/env python3
"""Makes the verifying keys of the shipped guests from their programs, and records their digests.

A key changes with the guest's program, with any chip, and with the parameters; a test says when it is out of date. The
recursion key changes also with the verifier and with the chips of the recursion, and the traced final verification with
both keys.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
from pathlib import Path

from derive_final_program import write_final_program
from hstar.hash.suite import POSEIDON2
from hstar.machine import guests
from hstar.machine.program import load_program
from hstar.machine.setup import set_up
from hstar.prover.cache import Cache
from hstar.prover.node_keys import derive_recursion_key, num_processes
from hstar.verifier.program_key import ProgramKey

FOLDER = Path(guests.__file__).parent / guests.FOLDER


def _report(done: int, total: int) -> None:
    sys.stderr.write(f"recursion key: {done} of {total}\n")


def main() -> None:
    """Writes `NAME.key.xz`, `NAME.recursion.xz`, `NAME.final.xz` and the record."""
    path = FOLDER / guests.RECORD
    record = json.loads(path.read_text(encoding="utf-8"))
    for name in sorted(record):
        program = load_program(lzma.decompress((FOLDER / f"{name}.elf.xz").read_bytes()))
        key = set_up(program, record[name]["log_cells"]).key
        (FOLDER / f"{name}.key.xz").write_bytes(lzma.compress(key.encode(), preset=9))
        with tempfile.TemporaryDirectory(prefix="hstar-") as folder:  # what is shipped follows from the source alone
            recursion = derive_recursion_key(
                key.segment_keys, Cache(Path(folder)), processes=num_processes(), report=_report
            )
        (FOLDER / f"{name}.recursion.xz").write_bytes(lzma.compress(recursion.encode(), preset=9))
        record[name]["final_program"] = write_final_program(name, ProgramKey(key, recursion))
        record[name]["verifying_key"] = POSEIDON2.digest_to_bytes(key.digest).hex()
        sys.stderr.write(f"{name}: {record[name]['verifying_key']}\n")
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

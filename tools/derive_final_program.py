#!/usr/bin/env python3
"""Derives the traced verification of a shipped guest's final proofs from its shipped keys.

Compares it with the shipped one; with --write it takes its place (`make guest-keys` does that after making the keys).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from hstar.ethereum.stateless import OUTPUT_BYTES
from hstar.machine import guests
from hstar.verifier.derivation import derive_final_program
from hstar.verifier.program_key import ProgramKey, shipped_key
from hstar.verifier.standalone import program_digest

FOLDER = Path(guests.__file__).parent / guests.FOLDER


def write_final_program(name: str, key: ProgramKey) -> str:
    """Writes `NAME.final.xz`; returns its digest, which belongs into the record."""
    derived = derive_final_program(key, OUTPUT_BYTES)
    (FOLDER / f"{name}.final.xz").write_bytes(derived.compressed())
    return program_digest(derived.data)


def _record(name: str) -> None:
    path = FOLDER / guests.RECORD
    record = json.loads(path.read_text(encoding="utf-8"))
    record[name]["final_program"] = write_final_program(name, shipped_key(name))
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{name}: {record[name]['final_program']}\n")


def main() -> int:
    """0: the same, or written; 1: another one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guest", nargs="?", default="revm", choices=guests.names())
    parser.add_argument("--write", action="store_true", help="make the file and the record anew")
    options = parser.parse_args()
    if options.write:
        _record(options.guest)
        return 0
    shipped = guests.load_final_program(options.guest)
    recorded = "nothing" if shipped is None else shipped[1]
    derived = program_digest(derive_final_program(shipped_key(options.guest), OUTPUT_BYTES).data)
    verdict = "the same" if derived == recorded else "DIFFERENT"
    sys.stdout.write(f"derived   {derived}\nrecorded  {recorded}\n{verdict}\n")
    return int(derived != recorded)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Derives the traced verification of a shipped guest's final proofs again, and compares it with the shipped one."""

from __future__ import annotations

import argparse
import sys

from hstar.ethereum.stateless import OUTPUT_BYTES
from hstar.machine import guests
from hstar.verifier.derivation import derive_final_program
from hstar.verifier.program_key import shipped_key
from hstar.verifier.standalone import program_digest


def main() -> int:
    """0: the same; 1: another one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guest", nargs="?", default="revm", choices=guests.names())
    name = parser.parse_args().guest
    shipped = guests.load_final_program(name)
    recorded = None if shipped is None else shipped[1]
    derived = program_digest(derive_final_program(shipped_key(name), OUTPUT_BYTES).data)
    sys.stdout.write(
        f"derived   {derived}\nrecorded  {recorded}\n{'the same' if derived == recorded else 'DIFFERENT'}\n"
    )
    return int(derived != recorded)


if __name__ == "__main__":
    sys.exit(main())

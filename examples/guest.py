"""A program in C, compiled for the machine, is executed and proven: it sorts the numbers of its input and hashes them.

The public output is the hash; the numbers stay with the prover. The verifier has the key of the program, the proof, and
nothing else.

Run it: python examples/guest.py [NUMBERS]
"""

import random
import struct
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import hstar
from hstar.cli.progress import ProgressStyle, show_progress

GUEST = Path(__file__).resolve().parents[1] / "tests/vectors/guests/sort.elf"
LOG_CELLS = 22


def main(count: int) -> None:
    """Proves that somebody has numbers whose sorted list has this hash, and verifies it."""
    numbers = [random.Random(count).getrandbits(64) for _ in range(count)]
    summary = Table("what", "", title=f"{count} numbers sorted and hashed by {GUEST.name}")

    started = time.perf_counter()
    setup = hstar.program_key(GUEST, LOG_CELLS)
    summary.add_row("keys, seconds", f"{time.perf_counter() - started:.1f}")
    with show_progress(ProgressStyle.AUTO, "prove", GUEST.name) as report:
        proof = hstar.prove(setup, struct.pack(f"<{count}Q", *numbers), final=False, progress=report)
    summary.add_row("proof, seconds", f"{proof.seconds['total']:.1f}")

    started = time.perf_counter()
    verified = hstar.verify(proof, setup.key)
    summary.add_row("verification, seconds", f"{time.perf_counter() - started:.1f}", end_section=True)
    summary.add_row("cycles, segments", f"{proof.cycles:,} in {', '.join(proof.types)}")
    summary.add_row("committed cells", f"{proof.cells:,}")
    summary.add_row("provable bits", f"{float(verified.security_bits):.1f}")
    summary.add_row("proof bytes", f"{len(proof.file):,} (every segment's proof)")
    summary.add_row("public output", verified.output.hex())
    Console().print(summary)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)

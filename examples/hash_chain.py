"""A hash chain: `digest -> compress(digest, block)` with Poseidon2, one permutation a row, 256 rows.

The chip commits to every second full round only, so its constraints have degree 9 instead of 3 and its rows are much
shorter (`hstar.air.examples.hash_chain`). The public statement is both ends of the chain: the verifier sends
the first digest to the circuit and takes the last one off it. The blocks stay with the prover.

Run it: python examples/hash_chain.py [LINKS]
"""

import sys
import time

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn
from rich.table import Table

from hstar.air.examples.hash_chain import hash_chain_circuit, hash_chain_records
from hstar.air.tables import fill_segment
from hstar.stark.file import verify_proof_file, write_proof_file
from hstar.stark.prove import prove
from hstar.stark.security import security_bits
from hstar.stark.traced import keys_for, public_ends, tables_of


def main(num_links: int) -> None:
    """Proves a chain of `num_links` permutations, verifies it, and says what it cost."""
    circuit = hash_chain_circuit(degree=9)
    blocks = [[link + lane for lane in range(9)] for link in range(num_links)]
    records, ends = hash_chain_records(circuit, [0] * 9, blocks)
    tables = fill_segment(circuit, records)

    # Both ends of the chain, (0, first digest) and (links, last digest), are the public statement.
    statement, messages = public_ends(ends)
    heights = {name: table.shape[1] for name, table in tables.tables.items()}
    keys = keys_for(circuit, heights, statement_length=len(statement.values), statement_messages=messages)
    key, summary = keys.verifying_key, Table("phase", "seconds", title=f"{num_links} links of Poseidon2")

    started = time.perf_counter()
    with Progress(SpinnerColumn(), *Progress.get_default_columns(), TimeElapsedColumn()) as bar:
        task = bar.add_task("proving", total=4)

        def report(stage: str, seconds: float) -> None:
            summary.add_row(stage, f"{seconds:.2f}")
            bar.update(task, advance=1, description=stage)

        file = write_proof_file(key, statement, prove(keys, statement, tables_of(circuit, tables), progress=report))
    summary.add_row("all", f"{time.perf_counter() - started:.2f}", end_section=True)
    started = time.perf_counter()
    verify_proof_file(key, file)
    summary.add_row("verification", f"{time.perf_counter() - started:.2f}", end_section=True)
    summary.add_row("cells", f"{sum(table.size for table in tables.tables.values()):,}")
    summary.add_row("provable bits", f"{float(security_bits(key)):.1f}")
    summary.add_row("proof bytes", f"{len(file):,}")
    Console().print(summary)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)

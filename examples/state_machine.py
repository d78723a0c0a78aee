"""A state machine: 27 -> 82 -> 41 -> .. -> 1 takes 111 steps of n -> n / 2 or 3 n + 1.

Five chips pass a state along a bus, each by one kind of step, and ask a table of 65,536 rows that numbers fit 16 bits
(`hstar.air.examples.state_machine`). The public statement is (27, 111): the verifier itself sends the first number to
the circuit and receives the number of steps from it, so the buses balance only if that is what the machine did.

Run it: python examples/state_machine.py [START]
"""

import sys
import time

from hstar.air.examples.state_machine import state_machine_circuit, state_machine_records
from hstar.air.tables import fill_segment
from hstar.errors import VerificationError
from hstar.stark.file import verify_proof_file, write_proof_file
from hstar.stark.prove import prove
from hstar.stark.security import security_bits
from hstar.stark.statement import Statement
from hstar.stark.traced import keys_for, public_ends, tables_of


def main(start: int) -> None:
    """Proves the run from `start`, verifies it, and shows that another statement is refused."""
    circuit = state_machine_circuit()
    records, ends = state_machine_records(start)
    num_steps = ends[1].message[0]
    tables = fill_segment(circuit, records)

    statement, messages = public_ends(ends)  # (start, steps): sent on `input`, taken off `result` by the verifier
    heights = {name: table.shape[1] for name, table in tables.tables.items()}
    keys = keys_for(circuit, heights, statement_length=2, statement_messages=messages)
    key = keys.verifying_key
    print(f"key: {float(security_bits(key)):.1f} provable bits, rows per chip: {heights}")

    started = time.perf_counter()
    proof = prove(keys, statement, tables_of(circuit, tables), progress=lambda stage, s: print(f"  {stage}: {s:.2f} s"))
    file = write_proof_file(key, statement, proof)
    print(f"proven that {start} takes {num_steps} steps: {len(file):,} bytes in {time.perf_counter() - started:.1f} s")

    accepted = verify_proof_file(key, file)
    print(f"verified: {accepted.statement.values}")
    try:
        verify_proof_file(key, write_proof_file(key, Statement((start, num_steps - 1)), proof))
    except VerificationError as error:
        print(f"{num_steps - 1} steps: refused, {error.message}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 27)

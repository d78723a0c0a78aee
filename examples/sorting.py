"""A sorting argument: a list holds the same numbers as another one, each at least as large as the one before.

Two chips exchange their numbers along a bus, so the two lists are equal as multisets; the sorted one passes position
and number along another bus and asks a table that every difference fits 16 bits (`hstar.air.examples.sorting`).

Run it: python examples/sorting.py
"""

import random

from hstar.air.examples.sorting import sorting_circuit, sorting_records
from hstar.air.tables import fill_segment
from hstar.errors import VerificationError
from hstar.stark.file import verify_proof_file, write_proof_file
from hstar.stark.prove import prove
from hstar.stark.traced import keys_for, public_ends, tables_of


def main(count: int) -> None:
    """Sorts random numbers, proves it, verifies it, and shows that a wrong number in the sorted table is refused."""
    circuit = sorting_circuit()
    numbers = random.Random(1).sample(range(2**16), count)
    records, ends = sorting_records(numbers)
    tables = fill_segment(circuit, records)

    statement, messages = public_ends(ends)
    heights = {name: table.shape[1] for name, table in tables.tables.items()}
    keys = keys_for(circuit, heights, statement_length=len(statement.values), statement_messages=messages)
    key = keys.verifying_key

    file = write_proof_file(key, statement, prove(keys, statement, tables_of(circuit, tables)))
    verify_proof_file(key, file)
    print(f"{count} numbers are sorted: proven and verified, {len(file):,} bytes")

    tables.tables["sorted"][-1, count // 2] += 1  # one number is another one than in the unsorted list
    forged = write_proof_file(key, statement, prove(keys, statement, tables_of(circuit, tables)))
    try:
        verify_proof_file(key, forged)
    except VerificationError as error:
        print(f"with one number changed: refused, {error.message}")


if __name__ == "__main__":
    main(1000)

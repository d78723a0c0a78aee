"""Two chips at the limits of the shape of tables: very wide, and of high degree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np

from hstar.air.buses import Ports, chain
from hstar.air.check import PublicMessage
from hstar.air.chip import Chip
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import U64, Bit
from hstar.air.expressions import Felt
from hstar.air.program import MachineLimits
from hstar.air.statements import Statement, boolean, check
from hstar.air.tables import Records
from hstar.field.koala_bear import MODULUS

HALF_WIDTH = 1300
WORDS = -(-HALF_WIDTH // 64)


class WideMixing(Chip):
    """2,600 columns: output_i = input_i XOR (NOT input_(i+1) AND input_(i+2)), like chi of keccak on one row."""

    class Columns:
        input: Annotated[list[Bit], HALF_WIDTH]
        output: Annotated[list[Bit], HALF_WIDTH]

    class Record:
        words: Annotated[list[U64], WORDS]

    def trace(self, c: Columns, record: Record) -> None:
        """Bits of the record's words, and their images."""
        bits = [record.words[index // 64] >> (index % 64) & 1 for index in range(HALF_WIDTH)]
        for index in range(HALF_WIDTH):
            following, second = bits[(index + 1) % HALF_WIDTH], bits[(index + 2) % HALF_WIDTH]
            c.input[index].set(bits[index])
            c.output[index].set(bits[index] ^ ((following ^ 1) & second))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Inputs are bits; outputs are then bits too, but declared Bits need their own proof."""
        for bit in (*c.input, *c.output):
            yield boolean(bit)
        for index in range(HALF_WIDTH):
            a, b, d = (c.input[(index + offset) % HALF_WIDTH] for offset in range(3))
            flip = (1 - b) * d
            yield check(f"output {index}", c.output[index] == a + flip - 2 * a * flip)


def wide_circuit() -> TracedCircuit:
    """The wide chip alone: no bus at all."""
    return trace_circuit("wide", [WideMixing()], [])


def wide_records(num_rows: int, seed: int = 1) -> dict[str, Records]:
    """Rows of pseudo-random bits."""
    source = np.random.default_rng(seed)
    return {"wide_mixing": {"words": source.integers(0, 2**64, size=(num_rows, WORDS), dtype=np.uint64)}}


POWERS = chain("powers", order="step", step=Felt, value=Felt)


class NinthPower(Chip):
    """value -> (value + step)^9: one constraint of degree 9, and constant multiplicities."""

    class Columns:
        step: Felt
        value: Felt
        result: Felt

    class Record:
        step: U64
        value: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One power."""
        c.step.set(record.step)
        c.value.set(record.value)
        c.result.set(pow(record.value + record.step, 9, MODULUS))

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """On an all-zero row 0 = 0^9."""
        yield check("the ninth power", c.result == (c.value + c.step) ** 9)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Every row is a link, so the multiplicity is the constant 1; padding rows are corrected by their number."""
        bus.receive(POWERS, c.step, c.value)
        bus.send(POWERS, c.step + 1, c.result)


def ninth_power_circuit() -> TracedCircuit:
    """The degree-9 chip alone."""
    return trace_circuit("ninth_power", [NinthPower()], [POWERS], MachineLimits(constraint_degree=9))


def ninth_power_records(start: int, num_rows: int) -> tuple[dict[str, Records], Sequence[PublicMessage]]:
    """A chain of ninth powers."""
    values = [start]
    for step in range(num_rows):
        values.append(pow(values[-1] + step, 9, MODULUS))
    records: Records = {"step": list(range(num_rows)), "value": values[:-1]}
    ends = (PublicMessage("powers", (0, start)), PublicMessage("powers", (num_rows, values[-1]), -1))
    return {"ninth_power": records}, ends

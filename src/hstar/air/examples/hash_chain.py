"""A hash chain: digest_(i+1) = compress(digest_i, block_i), one Poseidon2 compression a row.

Two chips do the same work. `Poseidon2Cubic` commits the output of every S-box (degree 3). `Poseidon2Ninth` commits only
every second full round, so that two cubes stand between columns (degree 9): 143 columns a permutation instead of 239.

Round constants are multiplied by `is_real`, not the constraints: on an all-zero row everything is zero, and the degree
stays that of the S-boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from hstar.air.buses import Ports, chain
from hstar.air.check import PublicMessage
from hstar.air.chip import Chip, Row
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import U64, Bit
from hstar.air.expressions import Expression, Felt
from hstar.air.permutation import Lanes, permute
from hstar.air.program import MachineLimits
from hstar.air.statements import Statement, boolean, check
from hstar.air.tables import Records
from hstar.hash.poseidon2 import S_BOX_DEGREE
from hstar.hash.suite import POSEIDON2
from hstar.hash.tags import MERKLE_NODE, Tag

DIGEST_LANES = 9
LINKS = chain("links", order="step", step=Felt, digest=Annotated[list[Felt], DIGEST_LANES])


class _Poseidon2Link(Chip):
    """What both chips have in common; `Columns` says which S-boxes are committed."""

    class Record:
        step: U64
        digest: Annotated[list[U64], DIGEST_LANES]
        block: Annotated[list[U64], DIGEST_LANES]

    def __init__(self, tag: Tag) -> None:
        self._tag = tag

    def trace(self, c: Row, record: Record) -> None:
        """One compression."""
        c.is_real.set(1)
        c.step.set(record.step)
        for column, value in zip([*c.digest, *c.block], [*record.digest, *record.block], strict=True):
            column.set(value)

        def settle(column: Felt, value: Expression) -> Expression:
            column.set(value)
            return value

        permute(self._input(c), c, c.is_real, settle)

    def constraints(self, c: Row) -> Iterator[Statement]:
        """Every committed S-box."""
        yield boolean(c.is_real)
        statements: list[Statement] = []

        def settle(column: Felt, value: Expression) -> Expression:
            statements.append(check(f"{column.column_name} is an S-box output", column == value))
            return column

        permute(self._input(c), c, c.is_real, settle)
        yield from statements

    def interactions(self, c: Row, bus: Ports) -> None:
        """The next digest is the first nine lanes of P(x) + x: linear in the last S-boxes."""
        lanes = self._input(c)
        output = permute(lanes, c, c.is_real, lambda column, _: column)
        digest = [after + before for after, before in zip(output[:DIGEST_LANES], lanes, strict=False)]
        bus.receive(LINKS, c.step, c.digest, multiplicity=c.is_real)
        bus.send(LINKS, c.step + 1, digest, multiplicity=c.is_real)

    def _input(self, c: Row) -> Lanes:
        zero = c.is_real * 0
        return [*c.digest, zero, zero, zero, *c.block, zero, zero, c.is_real * self._tag.element]


class Poseidon2Cubic(_Poseidon2Link):
    """Degree 3: every S-box is a column."""

    class Columns:
        is_real: Bit
        step: Felt
        digest: Annotated[list[Felt], DIGEST_LANES]
        block: Annotated[list[Felt], DIGEST_LANES]
        first: Annotated[list[list[Felt]], (4, 24)]
        partial: Annotated[list[Felt], 23]
        last: Annotated[list[list[Felt]], (4, 24)]


class Poseidon2Ninth(_Poseidon2Link):
    """Degree 9: every second full round is committed."""

    class Columns:
        is_real: Bit
        step: Felt
        digest: Annotated[list[Felt], DIGEST_LANES]
        block: Annotated[list[Felt], DIGEST_LANES]
        first: Annotated[list[list[Felt]], (2, 24)]
        partial: Annotated[list[Felt], 23]
        last: Annotated[list[list[Felt]], (2, 24)]


def hash_chain_circuit(*, degree: int = 3, tag: Tag = MERKLE_NODE) -> TracedCircuit:
    """One Poseidon2 chip of degree 3 or 9; each row is one link of the chain."""
    chip = Poseidon2Cubic(tag) if degree == S_BOX_DEGREE else Poseidon2Ninth(tag)
    return trace_circuit(f"hash_chain_{degree}", [chip], [LINKS], MachineLimits(constraint_degree=degree))


def hash_chain_records(
    circuit: TracedCircuit, start: Sequence[int], blocks: Sequence[Sequence[int]], *, tag: Tag = MERKLE_NODE
) -> tuple[dict[str, Records], tuple[PublicMessage, ...]]:
    """Records of a chain over the given blocks (nine elements each), and its two ends."""
    digests = [tuple(start)]
    for block in blocks:
        digests.append(tuple(POSEIDON2.compress(tag, digests[-1], tuple(block))))
    records: Records = {"step": list(range(len(blocks))), "digest": digests[:-1], "block": [list(b) for b in blocks]}
    ends = (PublicMessage("links", (0, *digests[0])), PublicMessage("links", (len(blocks), *digests[-1]), -1))
    return {circuit.chips[0].program.name: records}, ends

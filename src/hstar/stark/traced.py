"""From a traced circuit and its filled tables to keys, in one call: the way in for examples, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from hstar.air.check import PublicMessage
from hstar.air.circuit import TracedCircuit
from hstar.air.program import Group
from hstar.air.tables import Segment, preprocessed_table
from hstar.soundness.solver import FirstRegime
from hstar.stark.keys import StatementEntry, StatementMessage
from hstar.stark.security import solve_for
from hstar.stark.setup import ProvingKey, make_keys
from hstar.stark.statement import Statement


def tables_of(traced: TracedCircuit, segment: Segment) -> list[NDArray[np.uint32]]:
    """The tables of a segment in the circuit's order."""
    return [segment.tables[chip.program.name] for chip in traced.chips]


def public_ends(ends: Sequence[PublicMessage]) -> tuple[Statement, tuple[StatementMessage, ...]]:
    """Makes every value of the verifier's messages a part of the public statement.

    Args:
        ends: messages on local buses, as the debugging checker takes them.

    Returns:
        The statement: all values one after the other; and the messages that put it on the buses.
    """
    entries = count()
    messages = tuple(
        StatementMessage(end.bus, tuple(StatementEntry(next(entries)) for _ in end.message), end.multiplicity)
        for end in ends
    )
    return Statement(tuple(value for end in ends for value in end.message)), messages


def keys_for(
    traced: TracedCircuit,
    heights: Mapping[str, int],
    *,
    target_bits: int = 128,
    log_inverse_rate: int | None = 1,
    suite: str = "blake2b",
    first_regime: FirstRegime = "free",
    objective: str = "proof_bytes",
    statement_length: int = 0,
    statement_messages: Sequence[StatementMessage] = (),
) -> ProvingKey:
    """Solves for parameters and makes the keys.

    Args:
        traced: the circuit.
        heights: for each chip the most rows that proofs under this key need; chips with preprocessed columns have
            their own height, chips that are left out have none.
        target_bits, log_inverse_rate, suite, first_regime, objective: as `hstar.soundness.solver.solve`.
        statement_length: elements of K in the public statement.
        statement_messages: what the verifier puts on the local buses.

    Raises:
        InputError: as `solve_for` and `make_keys`.
    """
    preprocessed = [
        preprocessed_table(chip) if chip.program.group_range(Group.PREPROCESSED) else None for chip in traced.chips
    ]
    all_heights = [
        heights.get(chip.program.name, 0) if table is None else table.shape[1]
        for chip, table in zip(traced.chips, preprocessed, strict=True)
    ]
    parameters = solve_for(
        traced.circuit,
        all_heights,
        target_bits=target_bits,
        log_inverse_rate=log_inverse_rate,
        suite=suite,
        first_regime=first_regime,
        objective=objective,
        statement_length=statement_length,
        statement_messages=statement_messages,
    )
    return make_keys(
        traced.circuit,
        parameters,
        preprocessed,
        statement_length=statement_length,
        statement_messages=statement_messages,
    )

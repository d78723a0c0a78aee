"""Malicious witnesses: one cell of a valid table is changed, and something must notice.

Each change is judged alone, but all of one row in one vectorised evaluation. A changed row is *noticed* if

    - a constraint of its chip does not vanish on it, or
    - it asks a lookup for a message that no row of any table of the segment provides, or
    - what it puts on a chain, or provides, is no longer the same (nobody else's messages changed, so the bus is off).

A change that keeps every chain message and asks only for messages that exist *survives*: with the table's counts
adapted, a prover could prove the changed trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.air.check import CHECKING_POINT
from hstar.air.circuit import TracedCircuit
from hstar.air.program import Bus, BusKind, ChipProgram, Direction, Group
from hstar.air.tables import Segment, message_columns
from hstar.air.vectorised import Vector, evaluate_rows, nonzero_rows
from hstar.field.koala_bear import MODULUS

Strategy = Callable[[int, np.random.Generator, NDArray[np.uint32]], int]
"""From an honest value, randomness and the whole column to a dishonest value."""

STRATEGIES: Mapping[str, Strategy] = {
    "one more": lambda value, _random, _column: (value + 1) % MODULUS,
    "one less": lambda value, _random, _column: (value - 1) % MODULUS,
    "a carry more": lambda value, _random, _column: (value + 2**16) % MODULUS,
    "a carry less": lambda value, _random, _column: (value - 2**16) % MODULUS,
    "negated": lambda value, _random, _column: -value % MODULUS,
    "zero": lambda _value, _random, _column: 0,
    "another row's": lambda _value, random, column: int(random.choice(column)),
    "any field element": lambda _value, random, _column: int(random.integers(MODULUS)),
    "a random bit flipped": lambda value, random, _column: (value ^ 1 << int(random.integers(16))) % MODULUS,
}

Message = tuple[int, ...]
Change = tuple[int, str, int]
"""Column, strategy, forged value."""
_MAX_NODES = 2**23
"""Values held at once."""


def batched(changes: Sequence[Change], size: int) -> Iterator[Sequence[Change]]:
    """Pieces of at most `size` changes."""
    for start in range(0, len(changes), size):
        yield changes[start : start + size]


@dataclass(frozen=True)
class Survivor:
    """A change that nothing noticed."""

    chip: str
    column: str
    row: int
    strategy: str
    honest: int
    forged: int


def surviving_mutations(
    circuit: TracedCircuit,
    segment: Segment,
    chip_name: str,
    rows: Sequence[int],
    *,
    seed: int = 1,
    strategies: Mapping[str, Strategy] = STRATEGIES,
    provided: Mapping[int, set[Message]] | None = None,
) -> list[Survivor]:
    """Every unnoticed change of one cell in the given rows of a chip; preprocessed columns are the key's, not changed.

    Args:
        circuit, segment: with tables that satisfy `check_segments`.
        chip_name: whose rows to change.
        rows: which rows.
        seed: of the random strategies.
        strategies: how to change a value.
        provided: `provided_messages(circuit, segment)`, to compute it once for many chips.
    """
    program = circuit.chip(chip_name).program
    table = segment.tables[chip_name]
    random = np.random.default_rng(seed)
    provided = provided_messages(circuit, segment) if provided is None else provided
    survivors: list[Survivor] = []
    for row in rows:
        changes = [
            (column, name, strategy(int(table[column, row]), random, table[column]))
            for column in range(program.width)
            if program.columns[column].group is not Group.PREPROCESSED
            for name, strategy in strategies.items()
        ]
        changes = [change for change in changes if change[2] != int(table[change[0], row])]
        for some in batched(changes, _MAX_NODES // len(program.program.instructions) + 1):
            honest, forged = table[:, [row]], np.repeat(table[:, [row]], len(some), axis=1)
            for place, (column, _, value) in enumerate(some):
                forged[column, place] = value
            noticed = _noticed(program, circuit.circuit.buses, segment.number, honest, forged, provided)
            survivors += [
                Survivor(chip_name, program.columns[column].name, row, name, int(table[column, row]), value)
                for (column, name, value), is_noticed in zip(some, noticed, strict=True)
                if not is_noticed
            ]
    return survivors


def provided_messages(circuit: TracedCircuit, segment: Segment) -> dict[int, set[Message]]:
    """Every message that the tables of a segment provide, by bus index."""
    provided: dict[int, set[Message]] = {}
    for traced in circuit.chips:
        program, table = traced.program, segment.tables[traced.program.name]
        wanted = [item for item in program.interactions if item.direction is Direction.PROVIDE]
        if not wanted or not table.shape[1]:
            continue
        roots = [node for item in wanted for node in (item.multiplicity, *item.message)]
        values = evaluate_rows(program, list(table), segment.number, CHECKING_POINT, roots)
        for item in wanted:
            _, fields = message_columns(item, values, table.shape[1])
            messages = zip(*(field.tolist() for field in fields), strict=True)
            provided.setdefault(item.bus_index, set()).update(messages)
    return provided


def _noticed(
    program: ChipProgram,
    buses: Sequence[Bus],
    segment_number: int,
    honest: NDArray[np.uint32],
    forged: NDArray[np.uint32],
    provided: Mapping[int, set[Message]],
) -> list[bool]:
    number = forged.shape[1]
    values = evaluate_rows(program, list(np.ascontiguousarray(forged)), segment_number, CHECKING_POINT)
    noticed = np.zeros(number, dtype=bool)
    for constraint in program.constraints:
        noticed[nonzero_rows(values[constraint.root], number)] = True
    expected = evaluate_rows(program, list(np.ascontiguousarray(honest)), segment_number, CHECKING_POINT)
    (honest_balance,) = _balances(program, buses, expected, 1)
    balances = _balances(program, buses, values, number)
    asked = _asked(program, buses, values, number)
    return [
        bool(noticed[place])
        or balances[place] != honest_balance
        or any(message not in provided.get(bus, ()) for bus, message in asked[place])
        for place in range(number)
    ]


def _balances(
    program: ChipProgram, buses: Sequence[Bus], values: Mapping[int, Vector], number: int
) -> list[dict[tuple[int, Message], int]]:
    """For every row what it adds to the buses, asks left out."""
    totals: list[Counter[tuple[int, Message]]] = [Counter() for _ in range(number)]
    for item in program.interactions:
        if item.direction is Direction.ASK:
            continue
        multiplicities, fields = message_columns(item, values, number)
        rows = zip(*(field.tolist() for field in fields), strict=True)
        for total, multiplicity, message in zip(totals, multiplicities.tolist(), rows, strict=True):
            total[item.bus_index, message] += multiplicity * item.direction.sign
    return [{key: count % MODULUS for key, count in total.items() if count % MODULUS} for total in totals]


def _asked(
    program: ChipProgram, buses: Sequence[Bus], values: Mapping[int, Vector], number: int
) -> list[list[tuple[int, Message]]]:
    asked: list[list[tuple[int, Message]]] = [[] for _ in range(number)]
    for item in program.interactions:
        if item.direction is not Direction.ASK or buses[item.bus_index].kind is not BusKind.LOOKUP:
            continue
        multiplicities, fields = message_columns(item, values, number)
        rows = zip(*(field.tolist() for field in fields), strict=True)
        for messages, multiplicity, message in zip(asked, multiplicities.tolist(), rows, strict=True):
            if multiplicity:
                messages.append((item.bus_index, message))
    return asked

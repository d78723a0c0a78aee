"""Small circuits for the proof system's tests, written down as programs, so that they do not depend on tracing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hstar.air.leaves import merge_leaves
from hstar.air.program import (
    Bus,
    BusKind,
    ChipProgram,
    Circuit,
    Column,
    Constraint,
    Direction,
    FieldProgram,
    Group,
    Instruction,
    Interaction,
    MachineLimits,
    Opcode,
    Scope,
)
from hstar.field.koala_bear import MODULUS
from hstar.params.protocol import ProtocolParameters
from hstar.params.whir import UNIQUE_DECODING, Regime, WhirIteration, johnson


@dataclass
class ProgramBuilder:
    """Writes a chip's program node by node."""

    name: str
    columns: list[tuple[str, Group]]
    nodes: list[Instruction] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)

    def add(self, opcode: Opcode, left: int = 0, right: int = 0) -> int:
        self.nodes.append(Instruction(opcode, left, right))
        return len(self.nodes) - 1

    def column(self, name: str) -> int:
        return self.add(Opcode.COLUMN, [column for column, _ in self.columns].index(name))

    def constant(self, value: int) -> int:
        return self.add(Opcode.CONSTANT, value % MODULUS)

    def times(self, *nodes: int) -> int:
        product = nodes[0]
        for node in nodes[1:]:
            product = self.add(Opcode.MULTIPLY, product, node)
        return product

    def minus(self, left: int, right: int) -> int:
        return self.add(Opcode.SUBTRACT, left, right)

    def plus(self, left: int, right: int) -> int:
        return self.add(Opcode.ADD, left, right)

    def require_zero(self, name: str, node: int) -> None:
        degree = FieldProgram(tuple(self.nodes)).degrees[node]
        self.constraints.append(Constraint(name, node, degree))

    def interact(self, name: str, bus_index: int, direction: Direction, multiplicity: int, *message: int) -> None:
        self.interactions.append(Interaction(name, bus_index, direction, multiplicity, message))

    def chip(self, buses: Sequence[Bus], limits: MachineLimits) -> ChipProgram:
        program = FieldProgram(tuple(self.nodes))
        leaves = merge_leaves(program, self.interactions, buses, limits)
        columns = tuple(Column(name, group) for name, group in self.columns)
        return ChipProgram(self.name, columns, program, tuple(self.constraints), tuple(self.interactions), leaves)


def bus(name: str, kind: BusKind, width: int, scope: Scope = Scope.LOCAL) -> Bus:
    return Bus(name, kind, scope, tuple(f"v{index}" for index in range(width)), (None,) * width)


def tiny_parameters(
    log_cells: int,
    log_columns: int,
    log_max_height: int,
    group_columns: tuple[int, int, int],
    *,
    suite: str = "blake2b",
    first_regime: Regime = UNIQUE_DECODING,
    arities: Sequence[int] = (2, 2),
    fold_grinding_bits: int = 0,
) -> ProtocolParameters:
    """Far below any security target: a few queries on short codes."""
    length, iterations = log_cells, []
    for index, arity in enumerate((log_columns, *arities)):
        iterations.append(
            WhirIteration(
                log_folding_arity=arity,
                log_codeword_length=length + 1 + index,
                regime=first_regime if index == 0 else johnson(3),
                num_queries=5 - index,
                num_samples=0 if index == 0 else 2 - index % 2,
                query_grinding_bits=3,
                fold_grinding_bits=fold_grinding_bits,
            )
        )
        length -= arity
    return ProtocolParameters(
        target_bits=1,
        hash_suite=suite,
        log_cells=log_cells,
        log_max_height=log_max_height,
        group_columns=group_columns,
        iterations=tuple(iterations),
        boundary_pin=bool(group_columns[1]) and not first_regime.is_unique,
    )


MAIN, PREPROCESSED, BOUNDARY = Group.MAIN, Group.PREPROCESSED, Group.BOUNDARY


def squares_circuit(limits: MachineLimits | None = None) -> Circuit:
    """Squares of small numbers: an asking chip, a fixed table of 16 values, and an unused chip.

    Buses: `small` (lookup): the table provides 0 .. 15. `pairs` (chain): every (value, square) is sent and received.
    """
    limits = limits or MachineLimits()
    buses = (bus("small", BusKind.LOOKUP, 1), bus("pairs", BusKind.CHAIN, 2))
    squares = ProgramBuilder("squares", [("live", MAIN), ("value", MAIN), ("square", MAIN)])
    live, value, square = (squares.column(name) for name in ("live", "value", "square"))
    squares.require_zero("live is a bit", squares.minus(squares.times(live, live), live))
    squares.require_zero("square", squares.minus(squares.times(value, value), square))
    squares.interact("ask", 0, Direction.ASK, live, value)
    squares.interact("send", 1, Direction.SEND, live, value, square)

    table = ProgramBuilder("table", [("value", PREPROCESSED), ("count", MAIN)])
    number, count = table.column("value"), table.column("count")
    table.interact("provide", 0, Direction.PROVIDE, count, number)

    sink = ProgramBuilder("sink", [("live", MAIN), ("value", MAIN), ("square", MAIN), ("one", MAIN), ("spare", MAIN)])
    live, value, square, one = (sink.column(name) for name in ("live", "value", "square", "one"))
    sink.require_zero("live is a bit", sink.minus(sink.times(live, live), live))
    sink.require_zero("one", sink.times(live, sink.minus(one, sink.constant(1))))
    sink.interact("receive", 1, Direction.RECEIVE, live, value, square)

    idle = ProgramBuilder("idle", [("live", MAIN), ("value", MAIN)])
    live, value = idle.column("live"), idle.column("value")
    idle.require_zero("live is a bit", idle.minus(idle.times(live, live), live))
    # A constant multiplicity does not vanish on the zero row: only the correction beyond the height makes it balance.
    idle.interact("ask and", 0, Direction.ASK, idle.constant(1), value)
    idle.interact("answer", 0, Direction.PROVIDE, idle.constant(1), value)
    chips = tuple(builder.chip(buses, limits) for builder in (squares, table, sink, idle))
    return Circuit("squares", chips, buses, limits)


def squares_tables(values: Sequence[int], idle_rows: int = 0) -> list[np.ndarray]:
    """Tables that satisfy the squares circuit."""
    numbers = np.array(values, dtype=np.uint32)
    squares = np.stack([np.ones_like(numbers), numbers, numbers * numbers]).astype(np.uint32)
    count = np.bincount(numbers, minlength=16) if len(numbers) else np.zeros(16)
    table = np.stack([np.arange(16), count]).astype(np.uint32)
    sink = np.stack([np.ones_like(numbers), numbers, numbers * numbers, np.ones_like(numbers), numbers]).astype(
        np.uint32
    )
    idle = np.stack([np.ones(idle_rows), np.arange(idle_rows)]).astype(np.uint32)
    return [squares, table, sink[:, ::-1].copy(), idle]


def squares_preprocessed() -> list[np.ndarray | None]:
    return [None, np.arange(16, dtype=np.uint32).reshape(1, 16), None, None]


def squares_parameters(suite: str = "blake2b", **changes: object) -> ProtocolParameters:
    """2^9 cells in 8 columns: 1 preprocessed, 6 main."""
    return tiny_parameters(9, 3, 5, (1, 0, 6), suite=suite, **changes)


def relay_circuit() -> Circuit:
    """A token that every segment receives, changes by small steps, and sends to the next one.

    `token` is global: (segment, value). The chip that reads it has boundary columns only for what the bus reads.
    """
    limits = MachineLimits()
    buses = (
        bus("small", BusKind.LOOKUP, 1),
        bus("token", BusKind.CHAIN, 2, Scope.GLOBAL),
    )
    columns = [("live", BOUNDARY), ("before", BOUNDARY), ("after", BOUNDARY), ("step", MAIN)]
    relay = ProgramBuilder("relay", columns)
    live, before, after, step = (relay.column(name) for name, _ in columns)
    number = relay.add(Opcode.SEGMENT_NUMBER)
    relay.require_zero("live is a bit", relay.minus(relay.times(live, live), live))
    relay.require_zero("step", relay.minus(after, relay.plus(before, step)))
    relay.interact("take", 1, Direction.RECEIVE, live, number, before)
    relay.interact("give", 1, Direction.SEND, live, relay.plus(number, relay.constant(1)), after)
    relay.interact("ask", 0, Direction.ASK, live, step)

    table = ProgramBuilder("table", [("value", PREPROCESSED), ("count", MAIN)])
    table.interact("provide", 0, Direction.PROVIDE, table.column("count"), table.column("value"))
    return Circuit("relay", tuple(builder.chip(buses, limits) for builder in (relay, table)), buses, limits)


def relay_tables(before: int, step: int) -> list[np.ndarray]:
    """One segment that adds `step` (below 16)."""
    relay = np.array([[1], [before], [before + step], [step]], dtype=np.uint32)
    table = np.stack([np.arange(16), np.arange(16) == step]).astype(np.uint32)
    return [relay, table]


def relay_preprocessed() -> list[np.ndarray | None]:
    return [None, np.arange(16, dtype=np.uint32).reshape(1, 16)]


def relay_parameters(suite: str = "poseidon2", first_regime: Regime = UNIQUE_DECODING) -> ProtocolParameters:
    return tiny_parameters(7, 2, 4, (1, 1, 1), suite=suite, first_regime=first_regime, arities=(2,))

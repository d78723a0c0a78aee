"""What a traced chip is: columns, one straight-line field program, and roots into it.

A `ChipProgram` is the only description of a chip that provers, verifiers, reports and keys read; a `Circuit` is an
ordered list of them with their buses, and owns every global number (constraints, GKR leaves, message widths).

Layout: a node of a program is named by its index; operands point backwards. Columns are numbered inside a chip in the
order preprocessed, boundary, main, the order in which their values are absorbed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Group(IntEnum):
    """When a column is committed: in the verifying key, before the global challenge, or after it."""

    PREPROCESSED = 0
    BOUNDARY = 1
    MAIN = 2


class Opcode(IntEnum):
    """What a node computes; `left` and `right` mean what the comment says."""

    CONSTANT = 0  # left: a canonical field element
    COLUMN = 1  # left: column index
    SEGMENT_NUMBER = 2  # the public number of the segment
    POST_COMMIT_POINT = 3  # b, an extension element drawn after the main commitment
    ADD = 4  # left, right: nodes
    SUBTRACT = 5  # left - right: nodes
    MULTIPLY = 6  # left, right: nodes
    NEGATE = 7  # left: a node


LEAF_OPCODES = frozenset({Opcode.CONSTANT, Opcode.COLUMN, Opcode.SEGMENT_NUMBER, Opcode.POST_COMMIT_POINT})


class Instruction(NamedTuple):
    """One node."""

    opcode: Opcode
    left: int = 0
    right: int = 0


class BusKind(IntEnum):
    """A `lookup` asks a table; on a `chain` every message that is sent is received exactly once."""

    LOOKUP = 0
    CHAIN = 1


class Scope(IntEnum):
    """A local bus balances inside one segment; the global bus balances over all of them."""

    LOCAL = 0
    GLOBAL = 1


class Direction(IntEnum):
    """What an interaction does on its bus."""

    SEND = 0
    RECEIVE = 1
    ASK = 2
    PROVIDE = 3

    @property
    def sign(self) -> int:
        """`send` and `ask` add +multiplicity/denominator to the bus sum, the others subtract it."""
        return 1 if self in (Direction.SEND, Direction.ASK) else -1


@dataclass(frozen=True)
class Column:
    """A committed column; `maximum` is the largest value it is declared (and checked) to hold, if any."""

    name: str
    group: Group
    maximum: int | None = None


@dataclass(frozen=True)
class FieldProgram:
    """A straight-line program: every node is computed once, from nodes before it."""

    instructions: tuple[Instruction, ...]

    @cached_property
    def packed(self) -> NDArray[np.uint32]:
        """The instructions as `[nodes, 3]` (opcode, left, right), C-contiguous, for the native interpreter."""
        packed = np.array(self.instructions, dtype=np.uint32).reshape(-1, 3)
        packed.flags.writeable = False
        return packed

    @cached_property
    def degrees(self) -> tuple[int, ...]:
        """Upper bound of the degree of every node in the columns."""
        degrees: list[int] = []
        for opcode, left, right in self.instructions:
            if opcode in LEAF_OPCODES:
                degrees.append(1 if opcode is Opcode.COLUMN else 0)
            elif opcode is Opcode.NEGATE:
                degrees.append(degrees[left])
            elif opcode is Opcode.MULTIPLY:
                degrees.append(degrees[left] + degrees[right])
            else:
                degrees.append(max(degrees[left], degrees[right]))
        return tuple(degrees)

    @cached_property
    def over_extension(self) -> tuple[bool, ...]:
        """Whether a node is an extension element even where the columns are base elements."""
        flags: list[bool] = []
        for opcode, left, right in self.instructions:
            if opcode in LEAF_OPCODES:
                flags.append(opcode is Opcode.POST_COMMIT_POINT)
            elif opcode is Opcode.NEGATE:
                flags.append(flags[left])
            else:
                flags.append(flags[left] or flags[right])
        return tuple(flags)

    def columns_below(self, roots: Sequence[int]) -> frozenset[int]:
        """The columns that the given nodes depend on."""
        return frozenset(
            self.instructions[node].left
            for node in self.nodes_below(roots)
            if self.instructions[node].opcode is Opcode.COLUMN
        )

    def restricted_to(self, roots: Sequence[int]) -> tuple[FieldProgram, dict[int, int]]:
        """The part that the given nodes need, renumbered in order, and the new number of every node that is left."""
        kept = sorted(self.nodes_below(roots))
        number = {node: index for index, node in enumerate(kept)}
        instructions = []
        for node in kept:
            opcode, left, right = self.instructions[node]
            if opcode in LEAF_OPCODES:
                instructions.append(self.instructions[node])
            else:
                instructions.append(Instruction(opcode, number[left], 0 if opcode is Opcode.NEGATE else number[right]))
        return FieldProgram(tuple(instructions)), number

    def nodes_below(self, roots: Sequence[int]) -> frozenset[int]:
        """The given nodes and everything that they are computed from."""
        seen: set[int] = set()
        pending = list(roots)
        while pending:
            node = pending.pop()
            if node in seen:
                continue
            seen.add(node)
            opcode, left, right = self.instructions[node]
            if opcode not in LEAF_OPCODES:
                pending.append(left)
                if opcode is not Opcode.NEGATE:
                    pending.append(right)
        return frozenset(seen)


@dataclass(frozen=True)
class Constraint:
    """A node that is zero on every row."""

    name: str
    root: int
    degree: int


@dataclass(frozen=True)
class Interaction:
    """`multiplicity` times the message (bus identifier, *message) on a bus; nodes of the chip's program.

    The bus identifier v_0 of the fingerprint is `bus_index + 1`; `message` holds v_1, v_2, ...
    """

    name: str
    bus_index: int
    direction: Direction
    multiplicity: int
    message: tuple[int, ...]

    @property
    def bus_identifier(self) -> int:
        """v_0 of the message."""
        return self.bus_index + 1


@dataclass(frozen=True)
class Leaf:
    """One GKR leaf of a chip: the sum of the fractions of `interactions` (indices into the chip's list)."""

    scope: Scope
    interactions: tuple[int, ...]
    numerator_degree: int
    denominator_degree: int


@dataclass(frozen=True)
class Bus:
    """A named bus; every message on it has the fields of `field_names`.

    `field_maxima` are the largest values that a sender or provider must prove and a receiver or asker may rely on;
    None stands for any field element. On a chain with an `order_field` that field grows along every row; with
    `max_messages` it grows by constants from constants, and a key admits at most so many messages in one proof.
    """

    name: str
    kind: BusKind
    scope: Scope
    field_names: tuple[str, ...]
    field_maxima: tuple[int | None, ...]
    order_field: int | None = None
    max_messages: int | None = None

    @property
    def width(self) -> int:
        """Length of a message without the bus identifier."""
        return len(self.field_names)


@dataclass(frozen=True)
class MachineLimits:
    """Bounds that tracing enforces, and the rule that merges fractions into leaves (proof system, section LogUp-GKR).

    Args:
        constraint_degree: largest degree of a constraint, or of a fraction that stands alone in a leaf.
        leaf_degree: fractions are merged while numerator and denominator stay within it.
        fractions_per_leaf: most fractions in one leaf.
    """

    constraint_degree: int = 4
    leaf_degree: int = 4
    fractions_per_leaf: int = 4


@dataclass(frozen=True)
class ChipProgram:
    """A traced chip.

    Args:
        name: unique in its circuit.
        columns: in the order preprocessed, boundary, main.
        program: the nodes.
        constraints, interactions: in the order in which the chip declares them.
        leaves: merged fractions; local leaves first.

    Contents and height of preprocessed columns belong to the verifying key, not to the program.
    """

    name: str
    columns: tuple[Column, ...]
    program: FieldProgram
    constraints: tuple[Constraint, ...]
    interactions: tuple[Interaction, ...]
    leaves: tuple[Leaf, ...]

    @property
    def width(self) -> int:
        """Columns of all groups."""
        return len(self.columns)

    def group_range(self, group: Group) -> range:
        """The column indices of a group."""
        first = sum(column.group < group for column in self.columns)
        return range(first, first + sum(column.group is group for column in self.columns))

    def leaves_of(self, scope: Scope) -> tuple[Leaf, ...]:
        """The chip's leaves of one scope, in order."""
        return tuple(leaf for leaf in self.leaves if leaf.scope is scope)

    @cached_property
    def degree(self) -> int:
        """Largest degree that the chip brings into the zerocheck."""
        return max(
            [constraint.degree for constraint in self.constraints]
            + [max(leaf.numerator_degree, leaf.denominator_degree) for leaf in self.leaves],
            default=0,
        )


def ceil_log2(count: int) -> int:
    """The least n with 2^n >= count (0 for count <= 1)."""
    return max(count - 1, 0).bit_length()


@dataclass(frozen=True)
class Circuit:
    """An ordered set of chips and the buses between them: what one proof is about.

    Order is meaning: constraints are numbered by chip, then position; leaves likewise inside their scope.
    """

    name: str
    chips: tuple[ChipProgram, ...]
    buses: tuple[Bus, ...]
    limits: MachineLimits = field(default_factory=MachineLimits)

    @cached_property
    def num_constraints(self) -> int:
        """Constraints of all chips."""
        return sum(len(chip.constraints) for chip in self.chips)

    @cached_property
    def constraint_offsets(self) -> tuple[int, ...]:
        """Global number of each chip's first constraint."""
        return _offsets([len(chip.constraints) for chip in self.chips])

    def num_leaves(self, scope: Scope) -> int:
        """Leaves of all chips in one scope."""
        return sum(len(chip.leaves_of(scope)) for chip in self.chips)

    @cached_property
    def has_global_bus(self) -> bool:
        """Whether the top bit of the leaf index is a scope bit."""
        return any(bus.scope is Scope.GLOBAL for bus in self.buses)

    @cached_property
    def log_leaves(self) -> int:
        """i, the number of leaf coordinates, the scope bit included."""
        if not self.has_global_bus:
            return ceil_log2(self.num_leaves(Scope.LOCAL))
        return 1 + ceil_log2(max(self.num_leaves(Scope.LOCAL), self.num_leaves(Scope.GLOBAL)))

    @cached_property
    def leaf_indices(self) -> tuple[tuple[int, ...], ...]:
        """For each chip the index in 0..2^log_leaves of each of its leaves: local from 0, global from the half."""
        next_index = {Scope.LOCAL: 0, Scope.GLOBAL: 1 << max(self.log_leaves - 1, 0)}
        indices: list[tuple[int, ...]] = []
        for chip in self.chips:
            of_chip: list[int] = []
            for leaf in chip.leaves:
                of_chip.append(next_index[leaf.scope])
                next_index[leaf.scope] += 1
            indices.append(tuple(of_chip))
        return tuple(indices)

    def widest_message(self, scope: Scope) -> int:
        """Longest message of a scope without the bus identifier; shorter ones are padded with zeros."""
        return max((bus.width for bus in self.buses if bus.scope is scope), default=0)

    def log_fingerprint(self, scope: Scope) -> int:
        """Number of beta coordinates of a scope: ceil(log2(1 + widest message))."""
        return ceil_log2(1 + self.widest_message(scope))

    @cached_property
    def degree(self) -> int:
        """d, the degree of the zerocheck bracket in every variable (at least 1)."""
        return max([chip.degree for chip in self.chips], default=1) or 1

    def chip_index(self, name: str) -> int:
        """Position of the chip with this name."""
        return [chip.name for chip in self.chips].index(name)

    def encode(self) -> bytes:
        """Canonical bytes: equal exactly where two circuits are the same statement with the same names."""
        from hstar.air.encoding import encode_circuit

        return encode_circuit(self)

    def digest(self) -> bytes:
        """33-byte BLAKE2b digest of `encode()`: changing anything in any chip changes it."""
        from hstar.air.encoding import circuit_digest

        return circuit_digest(self)


def _offsets(lengths: Sequence[int]) -> tuple[int, ...]:
    offsets, total = [], 0
    for length in lengths:
        offsets.append(total)
        total += length
    return tuple(offsets)

"""The verifying key: what a proof is a proof of.

A `VerifyingKey` is a circuit, the parameters it is proven with, the heights and the root of its preprocessed columns,
and the fractions that the verifier itself adds for a public statement. Its digest is absorbed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hstar.air.program import Circuit, Direction, Group, Scope
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.hash import tags
from hstar.hash.suite import Digest, HashSuite, suite_by_name
from hstar.iop.jagged.relation import Bundle, bundles_of
from hstar.iop.logup_gkr.relation import TreeDimensions
from hstar.params.protocol import ProtocolParameters


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """An element of the public statement, by index."""

    index: int


@dataclass(frozen=True, slots=True)
class StatementMessage:
    """A message that the verifier puts on a local bus itself: how a public statement reaches the tables.

    Args:
        bus: its name.
        message: constants, or elements of the statement.
        multiplicity: positive as `send` and `ask`, negative as `receive` and `provide`.
    """

    bus: str
    message: tuple[int | StatementEntry, ...]
    multiplicity: int = 1


@dataclass(frozen=True, eq=False)
class VerifyingKey:
    """What a verifier must be given by someone it trusts.

    Args:
        circuit: all chips and buses.
        parameters: of the proof system.
        fixed_heights: for each chip its height where the key fixes it (chips with preprocessed columns), else None.
        preprocessed_root: of the preprocessed columns' tree; None when there are none.
        statement_length: elements of K in the public statement.
        statement_messages: what the verifier adds to the local buses.

    Raises:
        InputError: OUT_OF_RANGE, WRONG_SHAPE with a sentence that names what does not fit.
    """

    circuit: Circuit
    parameters: ProtocolParameters
    fixed_heights: tuple[int | None, ...]
    preprocessed_root: Digest | None = None
    statement_length: int = 0
    statement_messages: tuple[StatementMessage, ...] = ()

    def __post_init__(self) -> None:
        self.parameters.require_implemented()
        check_groups(self.circuit, self.parameters)
        check_limits(self.circuit, self.parameters)
        _check_fixed_heights(self.circuit, self.fixed_heights, self.parameters)
        for message in self.statement_messages:
            self.check_message(message.bus, message.message, Scope.LOCAL)
            _check_entries(message, self.statement_length)
            if self.circuit.buses[self.bus_identifier(message.bus) - 1].max_messages is not None:
                raise _refuse(f"a statement adds messages to the counted chain {message.bus}; only chips may")
        if (self.preprocessed_root is None) != (self.parameters.group_columns[Group.PREPROCESSED] == 0):
            raise InputError(
                "a key has a preprocessed root exactly when it has preprocessed columns", reason=Reason.WRONG_SHAPE
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyingKey) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def suite(self) -> HashSuite:
        """The hash suite of proofs under this key."""
        return suite_by_name(self.parameters.hash_suite)

    @cached_property
    def bundles(self) -> tuple[Bundle, ...]:
        """All bundles in the order of their cells."""
        return bundles_of(self.circuit)

    def bus_identifier(self, name: str) -> int:
        """v_0 of the messages of a bus, from 1."""
        return 1 + [bus.name for bus in self.circuit.buses].index(name)

    def check_message(self, name: str, message: Sequence[object], scope: Scope) -> None:
        """Refuses a message of the verifier that is for no bus of this scope, or has another length.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        buses = {bus.name: bus for bus in self.circuit.buses if bus.scope is scope}
        if name not in buses:
            raise _refuse(
                f"circuit {self.circuit.name} has no {scope.name.lower()} bus {name}, only {', '.join(buses) or 'none'}"
            )
        if len(message) != buses[name].width:
            raise _refuse(f"a message on bus {name} has {buses[name].width} values, not {len(message)}")

    @property
    def tree_dimensions(self) -> TreeDimensions:
        """Of the tree of fractions."""
        return TreeDimensions(self.circuit.log_leaves, self.parameters.log_max_height, self.circuit.has_global_bus)

    @property
    def early_chips(self) -> tuple[int, ...]:
        """Chips whose height a segment binds before the global challenge: those with boundary columns."""
        if not self.circuit.has_global_bus:
            return ()
        return tuple(index for index in self._open_chips if self.circuit.chips[index].group_range(Group.BOUNDARY))

    @property
    def late_chips(self) -> tuple[int, ...]:
        """The other chips whose height is not fixed by the key."""
        early = self.early_chips
        return tuple(index for index in self._open_chips if index not in early)

    @property
    def _open_chips(self) -> tuple[int, ...]:
        return tuple(index for index, height in enumerate(self.fixed_heights) if height is None)

    @property
    def group_starts(self) -> tuple[int, ...]:
        """First cell of each group."""
        return tuple(columns.start << self.parameters.log_column_length for columns in self.group_ranges)

    @property
    def group_ends(self) -> tuple[int, ...]:
        """End of each group's cells."""
        return tuple(columns.stop << self.parameters.log_column_length for columns in self.group_ranges)

    @property
    def group_ranges(self) -> tuple[range, ...]:
        """Stack columns of each group."""
        first, ranges = 0, []
        for count in self.parameters.group_columns:
            ranges.append(range(first, first + count))
            first += count
        return tuple(ranges)

    @cached_property
    def digest(self) -> Digest:
        """V: names everything in the key; absorbed before anything else. The circuit enters as its own digest."""
        return self.suite.hash_bytes(tags.VERIFYING_KEY, self._encode_with(self.circuit.digest()))

    def encode(self) -> bytes:
        """Canonical bytes, from which `hstar.stark.key_decoding` reads the key back."""
        return self._encode_with(self.circuit.encode())

    def _encode_with(self, circuit: bytes) -> bytes:
        """Length of the statement, then every part behind its length; integers are little-endian words."""
        heights = b"".join(encode_word(0 if height is None else height + 1) for height in self.fixed_heights)
        root = b"" if self.preprocessed_root is None else self.suite.digest_to_bytes(self.preprocessed_root)
        messages = [_encode_message(message) for message in self.statement_messages]
        parts = [self.parameters.encode(), circuit, heights, root, *messages]
        return encode_word(self.statement_length) + b"".join(encode_word(len(part)) + part for part in parts)


def encode_word(value: int) -> bytes:
    """Four little-endian bytes."""
    return value.to_bytes(4, "little")


def _encode_message(message: StatementMessage) -> bytes:
    """Name of the bus behind its length, multiplicity, then two words for each entry: from the statement or not."""
    name = message.bus.encode()
    words = [message.multiplicity % MODULUS]
    for entry in message.message:
        words += [1, entry.index] if isinstance(entry, StatementEntry) else [0, entry]
    return encode_word(len(name)) + name + b"".join(map(encode_word, words))


def _refuse(message: str) -> InputError:
    return InputError(message, reason=Reason.OUT_OF_RANGE)


def check_groups(circuit: Circuit, parameters: ProtocolParameters) -> None:
    """Every group has stack columns exactly when some chip has columns in it, and every bundle fits a stack column.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    for group, columns in zip(Group, parameters.group_columns, strict=True):
        is_used = any(chip.group_range(group) for chip in circuit.chips)
        if is_used != (columns > 0):
            raise _refuse(
                f"the parameters give {columns} stack columns to the {group.name.lower()} group, but circuit "
                f"{circuit.name} {'has' if is_used else 'has no'} such columns"
            )
    if parameters.group_columns[Group.BOUNDARY] and not circuit.has_global_bus:
        raise _refuse(f"circuit {circuit.name} has boundary columns but no global bus that reads them")
    widest = max(bundle.log_width for bundle in bundles_of(circuit))
    if widest > parameters.log_column_length:
        raise _refuse(
            f"circuit {circuit.name} has a bundle of 2^{widest} columns, which does not fit a stack column of "
            f"2^{parameters.log_column_length} cells; choose more cells or fewer stack columns"
        )


def check_limits(circuit: Circuit, parameters: ProtocolParameters) -> None:
    """The side condition of LogUp: the asking fractions and chain messages of one proof are fewer than the modulus.

    Counted chains have a bound of their own, on which the types of their order fields rest.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    for scope in Scope:
        count = _most_fractions(circuit, parameters, scope, [None] * len(circuit.chips))
        if count >= MODULUS:
            raise _refuse(
                f"circuit {circuit.name} can hold {count} {scope.name.lower()} fractions at this size; there must be "
                f"fewer than {MODULUS}"
            )
    for index, bus in enumerate(circuit.buses):
        sent = 0 if bus.max_messages is None else max_sends(circuit, parameters, index)
        if bus.max_messages is not None and sent > bus.max_messages:
            raise _refuse(
                f"a proof of this size can hold {sent} messages of the counted chain {bus.name}, which allows "
                f"{bus.max_messages}; use a smaller size, or wider chips"
            )


def max_fractions(key: VerifyingKey, scope: Scope) -> int:
    """The most fractions of a scope that one proof can hold: full height everywhere, or all cells in one chip.

    A chip whose height the key fixes has no more rows than that. Cells of global fractions are boundary cells, unless a
    chip with such fractions has none.
    """
    return _most_fractions(key.circuit, key.parameters, scope, key.fixed_heights)


def _most_fractions(
    circuit: Circuit, parameters: ProtocolParameters, scope: Scope, fixed_heights: Sequence[int | None]
) -> int:
    items = [
        (sum(circuit.buses[item.bus_index].scope is scope for item in chip.interactions), chip)
        for chip in circuit.chips
    ]
    counts = [(count, chip) for count, chip in items if count]
    heights = [
        1 << parameters.log_max_height if height is None else height
        for (count, _), height in zip(items, fixed_heights, strict=True)
        if count
    ]
    group_columns, widths = sum(parameters.group_columns), [chip.width for _, chip in counts]
    boundary_widths = [len(chip.group_range(Group.BOUNDARY)) for _, chip in counts]
    if scope is Scope.GLOBAL and all(boundary_widths):
        group_columns, widths = parameters.group_columns[Group.BOUNDARY], boundary_widths
    cells = group_columns << parameters.log_column_length
    by_height = sum(count * height for (count, _), height in zip(counts, heights, strict=True))
    by_cells = max((cells * count // width for (count, _), width in zip(counts, widths, strict=True)), default=0)
    return min(by_height, by_cells)


def max_sends(circuit: Circuit, parameters: ProtocolParameters, bus_index: int) -> int:
    """The most messages that one proof can send on a bus: full chips first that send much with few cells."""
    sends = [
        (sum((item.bus_index, item.direction) == (bus_index, Direction.SEND) for item in chip.interactions), chip.width)
        for chip in circuit.chips
    ]
    cells, total = sum(parameters.group_columns) << parameters.log_column_length, 0
    for count, width in sorted(sends, key=lambda chip: chip[0] / chip[1], reverse=True):
        rows = min(1 << parameters.log_max_height, -(-cells // width))
        total += count * rows
        cells = max(0, cells - rows * width)
    return total


def _check_fixed_heights(circuit: Circuit, heights: Sequence[int | None], parameters: ProtocolParameters) -> None:
    if len(heights) != len(circuit.chips):
        raise InputError(f"{len(heights)} heights for {len(circuit.chips)} chips", reason=Reason.WRONG_SHAPE)
    for chip, height in zip(circuit.chips, heights, strict=True):
        if (height is not None) != bool(chip.group_range(Group.PREPROCESSED)):
            raise _refuse(f"the key must fix the height of chip {chip.name} exactly if it has preprocessed columns")
        if height is not None and not 0 <= height <= 1 << parameters.log_max_height:
            raise _refuse(f"chip {chip.name} has {height} rows; at most 2^{parameters.log_max_height} fit")


def _check_entries(message: StatementMessage, statement_length: int) -> None:
    for entry in message.message:
        value, bound = (entry.index, statement_length) if isinstance(entry, StatementEntry) else (entry, MODULUS)
        if not 0 <= value < bound:
            raise _refuse(f"a statement message on bus {message.bus} holds {value}, which is not below {bound}")

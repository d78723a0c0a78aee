"""Buses, and the ports through which a chip uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from hstar.air.columns import Slot, flatten, slots_of
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.expressions import Expression, to_expression
from hstar.air.program import Bus, BusKind, Direction, Interaction, Scope

FieldType: TypeAlias = Any
"""A column type, a structure, or `Annotated[list[T], length]`: what annotations of columns may be."""


def lookup(name: str, /, **fields: FieldType) -> Bus:
    """A bus on which tables `provide` messages and other chips `ask` for them.

    Args:
        name: of the bus.
        fields: name = column type or structure of every message field. The type is a promise: every provider must
            prove it, every asker may rely on it.
    """
    return _declare(name, BusKind.LOOKUP, Scope.LOCAL, fields)


def chain(
    name: str,
    /,
    *,
    scope: Scope = Scope.LOCAL,
    order: str | None = None,
    max_messages: int | None = None,
    **fields: FieldType,
) -> Bus:
    """A bus on which every message sent is received exactly once.

    Args:
        name: of the bus.
        scope: inside one segment, or over all segments of a proof.
        order: a field that grows from what a row receives to what it sends; without it the chain may have cycles.
        max_messages: makes it a counted chain: the order field grows by constants from constants, so that its type
            follows from the number of messages, and verifying keys are refused that admit more than these.
        fields: name = column type or structure of every message field; every sender must prove the type, every
            receiver may rely on it.

    Raises:
        CircuitError: BAD_COLUMNS where no field is called `order`, or a counted chain has no order or is global.

    Soundness:
        A sender may rely on the types of the bus's own messages only if the chain has an order (`hstar.air.order`).
    """
    if max_messages is not None and (order is None or scope is not Scope.LOCAL or max_messages < 1):
        raise CircuitError(
            f"bus {name} is to be counted to {max_messages} messages; only a local chain with an order can be",
            reason=CircuitReason.BAD_COLUMNS,
            bus=name,
        )
    return _declare(name, BusKind.CHAIN, scope, fields, order, max_messages)


def _declare(
    name: str,
    kind: BusKind,
    scope: Scope,
    fields: dict[str, Any],
    order: str | None = None,
    max_messages: int | None = None,
) -> Bus:
    structure = type("Message", (), {"__annotations__": fields})
    slots: Sequence[Slot] = slots_of(structure, f"(bus {name})")
    names = tuple(slot.name for slot in slots)
    if order is not None and order not in names:
        raise CircuitError(
            f"bus {name} is to be ordered by {order}, but its fields are {', '.join(names)}; name one of them",
            reason=CircuitReason.BAD_COLUMNS,
            bus=name,
        )
    position = None if order is None else names.index(order)
    return Bus(name, kind, scope, names, tuple(slot.kind.maximum for slot in slots), position, max_messages)


_DIRECTIONS = {
    BusKind.LOOKUP: (Direction.ASK, Direction.PROVIDE),
    BusKind.CHAIN: (Direction.SEND, Direction.RECEIVE),
}


class Ports:
    """The `bus` argument of `Chip.interactions`; every call records one interaction."""

    def __init__(self, chip_name: str, buses: Sequence[Bus]) -> None:
        self._chip_name = chip_name
        self._buses = tuple(buses)
        self.interactions: list[Interaction] = []
        self.sources: set[int] = set()

    def send(
        self, bus: Bus, *message: object, multiplicity: Expression | int = 1, name: str = "", source: bool = False
    ) -> None:
        """Puts a message on a chain bus; it must be received elsewhere. Multiplicity: 1, a Bit or a sum of Bits.

        On an ordered bus every send follows a receive of its row, unless it is a `source`: the start of a chain. That
        sources are where they should be and no more of them is an argument about the whole machine.
        """
        self._record(Direction.SEND, bus, message, multiplicity, name)
        if source:
            self.sources.add(len(self.interactions) - 1)

    def receive(self, bus: Bus, *message: object, multiplicity: Expression | int = 1, name: str = "") -> None:
        """Takes a message from a chain bus; it must be sent elsewhere. Multiplicity: 1, a Bit or a sum of Bits."""
        self._record(Direction.RECEIVE, bus, message, multiplicity, name)

    def ask(self, bus: Bus, *message: object, multiplicity: Expression | int = 1, name: str = "") -> None:
        """Claims that a table holds this message. Multiplicity: 1, a Bit or a sum of Bits."""
        self._record(Direction.ASK, bus, message, multiplicity, name)

    def provide(self, bus: Bus, *message: object, multiplicity: Expression | int, name: str = "") -> None:
        """Offers a row of a table; the multiplicity is free, usually a `Multiplicity` column."""
        self._record(Direction.PROVIDE, bus, message, multiplicity, name)

    def _record(
        self, direction: Direction, bus: Bus, message: tuple[object, ...], multiplicity: Expression | int, name: str
    ) -> None:
        verb = direction.name.lower()
        if bus not in self._buses:
            self._refuse(
                CircuitReason.UNKNOWN_BUS,
                f"{verb}s on bus {bus.name}, which the circuit does not have; add it to the circuit's buses",
                bus,
            )
        if direction not in _DIRECTIONS[bus.kind]:
            allowed = " and ".join(item.name.lower() for item in _DIRECTIONS[bus.kind])
            self._refuse(
                CircuitReason.WRONG_DIRECTION,
                f"{verb}s on the {bus.kind.name.lower()} bus {bus.name}; use {allowed}",
                bus,
            )
        values = flatten(list(message))
        if len(values) != bus.width:
            self._refuse(
                CircuitReason.MESSAGE_LENGTH,
                f"{verb}s a message of {len(values)} values on bus {bus.name}, whose messages have {bus.width} "
                f"({', '.join(bus.field_names)})",
                bus,
            )
        self.interactions.append(
            Interaction(
                name=name or self._default_name(verb, bus),
                bus_index=self._buses.index(bus),
                direction=direction,
                multiplicity=to_expression(multiplicity).node(),
                message=tuple(to_expression(value).node() for value in values),
            )
        )

    def _default_name(self, verb: str, bus: Bus) -> str:
        base = f"{verb} {bus.name}"
        same = sum(item.name == base or item.name.startswith(f"{base} #") for item in self.interactions)
        return f"{base} #{same + 1}" if same else base

    def _refuse(self, reason: CircuitReason, what: str, bus: Bus) -> None:
        raise CircuitError(f"chip {self._chip_name} {what}", reason=reason, chip=self._chip_name, bus=bus.name)

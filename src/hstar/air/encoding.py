"""The canonical encoding of a circuit, and its digest.

Layout: integers are little-endian u32; lists are a length followed by their items; text is a list of UTF-8 bytes;
an optional integer is a list of no or one item of 8 bytes. Everything in a `Circuit` stands in it, so any change of a
chip, bus or limit changes the digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import astuple
from typing import TypeVar

from hstar.air.program import Bus, ChipProgram, Circuit, Column, Constraint, Interaction, Leaf
from hstar.hash.suite import BLAKE2B
from hstar.hash.tags import CIRCUIT

Item = TypeVar("Item")


def _word(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _word(len(encoded)) + encoded


def _optional(value: int | None) -> bytes:
    return _word(0) if value is None else _word(1) + value.to_bytes(8, "little")


def _list(items: Iterable[Item], encode: Callable[[Item], bytes]) -> bytes:
    parts = [encode(item) for item in items]
    return _word(len(parts)) + b"".join(parts)


def _column(column: Column) -> bytes:
    return _text(column.name) + _word(column.group) + _optional(column.maximum)


def _constraint(constraint: Constraint) -> bytes:
    return _text(constraint.name) + _word(constraint.root) + _word(constraint.degree)


def _interaction(interaction: Interaction) -> bytes:
    numbers = (interaction.bus_index, interaction.direction, interaction.multiplicity)
    return _text(interaction.name) + b"".join(map(_word, numbers)) + _list(interaction.message, _word)


def _leaf(leaf: Leaf) -> bytes:
    numbers = (leaf.scope, leaf.numerator_degree, leaf.denominator_degree)
    return b"".join(map(_word, numbers)) + _list(leaf.interactions, _word)


def _bus(bus: Bus) -> bytes:
    fields = _list(bus.field_names, _text) + _list(bus.field_maxima, _optional)
    return (
        _text(bus.name)
        + _word(bus.kind)
        + _word(bus.scope)
        + fields
        + _optional(bus.order_field)
        + _optional(bus.max_messages)
    )


def encode_chip(chip: ChipProgram) -> bytes:
    """The part of the encoding that one chip fills."""
    instructions = chip.program.packed.astype("<u4")
    return b"".join(
        (
            _text(chip.name),
            _list(chip.columns, _column),
            _word(len(instructions)) + instructions.tobytes(),
            _list(chip.constraints, _constraint),
            _list(chip.interactions, _interaction),
            _list(chip.leaves, _leaf),
        )
    )


def encode_circuit(circuit: Circuit) -> bytes:
    """Canonical bytes of a circuit."""
    limits = b"".join(map(_word, astuple(circuit.limits)))
    return _text(circuit.name) + limits + _list(circuit.buses, _bus) + _list(circuit.chips, encode_chip)


def circuit_digest(circuit: Circuit) -> bytes:
    """33-byte BLAKE2b digest of the canonical bytes."""
    return BLAKE2B.digest_to_bytes(BLAKE2B.hash_bytes(CIRCUIT, encode_circuit(circuit)))

"""What a chip asks a lookup bus, as an integer program over its columns; the kernel that counts runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hstar.air.program import ChipProgram, Direction, FieldProgram, Interaction, Opcode
from hstar.field.koala_bear import MODULUS
from hstar.kernels.integer_opcodes import IntegerOpcode
from hstar.kernels.integer_program import IntegerProgram

_SEGMENT_NUMBER = 0
"""Its place among the constants."""


@dataclass(frozen=True)
class Asks:
    """The interactions of a chip that ask one bus.

    Args:
        interactions: in the chip's order.
        program: puts out, for one after the other, multiplicity and message.
    """

    interactions: tuple[Interaction, ...]
    program: IntegerProgram

    def in_segment(self, number: int) -> IntegerProgram:
        """The program with the segment's number in it."""
        constants = self.program.constants.copy()
        constants[_SEGMENT_NUMBER] = number
        return replace(self.program, constants=constants)


def asks_of(chip: ChipProgram) -> dict[int, Asks]:
    """What a chip asks, by bus."""
    found: dict[int, list[Interaction]] = {}
    for item in chip.interactions:
        if item.direction is Direction.ASK:
            found.setdefault(item.bus_index, []).append(item)
    return {
        bus: Asks(tuple(items), _integer_program(chip, [node for item in items for node in _nodes(item)]))
        for bus, items in found.items()
    }


def _nodes(item: Interaction) -> tuple[int, ...]:
    return (item.multiplicity, *item.message)


def _integer_program(chip: ChipProgram, roots: Sequence[int]) -> IntegerProgram:
    program, number = chip.program.restricted_to(roots)
    instructions, place = _translate(program)
    constants = [0, MODULUS, *(item.left for item in program.instructions if item.opcode is Opcode.CONSTANT)]
    outputs = [(slot, place[number[node]]) for slot, node in enumerate(roots)]
    return IntegerProgram(
        np.array(instructions, dtype=np.uint32).reshape(-1, 4),
        np.array(constants, dtype=np.uint64),
        np.array(outputs, dtype=np.uint32).reshape(-1, 2),
        chip.width,
    )


def _translate(program: FieldProgram) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """Instructions on integers that keep every value below p, and where each node's value stands.

    Constants are the segment's number, p, and those of the program in their order.
    """
    modulus, next_constant = 0, 2
    instructions: list[tuple[int, int, int, int]] = [(IntegerOpcode.CONSTANT, 1, 0, 0)]
    place: list[int] = []

    def add(opcode: IntegerOpcode, first: int, second: int = 0) -> int:
        instructions.append((opcode, first, second, 0))
        return len(instructions) - 1

    for opcode, left, right in program.instructions:
        match opcode:
            case Opcode.CONSTANT:
                place.append(add(IntegerOpcode.CONSTANT, next_constant))
                next_constant += 1
            case Opcode.COLUMN:
                place.append(add(IntegerOpcode.FIELD, left))
            case Opcode.SEGMENT_NUMBER:
                place.append(add(IntegerOpcode.CONSTANT, _SEGMENT_NUMBER))
            case Opcode.NEGATE:
                negated = add(IntegerOpcode.SUBTRACT, modulus, place[left])
                place.append(add(IntegerOpcode.REMAINDER, negated, modulus))
            case Opcode.SUBTRACT:
                raised = add(IntegerOpcode.ADD, place[left], modulus)
                difference = add(IntegerOpcode.SUBTRACT, raised, place[right])
                place.append(add(IntegerOpcode.REMAINDER, difference, modulus))
            case Opcode.ADD | Opcode.MULTIPLY:
                operation = IntegerOpcode.ADD if opcode is Opcode.ADD else IntegerOpcode.MULTIPLY
                result = add(operation, place[left], place[right])
                place.append(add(IntegerOpcode.REMAINDER, result, modulus))
            case Opcode.POST_COMMIT_POINT:
                # Invariant: interactions never read the point that is drawn after the commitment.
                raise AssertionError("a message reads the post-commit point")
    return instructions, place

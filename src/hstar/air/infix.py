"""Nodes of a program as people write them: `is_real * (a + b - result)`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.air.program import LEAF_OPCODES, ChipProgram, Direction, Interaction, Opcode
from hstar.field.koala_bear import MODULUS

_MAX_INLINE_CHARACTERS = 160
_SUM, _PRODUCT, _ATOM = 1, 2, 3
_SMALL_DENOMINATOR = 2**24


@dataclass(frozen=True)
class Rendered:
    """A text, and the definitions of the shared parts that it names."""

    text: str
    definitions: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        where = "; ".join(f"{name} = {text}" for name, text in self.definitions)
        return f"{self.text} where {where}" if where else self.text


def constant_text(value: int) -> str:
    """A field constant by its smallest face: -1, 65536, or 1/65536 for the inverse of a power of two."""
    if value <= MODULUS // 2:
        small = str(value)
    else:
        small = str(value - MODULUS)
    inverse = pow(value, -1, MODULUS) if value else 0
    signed = inverse if inverse <= MODULUS // 2 else inverse - MODULUS
    power_of_two = abs(signed) > 1 and abs(signed) & (abs(signed) - 1) == 0 and abs(signed) <= _SMALL_DENOMINATOR
    if power_of_two and len(small) > len(str(signed)):
        return f"1/{signed}" if signed > 0 else f"-1/{-signed}"
    return small


class _Printer:
    """Renders nodes; long texts that are used again become definitions."""

    def __init__(self, chip: ChipProgram) -> None:
        self._chip = chip
        self._texts: dict[int, tuple[str, int]] = {}
        self._definitions: dict[int, tuple[str, str]] = {}

    def render(self, root: int) -> Rendered:
        program = self._chip.program
        for node in sorted(program.nodes_below([root])):
            if node not in self._texts:
                text, strength = self._compose(node)
                if len(text) > _MAX_INLINE_CHARACTERS and node != root:
                    name = f"t{node}"
                    self._definitions[node] = (name, text)
                    text, strength = name, _ATOM
                self._texts[node] = (text, strength)
        used = program.nodes_below([root])
        definitions = tuple(pair for node, pair in sorted(self._definitions.items()) if node in used and node != root)
        return Rendered(self._texts[root][0], definitions)

    def _compose(self, node: int) -> tuple[str, int]:
        opcode, left, right = self._chip.program.instructions[node]
        if opcode in LEAF_OPCODES:
            return self._leaf(opcode, left), _ATOM
        if opcode is Opcode.NEGATE:
            return f"-{self._inside(left, _PRODUCT)}", _SUM
        if opcode is Opcode.MULTIPLY:
            return f"{self._inside(left, _PRODUCT)} * {self._inside(right, _PRODUCT)}", _PRODUCT
        if opcode is Opcode.ADD:
            return f"{self._inside(left, _SUM)} + {self._inside(right, _SUM)}", _SUM
        return f"{self._inside(left, _SUM)} - {self._inside(right, _PRODUCT)}", _SUM

    def _leaf(self, opcode: Opcode, value: int) -> str:
        match opcode:
            case Opcode.COLUMN:
                return self._chip.columns[value].name
            case Opcode.CONSTANT:
                text = constant_text(value)
                return f"({text})" if text.startswith("-") else text
            case Opcode.SEGMENT_NUMBER:
                return "segment_number"
            case _:
                return "post_commit_point"

    def _inside(self, node: int, needed: int) -> str:
        text, strength = self._texts[node]
        return text if strength >= needed else f"({text})"


def render_node(chip: ChipProgram, node: int) -> Rendered:
    """One node as infix text."""
    return _Printer(chip).render(node)


def render_interaction(chip: ChipProgram, interaction: Interaction, bus_name: str, fields: Sequence[str]) -> str:
    """`ask range16(value = x) times is_real`, with `by` chips' own names."""
    message = ", ".join(
        f"{name} = {render_node(chip, node)}" for name, node in zip(fields, interaction.message, strict=True)
    )
    opcode, value, _ = chip.program.instructions[interaction.multiplicity]
    always = opcode is Opcode.CONSTANT and value == 1
    times = "" if always else f" times {render_node(chip, interaction.multiplicity)}"
    return f"{Direction(interaction.direction).name.lower()} {bus_name}({message}){times}"

"""Nodes of a program as people write them: `is_real * (a + b - result)`."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.air.program import LEAF_OPCODES, Bus, ChipProgram, FieldProgram, Interaction, Opcode
from hstar.field.koala_bear import MODULUS

_MAX_INLINE_CHARACTERS = 160
_MAX_SHARED_CHARACTERS = 20
_SUM, _PRODUCT, _ATOM = 1, 2, 3
_SMALL_DENOMINATOR = 2**24


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


class Printer:
    """Renders the nodes of one chip; what is long and used again gets a name, `t17`, and a definition."""

    def __init__(self, chip: ChipProgram) -> None:
        self._chip = chip
        self._texts: dict[int, tuple[str, int]] = {}
        self._definitions: dict[int, str] = {}
        self._uses = [0] * len(chip.program.instructions)
        for opcode, left, right in chip.program.instructions:
            if opcode not in LEAF_OPCODES:
                self._uses[left] += 1
                self._uses[right] += opcode is not Opcode.NEGATE

    def render(self, root: int) -> str:
        """One node as text; shared parts appear by name."""
        if root in self._definitions:
            return self._definitions[root]
        for node in sorted(self._chip.program.nodes_below([root])):
            if node not in self._texts:
                text, strength = self._compose(node)
                longest = _MAX_SHARED_CHARACTERS if self._uses[node] > 1 else _MAX_INLINE_CHARACTERS
                if node != root and len(text) > longest:
                    self._definitions[node] = text
                    text, strength = f"t{node}", _ATOM
                self._texts[node] = (text, strength)
        return self._texts[root][0]

    def definitions_below(self, roots: Sequence[int]) -> dict[str, str]:
        """Names and texts of the shared parts of nodes that were rendered, each after those that it uses."""
        below = self._chip.program.nodes_below(roots) - set(roots)
        return {f"t{node}": self._definitions[node] for node in sorted(below & set(self._definitions))}

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


def render_node(chip: ChipProgram, node: int) -> str:
    """One node as infix text, followed by the shared parts that it names."""
    printer = Printer(chip)
    text = printer.render(node)
    where = "; ".join(f"{name} = {part}" for name, part in printer.definitions_below([node]).items())
    return f"{text} where {where}" if where else text


def render_interaction(printer: Printer, interaction: Interaction, bus: Bus, program: FieldProgram) -> str:
    """`ask range16(value = x) times is_real`."""
    message = ", ".join(
        f"{name} = {printer.render(node)}" for name, node in zip(bus.field_names, interaction.message, strict=True)
    )
    opcode, value, _ = program.instructions[interaction.multiplicity]
    always = opcode is Opcode.CONSTANT and value == 1
    times = "" if always else f" times {printer.render(interaction.multiplicity)}"
    return f"{interaction.direction.name.lower()} {bus.name}({message}){times}"

"""A small assembler over the table: enough for tests and examples without a RISC-V toolchain.

One instruction a line in the usual syntax, `label:`, `# comment`, `.word N`, and the pseudo-instructions `li`, `mv`,
`nop`, `j`, `call`, `ret`, `beqz`, `bnez`. A branch or jump target is a label or a byte offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hstar.errors import InputError, Reason
from hstar.machine.decode import encode
from hstar.machine.isa import BY_NAME, INSTRUCTION_BYTES, REGISTER_NAMES, Format, Instruction, Kind, to_signed

_REGISTERS = {name: index for index, name in enumerate(REGISTER_NAMES)}
_REGISTERS |= {f"x{index}": index for index in range(len(REGISTER_NAMES))} | {"fp": _REGISTERS["s0"]}
_MEMORY = re.compile(r"^(-?\w+)\((\w+)\)$")


def load_immediate(register: str, value: int) -> list[str]:
    """Instructions that put the 64-bit `value` (signed or unsigned) into `register`."""
    value = to_signed(value)
    if -2048 <= value < 2048:
        return [f"addi {register}, zero, {value}"]
    low = to_signed(value, 12)
    rest = value - low
    if -(2**31) <= value < 2**31:
        lines = [f"lui {register}, {(rest >> 12) & 0xFFFFF:#x}"]
        return [*lines, f"addiw {register}, {register}, {low}"] if low else lines
    shift = 12
    while (rest >> shift) % 2 == 0:
        shift += 1
    lines = [*load_immediate(register, rest >> shift), f"slli {register}, {register}, {shift}"]
    return [*lines, f"addi {register}, {register}, {low}"] if low else lines


def _expand(line: str) -> list[str]:
    name, _, rest = line.partition(" ")
    operands = [part.strip() for part in rest.split(",")] if rest.strip() else []
    match name, operands:
        case "li", [register, value]:
            return load_immediate(register, int(value, 0))
        case "mv", [register, source]:
            return [f"addi {register}, {source}, 0"]
        case "nop", []:
            return ["addi zero, zero, 0"]
        case "j", [target]:
            return [f"jal zero, {target}"]
        case "call", [target]:
            return [f"jal ra, {target}"]
        case "ret", []:
            return ["jalr zero, 0(ra)"]
        case (("beqz" | "bnez"), [register, target]):
            return [f"{name[:3]} {register}, zero, {target}"]
    return [line]


def _lines(source: str) -> Iterable[tuple[int, str]]:
    for number, raw in enumerate(source.splitlines(), 1):
        text = raw.split("#", 1)[0].strip()
        while match := re.match(r"^([A-Za-z_.][\w.]*):\s*", text):
            yield number, match.group(1) + ":"
            text = text[match.end() :]
        if text:
            yield from ((number, line) for line in _expand(re.sub(r"\s+", " ", text)))


def _instruction_word(instruction: Instruction, operands: list[str], pc: int, labels: dict[str, int]) -> int:
    def target(text: str) -> int:
        return labels[text] - pc if text in labels else int(text, 0)

    if instruction.kind in (Kind.LOAD, Kind.STORE) or instruction.name == "jalr":
        register, address = operands
        memory = _MEMORY.match(address)
        if memory is None:
            raise ValueError(f"{address!r} is not offset(register)")
        data = "rs2" if instruction.kind is Kind.STORE else "rd"
        fields = {data: _REGISTERS[register], "rs1": _REGISTERS[memory.group(2)], "immediate": int(memory.group(1), 0)}
        return encode(instruction, **fields)
    match instruction.format:
        case Format.R:
            rd, rs1, rs2 = (_REGISTERS[text] for text in operands)
            return encode(instruction, rd=rd, rs1=rs1, rs2=rs2)
        case Format.B:
            return encode(
                instruction, rs1=_REGISTERS[operands[0]], rs2=_REGISTERS[operands[1]], immediate=target(operands[2])
            )
        case Format.J:
            return encode(instruction, rd=_REGISTERS[operands[0]], immediate=target(operands[1]))
        case Format.U:
            return encode(instruction, rd=_REGISTERS[operands[0]], immediate=to_signed(int(operands[1], 0) << 12, 32))
        case Format.FENCE | Format.SYSTEM:
            if operands:
                raise ValueError("no operands expected")
            return encode(instruction)
    rd, rs1 = _REGISTERS[operands[0]], _REGISTERS[operands[1]]
    return encode(instruction, rd=rd, rs1=rs1, immediate=int(operands[2], 0))


def assemble(source: str, base: int = 0) -> tuple[list[int], dict[str, int]]:
    """Assembles `source` for the address `base`.

    Returns:
        The words, and the address of every label.

    Raises:
        InputError: MALFORMED, with the line.
    """
    labels: dict[str, int] = {}
    lines: list[tuple[int, str]] = []
    for number, text in _lines(source):
        if text.endswith(":"):
            labels[text[:-1]] = base + INSTRUCTION_BYTES * len(lines)
        else:
            lines.append((number, text))
    words = []
    for index, (number, text) in enumerate(lines):
        name, _, rest = text.partition(" ")
        try:
            if name == ".word":
                words.append(int(rest, 0) & 0xFFFF_FFFF)
                continue
            operands = [part.strip() for part in rest.split(",")] if rest else []
            words.append(_instruction_word(BY_NAME[name], operands, base + INSTRUCTION_BYTES * index, labels))
        except (KeyError, ValueError, IndexError) as error:
            raise InputError(
                f"line {number}: {text!r} cannot be assembled ({error})", reason=Reason.MALFORMED, line=number
            ) from error
    return words, labels

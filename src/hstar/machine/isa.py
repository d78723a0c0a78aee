"""RV64IM with Zicclsm as one table: encoding, operands and meaning of every instruction.

The decoder, the disassembler, the assembler, the reference machine, the opcode numbers of the native executor, the
generated tests and docs/isa.md are all derived from `INSTRUCTIONS`. Section numbers in the table are those of the
RISC-V Unprivileged ISA manual, version 20240411 (RV32I is chapter 2, RV64I chapter 4, M chapter 13).

Registers hold integers in [0, 2^64). Semantics take and return such integers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

NUM_REGISTERS = 32
WORD_BITS = 64
MASK = 2**64 - 1
INSTRUCTION_BYTES = 4
UNIMP = 0  # opcode number of a word that is no RV64IM instruction; it traps when executed
REGISTER_NAMES = (
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
)  # fmt: skip


def to_signed(value: int, bits: int = WORD_BITS) -> int:
    """The low `bits` of `value` as a two's-complement integer."""
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def sign_extend(value: int, bits: int) -> int:
    """The low `bits` of `value`, sign-extended to a 64-bit register."""
    return to_signed(value, bits) & MASK


class Format(StrEnum):
    """How operands are laid out in the word. The two shift formats are I with a narrower immediate."""

    R = "R"
    I = "I"  # noqa: E741  the manual's name
    SHIFT = "I-shift"
    SHIFT_WORD = "I-shift-word"
    S = "S"
    B = "B"
    U = "U"
    J = "J"
    FENCE = "fence"
    SYSTEM = "system"


class Kind(StrEnum):
    """What an instruction does to the machine besides pc + 4."""

    COMPUTE = "compute"  # rd = compute(first, second)
    LOAD = "load"  # rd = extend(memory[rs1 + immediate])
    STORE = "store"  # memory[rs1 + immediate] = rs2
    BRANCH = "branch"  # if compute(rs1, rs2): pc = pc + immediate
    JUMP = "jump"  # rd = pc + 4; pc = target
    FENCE = "fence"  # nothing: one hart, no devices
    SYSTEM = "system"  # ecall, ebreak


class Family(StrEnum):
    """Groups of instructions that share a circuit; the cost model has one weight each."""

    ADD = "add"
    UPPER = "upper"
    BITWISE = "bitwise"
    SHIFT = "shift"
    COMPARE = "compare"
    LOAD = "load"
    STORE = "store"
    BRANCH = "branch"
    JUMP = "jump"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    FENCE = "fence"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Layout:
    """Fixed bits and operands of a format.

    `immediate` lists (high bit, low bit, position in the immediate) of its slices in the word.
    """

    fixed: int
    operands: tuple[str, ...]
    immediate: tuple[tuple[int, int, int], ...] = ()
    immediate_bits: int = 0
    immediate_signed: bool = True


_OPCODE, _FUNCT3, _FUNCT6, _FUNCT7 = 0x7F, 0x7 << 12, 0x3F << 26, 0x7F << 25
LAYOUTS: dict[Format, Layout] = {
    Format.R: Layout(_OPCODE | _FUNCT3 | _FUNCT7, ("rd", "rs1", "rs2")),
    Format.I: Layout(_OPCODE | _FUNCT3, ("rd", "rs1"), ((31, 20, 0),), 12),
    Format.SHIFT: Layout(_OPCODE | _FUNCT3 | _FUNCT6, ("rd", "rs1"), ((25, 20, 0),), 6, False),
    Format.SHIFT_WORD: Layout(_OPCODE | _FUNCT3 | _FUNCT7, ("rd", "rs1"), ((24, 20, 0),), 5, False),
    Format.S: Layout(_OPCODE | _FUNCT3, ("rs1", "rs2"), ((31, 25, 5), (11, 7, 0)), 12),
    Format.B: Layout(_OPCODE | _FUNCT3, ("rs1", "rs2"), ((31, 31, 12), (30, 25, 5), (11, 8, 1), (7, 7, 11)), 13),
    Format.U: Layout(_OPCODE, ("rd",), ((31, 12, 12),), 32),
    Format.J: Layout(_OPCODE, ("rd",), ((31, 31, 20), (30, 21, 1), (20, 20, 11), (19, 12, 12)), 21),
    Format.FENCE: Layout(_OPCODE | _FUNCT3, ()),
    Format.SYSTEM: Layout(2**32 - 1, ()),
}
FIELD_SHIFTS = {"rd": 7, "rs1": 15, "rs2": 20}


@dataclass(frozen=True)
class Instruction:
    """One row of the table.

    Args:
        number: opcode number of decoded programs, from 1; the native executor uses the same.
        fixed: value of the word's fixed bits (`LAYOUTS[format].fixed` says which they are).
        compute: the result, or for branches whether it is taken, from the two operands.
        memory_bytes, memory_signed: width of a load or store, and whether a load sign-extends.
        meaning: the semantics for people; section: the clause of the manual.
    """

    number: int
    name: str
    format: Format
    fixed: int
    kind: Kind
    family: Family
    meaning: str
    section: str
    compute: Callable[[int, int], int] | None = None
    memory_bytes: int = 0
    memory_signed: bool = False

    @cached_property
    def layout(self) -> Layout:
        """Where the operands stand."""
        return LAYOUTS[self.format]

    @property
    def ends_block(self) -> bool:
        """Whether the next instruction may stand elsewhere; such an instruction ends a straight run of code."""
        return self.kind in (Kind.BRANCH, Kind.JUMP, Kind.SYSTEM)


def _divide(a: int, b: int, bits: int) -> int:
    x, y = to_signed(a, bits), to_signed(b, bits)
    if y == 0:
        return -1
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def _remainder(a: int, b: int, bits: int) -> int:
    x, y = to_signed(a, bits), to_signed(b, bits)
    if y == 0:
        return x
    return abs(x) % abs(y) if x >= 0 else -(abs(x) % abs(y))


def _low(value: int) -> int:
    return value & 0xFFFF_FFFF


def _sra(a: int, b: int) -> int:
    return to_signed(a) >> (b & 63)


def _sllw(a: int, b: int) -> int:
    return to_signed(a << (b & 31), 32)


def _srlw(a: int, b: int) -> int:
    return to_signed(_low(a) >> (b & 31), 32)


def _sraw(a: int, b: int) -> int:
    return to_signed(a, 32) >> (b & 31)


def _addw(a: int, b: int) -> int:
    return to_signed(a + b, 32)


def _less_signed(a: int, b: int) -> int:
    return int(to_signed(a) < to_signed(b))


def _less_unsigned(a: int, b: int) -> int:
    return int(a < b)


def _divide_unsigned(a: int, b: int) -> int:
    return a // b if b else MASK


def _remainder_unsigned(a: int, b: int) -> int:
    return a % b if b else a


# name, funct3, funct7, family, meaning, compute. Results are reduced mod 2^64 by the machine.
_Row = tuple[str, int, int, Family, str, Callable[[int, int], int]]
_REGISTER: tuple[_Row, ...] = (
    ("add", 0, 0x00, Family.ADD, "rs1 + rs2", lambda a, b: a + b),
    ("sub", 0, 0x20, Family.ADD, "rs1 - rs2", lambda a, b: a - b),
    ("sll", 1, 0x00, Family.SHIFT, "rs1 << (rs2 mod 64)", lambda a, b: a << (b & 63)),
    ("slt", 2, 0x00, Family.COMPARE, "1 if rs1 < rs2 (signed) else 0", _less_signed),
    ("sltu", 3, 0x00, Family.COMPARE, "1 if rs1 < rs2 (unsigned) else 0", _less_unsigned),
    ("xor", 4, 0x00, Family.BITWISE, "rs1 ^ rs2", lambda a, b: a ^ b),
    ("srl", 5, 0x00, Family.SHIFT, "rs1 >> (rs2 mod 64), zeros enter", lambda a, b: a >> (b & 63)),
    ("sra", 5, 0x20, Family.SHIFT, "rs1 >> (rs2 mod 64), the sign enters", _sra),
    ("or", 6, 0x00, Family.BITWISE, "rs1 | rs2", lambda a, b: a | b),
    ("and", 7, 0x00, Family.BITWISE, "rs1 & rs2", lambda a, b: a & b),
)
_REGISTER_WORD: tuple[_Row, ...] = (
    ("addw", 0, 0x00, Family.ADD, "sext32(rs1 + rs2)", _addw),
    ("subw", 0, 0x20, Family.ADD, "sext32(rs1 - rs2)", lambda a, b: to_signed(a - b, 32)),
    ("sllw", 1, 0x00, Family.SHIFT, "sext32(rs1 << (rs2 mod 32))", _sllw),
    ("srlw", 5, 0x00, Family.SHIFT, "sext32(low32(rs1) >> (rs2 mod 32)), zeros enter", _srlw),
    ("sraw", 5, 0x20, Family.SHIFT, "sext32(low32(rs1) >> (rs2 mod 32)), the sign enters", _sraw),
)
_MULTIPLY: tuple[_Row, ...] = (
    ("mul", 0, 0x01, Family.MULTIPLY, "low 64 bits of rs1 * rs2", lambda a, b: a * b),
    ("mulh", 1, 0x01, Family.MULTIPLY, "high 64 bits, both signed", lambda a, b: (to_signed(a) * to_signed(b)) >> 64),
    ("mulhsu", 2, 0x01, Family.MULTIPLY, "high 64 bits, rs1 signed", lambda a, b: (to_signed(a) * b) >> 64),
    ("mulhu", 3, 0x01, Family.MULTIPLY, "high 64 bits, both unsigned", lambda a, b: (a * b) >> 64),
    ("div", 4, 0x01, Family.DIVIDE, "rs1 / rs2 towards zero; -1 if rs2 = 0", lambda a, b: _divide(a, b, 64)),
    ("divu", 5, 0x01, Family.DIVIDE, "rs1 / rs2 unsigned; 2^64 - 1 if rs2 = 0", _divide_unsigned),
    ("rem", 6, 0x01, Family.DIVIDE, "sign of rs1; rs1 if rs2 = 0", lambda a, b: _remainder(a, b, 64)),
    ("remu", 7, 0x01, Family.DIVIDE, "rs1 mod rs2 unsigned; rs1 if rs2 = 0", _remainder_unsigned),
)
_MULTIPLY_WORD: tuple[_Row, ...] = (
    ("mulw", 0, 0x01, Family.MULTIPLY, "sext32(rs1 * rs2)", lambda a, b: to_signed(a * b, 32)),
    ("divw", 4, 0x01, Family.DIVIDE, "as div on the low 32 bits", lambda a, b: to_signed(_divide(a, b, 32), 32)),
    ("divuw", 5, 0x01, Family.DIVIDE, "as divu on the low 32 bits",
     lambda a, b: to_signed(_divide_unsigned(_low(a), _low(b)), 32)),
    ("remw", 6, 0x01, Family.DIVIDE, "as rem on the low 32 bits", lambda a, b: _remainder(a, b, 32)),
    ("remuw", 7, 0x01, Family.DIVIDE, "as remu on the low 32 bits",
     lambda a, b: to_signed(_remainder_unsigned(_low(a), _low(b)), 32)),
)  # fmt: skip
# Immediate forms: name, of which register form, format.
_IMMEDIATE = (
    ("addi", "add", Format.I), ("slti", "slt", Format.I), ("sltiu", "sltu", Format.I), ("xori", "xor", Format.I),
    ("ori", "or", Format.I), ("andi", "and", Format.I), ("slli", "sll", Format.SHIFT), ("srli", "srl", Format.SHIFT),
    ("srai", "sra", Format.SHIFT), ("addiw", "addw", Format.I), ("slliw", "sllw", Format.SHIFT_WORD),
    ("srliw", "srlw", Format.SHIFT_WORD), ("sraiw", "sraw", Format.SHIFT_WORD),
)  # fmt: skip
_BRANCHES: tuple[tuple[str, int, str, Callable[[int, int], int]], ...] = (
    ("beq", 0, "rs1 = rs2", lambda a, b: int(a == b)),
    ("bne", 1, "rs1 != rs2", lambda a, b: int(a != b)),
    ("blt", 4, "rs1 < rs2 (signed)", _less_signed),
    ("bge", 5, "rs1 >= rs2 (signed)", lambda a, b: 1 - _less_signed(a, b)),
    ("bltu", 6, "rs1 < rs2 (unsigned)", _less_unsigned),
    ("bgeu", 7, "rs1 >= rs2 (unsigned)", lambda a, b: 1 - _less_unsigned(a, b)),
)
_LOADS = (("lb", 0, 1), ("lh", 1, 2), ("lw", 2, 4), ("ld", 3, 8), ("lbu", 4, 1), ("lhu", 5, 2), ("lwu", 6, 4))
_STORES = (("sb", 0, 1), ("sh", 1, 2), ("sw", 2, 4), ("sd", 3, 8))


class _Builder:
    """Numbers rows in the order in which they are added; the order is part of the native executor's interface."""

    def __init__(self) -> None:
        self.rows: list[Instruction] = []

    def add(
        self, name: str, format_: Format, fixed: int, kind: Kind, family: Family, meaning: str, section: str,
        compute: Callable[[int, int], int] | None = None, memory: tuple[int, bool] = (0, False),
    ) -> None:  # fmt: skip
        number = len(self.rows) + 1
        self.rows.append(
            Instruction(number, name, format_, fixed, kind, family, meaning, section, compute, memory[0], memory[1])
        )

    def add_register(self, rows: tuple[_Row, ...], opcode: int, section: str) -> None:
        for name, funct3, funct7, family, meaning, compute in rows:
            fixed = opcode | funct3 << 12 | funct7 << 25
            self.add(name, Format.R, fixed, Kind.COMPUTE, family, f"rd = {meaning}", section, compute)


def _add_immediates(table: _Builder) -> None:
    by_name = {row[0]: row for row in (*_REGISTER, *_REGISTER_WORD)}
    for name, of, format_ in _IMMEDIATE:
        _, funct3, funct7, family, meaning, compute = by_name[of]
        word = of.endswith("w")
        fixed = (0x1B if word else 0x13) | funct3 << 12 | (0 if format_ is Format.I else funct7 << 25)
        meaning = meaning.replace("(rs2 mod 64)", "imm").replace("(rs2 mod 32)", "imm").replace("rs2", "imm")
        table.add(name, format_, fixed, Kind.COMPUTE, family, f"rd = {meaning}", "4.2" if word else "2.4", compute)


def _add_memory(table: _Builder) -> None:
    for name, funct3, width in _LOADS:
        signed = not name.endswith("u")
        kind = f"{'sext' if signed else 'zext'}{8 * width}" if width < WORD_BITS // 8 else ""
        meaning = f"rd = {kind}(memory[rs1 + imm])" if kind else "rd = memory[rs1 + imm]"
        section = "4.3" if name in ("ld", "lwu") else "2.6"
        table.add(name, Format.I, 0x03 | funct3 << 12, Kind.LOAD, Family.LOAD, meaning, section, None, (width, signed))
    for name, funct3, width in _STORES:
        meaning = f"memory[rs1 + imm] = low {width} bytes of rs2"
        section = "4.3" if name == "sd" else "2.6"
        table.add(name, Format.S, 0x23 | funct3 << 12, Kind.STORE, Family.STORE, meaning, section, None, (width, False))


def _build() -> tuple[Instruction, ...]:
    table = _Builder()
    table.add("lui", Format.U, 0x37, Kind.COMPUTE, Family.UPPER, "rd = sext32(imm)", "2.4", lambda _pc, b: b)
    table.add("auipc", Format.U, 0x17, Kind.COMPUTE, Family.UPPER, "rd = pc + imm", "2.4", lambda pc, b: pc + b)
    table.add("jal", Format.J, 0x6F, Kind.JUMP, Family.JUMP, "rd = pc + 4; pc = pc + imm", "2.5")
    table.add("jalr", Format.I, 0x67, Kind.JUMP, Family.JUMP, "rd = pc + 4; pc = (rs1 + imm) with bit 0 cleared", "2.5")
    for name, funct3, meaning, compute in _BRANCHES:
        text = f"if {meaning}: pc = pc + imm"
        table.add(name, Format.B, 0x63 | funct3 << 12, Kind.BRANCH, Family.BRANCH, text, "2.5", compute)
    _add_memory(table)
    _add_immediates(table)
    table.add_register(_REGISTER, 0x33, "2.4")
    table.add_register(_REGISTER_WORD, 0x3B, "4.2")
    table.add_register(_MULTIPLY, 0x33, "13.1, 13.2")
    table.add_register(_MULTIPLY_WORD, 0x3B, "13.1, 13.2")
    table.add("fence", Format.FENCE, 0x0F, Kind.FENCE, Family.FENCE, "nothing: one hart, no devices", "2.7")
    table.add("ecall", Format.SYSTEM, 0x00000073, Kind.SYSTEM, Family.SYSTEM, "system call a7; see machine.md", "2.8")
    table.add("ebreak", Format.SYSTEM, 0x00100073, Kind.SYSTEM, Family.SYSTEM, "traps", "2.8")
    return tuple(table.rows)


INSTRUCTIONS = _build()
BY_NAME = {instruction.name: instruction for instruction in INSTRUCTIONS}
BY_NUMBER: tuple[Instruction | None, ...] = (None, *INSTRUCTIONS)
NUM_OPCODES = len(BY_NUMBER)

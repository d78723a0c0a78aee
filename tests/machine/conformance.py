"""One program for each name of the RISC-V architectural test list for rv64im-zicclsm, built from the instruction table.

Each program computes into a result area and ends; the area is what is compared. `points` lists what it covers.
"""

import random
from dataclasses import dataclass, field

from hstar.machine.isa import BY_NAME, REGISTER_NAMES, Family, Format, Kind
from hstar.machine.layout import PROGRAM_START

OPERANDS = PROGRAM_START + 0x10_0000
RESULTS = PROGRAM_START + 0x12_0000
RESULT_BYTES = 0x8000
# write(1, RESULTS, RESULT_BYTES): how the area leaves qemu, whose Linux has the call; this machine has no such call.
WRITE = f"li a7, 64\nli a0, 1\nli a1, {RESULTS}\nli a2, {RESULT_BYTES}\necall\n"

EDGES = [
    0, 1, 2, 3, 4, 7, 31, 32, 33, 63, 64, 65, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1, 2**32, 2**63 - 1, 2**63,
    2**63 + 1, 2**64 - 1, 2**64 - 2, 2**64 - 2**31, 2**64 - 2**31 - 1, 0x5555555555555555, 0xAAAAAAAAAAAAAAAA,
]  # fmt: skip
IMMEDIATES = [-2048, -2047, -1366, -1025, -256, -2, -1, 0, 1, 2, 3, 255, 256, 1023, 1365, 2046, 2047]
UPPER_IMMEDIATES = [0, 1, 2, 0x7FFFF, 0x80000, 0x80001, 0xFFFFF, 0x55555, 0xAAAAA, 0x12345]

_BASE = (
    "add addi addiw addw and andi auipc beq bge bgeu blt bltu bne fence jal jalr lb lbu ld lh lhu lui lw lwu nop or "
    "ori sb sd sh sll slli slliw sllw slt slti sltiu sltu sra srai sraiw sraw srl srli srliw srlw sub subw sw xor xori"
)
_MULTIPLY = "div divu divuw divw mul mulh mulhsu mulhu mulw rem remu remuw remw"
_MISALIGNED = "lh lhu lw lwu ld sh sw sd"
NAMES = [
    f"{group}-{name}-00"
    for group, names in (("I", _BASE), ("M", _MULTIPLY), ("Misalign", _MISALIGNED))
    for name in names.split(" ")
]


@dataclass
class Conformance:
    """Assembler text (without the ending), operand bytes, covered points."""

    name: str
    lines: list[str] = field(default_factory=list)
    data: bytes = b""
    points: list[str] = field(default_factory=list)
    labels: int = 0
    stored: int = 0

    def label(self):
        self.labels += 1
        return f"L{self.labels}"

    def keep(self, register, pointer):
        """Stores a register to the next result slot; clobbers `pointer`."""
        self.lines += [f"li {pointer}, {RESULTS + self.stored}", f"sd {register}, 0({pointer})"]
        self.stored += 8
        assert self.stored <= RESULT_BYTES


def _free(*used):
    return next(name for name in ("t6", "t5", "t4", "t3", "a0", "a1") if name not in used)


def _random_values(name, count):
    generator = random.Random(name)
    return [generator.getrandbits(64) for _ in range(count)]


def _loop_over_pairs(test, body):
    """All pairs of edge operands: a in t0, b in t1, `body` leaves the result in t2."""
    values = EDGES + _random_values(test.name, 4)
    test.data = b"".join(value.to_bytes(8, "little") for value in values)
    count = len(values)
    outer, inner = test.label(), test.label()
    test.lines += [
        f"li s0, {OPERANDS}", f"li s1, {RESULTS + test.stored}", f"li s2, {OPERANDS + 8 * count}",
        f"{outer}:", f"li s3, {OPERANDS}", "ld t0, 0(s0)",
        f"{inner}:", "ld t1, 0(s3)", *body, "sd t2, 0(s1)", "addi s1, s1, 8", "addi s3, s3, 8",
        f"bne s3, s2, {inner}", "addi s0, s0, 8", f"bne s0, s2, {outer}",
    ]  # fmt: skip
    test.stored += 8 * count * count
    test.points.append(f"operands: all {count * count} pairs of {len(EDGES)} edge values and 4 random ones")


def _register_cases(test, name, operand_count):
    """Every register in every place, x0 included, and equal registers."""
    registers = REGISTER_NAMES
    cases = [(registers[i], registers[(i * 7 + 3) % 32], registers[(i * 11 + 5) % 32]) for i in range(32)]
    cases += [("t0", "t0", "t1"), ("t1", "t0", "t1"), ("t0", "t0", "t0"), ("zero", "t0", "t1"), ("t2", "zero", "zero")]
    for index, (rd, rs1, rs2) in enumerate(cases):
        pointer = _free(rd, rs1, rs2)
        values = _random_values(f"{test.name}{index}", 2)
        lines = [f"li {rs1}, {values[0]}"] if rs1 != "zero" else []
        if operand_count == 2:
            lines += [f"li {rs2}, {values[1]}"] if rs2 not in ("zero", rs1) else []
            test.lines += [*lines, f"{name} {rd}, {rs1}, {rs2}"]
        else:
            test.lines += [*lines, f"{name} {rd}, {rs1}, {index % 32}"]
        test.keep(rd, pointer)
    test.points.append("registers: each of x0..x31 as rd, rs1 and rs2; rd = rs1, rd = rs2, rs1 = rs2, all equal")


def _compute(test, row):
    if row.format is Format.R:
        _loop_over_pairs(test, [f"{row.name} t2, t0, t1"])
        if row.family in (Family.DIVIDE,):
            test.points.append("division by zero, overflow -2^63 / -1 and -2^31 / -1, signs of quotient and remainder")
        if row.family is Family.SHIFT:
            test.points.append("shift amounts at, below and above the width")
        _register_cases(test, row.name, 2)
        return
    wide = {Format.SHIFT: range(64), Format.SHIFT_WORD: range(32)}.get(row.format, IMMEDIATES)
    values = EDGES[:8] + EDGES[12:] if row.format is Format.I else EDGES[12:]
    test.data = b"".join(value.to_bytes(8, "little") for value in values)
    loop = test.label()
    count = len(wide)
    test.lines += [f"li s0, {OPERANDS}", f"li s1, {RESULTS}", f"li s2, {OPERANDS + 8 * len(values)}", f"{loop}:"]
    test.lines += ["ld t0, 0(s0)"]
    for index, immediate in enumerate(wide):
        test.lines += [f"{row.name} t2, t0, {immediate}", f"sd t2, {8 * index}(s1)"]
    test.lines += [f"addi s1, s1, {8 * count}", "addi s0, s0, 8", f"bne s0, s2, {loop}"]
    test.stored = 8 * count * len(values)
    test.points.append(f"immediates: {min(wide)} .. {max(wide)}, {count} of them, on {len(values)} edge values")
    _register_cases(test, row.name, 1)


def _upper(test, row):
    for index, immediate in enumerate(UPPER_IMMEDIATES + list(range(7, 7 + 32 * 97, 97))):
        rd = REGISTER_NAMES[index % 32]
        test.lines.append(f"{row.name} {rd}, {immediate:#x}")
        test.keep(rd, _free(rd))
    test.points += ["immediates: 0, 1, sign bit alone, all ones, alternating bits", "registers: each as rd, x0 ignored"]


def _branch(test, row):
    taken = test.label()
    body = ["addi t2, zero, 1", f"{row.name} t0, t1, {taken}", "addi t2, zero, 0", f"{taken}:"]
    # Labels are unique in a loop body because the loop is emitted once.
    _loop_over_pairs(test, body)
    a, b = {"beq": (5, 5), "bne": (5, 6), "blt": (5, 6), "bge": (6, 5), "bltu": (5, 6), "bgeu": (6, 5)}[row.name]
    far, back, end = test.label(), test.label(), test.label()
    test.lines += [f"li t0, {a}", f"li t1, {b}", "addi t2, zero, 0", f"{row.name} t0, t1, {far}"]
    test.lines += [f"{back}:", "addi t2, t2, 1", f"j {end}"] + ["nop"] * 1020 + [f"{far}:", "addi t2, t2, 2"]
    test.lines += [f"{row.name} t0, t1, {back}", "addi t2, t2, 4", f"{end}:"]
    test.keep("t2", "t3")
    test.points += ["taken and not taken", "distances: forward and backward by 4,092 bytes and more"]


def _jump(test, row):
    for index in range(32):
        rd, label = REGISTER_NAMES[index], test.label()
        if row.name == "jal":
            test.lines += [f"jal {rd}, {label}", "ebreak", f"{label}:"]
        else:
            base = "t0" if rd != "t0" else "t1"
            base = rd if index % 5 == 1 else base
            offset = IMMEDIATES[index % len(IMMEDIATES)]
            test.lines += [f"auipc {base}, 0x0", f"addi {base}, {base}, 20", f"addi {base}, {base}, {-offset // 2}"]
            test.lines += [f"addi {base}, {base}, {-offset - (-offset // 2)}", f"jalr {rd}, {offset}({base})"]
        test.keep(rd, _free(rd))
    if row.name == "jalr":
        test.lines += ["auipc t0, 0x0", "jalr t1, 13(t0)", "ebreak"]
        test.keep("t1", "t2")
        test.points.append("offsets: -2048 .. 2047; bit 0 of the target is cleared; rd = rs1")
    else:
        back, over, end = test.label(), test.label(), test.label()
        test.lines += [f"jal t0, {over}", f"{back}:", f"jal t2, {end}"] + ["nop"] * 4000
        test.lines += [f"{over}:", f"jal t1, {back}", "ebreak", f"{end}:"]
        for register in ("t0", "t1", "t2"):
            test.keep(register, "t3")
        test.points.append("distances: forward and backward by 16,000 bytes")
    test.points.append("registers: each as rd, x0 ignored; the link is the next instruction")


def _pattern(length):
    return bytes((37 * index + 128 + index // 7) % 256 for index in range(length))


def _load(test, row, misaligned):
    test.data = bytes(4096 - 64) + _pattern(4096)
    base = OPERANDS + 4096 - 64
    width = row.memory_bytes
    for offset in range(80 - width):  # across the page boundary at offset 64
        if bool(offset % width) == misaligned:
            test.lines += [f"li t0, {base}", f"{row.name} t2, {offset}(t0)"]
            test.keep("t2", "t3")
    for immediate in IMMEDIATES:
        address = (OPERANDS + 4096 + 2048) // 8 * 8 + (1 if misaligned else 0)
        test.lines += [f"li t0, {address - immediate}", f"{row.name} t2, {immediate}(t0)"]
        test.keep("t2", "t3")
    if not misaligned:
        for index, rd in enumerate(REGISTER_NAMES):
            rs1 = rd if index % 3 == 1 else REGISTER_NAMES[index * 7 % 31 + 1]
            test.lines += [f"li {rs1}, {base + 8 * index}", f"{row.name} {rd}, 0({rs1})"]
            test.keep(rd, _free(rd, rs1))
        test.points.append("registers: each as rd and rs1; rd = rs1; x0 ignored")
    _memory_points(test, misaligned, width)


def _memory_points(test, misaligned, width):
    which = "every misaligned" if misaligned else "every aligned"
    test.points += [
        f"addresses: {which} offset over 80 bytes of mixed bytes (both signs), across doublewords and a page boundary",
        f"offsets: {len(IMMEDIATES)} immediates from -2048 to 2047",
        f"width: {width} bytes",
    ]


def _store(test, row, misaligned):
    width = row.memory_bytes
    zone = 0
    for offset in range(32):
        if bool(offset % width) == misaligned:
            value = _random_values(f"{test.name}{offset}", 1)[0]
            test.lines += [f"li t0, {RESULTS + zone}", f"li t1, {value}", f"{row.name} t1, {offset}(t0)"]
            zone += 48
    page = RESULTS + 0x4000  # the page boundary inside the result area
    for offset in range(-16, 16):
        if bool(offset % width) == misaligned:
            test.lines += [
                f"li t0, {page + 64 * (offset + 16)}",
                f"addi t1, t0, {offset}",
                f"{row.name} t1, {offset}(t0)",
            ]
    for index, immediate in enumerate(IMMEDIATES):
        address = RESULTS + 0x5000 + 16 * index + (1 if misaligned else 0)
        test.lines += [
            f"li t0, {address - immediate}",
            "li t1, -2401053089206453571",
            f"{row.name} t1, {immediate}(t0)",
        ]
    if not misaligned:
        for index, rs2 in enumerate(REGISTER_NAMES):
            rs1 = rs2 if index % 3 == 1 else REGISTER_NAMES[index * 7 % 31 + 1]
            test.lines += [f"li {rs2}, {_random_values(rs2, 1)[0]}"] if index else []
            test.lines += [f"li {rs1}, {RESULTS + 0x6000 + 8 * index}", f"{row.name} {rs2}, 0({rs1})"]
        test.points.append("registers: each as rs1 and rs2; rs1 = rs2; x0 stores 0")
    _memory_points(test, misaligned, width)


def _fence(test):
    test.lines += ["li t0, 7"]
    for fields in (0x0FF, 0x0F0, 0x00F, 0x833, 0x010, 0x000, 0x111, 0x8FF):
        test.lines += [f".word {0x0F | fields << 20:#x}", "addi t0, t0, 1"]
    test.keep("t0", "t1")
    test.points += ["predecessor and successor sets, fence.tso, pause; nothing but pc changes"]


def build(name):
    """The program of one name of the list."""
    test = Conformance(name)
    kind, instruction, _ = name.split("-")
    if instruction == "nop":
        test.lines += ["li t0, 3", "nop", "nop", "addi t0, t0, 1", "nop"]
        test.keep("t0", "t1")
        test.keep("zero", "t1")
        test.points += ["x0 stays 0; registers and memory keep their values"]
        return test
    if instruction == "fence":
        _fence(test)
        return test
    row = BY_NAME[instruction]
    match row.kind:
        case Kind.COMPUTE if row.format is Format.U:
            _upper(test, row)
        case Kind.COMPUTE:
            _compute(test, row)
        case Kind.BRANCH:
            _branch(test, row)
        case Kind.JUMP:
            _jump(test, row)
        case Kind.LOAD:
            _load(test, row, kind == "Misalign")
        case _:
            _store(test, row, kind == "Misalign")
    assert test.stored <= RESULT_BYTES
    return test

"""Random programs that end: straight code, forward branches, bounded loops, calls, memory inside a window."""

import random

from hstar.machine.isa import INSTRUCTIONS, REGISTER_NAMES, Family, Format, Kind
from machine.support import DATA

_COMPUTE = [row for row in INSTRUCTIONS if row.kind is Kind.COMPUTE]
_MEMORY = [row for row in INSTRUCTIONS if row.kind in (Kind.LOAD, Kind.STORE)]
_BRANCHES = [row for row in INSTRUCTIONS if row.family is Family.BRANCH]
# s10 holds the window's address, s11 the loop counter, ra the link: the random code leaves them alone.
_WRITABLE = [name for name in REGISTER_NAMES if name not in ("s10", "s11", "ra")]


def _compute(generator):
    row = generator.choice(_COMPUTE)
    rd, rs1, rs2 = generator.choice(_WRITABLE), generator.choice(REGISTER_NAMES), generator.choice(REGISTER_NAMES)
    match row.format:
        case Format.R:
            return f"{row.name} {rd}, {rs1}, {rs2}"
        case Format.U:
            return f"{row.name} {rd}, {generator.randrange(2**20):#x}"
        case Format.I:
            return f"{row.name} {rd}, {rs1}, {generator.randrange(-2048, 2048)}"
    return f"{row.name} {rd}, {rs1}, {generator.randrange(32)}"


def _memory(generator):
    row = generator.choice(_MEMORY)
    return f"{row.name} {generator.choice(_WRITABLE)}, {generator.randrange(-1024, 1024)}(s10)"


def _body(generator, length, prefix):
    lines, pending = [], []
    for index in range(length):
        while pending and pending[0][0] <= index:
            lines.append(f"{pending.pop(0)[1]}:")
        kind = generator.random()
        if kind < 0.55:
            lines.append(_compute(generator))
        elif kind < 0.85:
            lines.append(_memory(generator))
        else:
            label = f"{prefix}{index}"
            pending = sorted([*pending, (index + generator.randrange(1, 8), label)])
            a, b = generator.choice(REGISTER_NAMES), generator.choice(REGISTER_NAMES)
            lines.append(f"{generator.choice(_BRANCHES).name} {a}, {b}, {label}")
    return lines + [f"{label}:" for _, label in pending]


def random_program(seed, length=60, loops=3, rounds=6):
    """Assembler text without an ending; stores stay within 1 KiB around DATA + 2048."""
    generator = random.Random(seed)
    lines = ["li s10, " + str(DATA + 2048)]
    values = [generator.choice([generator.getrandbits(64), generator.randrange(8), 2**63]) for _ in _WRITABLE[1:]]
    lines += [f"li {name}, {value}" for name, value in zip(_WRITABLE[1:], values, strict=True)]
    for loop in range(loops):
        lines += [f"addi s11, zero, {rounds}", f"loop{loop}:", *_body(generator, length, f"l{loop}_")]
        lines += [f"call function{loop}", "addi s11, s11, -1", f"bne s11, zero, loop{loop}"]
    lines.append("j end")
    for loop in range(loops):
        lines += [f"function{loop}:", *_body(generator, length // 4, f"f{loop}_"), "ret"]
    return "\n".join([*lines, "end:"]) + "\n"

"""Files generated from the instruction table; `tools/generate_isa.py` writes them and a test compares them."""

from __future__ import annotations

from collections.abc import Iterable

from hstar.machine.isa import INSTRUCTIONS, LAYOUTS, Format, Kind
from hstar.machine.segments import register_masks


def _rust_table(lines: Iterable[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def rust_opcodes() -> str:
    """`rust/hstar-executor/src/opcodes.rs`."""
    masks, _ = register_masks()
    names = ["unimp"] + [row.name for row in INSTRUCTIONS]
    constants = "".join(
        f"/// {row.meaning}.\npub const {row.name.upper()}: u8 = {row.number};\n" for row in INSTRUCTIONS
    )
    return (
        "//! Opcode numbers, generated from `hstar.machine.isa` by `tools/generate_isa.py`; do not edit.\n\n"
        f"{constants}\n"
        "/// Names by number; 0 is a word that is no instruction.\n"
        f"#[rustfmt::skip]\npub const NAMES: [&str; {len(names)}] = [\n"
        + _rust_table(f'"{name}",' for name in names)
        + "];\n\n"
        "/// Operands by number: bit 0 rd, bit 1 rs1, bit 2 rs2.\n"
        f"#[rustfmt::skip]\npub const OPERANDS: [u8; {len(names)}] = [\n"
        + _rust_table(f"{mask}, // {name}" for mask, name in zip(masks.tolist(), names, strict=True))
        + "];\n"
    )


def _encoding_text(format_: Format) -> str:
    layout = LAYOUTS[format_]
    slices = [
        f"imm[{position + high - low}:{position}] in bits {high}:{low}" for high, low, position in layout.immediate
    ]
    sign = "signed" if layout.immediate_signed else "unsigned"
    immediate = f"{layout.immediate_bits}-bit {sign} immediate: {', '.join(slices)}" if slices else "no immediate"
    return f"| {format_.value} | `{layout.fixed:#010x}` | {', '.join(layout.operands) or 'none'} | {immediate} |"


def isa_document() -> str:
    """docs/isa.md."""
    lines = [
        "# Instruction set",
        "",
        "Generated from `src/hstar/machine/isa.py` by `tools/generate_isa.py`; do not edit. What happens around single",
        "instructions (loading, memory, system calls, segments) is in [machine.md](machine.md).",
        "",
        "A word is an instruction when its fixed bits equal the pattern of a row. Every other word traps when it is",
        "executed. Section numbers are those of the RISC-V Unprivileged ISA manual, version 20240411.",
        "",
        "| format | fixed bits | registers | immediate |",
        "|---|---|---|---|",
        *(_encoding_text(format_) for format_ in LAYOUTS),
        "",
        "| number | name | format | pattern | family | meaning | section |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in INSTRUCTIONS:
        meaning = row.meaning.replace("|", "\\|")
        pattern = f"`{row.fixed:#010x}`"
        family = row.family.value
        lines.append(
            f"| {row.number} | {row.name} | {row.format.value} | {pattern} | {family} | {meaning} | {row.section} |"
        )
    widths = [row for row in INSTRUCTIONS if row.kind in (Kind.LOAD, Kind.STORE)]
    lines += [
        "",
        f"{len(INSTRUCTIONS)} instructions. The {len(widths)} loads and stores accept every address, aligned or not",
        "(Zicclsm). `sextN` and `zextN` extend the low N bits by their sign or by zeros.",
        "",
    ]
    return "\n".join(lines)

"""Files generated from instruction table and memory layout; `tools/generate_isa.py` writes, a test compares them."""

from __future__ import annotations

from collections.abc import Iterable

from hstar.machine import layout
from hstar.machine.isa import INSTRUCTIONS, LAYOUTS, Format, Kind
from hstar.machine.segments import register_masks
from hstar.machine.syscalls import Syscall


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


def guest_header() -> str:
    """guests/lib/include/hstar_layout.h."""
    constants = {
        "HSTAR_STACK_TOP": layout.STACK_TOP,
        "HSTAR_INPUT_START": layout.INPUT_START,
        "HSTAR_OUTPUT_START": layout.OUTPUT_START,
        "HSTAR_MAX_OUTPUT_BYTES": layout.MAX_OUTPUT_BYTES,
    } | {f"HSTAR_SYSCALL_{call.name}": call.value for call in Syscall}
    lines = "".join(f"#define {name} {value:#x}\n" for name, value in constants.items())
    return (
        "/* Addresses and system calls of the machine, generated from src/hstar/machine by tools/generate_isa.py. */\n"
        f"#ifndef HSTAR_LAYOUT_H\n#define HSTAR_LAYOUT_H\n\n{lines}\n#endif\n"
    )


def linker_script() -> str:
    """guests/lib/link.ld."""
    return f"""/* Memory of a guest, generated from the memory layout by tools/generate_isa.py; do not edit. */
ENTRY(_start)

PHDRS
{{
  text PT_LOAD FLAGS(5);
  rodata PT_LOAD FLAGS(4);
  data PT_LOAD FLAGS(6);
}}

SECTIONS
{{
  _stack_top = {layout.STACK_TOP:#x};
  . = {layout.PROGRAM_START:#x};
  .text : {{ KEEP(*(.text.start)) *(.text .text.*) }} :text
  . = ALIGN({layout.PAGE_BYTES});
  .rodata : {{ *(.rodata .rodata.* .srodata .srodata.*) }} :rodata
  .eh_frame : {{ *(.eh_frame .eh_frame.*) }} :rodata
  .init_array : {{
    _init_array_start = .;
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
    KEEP(*(.init_array))
    _init_array_end = .;
  }} :rodata
  . = ALIGN({layout.PAGE_BYTES});
  .data : {{ *(.data .data.*) . = ALIGN(8); __global_pointer$ = . + 0x800; *(.sdata .sdata.*) }} :data
  .bss : {{ *(.sbss .sbss.*) *(.bss .bss.*) *(COMMON) }} :data
  _heap_start = ALIGN(16);
  _heap_end = {layout.HEAP_END:#x};
  /DISCARD/ : {{ *(.comment) *(.riscv.attributes) *(.note .note.*) }}
}}
"""

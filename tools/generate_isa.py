#!/usr/bin/env python3
"""Writes the files that are generated from the instruction table and the memory layout of src/hstar/machine."""

from __future__ import annotations

from pathlib import Path

from hstar.machine.generate import guest_header, isa_document, linker_script, rust_opcodes

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {
    "docs/isa.md": isa_document,
    "rust/hstar-executor/src/opcodes.rs": rust_opcodes,
    "guests/lib/include/hstar_layout.h": guest_header,
    "guests/lib/link.ld": linker_script,
}


def main() -> None:
    for path, text in GENERATED.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text(), encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()

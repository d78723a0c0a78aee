#!/usr/bin/env python3
"""Writes the files that are generated from the instruction table; run it after changing src/hstar/machine/isa.py."""

from __future__ import annotations

from pathlib import Path

from hstar.machine.generate import isa_document, rust_opcodes

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {"docs/isa.md": isa_document, "rust/hstar-executor/src/opcodes.rs": rust_opcodes}


def main() -> None:
    for path, text in GENERATED.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text(), encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()

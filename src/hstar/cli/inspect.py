"""`hstar inspect`: says what a file is and what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from hstar.cli.inspect_block import describe_block, looks_like_block
from hstar.cli.inspect_proof import describe_proof, describe_transcript
from hstar.cli.inspect_run import describe_final, describe_program_key, describe_run
from hstar.errors import InputError, Reason
from hstar.machine.decode import instruction_name
from hstar.machine.elf import read_elf
from hstar.machine.isa import UNIMP
from hstar.machine.program import MAX_FILE_BYTES, load_program, read_file
from hstar.stark.file import looks_like_proof
from hstar.verifier.file import looks_like_final, looks_like_run
from hstar.verifier.program_key import looks_like_program_key


def describe_elf(data: bytes) -> dict[str, object]:
    """What stands in a guest program."""
    elf, program = read_elf(data), load_program(data)
    counts = np.bincount(program.decoded.opcode)
    used = {instruction_name(int(number)): int(counts[number]) for number in np.argsort(-counts, kind="stable")}
    return {
        "kind": "program",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "entry": hex(elf.entry),
        "segments": [
            {
                "address": hex(segment.address),
                "memory_bytes": segment.memory_bytes,
                "file_bytes": len(segment.data),
                "access": "r" + "w" * segment.writable + "x" * segment.executable,
            }
            for segment in elf.segments
        ],
        "code_words": len(program.words),
        "words_that_trap": int(counts[UNIMP]),
        "image_words": len(program.image_words),
        "functions": len(elf.symbols),
        "instructions": {name: count for name, count in used.items() if count and name != "unimp"},
    }


def _starts_with(magic: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magic)


# What recognises a kind of file and what describes it. First match wins, so kinds with magic bytes come first.
KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], dict[str, object]]], ...] = (
    (_starts_with(b"\x7fELF"), describe_elf),
    (looks_like_run, describe_run),
    (looks_like_final, describe_final),
    (looks_like_program_key, describe_program_key),
    (looks_like_proof, describe_proof),
    (looks_like_block, describe_block),
)

PLAIN_NUMBERS = {"chain_id", "block_number", "timestamp"}  # names rather than counts


def _print(description: dict[str, object]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in description.items():
        if isinstance(value, dict):
            text = ", ".join(f"{key} {count:,}" for key, count in value.items())
        elif isinstance(value, list):
            text = "\n".join("  ".join(str(part) for part in item.values()) for item in value)
        else:
            text = f"{value:,}" if isinstance(value, int) and name not in PLAIN_NUMBERS else str(value)
        table.add_row(name.replace("_", " "), text)
    Console(highlight=False).print(table)


def inspect(
    file: Annotated[Path, typer.Argument(help="The file to look at.")],
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    transcript: bool = typer.Option(False, "--transcript", help="Of a proof: list every message in order."),
) -> None:
    """Say what a file is and what is in it (guest programs, blocks, stateless inputs, proofs, verifying keys)."""
    data = read_file(file, MAX_FILE_BYTES, "the file")
    if transcript:
        lines = describe_transcript(data)
        typer.echo(json.dumps({"transcript": lines}) if as_json else "\n".join(lines))
        return
    for recognises, describe in KINDS:
        if recognises(data):
            description = describe(data)
            break
    else:
        message = f"{file} is no file that hstar knows: it starts with {data[:8].hex() or 'nothing'}"
        raise InputError(message, reason=Reason.UNKNOWN_NAME, path=file)
    if as_json:
        typer.echo(json.dumps(description))
    else:
        _print(description)

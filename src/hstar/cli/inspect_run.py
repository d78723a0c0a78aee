"""What `hstar inspect` says about proofs of programs and their verifying keys."""

from __future__ import annotations

from collections import Counter

from hstar.hash.suite import POSEIDON2
from hstar.machine.keys import decode_machine_key
from hstar.verifier.file import read_run_file


def describe_run(data: bytes) -> dict[str, object]:
    """What the proof of a run claims. Nothing is verified.

    Raises:
        InputError: the file is malformed.
    """
    file = read_run_file(data)
    sizes = [len(segment.proof) for segment in file.segments if isinstance(segment.proof, bytes)]
    classes = Counter(f"class {segment.key_index}" for segment in file.segments)
    return {
        "kind": "proof of a program's run, all segments (not verified)",
        "bytes": len(data),
        "verifying_key": file.key_digest.hex(),
        "parameters": file.parameters_digest.hex(),
        "output": file.output.hex(),
        "segments": len(file.segments),
        "segment_classes": dict(sorted(classes.items())),
        "proof_bytes": sum(sizes),
        "largest_segment_proof": max(sizes),
    }


def describe_machine_key(data: bytes) -> dict[str, object]:
    """What a verifying key of a program holds.

    Raises:
        InputError: the file is malformed.
    """
    key = decode_machine_key(data)
    return {
        "kind": "verifying key of a program",
        "bytes": len(data),
        "verifying_key": POSEIDON2.digest_to_bytes(key.digest).hex(),
        "entry": hex(key.entry),
        "classes": [
            {
                "class": f"class {index}: {item.type}",
                "cells": f"2^{item.log_cells} cells",
                "chips": f"{len(item.key.circuit.chips)} chips",
                "columns": f"{sum(chip.width for chip in item.key.circuit.chips)} columns",
                "target": f"{item.key.parameters.target_bits} bits",
            }
            for index, item in enumerate(key.classes)
        ],
    }

"""What `hstar inspect` says about proofs of programs and their verifying keys."""

from __future__ import annotations

from collections import Counter

from hstar.hash.suite import POSEIDON2
from hstar.machine import guests
from hstar.prover.resources import committed_cells
from hstar.recursion.recursion_key import RecursionKey
from hstar.stark.proof import decode_proof, part_bytes
from hstar.stark.security import security_bits, security_report
from hstar.verifier.file import read_final_file, read_run_file
from hstar.verifier.program_key import decode_program_key, shipped_key


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


def describe_final(data: bytes) -> dict[str, object]:
    """What a final proof claims; its parts where a shipped guest's key says how long they are. Nothing is verified.

    Raises:
        InputError: the file is malformed.
        VerificationError: the proof is malformed.
    """
    file = read_final_file(data)
    proof, guest = file.final.proof, guests.name_of_key(file.key_digest.hex())
    description: dict[str, object] = {
        "kind": "final proof of a program's run (not verified)",
        "bytes": len(data),
        "verifying_key": file.key_digest.hex(),
        "guest": guest,
        "parameters": file.parameters_digest.hex(),
        "output": file.output.hex(),
        "segments": file.final.num_segments,
        "segments_digest": POSEIDON2.digest_to_bytes(file.final.digest).hex(),
        "partial_sum": " ".join(map(str, file.final.partial_sum.coefficients)),
        "proof_bytes": len(proof) if isinstance(proof, bytes) else None,
    }
    if guest is None or not isinstance(proof, bytes):
        return description
    key = shipped_key(guest).require_recursion().final
    report = security_report(key)
    return description | {
        "predicted_bytes": {"expected": report.size.expected_bytes, "worst": report.size.worst},
        "part_bytes": part_bytes(key, decode_proof(key, proof)),
    }


def describe_program_key(data: bytes) -> dict[str, object]:
    """What a verifying key of a program holds.

    Raises:
        InputError: the file is malformed.
    """
    program_key = decode_program_key(data)
    key = program_key.machine
    description = {
        "kind": "verifying key of a program"
        + ("" if program_key.recursion is None else ", with its part for final proofs"),
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
    return description | ({} if program_key.recursion is None else _describe_recursion(program_key.recursion))


def _describe_recursion(key: RecursionKey) -> dict[str, object]:
    return {
        "nodes": [
            {"node": str(node.place), "digest": POSEIDON2.digest_to_bytes(node.digest).hex()} for node in key.nodes
        ],
        "key_set": POSEIDON2.digest_to_bytes(key.key_set.root).hex(),
        "node_cells": committed_cells(key.node_key),
        "final_cells": committed_cells(key.final),
        "final_key": key.final.suite.digest_to_bytes(key.final.digest).hex(),
        "recursion_bits": {
            "nodes": round(float(security_bits(key.node_key)), 2),
            "final": round(float(security_bits(key.final)), 2),
        },
    }

"""What `hstar inspect` says about proof files."""

from __future__ import annotations

from hstar.stark.file import read_proof_file
from hstar.stark.proof import part_bytes
from hstar.stark.security import security_report
from hstar.stark.verify import protocol_pattern


def describe_proof(data: bytes) -> dict[str, object]:
    """Circuit, parameters, predicted and actual bytes of each part. Nothing is verified.

    Raises:
        InputError, VerificationError: the file is malformed.
    """
    file = read_proof_file(data)
    key, proof = file.key, file.decode()
    report = security_report(key)
    suite = key.suite
    return {
        "kind": "proof of one circuit (not verified)",
        "bytes": len(data),
        "proof_bytes": len(file.proof),
        "predicted_bytes": {"expected": report.size.expected_bytes, "worst": report.size.worst},
        "security_bits": round(float(report.totals.security_bits), 2),
        "circuit": key.circuit.name,
        "verifying_key": suite.digest_to_bytes(key.digest).hex(),
        "parameters": key.parameters.digest().hex(),
        "hash_suite": suite.name,
        "statement": " ".join(map(str, file.statement.values)),
        "cells": 1 << key.parameters.log_cells,
        "columns": sum(chip.width for chip in key.circuit.chips),
        "part_bytes": part_bytes(key, proof),
    }


def describe_transcript(data: bytes) -> list[str]:
    """Every operation of the transcript of the proof in a file, in order.

    Raises:
        InputError: the file is malformed.
    """
    return [operation.line() for operation in protocol_pattern(read_proof_file(data).key).operations]

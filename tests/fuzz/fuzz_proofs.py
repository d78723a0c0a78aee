#!/usr/bin/env python3
"""Coverage-guided fuzzing of everything that reads a proof; `make fuzz` runs it, tests replay what it found.

Targets: `decode` (the codec), `verify` (decoder and verifier), `file` (proof files with their key), `final` (files of
final proofs, by the native interpreter of their verification). Whatever the bytes, the only exception is a
`VerificationError`; libFuzzer watches time and memory. Inputs are mutated proofs, so that most of them get past the
first checks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

with atheris.instrument_imports(include=["hstar"]):
    from hstar.errors import VerificationError
    from hstar.stark.file import verify_proof_file, write_proof_file
    from hstar.stark.proof import decode_proof, encode_proof
    from hstar.stark.statement import Statement
    from stark.proofs import relay, squares, verify
    from verifier.finals import final

TIMEOUT_SECONDS = 10
MAX_MEGABYTES = 2048


def _decode(data: bytes) -> None:
    with suppress(VerificationError):
        decode_proof(squares().key, data)


def _verify(data: bytes) -> None:
    proven = squares()
    if data == encode_proof(proven.key, proven.proof):
        return
    try:
        verify(proven.key, Statement(), data)
    except VerificationError:
        return
    raise AssertionError("the verifier accepted other bytes than the prover's")


def _file(data: bytes) -> None:
    with suppress(VerificationError):
        verify_proof_file(squares().key, data, minimum_bits=0)


def _final(data: bytes) -> None:
    if data == final().file():
        return
    try:
        final().verifier.verify(data, minimum_bits=0)
    except VerificationError:
        return
    raise AssertionError("other bytes than the prover's were accepted as a final proof")


TARGETS: dict[str, Callable[[bytes], None]] = {"decode": _decode, "verify": _verify, "file": _file, "final": _final}


def seeds(target: str) -> list[bytes]:
    """Honest inputs to start from."""
    if target == "final":
        return [final().file()]
    proven = squares()
    proof = encode_proof(proven.key, proven.proof)
    if target == "file":
        return [write_proof_file(proven.key, Statement(), proven.proof)]
    other = relay()
    return [proof, encode_proof(other.key, other.proofs[0])]


def main() -> None:
    """`fuzz_proofs.py TARGET FOLDER [libFuzzer options]`; the folder keeps inputs that reached new code."""
    target, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(seeds(target)):
        (folder / f"seed-{index}").write_bytes(seed)
    longest = 2 * max(map(len, seeds(target)))
    options = [f"-max_len={longest}", f"-timeout={TIMEOUT_SECONDS}", f"-rss_limit_mb={MAX_MEGABYTES}"]
    atheris.Setup([sys.argv[0], str(folder), *options, *sys.argv[3:]], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

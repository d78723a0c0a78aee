"""`hstar verify`: a proof against the verifying key of a program, or of a shipped guest."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from hstar.cli.block_options import read_block
from hstar.cli.machine_files import MAX_KEY_BYTES, MAX_PROOF_BYTES, key_hex, print_table
from hstar.errors import ExitCode, InputError, Reason, VerificationError
from hstar.ethereum.forks import chain_name
from hstar.ethereum.stateless import StatelessOutput
from hstar.machine import guests
from hstar.machine.program import read_file
from hstar.prover.blocks import prepare_block
from hstar.verifier.acceptance import TrustedKey, find_shipped, verify_proof
from hstar.verifier.block import block_result
from hstar.verifier.file import looks_like_final
from hstar.verifier.program_key import ProgramKey, decode_program_key
from hstar.verifier.run import FINAL, SEGMENTS, VerifiedRun
from hstar.verifier.traced import TracedVerifier


def result_fields(result: StatelessOutput) -> dict[str, object]:
    """What a guest says about a block, as JSON."""
    return {
        "successful_validation": result.successful_validation,
        "chain_id": result.chain_id,
        "schema_id": result.schema_id,
        "new_payload_request_root": f"0x{result.new_payload_request_root.hex()}",
    }


def result_lines(result: StatelessOutput) -> list[tuple[str, str]]:
    """The same for people."""
    return [
        ("validity", "the block is VALID" if result.successful_validation else "the block is INVALID"),
        ("chain", f"{result.chain_id} ({chain_name(result.chain_id)})"),
        ("payload root", f"0x{result.new_payload_request_root.hex()}"),
    ]


def _parse_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        message = f"--expect-output is {text!r}; it must be an even number of hexadecimal digits"
        raise InputError(message, reason=Reason.MALFORMED) from error


def _kind(data: bytes) -> str:
    """What kind of proof a file says that it is."""
    return FINAL if looks_like_final(data) else SEGMENTS


def _key_hex(key: TrustedKey) -> str:
    if isinstance(key, TracedVerifier):
        return key.program.machine_key.hex()
    return key_hex(key.machine if isinstance(key, ProgramKey) else key)


def _payload_root(block: Path) -> bytes:
    """Root of the block's NewPayloadRequest, computed without the guest."""
    return prepare_block(read_block(block, None, None)).stateless_input.new_payload_request_root()


def verify_command(
    proof: Annotated[Path, typer.Argument(help="The proof file.")],
    verifying_key: Annotated[
        Path | None,
        typer.Option("--verifying-key", help="Key file, from someone you trust; left out, a shipped guest's key."),
    ] = None,
    expect_output: Annotated[str | None, typer.Option(help="What the public output must be, in hexadecimal.")] = None,
    chain_id: Annotated[int | None, typer.Option(min=0, help="Which chain the block must be of.")] = None,
    block: Annotated[
        Path | None, typer.Option(help="The block itself: its payload root is computed here and compared.")
    ] = None,
    allow_invalid_block: bool = typer.Option(
        False, "--allow-invalid-block", help="Also accept a proof that a block is invalid."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    quiet: bool = typer.Option(False, "--quiet", help="Print nothing but errors."),
    verbose: bool = typer.Option(False, "--verbose", help="Show the traceback of an error."),
) -> int:
    """Check a proof: of a block against a shipped guest's key, of any program against the key you give."""
    del verbose  # read by the entry point
    data = read_file(proof, MAX_PROOF_BYTES, "the proof")
    expected = None if expect_output is None else _parse_hex(expect_output)
    root = None if block is None else _payload_root(block)
    key: TrustedKey | None = None
    start, guest, result, load_seconds = time.perf_counter(), None, None, 0.0
    try:
        if verifying_key is None:
            guest, key = find_shipped(data)
        else:
            key = decode_program_key(read_file(verifying_key, MAX_KEY_BYTES, "the key"))
            guest = guests.name_of_key(_key_hex(key))
        load_seconds, start = time.perf_counter() - start, time.perf_counter()
        verified = verify_proof(key, data, expected_output=expected)
        if guest is not None or chain_id is not None or root is not None:
            result = block_result(
                verified.output, chain_id=chain_id, payload_root=root, allow_invalid=allow_invalid_block
            )
    except VerificationError as error:
        if not as_json:
            raise
        fields = {"valid": False, "reason": str(error.reason), "kind": _kind(data)}
        fields |= {"verifying_key": None if key is None else _key_hex(key), "guest": guest}
        typer.echo(json.dumps(fields | {"verify_seconds": round(time.perf_counter() - start, 6)}))
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201
        return ExitCode.REJECTED
    seconds = (load_seconds, time.perf_counter() - start)
    _show(verified, key, guest, result, seconds, as_json=as_json, quiet=quiet)
    return ExitCode.DONE


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def _show(
    verified: VerifiedRun,
    key: TrustedKey,
    guest: str | None,
    result: StatelessOutput | None,
    seconds: tuple[float, float],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    bits = round(float(verified.security_bits), 2)
    what = "one final proof" if verified.kind == FINAL else "every segment's proof"
    if as_json:
        fields = {
            "valid": True,
            "reason": None,
            "kind": verified.kind,
            "security_bits": bits,
            "verifying_key": _key_hex(key),
            "guest": guest,
            "output": verified.output.hex(),
            "segments": verified.num_segments,
            "verify_seconds": round(seconds[1], 6),
            "load_seconds": round(seconds[0], 6),
        }
        typer.echo(json.dumps(fields | ({} if result is None else result_fields(result))))
    elif not quiet:
        print_table(
            [
                ("valid", f"yes, {verified.num_segments} segments, {bits} provable bits, {what}"),
                ("time", f"{_time(seconds[1])}, and {_time(seconds[0])} to load the key"),
                *([] if result is None else result_lines(result)),
                ("verifying key", _key_hex(key) + ("" if guest is None else f" (guest {guest}, shipped)")),
                ("output", verified.output.hex() or "(none)"),
            ]
        )

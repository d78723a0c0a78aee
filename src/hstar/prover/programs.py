"""Proving, verifying and executing programs in one call each: the Python interface and the command line's way in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import overload

from hstar.errors import InputError, Reason
from hstar.ethereum.inputs import BlockInput
from hstar.machine import execute as execution
from hstar.machine import guests
from hstar.machine.limits import Limits
from hstar.machine.program import Program, load_program, load_program_file
from hstar.machine.segments import DEFAULT_LOG_CELLS
from hstar.machine.setup import MachineSetup, set_up
from hstar.prover.block_execution import BlockReport, execute_block
from hstar.prover.block_proving import ProvenBlock, prove_block
from hstar.prover.blocks import prepare_block
from hstar.prover.cache import Cache
from hstar.prover.node_keys import derive_recursion_key
from hstar.prover.pipeline import Options, ProvenRun, prove_run
from hstar.prover.stages import Progress
from hstar.recursion.recursion_key import RecursionKey
from hstar.verifier.acceptance import TrustedKey, find_shipped, shipped_for, verify_proof
from hstar.verifier.block import VerifiedBlock, block_result, verify_block
from hstar.verifier.file import looks_like_final
from hstar.verifier.program_key import ProgramKey, decode_program_key, shipped_key
from hstar.verifier.run import VerifiedRun

DEFAULT_GUEST = "revm"  # of blocks
ProgramSource = Program | bytes | Path | str
"""A loaded program, the bytes of an ELF file, or its path."""


def load(program: ProgramSource) -> Program:
    """A program from any of its sources.

    Raises:
        ElfError: the file is no program for this machine.
        InputError: UNREADABLE.
    """
    if isinstance(program, Program):
        return program
    return load_program(program) if isinstance(program, bytes) else load_program_file(Path(program))


@overload
def execute(program: BlockInput, input_bytes: bytes = b"", limits: Limits | None = None) -> BlockReport: ...


@overload
def execute(program: ProgramSource, input_bytes: bytes = b"", limits: Limits | None = None) -> execution.Report: ...


def execute(
    program: ProgramSource | BlockInput, input_bytes: bytes = b"", limits: Limits | None = None
) -> execution.Report | BlockReport:
    """Runs a program without proving it; a block is checked by the specification and run by the shipped guest.

    Args:
        program: a program, or a block.
        input_bytes: the private input of a program.
        limits: of the run.

    Raises:
        ExecutionError: it trapped or reached a limit; a program's exit code other than 0 is no error here.
        RejectedError: the block is invalid.
    """
    if isinstance(program, BlockInput):
        guest = guests.load(DEFAULT_GUEST)
        return execute_block(prepare_block(program), load_program(guest.elf), limits, guest.log_cells)
    return execution.execute(load(program), input_bytes, limits)


def key(program: ProgramSource, log_cells: int = DEFAULT_LOG_CELLS) -> MachineSetup:
    """All keys of a program; `.key` is the verifier's.

    Raises:
        InputError: as `load` and `set_up`.
    """
    return set_up(load(program), log_cells)


@overload
def prove(
    program: BlockInput,
    *,
    final: bool = True,
    options: Options | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> ProvenBlock: ...


@overload
def prove(
    program: ProgramSource | MachineSetup,
    input_bytes: bytes = b"",
    *,
    log_cells: int = DEFAULT_LOG_CELLS,
    final: bool = True,
    options: Options | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> ProvenRun: ...


def prove(
    program: ProgramSource | MachineSetup | BlockInput,
    input_bytes: bytes = b"",
    *,
    log_cells: int = DEFAULT_LOG_CELLS,
    final: bool = True,
    options: Options | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> ProvenRun | ProvenBlock:
    """Proves that a program halts with exit code 0 on an input, or that a block is valid.

    Args:
        program: a program, or what `key` made of it, or a block: that is proven by the shipped guest.
        input_bytes: the private input of a program.
        log_cells: the largest instruction segments have 2^log_cells cells; part of the key. Shipped guests have theirs.
        final: ends with one final proof. The first proof of a program then takes a minute longer: the verifiers of its
            segments and nodes are traced, and kept in the user's cache. Otherwise it ends with all segments' proofs.
        options: how; by default in a temporary work folder, by this process alone.
        progress: told how far it is.

    Raises:
        ExecutionError, InputError, ResourceError: as `prove_run`.
        RejectedError: the block is invalid.
    """
    with tempfile.TemporaryDirectory(prefix="hstar-") as folder:
        chosen = options or Options(Path(folder))
        if progress is not None:
            told = progress
            chosen = replace(chosen, report=lambda step: _tell(told, step))
        if isinstance(program, BlockInput):
            guest = guests.load(DEFAULT_GUEST)
            recursion = shipped_key(DEFAULT_GUEST).recursion if final else None
            return prove_block(key(guest.elf, guest.log_cells), prepare_block(program), chosen, recursion)
        setup = program if isinstance(program, MachineSetup) else key(program, log_cells)
        recursion = _recursion_key(setup, chosen) if final else None
        return prove_run(setup, input_bytes, chosen, recursion)


def _recursion_key(setup: MachineSetup, options: Options) -> RecursionKey:
    """Of a program that is not shipped."""
    return derive_recursion_key(setup.key.segment_keys, Cache(options.cache_dir), processes=options.key_processes)


def _tell(progress: Callable[[Progress], object], step: Progress) -> None:
    progress(step)


@overload
def verify(proof: ProvenBlock) -> VerifiedBlock: ...


@overload
def verify(
    proof: ProvenRun | bytes,
    key: TrustedKey | MachineSetup | bytes | None = None,
    *,
    expected_output: bytes | None = None,
) -> VerifiedRun: ...


def verify(
    proof: ProvenRun | ProvenBlock | bytes,
    key: TrustedKey | MachineSetup | bytes | None = None,
    *,
    expected_output: bytes | None = None,
) -> VerifiedRun | VerifiedBlock:
    """Accepts a proof of a program's run, or of a block, or raises.

    Args:
        proof: a proof file, or what `prove` returned; a proven block is checked against the shipped key.
        key: from someone you trust: a key or its encoding; or what `hstar.program_key` made, from which the part for
            final proofs is derived. Left out, the proof must be of a shipped guest, and its shipped key is used.
        expected_output: what the output must be.

    Raises:
        VerificationError: the proof is not accepted; or it is of a shipped guest and says that the block is invalid
            (`hstar.verifier.block.verify_block` can also accept that statement).
        InputError: the key cannot be read.
    """
    if isinstance(proof, ProvenBlock):
        root = proof.prepared.stateless_input.new_payload_request_root()
        return verify_block(shipped_for(DEFAULT_GUEST, proof.run.file), proof.run.file, payload_root=root)
    data = proof.file if isinstance(proof, ProvenRun) else proof
    if not isinstance(data, bytes):
        raise InputError(f"a proof is bytes, not {type(data).__name__}", reason=Reason.WRONG_TYPE)
    trusted = find_shipped(data)[1] if key is None else _trusted(key, looks_like_final(data))
    verified = verify_proof(trusted, data, expected_output=expected_output)
    if guests.name_of_key(verified.key_digest.hex()) is not None:
        block_result(verified.output)
    return verified


def _trusted(key: TrustedKey | MachineSetup | bytes, for_final: bool) -> TrustedKey:
    if isinstance(key, bytes):
        return decode_program_key(key)
    if not isinstance(key, MachineSetup):
        return key
    return ProgramKey(key.key, derive_recursion_key(key.key.segment_keys) if for_final else None)

"""Proven runs that several tests look at: weak parameters, so that a proof takes part of a second."""

from __future__ import annotations

import atexit
import dataclasses
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from hstar.machine.limits import Limits
from hstar.machine.program import Program
from hstar.machine.setup import MachineSetup, set_up
from hstar.prover.cache import Cache
from hstar.prover.execution import Run, execute_run
from hstar.prover.node_keys import derive_recursion_key
from hstar.prover.segments import SegmentProver, stored_proof
from hstar.prover.work import WorkFolder
from hstar.stark.segments import SegmentProof
from hstar.verifier import run as verifier
from hstar.verifier.file import write_run_file
from hstar.verifier.program_key import ProgramKey
from machine.support import DATA, make_program

LOG_CELLS, WEAK_BITS = 20, 12
CELLS_A_SEGMENT = 6_000
verify_run = partial(verifier.verify_run, minimum_bits=0)
"""Weak parameters are for tests; nothing else may say so."""

HALT = "addi a0, zero, 0\naddi a7, zero, 93\necall\n"


def looping_program(rounds: int = 160, step: int = 1) -> Program:
    """Two calls of keccak-f, then a loop; about 2 * rounds cycles."""
    calls = f"lui a0, {DATA >> 12:#x}\nlui a7, 0x10\necall\necall\n"
    loop = f"addi t0, zero, {rounds}\nloop: addi t0, t0, -1\naddi t1, t1, {step}\nbne t0, zero, loop\n"
    return make_program(calls + loop + HALT)


@cache
def weak_setup(rounds: int = 160, step: int = 1) -> MachineSetup:
    """Keys of a looping program, whose runs are cut every few hundred cycles."""
    setup = set_up(looping_program(rounds, step), LOG_CELLS, target_bits=WEAK_BITS)
    setup.__dict__["rule"] = dataclasses.replace(setup.rule, capacity=CELLS_A_SEGMENT)
    return setup


@cache
def cache_folder() -> Path:
    """Programs of nodes that several tests use."""
    folder = Path(tempfile.mkdtemp(prefix="hstar-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def weak_program_key() -> ProgramKey:
    """Both keys of the looping program."""
    machine = weak_setup().key
    return ProgramKey(
        machine, derive_recursion_key(machine.segment_keys, Cache(cache_folder()), target_bits=WEAK_BITS, processes=1)
    )


Mutate = Callable[[int, dict], None]


def _unchanged(number: int, tables: dict) -> None:
    """An honest prover."""


@dataclass
class ForgingProver(SegmentProver):
    """A prover whose tables are changed before they are committed to and proven."""

    setup: MachineSetup
    run: Run
    work: WorkFolder
    mutate: Mutate = _unchanged

    def _begin(self, number, class_index, tables, seconds=None):
        self.mutate(number, tables.tables)
        return super()._begin(number, class_index, tables, seconds)


@dataclass
class Proven:
    """An honest or forged run, and its file."""

    setup: MachineSetup
    run: Run
    segments: list[SegmentProof]

    @property
    def file(self) -> bytes:
        return self.file_of(self.segments)

    def file_of(self, segments, output=None) -> bytes:
        return write_run_file(self.setup.key, self.run.output_bytes if output is None else output, segments)


def prove(
    setup: MachineSetup, *, mutate: Mutate = _unchanged, change_run: Callable[[Run], Run] | None = None
) -> Proven:
    """What the pipeline does, with a prover that may cheat; A is derived from what it committed to."""
    with tempfile.TemporaryDirectory() as folder:
        work = WorkFolder(Path(folder))
        run = execute_run(setup, b"", Limits(), work, lambda number: None)
        run = change_run(run) if change_run else run
        prover = ForgingProver(setup, run, work, mutate)
        numbers = range(1, run.num_segments + 1)
        order = sorted(numbers, key=lambda number: run.types[number - 1] == "keccak")
        commitments = dict(zip(order, map(prover.commit, order), strict=True))
        digests = [commitments[number][1] for number in numbers]
        challenge = setup.key.segment_keys.derive_challenge(digests, run.output_bytes)
        segments = []
        for number in numbers:
            prover.prove(number, challenge)
            segments.append(SegmentProof(*commitments[number], work.require(stored_proof(number))))
    return Proven(setup, run, segments)


@cache
def honest(rounds: int = 160, step: int = 1) -> Proven:
    """Two segments of instructions, one of permutations, one of words."""
    return prove(weak_setup(rounds, step))

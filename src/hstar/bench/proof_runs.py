"""Whole proofs of one circuit at several sizes: every phase, memory, the verifier; one process for each size.

The circuit adds and XORs 64-bit words and asks two tables: about as many lookups a cell as a machine's arithmetic
chips, more than its others. Each size is proven several times and the smallest time of each phase counts, with proofs
of work of their expected length. A process of its own makes the peak of its memory that of its size.

Targets are those of two Zen 5 cores, in multiply-adds of Plonky3's quintic extension (`scale.py`). They are meant for
two threads.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from hstar.air.examples.words import word_circuit
from hstar.air.tables import Records, fill_segment
from hstar.bench.runner import NANOSECONDS, Result
from hstar.bench.scale import PEER, ZEN5_QUINTIC, quintic_nanoseconds
from hstar.errors import Reason, ResourceError
from hstar.kernels import backend
from hstar.kernels.allocator import keep_freed_memory
from hstar.kernels.timing import KernelTimes, timed_kernels
from hstar.params.protocol import ProtocolParameters
from hstar.stark.file import write_proof_file
from hstar.stark.proof import Proof
from hstar.stark.prove import prove
from hstar.stark.setup import ProvingKey
from hstar.stark.statement import Statement
from hstar.stark.traced import keys_for, tables_of
from hstar.stark.verify import verify

DEFAULT_LOG_CELLS = (22,)
MAX_PEAK_BYTES = 6 << 30
"""Target for a proof of 2^26 cells."""
MAX_VERIFIER_SECONDS = 2.0
MAX_FALL = 0.15
"""How much slower a cell may be in the largest proof than in the smallest."""

_TABLE_CELLS = 6 << 16  # of the two tables, preprocessed columns included
_PAIR_CELLS = 2 * 13 + 29  # two additions and one XOR


@dataclass(frozen=True)
class Phase:
    """A phase: what the prover calls it, what it is divided by, and the nanoseconds of two Zen 5 cores."""

    title: str
    stages: tuple[str, ...]
    unit: str
    target: float


PHASES = (
    Phase("trace", ("trace",), "cell", 5),
    Phase("commitment", ("commit main",), "cell", 12),
    Phase("LogUp-GKR", ("fraction tree",), "fraction", 32),
    Phase("zerocheck", ("zerocheck",), "cell", 15),
    Phase("opening", ("opening",), "cell", 20),
    Phase("trace and proof", ("trace", "prove"), "cell", 67),
)


@dataclass(frozen=True)
class ProofRun:
    """What was measured at one size.

    Args:
        log_cells: the size asked for.
        threads: of the kernels.
        num_cells: of all tables, preprocessed columns included.
        num_fractions: before they are merged into leaves.
        seconds: by stage, the smallest of all repetitions; `trace`, `prove`, `verify`, and the prover's own stages.
        stage_seconds, kernels: seconds by stage, and by stage and native function, of the fastest proof.
        proof_bytes: length of the proof file.
        peak_bytes: most memory that the process has had, interpreter and trace included.
        peer_nanoseconds: for one multiply-add in every thread.
    """

    log_cells: int
    threads: int
    num_cells: int
    num_fractions: int
    seconds: dict[str, float]
    stage_seconds: dict[str, float]
    kernels: dict[str, dict[str, float]]
    proof_bytes: int
    peak_bytes: int
    peer_nanoseconds: float

    @property
    def nanoseconds_a_cell(self) -> float:
        """Of the whole proof, without the trace."""
        return self.seconds["prove"] / self.num_cells * NANOSECONDS


def random_records(log_cells: int) -> dict[str, Records]:
    """Pairs of random words that fill `2^log_cells` cells, and not one row more."""
    pairs, source = ((1 << log_cells) - _TABLE_CELLS) // _PAIR_CELLS, np.random.default_rng(1)

    def words(count: int) -> NDArray[np.uint64]:
        return source.integers(0, 1 << 63, count, dtype=np.uint64)

    counts = {"word_add": 2 * pairs, "word_xor": pairs}
    return {name: {"left": words(count), "right": words(count)} for name, count in counts.items()}


def measure_here(log_cells: int, repetitions: int) -> ProofRun:
    """Proves and verifies in this process.

    Raises:
        ResourceError: NATIVE_MODULE_MISSING.
    """
    circuit, records = word_circuit(), random_records(log_cells)
    seconds: dict[str, float] = {}
    tables: Sequence[NDArray[np.uint32]] = ()
    for _ in range(repetitions):
        tables = ()
        begin = perf_counter()
        tables = tables_of(circuit, fill_segment(circuit, records))
        seconds["trace"] = min(perf_counter() - begin, seconds.get("trace", math.inf))
    heights = {chip.program.name: table.shape[1] for chip, table in zip(circuit.chips, tables, strict=True)}
    keys = keys_for(circuit, heights, objective="prover_seconds")
    rounds = [_proof(keys, tables) for _ in range(repetitions)]
    fastest, proof = min(rounds, key=lambda stages_and_proof: stages_and_proof[0].seconds["prove"])
    for stage in fastest.seconds:
        seconds[stage] = min(stages.seconds[stage] for stages, _ in rounds)
    begin = perf_counter()
    verify(keys.verifying_key, Statement(), proof)
    seconds["verify"] = perf_counter() - begin
    chips = keys.verifying_key.circuit.chips
    return ProofRun(
        log_cells=log_cells,
        threads=backend.native().num_threads(),
        num_cells=sum(table.size for table in tables),
        num_fractions=sum(len(chip.interactions) * table.shape[1] for chip, table in zip(chips, tables, strict=True)),
        seconds=seconds,
        stage_seconds=fastest.seconds,
        kernels=fastest.kernels,
        proof_bytes=len(write_proof_file(keys.verifying_key, Statement(), proof)),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
        peer_nanoseconds=quintic_nanoseconds(),
    )


def _proof(keys: ProvingKey, tables: Sequence[NDArray[np.uint32]]) -> tuple[_Stages, Proof]:
    with timed_kernels() as times:
        stages = _Stages(times)
        begin = perf_counter()
        proof = prove(keys, Statement(), tables, progress=stages)
        stages("prove", perf_counter() - begin)
    stages.expect_work(proof, keys.verifying_key.parameters)
    return stages, proof


class _Stages:
    """The prover's report of one proof, and the kernels of each stage."""

    def __init__(self, times: KernelTimes) -> None:
        self._times = times
        self.seconds: dict[str, float] = {}
        self.kernels: dict[str, dict[str, float]] = {}

    def __call__(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = seconds
        self.kernels[stage] = self._times.take()

    def expect_work(self, proof: Proof, parameters: ProtocolParameters) -> None:
        """Makes the proofs of work as long as they are on average: how many nonces were tried is luck.

        Nonces are tried from 0 on, so a nonce says how many there were.
        """
        steps = zip(parameters.iterations, proof.whir.iterations, strict=True)
        work = [(step.query_grinding_bits, done.query_nonce[0]) for step, done in steps if done.query_nonce]
        kernels = self.kernels["opening"]
        for name in kernels.keys() & {"blake2b_find_nonce", "poseidon2_find_nonce"}:
            share = sum(1 << bits for bits, _ in work) / sum(nonce + 1 for _, nonce in work)
            difference = kernels[name] * (share - 1)
            kernels[name] += difference
            for stage in ("opening", "prove"):
                self.seconds[stage] += difference


def measure(log_cells: int, repetitions: int) -> ProofRun:
    """Proves and verifies in a process of its own.

    Raises:
        ResourceError: OUT_OF_MEMORY when the process ends without a result, for lack of memory as a rule.
    """
    command = [sys.executable, "-m", "hstar.bench.proof_runs", str(log_cells), str(repetitions)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last_line = process.stderr.strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        raise ResourceError(
            f"a proof of 2^{log_cells} cells did not finish ({last_line}); measure a smaller size",
            reason=Reason.OUT_OF_MEMORY,
        )
    return ProofRun(**json.loads(process.stdout))


def results_of(run: ProofRun) -> list[Result]:
    """One line for each phase, and one for the verifier."""
    counts = {"cell": run.num_cells, "fraction": run.num_fractions}
    lines: list[Result] = []
    for phase in PHASES:
        value = sum(run.seconds[stage] for stage in phase.stages) / counts[phase.unit] * NANOSECONDS
        target = phase.target / ZEN5_QUINTIC
        lines.append(_line(run, phase.title, phase.unit, value, PEER, run.peer_nanoseconds, target))
    verifier, limit = run.seconds["verify"] * NANOSECONDS, MAX_VERIFIER_SECONDS * NANOSECONDS
    return [*lines, _line(run, "verifier", "proof", verifier, "two seconds", limit, 1.0)]


def _line(run: ProofRun, title: str, unit: str, value: float, peer: str, peer_value: float, target: float) -> Result:
    ratio = value / peer_value
    return Result(
        name=f"2^{run.log_cells}: {title}",
        threads=run.threads,
        unit=unit,
        value=value,
        median=value,
        peer=peer,
        peer_value=peer_value,
        ratio=ratio,
        target=target,
        met=ratio <= target,
    )


def fall_of(runs: Sequence[ProofRun], run: ProofRun) -> float:
    """How much longer a cell takes than in the smallest proof, as a share of that."""
    return run.nanoseconds_a_cell / runs[0].nanoseconds_a_cell - 1


if __name__ == "__main__":
    keep_freed_memory()
    sys.stdout.write(json.dumps(asdict(measure_here(*map(int, sys.argv[1:])))))

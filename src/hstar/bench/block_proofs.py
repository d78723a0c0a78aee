"""Proving a whole block: seconds by stage, frequency, and the share of what only prepares data for the proof."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from hstar.ethereum.inputs import BlockInput
from hstar.machine import guests
from hstar.machine.program import load_program
from hstar.machine.setup import set_up
from hstar.prover.block_proving import prove_block
from hstar.prover.blocks import prepare_block
from hstar.prover.pipeline import Options
from hstar.prover.stages import COMMIT, EXECUTE, PROVE

CHECK, KEYS, TOTAL = "host check", "keys", "total"
TRACE_STAGES = ("record", "fill")
"""Of a segment: running it again, and filling its tables."""


@dataclass(frozen=True)
class BlockProof:
    """One proof of a block by this process alone, with every segment's proof.

    Args:
        cycles: of the guest.
        segments: of all types.
        cells: committed ones, with the padding of segments.
        proof_bytes: of the file.
        seconds: of the host check and of the pipeline's stages; `total` is their sum with what lies between them. The
            program's keys do not depend on the block: they stand under `keys` and are not part of the total.
        segment_seconds: of the stages inside the segments, added up.
        peak_memory_bytes: of the process.
    """

    cycles: int
    segments: int
    cells: int
    proof_bytes: int
    seconds: dict[str, float]
    segment_seconds: dict[str, float]
    peak_memory_bytes: int

    @property
    def proving_seconds(self) -> float:
        """Commitments and proofs of all segments."""
        return self.seconds[COMMIT] + self.seconds[PROVE]

    @property
    def frequency(self) -> float:
        """Cycles a second, from the block to the proof."""
        return self.cycles / self.seconds[TOTAL]

    @property
    def preparation_share(self) -> float:
        """Host check, witness and input, executing, running segments again, filling tables; of the total."""
        trace = sum(self.segment_seconds[stage] for stage in TRACE_STAGES)
        return (self.seconds[CHECK] + self.seconds[EXECUTE] + trace) / self.seconds[TOTAL]


def prove_and_measure(guest: str, block: BlockInput) -> BlockProof:
    """Proves a block with a shipped guest and its shipped segment size.

    Raises:
        HstarError: the block is not valid, or the machine has too little memory.
    """
    shipped = guests.load(guest)
    begin = perf_counter()
    setup = set_up(load_program(shipped.elf), shipped.log_cells)
    made = perf_counter()
    prepared = prepare_block(block)
    checked = perf_counter()
    with tempfile.TemporaryDirectory(prefix="hstar-bench-") as folder:
        run = prove_block(setup, prepared, Options(Path(folder))).run
    stages = {stage: run.seconds[stage] for stage in (EXECUTE, COMMIT, PROVE)}
    return BlockProof(
        cycles=run.cycles,
        segments=run.num_segments,
        cells=run.cells,
        proof_bytes=len(run.file),
        seconds={KEYS: made - begin, CHECK: checked - made, **stages, TOTAL: perf_counter() - made},
        segment_seconds=run.segment_seconds,
        peak_memory_bytes=run.peak_memory_bytes,
    )

"""The phases of a proof: commitment, fraction tree, zerocheck, opening; each by itself, with the transcript it has.

Random cells stand in for a trace: no phase of the prover looks at the values. The circuit adds and XORs 64-bit words
and asks two tables, so it has about as many lookups a cell as a machine's arithmetic chips, more than its others.

Targets are those of two Zen 5 cores, divided by what a multiply-add of Plonky3's quintic extension takes in one of
them: 1.26 ns. They are meant for two threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hstar.air.examples.words import word_circuit
from hstar.air.program import Group
from hstar.bench.workload import Trial, Work, register
from hstar.commit.numbers import Numbers
from hstar.field.extension import ONE, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.iop.jagged.prove import weight_ranges
from hstar.iop.jagged.relation import bundle_ranges
from hstar.iop.jagged.verify import verify_jagged
from hstar.iop.logup_gkr.prove import prove_logup_gkr
from hstar.iop.logup_gkr.relation import LeafClaim
from hstar.iop.whir.prove import prove_whir
from hstar.iop.whir.weighted_sum import JaggedSum
from hstar.iop.zerocheck.prove import leaf_blocks, prove_zerocheck
from hstar.iop.zerocheck.relation import Challenges
from hstar.iop.zerocheck.verify import ColumnClaim, split_by_chip
from hstar.kernels import backend
from hstar.stark.commitment import CommittedGroup, commit_group
from hstar.stark.setup import ProvingKey
from hstar.stark.statement import Statement
from hstar.stark.traced import keys_for
from hstar.stark.verify import draw_challenges
from hstar.transcript.transcript import RecordingTranscript

_HEIGHTS = {"word_add": 1 << 16, "word_xor": 1 << 15}
_PASSES = 1000
_ZEN5_QUINTIC = 1.26  # ns for a multiply-add of Plonky3's quintic extension, one core
_PEER = "Plonky3 quintic multiply-add"


@dataclass(frozen=True)
class _Prepared:
    """A key, tables that fit it, and what each phase needs from the ones before it."""

    key: ProvingKey
    tables: list[NDArray[np.uint32]]
    challenges: Challenges[ExtensionElement]
    leaf_claim: LeafClaim
    column_claim: ColumnClaim
    main: CommittedGroup

    @property
    def num_cells(self) -> int:
        """Cells of all tables."""
        return sum(table.size for table in self.tables)

    @property
    def num_fractions(self) -> int:
        """Fractions before they are merged into leaves."""
        chips = self.key.verifying_key.circuit.chips
        return sum(len(chip.interactions) * table.shape[1] for chip, table in zip(chips, self.tables, strict=True))

    def transcript(self) -> RecordingTranscript:
        """A transcript that hashes like that of a proof and follows no pattern."""
        return RecordingTranscript(Numbers(self.key.verifying_key.suite))

    def commit(self) -> CommittedGroup:
        """Lays out, encodes and hashes the main columns."""
        key, heights = self.key.verifying_key, [table.shape[1] for table in self.tables]
        return commit_group(key.circuit, key.parameters, Group.MAIN, self.tables, heights)

    def fraction_tree(self) -> LeafClaim:
        """Computes the leaves and proves all layers."""
        key = self.key.verifying_key
        leaves = leaf_blocks(key.circuit, self.tables, self.challenges)
        return prove_logup_gkr(self.transcript(), key.tree_dimensions, leaves)[1]

    def zerocheck(self) -> ColumnClaim:
        """All rounds, and the column values."""
        circuit = self.key.verifying_key.circuit
        proof, point = prove_zerocheck(self.transcript(), circuit, self.tables, self.leaf_claim, self.challenges)
        return ColumnClaim(point, split_by_chip(circuit, proof.column_values))

    def opening(self) -> None:
        """The jagged weight, and WHIR."""
        key, transcript = self.key.verifying_key, self.transcript()
        claim = verify_jagged(Numbers(key.suite), transcript, key.bundles, self.column_claim)
        groups = [group for group in (self.key.commitment, self.main) if group]
        cells = bundle_ranges(key.bundles, [table.shape[1] for table in self.tables], key.group_starts)
        ranges = weight_ranges(key.bundles, cells, claim)
        weighted_sum = JaggedSum([group.cells for group in groups], ranges, claim.value)
        prove_whir(transcript, key.parameters, [group.oracle for group in groups], weighted_sum)


@cache
def _prepared() -> _Prepared:
    traced, source = word_circuit(), np.random.default_rng(1)
    proving_key = keys_for(traced, _HEIGHTS, objective="prover_seconds")
    key = proving_key.verifying_key
    tables: list[NDArray[np.uint32]] = []
    for chip, preprocessed in zip(key.circuit.chips, proving_key.preprocessed, strict=True):
        height: int = _HEIGHTS.get(chip.name) or preprocessed.shape[1]
        table: NDArray[np.uint32] = source.integers(0, MODULUS, (chip.width, height), dtype=np.uint32)
        if len(preprocessed):
            table[: len(preprocessed)] = preprocessed
        tables.append(table)
    transcript = RecordingTranscript(Numbers(key.suite))
    challenges = draw_challenges(ONE, transcript, key, Statement())
    _, leaf_claim = prove_logup_gkr(transcript, key.tree_dimensions, leaf_blocks(key.circuit, tables, challenges))
    zerocheck, point = prove_zerocheck(transcript, key.circuit, tables, leaf_claim, challenges)
    column_claim = ColumnClaim(point, split_by_chip(key.circuit, zerocheck.column_values))
    heights = [table.shape[1] for table in tables]
    main = commit_group(key.circuit, key.parameters, Group.MAIN, tables, heights)
    return _Prepared(proving_key, tables, challenges, leaf_claim, column_claim, main)


def _trial(work: Work, operations: int) -> Trial:
    native = backend.native()
    return Trial(
        work=work,
        operations=operations,
        peer=lambda: native.peer_quintic_multiply_add(_PASSES),
        peer_operations=_PASSES * native.LOOP_ELEMENTS,
    )


@register("proof-system", "commitment: layout, code, tree", unit="cell", peer=_PEER, target=12 / _ZEN5_QUINTIC)
def _commitment(_: int) -> Trial:
    prepared = _prepared()
    return _trial(prepared.commit, prepared.main.cells.size)


@register("proof-system", "LogUp-GKR, leaves included", unit="fraction", peer=_PEER, target=32 / _ZEN5_QUINTIC)
def _fraction_tree(_: int) -> Trial:
    prepared = _prepared()
    return _trial(prepared.fraction_tree, prepared.num_fractions)


@register("proof-system", "zerocheck", unit="cell", peer=_PEER, target=15 / _ZEN5_QUINTIC)
def _zerocheck(_: int) -> Trial:
    prepared = _prepared()
    return _trial(prepared.zerocheck, prepared.num_cells)


@register("proof-system", "opening: jagged weight and WHIR", unit="cell", peer=_PEER, target=20 / _ZEN5_QUINTIC)
def _opening(_: int) -> Trial:
    prepared = _prepared()
    return _trial(prepared.opening, prepared.num_cells)

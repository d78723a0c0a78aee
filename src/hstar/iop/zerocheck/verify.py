"""Zerocheck verifier: the GKR's leaf claim and all constraints become the columns' values at one point.

Transcript, identical in prove.py:
    1. challenge zerocheck.lambda
    2. sumcheck  zerocheck           l rounds of c_1 .. c_d with eq(z_r, .) taken out, lowest row bit first
    3. absorb    zerocheck.columns   every column at the point: chip by chip, preprocessed, boundary, main
    4. check     claim = sum of the chips' brackets at these values
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.air.evaluate import OperatorOperations
from hstar.air.program import Circuit
from hstar.field.extension import ExtensionElement
from hstar.iop.logup_gkr.relation import LeafClaim
from hstar.iop.sumcheck.relation import sum_of
from hstar.iop.sumcheck.verify import verify_eq_rounds
from hstar.iop.zerocheck.relation import Challenges, ZerocheckProof, bracket, bracket_weights, zerocheck_sum
from hstar.transcript.arithmetic import Arithmetic, Bits
from hstar.transcript.reason import ProofReason
from hstar.transcript.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ColumnClaim:
    """Every column of every chip, zero beyond its height, has this multilinear extension at `row_point`.

    Args:
        row_point: l coordinates.
        chip_values: for each chip one value per column.
    """

    row_point: list[ExtensionElement]
    chip_values: list[Sequence[ExtensionElement]]


def verify_zerocheck(
    arithmetic: Arithmetic,
    transcript: Transcript,
    circuit: Circuit,
    heights: Sequence[Bits],
    leaf_claim: LeafClaim,
    challenges: Challenges[ExtensionElement],
    proof: ZerocheckProof,
) -> ColumnClaim:
    """The claim about the columns that everything before it reduces to.

    Args:
        arithmetic: where values live.
        transcript: state after the GKR.
        circuit: the chips.
        heights: bits of the height of every chip, l + 1 each.
        leaf_claim: what the GKR ended with.
        challenges: fingerprints and public values.
        proof: with the shape `zerocheck_shape(circuit, l)`.

    Raises:
        VerificationError: ZEROCHECK_MISMATCH.

    Soundness:
        Error at most (C + 1) / |E| for lambda and degree / |E| a round. The caller must check the column claim.
    """
    operations = OperatorOperations(arithmetic.constant)
    challenge = transcript.challenge("zerocheck.lambda")  # 1
    claim = zerocheck_sum(circuit, heights, leaf_claim, challenges, challenge, operations)
    claim, row_point = verify_eq_rounds(transcript, "zerocheck", claim, proof.rounds, leaf_claim.row_point)  # 2
    transcript.absorb("zerocheck.columns", proof.column_values)  # 3
    chip_values = split_by_chip(circuit, proof.column_values)
    weights = bracket_weights(circuit, arithmetic.constant(1), leaf_claim.leaf_point, challenge)
    brackets = [
        bracket(chip, values, challenges, chip_weights, operations)
        for chip, values, chip_weights in zip(circuit.chips, chip_values, weights, strict=True)
    ]
    arithmetic.require_equal(  # 4
        claim,
        sum_of(brackets),
        ProofReason.ZEROCHECK_MISMATCH,
        "the column values do not satisfy the constraints and interactions of the circuit",
    )
    return ColumnClaim(row_point, chip_values)


def split_by_chip(circuit: Circuit, values: Sequence[ExtensionElement]) -> list[Sequence[ExtensionElement]]:
    """The column values of each chip."""
    chip_values, start = [], 0
    for chip in circuit.chips:
        chip_values.append(values[start : start + chip.width])
        start += chip.width
    return chip_values

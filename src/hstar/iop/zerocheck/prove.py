"""Zerocheck prover.

Transcript, identical in verify.py:
    1. challenge zerocheck.lambda
    2. sumcheck  zerocheck           l rounds of c_1 .. c_d with eq(z_r, .) taken out, lowest row bit first
    3. absorb    zerocheck.columns   every column at the point: chip by chip, preprocessed, boundary, main
    4. check     claim = sum of the chips' brackets at these values
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hstar.air.compile import BracketWeights as CompiledWeights
from hstar.air.compile import CallValues, CompiledChip, compile_bracket, compile_leaves
from hstar.air.evaluate import OperatorOperations
from hstar.air.program import ChipProgram, Circuit
from hstar.field.extension import ONE, ZERO, ExtensionElement, from_base
from hstar.iop.logup_gkr.relation import LeafClaim
from hstar.iop.multilinear import evaluate_polynomial
from hstar.iop.sumcheck.prove import prove_rounds
from hstar.iop.zerocheck.interpolation import coefficients_of
from hstar.iop.zerocheck.relation import BracketWeights, Challenges, ZerocheckProof, bracket, bracket_weights
from hstar.kernels.jagged import EqRange, eq_ranges
from hstar.kernels.logup_gkr import LeafFractions
from hstar.kernels.row_program import bind_lowest, evaluate_rows, round_values
from hstar.kernels.row_types import BoundTable, ExtensionTable, Table
from hstar.kernels.vectors import ExtensionVector, total
from hstar.transcript.transcript import Transcript

ChipTables = Sequence[NDArray[np.uint32]]
"""For each chip `[width, height]` canonical values, columns in the chip's order."""


def prove_zerocheck(
    transcript: Transcript,
    circuit: Circuit,
    tables: ChipTables,
    leaf_claim: LeafClaim,
    challenges: Challenges[ExtensionElement],
) -> tuple[ZerocheckProof, list[ExtensionElement]]:
    """Proves the leaf claim and all constraints; returns the proof and the row point.

    Args:
        transcript: state after the GKR.
        circuit: the chips.
        tables: of every chip.
        leaf_claim: what the GKR ended with.
        challenges: fingerprints and public values.
    """
    challenge = transcript.challenge("zerocheck.lambda")  # 1
    weights = bracket_weights(circuit, ONE, leaf_claim.leaf_point, challenge)
    chips = [
        _ChipSum(chip, table, challenges, chip_weights)
        for chip, table, chip_weights in zip(circuit.chips, tables, weights, strict=True)
    ]
    summand = _BracketSum(chips, circuit.degree, leaf_claim.row_point)
    proven = prove_rounds(transcript, "zerocheck", summand, len(leaf_claim.row_point))  # 2
    values = tuple(value for chip in chips for value in chip.column_values())
    transcript.absorb("zerocheck.columns", values)  # 3
    return ZerocheckProof(proven.rounds, values), proven.point


def leaf_blocks(circuit: Circuit, tables: ChipTables, challenges: Challenges[ExtensionElement]) -> list[LeafFractions]:
    """The leaves of the fraction tree: every leaf of every chip on every row.

    Args:
        circuit: the chips.
        tables: of every chip.
        challenges: fingerprints and public values.
    """
    leaves: list[LeafFractions] = []
    for chip, table, indices in zip(circuit.chips, tables, circuit.leaf_indices, strict=True):
        compiled = _compiled_leaves(chip)
        outputs = evaluate_rows(compiled.program, *compiled.arguments(_call_values(challenges)), table)
        leaves += map(LeafFractions, indices, outputs[0::2], outputs[1::2])
    return leaves


@cache
def _compiled_leaves(chip: ChipProgram) -> CompiledChip:
    return compile_leaves(chip)


@cache
def _compiled_bracket(chip: ChipProgram) -> CompiledChip:
    return compile_bracket(chip)


def _call_values(
    challenges: Challenges[ExtensionElement], weights: BracketWeights[ExtensionElement] | None = None
) -> CallValues:
    public = challenges.public
    number, *others = public.segment_number.coefficients
    if any(others):
        raise ValueError("a segment number is an element of K")
    compiled = CompiledWeights(weights.numerators, weights.denominators, weights.constraints) if weights else None
    return CallValues(number, public.post_commit_point, challenges.fingerprints, compiled)


class _ChipSum:
    """One chip's columns while the row variables are being bound.

    What is summed is the bracket less its value on the all-zero row, so that rows beyond the height contribute nothing;
    that changes only constant coefficients. From the second round on the chip's own claim is known, which saves the
    value at 0: `claim = (1 - z) s(0) + z s(1)`.
    """

    def __init__(
        self,
        chip: ChipProgram,
        table: Table,
        challenges: Challenges[ExtensionElement],
        weights: BracketWeights[ExtensionElement],
    ) -> None:
        self._chip = chip
        self._table = table
        compiled = _compiled_bracket(chip)
        self._program = compiled.program
        self._arguments = compiled.arguments(_call_values(challenges, weights))
        self._zero_row = bracket(chip, [ZERO] * chip.width, challenges, weights, OperatorOperations(from_base))
        self._coefficients: list[ExtensionElement] = []
        self._claim: ExtensionElement | None = None

    @property
    def height(self) -> int:
        """Rows that are left; beyond them every column is zero."""
        table = self._table
        return table.height if isinstance(table, BoundTable | ExtensionTable) else table.shape[1]

    def round_coefficients(self, row_weights: ExtensionVector, z: ExtensionElement) -> list[ExtensionElement]:
        """c_1 .. c_d of the chip's own degree d.

        Args:
            row_weights: eq over the further variables, for each pair of rows.
            z: the eq coordinate of this round's variable.
        """
        if not self.height:
            return []
        claim_helps = self._claim is not None and z != ONE
        points = range(1 if claim_helps else 0, max(self._chip.degree, 1) + 1)
        values = round_values(self._program, *self._arguments, self._table, row_weights, points)
        constant = self._zero_row * total(row_weights)
        values = [value - constant for value in values]
        if self._claim is not None and claim_helps:
            values.insert(0, (self._claim - z * values[0]) / (1 - z))
        self._coefficients = coefficients_of(values)
        return self._coefficients[1:]

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest remaining row variable."""
        if self.height:
            self._claim = evaluate_polynomial(self._coefficients, coordinate)
            self._table = bind_lowest(self._table, coordinate)

    def column_values(self) -> list[ExtensionElement]:
        """Every column once all row variables are bound."""
        if not self.height:
            return [ZERO] * self._chip.width
        table = self._table
        if isinstance(table, BoundTable):
            raise ValueError("a row variable is left")
        if isinstance(table, ExtensionTable):
            return [table.column(index)[0] for index in range(self._chip.width)]
        return [from_base(int(value)) for value in table[:, 0]]


class _BracketSum:
    """`sum_row eq(z_r, row) sum_chips bracket(row)`, eq taken out.

    Pairs of rows that are both beyond a chip's height change only the constant coefficient, which is not sent.
    """

    def __init__(self, chips: Sequence[_ChipSum], degree: int, row_point: Sequence[ExtensionElement]) -> None:
        self._chips = chips
        self._degree = degree
        self._remaining = list(row_point)

    def round_polynomial(self) -> list[ExtensionElement]:
        """c_1 .. c_d of the lowest remaining row variable."""
        z, *rest = self._remaining
        lengths = {(chip.height + 1) // 2 for chip in self._chips}
        row_weights = {length: _prefix_of_eq(rest, length) for length in lengths}
        sums = [ZERO] * self._degree
        for chip in self._chips:
            coefficients = chip.round_coefficients(row_weights[(chip.height + 1) // 2], z)
            for index, coefficient in enumerate(coefficients):
                sums[index] = sums[index] + coefficient
        return sums

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest remaining row variable."""
        self._remaining.pop(0)
        for chip in self._chips:
            chip.bind(coordinate)


def _prefix_of_eq(point: Sequence[ExtensionElement], length: int) -> ExtensionVector:
    """`eq(point, x)` for x = 0 .. length - 1, in time proportional to `length`."""
    return eq_ranges(length, [EqRange(0, length, point, ONE)])

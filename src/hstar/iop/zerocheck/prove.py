"""Zerocheck prover.

Transcript, identical in verify.py:
    1. challenge zerocheck.lambda
    2. sumcheck  zerocheck           l rounds of c_1 .. c_d with eq(z_r, .) taken out, lowest row bit first
    3. absorb    zerocheck.columns   every column at the point: chip by chip, preprocessed, boundary, main
    4. check     claim = sum of the chips' brackets at these values
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.air.evaluate import Fingerprint, PublicValues, evaluate
from hstar.air.program import ChipProgram, Circuit, Scope
from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.iop.arrays import ARRAYS, Array, ExtensionArray, as_extension, bind_lowest, eq_prefix, padded_even
from hstar.iop.logup_gkr.relation import LeafClaim
from hstar.iop.logup_gkr.tree import LeafBlock
from hstar.iop.sumcheck.prove import prove_rounds
from hstar.iop.zerocheck.interpolation import coefficients_of
from hstar.iop.zerocheck.relation import (
    BracketWeights,
    Challenges,
    ZerocheckProof,
    bracket,
    bracket_weights,
    leaf_fractions,
)
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
    on_arrays = challenges_on_arrays(challenges)
    chips = [
        _ChipSum(chip, table, on_arrays, _weights_on_arrays(chip_weights))
        for chip, table, chip_weights in zip(circuit.chips, tables, weights, strict=True)
    ]
    summand = _BracketSum(chips, circuit.degree, leaf_claim.row_point)
    proven = prove_rounds(transcript, "zerocheck", summand, len(leaf_claim.row_point))  # 2
    values = tuple(value for chip in chips for value in chip.column_values())
    transcript.absorb("zerocheck.columns", values)  # 3
    return ZerocheckProof(proven.rounds, values), proven.point


def leaf_blocks(circuit: Circuit, tables: ChipTables, challenges: Challenges[ExtensionElement]) -> list[LeafBlock]:
    """The leaves of the fraction tree: every leaf of every chip on every row.

    Args:
        circuit: the chips.
        tables: of every chip.
        challenges: fingerprints and public values.
    """
    on_arrays = challenges_on_arrays(challenges)
    blocks: list[LeafBlock] = []
    for chip, table, indices in zip(circuit.chips, tables, circuit.leaf_indices, strict=True):
        height = table.shape[1]
        if not (indices and height):
            continue
        columns: list[Array] = list(table.astype(np.uint64))
        values = evaluate(chip.program, columns, on_arrays.public, ARRAYS)
        fractions = leaf_fractions(chip, values, on_arrays, ARRAYS)
        numerators = [as_extension(numerator, 1, height) for numerator, _ in fractions]
        denominators = [as_extension(denominator, 1, height) for _, denominator in fractions]
        blocks.append(
            LeafBlock(indices, ExtensionArray.concatenate(numerators), ExtensionArray.concatenate(denominators))
        )
    return blocks


def challenges_on_arrays(challenges: Challenges[ExtensionElement]) -> Challenges[Array]:
    """The same challenges as operands of arrays."""
    lift = ExtensionArray.of_element
    fingerprints: dict[Scope, Fingerprint[Array]] = {
        scope: Fingerprint(lift(item.alpha), [lift(weight) for weight in item.weights])
        for scope, item in challenges.fingerprints.items()
    }
    public = challenges.public
    return Challenges(fingerprints, PublicValues[Array](lift(public.segment_number), lift(public.post_commit_point)))


def _weights_on_arrays(weights: BracketWeights[ExtensionElement]) -> BracketWeights[Array]:
    def lift(values: Sequence[ExtensionElement]) -> tuple[Array, ...]:
        return tuple(ExtensionArray.of_element(value) for value in values)

    return BracketWeights(lift(weights.numerators), lift(weights.denominators), lift(weights.constraints))


class _ChipSum:
    """One chip's columns while the row variables are being bound."""

    def __init__(
        self,
        chip: ChipProgram,
        table: NDArray[np.uint32],
        challenges: Challenges[Array],
        weights: BracketWeights[Array],
    ) -> None:
        self._chip = chip
        self._columns = ExtensionArray.of_base(table.astype(np.uint64))
        self._challenges = challenges
        self._weights = weights

    @property
    def height(self) -> int:
        """Rows that are left; beyond them every column is zero."""
        return self._columns.shape[1]

    def round_coefficients(self, row_weights: ExtensionArray) -> list[ExtensionElement]:
        """c_1 .. c_d of the chip's own degree d, from the round polynomial's values at 0 .. d."""
        if not self.height:
            return []
        columns = padded_even(self._columns)
        even, slope = columns[:, 0::2], columns[:, 1::2] - columns[:, 0::2]
        weights = row_weights[: even.shape[1]]
        values: list[ExtensionElement] = []
        for _ in range(max(self._chip.degree, 1) + 1):
            values.append(self._weighted_bracket(even, weights))
            even = even + slope
        return coefficients_of(values)[1:]

    def _weighted_bracket(self, columns: ExtensionArray, weights: ExtensionArray) -> ExtensionElement:
        rows: list[Array] = [columns[index] for index in range(self._chip.width)]
        value = bracket(self._chip, rows, self._challenges, self._weights, ARRAYS)
        return (weights * value).sum().element()

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest remaining row variable."""
        self._columns = bind_lowest(padded_even(self._columns), coordinate)

    def column_values(self) -> list[ExtensionElement]:
        """Every column once all row variables are bound."""
        return self._columns.elements() if self.height else [ZERO] * self._chip.width


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
        tallest = max(chip.height for chip in self._chips)
        row_weights = eq_prefix(self._remaining[1:], (tallest + 1) // 2)
        total = [ZERO] * self._degree
        for chip in self._chips:
            for index, coefficient in enumerate(chip.round_coefficients(row_weights)):
                total[index] = total[index] + coefficient
        return total

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest remaining row variable."""
        self._remaining.pop(0)
        for chip in self._chips:
            chip.bind(coordinate)

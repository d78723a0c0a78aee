"""`sum_x f(x) W(x)`: the prover's two vectors and its claim, while variables are being bound.

Layout: in iteration 0 the vector is the stack columns end to end and may end early (missing columns are zero); the bits
that number the columns are bound first, lowest first. After that the lowest bit of the rest is always the next one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.iop.multilinear import eq_table
from hstar.iop.sumcheck.relation import next_claim
from hstar.kernels.jagged import EqRange, JaggedProduct, eq_ranges
from hstar.kernels.multilinear import fold
from hstar.kernels.sumcheck import fold_and_product_round, product_round
from hstar.kernels.vectors import LANES, ExtensionVector, Values, Words, add, dot

LOG_BLOCK = 3
"""Variables that are bound before a jagged weight is written down. One more halves what is written, but more tables
meet in a block."""


class WeightedSum:
    """Summand of WHIR's rounds.

    Args:
        function: f; elements of K at first.
        weight: W, as long as f.
        claim: the sum.
    """

    def __init__(self, function: Values, weight: ExtensionVector, claim: ExtensionElement) -> None:
        self.function, self.weight, self.claim = function, weight, claim
        self._bit = self._rounds_left = 0
        self._coefficients: list[ExtensionElement] = []

    def start(self, num_rounds: int, bit: int = 0) -> None:
        """Prepares rounds that bind the variable of `bit` of the index again and again."""
        self._bit, self._rounds_left = bit, num_rounds
        if num_rounds:
            self._coefficients = list(product_round(self.function, self.weight, self.claim, bit))

    def round_polynomial(self) -> list[ExtensionElement]:
        """c_1 and c_2 of the next variable."""
        return self._coefficients

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the next variable; reads the vectors once for this and the next round."""
        self.claim = next_claim(self.claim, self._coefficients, coordinate)
        self._rounds_left -= 1
        if self._rounds_left:
            folded = fold_and_product_round(self.function, self.weight, coordinate, self.claim, self._bit)
            self.function, self.weight = folded.values, folded.weights
            self._coefficients = list(folded.coefficients)
        else:
            self.function = fold(self.function, coordinate, self._bit)
            self.weight = fold(self.weight, coordinate, self._bit)

    def folded(self) -> ExtensionVector:
        """f once an iteration's variables are bound.

        Raises:
            TypeError: no variable has been bound yet.
        """
        if not isinstance(self.function, ExtensionVector):
            raise TypeError("the function is folded by at least one challenge before it is committed again")
        return self.function

    def add(self, weight: ExtensionVector) -> None:
        """Adds a claim that is true of f: `W + weight`, and its sum."""
        self.claim = self.claim + dot(self.function, weight)
        self.weight = add(self.weight, weight)


class JaggedSum(WeightedSum):
    """The sum of committed columns times a jagged weight; neither vector is copied before some variables are bound.

    The first rounds need only how much every column of a block has in common with the weight of every other: a small
    matrix M, of which a bound variable leaves a quarter.

    Args:
        groups: f, `[columns, 2^h]` each.
        ranges: W.
        claim: the sum.
    """

    def __init__(self, groups: Sequence[Words], ranges: Sequence[EqRange], claim: ExtensionElement) -> None:
        super().__init__(np.empty(0, dtype=np.uint32), ExtensionVector.zeros(0), claim)
        self._groups, self._ranges = groups, ranges
        self._product: JaggedProduct | None = None
        self._matrix: Matrix = []
        self._bound: list[ExtensionElement] = []

    def start(self, num_rounds: int, bit: int = 0) -> None:
        """As in a `WeightedSum`; the first rounds bind variables that number columns."""
        if not self._groups:
            super().start(num_rounds, bit)
        elif self._groups[0].shape[-1] < LANES or not num_rounds:
            self.function = np.concatenate([group.reshape(-1) for group in self._groups])
            self.weight = eq_ranges(len(self.function), self._ranges)
            self._groups = ()
            super().start(num_rounds, bit)
        else:
            self._bit, self._rounds_left = bit, num_rounds
            self._product = JaggedProduct(self._groups, self._ranges)
            self._groups = ()
            self._matrix = self._product.block_products(min(num_rounds, LOG_BLOCK))
            self._coefficients = matrix_round(self._matrix, self.claim)

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the next variable."""
        if self._product is None:
            super().bind(coordinate)
            return
        self.claim = next_claim(self.claim, self._coefficients, coordinate)
        self._rounds_left -= 1
        self._bound.append(coordinate)
        self._matrix = bind_matrix(self._matrix, coordinate)
        if len(self._matrix) > 1:
            self._coefficients = matrix_round(self._matrix, self.claim)
            return
        self.function, self.weight = self._product.fold_blocks(eq_table(ONE, self._bound))
        self._product = None
        if self._rounds_left:
            self._coefficients = list(product_round(self.function, self.weight, self.claim, self._bit))


Matrix = list[list[ExtensionElement]]
"""`M[j][k] = sum f_j W_k` over all blocks."""


def matrix_round(matrix: Matrix, claim: ExtensionElement) -> list[ExtensionElement]:
    """c_1 and c_2 for the lowest bit of a column's number in its block."""
    constant, quadratic = ZERO, ZERO
    for even in range(0, len(matrix), 2):
        (low, low_high), (high_low, high) = (row[even : even + 2] for row in matrix[even : even + 2])
        constant = constant + low
        quadratic = quadratic + low + high - low_high - high_low
    return [claim - 2 * constant - quadratic, quadratic]


def bind_matrix(matrix: Matrix, coordinate: ExtensionElement) -> Matrix:
    """The matrix of columns that are two columns each, combined at the coordinate."""

    def combined(rows: Matrix) -> Matrix:
        return [
            [low + coordinate * (high - low) for low, high in zip(*rows[index : index + 2], strict=True)]
            for index in range(0, len(rows), 2)
        ]

    return transposed(combined(transposed(combined(matrix))))


def transposed(matrix: Matrix) -> Matrix:
    """Rows become columns."""
    return [list(column) for column in zip(*matrix, strict=True)]

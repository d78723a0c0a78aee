"""`sum_x f(x) W(x)`: the prover's two vectors and its claim, while variables are being bound.

Layout: in iteration 0 the vector is the stack columns end to end and may end early (missing columns are zero); the bits
that number the columns are bound first, lowest first. After that the lowest bit of the rest is always the next one.
"""

from __future__ import annotations

from hstar.field.extension import ExtensionElement
from hstar.iop.sumcheck.relation import next_claim
from hstar.kernels.multilinear import fold
from hstar.kernels.sumcheck import fold_and_product_round, product_round
from hstar.kernels.vectors import ExtensionVector, Values, add, dot


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

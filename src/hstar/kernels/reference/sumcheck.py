"""Definition of `kernels.sumcheck`, on sequences of elements."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.extension import ZERO, ExtensionElement
from hstar.kernels.reference.multilinear import Values, fold, pairs


def product_round(
    values: Values, weights: Sequence[ExtensionElement], claim: ExtensionElement, bit: int
) -> tuple[ExtensionElement, ExtensionElement]:
    """Coefficients of `X` and `X^2` of `sum (f0 + X (f1 - f0)) (w0 + X (w1 - w0))`, the first one from the claim."""
    constant, quadratic = ZERO, ZERO
    for (low, high), (low_weight, high_weight) in zip(pairs(values, bit), pairs(weights, bit), strict=True):
        constant += low * low_weight
        quadratic += (high - low) * (high_weight - low_weight)
    return claim - 2 * constant - quadratic, quadratic


def fold_and_product_round(
    values: Values,
    weights: Sequence[ExtensionElement],
    challenge: ExtensionElement,
    claim: ExtensionElement,
    bits: tuple[int, int],
) -> tuple[list[ExtensionElement], list[ExtensionElement], tuple[ExtensionElement, ExtensionElement]]:
    """Both vectors with the variable of the first bit bound, and the round of the second bit."""
    folded_values, folded_weights = fold(values, challenge, bits[0]), fold(weights, challenge, bits[0])
    return folded_values, folded_weights, product_round(folded_values, folded_weights, claim, bits[1])

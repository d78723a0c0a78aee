"""Round polynomials of a sumcheck and the coefficient that is not sent.

A round of degree d sends the coefficients c_1 .. c_d; the constant one follows from the running claim:

- plain: s(0) + s(1) = claim, so c_0 = (claim - c_1 - .. - c_d) / 2;
- eq factor taken out: the summand is eq(z, x) g(x), the factors of bound variables move into the claim, and the round
  polynomial is that of g alone: claim = (1 - z_j) s(0) + z_j s(1) = c_0 + z_j (c_1 + .. + c_d).

Neither needs a division by anything that depends on a proof, and a wrong sum is not caught in a round: it is carried
into the final claim, which the caller must check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.iop.multilinear import evaluate_polynomial

RoundPolynomial: TypeAlias = Sequence[ExtensionElement]
"""Coefficients c_1 .. c_d."""

ONE_HALF = (MODULUS + 1) // 2


def next_claim(
    claim: ExtensionElement, round_polynomial: RoundPolynomial, challenge: ExtensionElement
) -> ExtensionElement:
    """`s(challenge)` for a plain round."""
    constant = (claim - sum_of(round_polynomial)) * ONE_HALF
    return evaluate_polynomial([constant, *round_polynomial], challenge)


def next_claim_eq(
    claim: ExtensionElement,
    round_polynomial: RoundPolynomial,
    eq_coordinate: ExtensionElement,
    challenge: ExtensionElement,
) -> ExtensionElement:
    """`s(challenge)` for a round with the factor `eq(eq_coordinate, X)` taken out."""
    constant = claim - eq_coordinate * sum_of(round_polynomial)
    return evaluate_polynomial([constant, *round_polynomial], challenge)


def sum_of(values: Sequence[ExtensionElement]) -> ExtensionElement:
    """The sum of at least one value."""
    first, *others = values
    total = first
    for value in others:
        total = total + value
    return total

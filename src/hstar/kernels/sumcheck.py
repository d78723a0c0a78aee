"""Prover rounds of the product sumcheck: the claim is `sum_x f(x) W(x)`.

A round's polynomial is `s(X) = c0 + c1 X + c2 X^2` with `s(0) + s(1) = claim`. The kernels return `(c1, c2)`, which is
what is sent; they compute `c0` and `c2` and take `c1` from the claim, so a wrong claim gives a wrong `c1`.

Which variable a round is about is chosen by its bit of the index; see `multilinear.fold`.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from hstar.field.extension import ExtensionElement
from hstar.kernels.arguments import output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.multilinear import check_bit, folded_length
from hstar.kernels.reference import sumcheck as reference
from hstar.kernels.vectors import (
    ExtensionVector,
    Values,
    Words,
    check_extension_element,
    check_same_length,
    check_values,
    check_vector,
    elements_of,
    packed_shape,
    words_of,
)

Coefficients: TypeAlias = tuple[ExtensionElement, ExtensionElement]
"""`(c1, c2)` of a round."""


class Folded(NamedTuple):
    """Both vectors with a variable bound, and the round of the next variable."""

    values: ExtensionVector
    weights: ExtensionVector
    coefficients: Coefficients


def _check(values: Values, weights: ExtensionVector, claim: ExtensionElement) -> None:
    check_values(values, "values")
    check_vector(weights, "weights")
    check_same_length(values, weights)
    check_extension_element(claim, "claim")


def _with_claim(claim: ExtensionElement, round_: list[list[int]]) -> Coefficients:
    constant, quadratic = ExtensionElement(round_[0]), ExtensionElement(round_[1])
    return claim - 2 * constant - quadratic, quadratic


def product_round(values: Values, weights: ExtensionVector, claim: ExtensionElement, bit: int = 0) -> Coefficients:
    """The round of the variable of `bit`.

    Args:
        values: `f`, elements of either field.
        weights: `W`, as many elements.
        claim: `sum f W`.
        bit: which variable.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE.
    """
    _check(values, weights, claim)
    check_bit(bit)
    if not runs_native():
        return reference.product_round(elements_of(values), weights.to_elements(), claim, bit)
    extension = isinstance(values, ExtensionVector)
    kernel = native().product_round_extension if extension else native().product_round_base
    num_pairs = folded_length(len(values), bit)
    return _with_claim(claim, kernel(words_of(values), weights.words, bit, num_pairs))


def fold_and_product_round(
    values: Values,
    weights: ExtensionVector,
    challenge: ExtensionElement,
    claim: ExtensionElement,
    bit: int = 0,
    next_bit: int | None = None,
    *,
    out: tuple[Words, Words] | None = None,
) -> Folded:
    """Binds the variable of `bit` in `f` and `W` and computes the next round, reading the vectors once.

    Args:
        values: `f`, elements of either field.
        weights: `W`, as many elements.
        challenge: what the variable becomes.
        claim: `sum f W` after the variable is bound: the round's polynomial at `challenge`.
        bit: the variable that is bound.
        next_bit: the bit, after binding, of the next round's variable; the same as `bit` unless given.
        out: buffers for the words of the results, each of shape `packed_shape(folded_length(len(values), bit))`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE, MALFORMED.
    """
    _check(values, weights, claim)
    check_extension_element(challenge, "challenge")
    bits = (check_bit(bit), check_bit(bit if next_bit is None else next_bit))
    length = folded_length(len(values), bit)
    inputs = (words_of(values), weights.words)
    first, second = out if out is not None else (None, None)
    to_values = output_array(first, "uint32", packed_shape(length), *inputs)
    to_weights = output_array(second, "uint32", packed_shape(length), *inputs, to_values)
    if runs_native():
        extension = isinstance(values, ExtensionVector)
        kernel = native().fold_and_product_round_extension if extension else native().fold_and_product_round_base
        coefficients = _with_claim(claim, kernel(*inputs, challenge.coefficients, bits, to_values, to_weights))
    else:
        elements = (elements_of(values), weights.to_elements())
        new_values, new_weights, coefficients = reference.fold_and_product_round(*elements, challenge, claim, bits)
        to_values[...] = ExtensionVector.from_elements(new_values).words
        to_weights[...] = ExtensionVector.from_elements(new_weights).words
    return Folded(ExtensionVector.trusted(length, to_values), ExtensionVector.trusted(length, to_weights), coefficients)

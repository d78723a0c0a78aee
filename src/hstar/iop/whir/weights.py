"""Weights of evaluation claims, written down in full for the prover: `x -> c z^x`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.field.extension import DEGREE, ONE, ExtensionElement
from hstar.kernels.code import encode_columns
from hstar.kernels.vectors import ExtensionVector, add, scale
from hstar.transcript.arithmetic import Bits


def monomials(base: ExtensionElement, length: int, factor: ExtensionElement = ONE) -> ExtensionVector:
    """factor, factor base, factor base^2, .. by doubling; `length` is a power of two."""
    rows = np.array([factor.coefficients], dtype=np.uint32)
    power = base
    while len(rows) < length:
        upper = scale(ExtensionVector.from_canonical(rows), power).to_canonical()
        rows = np.concatenate([rows, upper])
        power = power * power
    return ExtensionVector.from_canonical(rows)


def sample_weights(
    points: Sequence[ExtensionElement], coefficients: Sequence[ExtensionElement], length: int
) -> ExtensionVector:
    """`sum_i coefficient_i point_i^x` for x < length."""
    total = ExtensionVector.zeros(length)
    for point, coefficient in zip(points, coefficients, strict=True):
        total = add(total, monomials(point, length, coefficient))
    return total


def position_weights(
    log_num_positions: int, positions: Sequence[Bits], coefficients: Sequence[ExtensionElement], length: int
) -> ExtensionVector:
    """`sum_i coefficient_i G^(position_i x)` for x < length, all positions at once.

    With the coefficients as a sparse vector over the positions this is one discrete Fourier transform: the codeword of
    that vector at rate 1.

    Args:
        log_num_positions: G has order 2^log_num_positions.
        positions: as bits; a position may occur more than once.
        coefficients: one for each.
        length: at most 2^log_num_positions.
    """
    sparse: dict[int, ExtensionElement] = {}
    for bits, coefficient in zip(positions, coefficients, strict=True):
        index = sum(bit << place for place, bit in enumerate(bits))
        sparse[index] = sparse[index] + coefficient if index in sparse else coefficient
    columns = np.zeros((DEGREE, 1 << log_num_positions), dtype=np.uint32)
    for index, coefficient in sparse.items():
        columns[:, index] = coefficient.coefficients
    transformed = encode_columns(columns, 0).words[0]
    order = _bit_reversed(log_num_positions)[:length]
    return ExtensionVector.from_canonical(np.ascontiguousarray(transformed[:, order].T))


def _bit_reversed(num_bits: int) -> NDArray[np.int64]:
    """Where the values of positions 0, 1, .. stand in a codeword."""
    order = np.zeros(1, dtype=np.int64)
    for _ in range(num_bits):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order

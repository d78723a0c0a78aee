"""Definition of `kernels.code`: Horner's rule at every position."""

from __future__ import annotations

import numpy as np

from hstar.field.extension import DEGREE
from hstar.field.koala_bear import MODULUS, two_adic_generator
from hstar.kernels.bit_order import bit_reversal
from hstar.kernels.vectors import ExtensionVector, Words


def encode_columns(columns: Words, log_inverse_rate: int) -> Words:
    """Words of the codeword, shape `[2^log_inverse_rate, columns, 2^log_height]`."""
    num_columns, height = columns.shape
    log_length = log_inverse_rate + height.bit_length() - 1
    generator = two_adic_generator(log_length)
    powers = [1]
    for _ in range((1 << log_length) - 1):
        powers.append(powers[-1] * generator % MODULUS)
    points = np.array(powers, dtype=np.uint64)[bit_reversal(log_length)]
    values = np.zeros((num_columns, 1 << log_length), dtype=np.uint64)
    for coefficients in columns.astype(np.uint64).T[::-1]:
        values = (values * points + coefficients[:, None]) % np.uint64(MODULUS)
    blocks = values.astype(np.uint32).reshape(num_columns, 1 << log_inverse_rate, height)
    return np.ascontiguousarray(blocks.transpose(1, 0, 2))


def interleaved_columns(vector: ExtensionVector, log_interleaving: int) -> Words:
    """Columns, shape `[6 * 2^log_interleaving, 2^log_height]`."""
    table = vector.to_canonical().reshape(-1, DEGREE << log_interleaving)
    return np.ascontiguousarray(table.T)

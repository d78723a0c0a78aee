"""Bit-reversed order, in which codewords and Merkle levels lie in memory.

Entry `i` of a level of `2^n` entries belongs to index `reverse_bits(i, n)`. Transforms yield that order without moving
data, and in it the children `2k` and `2k + 1` of a node lie half a level apart, so that hashing reads whole vectors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def reverse_bits(index: int, num_bits: int) -> int:
    """The number whose `num_bits` bits are those of `index` in reverse."""
    return int(format(index, f"0{num_bits}b")[::-1], 2) if num_bits else 0


def bit_reversal(num_bits: int) -> npt.NDArray[np.int64]:
    """`reverse_bits(i, num_bits)` for every `i`, in order."""
    order = np.zeros(1, dtype=np.int64)
    for _ in range(num_bits):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order

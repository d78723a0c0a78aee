"""Hashing and tree compression on the Poseidon2 permutation.

Layout: lanes 0..14 are the rate, 15..23 the capacity, and a digest is lanes 0..8. The sponge starts at zero except for
the number of elements in lane 22 and the tag in lane 23, so two messages that differ in length or purpose start from
different capacities, and the zeros that fill the last block can be told from data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hstar.field.koala_bear import MODULUS
from hstar.hash import poseidon2

RATE = 15
CAPACITY = poseidon2.WIDTH - RATE
DIGEST_ELEMENTS = 9
LENGTH_LANE = 22
TAG_LANE = 23
LEFT_LANE = 0
RIGHT_LANE = 12

Permutation = Callable[[Sequence[int]], list[int]]


def sponge(tag_element: int, elements: Sequence[int], permute: Permutation = poseidon2.permute) -> tuple[int, ...]:
    """The overwrite-mode sponge: `elements` in blocks of 15, the last one filled with zeros.

    An empty message is one block of zeros.

    Args:
        tag_element: goes to lane 23 of the first state.
        elements: fewer than `MODULUS` canonical elements.
        permute: the permutation; a circuit passes its own.

    Returns:
        The digest, 9 elements.

    Source: [BDPV08] with overwriting; the length comes first, so messages are prefix-free.
    """
    lanes = [0] * poseidon2.WIDTH
    lanes[LENGTH_LANE] = len(elements)
    lanes[TAG_LANE] = tag_element
    for start in range(0, max(len(elements), 1), RATE):
        block = list(elements[start : start + RATE])
        lanes = permute(block + [0] * (RATE - len(block)) + lanes[RATE:])
    return tuple(lanes[:DIGEST_ELEMENTS])


def compress(
    tag_element: int, left: Sequence[int], right: Sequence[int], permute: Permutation = poseidon2.permute
) -> tuple[int, ...]:
    """Two digests into one: the first 9 lanes of `P(x) + x` for `x = (left, 0, 0, 0, right, 0, 0, tag)`.

    The digests start at lanes 0 and 12, so that in a circuit with wires of six lanes each is two wires. Adding `x` back
    makes the function one-way although the permutation can be inverted.
    """
    lanes = [*left, 0, 0, 0, *right, 0, 0, tag_element]
    permuted = permute(lanes)
    return tuple((permuted[index] + lanes[index]) % MODULUS for index in range(DIGEST_ELEMENTS))

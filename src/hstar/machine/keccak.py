"""Keccak-f[1600] in plain Python: the meaning of the accelerator call (FIPS 202, section 3)."""

from __future__ import annotations

from collections.abc import Sequence

NUM_LANES = 25
NUM_ROUNDS = 24
_MASK = 2**64 - 1


def _round_constants() -> tuple[int, ...]:
    """The constants of iota from their shift register x^8 + x^6 + x^5 + x^4 + 1 (FIPS 202, 3.2.5)."""
    state, constants = 1, []
    for _ in range(NUM_ROUNDS):
        constant = 0
        for j in range(7):
            if state & 1:
                constant |= 1 << ((1 << j) - 1)
            state <<= 1
            if state & 0x100:
                state ^= 0x171
        constants.append(constant)
    return tuple(constants)


def _rotations() -> tuple[int, ...]:
    """Rotation of the lane at x + 5 y (FIPS 202, 3.2.2)."""
    offsets = [0] * NUM_LANES
    x, y = 1, 0
    for t in range(24):
        offsets[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(offsets)


ROUND_CONSTANTS = _round_constants()
ROTATIONS = _rotations()


def _rotate_left(value: int, amount: int) -> int:
    return ((value << amount) | (value >> (64 - amount))) & _MASK


def keccak_f1600(lanes: Sequence[int]) -> list[int]:
    """The permutation of 25 lanes; lane x + 5 y is 64 bits, little-endian in memory."""
    a = list(lanes)
    for constant in ROUND_CONSTANTS:
        parity = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        effect = [parity[(x - 1) % 5] ^ _rotate_left(parity[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * NUM_LANES
        for x in range(5):
            for y in range(5):
                lane = a[x + 5 * y] ^ effect[x]
                b[y + 5 * ((2 * x + 3 * y) % 5)] = _rotate_left(lane, ROTATIONS[x + 5 * y])
        a = [
            b[i] ^ (~b[(i % 5 + 1) % 5 + i // 5 * 5] & b[(i % 5 + 2) % 5 + i // 5 * 5] & _MASK)
            for i in range(NUM_LANES)
        ]
        a[0] ^= constant
    return a

"""Records of the Keccak chips from the states that the calls start with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hstar.machine.keccak import NUM_LANES, NUM_ROUNDS, ROTATIONS, ROUND_CONSTANTS

States = NDArray[np.uint64]
"""`[calls, 25]` lanes."""


def rounds_of(states: States) -> NDArray[np.uint64]:
    """`[25, calls, 25]`: every state from before round 0 to after round 23, all calls at once."""
    history = np.zeros((NUM_ROUNDS + 1, *states.shape), dtype=np.uint64)
    history[0] = states
    for index, constant in enumerate(ROUND_CONSTANTS):
        history[index + 1] = _round(history[index], np.uint64(constant))
    return history


def keccak_records(states: States, pc: int) -> dict[str, dict[str, NDArray[Any]]]:
    """Records of a keccak segment.

    Args:
        states: before each call.
        pc: index of the word at which the program stands.
    """
    history, calls = rounds_of(states), np.arange(len(states), dtype=np.uint64)
    lanes = history[:NUM_ROUNDS].transpose(1, 0, 2).reshape(-1, NUM_LANES)
    return {
        "control": {"pc": np.array([pc]), "num_calls": np.array([len(states)])},
        "keccak_permutation": {"call": calls, "before": history[0], "after": history[NUM_ROUNDS]},
        "keccak_round": {
            "call": np.repeat(calls, NUM_ROUNDS),
            "round": np.tile(np.arange(NUM_ROUNDS, dtype=np.uint64), len(calls)),
            "constant": np.tile(np.array(ROUND_CONSTANTS, dtype=np.uint64), len(calls)),
            "lanes": np.ascontiguousarray(lanes),
        },
    }


def _rotate_left(lanes: NDArray[np.uint64], amount: int) -> NDArray[np.uint64]:
    left, right = np.uint64(amount), np.uint64((64 - amount) % 64)
    return (lanes << left) | (lanes >> right)


def _round(a: States, constant: np.uint64) -> States:
    """As `hstar.machine.keccak.keccak_f1600`, on columns of lanes."""
    parity = [a[:, x] ^ a[:, x + 5] ^ a[:, x + 10] ^ a[:, x + 15] ^ a[:, x + 20] for x in range(5)]
    effect = [parity[(x + 4) % 5] ^ _rotate_left(parity[(x + 1) % 5], 1) for x in range(5)]
    b = np.zeros_like(a)
    for x in range(5):
        for y in range(5):
            lane = x + 5 * y
            b[:, y + 5 * ((2 * x + 3 * y) % 5)] = _rotate_left(a[:, lane] ^ effect[x], ROTATIONS[lane])
    after = np.zeros_like(a)
    for lane in range(NUM_LANES):
        row = lane - lane % 5
        after[:, lane] = b[:, lane] ^ (~b[:, row + (lane + 1) % 5] & b[:, row + (lane + 2) % 5])
    after[:, 0] ^= constant
    return after

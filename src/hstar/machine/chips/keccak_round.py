"""One round of Keccak-f[1600] in a row: only bits are committed, everything else is an expression of them.

With A the state before the round, C its column parities, A' the state after theta and C' the parities of A' (FIPS 202,
3.2; x and y modulo 5, bit positions modulo 64):

    A'[x,y,z] = A[x,y,z] + C[x-1,z] + C[x+1,z-1]     modulo 2, from right to left: A is an expression of A' and C
    C'[x,z]   = C[x,z]   + C[x-1,z] + C[x+1,z-1]     modulo 2, because five bits of a column change alike
    sum over y of A'[x,y,z] - C'[x,z] is 0, 2 or 4   so C' are the parities of A', and C those of A

rho and pi rename bits, chi and iota are expressions. A row has 1,600 bits of A', 320 of C and 320 of C'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports, chain, lookup
from hstar.air.chip import Chip
from hstar.air.columns import U16, U64, Bit, Multiplicity, Preprocessed
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean, check
from hstar.machine.keccak import NUM_LANES, NUM_ROUNDS, ROTATIONS, ROUND_CONSTANTS

LANE_BITS = 64
LIMB_BITS = 16
NUM_LIMBS = NUM_LANES * LANE_BITS // LIMB_BITS
IOTA_POSITIONS = tuple(2**j - 1 for j in range(7))
"""The only bits that a round constant can have."""

KECCAK_STATE = chain("keccak_state", order="round", call=Felt, round=Felt, limbs=Annotated[list[U16], NUM_LIMBS])
"""State before round `round` of call `call`; lane after lane, least significant limb first."""
KECCAK_CONSTANTS = lookup("keccak_constants", round=Felt, bits=Annotated[list[Bit], len(IOTA_POSITIONS)])

Bits = Sequence[Sequence[Expression]]
"""64 bits of each of some lanes."""


def xor(left: Expression, right: Expression) -> Expression:
    """a + b - 2ab: a Bit where both are."""
    return left + right - 2 * (left * right)


def limbs_of_bits(lanes: Bits) -> list[Expression]:
    """Four 16-bit numbers for every lane."""
    limbs: list[Expression] = []
    for lane in lanes:
        for start in range(0, LANE_BITS, LIMB_BITS):
            total = lane[start]
            for place in range(1, LIMB_BITS):
                total = total + 2**place * lane[start + place]
            limbs.append(total)
    return limbs


class KeccakConstants(Chip):
    """The round constants of iota, by round."""

    class Columns:
        round: Preprocessed[Felt]
        bits: Preprocessed[Annotated[list[Bit], 7]]
        asked: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[Any]]:
        """24 rounds."""
        columns: dict[str, NDArray[Any]] = {"round": np.arange(NUM_ROUNDS)}
        for index, place in enumerate(IOTA_POSITIONS):
            columns[f"bits[{index}]"] = np.array([constant >> place & 1 for constant in ROUND_CONSTANTS])
        return columns

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Offers every round."""
        bus.provide(KECCAK_CONSTANTS, c.round, c.bits, multiplicity=c.asked)


class KeccakRound(Chip):
    """(call, round, A) -> (call, round + 1, the state after the round).

    Soundness: the constants' table allows the rounds 0 to 23 only; a path of rows from round 0 to round 24 has each
    round once, and call numbers are distinct, so it computes the permutation of its own call.
    """

    class Columns:
        call: Felt
        round: Felt
        constant: Annotated[list[Bit], 7]
        parity: Annotated[list[list[Bit]], (5, 64)]
        parity_after: Annotated[list[list[Bit]], (5, 64)]
        state: Annotated[list[list[Bit]], (25, 64)]

    class Record:
        call: U64
        round: U64
        constant: U64
        lanes: Annotated[list[U64], 25]

    def trace(self, c: Columns, record: Record) -> None:
        """theta on whole lanes, then bits."""
        c.call.set(record.call)
        c.round.set(record.round)
        for bit, place in zip(c.constant, IOTA_POSITIONS, strict=True):
            bit.set(record.constant >> place & 1)
        lanes: list[Expression] = list(record.lanes)
        parity = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        effect = [parity[(x + 4) % 5] ^ (parity[(x + 1) % 5] << 1 | parity[(x + 1) % 5] >> 63) for x in range(5)]
        for x in range(5):
            _set_bits(c.parity[x], parity[x])
            _set_bits(c.parity_after[x], parity[x] ^ effect[x])
        for lane in range(NUM_LANES):
            _set_bits(c.state[lane], lanes[lane] ^ effect[lane % 5])

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """Bits, and the two equations of theta."""
        for name, lanes in (("C", c.parity), ("C'", c.parity_after), ("A'", c.state)):
            for x, lane in enumerate(lanes):
                for z, bit in enumerate(lane):
                    yield boolean(bit, name=f"{name}[{x}, {z}] is a bit")
        for x in range(5):
            for z in range(LANE_BITS):
                before = xor(c.parity[x][z], _effect(c.parity, x, z))
                yield check(f"C'[{x}, {z}]", c.parity_after[x][z] == before)
                odd = sum((c.state[x + 5 * y][z] for y in range(5)), -c.parity_after[x][z])
                yield check(f"C'[{x}, {z}] is the parity of its column", odd * (odd - 2) * (odd - 4))

    def interactions(self, c: Columns, bus: Ports) -> None:
        """A from A' and C; the next state by rho, pi, chi and iota."""
        bus.ask(KECCAK_CONSTANTS, c.round, c.constant)
        before = [
            [xor(bit, _effect(c.parity, lane % 5, z)) for z, bit in enumerate(c.state[lane])]
            for lane in range(NUM_LANES)
        ]
        after = _chi(_rho_pi(c.state))
        for bit, place in zip(c.constant, IOTA_POSITIONS, strict=True):
            after[0][place] = xor(after[0][place], bit)
        bus.receive(KECCAK_STATE, c.call, c.round, limbs_of_bits(before))
        bus.send(KECCAK_STATE, c.call, c.round + 1, limbs_of_bits(after))


def _set_bits(columns: Sequence[Felt], lane: Expression) -> None:
    for place, column in enumerate(columns):
        column.set(lane >> place & 1)


def _effect(parity: Bits, x: int, z: int) -> Expression:
    """What theta adds to column (x, z)."""
    return xor(parity[(x + 4) % 5][z], parity[(x + 1) % 5][(z + 63) % 64])


def _rho_pi(state: Bits) -> list[list[Expression]]:
    """Bits under new names: B[y, 2x + 3y] = A'[x, y] rotated."""
    moved: list[list[Expression]] = [[] for _ in range(NUM_LANES)]
    for x in range(5):
        for y in range(5):
            lane = x + 5 * y
            rotated = [state[lane][(z - ROTATIONS[lane]) % LANE_BITS] for z in range(LANE_BITS)]
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotated
    return moved


def _chi(state: Bits) -> list[list[Expression]]:
    """B xor (not B[x+1] and B[x+2]) in every row of five lanes."""
    result: list[list[Expression]] = []
    for lane in range(NUM_LANES):
        row = lane - lane % 5
        right, far = state[row + (lane + 1) % 5], state[row + (lane + 2) % 5]
        result.append([xor(bit, (1 - right[z]) * far[z]) for z, bit in enumerate(state[lane])])
    return result

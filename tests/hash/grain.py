"""The Grain LFSR of the Poseidon papers, which generates the published round constants."""

from __future__ import annotations

from collections.abc import Iterator

NUM_DISCARDED_BITS = 160


def _linear_feedback(num_lanes: int, num_full_rounds: int, num_partial_rounds: int, field_bits: int) -> Iterator[int]:
    prime_field, monomial_s_box = 1, 0
    register = "".join(
        f"{value:0{width}b}"
        for value, width in (
            (prime_field, 2),
            (monomial_s_box, 4),
            (field_bits, 12),
            (num_lanes, 12),
            (num_full_rounds, 10),
            (num_partial_rounds, 10),
            (2**30 - 1, 30),
        )
    )
    state = [int(bit) for bit in register]
    assert len(state) == 80
    while True:
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state = [*state[1:], bit]
        yield bit


def _self_shrunk(bits: Iterator[int]) -> Iterator[int]:
    for _ in range(NUM_DISCARDED_BITS):
        next(bits)
    while True:
        keep, bit = next(bits), next(bits)
        if keep:
            yield bit


def field_elements(num_lanes: int, num_full_rounds: int, num_partial_rounds: int, modulus: int) -> Iterator[int]:
    """Field elements, most significant bit first, too large ones rejected."""
    field_bits = modulus.bit_length()
    bits = _self_shrunk(_linear_feedback(num_lanes, num_full_rounds, num_partial_rounds, field_bits))
    while True:
        value = 0
        for _ in range(field_bits):
            value = 2 * value + next(bits)
        if value < modulus:
            yield value

"""Poseidon2 on 24 KoalaBear elements: 8 full and 23 partial rounds, S-box `x^3`.

The state passes through the external linear layer, 4 full rounds, 23 partial rounds and 4 full rounds. A full round
adds a constant to every lane, cubes every lane and applies the external layer; a partial round does the first two to
lane 0 alone and applies the internal layer.

The round constants are the output of the Grain LFSR for a prime field of 31 bits with these numbers of lanes and
rounds, in the order of use; the round numbers follow from the inequalities of the Poseidon paper for 128 bits plus its
margin (two full rounds, 7.5 % partial ones). The tests repeat both derivations.

Source: [GKS23] Poseidon2, eprint 2023/323; the internal diagonal is the one that Plonky3 published for KoalaBear.
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.koala_bear import MODULUS

WIDTH = 24
NUM_FULL_ROUNDS = 8
NUM_PARTIAL_ROUNDS = 23
S_BOX_DEGREE = 3

FIRST_FULL_ROUND_CONSTANTS: tuple[tuple[int, ...], ...] = (
    (
        0x1D0939DC,
        0x6D050F8D,
        0x628058AD,
        0x2681385D,
        0x3E3C62BE,
        0x032CFAD8,
        0x5A91BA3C,
        0x015A56E6,
        0x696B889C,
        0x0DBCD780,
        0x5881B5C9,
        0x2A076F2E,
        0x55393055,
        0x6513A085,
        0x547AC78F,
        0x4281C5B8,
        0x3E7A3F6C,
        0x34562C19,
        0x2C04E679,
        0x0ED78234,
        0x5F7A1AA9,
        0x0177640E,
        0x0EA4F8D1,
        0x15BE7692,
    ),
    (
        0x6EAFDD62,
        0x71A572C6,
        0x72416F0A,
        0x31CE1AD3,
        0x2136A0CF,
        0x1507C0EB,
        0x1EB6E07A,
        0x3A0CCF7B,
        0x38E4BF31,
        0x44128286,
        0x6B05E976,
        0x244A9B92,
        0x6E4B32A8,
        0x78EE2496,
        0x4761115B,
        0x3D3A7077,
        0x75D3C670,
        0x396A2475,
        0x26DD00B4,
        0x7DF50F59,
        0x0CB922DF,
        0x0568B190,
        0x5BD3FCD6,
        0x1351F58E,
    ),
    (
        0x52191B5F,
        0x119171B8,
        0x1E8BB727,
        0x27D21F26,
        0x36146613,
        0x1EE817A2,
        0x71ABE84E,
        0x44B88070,
        0x5DC04410,
        0x2AEAA2F6,
        0x2B7BB311,
        0x6906884D,
        0x0522E053,
        0x0C45A214,
        0x1B016998,
        0x479B1052,
        0x3ACC89BE,
        0x0776021A,
        0x7A34A1F5,
        0x70F87911,
        0x2CAF9D9E,
        0x026AFF1B,
        0x2C42468E,
        0x67726B45,
    ),
    (
        0x09B6F53C,
        0x73D76589,
        0x5793EEB0,
        0x29E720F3,
        0x75FC8BDF,
        0x4C2FAE0E,
        0x20B41DB3,
        0x7E491510,
        0x2CADEF18,
        0x57FC24D6,
        0x4D1ADE4A,
        0x36BF8E3C,
        0x3511B63C,
        0x64D8476F,
        0x732BA706,
        0x46634978,
        0x0521C17C,
        0x5EE69212,
        0x3559CBA9,
        0x2B33DF89,
        0x653538D6,
        0x5FDE8344,
        0x4091605D,
        0x2933BDDE,
    ),
)

PARTIAL_ROUND_CONSTANTS: tuple[int, ...] = (
    0x1395D4CA,
    0x5DBAC049,
    0x51FC2727,
    0x13407399,
    0x39AC6953,
    0x45E8726C,
    0x75A7311C,
    0x599F82C9,
    0x702CF13B,
    0x026B8955,
    0x44E09BBC,
    0x2211207F,
    0x5128B4E3,
    0x591C41AF,
    0x674F5C68,
    0x3981D0D3,
    0x2D82F898,
    0x707CD267,
    0x3B4CCA45,
    0x2AD0DC3C,
    0x0CB79B37,
    0x23F2F4E8,
    0x3DE4E739,
)

LAST_FULL_ROUND_CONSTANTS: tuple[tuple[int, ...], ...] = (
    (
        0x7D232359,
        0x389D82F9,
        0x259B2E6C,
        0x45A94DEF,
        0x0D497380,
        0x5B049135,
        0x3C268399,
        0x78FEB2F9,
        0x300A3EEC,
        0x505165BB,
        0x20300973,
        0x2327C081,
        0x1A45A2F4,
        0x5B32EA2E,
        0x2D5D1A70,
        0x053E613E,
        0x5433E39F,
        0x495529F0,
        0x1EAA1AA9,
        0x578F572A,
        0x698EDE71,
        0x5A0F9DBA,
        0x398A2E96,
        0x0C7B2925,
    ),
    (
        0x2E6B9564,
        0x026B00DE,
        0x7644C1E9,
        0x5C23D0BD,
        0x3470B5EF,
        0x6013CF3A,
        0x48747288,
        0x13B7A543,
        0x3EAEBD44,
        0x0004E60C,
        0x1E8363A2,
        0x2343259A,
        0x69DA0C2A,
        0x06E3E4C4,
        0x1095018E,
        0x0DEEA348,
        0x1F4C5513,
        0x4F9A3A98,
        0x3179112B,
        0x524ABB1F,
        0x21615BA2,
        0x23AB4065,
        0x1202A1D1,
        0x21D25B83,
    ),
    (
        0x6ED17C2F,
        0x391E6B09,
        0x5E4ED894,
        0x6A2F58F2,
        0x5D980D70,
        0x3FA48C5E,
        0x1F6366F7,
        0x63540F5F,
        0x6A8235ED,
        0x14C12A78,
        0x6EDDE1C9,
        0x58CE1C22,
        0x718588BB,
        0x334313AD,
        0x7478DBC7,
        0x647AD52F,
        0x39E82049,
        0x6FEE146A,
        0x082C2F24,
        0x1F093015,
        0x30173C18,
        0x53F70C0D,
        0x6028AB0C,
        0x2F47A1EE,
    ),
    (
        0x26A6780E,
        0x3540BC83,
        0x1812B49F,
        0x5149C827,
        0x631DD925,
        0x001F2DEA,
        0x7DC05194,
        0x3789672E,
        0x7CABF72E,
        0x242DBE2F,
        0x0B07A51D,
        0x38653650,
        0x50785C4E,
        0x60E8A7E0,
        0x07464338,
        0x3482D6E1,
        0x08A69F1E,
        0x3F2AFF24,
        0x5814C30D,
        0x13FECAB2,
        0x61CB291A,
        0x68C8226F,
        0x5C757EEA,
        0x289B4E1E,
    ),
)


def _half_to_the(exponent: int) -> int:
    """`2^-exponent`."""
    return pow(2, -exponent, MODULUS)


INTERNAL_DIAGONAL: tuple[int, ...] = tuple(
    entry % MODULUS
    for entry in (
        *(-2, 1, 2, _half_to_the(1), 3, 4, -_half_to_the(1), -3, -4, _half_to_the(8)),
        *(_half_to_the(exponent) for exponent in (2, 3, 4, 5, 6, 24)),
        *(-_half_to_the(exponent) for exponent in (8, 3, 4, 5, 6, 7, 9, 24)),
    )
)
"""The internal matrix is the all-ones matrix plus this diagonal."""


def apply_external_layer(state: Sequence[int]) -> list[int]:
    """Multiplies by `circulant(2, 1, 1, 1, 1, 1) (x) M`, with `M = circulant(2, 3, 1, 1)` on blocks of four lanes."""
    mixed: list[int] = []
    for block in range(0, WIDTH, 4):
        a, b, c, d = state[block : block + 4]
        total = a + b + c + d
        mixed += [total + a + 2 * b, total + b + 2 * c, total + c + 2 * d, total + d + 2 * a]
    column_sums = [sum(mixed[column::4]) for column in range(4)]
    return [(lane + column_sums[index % 4]) % MODULUS for index, lane in enumerate(mixed)]


def apply_internal_layer(state: Sequence[int]) -> list[int]:
    """Multiplies by the all-ones matrix plus `INTERNAL_DIAGONAL`."""
    total = sum(state)
    return [(total + entry * lane) % MODULUS for entry, lane in zip(INTERNAL_DIAGONAL, state, strict=True)]


def _full_round(state: Sequence[int], constants: Sequence[int]) -> list[int]:
    cubed = [pow(lane + constant, S_BOX_DEGREE, MODULUS) for lane, constant in zip(state, constants, strict=True)]
    return apply_external_layer(cubed)


def permute(state: Sequence[int]) -> list[int]:
    """The permutation.

    Args:
        state: 24 integers in `[0, MODULUS)`; the caller has checked them.

    Returns:
        24 integers in `[0, MODULUS)`.

    Source: [GKS23, section 5].
    """
    lanes = apply_external_layer(state)
    for constants in FIRST_FULL_ROUND_CONSTANTS:
        lanes = _full_round(lanes, constants)
    for constant in PARTIAL_ROUND_CONSTANTS:
        lanes[0] = pow(lanes[0] + constant, S_BOX_DEGREE, MODULUS)
        lanes = apply_internal_layer(lanes)
    for constants in LAST_FULL_ROUND_CONSTANTS:
        lanes = _full_round(lanes, constants)
    return lanes

from __future__ import annotations

from itertools import islice
from math import ceil, gcd, log

import pytest

from hash import grain
from hstar.field.koala_bear import MODULUS
from hstar.hash import poseidon2
from hstar.hash.poseidon2 import NUM_FULL_ROUNDS, NUM_PARTIAL_ROUNDS, S_BOX_DEGREE, WIDTH

SECURITY_BITS = 128
Matrix = list[list[int]]


def test_constants_are_the_output_of_the_published_generator() -> None:
    stream = grain.field_elements(WIDTH, NUM_FULL_ROUNDS, NUM_PARTIAL_ROUNDS, MODULUS)
    for constants in poseidon2.FIRST_FULL_ROUND_CONSTANTS:
        assert constants == tuple(islice(stream, WIDTH))
    assert tuple(islice(stream, NUM_PARTIAL_ROUNDS)) == poseidon2.PARTIAL_ROUND_CONSTANTS
    for constants in poseidon2.LAST_FULL_ROUND_CONSTANTS:
        assert constants == tuple(islice(stream, WIDTH))
    assert len(poseidon2.FIRST_FULL_ROUND_CONSTANTS) == len(poseidon2.LAST_FULL_ROUND_CONSTANTS) == NUM_FULL_ROUNDS // 2


def fewest_full_rounds(num_partial_rounds: int) -> int:
    """The inequalities of the Poseidon paper (section 5.5): statistical, interpolation, three Gröbner basis attacks."""
    field_bits, shrink = log(MODULUS, 2), log(2, S_BOX_DEGREE)
    statistical = 6 if (field_bits - (S_BOX_DEGREE - 1) / 2) * (WIDTH + 1) >= SECURITY_BITS else 10
    interpolation = 1 + ceil(shrink * min(SECURITY_BITS, field_bits)) + ceil(log(WIDTH, S_BOX_DEGREE))
    groebner_1 = shrink * min(SECURITY_BITS, field_bits)
    groebner_2 = WIDTH - 1 + shrink * min(SECURITY_BITS / (WIDTH + 1), field_bits / 2)
    groebner_3 = (WIDTH - 2 + SECURITY_BITS / (2 * log(S_BOX_DEGREE, 2)) - num_partial_rounds) / (WIDTH - 1)
    needed = max(interpolation, groebner_1, groebner_2) - num_partial_rounds
    return ceil(max(statistical, needed, groebner_3))


def test_round_numbers_are_the_cheapest_secure_ones_plus_the_published_margin() -> None:
    candidates = [(fewest_full_rounds(partial), partial) for partial in range(1, 200)]
    candidates = [(full + full % 2, partial) for full, partial in candidates]
    full, partial = min(candidates, key=lambda rounds: (WIDTH * rounds[0] + rounds[1], rounds[0]))
    assert (full + 2, ceil(partial * 1.075)) == (NUM_FULL_ROUNDS, NUM_PARTIAL_ROUNDS)


def test_the_s_box_is_a_permutation_of_the_field() -> None:
    assert gcd(S_BOX_DEGREE, MODULUS - 1) == 1


def columns_of(layer) -> Matrix:
    return [layer([int(row == column) for row in range(WIDTH)]) for column in range(WIDTH)]


def test_external_layer_is_the_matrix_of_the_paper() -> None:
    block = [[2, 3, 1, 1], [1, 2, 3, 1], [1, 1, 2, 3], [3, 1, 1, 2]]
    for column, entries in enumerate(columns_of(poseidon2.apply_external_layer)):
        for row, entry in enumerate(entries):
            assert entry == block[row % 4][column % 4] * (2 if row // 4 == column // 4 else 1)


def test_internal_layer_is_ones_plus_diagonal() -> None:
    half = (MODULUS + 1) // 2
    assert poseidon2.INTERNAL_DIAGONAL[:4] == (MODULUS - 2, 1, 2, half)
    assert len(set(poseidon2.INTERNAL_DIAGONAL)) == WIDTH
    for column, entries in enumerate(columns_of(poseidon2.apply_internal_layer)):
        for row, entry in enumerate(entries):
            expected = 1 + (poseidon2.INTERNAL_DIAGONAL[row] if row == column else 0)
            assert entry == expected % MODULUS


def multiply_modulo(a: list[int], b: list[int], monic: list[int]) -> list[int]:
    """Polynomials as coefficients from low to high; `monic` has degree 24, the others less."""
    degree = len(monic) - 1
    product = [0] * (2 * degree - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    for top in range(len(product) - 1, degree - 1, -1):
        factor = product[top] % MODULUS
        for i in range(degree):
            product[top - degree + i] -= factor * monic[i]
    return [x % MODULUS for x in product[:degree]]


def solve_linear(columns: Matrix, target: list[int]) -> list[int]:
    """The unique combination of `columns` that is `target`."""
    size = len(target)
    rows = [[columns[j][i] for j in range(size)] + [target[i]] for i in range(size)]
    for pivot in range(size):
        swap = next(i for i in range(pivot, size) if rows[i][pivot])
        rows[pivot], rows[swap] = rows[swap], rows[pivot]
        inverse = pow(rows[pivot][pivot], -1, MODULUS)
        rows[pivot] = [x * inverse % MODULUS for x in rows[pivot]]
        for i in range(size):
            if i != pivot and rows[i][pivot]:
                factor = rows[i][pivot]
                rows[i] = [(x - factor * y) % MODULUS for x, y in zip(rows[i], rows[pivot], strict=True)]
    return [row[-1] for row in rows]


def minimal_polynomial(power: int) -> list[int]:
    """Of `internal matrix ^ power`, from the Krylov sequence of one vector; fails unless its degree is 24."""
    vectors = [[1, *[0] * (WIDTH - 1)]]
    for _ in range(WIDTH):
        vector = vectors[-1]
        for _ in range(power):
            vector = poseidon2.apply_internal_layer(vector)
        vectors.append(vector)
    return [-x % MODULUS for x in solve_linear(vectors[:WIDTH], vectors[WIDTH])] + [1]


def compose_modulo(outer: list[int], inner: list[int], monic: list[int]) -> list[int]:
    result = [0] * (len(monic) - 1)
    for coefficient in reversed(outer):
        result = multiply_modulo(result, inner, monic)
        result[0] = (result[0] + coefficient) % MODULUS
    return result


def has_common_factor(a: list[int], b: list[int]) -> bool:
    while any(b):
        while not b[-1]:
            b = b[:-1]
        inverse = pow(b[-1], -1, MODULUS)
        a = list(a)
        while len(a) >= len(b):
            factor, shift = a[-1] * inverse % MODULUS, len(a) - len(b)
            for i, x in enumerate(b):
                a[shift + i] = (a[shift + i] - factor * x) % MODULUS
            a.pop()
        a, b = b, a
    return len(a) > 1


def is_irreducible(monic: list[int]) -> bool:
    """Rabin's test for degree 24 = 2^3 * 3."""
    x = [0, 1, *[0] * (WIDTH - 2)]
    frobenius, base, exponent = [1, *[0] * (WIDTH - 1)], x, MODULUS
    while exponent:
        if exponent & 1:
            frobenius = multiply_modulo(frobenius, base, monic)
        base, exponent = multiply_modulo(base, base, monic), exponent >> 1
    iterates = [x]
    for _ in range(WIDTH):
        iterates.append(compose_modulo(iterates[-1], frobenius, monic))
    if iterates[WIDTH] != x:
        return False
    differences = ([(a - b) % MODULUS for a, b in zip(iterates[k], x, strict=True)] for k in (8, 12))
    return not any(has_common_factor(monic, difference) for difference in differences)


@pytest.mark.parametrize("power", range(1, 2 * WIDTH + 1))
def test_powers_of_the_internal_matrix_keep_no_subspace(power: int) -> None:
    """Invertible, and no proper subspace stays fixed: the condition that the Poseidon2 paper sets."""
    polynomial = minimal_polynomial(power)
    assert polynomial[0] != 0
    assert is_irreducible(polynomial)


def test_known_answer() -> None:
    assert poseidon2.permute(range(WIDTH))[:4] == [723511737, 87131171, 587052829, 1323145575]


def test_output_is_canonical_and_input_is_untouched() -> None:
    state = [MODULUS - 1] * WIDTH
    output = poseidon2.permute(state)
    assert len(output) == WIDTH
    assert all(0 <= lane < MODULUS for lane in output)
    assert state == [MODULUS - 1] * WIDTH

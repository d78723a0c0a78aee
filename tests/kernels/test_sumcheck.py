from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.extension import ONE
from hstar.kernels import backend, multilinear, sumcheck, vectors
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.vectors import ExtensionVector
from kernels.vector_cases import assert_agree, lengths, random_element, random_values, random_vector, seeds

bits = st.integers(0, 8)


@given(lengths, st.booleans(), bits, seeds)
def test_rounds_agree(length: int, extension: bool, bit: int, seed: int) -> None:
    values, weights = random_values(seed, length, extension), random_vector(seed + 1, length)
    assert_agree(sumcheck.product_round, values, weights, random_element(seed), bit)


@given(lengths, st.booleans(), bits, bits, seeds)
def test_fused_rounds_agree(length: int, extension: bool, bit: int, next_bit: int, seed: int) -> None:
    values, weights = random_values(seed, length, extension), random_vector(seed + 1, length)
    challenge, claim = random_element(seed), random_element(seed + 1)
    assert_agree(sumcheck.fold_and_product_round, values, weights, challenge, claim, bit, next_bit)


@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize("length", [1 << 13, 7000])
@pytest.mark.parametrize(("bit", "next_bit"), [(0, 0), (12, 11), (9, 9), (3, 0), (2, 4), (4, 3)])
def test_large_rounds_agree(extension: bool, length: int, bit: int, next_bit: int) -> None:
    values, weights = random_values(1, length, extension), random_vector(2, length)
    challenge, claim = random_element(3), random_element(4)
    assert_agree(sumcheck.product_round, values, weights, claim, bit)
    assert_agree(sumcheck.fold_and_product_round, values, weights, challenge, claim, bit, next_bit)


@pytest.mark.parametrize("extension", [False, True])
@pytest.mark.parametrize("upwards", [False, True])
@pytest.mark.parametrize("num_variables", [1, 4, 6, 13, 17])
def test_a_whole_sumcheck_ends_at_the_product_of_evaluations(
    extension: bool, upwards: bool, num_variables: int
) -> None:
    """Every round's polynomial adds up to the claim, and the last claim is `f(r) W(r)`."""
    order = [0] * num_variables if upwards else list(reversed(range(num_variables)))
    values, weights = random_values(5, 1 << num_variables, extension), random_vector(6, 1 << num_variables)
    point = [random_element(index) for index in range(num_variables)]
    with use_backend(Backend.NATIVE):
        whole_values, whole_weights = values, weights
        claim = vectors.dot(values, weights)
        c1, c2 = sumcheck.product_round(values, weights, claim, order[0])
        for position, bit in enumerate(order):
            challenge = point[position]
            c0 = (claim - c1 - c2) / 2
            claim = c0 + challenge * (c1 + challenge * c2)
            if position + 1 < num_variables:
                values, weights, (c1, c2) = sumcheck.fold_and_product_round(
                    values, weights, challenge, claim, bit, order[position + 1]
                )
        final_point = point if upwards else point[::-1]
        expected = multilinear.evaluate(whole_values, final_point) * multilinear.evaluate(whole_weights, final_point)
    assert claim == expected


def test_a_wrong_claim_changes_only_the_linear_coefficient() -> None:
    values, weights = random_vector(1, 64), random_vector(2, 64)
    claim = vectors.dot(values, weights)
    right, wrong = (sumcheck.product_round(values, weights, value) for value in (claim, claim + 1))
    assert (wrong[0] - right[0], wrong[1]) == (ONE, right[1])


@pytest.mark.parametrize("backend", list(Backend))
def test_out_is_used(backend: Backend) -> None:
    values, weights = random_vector(1, 70), random_vector(2, 70)
    buffers = tuple(np.full((3, 6, 16), 9, dtype=np.uint32) for _ in range(2))
    with use_backend(backend):
        folded = sumcheck.fold_and_product_round(values, weights, ONE, ONE, out=buffers)
        assert np.shares_memory(folded.values.words, buffers[0])
        assert np.shares_memory(folded.weights.words, buffers[1])
        assert folded == sumcheck.fold_and_product_round(values, weights, ONE, ONE)


@settings(max_examples=20)
@given(lengths, bits)
def test_folded_vectors_keep_their_invariant(length: int, bit: int) -> None:
    values, weights = random_vector(1, length), random_vector(2, length)
    with use_backend(Backend.NATIVE):
        folded = sumcheck.fold_and_product_round(values, weights, random_element(3), ONE, bit)
    for vector in (folded.values, folded.weights):
        assert ExtensionVector(len(vector), vector.words) == vector


V = random_vector(1, 8)
BUFFER = np.zeros((1, 6, 16), dtype=np.uint32)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: sumcheck.product_round(V, random_vector(1, 9), ONE), Reason.WRONG_SHAPE),
        (lambda: sumcheck.product_round(V, np.zeros(8, dtype=np.uint32), ONE), Reason.WRONG_TYPE),
        (lambda: sumcheck.product_round(V, V, 1), Reason.WRONG_TYPE),
        (lambda: sumcheck.product_round(V, V, ONE, 40), Reason.OUT_OF_RANGE),
        (lambda: sumcheck.product_round(np.zeros(8, dtype=np.int64), V, ONE), Reason.WRONG_DTYPE),
        (lambda: sumcheck.product_round(np.full(8, 2**31, dtype=np.uint32), V, ONE), Reason.NOT_CANONICAL),
        (lambda: sumcheck.fold_and_product_round(V, V, 1, ONE), Reason.WRONG_TYPE),
        (lambda: sumcheck.fold_and_product_round(V, V, ONE, ONE, 0, -1), Reason.OUT_OF_RANGE),
        (lambda: sumcheck.fold_and_product_round(V, V, ONE, ONE, out=(BUFFER, BUFFER)), Reason.MALFORMED),
        (lambda: sumcheck.fold_and_product_round(V, V, ONE, ONE, out=(V._words, BUFFER)), Reason.MALFORMED),
    ],
)
def test_wrong_input_is_refused(call, reason: Reason) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.reason == reason


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    values, weights, challenge = random_vector(1, 40_000), random_vector(2, 40_000), random_element(3)
    module = backend.native()
    before, results = module.num_threads(), []
    try:
        for count in (1, 2, 5):
            module.set_num_threads(count)
            with use_backend(Backend.NATIVE):
                folded = sumcheck.fold_and_product_round(values, weights, challenge, ONE, 15, 14)
                round_ = sumcheck.product_round(values, weights, ONE)
                results.append((folded, round_, vectors.dot(values, weights), vectors.mul(values, weights)))
    finally:
        module.set_num_threads(before)
    assert results[0] == results[1] == results[2]

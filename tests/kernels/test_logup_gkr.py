from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.logup_gkr import FractionTree, LeafFractions
from hstar.kernels.vectors import ExtensionVector

BACKENDS = (Backend.NATIVE, Backend.REFERENCE)


def random_elements(generator: np.random.Generator, count: int) -> list[ExtensionElement]:
    return [ExtensionElement(row) for row in generator.integers(0, MODULUS, size=(count, 6)).tolist()]


def random_leaves(generator: np.random.Generator, heights: dict[int, int]) -> list[LeafFractions]:
    return [
        LeafFractions(
            index,
            ExtensionVector.from_elements(random_elements(generator, height)),
            ExtensionVector.from_elements(random_elements(generator, height)),
        )
        for index, height in heights.items()
    ]


def run(
    backend: Backend, leaves: list[LeafFractions], log_leaves: int, log_rows: int, first_layer: int, seed: int
) -> list[ExtensionElement]:
    """Everything that a prover would send, with random challenges; checks each layer's claims on the way."""
    generator = np.random.default_rng(seed)
    with use_backend(backend):
        tree = FractionTree(leaves, log_leaves=log_leaves, log_rows=log_rows, first_layer=first_layer)
        numerators, denominators = tree.roots()
        sent = [*numerators, *denominators]
        point: list[ExtensionElement] = []
        p, q = numerators[0], denominators[0]
        if first_layer:
            (scope,) = random_elements(generator, 1)
            p, q, point = p + scope * (numerators[1] - p), q + scope * (denominators[1] - q), [scope]
        for layer in range(first_layer, log_leaves + log_rows):
            (challenge,) = random_elements(generator, 1)
            claim = p + challenge * q
            layer_sum = tree.next_layer(point, challenge, claim)
            bound = []
            for z in point:
                c1, c2 = layer_sum.round_polynomial()
                # A zero coordinate now and then: the next layer then has a round that the claim says nothing about.
                coordinate = ZERO if generator.integers(4) == 0 else random_elements(generator, 1)[0]
                c0 = claim - z * (c1 + c2)
                claim = c0 + coordinate * (c1 + coordinate * c2)
                layer_sum.bind(coordinate)
                bound.append(coordinate)
                sent += [c1, c2]
            p0, p1, q0, q1 = layer_sum.children()
            assert claim == p0 * q1 + p1 * q0 + challenge * q0 * q1, layer
            sent += [p0, p1, q0, q1]
            (child,) = random_elements(generator, 1)
            p, q, point = p0 + child * (p1 - p0), q0 + child * (q1 - q0), [child, *bound]
        sent += [p, q]
    return sent


@st.composite
def shapes(draw: st.DrawFn) -> tuple[dict[int, int], int, int, int]:
    log_leaves, log_rows = draw(st.integers(0, 4)), draw(st.integers(0, 7))
    height = st.one_of(st.integers(0, 1 << log_rows), st.sampled_from([0, 1, 1 << log_rows]))
    heights = draw(st.dictionaries(st.integers(0, (1 << log_leaves) - 1), height, max_size=4))
    return heights, log_leaves, log_rows, draw(st.integers(0, min(1, log_leaves)))


@given(shape=shapes(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_native_and_reference_send_the_same(shape: tuple[dict[int, int], int, int, int], seed: int) -> None:
    heights, log_leaves, log_rows, first_layer = shape
    leaves = random_leaves(np.random.default_rng(seed), heights)
    native, reference = (run(backend, leaves, log_leaves, log_rows, first_layer, seed) for backend in BACKENDS)
    assert native == reference


@pytest.mark.parametrize("heights", [{0: 4096}, {2: 2500, 0: 1, 3: 4097, 5: 0}], ids=str)
def test_tall_leaves_keep_their_claims(heights: dict[int, int]) -> None:
    """Many tasks, own sums, and both ways of storing a layer; `run` checks every claim."""
    leaves = random_leaves(np.random.default_rng(3), heights)
    run(Backend.NATIVE, leaves, 3, 13, 1, 4)


def test_root_is_the_sum_of_the_fractions() -> None:
    leaves = random_leaves(np.random.default_rng(5), {0: 3, 2: 40})
    for backend in BACKENDS:
        with use_backend(backend):
            ((p,), (q,)) = FractionTree(leaves, log_leaves=2, log_rows=6).roots()
        total = ZERO
        for leaf in leaves:
            for numerator, denominator in zip(leaf.numerators, leaf.denominators, strict=True):
                total = total + numerator / denominator
        assert p / q == total


def test_wrong_arguments_are_refused() -> None:
    vector, longer = ExtensionVector.from_elements([ONE]), ExtensionVector.from_elements([ONE, ONE])
    cases = [
        ([LeafFractions(0, vector, vector)] * 2, Reason.MALFORMED),
        ([LeafFractions(2, vector, vector)], Reason.OUT_OF_RANGE),
        ([LeafFractions(0, longer, longer)], Reason.OUT_OF_RANGE),
        ([LeafFractions(0, vector, longer)], Reason.WRONG_SHAPE),
    ]
    for leaves, reason in cases:
        with pytest.raises(InputError) as caught:
            FractionTree(leaves, log_leaves=1, log_rows=0)
        assert caught.value.reason is reason
    tree = FractionTree([], log_leaves=1, log_rows=0)
    with pytest.raises(InputError):
        tree.next_layer([ONE], ONE, ONE)
    layer = tree.next_layer([], ONE, ONE)
    with pytest.raises(InputError):
        layer.bind(ONE)

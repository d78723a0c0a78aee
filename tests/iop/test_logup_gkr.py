"""The tree of fractions against a direct sum, and its leaf claim against the leaves."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.commit.numbers import Numbers
from hstar.errors import VerificationError
from hstar.field.extension import ONE, ZERO
from hstar.hash.suite import BLAKE2B
from hstar.iop.logup_gkr.prove import prove_logup_gkr
from hstar.iop.logup_gkr.relation import TreeDimensions, logup_gkr_shape
from hstar.iop.logup_gkr.verify import verify_logup_gkr
from hstar.iop.multilinear import evaluate_multilinear
from hstar.kernels.logup_gkr import FractionTree, LeafFractions
from hstar.kernels.vectors import ExtensionVector
from hstar.stark.placeholders import NOTHING
from hstar.transcript.reason import ProofReason
from iop.fresh import transcripts
from iop.random_field import elements, source


def dense_leaves(dimensions, leaves):
    """Every leaf and row of the virtual shape, row bits lowest."""
    size, rows = 1 << dimensions.num_layers, 1 << dimensions.log_rows
    numerators, denominators = [ZERO] * size, [ONE] * size
    for leaf in leaves:
        start, height = leaf.index * rows, len(leaf.numerators)
        numerators[start : start + height] = leaf.numerators
        denominators[start : start + height] = leaf.denominators
    return numerators, denominators


def leaf_of(index, numerators, denominators):
    return LeafFractions(index, ExtensionVector.from_elements(numerators), ExtensionVector.from_elements(denominators))


def leaves_of(generator, leaf_indices, height):
    return [leaf_of(index, *(elements(generator, height) for _ in range(2))) for index in leaf_indices]


def fraction_sum(numerators, denominators):
    return sum((p / q for p, q in zip(numerators, denominators, strict=True)), ZERO)


def run(dimensions, leaves, public=(ZERO, ONE), change=lambda proof: proof):
    """Proves and verifies; returns both leaf claims."""

    def verifier(arithmetic, transcript, proof=None, public_sum=(NOTHING, NOTHING)):
        made = proof or logup_gkr_shape(dimensions).make(lambda shape: NOTHING)
        return verify_logup_gkr(arithmetic, transcript, dimensions, made, public_sum)

    prover_side, verifier_side = transcripts(verifier)
    proof, claim = prove_logup_gkr(prover_side, dimensions, leaves)
    return claim, verifier(Numbers(BLAKE2B), verifier_side, change(proof), public)


@settings(max_examples=25)
@given(st.integers(0, 2), st.integers(0, 3), st.booleans(), st.integers(0, 10**6))
def test_leaf_claims_are_the_leaves_extensions(log_leaves, log_rows, has_global_bus, seed):
    generator = source(seed)
    dimensions = TreeDimensions(log_leaves + has_global_bus, log_rows, has_global_bus)
    half = 1 << log_leaves
    heights = [generator.randrange((1 << log_rows) + 1) for _ in range(2)]
    leaves = leaves_of(generator, [generator.randrange(half)], heights[0])
    if has_global_bus:
        leaves += leaves_of(generator, range(half, 2 * half), heights[1])
    local = fraction_sum(*dense_leaves(TreeDimensions(log_leaves, log_rows, False), leaves[:1]))
    claim, verified = run(dimensions, leaves, public=(-local, ONE))
    assert claim == verified
    numerators, denominators = dense_leaves(dimensions, leaves)
    point = [*claim.row_point, *claim.leaf_point]
    assert claim.numerator == evaluate_multilinear(numerators, point)
    assert claim.denominator == evaluate_multilinear(denominators, point)
    if has_global_bus:
        assert claim.partial_sum == fraction_sum(numerators, denominators) - local


def test_the_roots_are_the_direct_sum():
    generator = source(7)
    dimensions = TreeDimensions(2, 3, False)
    leaves = leaves_of(generator, [0, 2], 5) + leaves_of(generator, [1], 1)
    tree = FractionTree(leaves, log_leaves=dimensions.log_leaves, log_rows=dimensions.log_rows)
    (numerator,), (denominator,) = tree.roots()
    assert numerator / denominator == fraction_sum(*dense_leaves(dimensions, leaves))


def balanced():
    """One fraction and its opposite."""
    values = elements(source(1), 4)
    denominators = [value + 1 for value in values]
    return [leaf_of(0, values, denominators), leaf_of(1, [-value for value in values], denominators)]


def reason_of(leaves, public=(ZERO, ONE), change=lambda proof: proof, has_global_bus=False):
    with pytest.raises(VerificationError) as caught:
        run(TreeDimensions(1, 2, has_global_bus), leaves, public, change)
    return caught.value.reason


def test_an_unbalanced_sum_is_refused():
    run(TreeDimensions(1, 2, False), balanced())
    assert reason_of(balanced()[:1]) is ProofReason.LOCAL_SUM_NOT_ZERO
    assert reason_of(balanced(), public=(ONE, ONE)) is ProofReason.LOCAL_SUM_NOT_ZERO


def test_a_zero_denominator_is_refused_though_every_equation_holds():
    """0/0 absorbs every sum: p0 q1 + p1 q0 = 0 whatever else is in the tree."""
    unbalanced = balanced()[0]
    zero = leaf_of(1, [ZERO], [ZERO])
    assert reason_of([unbalanced, zero]) is ProofReason.ZERO_DENOMINATOR


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("child", range(4))
def test_a_layer_that_does_not_follow_is_refused(layer, child):
    def change(proof):
        children = list(proof.layers[layer].children)
        children[child] = children[child] + 1
        layers = list(proof.layers)
        layers[layer] = replace(layers[layer], children=tuple(children))
        return replace(proof, layers=tuple(layers))

    assert reason_of(balanced(), change=change) is ProofReason.LAYER_CLAIM_MISMATCH


def test_without_interactions_the_tree_is_zero_over_one():
    claim, _ = run(TreeDimensions(0, 2, False), [])
    assert (claim.numerator, claim.denominator) == (ZERO, ONE)

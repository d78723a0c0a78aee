"""The tree of fractions against a direct sum, and its leaf claim against the leaves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.commit.numbers import Numbers
from hstar.errors import VerificationError
from hstar.field.extension import ONE, ZERO
from hstar.hash.suite import BLAKE2B
from hstar.iop.arrays import ExtensionArray
from hstar.iop.logup_gkr.prove import prove_logup_gkr
from hstar.iop.logup_gkr.relation import TreeDimensions, logup_gkr_shape
from hstar.iop.logup_gkr.tree import FractionTree, LeafBlock
from hstar.iop.logup_gkr.verify import verify_logup_gkr
from hstar.iop.multilinear import evaluate_multilinear
from hstar.stark.placeholders import NOTHING
from hstar.transcript.reason import ProofReason
from iop.fresh import transcripts
from iop.random_field import elements, source


def dense_leaves(dimensions, blocks):
    """Every leaf and row of the virtual shape, row bits lowest."""
    size, rows = 1 << dimensions.num_layers, 1 << dimensions.log_rows
    numerators, denominators = [ZERO] * size, [ONE] * size
    for block in blocks:
        for place, leaf in enumerate(block.leaf_indices):
            for row in range(block.height):
                numerators[leaf * rows + row] = block.numerators[place, row].element()
                denominators[leaf * rows + row] = block.denominators[place, row].element()
    return numerators, denominators


def block_of(generator, leaf_indices, height):
    count = len(leaf_indices) * height
    numerators, denominators = (
        ExtensionArray.of_elements(elements(generator, count)).reshape(len(leaf_indices), height) for _ in range(2)
    )
    return LeafBlock(tuple(leaf_indices), numerators, denominators)


def fraction_sum(numerators, denominators):
    return sum((p / q for p, q in zip(numerators, denominators, strict=True)), ZERO)


def run(dimensions, blocks, public=(ZERO, ONE), change=lambda proof: proof):
    """Proves and verifies; returns both leaf claims."""

    def verifier(arithmetic, transcript, proof=None, public_sum=(NOTHING, NOTHING)):
        made = proof or logup_gkr_shape(dimensions).make(lambda shape: NOTHING)
        return verify_logup_gkr(arithmetic, transcript, dimensions, made, public_sum)

    prover_side, verifier_side = transcripts(verifier)
    proof, claim = prove_logup_gkr(prover_side, dimensions, blocks)
    return claim, verifier(Numbers(BLAKE2B), verifier_side, change(proof), public)


@settings(max_examples=25)
@given(st.integers(0, 2), st.integers(0, 3), st.booleans(), st.integers(0, 10**6))
def test_leaf_claims_are_the_leaves_extensions(log_leaves, log_rows, has_global_bus, seed):
    generator = source(seed)
    dimensions = TreeDimensions(log_leaves + has_global_bus, log_rows, has_global_bus)
    half = 1 << log_leaves
    heights = [generator.randrange((1 << log_rows) + 1) for _ in range(2)]
    blocks = [block_of(generator, [generator.randrange(half)], heights[0])]
    if has_global_bus:
        blocks.append(block_of(generator, range(half, 2 * half), heights[1]))
    local = fraction_sum(*dense_leaves(TreeDimensions(log_leaves, log_rows, False), blocks[:1]))
    claim, verified = run(dimensions, blocks, public=(-local, ONE))
    assert claim == verified
    numerators, denominators = dense_leaves(dimensions, blocks)
    point = [*claim.row_point, *claim.leaf_point]
    assert claim.numerator == evaluate_multilinear(numerators, point)
    assert claim.denominator == evaluate_multilinear(denominators, point)
    if has_global_bus:
        assert claim.partial_sum == fraction_sum(numerators, denominators) - local


def test_the_roots_are_the_direct_sum():
    generator = source(7)
    dimensions = TreeDimensions(2, 3, False)
    blocks = [block_of(generator, [0, 2], 5), block_of(generator, [1], 1)]
    (numerator,), (denominator,) = FractionTree(dimensions, blocks).roots()
    assert numerator / denominator == fraction_sum(*dense_leaves(dimensions, blocks))


def balanced():
    """One fraction and its opposite."""
    values = ExtensionArray.of_elements(elements(source(1), 4)).reshape(1, 4)
    return [LeafBlock((0,), values, values + np.uint64(1)), LeafBlock((1,), -values, values + np.uint64(1))]


def reason_of(blocks, public=(ZERO, ONE), change=lambda proof: proof, has_global_bus=False):
    with pytest.raises(VerificationError) as caught:
        run(TreeDimensions(1, 2, has_global_bus), blocks, public, change)
    return caught.value.reason


def test_an_unbalanced_sum_is_refused():
    run(TreeDimensions(1, 2, False), balanced())
    assert reason_of(balanced()[:1]) is ProofReason.LOCAL_SUM_NOT_ZERO
    assert reason_of(balanced(), public=(ONE, ONE)) is ProofReason.LOCAL_SUM_NOT_ZERO


def test_a_zero_denominator_is_refused_though_every_equation_holds():
    """0/0 absorbs every sum: p0 q1 + p1 q0 = 0 whatever else is in the tree."""
    unbalanced = balanced()[0]
    zero = LeafBlock((1,), ExtensionArray.zeros(1, 1), ExtensionArray.zeros(1, 1))
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

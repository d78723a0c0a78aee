"""WHIR on its own: any weight over one or several groups, and forgeries of each of its messages."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.commit.numbers import Numbers
from hstar.commit.oracle import commit_columns
from hstar.errors import VerificationError
from hstar.field.extension import DEGREE, ONE, ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS, two_adic_generator
from hstar.hash.suite import BLAKE2B
from hstar.iop.multilinear import evaluate_multilinear
from hstar.iop.whir.prove import prove_whir
from hstar.iop.whir.relation import domain_point, tree_shapes, whir_shape
from hstar.iop.whir.verify import verify_whir
from hstar.iop.whir.weighted_sum import WeightedSum
from hstar.iop.whir.weights import monomials, position_weights, sample_weights
from hstar.kernels.vectors import ExtensionVector, dot
from hstar.params.whir import johnson
from hstar.stark.placeholders import NOTHING
from hstar.transcript.reason import ProofReason
from iop.fresh import transcripts
from iop.random_field import elements, source
from iop.test_multilinear import bits_of
from stark.circuits import tiny_parameters


class Instance:
    """A random vector in random groups, a random weight, and the true sum."""

    def __init__(self, parameters, seed, claim_offset=0):
        self.parameters = parameters
        numbers = np.random.default_rng(seed)
        length = 1 << parameters.log_column_length
        num_columns = sum(parameters.group_columns)
        self.cells = numbers.integers(0, MODULUS, (num_columns, length)).astype(np.uint32)
        words = numbers.integers(0, MODULUS, (num_columns * length, DEGREE)).astype(np.uint32)
        self.weight = ExtensionVector.from_canonical(words)
        self.claim = dot(self.cells.reshape(-1), self.weight) + claim_offset
        self.oracles, first = [], 0
        shapes = iter(tree_shapes(parameters, 0))
        for columns in parameters.group_columns:
            if columns:
                self.oracles.append(commit_columns(BLAKE2B, next(shapes), self.cells[first : first + columns]))
                first += columns

    def weight_at(self, point):
        missing = (1 << self.parameters.log_cells) - len(self.weight)
        return evaluate_multilinear(self.weight.to_elements() + [ZERO] * missing, point)

    def run(self, change=lambda proof: proof):
        def verifier(arithmetic, transcript, proof=None):
            made = proof or whir_shape(self.parameters).make(lambda shape: NOTHING)
            weight_at = self.weight_at if proof else lambda point: NOTHING
            roots = [oracle.root for oracle in self.oracles]
            verify_whir(arithmetic, transcript, self.parameters, roots, self.claim, weight_at, made)

        prover_side, verifier_side = transcripts(verifier)
        weighted_sum = WeightedSum(self.cells.reshape(-1), self.weight, self.claim)
        proof = prove_whir(prover_side, self.parameters, self.oracles, weighted_sum)
        verifier(Numbers(BLAKE2B), verifier_side, change(proof))

    def reason(self, change=lambda proof: proof):
        with pytest.raises(VerificationError) as caught:
            self.run(change)
        return caught.value.reason


PARAMETERS = [
    tiny_parameters(6, 2, 4, (1, 0, 3)),
    tiny_parameters(7, 3, 4, (1, 2, 2)),
    tiny_parameters(6, 1, 4, (0, 0, 1), arities=(1, 2)),
    tiny_parameters(8, 3, 4, (0, 0, 7), arities=(3,), first_regime=johnson(5)),
    tiny_parameters(5, 3, 2, (1, 0, 4), arities=()),
    tiny_parameters(7, 2, 4, (2, 0, 2), fold_grinding_bits=2),
]


@pytest.mark.parametrize("parameters", PARAMETERS, ids=range(len(PARAMETERS)))
def test_true_sums_are_accepted_and_false_ones_refused(parameters):
    Instance(parameters, 1).run()
    assert Instance(parameters, 2, claim_offset=1).reason() is ProofReason.FINAL_CLAIM_MISMATCH


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_any_vector_and_weight(seed):
    Instance(PARAMETERS[seed % len(PARAMETERS)], seed).run()


def change_iteration(index, **changes):
    def change(proof):
        iterations = list(proof.iterations)
        made = {name: make(iterations[index]) for name, make in changes.items()}
        iterations[index] = replace(iterations[index], **made)
        return replace(proof, iterations=tuple(iterations))

    return change


def bump(values, place=0):
    values = list(values)
    values[place] = values[place] + 1
    return tuple(values)


def test_a_final_vector_that_is_not_the_folded_oracle_is_refused_at_its_positions():
    change = change_iteration(-1, final_vector=lambda it: bump(it.final_vector))
    assert Instance(PARAMETERS[0], 3).reason(change) in (
        ProofReason.FINAL_POSITION_MISMATCH,  # the changed vector moves the positions, so paths may fail first
        ProofReason.PROOF_OF_WORK,
        ProofReason.OPENING_SIZE,
        ProofReason.MERKLE_ROOT_MISMATCH,
    )


def test_a_row_that_was_not_committed_is_refused():
    def leaves(iteration):
        opening = iteration.openings[0]
        first = (opening.leaves[0][0] ^ 1, *opening.leaves[0][1:])
        return (replace(opening, leaves=(first, *opening.leaves[1:])), *iteration.openings[1:])

    for index in range(3):
        change = change_iteration(index, openings=leaves)
        assert Instance(PARAMETERS[0], 4).reason(change) is ProofReason.MERKLE_ROOT_MISMATCH


def test_a_nonce_without_work_is_refused():
    change = change_iteration(1, query_nonce=lambda it: (it.query_nonce[0] + 1,))
    assert Instance(PARAMETERS[0], 5).reason(change) is ProofReason.PROOF_OF_WORK


@pytest.mark.parametrize("log_order", [0, 1, 4, 24])
def test_domain_points_are_powers_of_the_generator(log_order):
    generator = two_adic_generator(log_order)
    for position in {0, 1, (1 << log_order) - 1, (1 << log_order) // 3}:
        if position < 1 << log_order:
            point = domain_point(ONE, log_order, bits_of(position, log_order))
            assert point == ONE * pow(generator, position, MODULUS)


def test_folding_a_codeword_row_is_the_codeword_of_the_folded_function():
    """sum_j eq(rho, j) c_j(z) = sum_y f_1(y) z^y, for the stack columns and for interleaved vectors."""
    generator, numbers = source(6), np.random.default_rng(6)
    columns = numbers.integers(0, MODULUS, (4, 8)).astype(np.uint32)
    rho, (base,) = elements(generator, 2), elements(generator, 1)
    powers = [base**y for y in range(8)]
    codewords = [sum((p * int(v) for p, v in zip(powers, column, strict=True)), ZERO) for column in columns]
    folded = [evaluate_multilinear([ExtensionElement((int(v), 0, 0, 0, 0, 0)) for v in row], rho) for row in columns.T]
    assert evaluate_multilinear(codewords, rho) == sum((p * v for p, v in zip(powers, folded, strict=True)), ZERO)


def test_weights_in_full_are_sums_of_powers():
    generator = source(9)
    points, coefficients = elements(generator, 2), elements(generator, 2)
    expected = [sum((c * p**x for c, p in zip(coefficients, points, strict=True)), ZERO) for x in range(8)]
    assert sample_weights(points, coefficients, 8).to_elements() == expected
    expected = [coefficients[0] * points[0] ** x for x in range(8)]
    assert monomials(points[0], 8, coefficients[0]).to_elements() == expected
    positions, root = [5, 13, 5], two_adic_generator(4)
    coefficients = elements(generator, 3)
    bits = [bits_of(position, 4) for position in positions]
    expected = [
        sum((c * pow(root, q * x, MODULUS) for c, q in zip(coefficients, positions, strict=True)), ZERO)
        for x in range(8)
    ]
    assert position_weights(4, bits, coefficients, 8).to_elements() == expected

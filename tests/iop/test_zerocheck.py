"""The zerocheck's sum against a brute-force sum over all rows of the virtual shape, and its prover against that."""

from itertools import chain

import numpy as np
import pytest

from hstar.air.evaluate import OperatorOperations, PublicValues
from hstar.air.program import Scope
from hstar.commit.numbers import Numbers
from hstar.errors import VerificationError
from hstar.field.extension import ONE, ZERO, from_base
from hstar.hash.suite import BLAKE2B
from hstar.iop.logup_gkr.prove import prove_logup_gkr
from hstar.iop.logup_gkr.relation import TreeDimensions
from hstar.iop.multilinear import eq_table, evaluate_multilinear, evaluate_polynomial, powers
from hstar.iop.zerocheck.interpolation import coefficients_of
from hstar.iop.zerocheck.prove import leaf_blocks, prove_zerocheck
from hstar.iop.zerocheck.relation import Challenges, bracket, bracket_weights, zerocheck_shape, zerocheck_sum
from hstar.iop.zerocheck.verify import verify_zerocheck
from hstar.stark.placeholders import NOTHING
from hstar.stark.statement import fingerprint
from hstar.transcript.reason import ProofReason
from iop.fresh import transcripts
from iop.random_field import elements, source
from iop.test_multilinear import bits_of
from stark.circuits import squares_circuit, squares_tables

LOG_ROWS = 4
RING = OperatorOperations(from_base)


def random_challenges(circuit, seed):
    generator = source(seed)
    alpha, point, *beta = elements(generator, 2 + circuit.log_fingerprint(Scope.LOCAL))
    return Challenges({Scope.LOCAL: fingerprint(ONE, alpha, beta)}, PublicValues(ZERO, point))


class RecordedTree:
    """A GKR whose claim is kept; its own transcript is not looked at."""

    def __init__(self, circuit, tables, challenges):
        dimensions = TreeDimensions(circuit.log_leaves, LOG_ROWS, False)
        from hstar.iop.logup_gkr.relation import logup_gkr_shape
        from hstar.iop.logup_gkr.verify import verify_logup_gkr

        shape = logup_gkr_shape(dimensions)

        def verifier(arithmetic, transcript):
            placeholder = shape.make(lambda _: NOTHING)
            verify_logup_gkr(arithmetic, transcript, dimensions, placeholder, (NOTHING, NOTHING))

        prover_side, _ = transcripts(verifier)
        _, self.claim = prove_logup_gkr(prover_side, dimensions, leaf_blocks(circuit, tables, challenges))


def padded(tables):
    """Columns as elements of E over all rows of the virtual shape."""
    rows = 1 << LOG_ROWS
    return [
        [[from_base(int(v)) for v in column] + [ZERO] * (rows - len(column)) for column in table] for table in tables
    ]


@pytest.mark.parametrize(("values", "idle_rows"), [([3, 4, 5], 0), ([], 3), ([1] * 16, 16), ([9], 1)])
def test_the_sum_over_all_rows_is_the_corrected_leaf_claim(values, idle_rows):
    circuit, tables = squares_circuit(), squares_tables(values, idle_rows)
    challenges = random_challenges(circuit, 1)
    claim = RecordedTree(circuit, tables, challenges).claim
    (challenge,) = elements(source(2), 1)
    weights = bracket_weights(circuit, ONE, claim.leaf_point, challenge)
    row_weights = eq_table(ONE, claim.row_point)
    total = ZERO
    for chip, columns, chip_weights in zip(circuit.chips, padded(tables), weights, strict=True):
        for row, row_weight in enumerate(row_weights):
            value = bracket(chip, [column[row] for column in columns], challenges, chip_weights, RING)
            total = total + row_weight * value
    heights = [bits_of(table.shape[1], LOG_ROWS + 1) for table in tables]
    assert zerocheck_sum(circuit, heights, claim, challenges, challenge, RING) == total


def prove_and_verify(tables):
    circuit = squares_circuit()
    challenges = random_challenges(circuit, 3)
    claim = RecordedTree(circuit, tables, challenges).claim
    heights = [bits_of(table.shape[1], LOG_ROWS + 1) for table in tables]
    shape = zerocheck_shape(circuit, LOG_ROWS)

    def verifier(arithmetic, transcript, proof=None):
        made = proof or shape.make(lambda _: NOTHING)
        return verify_zerocheck(arithmetic, transcript, circuit, heights, claim, challenges, made)

    prover_side, verifier_side = transcripts(verifier)
    proof, point = prove_zerocheck(prover_side, circuit, tables, claim, challenges)
    return verifier(Numbers(BLAKE2B), verifier_side, proof), point


def test_the_column_values_are_the_columns_extensions():
    tables = squares_tables([3, 4, 5, 2, 15], 3)
    claim, point = prove_and_verify(tables)
    assert claim.row_point == point
    expected = [[evaluate_multilinear(column, point) for column in columns] for columns in padded(tables)]
    assert [list(values) for values in claim.chip_values] == expected


def test_one_wrong_cell_is_refused():
    tables = squares_tables([3, 4, 5, 2, 15], 3)
    tables[0][2, 1] += np.uint32(1)
    with pytest.raises(VerificationError) as caught:
        prove_and_verify(tables)
    assert caught.value.reason is ProofReason.ZEROCHECK_MISMATCH


def test_no_two_things_share_a_power_of_lambda():
    circuit = squares_circuit()
    (challenge,) = elements(source(5), 1)
    weights = bracket_weights(circuit, ONE, elements(source(6), circuit.log_leaves), challenge)
    used = list(chain.from_iterable(chip.constraints for chip in weights))
    assert used == powers(ONE, challenge, 2 + circuit.num_constraints)[2:]


def test_interpolation_inverts_evaluation():
    coefficients = elements(source(8), 6)
    values = [evaluate_polynomial(coefficients, from_base(point)) for point in range(6)]
    assert coefficients_of(values) == coefficients

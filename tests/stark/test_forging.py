"""Provers that cheat in one place and are honest everywhere else: the one check must catch them."""

from dataclasses import replace

import numpy as np
import pytest

import hstar.iop.whir.prove as whir_prove
import hstar.stark.prove as stark_prove
from hstar.air.evaluate import Fingerprint
from hstar.air.program import BusKind, Circuit, Direction, MachineLimits
from hstar.commit.numbers import Numbers
from hstar.errors import InputError, VerificationError
from hstar.field.extension import ZERO, from_base
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import BLAKE2B
from hstar.iop.whir.weighted_sum import JaggedSum
from hstar.iop.zerocheck import relation as zerocheck_relation
from hstar.kernels.jagged import eq_ranges
from hstar.kernels.vectors import ExtensionVector, add, dot
from hstar.stark.keys import StatementEntry, StatementMessage, VerifyingKey
from hstar.stark.prove import prove
from hstar.stark.statement import Statement
from hstar.stark.verify import _statement_sum
from hstar.transcript.reason import ProofReason
from stark.circuits import (
    MAIN,
    ProgramBuilder,
    bus,
    squares_circuit,
    squares_parameters,
    squares_preprocessed,
    squares_tables,
    tiny_parameters,
)
from stark.leaves import with_value
from stark.proofs import make_keys, squares, squares_key, verify

NO_STATEMENT = Statement()


def reason_for(key, proof, statement=NO_STATEMENT):
    with pytest.raises(VerificationError) as caught:
        verify(key.verifying_key, statement, proof)
    return caught.value.reason


def honest_tables():
    return squares_tables([3, 4, 5, 15, 0, 7, 3], idle_rows=3)


def forge(change_tables=lambda tables: None):
    key, tables = squares_key(), honest_tables()
    change_tables(tables)
    return reason_for(key, prove(key, Statement(), tables))


# Buses


def test_a_message_without_partner():
    def provide_less(tables):
        tables[1][1, 3] -= np.uint32(1)

    def receive_another(tables):
        tables[2][2, 0] += np.uint32(1)

    assert forge(provide_less) is ProofReason.LOCAL_SUM_NOT_ZERO
    assert forge(receive_another) is ProofReason.LOCAL_SUM_NOT_ZERO


@pytest.mark.parametrize("multiplicity", [2, MODULUS - 1])
def test_forged_multiplicities_balance_the_bus_and_break_their_bit(multiplicity):
    """Known attack 5: -1 and 2 on a chain bus forge or erase messages. Both sides change alike, so the bus balances."""

    def change(tables):
        tables[0][0, 1] = multiplicity
        tables[2][0, -2] = multiplicity  # the receiving table stands in reverse order
        count = int(tables[1][1, 4]) - 1 + multiplicity
        tables[1][1, 4] = count % MODULUS

    assert forge(change) is ProofReason.ZEROCHECK_MISMATCH


def test_a_public_statement_that_hits_a_zero_denominator():
    """Known attack 6: 0/0 would absorb any sum. Challenges are random, so the check is called with a chosen alpha."""
    circuit = twins_circuit()
    message = StatementMessage("link", (StatementEntry(0),))
    parameters = tiny_parameters(5, 1, 3, (0, 0, 2), arities=(2,))
    key = VerifyingKey(circuit, parameters, (None, None), None, 1, (message,))
    weights = [from_base(3), from_base(5)]
    hit = Fingerprint(from_base(3 * 1 + 5 * 7), weights)  # alpha = eq(0) * bus + eq(1) * 7
    with pytest.raises(VerificationError) as caught:
        _statement_sum(Numbers(BLAKE2B), key, Statement((7,)), hit)
    assert caught.value.reason is ProofReason.ZERO_PUBLIC_DENOMINATOR
    assert _statement_sum(Numbers(BLAKE2B), key, Statement((8,)), hit)[1] == from_base(-5)


# Constraints


def test_a_violated_constraint_on_a_row_that_touches_no_bus():
    def change(tables):
        dead = np.array([[0], [2], [5]], dtype=np.uint32)
        tables[0] = np.concatenate([tables[0], dead], axis=1)

    assert forge(change) is ProofReason.ZEROCHECK_MISMATCH


def twins_circuit(buses_used=False):
    """Two chips with the constraint x = 0 each; the first may also send x-independent messages."""
    buses, limits = (bus("link", BusKind.CHAIN, 1),), MachineLimits()
    chips = []
    for name in ("left", "right"):
        builder = ProgramBuilder(name, [("x", MAIN), ("live", MAIN)])
        x, live = builder.column("x"), builder.column("live")
        builder.require_zero("x", x)
        builder.require_zero("live is a bit", builder.minus(builder.times(live, live), live))
        if buses_used and name == "left":
            builder.interact("send", 0, Direction.SEND, live, builder.constant(9))
        chips.append(builder.chip(buses, limits))
    return Circuit("twins", tuple(chips), buses, limits)


TWINS = tiny_parameters(5, 1, 3, (0, 0, 2), arities=(2,))


def test_violations_of_two_chips_on_one_row_do_not_cancel(monkeypatch):
    """Known attack 1: +5 in one chip, -5 in the other. It works against exponents that restart in every chip."""
    tables = [np.array([[x], [0]], dtype=np.uint32) for x in (5, MODULUS - 5)]
    key = make_keys(twins_circuit(), TWINS)
    assert reason_for(key, prove(key, Statement(), tables)) is ProofReason.ZEROCHECK_MISMATCH

    monkeypatch.setattr(Circuit, "constraint_offsets", (0, 0))
    weak = make_keys(twins_circuit(), TWINS)
    verify(weak.verifying_key, Statement(), prove(weak, Statement(), tables))


def test_a_violation_does_not_hide_in_a_numerator(monkeypatch):
    """Known attack 1: a message that nobody receives, its numerator moved to 0 by a violation of -1 in the GKR only.

    It works against a first constraint that shares the power lambda^0 with the numerators.
    """
    honest_blocks = stark_prove.leaf_blocks

    def forged_blocks(circuit, tables, challenges):
        (block,) = honest_blocks(circuit, tables, challenges)
        return [replace(block, numerators=add(block.numerators, ExtensionVector.from_base(tables[0][0])))]

    monkeypatch.setattr(stark_prove, "leaf_blocks", forged_blocks)
    tables = [np.array([[MODULUS - 1], [1]], dtype=np.uint32), np.zeros((2, 0), dtype=np.uint32)]
    key = make_keys(twins_circuit(buses_used=True), TWINS)
    assert reason_for(key, prove(key, Statement(), tables)) is ProofReason.ZEROCHECK_MISMATCH

    monkeypatch.setattr(zerocheck_relation, "FIRST_CONSTRAINT_POWER", 0)
    weak = make_keys(twins_circuit(buses_used=True), TWINS)
    verify(weak.verifying_key, Statement(), prove(weak, Statement(), tables))


def test_leaves_that_are_not_what_the_chips_say(monkeypatch):
    """A balanced tree over invented fractions."""
    monkeypatch.setattr(stark_prove, "leaf_blocks", lambda circuit, tables, challenges: [])
    assert forge() is ProofReason.ZEROCHECK_MISMATCH


# Heights, starts, cells


@pytest.mark.parametrize("height", [33, 63, 64, 2**20, MODULUS - 1])
def test_heights_beyond_the_virtual_shape(height):
    proven = squares()
    proof = with_value(proven.proof, "late_heights[2]", height)
    assert reason_for(proven.proving_key, proof) is ProofReason.HEIGHT_OUT_OF_RANGE


def test_tables_that_reach_beyond_their_group():
    """Known attack 4: every height is in range, but together they pass the end of the main columns."""
    parameters = squares_parameters()
    assert parameters.group_columns[2] << parameters.log_column_length >= 32 * (3 + 5 + 2) + 16
    small = make_keys(squares_circuit(), replace(parameters, group_columns=(1, 0, 5)), squares_preprocessed())
    proof = prove(small, Statement(), honest_tables())
    for place in range(3):
        proof = with_value(proof, f"late_heights[{place}]", 32)
    assert reason_for(small, proof) is ProofReason.GROUP_OVERFLOW


def test_a_key_fixes_the_height_of_its_preprocessed_tables():
    """Known attack 4: no proof contains such a height, and another height is another key."""
    key = squares_key().verifying_key
    assert len(squares().proof.late_heights) == 3 and key.fixed_heights == (None, 16, None, None)
    longer = VerifyingKey(key.circuit, key.parameters, (None, 17, None, None), key.preprocessed_root)
    with pytest.raises(VerificationError) as caught:
        verify(longer, Statement(), squares().proof)
    assert longer.digest != key.digest and caught.value.reason is ProofReason.LAYER_CLAIM_MISMATCH
    with pytest.raises(InputError):
        VerifyingKey(key.circuit, key.parameters, (None,) * 4, key.preprocessed_root)


def test_a_committed_vector_that_is_not_the_tables(monkeypatch):
    honest = stark_prove.commit_group

    def shifted(circuit, parameters, group, tables, heights):
        return honest(circuit, parameters, group, [np.roll(table, 1, axis=1) for table in tables], heights)

    monkeypatch.setattr(stark_prove, "commit_group", shifted)
    assert forge() is ProofReason.FINAL_CLAIM_MISMATCH


def test_a_committed_layout_with_other_heights_than_the_declared_ones(monkeypatch):
    """The first table is laid out with one row more, so every start behind it moves."""
    honest = stark_prove.commit_group

    def longer(circuit, parameters, group, tables, heights):
        first = np.concatenate([tables[0], np.zeros((3, 1), dtype=np.uint32)], axis=1)
        return honest(circuit, parameters, group, [first, *tables[1:]], [heights[0] + 1, *heights[1:]])

    monkeypatch.setattr(stark_prove, "commit_group", longer)
    assert forge() is ProofReason.FINAL_CLAIM_MISMATCH


# WHIR


def orthogonal_to(weight):
    """A vector with two non-zero entries whose sum against the weight is zero."""
    delta = [ZERO] * len(weight)
    delta[0], delta[1] = weight[1], -weight[0]
    return ExtensionVector.from_elements(delta)


class ForgedSum(JaggedSum):
    """After iteration `when`, the function changes by something that the sum does not see."""

    def __init__(self, *args, when):
        super().__init__(*args)
        self._when = when

    def folded(self):
        if self._when == 0:
            self.function = add(self.function, orthogonal_to(self.weight))
        self._when -= 1
        return super().folded()


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (0, ProofReason.FINAL_CLAIM_MISMATCH),
        (1, ProofReason.FINAL_CLAIM_MISMATCH),
        (2, ProofReason.FINAL_POSITION_MISMATCH),
    ],
)
def test_a_next_oracle_that_is_not_the_fold_of_the_one_before(monkeypatch, when, reason):
    """The sum still holds; only the positions show it: as claims about the next oracle, or against the final vector."""
    monkeypatch.setattr(stark_prove, "JaggedSum", lambda *args: ForgedSum(*args, when=when))
    assert forge() is reason


@pytest.mark.parametrize("place", [0, -1])
def test_a_wrong_out_of_domain_value(monkeypatch, place):
    """The prover answers wrongly and goes on as if the weighted sum had the value that follows from the answer."""
    honest_dot, calls = whir_prove.dot, []

    def wrong(function, weight):
        calls.append(None)
        return honest_dot(function, weight) + (1 if len(calls) - 1 == (0 if place == 0 else 1) else 0)

    monkeypatch.setattr(whir_prove, "dot", wrong)
    assert forge() is ProofReason.FINAL_CLAIM_MISMATCH
    assert len(calls) == squares_parameters().iterations[1].num_samples + squares_parameters().iterations[2].num_samples


def test_a_sum_that_is_false_from_the_start(monkeypatch):
    """Rounds over another vector than the committed one, consistent with themselves."""

    class FalseSum(JaggedSum):
        def __init__(self, groups, ranges, claim):
            others = [group ^ np.uint32(1) for group in groups]
            cells = np.concatenate([other.reshape(-1) for other in others])
            super().__init__(others, ranges, dot(cells, eq_ranges(len(cells), ranges)))

    monkeypatch.setattr(stark_prove, "JaggedSum", FalseSum)
    assert forge() is ProofReason.FINAL_CLAIM_MISMATCH


@pytest.mark.parametrize("bits", [3])
def test_a_nonce_that_shows_no_work(monkeypatch, bits):
    """The prover takes the first nonce and goes on from its own transcript."""

    def lazy(transcript, label, num_bits):
        nonce = (MODULUS - 1,)
        transcript._step(transcript._pattern.operations[transcript._next])
        transcript.duplex = transcript.duplex.absorb(nonce)
        transcript._squeeze(1)
        return nonce

    monkeypatch.setattr(whir_prove, "grind", lazy)
    assert forge() is ProofReason.PROOF_OF_WORK


# The key


def test_a_proof_does_not_choose_its_key_or_its_parameters():
    """Known attack 7: keys that differ in anything, even in a number that changes no shape, share no proof."""
    proven, parameters = squares(), squares_parameters()
    other_target = make_keys(squares_circuit(), replace(parameters, target_bits=2), squares_preprocessed())
    other_table = squares_preprocessed()
    other_table[1] = other_table[1] + np.uint32(0)
    other_table[1][0, 0] = 99
    for other in (other_target, make_keys(squares_circuit(), parameters, other_table)):
        assert reason_for(other, proven.proof) is ProofReason.LAYER_CLAIM_MISMATCH
    for position in range(2):
        fewer = parameters.with_iteration(position, num_queries=parameters.iterations[position].num_queries - 1)
        weak = make_keys(squares_circuit(), fewer, squares_preprocessed())
        assert reason_for(weak, proven.proof) in (ProofReason.LAYER_CLAIM_MISMATCH, ProofReason.OPENING_SIZE)


def test_a_proof_of_another_statement():
    message = StatementMessage("link", (StatementEntry(0),)), StatementMessage("link", (5,), -1)
    key = make_keys(twins_circuit(), TWINS, statement_length=1, statement_messages=message)
    tables = [np.zeros((2, 1), dtype=np.uint32)] * 2
    verify(key.verifying_key, Statement((5,)), prove(key, Statement((5,)), tables))
    assert reason_for(key, prove(key, Statement((5,)), tables), Statement((6,))) is ProofReason.LOCAL_SUM_NOT_ZERO
    assert reason_for(key, prove(key, Statement((6,)), tables), Statement((6,))) is ProofReason.LOCAL_SUM_NOT_ZERO
    for wrong in (Statement(), Statement((5, 5)), Statement((MODULUS,)), Statement((5,), segment_number=1)):
        with pytest.raises(InputError):
            verify(key.verifying_key, wrong, prove(key, Statement((5,)), tables))

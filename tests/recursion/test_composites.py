"""Formulas with a gate of their own: the gate is the formula, for all operands and not only for honest ones."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from field.strategies import extension_elements
from hstar.field.koala_bear import MODULUS
from hstar.iop.jagged.relation import range_step
from hstar.iop.multilinear import monomial_step
from hstar.kernels.gate_types import GateOpcode
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.rows import FOUND
from hstar.recursion.tracer import Tracer
from hstar.recursion.witness import assign_wires
from hstar.transcript.reason import ProofReason
from recursion.circuits import circuit, faults
from recursion.subjects import NAMES

WORDS = st.integers(0, MODULUS - 1)


def require_same(tracer, left, right):
    for a, b in zip(left, right, strict=True):
        tracer.require_equal(a, b, ProofReason.WRONG_STATEMENT, "gate and formula differ")


def both_range_steps():
    tracer = Tracer()
    t0, t1, l0, l1, row, cell = (tracer.public_element() for _ in range(6))
    values = ((t0, t1), (l0, l1), row, cell, tracer.public_base(), tracer.public_base())
    for left, right in zip(tracer.composite(range_step, *values), range_step(*values), strict=True):
        require_same(tracer, left, right)
    return tracer.finish()


def both_monomial_steps():
    tracer = Tracer()
    product, power, coordinate = tracer.public_element(), tracer.public_base(), tracer.public_element()
    values = (product, power, coordinate)
    require_same(tracer, tracer.composite(monomial_step, *values), monomial_step(*values))
    return tracer.finish()


RANGE, MONOMIAL = both_range_steps(), both_monomial_steps()


@settings(max_examples=40, deadline=None)
@given(st.lists(extension_elements, min_size=6, max_size=6), WORDS, WORDS)
def test_a_range_step_is_its_formula(elements, start, end):
    public = [*elements, start, end]
    wires = assign_wires(RANGE, public, [])
    assert faults(StraightLineCircuit(RANGE), wires) == []


@settings(max_examples=40, deadline=None)
@given(extension_elements, WORDS, extension_elements)
def test_a_monomial_step_is_its_formula(product, power, coordinate):
    wires = assign_wires(MONOMIAL, [product, power, coordinate], [])
    assert faults(StraightLineCircuit(MONOMIAL), wires) == []


def test_the_programs_have_the_gates():
    assert (RANGE.gates.gates[:, 0] == GateOpcode.RANGE_STEP).sum() == 1
    assert (MONOMIAL.gates.gates[:, 0] == GateOpcode.MONOMIAL_STEP).sum() == 1


def test_every_address_has_one_writer():
    """Were an address written by two rows, its readers could have either value."""
    for name in NAMES:
        written = {"wires": [], "digests": []}
        straight = circuit(name)
        segment = {chip.program.name: chip.source.preprocessed() for chip in straight.traced.chips}
        for chip in straight.traced.chips:
            columns = segment[chip.program.name]
            fan_outs = [column for column in columns if column.startswith("fan_out")]
            for index, fan_out in enumerate(sorted(fan_outs, key=lambda name: int("0" + name[8:-1]))):
                writes = (columns[fan_out] > 0) & (columns[fan_out] != FOUND)
                is_wide = chip.program.name in ("digest_constant", "widen", "merkle_step")
                is_wide |= chip.program.name == "sponge" and index >= 3
                written["digests" if is_wide else "wires"] += (columns["address"] + index)[writes].tolist()
        written["wires"] += [message.message[0] for message in straight.statement_messages]
        for addresses in written.values():
            assert len(np.unique(addresses)) == len(addresses) > 0

"""Compiled chips compute what the generic evaluator computes: every leaf, and the bracket at every point."""

import random

import numpy as np
import pytest

from hstar.air.compile import BracketWeights, CallValues, compile_bracket, compile_leaves
from hstar.air.evaluate import Fingerprint, OperatorOperations, PublicValues, evaluate, merged_fraction
from hstar.air.examples.catalogue import EXAMPLES
from hstar.air.program import Scope
from hstar.field.extension import ZERO, ExtensionElement, from_base
from hstar.field.koala_bear import MODULUS
from hstar.kernels.multilinear import fold
from hstar.kernels.row_program import bind_lowest, evaluate_rows, round_values
from hstar.kernels.vectors import ExtensionVector

from .test_evaluators import LINK, Mixed, trace_circuit

OPERATIONS = OperatorOperations(from_base)
CHIPS = {f"{name}/{chip.name}": chip for name in EXAMPLES for chip in EXAMPLES[name]().circuit.chips}
CHIPS["mixed"] = trace_circuit("mixed", [Mixed()], [LINK]).circuit.chips[0]


class Case:
    """A chip with random challenges and a random table."""

    def __init__(self, chip, height):
        source = random.Random(chip.name)
        element = lambda: ExtensionElement([source.randrange(MODULUS) for _ in range(6)])  # noqa: E731
        self.chip = chip
        widest = max((len(item.message) for item in chip.interactions), default=0)
        fingerprints = {scope: Fingerprint(element(), [element() for _ in range(widest + 1)]) for scope in Scope}
        weights = BracketWeights(
            *([element() for _ in items] for items in (chip.leaves, chip.leaves, chip.constraints))
        )
        self.call = CallValues(7, element(), fingerprints, weights)
        self.table = np.array(
            [[source.randrange(MODULUS) for _ in range(height)] for _ in range(chip.width)], dtype=np.uint32
        )
        self.row_weights = [element() for _ in range((height + 1) // 2)]
        self.coordinate = element()

    def leaves_at(self, row):
        public = PublicValues(from_base(self.call.segment_number), self.call.post_commit_point)
        values = evaluate(self.chip.program, row, public, OPERATIONS)
        fractions = [
            merged_fraction(self.chip, leaf, values, self.call.fingerprints[leaf.scope], OPERATIONS)
            for leaf in self.chip.leaves
        ]
        return values, fractions

    def bracket_at(self, row):
        values, fractions = self.leaves_at(row)
        weights = self.call.weights
        total = ZERO
        for (n, d), wn, wd in zip(fractions, weights.numerators, weights.denominators, strict=True):
            total = total + wn * n + wd * d
        for constraint, weight in zip(self.chip.constraints, weights.constraints, strict=True):
            total = total + weight * values[constraint.root]
        return total


def rows_of(columns, height):
    return [[column[row] if row < len(column) else ZERO for column in columns] for row in range(height)]


def sums_at(case, columns, points):
    rows = rows_of(columns, 2 * len(case.row_weights))
    sums = []
    for point in points:
        total = ZERO
        for weight, low, high in zip(case.row_weights, rows[0::2], rows[1::2], strict=True):
            total = total + weight * case.bracket_at([a + point * (b - a) for a, b in zip(low, high, strict=True)])
        sums.append(total)
    return sums


@pytest.mark.parametrize("name", [name for name in CHIPS if not name.startswith("wide")])
def test_a_compiled_chip_is_the_chip(name):
    case = Case(CHIPS[name], 3)
    compiled = compile_leaves(case.chip)
    outputs = evaluate_rows(compiled.program, *compiled.arguments(case.call), case.table)
    base_columns = [[from_base(value) for value in column] for column in case.table.tolist()]
    for index, row in enumerate(rows_of(base_columns, 3)):
        _, fractions = case.leaves_at(row)
        assert [output[index] for output in outputs] == [value for pair in fractions for value in pair]

    compiled = compile_bracket(case.chip)
    arguments = compiled.arguments(case.call)
    weights = ExtensionVector.from_elements(case.row_weights)
    found = round_values(compiled.program, *arguments, case.table, weights, [0, 2, 3])
    assert found == sums_at(case, base_columns, [0, 2, 3])

    bound = bind_lowest(case.table, case.coordinate)
    columns = [fold(column, case.coordinate).to_elements() for column in case.table]
    assert columns[0][0] == base_columns[0][0] + case.coordinate * (base_columns[0][1] - base_columns[0][0])
    case.row_weights = case.row_weights[:1]
    weights = ExtensionVector.from_elements(case.row_weights)
    assert round_values(compiled.program, *arguments, bound, weights, [0, 1]) == sums_at(case, columns, [0, 1])


def test_registers_are_used_again():
    cubic = compile_bracket(CHIPS["hash_chain_3/poseidon2_cubic"]).program
    assert len(cubic.instructions) > 3000
    assert cubic.num_column_registers - cubic.num_columns < 100
    assert cubic.num_extension_registers < 10

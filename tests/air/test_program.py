"""The data structures of a traced chip: numbering, merged leaves, encoding, and the evaluators' agreement."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.air.decoding import decode_circuit
from hstar.air.evaluate import (
    BASE_FIELD,
    Fingerprint,
    OperatorOperations,
    PublicValues,
    evaluate,
    evaluate_constraints,
    merged_fraction,
)
from hstar.air.leaves import merge_leaves
from hstar.air.program import (
    Bus,
    BusKind,
    ChipProgram,
    Circuit,
    Column,
    Constraint,
    Direction,
    FieldProgram,
    Group,
    Instruction,
    Interaction,
    MachineLimits,
    Opcode,
    Scope,
)
from hstar.air.vectorised import ExtensionVector, evaluate_rows
from hstar.errors import InputError
from hstar.field.koala_bear import MODULUS

LIMITS = MachineLimits()
BUSES = (
    Bus("range", BusKind.LOOKUP, Scope.LOCAL, ("value",), (255,)),
    Bus("memory", BusKind.CHAIN, Scope.GLOBAL, ("key", "value"), (None, None)),
)


def chip_program(num_asks=5, num_sends=1):
    """x, y, x*y and x*y - 3; asks about x, y, x*y, ...; sends (x, y)."""
    instructions = (
        Instruction(Opcode.COLUMN, 0),
        Instruction(Opcode.COLUMN, 1),
        Instruction(Opcode.MULTIPLY, 0, 1),
        Instruction(Opcode.CONSTANT, 3),
        Instruction(Opcode.SUBTRACT, 2, 3),
        Instruction(Opcode.CONSTANT, 1),
        Instruction(Opcode.NEGATE, 4),
        Instruction(Opcode.SEGMENT_NUMBER),
        Instruction(Opcode.ADD, 6, 7),
    )
    program = FieldProgram(instructions)
    interactions = tuple(
        Interaction(f"ask {index}", 0, Direction.ASK, 5, (index % 3,)) for index in range(num_asks)
    ) + tuple(Interaction(f"send {index}", 1, Direction.SEND, 0, (0, 1)) for index in range(num_sends))
    return ChipProgram(
        name="chip",
        columns=(Column("x", Group.BOUNDARY, 255), Column("y", Group.MAIN)),
        program=program,
        constraints=(Constraint("product", 4, 2), Constraint("shifted", 8, 2)),
        interactions=interactions,
        leaves=merge_leaves(program, interactions, BUSES, LIMITS),
    )


def circuit(*chips):
    return Circuit("example", chips, BUSES)


def test_degrees_and_supports_follow_from_the_program():
    chip = chip_program()
    assert chip.program.degrees == (1, 1, 2, 0, 2, 0, 2, 0, 2)
    assert chip.program.columns_below([4]) == {0, 1}
    assert chip.program.columns_below([7]) == frozenset()
    assert not any(chip.program.over_extension)
    assert FieldProgram((Instruction(Opcode.POST_COMMIT_POINT),)).over_extension == (True,)


def test_fractions_are_merged_while_the_degree_allows_it():
    chip = chip_program()
    local = chip.leaves_of(Scope.LOCAL)
    # x*y twice is impossible beside two others of degree 1 (2 + 2 = 4 fills a leaf): degrees 1, 1, 2, 1, 1.
    assert sorted(index for leaf in local for index in leaf.interactions) == [0, 1, 2, 3, 4]
    assert len(local) == 2
    assert all(max(leaf.numerator_degree, leaf.denominator_degree) <= LIMITS.leaf_degree for leaf in chip.leaves)
    assert [leaf.interactions for leaf in chip.leaves_of(Scope.GLOBAL)] == [(5,)]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=12), st.integers(2, 9))
def test_merging_loses_no_fraction_and_states_exact_degrees(shapes, leaf_degree):
    instructions = [Instruction(Opcode.CONSTANT, 1), Instruction(Opcode.COLUMN, 0)]
    power = {0: 0, 1: 1}
    for degree in range(2, 7):
        power[degree] = len(instructions)
        instructions.append(Instruction(Opcode.MULTIPLY, power[degree - 1], 1))
    program = FieldProgram(tuple(instructions))
    interactions = [Interaction("", 0, Direction.SEND, power[n], (power[d],)) for n, d in shapes]
    leaves = merge_leaves(program, interactions, BUSES, MachineLimits(9, leaf_degree, 4))
    assert sorted(index for leaf in leaves for index in leaf.interactions) == list(range(len(shapes)))
    for leaf in leaves:
        total = sum(shapes[index][1] for index in leaf.interactions)
        assert leaf.denominator_degree == total
        assert leaf.numerator_degree == max(shapes[i][0] + total - shapes[i][1] for i in leaf.interactions)
        assert len(leaf.interactions) == 1 or max(leaf.numerator_degree, total) <= leaf_degree


def test_global_numbers_follow_chip_order():
    first, second = chip_program(), replace(chip_program(9, 2), name="second")
    both = circuit(first, second)
    assert both.constraint_offsets == (0, 2)
    assert both.num_constraints == 4
    local = both.num_leaves(Scope.LOCAL)
    assert both.log_leaves == 1 + (local - 1).bit_length()
    half = 1 << (both.log_leaves - 1)
    assert both.leaf_indices[0] == (0, 1, half)
    assert both.leaf_indices[1][-1] == half + 1
    assert both.widest_message(Scope.LOCAL) == 1
    assert both.log_fingerprint(Scope.GLOBAL) == 2
    assert both.degree == 4


def test_without_a_global_bus_there_is_no_scope_bit():
    chip = chip_program(num_sends=0)
    only_local = Circuit("local", (chip,), BUSES[:1])
    assert only_local.log_leaves == 1
    assert only_local.leaf_indices == ((0, 1),)


@pytest.mark.parametrize(
    "change",
    [
        lambda chip: replace(chip, name="other"),
        lambda chip: replace(chip, columns=(replace(chip.columns[0], maximum=None), chip.columns[1])),
        lambda chip: replace(chip, columns=(replace(chip.columns[0], group=Group.MAIN), chip.columns[1])),
        lambda chip: replace(chip, constraints=chip.constraints[:1]),
        lambda chip: replace(chip, constraints=(replace(chip.constraints[0], root=2), chip.constraints[1])),
        lambda chip: replace(chip, interactions=chip.interactions[::-1]),
        lambda chip: replace(chip, leaves=chip.leaves[::-1]),
        lambda chip: replace(
            chip, program=FieldProgram((*chip.program.instructions[:-1], Instruction(Opcode.SUBTRACT, 6, 7)))
        ),
    ],
)
def test_every_change_of_a_chip_changes_the_digest(change):
    chip = chip_program()
    assert circuit(chip).digest() == circuit(chip_program()).digest()
    assert circuit(change(chip)).digest() != circuit(chip).digest()


elements = st.integers(0, MODULUS - 1)


@given(st.lists(elements, min_size=2, max_size=2), elements, st.lists(elements, min_size=4, max_size=4))
def test_evaluators_agree_and_merged_fractions_are_sums(columns, segment_number, challenges):
    chip = chip_program()
    public = PublicValues(segment_number, 7)
    values = evaluate(chip.program, columns, public, BASE_FIELD)
    assert values[4] == (columns[0] * columns[1] - 3) % MODULUS
    assert evaluate_constraints(chip, columns, public, BASE_FIELD) == [values[4], values[8]]
    over_integers = evaluate(chip.program, columns, public, OperatorOperations(int))
    assert [value % MODULUS for value in over_integers] == values
    rows = [np.array([value, 0], dtype=np.uint32) for value in columns]
    for node, vector in evaluate_rows(chip, rows, segment_number, [7, 0, 0, 0, 0, 0]).items():
        assert not isinstance(vector, ExtensionVector)
        assert int(np.broadcast_to(vector, (2,))[0]) == values[node]

    fingerprint = Fingerprint(challenges[0], challenges[1:])
    for leaf in chip.leaves:
        numerator, denominator = merged_fraction(chip, leaf, values, fingerprint, BASE_FIELD)
        expected = 0
        product = 1
        for index in leaf.interactions:
            item = chip.interactions[index]
            message = [item.bus_identifier, *(values[node] for node in item.message)]
            term = challenges[0] - sum(w * v for w, v in zip(challenges[1:], message, strict=False))
            product = product * term % MODULUS
            if term % MODULUS == 0:
                return
            expected += values[item.multiplicity] * item.direction.sign * pow(term, -1, MODULUS)
        assert denominator == product
        assert numerator == expected * product % MODULUS


def test_a_wrong_number_of_columns_is_refused():
    with pytest.raises(InputError, match="chip chip has 2 columns but 3 values"):
        evaluate_constraints(chip_program(), [1, 2, 3], PublicValues(0, 0), BASE_FIELD)


@pytest.mark.parametrize("bus", [replace(BUSES[1], order_field=2), replace(BUSES[0], order_field=0)])
def test_an_order_names_a_field_of_a_chain(bus):
    ordered = Circuit("ordered", (), (replace(BUSES[1], order_field=1),))
    assert decode_circuit(ordered.encode()) == ordered
    assert ordered.digest() != Circuit("ordered", (), BUSES[1:]).digest()
    with pytest.raises(InputError, match=f"bus {bus.name} is ordered by field"):
        decode_circuit(Circuit("ordered", (), (bus,)).encode())

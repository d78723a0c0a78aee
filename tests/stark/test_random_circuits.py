"""Random circuits: true tables prove and verify; one changed cell is refused, unless nothing reads it."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.air.program import BusKind, Circuit, Direction, MachineLimits
from hstar.errors import VerificationError
from hstar.field.koala_bear import MODULUS
from hstar.stark.prove import prove
from hstar.stark.statement import Statement
from stark.circuits import MAIN, ProgramBuilder, bus, tiny_parameters
from stark.proofs import make_keys, verify


def random_chip(generator, name, buses, limits):
    """Columns `live`, inputs, and one output for each random polynomial of the inputs of degree 2 to 4.

    Every row of the chip sends its inputs and outputs on a bus of the chip's own and receives them again.
    """
    num_inputs, num_outputs = generator.randint(1, 4), generator.randint(1, 3)
    names = ["live", *(f"in{i}" for i in range(num_inputs)), *(f"out{i}" for i in range(num_outputs))]
    builder = ProgramBuilder(name, [(column, MAIN) for column in names])
    nodes = {column: builder.column(column) for column in names}
    live = nodes["live"]
    builder.require_zero("live is a bit", builder.minus(builder.times(live, live), live))
    recipes = []
    for output in range(num_outputs):
        factors = [generator.randrange(num_inputs) for _ in range(generator.randint(2, 4))]
        scale = generator.randrange(1, MODULUS)
        product = builder.times(*(nodes[f"in{i}"] for i in factors), builder.constant(scale))
        builder.require_zero(f"out{output}", builder.minus(nodes[f"out{output}"], product))
        recipes.append((factors, scale))
    message = [nodes[column] for column in names[1:3]]
    bus_index = generator.randrange(len(buses))
    builder.interact("send", bus_index, Direction.SEND, live, *message)
    builder.interact("receive", bus_index, Direction.RECEIVE, live, *message)
    return builder.chip(buses, limits), recipes, num_inputs


def random_instance(seed):
    """A circuit of one to three chips and tables of random heights that satisfy it."""
    generator, limits = random.Random(seed), MachineLimits()
    buses = tuple(bus(f"bus{i}", BusKind.CHAIN, 2) for i in range(generator.randint(1, 2)))
    chips, tables = [], []
    for index in range(generator.randint(1, 3)):
        chip, recipes, num_inputs = random_chip(generator, f"chip{index}", buses, limits)
        height = generator.choice([0, 1, 2, 3, 5, 8])
        inputs = [[generator.randrange(MODULUS) for _ in range(height)] for _ in range(num_inputs)]
        rows = [[generator.randrange(2) for _ in range(height)], *inputs]
        for factors, scale in recipes:
            column = [scale] * height
            for factor in factors:
                column = [value * other % MODULUS for value, other in zip(column, inputs[factor], strict=True)]
            rows.append(column)
        chips.append(chip)
        tables.append(np.array(rows, dtype=np.uint32).reshape(chip.width, height))
    return Circuit("random", tuple(chips), buses, limits), tables


PARAMETERS = tiny_parameters(9, 3, 3, (0, 0, 8), arities=(3,))


@settings(max_examples=25)
@given(st.integers(0, 10**9))
def test_random_circuits(seed):
    circuit, tables = random_instance(seed)
    key = make_keys(circuit, PARAMETERS)
    verify(key.verifying_key, Statement(), prove(key, Statement(), tables))

    filled = [index for index, table in enumerate(tables) if table.shape[1]]
    if not filled:
        return
    generator = random.Random(seed + 1)
    chip = generator.choice(filled)
    row = generator.randrange(tables[chip].shape[1])
    outputs = [index for index, column in enumerate(circuit.chips[chip].columns) if column.name.startswith("out")]
    column = generator.choice(outputs)
    tables[chip][column, row] = (int(tables[chip][column, row]) + 1) % MODULUS
    with pytest.raises(VerificationError):
        verify(key.verifying_key, Statement(), prove(key, Statement(), tables))

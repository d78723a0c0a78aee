"""The evaluators agree with plain arithmetic: vectors with extension elements, trace programs with Python integers."""

from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.air.buses import chain
from hstar.air.chip import Chip
from hstar.air.circuit import trace_circuit
from hstar.air.columns import U64
from hstar.air.evaluate import Fingerprint, OperatorOperations, PublicValues, evaluate, merged_fraction
from hstar.air.examples.catalogue import EXAMPLES
from hstar.air.expressions import POST_COMMIT_POINT, SEGMENT_NUMBER, Felt
from hstar.air.infix import constant_text, render_node
from hstar.air.program import MachineLimits, Opcode
from hstar.air.statements import check
from hstar.air.tables import fill_segment
from hstar.air.trace_program import field_inverse, is_equal, is_less, multiply_high, select
from hstar.air.vectorised import VECTORS, ExtensionVector, evaluate_rows
from hstar.field.extension import ExtensionElement, from_base
from hstar.field.koala_bear import MODULUS

OPERATIONS = OperatorOperations(from_base)
elements = st.integers(0, MODULUS - 1)
extensions = st.lists(elements, min_size=6, max_size=6)
LINK = chain("link", first=Felt, second=Felt, third=Felt)


class Mixed(Chip):
    """Everything that a constraint can contain."""

    class Columns:
        x: Felt
        y: Felt

    def trace(self, c, record):
        c.x.set(0)
        c.y.set(0)

    def constraints(self, c):
        b, k = POST_COMMIT_POINT, SEGMENT_NUMBER
        yield check("all", -c.x * b**2 + (3 - c.y) * (b - k) * b - 3 * (b * b) + 3 * b * k + (k - 1) * c.y**3)

    def interactions(self, c, bus):
        bus.send(LINK, c.x, 2 - c.y, c.x * c.y + SEGMENT_NUMBER)
        bus.receive(LINK, c.y, 7, -c.x)


@settings(max_examples=30)
@given(rows=st.lists(st.tuples(elements, elements), min_size=1, max_size=4), b=extensions, k=st.integers(0, 2**16 - 1))
def test_vectors_agree_with_extension_elements(rows, b, k):
    chip = trace_circuit("mixed", [Mixed()], [LINK]).circuit.chips[0]
    columns = [np.array(column, dtype=np.uint32) for column in zip(*rows, strict=True)]
    values = evaluate_rows(chip, columns, k, b)
    fingerprint = [ExtensionElement([index + shift for shift in range(6)]) for index in (11, 222, 3333, 4, 5)]
    vectors = [ExtensionVector.of_element(element.coefficients) for element in fingerprint]
    merged = [
        merged_fraction(chip, leaf, values, Fingerprint(vectors[0], vectors[1:]), VECTORS) for leaf in chip.leaves
    ]
    for index, row in enumerate(rows):
        public = PublicValues(from_base(k), ExtensionElement(b))
        expected = evaluate(chip.program, [from_base(value) for value in row], public, OPERATIONS)
        for node, value in enumerate(expected):
            assert at(values[node], index, len(rows)) == value
            assert isinstance(values[node], ExtensionVector) == chip.program.over_extension[node]
        for leaf, (numerator, denominator) in zip(chip.leaves, merged, strict=True):
            pair = merged_fraction(chip, leaf, expected, Fingerprint(fingerprint[0], fingerprint[1:]), OPERATIONS)
            assert (at(numerator, index, len(rows)), at(denominator, index, len(rows))) == pair


def at(vector, row, num_rows):
    if not isinstance(vector, ExtensionVector):
        return from_base(int(np.broadcast_to(vector, (num_rows,))[row]))
    return ExtensionElement([int(np.broadcast_to(item, (num_rows,))[row]) for item in vector.coefficients])


def test_columns_must_be_canonical_and_of_one_height():
    chip = trace_circuit("mixed", [Mixed()], [LINK]).circuit.chips[0]
    with pytest.raises(Exception, match="holds a value >= p"):
        evaluate_rows(chip, [np.array([MODULUS], dtype=np.uint32)] * 2, 0, [0] * 6)
    with pytest.raises(Exception, match="differ in height"):
        evaluate_rows(chip, [np.zeros(1, dtype=np.uint32), np.zeros(2, dtype=np.uint32)], 0, [0] * 6)


NUM_RESULTS = 19


class Integers(Chip):
    """Every operation of trace programs; results are split into three columns below p."""

    class Columns:
        parts: Annotated[list[list[Felt]], (NUM_RESULTS, 3)]

    class Record:
        a: U64
        b: U64

    def trace(self, c, record):
        a, b = record.a, record.b
        results = [a + b, a - b, a * b, a & b, a | b, a ^ b, a << (b % 80), a >> (b % 80), a // b, a % b]
        results += [is_equal(a, b), is_less(a, b), select(a & 1, b, 5), multiply_high(a, b), field_inverse(a)]
        results += [pow(a, 5, MODULUS), 7 - a, 100 // b, -a]
        for parts, result in zip(c.parts, results, strict=True):
            for index, part in enumerate(parts):
                part.set(result >> (30 * index) & (2**30 - 1))

    def constraints(self, c):
        for index, parts in enumerate(c.parts):
            yield check(f"result {index}", parts[0] + parts[1] + parts[2])


def integers_by_python(a, b):
    mask = 2**64 - 1
    shift = b % 80
    return [
        a + b & mask, a - b & mask, a * b & mask, a & b, a | b, a ^ b,
        a << shift & mask if shift < 64 else 0, a >> shift, a // b if b else mask, a % b if b else a,
        int(a == b), int(a < b), b if a & 1 else 5, a * b >> 64, pow(a, -1, MODULUS) if a % MODULUS else 0,
        pow(a, 5, MODULUS), 7 - a & mask, 100 // b if b else mask, -a & mask,
    ]  # fmt: skip


INTEGERS = trace_circuit("integers", [Integers()], [])
edges = st.sampled_from([0, 1, 2, 63, 64, 2**16, 2**32 - 1, 2**32, MODULUS, 2**63, 2**64 - 1])
words = edges | st.integers(0, 2**64 - 1)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=5))
def test_trace_programs_compute_like_python(pairs):
    records = {"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}
    records = {name: np.array(values, dtype=np.uint64) for name, values in records.items()}
    table = fill_segment(INTEGERS, {"integers": records}).tables["integers"]
    for row, (a, b) in enumerate(pairs):
        parts = table[:, row].reshape(NUM_RESULTS, 3)
        results = [sum(int(part) << 30 * index for index, part in enumerate(three)) for three in parts]
        assert results == integers_by_python(a, b)


@pytest.mark.parametrize("name", EXAMPLES)
def test_programs_share_subexpressions_and_hold_nothing_unused(name):
    for chip in EXAMPLES[name]().circuit.chips:
        instructions = chip.program.instructions
        assert len(set(instructions)) == len(instructions)
        roots = [item.root for item in chip.constraints]
        for item in chip.interactions:
            roots += [item.multiplicity, *item.message]
        assert len(chip.program.nodes_below(roots)) == len(instructions)
        for node, (opcode, left, right) in enumerate(instructions):
            if opcode >= Opcode.ADD:
                assert left < node and right < node
        assert chip.program.packed.shape == (len(instructions), 3)


def test_tracing_is_deterministic():
    for build in EXAMPLES.values():
        assert build().circuit.encode() == build().circuit.encode()


def test_constants_are_written_by_their_smallest_face():
    assert constant_text(5) == "5"
    assert constant_text(MODULUS - 3) == "-3"
    assert constant_text(pow(2**16, -1, MODULUS)) == "1/65536"
    assert constant_text(MODULUS - pow(256, -1, MODULUS)) == "-1/256"
    assert constant_text(0) == "0"


class Signs(Chip):
    class Columns:
        x: Felt
        y: Felt

    def trace(self, c, record):
        c.x.set(0)
        c.y.set(0)

    def constraints(self, c):
        yield check("signs", -(c.x - (c.y - 2 * c.x)) * (c.x + c.y) + c.y * -5)


@given(x=elements, y=elements)
def test_infix_means_what_it_says(x, y):
    chip = trace_circuit("signs", [Signs()], [], MachineLimits()).circuit.chips[0]
    (constraint,) = chip.constraints
    text = render_node(chip, constraint.root)
    value = eval(text, {"x": x, "y": y})
    assert value % MODULUS == (-(x - (y - 2 * x)) * (x + y) + y * -5) % MODULUS

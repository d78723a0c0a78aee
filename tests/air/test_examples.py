"""The example circuits: honest traces are accepted, and every changed cell is named."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.air.check import PublicMessage, check_segments
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.examples import hash_chain, shapes, sorting, state_machine, words
from hstar.air.report import chip_cost, circuit_cost
from hstar.air.tables import fill_segment
from hstar.field.koala_bear import MODULUS
from hstar.hash.poseidon2 import permute
from hstar.hash.suite import POSEIDON2
from hstar.hash.tags import MERKLE_NODE


@cache
def example(name):
    """Circuit, records and public messages."""
    if name == "words":
        records = words.word_records([(2**64 - 1, 1), (123456789012345, 2**63)], [(2**64 - 1, 0x0123456789ABCDEF)])
        return words.word_circuit(), records, ()
    if name == "sorting":
        return sorting.sorting_circuit(), *sorting.sorting_records([7, 0, 65535, 7, 300, 2])
    if name == "state_machine":
        return state_machine.state_machine_circuit(), *state_machine.state_machine_records(27)
    if name in ("hash_chain_3", "hash_chain_9"):
        circuit = hash_chain.hash_chain_circuit(degree=int(name[-1]))
        blocks = [[MODULUS - 1 - row - lane for lane in range(9)] for row in range(3)]
        return circuit, *hash_chain.hash_chain_records(circuit, range(9), blocks)
    if name == "wide":
        return shapes.wide_circuit(), shapes.wide_records(3), ()
    return shapes.ninth_power_circuit(), *shapes.ninth_power_records(MODULUS - 1, 5)


NAMES = ("words", "sorting", "state_machine", "hash_chain_3", "hash_chain_9", "wide", "ninth_power")


def filled(name):
    circuit, records, public = example(name)
    return circuit, fill_segment(circuit, records), public


@pytest.mark.parametrize("name", NAMES)
def test_an_honest_trace_is_accepted(name):
    circuit, segment, public = filled(name)
    assert check_segments(circuit, [segment], public=public) == []


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12)
@given(data=st.data())
def test_every_changed_cell_is_named(name, data):
    circuit, segment, public = filled(name)
    chips = [chip.program for chip in circuit.chips if segment.height(chip.program.name)]
    chip = data.draw(st.sampled_from(chips), label="chip")
    table = segment.tables[chip.name]
    column = data.draw(st.integers(0, chip.width - 1), label="column")
    # The first rows of a large table are the ones that are asked for; any row will do for the others.
    row = data.draw(st.integers(0, table.shape[1] - 1), label="row")
    new = data.draw(st.integers(0, MODULUS - 1).filter(lambda value: value != table[column, row]), label="value")
    table[column, row] = new
    faults = check_segments(circuit, [segment], public=public)
    assert faults
    named = [fault for fault in faults if chip.columns[column].name in fault.cells]
    spoken = [fault for fault in faults if f"chip {chip.name}, row {row}" in fault.sentence]
    assert named or spoken


def test_heights_range_from_nothing_to_the_whole_table():
    circuit, segment, _ = filled("state_machine")
    assert {name: segment.height(name) for name in segment.tables} == {
        "load": 1,
        "even": 70,
        "odd": 41,
        "zero": 0,
        "stop": 1,
        "range16": 2**16,
    }
    assert circuit_cost(circuit.circuit, {"even": 70}).cells == 140


def test_the_poseidon2_chips_compute_the_permutation_of_the_hash_suite():
    for name in ("hash_chain_3", "hash_chain_9"):
        circuit, segment, public = filled(name)
        expected = tuple(range(9))
        for row in range(3):
            block = [MODULUS - 1 - row - lane for lane in range(9)]
            state = [*expected, 0, 0, 0, *block, 0, 0, MERKLE_NODE.element]
            expected = tuple((a + b) % MODULUS for a, b in zip(permute(state), state, strict=True))[:9]
        assert public[1].message == (3, *expected)
        assert tuple(POSEIDON2.compress(MERKLE_NODE, public[0].message[1:], tuple(range(9)))) != expected
        assert segment.height(circuit.chips[0].program.name) == 3


def test_degree_nine_saves_the_columns_of_every_second_full_round():
    cubic = chip_cost(example("hash_chain_3")[0].circuit.chips[0])
    ninth = chip_cost(example("hash_chain_9")[0].circuit.chips[0])
    assert (cubic.degree, ninth.degree) == (3, 9)
    assert cubic.cells - ninth.cells == 4 * 24
    assert chip_cost(example("wide")[0].circuit.chips[0]).cells == 2600
    assert example("ninth_power")[0].circuit.degree == 9


@given(st.lists(st.integers(0, 2**16 - 1), max_size=20))
def test_any_list_is_sorted(numbers):
    circuit = example("sorting")[0]
    records, public = sorting.sorting_records(numbers)
    segment = fill_segment(circuit, records)
    assert check_segments(circuit, [segment], public=public) == []
    assert segment.tables["sorted"][2].tolist() == sorted(numbers)


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), max_size=5))
def test_words_add_and_xor_like_python(pairs):
    circuit = example("words")[0]
    segment = fill_segment(circuit, words.word_records(pairs, pairs))
    added, mixed = segment.tables["word_add"], segment.tables["word_xor"]
    for row, (left, right) in enumerate(pairs):
        assert sum(int(added[9 + limb, row]) << 16 * limb for limb in range(4)) == (left + right) % 2**64
        assert sum(int(mixed[25 + limb, row]) << 16 * limb for limb in range(4)) == left ^ right


# The sentences of the checker


def test_a_broken_constraint_names_row_columns_and_values():
    circuit, segment, _ = filled("words")
    segment.tables["word_add"][9, 1] = 4
    (fault, *_) = check_segments(circuit, [segment])
    assert (fault.chip, fault.row, fault.rule) == ("word_add", 1, "carry 0 is a bit")
    assert fault.cells["result.limbs[0]"] == 4
    assert "1/65536" in fault.sentence and "result.limbs[0] = 4" in fault.sentence


def test_an_unmatched_message_names_the_nearest_partner():
    circuit, segment, public = filled("state_machine")
    segment.tables["odd"][1, 5] += 1  # half of the sixth odd step
    faults = check_segments(circuit, [segment], public=public)
    on_state = [fault for fault in faults if fault.rule == "state"]
    assert len(on_state) == 4  # two messages that nobody matches, two that nobody matches any more
    sentence = next(fault.sentence for fault in on_state if fault.chip == "odd" and "sent" in fault.sentence)
    assert "chip odd, row 5, segment 1 ('send state')" in sentence
    assert "nearest is (step = " in sentence and "of chip even" in sentence


def test_a_wrong_public_message_is_noticed():
    circuit, segment, public = filled("state_machine")
    wrong = (public[0], PublicMessage("result", (110,), -1))
    faults = check_segments(circuit, [segment], public=wrong)
    assert {fault.rule for fault in faults} == {"result"}
    assert any("the verifier" in fault.sentence for fault in faults)
    with pytest.raises(CircuitError, match="bus nowhere"):
        check_segments(circuit, [segment], public=[PublicMessage("nowhere", (1,))])
    with pytest.raises(CircuitError, match="bus result with 2 values"):
        check_segments(circuit, [segment], public=[PublicMessage("result", (1, 2))])


def test_a_changed_or_shortened_table_is_noticed():
    circuit, segment, public = filled("state_machine")
    segment.tables["range16"][0, 9] = 70000
    (fault, *_) = check_segments(circuit, [segment], public=public)
    assert "preprocessed column value holds 70000" in fault.sentence and fault.row == 9
    segment.tables["range16"] = segment.tables["range16"][:, :100]
    assert "100 rows" in check_segments(circuit, [segment], public=public)[0].sentence
    segment.tables["range16"] = segment.tables["range16"][:1]
    with pytest.raises(CircuitError, match="chip range16"):
        check_segments(circuit, [segment], public=public)


# Filling tables


@pytest.mark.parametrize(
    ("records", "reason", "words_of_it"),
    [
        ({"unsorted": {"value": [65536]}}, CircuitReason.NOT_IN_TABLE, "chip unsorted, row 0: 'ask range16'"),
        ({"unsorted": {"value": [1], "extra": [1]}}, CircuitReason.BAD_RECORDS, "extra"),
        ({"sorted": {"value": [1]}}, CircuitReason.BAD_RECORDS, "position, previous"),
        ({"unsorted": {"value": [2**31]}}, CircuitReason.VALUE_TOO_LARGE, "column value of chip unsorted"),
        ({"sorted": {"value": [1], "position": [1, 2], "previous": [1]}}, CircuitReason.BAD_RECORDS, "[1, 2] rows"),
        ({"nobody": {}}, CircuitReason.BAD_RECORDS, "no chip nobody"),
    ],
)
def test_records_that_do_not_fit_are_refused(records, reason, words_of_it):
    with pytest.raises(CircuitError) as caught:
        fill_segment(example("sorting")[0], records)
    assert caught.value.reason is reason
    assert words_of_it in caught.value.message


def test_multiplicities_are_counted():
    _, segment, _ = filled("sorting")
    counts = segment.tables["range16"][1]
    differences = np.diff([0, 0, 2, 7, 7, 300, 65535])
    asked = [7, 0, 65535, 7, 300, 2, *differences]
    assert counts.sum() == len(asked)
    assert all(counts[value] == asked.count(value) for value in asked)

"""Protocol parameters: refused when inconsistent, one encoding, one digest."""

import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.params.hash_suite import hash_suite_parameters
from hstar.params.protocol import ProtocolParameters, decode_parameters, positions_per_leaf
from hstar.params.whir import UNIQUE_DECODING, Regime, RegimeKind, WhirIteration, johnson

FIRST = WhirIteration(5, 26, johnson(79), 109, 0, 20)
SECOND = WhirIteration(6, 25, johnson(6), 32, 1, 20)
THIRD = WhirIteration(6, 23, UNIQUE_DECODING, 120, 0, 19)


def parameters(**changes):
    fields = {
        "target_bits": 128,
        "hash_suite": "poseidon2",
        "log_cells": 24,
        "log_max_height": 19,
        "group_columns": (5, 0, 27),
        "iterations": (FIRST, SECOND, THIRD),
    }
    return ProtocolParameters(**{**fields, **changes})


def test_derived_numbers():
    made = parameters()
    assert [made.num_variables(index) for index in range(4)] == [24, 19, 13, 7]
    assert [made.log_inverse_rate_of(index) for index in range(3)] == [2, 6, 10]
    assert (made.log_inverse_rate, made.log_column_length, made.log_final_length) == (2, 19, 7)
    assert made.positions_per_leaf(0) == 2
    assert made.positions_per_leaf(2) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target_bits": 0}, "target_bits"),
        ({"log_cells": 31}, "log_cells"),
        ({"log_max_height": 25}, "log_max_height"),
        ({"hash_suite": "sha3"}, "sha3"),
        ({"iterations": ()}, "iterations"),
        ({"iterations": (FIRST,)}, "final vector"),
        ({"iterations": (WhirIteration(5, 24, johnson(79), 109, 0, 20), SECOND, THIRD)}, "rate below 1"),
        ({"iterations": (WhirIteration(1, 26, johnson(79), 109, 0, 20), SECOND, THIRD)}, "subgroup"),
        ({"iterations": (dataclasses.replace(FIRST, num_samples=1), SECOND, THIRD)}, "out-of-domain"),
        ({"iterations": (FIRST, dataclasses.replace(SECOND, num_samples=0), THIRD)}, "out-of-domain"),
        ({"iterations": (FIRST, SECOND, THIRD, dataclasses.replace(THIRD, log_folding_arity=8))}, "bind"),
        ({"group_columns": (5, 0, 28)}, "stack columns"),
        ({"group_columns": (0, 0, 0)}, "stack columns"),
        ({"group_columns": (-1, 0, 3)}, "group_columns"),
        ({"group_columns": (5, 5, 20)}, "pinned"),
        ({"boundary_pin": True}, "pinned"),
    ],
)
def test_inconsistent_parameters_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        parameters(**changes)


def test_boundary_columns_need_uniqueness_or_a_pin():
    unique = dataclasses.replace(FIRST, regime=UNIQUE_DECODING)
    assert parameters(group_columns=(5, 5, 20), iterations=(unique, SECOND, THIRD)).boundary_pin is False
    assert parameters(group_columns=(5, 5, 20), boundary_pin=True).boundary_pin is True
    with pytest.raises(InputError, match="pinned"):
        parameters(group_columns=(5, 5, 20), iterations=(unique, SECOND, THIRD), boundary_pin=True)


@pytest.mark.parametrize(
    "field",
    ["num_queries", "num_samples", "query_grinding_bits", "fold_grinding_bits", "log_folding_arity"],
)
def test_an_iteration_refuses_numbers_out_of_range(field):
    with pytest.raises(InputError, match=field):
        dataclasses.replace(FIRST, **{field: 10**6})
    with pytest.raises(InputError, match=field):
        dataclasses.replace(FIRST, **{field: -1})


def test_regimes_are_checked():
    with pytest.raises(InputError, match="multiplicity"):
        Regime(RegimeKind.UNIQUE, 5)
    with pytest.raises(InputError, match="multiplicity"):
        johnson(2)


def test_encoding_round_trips_and_every_field_changes_the_digest():
    base = parameters()
    assert decode_parameters(base.encode()) == base
    variants = [
        parameters(target_bits=127),
        parameters(hash_suite="blake2b"),
        parameters(hash_suite="hypothetical-32"),
        parameters(log_max_height=18),
        parameters(group_columns=(6, 0, 26)),
        parameters(group_columns=(5, 5, 20), boundary_pin=True),
        base.with_iteration(0, num_queries=110),
        base.with_iteration(0, regime=johnson(80)),
        base.with_iteration(1, num_samples=2),
        base.with_iteration(1, log_codeword_length=24),
        base.with_iteration(2, query_grinding_bits=20),
        base.with_iteration(2, fold_grinding_bits=1),
    ]
    digests = {variant.digest() for variant in (base, *variants)}
    assert len(digests) == len(variants) + 1
    assert all(decode_parameters(variant.encode()) == variant for variant in variants)
    assert len(base.digest()) == 33
    assert all(word < 2**24 for word in base.words())


@given(st.integers(0, len(parameters().words()) - 1), st.integers(0, 2**32 - 1))
def test_a_changed_word_decodes_to_other_parameters_or_is_refused(index, word):
    words = list(parameters().words())
    words[index] = word
    data = struct.pack(f"<{len(words)}I", *words)
    try:
        decoded = decode_parameters(data)
    except InputError:
        return
    assert decoded.encode() == data
    assert (decoded == parameters()) == (data == parameters().encode())


@pytest.mark.parametrize("data", [b"", b"\0", parameters().encode()[:-4], parameters().encode() + bytes(4)])
def test_wrong_lengths_are_refused(data):
    with pytest.raises(InputError):
        decode_parameters(data)


def test_hypothetical_suites_are_for_questions_only():
    assert parameters().hash.is_implemented
    parameters().require_implemented()
    with pytest.raises(InputError, match="hypothetical-32"):
        parameters(hash_suite="hypothetical-32").require_implemented()
    assert hash_suite_parameters("blake2b", 33) == hash_suite_parameters("blake2b")
    with pytest.raises(InputError, match="digest"):
        hash_suite_parameters("blake2b", 8)


def test_narrow_groups_share_leaves():
    assert [positions_per_leaf(columns, 20, 15) for columns in (0, 1, 2, 3, 5, 7, 8, 15, 16, 32)] == [
        *(1, 8, 4, 4, 2, 2, 1, 1, 1, 1)
    ]
    assert positions_per_leaf(1, 2, 15) == 4

"""The recursion key: one encoding, R derived from it, and the same program's other key refused; plans and programs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.recursion.plan import plan_nodes
from hstar.recursion.program_file import decode_program, encode_program
from hstar.recursion.recursion_key import NodeKind, NodePlace, decode_recursion_key
from hstar.recursion.relations import MAX_ARITY
from hstar.stark.key_decoding import split_parts
from hstar.stark.keys import encode_word
from hstar.stark.segments import TREE_ARITY, tree_parts
from recursion.nodes import keys


def recursion_key():
    return keys().recursion_key


def test_the_key_has_one_encoding_and_names_the_same_nodes():
    key = recursion_key()
    decoded = decode_recursion_key(key.encode())
    assert decoded == key and hash(decoded) == hash(key) and decoded.nodes == key.nodes
    assert decoded.key_set.root == keys().key_set.root
    assert [(node.kind, node.segment_key, node.count) for node in key.nodes] == [
        (NodeKind.LEAF, 0, 1), (NodeKind.JOIN, None, 2),
    ]  # fmt: skip
    for node, made in zip(key.nodes, (keys().leaves[0, 1], keys().joins[2]), strict=True):
        assert node.digest == tuple(made.verifying_key.digest)
        assert key.verifying_key(node.place) == made.verifying_key


def test_what_a_verifier_is_built_with():
    key, segment_keys = recursion_key(), keys().segment_keys
    acceptance = key.acceptance_key(segment_keys)
    assert (acceptance.key_set, acceptance.final) == (keys().key_set.root, keys().final.verifying_key)
    with pytest.raises(InputError, match="another program"):
        key.acceptance_key(replace(segment_keys, digest=segment_keys.digest[::-1]))
    with pytest.raises(InputError, match="no node leaf-7-1"):
        key.verifying_key(NodePlace(NodeKind.LEAF, 7, 1))


def test_keys_that_do_not_fit_together_are_refused():
    key = recursion_key()
    leaf, join = key.places
    for change in (
        {"machine_digest": b""},
        {"places": (join, leaf)},
        {"places": (leaf, leaf)},
        {"places": (), "roots": ()},
        {"places": (leaf, NodePlace(NodeKind.JOIN, None, 1))},
        {"places": (leaf, NodePlace(NodeKind.JOIN, None, MAX_ARITY + 1))},
        {"places": (leaf, NodePlace(NodeKind.JOIN, 0, 2))},
        {"places": (NodePlace(NodeKind.LEAF, None, 1), join)},
        {"roots": key.roots[:1]},
        {"roots": key.roots[::-1]},
        {"roots": (key.roots[0], (2**31 - 1,) * 9)},
        {"final": key.node_key},
        {"node_key": key.final},
        {"final": replace(key.final, statement_length=key.final.statement_length + 1)},
    ):
        with pytest.raises(InputError):
            replace(key, **change)


HEAD = len(b"hstar\0rk") + 4


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:HEAD],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data + encode_word(0),
        lambda data: b"hstar\0vk" + data[8:],
        lambda data: data[:8] + encode_word(2) + data[HEAD:],
        lambda data: with_nodes(data, lambda nodes: encode_word(9) + nodes[4:]),
        lambda data: with_nodes(data, lambda nodes: nodes[:12] + b"\xff" * 4 + nodes[16:]),
        lambda data: with_nodes(data, lambda nodes: nodes * 40),
        lambda data: with_nodes(data, lambda nodes: b""),
    ],
)
def test_other_bytes_are_no_key(change):
    with pytest.raises(InputError) as caught:
        decode_recursion_key(change(recursion_key().encode()))
    assert caught.value.reason in {Reason.MALFORMED, Reason.NOT_CANONICAL, Reason.WRONG_SHAPE}


def with_nodes(data, change):
    parts = split_parts(data[HEAD:])
    parts[-1] = change(parts[-1])
    return data[:HEAD] + b"".join(encode_word(len(part)) + part for part in parts)


# Programs as bytes


def test_a_program_comes_back_as_it_was():
    program = keys().joins[2].circuit.program
    again = decode_program(encode_program(program))
    assert np.array_equal(again.gates.gates, program.gates.gates)
    for name in ("constant_wires", "constants", "parts", "wide", "base"):
        assert np.array_equal(getattr(again, name), getattr(program, name))
    for name in (
        "public_wires", "public_is_base", "carried", "advice_wires", "proof_wires", "requirements", "part_names",
    ):  # fmt: skip
        assert getattr(again, name) == getattr(program, name)
    for ours, theirs in zip(again.openings, program.openings, strict=True):
        assert (ours.gate, ours.proof_index, ours.opening_index, ours.shape) == (
            theirs.gate, theirs.proof_index, theirs.opening_index, theirs.shape,
        )  # fmt: skip
        for name in ("positions", "leaves", "siblings"):
            assert np.array_equal(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("data", [b"", b"PK\3\4", encode_word(7) * 9])
def test_bytes_that_are_no_program(data):
    with pytest.raises(InputError):
        decode_program(data)


def test_a_program_that_is_cut_off():
    data = encode_program(keys().leaves[0, 1].circuit.program)
    for end in (len(data) // 2, len(data) - 1):
        with pytest.raises(InputError):
            decode_program(data[:end])


# Plans


def joins_of(count):
    return 0 if count == 1 else 1 + sum(map(joins_of, tree_parts(count)))


def test_a_tree_has_as_few_joins_as_there_can_be():
    assert TREE_ARITY <= MAX_ARITY
    for count in range(2, 200):
        parts = tree_parts(count)
        assert sum(parts) == count and min(parts) >= 1 and len(parts) == min(count, TREE_ARITY)
        assert joins_of(count) == -(-(count - 1) // (TREE_ARITY - 1))


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_a_plan_covers_every_segment_once_with_its_own_leaf(key_indices):
    leaves = {(index, 1) for index in range(3)} | {(0, 2)}
    root = plan_nodes(key_indices, leaves, {2, 3})
    covered = []
    for node in root.nodes():
        if node.place.kind is NodeKind.LEAF:
            indices = key_indices[node.first - 1 : node.first - 1 + node.count]
            assert indices == [node.place.segment_key] * node.place.count
            covered += range(node.first, node.first + node.count)
        else:
            assert node.place.count == len(node.children)
            assert node.count == sum(child.count for child in node.children)
            assert node.first == node.children[0].first
    assert covered == list(range(1, len(key_indices) + 1)) and root.count == len(key_indices)


def test_a_run_that_needs_a_leaf_or_a_join_that_is_not_there():
    with pytest.raises(InputError, match="no leaf for segment 2, whose key is number 1"):
        plan_nodes([0, 1], {(0, 1)}, {2})
    with pytest.raises(InputError, match="no join of 3 children"):
        plan_nodes([0, 0, 0], {(0, 1)}, {2})

"""A small recursion: a relay of a few segments, its keys, leaves and joins. Far below any security target.

`full_parameters` makes the same with 128 provable bits everywhere, for the slow tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeVar, cast

import numpy as np

from hstar.air.check import PublicMessage
from hstar.field.extension import ZERO
from hstar.hash import tags
from hstar.hash.suite import POSEIDON2
from hstar.params.protocol import ProtocolParameters
from hstar.recursion.accept import AcceptanceKey, FinalProof
from hstar.recursion.aggregate import Node, ProvenSegment, aggregate, join_advice, prove_leaf
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import NodeKey, node_key, prove_node
from hstar.recursion.relations import trace_leaf
from hstar.recursion.statement import NodeStatement
from hstar.recursion.topology import RecursionKeys, make_recursion_keys
from hstar.stark.prove import begin_segment, finish_segment
from hstar.stark.security import solve_for
from hstar.stark.segments import SegmentKeys, derive_global_challenge
from hstar.stark.setup import ProvingKey
from hstar.stark.statement import Statement
from stark.circuits import relay_circuit, relay_parameters, relay_preprocessed, relay_tables
from stark.proofs import make_keys, prove_relay, relay_ends, verify

TARGET_BITS, FULL_BITS = 10, 128
MAX_SEGMENTS = 32
OUTPUT = b"sum"

Made = TypeVar("Made", bound=Callable[..., object])
_forget: list[Callable[[], None]] = []


def made_once(function: Made) -> Made:
    """Remembers what a function returns, as long as the parameters stay the same."""
    cached = cache(function)
    _forget.append(cached.cache_clear)
    return cast("Made", cached)


@dataclass
class Size:
    """Provable bits of segments (the small ones have hardly any) and of nodes."""

    target_bits: int = TARGET_BITS


SIZE = Size()


@contextmanager
def full_parameters() -> Iterator[None]:
    """Everything that is made inside has 128 provable bits."""
    try:
        SIZE.target_bits = FULL_BITS
        for forget in _forget:
            forget()
        yield
    finally:
        SIZE.target_bits = TARGET_BITS
        for forget in _forget:
            forget()


def segment_parameters() -> ProtocolParameters:
    if SIZE.target_bits == TARGET_BITS:
        return relay_parameters("poseidon2")
    return solve_for(
        relay_circuit(),
        [16, 16],
        target_bits=SIZE.target_bits,
        suite="poseidon2",
        first_regime="unique",
        max_segments=MAX_SEGMENTS,
    )


@made_once
def own_key() -> ProvingKey:
    """Our program's."""
    return make_keys(relay_circuit(), segment_parameters(), relay_preprocessed())


@dataclass(frozen=True)
class Relay:
    """Proven segments."""

    segments: list[ProvenSegment]
    challenge: tuple
    public: tuple[PublicMessage, ...]


@made_once
def relay(steps: tuple[int, ...] = (3, 9), output: bytes = OUTPUT) -> Relay:
    value, tables = 5, []
    for step in steps:
        tables.append(relay_tables(value, step))
        value += step
    proven = prove_relay(own_key(), tables, output)
    segments = []
    for index, (proof, digest) in enumerate(zip(proven.proofs, proven.digests, strict=True)):
        accepted = verify(proven.key, proven.statement(index + 1), proof)
        segments.append(ProvenSegment(0, proof, tuple(digest), accepted.partial_sum))
    return Relay(segments, proven.challenge, relay_ends(list(steps)))


@made_once
def keys(max_segments_per_leaf: int = 1, max_children: int = 2) -> RecursionKeys:
    segment_keys = SegmentKeys.of(own_key().verifying_key)
    return make_recursion_keys(
        segment_keys,
        max_segments_per_leaf=max_segments_per_leaf,
        max_children=max_children,
        target_bits=SIZE.target_bits,
    )


@made_once
def leaves(output: bytes = OUTPUT) -> list[Node]:
    """One leaf for each of two segments."""
    run = relay(output=output)
    return [prove_leaf(keys(), [segment], number, run.challenge) for number, segment in enumerate(run.segments, 1)]


@made_once
def final_node() -> Node:
    run = relay()
    return aggregate(keys(), run.segments, run.challenge)


def acceptance_key(made: RecursionKeys) -> AcceptanceKey:
    return AcceptanceKey(made.final.verifying_key, made.key_set.root, made.segment_keys)


def as_final_proof(node: Node) -> FinalProof:
    statement = node.statement
    return FinalProof(statement.count, statement.digest, statement.partial_sum, node.proof)


# Nodes by hand: joins of whatever children, and another program's nodes of the same shape


def joined(key_set: KeySet, children: list[Node]) -> NodeStatement:
    """What a join of these children under R says, true or not."""
    first, covered = children[0].statement, [child.statement for child in children]
    count = sum(part.count for part in covered)
    words = [len(children), count, *(word for part in covered for word in part.digest)]
    digest = tuple(POSEIDON2.hash_elements(tags.SEGMENT_JOIN, words))
    total = sum((part.partial_sum for part in covered), ZERO)
    return NodeStatement(key_set.root, first.first, count, digest, first.challenge, total)


def prove_join(made: RecursionKeys, children: list[Node]) -> Node:
    key, statement = made.joins[len(children)], joined(made.key_set, children)
    proofs = [(child.key.verifying_key, child.proof) for child in children]
    proof = prove_node(key, statement.public_input(), proofs, join_advice(made.key_set, children))
    return Node(key, statement, proof.proof)


FIRST_FOREIGN_STEP = 16


@made_once
def foreign_relay_key() -> ProvingKey:
    """Another program: the same circuit and parameters, but its steps are 16 .. 31."""
    table = FIRST_FOREIGN_STEP + np.arange(16, dtype=np.uint32).reshape(1, 16)
    return make_keys(relay_circuit(), segment_parameters(), [None, table])


@made_once
def mixed_relay() -> Relay:
    """Segments 1 and 2 of our program, 3 and 4 of the other one, all proven under one challenge."""
    begun, value = [], 5
    for number, step in enumerate((3, 9, 17, 31), 1):
        is_foreign = step >= FIRST_FOREIGN_STEP
        key = foreign_relay_key() if is_foreign else own_key()
        begun.append(begin_segment(key, number, (_foreign_tables if is_foreign else relay_tables)(value, step)))
        value += step
    digests = [segment.digest for segment in begun]
    challenge = derive_global_challenge(own_key().verifying_key, digests, OUTPUT)
    segments = []
    for number, segment in enumerate(begun, 1):
        proof = finish_segment(segment, challenge)
        key = (foreign_relay_key() if number > 2 else own_key()).verifying_key
        accepted = verify(key, Statement(segment_number=number, global_challenge=challenge), proof)
        segments.append(ProvenSegment(0, proof, tuple(segment.digest), accepted.partial_sum))
    return Relay(segments, challenge, ())


@made_once
def two_segment_leaf() -> NodeKey:
    """A leaf of two segments, of its own shape."""
    return node_key(trace_leaf(own_key().verifying_key, 2), target_bits=SIZE.target_bits)


def _foreign_tables(before: int, step: int) -> list[np.ndarray]:
    relay_table, table = relay_tables(before, step - FIRST_FOREIGN_STEP)
    relay_table[2:, 0] += FIRST_FOREIGN_STEP
    table[0] += FIRST_FOREIGN_STEP
    return [relay_table, table]


@made_once
def foreign_keys() -> RecursionKeys:
    """Keys of the other program's recursion: its own leaf, and the very joins and final node of the first one."""
    made = keys()
    shape = made.node_key
    program = trace_leaf(foreign_relay_key().verifying_key, 1)
    leaf = node_key(program, heights=made.joins[2].circuit.heights, parameters=shape.parameters)
    key_set = KeySet((leaf.verifying_key, made.joins[2].verifying_key))
    segment_keys = SegmentKeys.of(foreign_relay_key().verifying_key)
    return RecursionKeys(segment_keys, {(0, 1): leaf}, made.joins, made.final, key_set)


@made_once
def foreign_final() -> tuple[FinalProof, tuple[PublicMessage, ...]]:
    """A finished run of the other program in one segment, whose challenge is derived as if it were ours."""
    step = FIRST_FOREIGN_STEP + 1
    begun = begin_segment(foreign_relay_key(), 1, _foreign_tables(5, step))
    challenge = derive_global_challenge(own_key().verifying_key, [begun.digest], OUTPUT)
    proof = finish_segment(begun, challenge)
    statement = Statement(segment_number=1, global_challenge=challenge)
    accepted = verify(foreign_relay_key().verifying_key, statement, proof)
    segment = ProvenSegment(0, proof, tuple(begun.digest), accepted.partial_sum)
    return as_final_proof(aggregate(foreign_keys(), [segment], challenge)), relay_ends([step])

"""A small recursion: a relay of a few segments, its keys, leaves and joins. Far below any security target."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hstar.air.check import PublicMessage
from hstar.recursion.accept import AcceptanceKey, FinalProof
from hstar.recursion.aggregate import Node, ProvenSegment, aggregate, prove_leaf
from hstar.recursion.topology import RecursionKeys, make_recursion_keys
from hstar.stark.segments import SegmentKeys
from stark.circuits import relay_tables
from stark.proofs import prove_relay, relay_ends, relay_key, verify

TARGET_BITS = 10
OUTPUT = b"sum"


@dataclass(frozen=True)
class Relay:
    """Proven segments."""

    segments: list[ProvenSegment]
    challenge: tuple
    public: tuple[PublicMessage, ...]


@cache
def relay(steps: tuple[int, ...] = (3, 9), output: bytes = OUTPUT) -> Relay:
    value, tables = 5, []
    for step in steps:
        tables.append(relay_tables(value, step))
        value += step
    proven = prove_relay(relay_key(), tables, output)
    segments = []
    for index, (proof, digest) in enumerate(zip(proven.proofs, proven.digests, strict=True)):
        accepted = verify(proven.key, proven.statement(index + 1), proof)
        segments.append(ProvenSegment(0, proof, tuple(digest), accepted.partial_sum))
    return Relay(segments, proven.challenge, relay_ends(list(steps)))


@cache
def keys(max_segments_per_leaf: int = 1, max_children: int = 2) -> RecursionKeys:
    segment_keys = SegmentKeys.of(relay_key().verifying_key)
    return make_recursion_keys(
        segment_keys,
        max_segments_per_leaf=max_segments_per_leaf,
        max_children=max_children,
        target_bits=TARGET_BITS,
    )


@cache
def leaves(output: bytes = OUTPUT) -> list[Node]:
    """One leaf for each of two segments."""
    run = relay(output=output)
    return [prove_leaf(keys(), [segment], number, run.challenge) for number, segment in enumerate(run.segments, 1)]


@cache
def final_node() -> Node:
    run = relay()
    return aggregate(keys(), run.segments, run.challenge)


def acceptance_key(made: RecursionKeys) -> AcceptanceKey:
    return AcceptanceKey(made.final.verifying_key, made.key_set.root, made.segment_keys)


def as_final_proof(node: Node) -> FinalProof:
    statement = node.statement
    return FinalProof(statement.count, statement.digest, statement.partial_sum, node.proof)

"""The keys of a program's recursion: leaves, joins and the final node, all nodes of one shape.

The nodes follow the digest tree of `hstar.stark.segments` (`hstar.recursion.plan`). A join verifies children of any key
in R with one circuit, so all these keys have the same parameters, heights and messages: every table is filled up to the
largest one that any node needs. A join is itself such a child, hence the search for a shape that its own verifier fits
in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hstar.errors import InputError, Reason
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.params.protocol import ProtocolParameters
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import LOG_INVERSE_RATE, NodeKey, node_key, solve_node
from hstar.recursion.program import TracedProgram
from hstar.recursion.recursion_key import NodeKind, NodePlace, RecursionKey
from hstar.recursion.relations import MAX_ARITY, trace_final, trace_join, trace_leaf
from hstar.stark.keys import VerifyingKey
from hstar.stark.segments import SegmentKeys

FINAL_LOG_INVERSE_RATE = 4
"""The final proof is small before it is fast: rate 1/16."""
MAX_SEARCH_STEPS = 8
"""The verifier grows with the logarithm of what it verifies, so a shape is found after two or three steps."""
GROWTH = 32
"""A shape that was too small grows by one part in so many beyond what was needed: so the next step ends the search."""

Heights = Mapping[str, int]


class NodeKeys(Protocol):
    """What proves the nodes of one program's recursion; all of it is there, or made when it is asked for."""

    @property
    def segment_keys(self) -> SegmentKeys:
        """Of the segments."""

    @property
    def leaves(self) -> Mapping[tuple[int, int], NodeKey]:
        """For each segment key (by index) and number of segments."""

    @property
    def joins(self) -> Mapping[int, NodeKey]:
        """By number of children."""

    @property
    def final(self) -> NodeKey:
        """Of the last proof."""

    @property
    def key_set(self) -> KeySet:
        """R, over all leaves and joins."""


@dataclass(frozen=True)
class RecursionKeys:
    """Everything that proves and verifies the recursion of one program's segments, as `NodeKeys` says.

    Args:
        segment_keys: of the segments.
        leaves: for each segment key (by index) and number of segments.
        joins: by number of children.
        final: of the last proof.
        key_set: R, over all leaves and joins.
    """

    segment_keys: SegmentKeys
    leaves: Mapping[tuple[int, int], NodeKey]
    joins: Mapping[int, NodeKey]
    final: NodeKey
    key_set: KeySet

    @property
    def node_key(self) -> VerifyingKey:
        """One of the nodes' keys; all have its shape."""
        return self.key_set.keys[0]

    @property
    def recursion_key(self) -> RecursionKey:
        """What a verifier gets."""
        places = [NodePlace(NodeKind.LEAF, index, count) for index, count in self.leaves]
        places += [NodePlace(NodeKind.JOIN, None, count) for count in self.joins]
        roots = tuple(root_of(key) for key in self.key_set.keys)
        return RecursionKey(self.segment_keys.digest, tuple(places), roots, self.node_key, self.final.verifying_key)


def make_recursion_keys(
    segment_keys: SegmentKeys,
    *,
    max_segments_per_leaf: int = MAX_ARITY,
    max_children: int = MAX_ARITY,
    target_bits: int = 128,
    key_indices: Sequence[int] | None = None,
) -> RecursionKeys:
    """Traces all nodes, finds their shape, and makes the keys, all at once and in memory.

    Args:
        segment_keys: of the segments; Poseidon2.
        max_segments_per_leaf, max_children: leaves and joins up to these sizes are made.
        target_bits: provable bits of every node.
        key_indices: the segment keys that leaves are made for; all if left out. A run that needs another one cannot be
            aggregated under these keys.

    Raises:
        InputError: OUT_OF_RANGE when no shape is found; as `solve_for`.
    """
    places = node_places(
        range(len(segment_keys.keys)) if key_indices is None else key_indices, max_segments_per_leaf, max_children
    )
    leaves = {place: trace_node(place, segment_keys) for place in places if place.kind is NodeKind.LEAF}
    heights = [StraightLineCircuit(program).heights for program in leaves.values()]
    shape = find_shape(next(iter(leaves.values())), heights, max_children, target_bits)
    made = {place: shape.node_key(leaves.get(place) or trace_node(place, segment_keys, shape.key)) for place in places}
    return RecursionKeys(
        segment_keys,
        {(place.segment_key or 0, place.count): key for place, key in made.items() if place.kind is NodeKind.LEAF},
        {place.count: key for place, key in made.items() if place.kind is NodeKind.JOIN},
        final_node_key(trace_final(shape.key), target_bits=target_bits),
        KeySet(tuple(key.verifying_key for key in made.values())),
    )


def node_places(key_indices: Sequence[int], max_segments_per_leaf: int, max_children: int) -> list[NodePlace]:
    """All nodes of a recursion, in the order of R.

    Raises:
        InputError: OUT_OF_RANGE for leaves or joins that the digest tree does not have.
    """
    if not 1 <= max_segments_per_leaf <= MAX_ARITY or not 2 <= max_children <= MAX_ARITY:
        raise InputError(f"leaves and joins have at most {MAX_ARITY} parts", reason=Reason.OUT_OF_RANGE)
    counts = range(1, max_segments_per_leaf + 1)
    return [
        *(NodePlace(NodeKind.LEAF, index, count) for index in sorted(key_indices) for count in counts),
        *(NodePlace(NodeKind.JOIN, None, count) for count in range(2, max_children + 1)),
    ]


def trace_node(place: NodePlace, segment_keys: SegmentKeys, node_key: VerifyingKey | None = None) -> TracedProgram:
    """The program of a leaf, or of a join of nodes that have the shape of `node_key`.

    Raises:
        InputError: WRONG_SHAPE for a join without such a key.
    """
    if place.segment_key is not None:
        return trace_leaf(segment_keys.keys[place.segment_key], place.count)
    if node_key is None:
        raise InputError("a join is traced for nodes of a shape", reason=Reason.WRONG_SHAPE)
    return trace_join(node_key, place.count)


def final_node_key(
    program: TracedProgram,
    *,
    target_bits: int = 128,
    heights: Heights | None = None,
    parameters: ProtocolParameters | None = None,
) -> NodeKey:
    """The key of the final proof: a small proof, with a hash that needs only the standard library."""
    return node_key(
        program,
        heights=heights,
        parameters=parameters,
        target_bits=target_bits,
        log_inverse_rate=FINAL_LOG_INVERSE_RATE,
        suite="blake2b",
    )


@dataclass(frozen=True)
class NodeShape:
    """What all keys of nodes have in common.

    Args:
        heights: of every chip.
        parameters: of the proofs.
        key: a key of this shape, of no program.
    """

    heights: Heights
    parameters: ProtocolParameters
    key: VerifyingKey

    def node_key(self, program: TracedProgram) -> NodeKey:
        """A program's key of this shape."""
        return node_key(program, heights=self.heights, parameters=self.parameters)


def shape_of(key: VerifyingKey) -> NodeShape:
    """The shape that a node's key has."""
    names = [chip.name for chip in key.circuit.chips]
    heights = {name: height or 0 for name, height in zip(names, key.fixed_heights, strict=True)}
    return NodeShape(heights, key.parameters, key)


def find_shape(
    program: TracedProgram,
    leaf_heights: Sequence[Heights],
    max_children: int,
    target_bits: int,
    trace: Callable[[VerifyingKey, int], TracedProgram] = trace_join,
) -> NodeShape:
    """The smallest heights, grown from those of the leaves, that the largest join of nodes of this shape fits in.

    Args:
        program: of any leaf.
        leaf_heights: rows of each chip that every leaf needs.
        max_children: of the largest join.
        target_bits: provable bits of every node.
        trace: makes joins of nodes of a shape, or remembers them.

    Raises:
        InputError: OUT_OF_RANGE when no shape is found; as `solve_for`.
    """
    heights = _largest(leaf_heights)
    for _ in range(MAX_SEARCH_STEPS):
        shape = _make_shape(program, heights, target_bits)
        needed = StraightLineCircuit(trace(shape.key, max_children)).heights
        if all(needed[name] <= height for name, height in heights.items()):
            return shape
        heights = _largest([heights, {name: height + height // GROWTH for name, height in needed.items()}])
    raise InputError(
        f"no shape of nodes was found: a join of {max_children} nodes keeps growing; allow fewer children",
        reason=Reason.OUT_OF_RANGE,
    )


def _largest(all_heights: Sequence[Heights]) -> Heights:
    return {name: max(heights[name] for heights in all_heights) for name in all_heights[0]}


def _make_shape(program: TracedProgram, heights: Heights, target_bits: int) -> NodeShape:
    circuit = StraightLineCircuit(program, heights=heights)
    parameters = solve_node(circuit, target_bits=target_bits, log_inverse_rate=LOG_INVERSE_RATE)
    chips = circuit.traced.circuit.chips
    key = VerifyingKey(
        circuit.traced.circuit,
        parameters,
        tuple(heights[chip.name] for chip in chips),
        (0,) * DIGEST_ELEMENTS,
        circuit.statement_length,
        circuit.statement_messages,
    )
    return NodeShape(heights, parameters, key)


def without_root(key: VerifyingKey) -> VerifyingKey:
    """What the keys of all nodes of a shape have in common: such a key with no program's root."""
    return replace(key, preprocessed_root=(0,) * DIGEST_ELEMENTS)


def root_of(key: VerifyingKey) -> tuple[int, ...]:
    """The preprocessed root of a node's key.

    Raises:
        InputError: WRONG_SHAPE where there is none.
    """
    root = key.preprocessed_root
    if root is None or isinstance(root, bytes):
        raise InputError("a node's key has preprocessed columns under Poseidon2", reason=Reason.WRONG_SHAPE)
    return tuple(root)

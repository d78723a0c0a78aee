"""The keys of a program's recursion: leaves, joins and the final node, all nodes of one shape.

The nodes follow the digest tree of `hstar.stark.segments`: up to four neighbouring segments with one key are a leaf,
everything larger is a join of two to four parts. A join verifies children of any key in R with one circuit, so all
these keys have the same parameters, heights and messages: every table is filled up to the largest one that any node
needs. A join is itself such a child, hence the search for a shape that its own verifier fits in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hstar.errors import InputError, Reason
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.params.protocol import ProtocolParameters
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import LOG_INVERSE_RATE, NodeKey, node_key, solve_node
from hstar.recursion.program import TracedProgram
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


@dataclass(frozen=True)
class RecursionKeys:
    """Everything that proves and verifies the recursion of one program's segments.

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


def make_recursion_keys(
    segment_keys: SegmentKeys,
    *,
    max_segments_per_leaf: int = MAX_ARITY,
    max_children: int = MAX_ARITY,
    target_bits: int = 128,
    key_indices: Sequence[int] | None = None,
) -> RecursionKeys:
    """Traces all nodes, finds their shape, and makes the keys.

    Args:
        segment_keys: of the segments; Poseidon2.
        max_segments_per_leaf, max_children: leaves and joins up to these sizes are made.
        target_bits: provable bits of every node.
        key_indices: the segment keys that leaves are made for; all if left out. A run that needs another one cannot be
            aggregated under these keys.

    Raises:
        InputError: OUT_OF_RANGE when no shape is found; as `solve_for`.
    """
    if not 1 <= max_segments_per_leaf <= MAX_ARITY or not 2 <= max_children <= MAX_ARITY:
        raise InputError(f"leaves and joins have at most {MAX_ARITY} parts", reason=Reason.OUT_OF_RANGE)
    leaves = {
        (index, count): trace_leaf(segment_keys.keys[index], count)
        for index in (range(len(segment_keys.keys)) if key_indices is None else key_indices)
        for count in range(1, max_segments_per_leaf + 1)
    }
    shape = _find_shape(list(leaves.values()), max_children, target_bits)
    joins = {count: trace_join(shape.key, count) for count in range(2, max_children + 1)}
    made_leaves = {place: shape.node_key(program) for place, program in leaves.items()}
    made_joins = {count: shape.node_key(program) for count, program in joins.items()}
    key_set = KeySet(tuple(node.verifying_key for node in (*made_leaves.values(), *made_joins.values())))
    final = node_key(
        trace_final(shape.key), target_bits=target_bits, log_inverse_rate=FINAL_LOG_INVERSE_RATE, suite="blake2b"
    )
    return RecursionKeys(segment_keys, made_leaves, made_joins, final, key_set)


@dataclass(frozen=True)
class _Shape:
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


def _find_shape(leaves: Sequence[TracedProgram], max_children: int, target_bits: int) -> _Shape:
    """The smallest heights, grown from those of the leaves, that the largest join of nodes of this shape fits in."""
    heights = _largest([StraightLineCircuit(program).heights for program in leaves])
    for _ in range(MAX_SEARCH_STEPS):
        shape = _make_shape(leaves[0], heights, target_bits)
        needed = StraightLineCircuit(trace_join(shape.key, max_children)).heights
        if all(needed[name] <= height for name, height in heights.items()):
            return shape
        heights = _largest([heights, {name: height + height // GROWTH for name, height in needed.items()}])
    raise InputError(
        f"no shape of nodes was found: a join of {max_children} nodes keeps growing; allow fewer children",
        reason=Reason.OUT_OF_RANGE,
    )


def _largest(all_heights: Sequence[Heights]) -> Heights:
    return {name: max(heights[name] for heights in all_heights) for name in all_heights[0]}


def _make_shape(program: TracedProgram, heights: Heights, target_bits: int) -> _Shape:
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
    return _Shape(heights, parameters, key)

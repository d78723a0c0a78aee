"""Which nodes a run's segments take: the digest tree, with a leaf wherever there is one for what is below."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from hstar.errors import InputError, Reason
from hstar.recursion.recursion_key import NodeKind, NodePlace
from hstar.stark.segments import tree_parts


@dataclass(frozen=True)
class PlannedNode:
    """A node over neighbouring segments.

    Args:
        place: whose key it is proven under.
        first, count: it covers the segments `first .. first + count - 1`.
        children: of a join.
    """

    place: NodePlace
    first: int
    count: int
    children: tuple[PlannedNode, ...] = ()

    def nodes(self) -> Iterator[PlannedNode]:
        """This node and all below it, children before parents."""
        for child in self.children:
            yield from child.nodes()
        yield self

    def __str__(self) -> str:
        last = self.first + self.count - 1
        return f"{self.place.kind} of segment{'s' if self.count > 1 else ''} {self.first}" + (
            f" to {last}" if self.count > 1 else ""
        )


def plan_nodes(key_indices: Sequence[int], leaves: Container[tuple[int, int]], joins: Container[int]) -> PlannedNode:
    """The tree of nodes.

    Args:
        key_indices: of the keys of segments 1 .. N.
        leaves: for which segment keys and numbers of segments there are leaves.
        joins: for how many children there are joins.

    Raises:
        InputError: WRONG_SHAPE when there is no leaf or join that is needed.
    """
    return _plan(key_indices, 1, leaves, joins)


def _plan(
    key_indices: Sequence[int], first: int, leaves: Container[tuple[int, int]], joins: Container[int]
) -> PlannedNode:
    count, kinds = len(key_indices), set(key_indices)
    if len(kinds) == 1 and (key_indices[0], count) in leaves:
        return PlannedNode(NodePlace(NodeKind.LEAF, key_indices[0], count), first, count)
    if count == 1:
        raise InputError(
            f"the recursion key has no leaf for segment {first}, whose key is number {key_indices[0]}; make the key "
            "of all size classes with `hstar key`",
            reason=Reason.WRONG_SHAPE,
        )
    bounds = [0, *accumulate(tree_parts(count))]
    children = tuple(_plan(key_indices[start:end], first + start, leaves, joins) for start, end in pairwise(bounds))
    if len(children) not in joins:
        raise InputError(f"the recursion key has no join of {len(children)} children", reason=Reason.WRONG_SHAPE)
    return PlannedNode(NodePlace(NodeKind.JOIN, None, len(children)), first, count, children)

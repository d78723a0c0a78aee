"""The prover's tree of fractions, stored only where it is not 0/1, and the sum of one of its layers.

A block holds neighbouring leaves of one height: `[leaves, height]` numerators and denominators. Halving the rows l
times leaves at most one row per leaf; what is above has one entry per leaf index and is stored in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hstar.field.extension import ExtensionElement
from hstar.iop.arrays import ExtensionArray, bind_lowest, eq_prefix, padded_even
from hstar.iop.logup_gkr.relation import TreeDimensions


@dataclass(frozen=True, slots=True)
class LeafBlock:
    """Fractions of one chip and scope.

    Args:
        leaf_indices: global indices of the leaves.
        numerators, denominators: `[leaves, height]`, elements of E.
    """

    leaf_indices: tuple[int, ...]
    numerators: ExtensionArray
    denominators: ExtensionArray

    @property
    def height(self) -> int:
        """Rows that are not 0/1."""
        return self.numerators.shape[1]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The two children of the nodes of a block: `[leaves, nodes]` each."""

    leaf_indices: tuple[int, ...]
    p0: ExtensionArray
    p1: ExtensionArray
    q0: ExtensionArray
    q1: ExtensionArray


def _split(block: LeafBlock) -> _Pairs:
    """Children of the next layer's nodes: neighbouring rows, completed with 0/1."""
    p, q = padded_even(block.numerators, 0), padded_even(block.denominators, 1)
    return _Pairs(block.leaf_indices, p[:, 0::2], p[:, 1::2], q[:, 0::2], q[:, 1::2])


def _combine(pairs: _Pairs) -> LeafBlock:
    numerators = pairs.p0 * pairs.q1 + pairs.p1 * pairs.q0
    return LeafBlock(pairs.leaf_indices, numerators, pairs.q0 * pairs.q1)


class FractionTree:
    """All layers from the leaves to the first one; `pop_children` hands them out from the top and forgets them."""

    def __init__(self, dimensions: TreeDimensions, leaves: Sequence[LeafBlock]) -> None:
        self._dimensions = dimensions
        blocks = [block for block in leaves if block.height and block.leaf_indices]
        self._children: list[list[_Pairs]] = []
        for _ in range(dimensions.log_rows):
            pairs = [_split(block) for block in blocks]
            self._children.append(pairs)
            blocks = [_combine(part) for part in pairs]
        top = self._full_layer(blocks)
        for _ in range(dimensions.log_leaves - dimensions.first_layer):
            part = _split(top)
            self._children.append([part])
            top = _combine(part)
        self._top = top

    def _full_layer(self, blocks: Sequence[LeafBlock]) -> LeafBlock:
        """One entry per leaf index, in the last axis."""
        size = 1 << self._dimensions.log_leaves
        numerators = ExtensionArray.zeros(1, size)
        denominators = ExtensionArray.of_base(np.ones((1, size), dtype=np.uint64))
        for block in blocks:
            indices = list(block.leaf_indices)
            numerators[0, indices] = block.numerators[:, 0]
            denominators[0, indices] = block.denominators[:, 0]
        return LeafBlock((0,), numerators, denominators)

    def roots(self) -> tuple[list[ExtensionElement], list[ExtensionElement]]:
        """Numerators and denominators of the first layer."""
        return self._top.numerators.elements(), self._top.denominators.elements()

    def pop_children(self, layer: int) -> list[_Pairs]:
        """The children of the nodes of layer `layer`; layers must be taken from the top."""
        missing = self._dimensions.num_layers - layer
        if missing != len(self._children):
            raise RuntimeError(f"layer {layer} is not the next one of the fraction tree")
        return self._children.pop()


class LayerSum:
    """`sum_x eq(z, x) (p0 q1 + p1 q0 + lambda q0 q1)(x)` over the nodes of a layer, eq taken out.

    Pairs of nodes that are both 0/1 change only the constant coefficient, which is not sent.
    """

    def __init__(
        self,
        pairs: list[_Pairs],
        dimensions: TreeDimensions,
        point: Sequence[ExtensionElement],
        challenge: ExtensionElement,
    ) -> None:
        self._log_leaves = dimensions.log_leaves
        self._pairs = pairs
        self._remaining = list(point)
        self._challenge = ExtensionArray.of_element(challenge)
        self._rows_left = max(len(point) - dimensions.log_leaves, 0)
        self._by_leaf = len(point) >= dimensions.log_leaves
        if self._by_leaf and not self._rows_left:
            self._gather_leaves()

    def round_polynomial(self) -> list[ExtensionElement]:
        """c_1 and c_2 of the lowest remaining variable."""
        rest = self._remaining[1:]
        row_point, leaf_point = rest[: self._rows_left - 1], rest[self._rows_left - 1 :]
        if not self._by_leaf:
            row_point, leaf_point = rest, []
        longest = max((pairs.p0.shape[1] for pairs in self._pairs), default=0)
        row_weights = eq_prefix(row_point, (longest + 1) // 2)
        leaf_weights = eq_prefix(leaf_point, 1 << len(leaf_point)) if leaf_point else None
        total = ExtensionArray.zeros(2)
        for pairs in self._pairs:
            total = total + self._block_round(pairs, row_weights, leaf_weights)
        value_difference, second = total.elements()
        return [value_difference - second, second]

    def _block_round(
        self, pairs: _Pairs, row_weights: ExtensionArray, leaf_weights: ExtensionArray | None
    ) -> ExtensionArray:
        """s(1) - s(0) and c_2 of one block."""
        parts = [padded_even(pairs.p0), padded_even(pairs.p1), padded_even(pairs.q0, 1), padded_even(pairs.q1, 1)]
        even = [part[:, 0::2] for part in parts]
        odd = [part[:, 1::2] for part in parts]
        slope = [upper - lower for lower, upper in zip(even, odd, strict=True)]
        weights = row_weights[: even[0].shape[1]]
        sums = [
            (weights * (self._node_value(odd) - self._node_value(even))).sum(axis=1),
            (weights * self._node_value(slope)).sum(axis=1),
        ]
        if leaf_weights is not None:
            chosen = leaf_weights[list(pairs.leaf_indices)]
            sums = [chosen * part for part in sums]
        return ExtensionArray.concatenate([part.sum().reshape(1) for part in sums])

    def _node_value(self, parts: Sequence[ExtensionArray]) -> ExtensionArray:
        p0, p1, q0, q1 = parts
        return p0 * q1 + (p1 + self._challenge * q1) * q0

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest remaining variable."""
        self._pairs = [
            _Pairs(
                pairs.leaf_indices,
                bind_lowest(padded_even(pairs.p0), coordinate),
                bind_lowest(padded_even(pairs.p1), coordinate),
                bind_lowest(padded_even(pairs.q0, 1), coordinate),
                bind_lowest(padded_even(pairs.q1, 1), coordinate),
            )
            for pairs in self._pairs
        ]
        self._remaining.pop(0)
        if self._rows_left:
            self._rows_left -= 1
            if not self._rows_left:
                self._gather_leaves()

    def _gather_leaves(self) -> None:
        """Once every row variable is bound: one entry per leaf index."""
        if not self._by_leaf:
            return
        size = 1 << self._log_leaves
        parts = [ExtensionArray.of_base(np.full((1, size), filler, dtype=np.uint64)) for filler in (0, 0, 1, 1)]
        for pairs in self._pairs:
            indices = list(pairs.leaf_indices)
            for part, values in zip(parts, (pairs.p0, pairs.p1, pairs.q0, pairs.q1), strict=True):
                part[0, indices] = values[:, 0]
        self._pairs = [_Pairs((0,), *parts)]
        self._by_leaf = False

    def children(self) -> tuple[ExtensionElement, ...]:
        """p0, p1, q0, q1 at the bound point."""
        (pairs,) = self._pairs
        return tuple(part.element() for part in (pairs.p0, pairs.p1, pairs.q0, pairs.q1))

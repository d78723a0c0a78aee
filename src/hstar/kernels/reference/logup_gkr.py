"""Definition of `kernels.logup_gkr`: the tree of fractions in lists of elements.

A layer is a table from leaf indices to nodes `(p, q)`, row by row, as long as there are rows; above, and once a
sumcheck has bound all row variables, it is a single list over the leaf indices. What is missing is 0/1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.kernels.reference.padded_tables import Elements, bind_lowest, eq_table, padded_even, total

Fractions: TypeAlias = tuple[Elements, Elements]
Layer: TypeAlias = dict[int, Fractions]
FILLERS = (ZERO, ZERO, ONE, ONE)
"""`p0, p1, q0, q1` of a node whose children are both 0/1."""


class FractionTree:
    """All layers; see the facade."""

    def __init__(self, leaves: Mapping[int, Fractions], log_leaves: int, log_rows: int, first_layer: int) -> None:
        self._log_leaves = log_leaves
        layer = {index: fractions for index, fractions in leaves.items() if fractions[0]}
        self._layers: list[Layer] = []
        for missing in range(log_rows + log_leaves, first_layer, -1):
            if missing == log_leaves:
                layer = _over_leaves(layer, log_leaves)
            self._layers.append(layer)
            layer = {index: _parents(*fractions) for index, fractions in layer.items()}
        self._top = layer[0] if first_layer < log_leaves else _over_leaves(layer, log_leaves)[0]

    def roots(self) -> list[tuple[ExtensionElement, ExtensionElement]]:
        """Nodes of the first layer."""
        return list(zip(*self._top, strict=True))

    def next_layer(self, point: Sequence[ExtensionElement], challenge: ExtensionElement) -> LayerSum:
        """The sumcheck of the next layer."""
        return LayerSum(self._layers.pop(), self._log_leaves, point, challenge)


def _over_leaves(layer: Layer, log_leaves: int) -> Layer:
    """One list over all leaf indices, from at most one node a leaf."""
    p, q = [ZERO] * (1 << log_leaves), [ONE] * (1 << log_leaves)
    for index, (numerators, denominators) in layer.items():
        (p[index],), (q[index],) = numerators, denominators
    return {0: (p, q)}


def _parents(p: Elements, q: Elements) -> Fractions:
    p, q = padded_even(p, ZERO), padded_even(q, ONE)
    pairs = list(zip(p[0::2], p[1::2], q[0::2], q[1::2], strict=True))
    return [p0 * q1 + p1 * q0 for p0, p1, q0, q1 in pairs], [q0 * q1 for _, _, q0, q1 in pairs]


class LayerSum:
    """`sum_x eq(z, x) (p0 q1 + p1 q0 + lambda q0 q1)(x)` over the nodes of a layer, eq taken out."""

    def __init__(
        self, layer: Layer, log_leaves: int, point: Sequence[ExtensionElement], challenge: ExtensionElement
    ) -> None:
        self._log_leaves, self._point, self._challenge = log_leaves, list(point), challenge
        self._by_leaf = len(point) >= log_leaves
        self._nodes: dict[int, tuple[Elements, ...]] = {}
        for index, fractions in layer.items():
            p, q = padded_even(fractions[0], ZERO), padded_even(fractions[1], ONE)
            self._nodes[index] = (p[0::2], p[1::2], q[0::2], q[1::2])
        self._gather_leaves()

    def _gather_leaves(self) -> None:
        """Once all row variables are bound: one list over the leaf indices."""
        if not self._by_leaf or len(self._point) > self._log_leaves:
            return
        size = 1 << self._log_leaves
        parts = tuple([filler] * size for filler in FILLERS)
        for index, nodes in self._nodes.items():
            for part, values in zip(parts, nodes, strict=True):
                (part[index],) = values
        self._nodes, self._by_leaf = {0: parts}, False

    def round_polynomial(self) -> Elements:
        """c_1 and c_2; pairs of nodes that are both 0/1 change only c_0."""
        num_rows = len(self._point) - self._log_leaves if self._by_leaf else len(self._point)
        difference, second = ZERO, ZERO
        for index, nodes in self._nodes.items():
            padded = [padded_even(values, filler) for values, filler in zip(nodes, FILLERS, strict=True)]
            even, odd = [values[0::2] for values in padded], [values[1::2] for values in padded]
            slope = [[b - a for a, b in zip(*ends, strict=True)] for ends in zip(even, odd, strict=True)]
            weights = eq_table(self._point[1:num_rows], len(even[0]))
            at_zero, at_one, leading = (self._weighted(weights, ends) for ends in (even, odd, slope))
            leaf = eq_table(self._point[num_rows:], index + 1)[index] if self._by_leaf else ONE
            difference, second = difference + leaf * (at_one - at_zero), second + leaf * leading
        return [difference - second, second]

    def _weighted(self, weights: Elements, nodes: Sequence[Elements]) -> ExtensionElement:
        values = (p0 * q1 + p1 * q0 + self._challenge * q0 * q1 for p0, p1, q0, q1 in zip(*nodes, strict=True))
        return total([weight * value for weight, value in zip(weights, values, strict=True)])

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest unbound variable."""
        for index, nodes in self._nodes.items():
            padded = (padded_even(values, filler) for values, filler in zip(nodes, FILLERS, strict=True))
            self._nodes[index] = tuple(bind_lowest(values, coordinate) for values in padded)
        self._point.pop(0)
        self._gather_leaves()

    def children(self) -> Elements:
        """`p0, p1, q0, q1` at the bound point."""
        return [values[0] for values in self._nodes[0]]

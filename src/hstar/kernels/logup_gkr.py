"""The prover's tree of fractions and the sumcheck of each of its layers.

A leaf index and a row make the index `leaf * 2^log_rows + row` of a leaf node; node x of a layer has the children 2x
and 2x + 1 of the layer below, and `p = p0 q1 + p1 q0`, `q = q0 q1`. Only rows that a leaf has are stored; what is
missing is the fraction 0/1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.kernels.arguments import check_range
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import logup_gkr as reference
from hstar.kernels.vectors import ExtensionVector

MAX_LOG_NODES = 40
"""Far more nodes than memory holds."""


@dataclass(frozen=True, slots=True)
class LeafFractions:
    """The fractions of one leaf.

    Args:
        index: of the leaf.
        numerators, denominators: of its rows, equally many.
    """

    index: int
    numerators: ExtensionVector
    denominators: ExtensionVector


class FractionTree:
    """All layers from the leaves to the first one, whose nodes are sent in the clear.

    Layers are proven from the first one down and forgotten on the way.

    Args:
        leaves: with distinct indices.
        log_leaves, log_rows: coordinates of a leaf index and of a row.
        first_layer: the layer that is sent, 0 or 1.

    Raises:
        InputError: OUT_OF_RANGE for a leaf index or a height beyond its coordinates, WRONG_SHAPE, MALFORMED.
    """

    def __init__(
        self, leaves: Sequence[LeafFractions], *, log_leaves: int, log_rows: int, first_layer: int = 0
    ) -> None:
        check_range(log_leaves, "log_leaves", 0, MAX_LOG_NODES)
        check_range(log_rows, "log_rows", 0, MAX_LOG_NODES - log_leaves)
        check_range(first_layer, "first_layer", 0, min(log_leaves, 1))
        _check_leaves(leaves, log_leaves, log_rows)
        self._num_layers = log_leaves + log_rows
        self._next = first_layer
        self._is_native = runs_native()
        self._tree: Any
        if self._is_native:
            words = [(leaf.index, len(leaf.numerators), leaf.numerators, leaf.denominators) for leaf in leaves]
            buffers = [(index, count, p.words, q.words) for index, count, p, q in words]
            self._tree = native().FractionTree(buffers, log_leaves, log_rows, first_layer)
        else:
            nodes = {leaf.index: (list(leaf.numerators), list(leaf.denominators)) for leaf in leaves}
            self._tree = reference.FractionTree(nodes, log_leaves, log_rows, first_layer)

    def roots(self) -> tuple[list[ExtensionElement], list[ExtensionElement]]:
        """Numerators and denominators of the first layer's nodes."""
        roots = self._tree.roots()
        if self._is_native:
            roots = [(ExtensionElement(p), ExtensionElement(q)) for p, q in roots]
        return [p for p, _ in roots], [q for _, q in roots]

    def next_layer(
        self, point: Sequence[ExtensionElement], challenge: ExtensionElement, claim: ExtensionElement
    ) -> LayerSum:
        """The sumcheck of the next layer t; the one before must have been finished.

        Args:
            point: t coordinates.
            challenge: lambda.
            claim: `p + lambda q` of the layer's extension at `point`. A wrong one gives wrong round polynomials.

        Raises:
            InputError: OUT_OF_RANGE when no layer is left, WRONG_SHAPE for a point of another length.
        """
        check_range(self._next, "the next layer", 0, self._num_layers - 1)
        if len(point) != self._next:
            raise InputError(
                f"layer {self._next} has {self._next} coordinates, not {len(point)}", reason=Reason.WRONG_SHAPE
            )
        self._next += 1
        if self._is_native:
            coordinates = [coordinate.coefficients for coordinate in point]
            layer = self._tree.next_layer(coordinates, challenge.coefficients, claim.coefficients)
        else:
            layer = self._tree.next_layer(point, challenge)
        return LayerSum(self._tree if self._is_native else None, layer, len(point))


def _check_leaves(leaves: Sequence[LeafFractions], log_leaves: int, log_rows: int) -> None:
    if len({leaf.index for leaf in leaves}) < len(leaves):
        raise InputError("two leaves have the same index", reason=Reason.MALFORMED)
    for leaf in leaves:
        check_range(leaf.index, "a leaf index", 0, (1 << log_leaves) - 1)
        check_range(len(leaf.numerators), f"the height of leaf {leaf.index}", 0, 1 << log_rows)
        if len(leaf.numerators) != len(leaf.denominators):
            raise InputError(
                f"leaf {leaf.index} has {len(leaf.numerators)} numerators and {len(leaf.denominators)} denominators",
                reason=Reason.WRONG_SHAPE,
            )


class LayerSum:
    """`sum_x eq(z, x) (p0 q1 + p1 q0 + lambda q0 q1)(x)` over the nodes of a layer, eq taken out.

    Made by `FractionTree.next_layer`; variables are bound from the lowest one.
    """

    def __init__(self, native_tree: Any, layer: Any, num_variables: int) -> None:  # noqa: ANN401  native or reference
        self._tree, self._layer, self._unbound = native_tree, layer, num_variables

    def round_polynomial(self) -> list[ExtensionElement]:
        """c_1 and c_2 of the lowest unbound variable.

        Raises:
            InputError: OUT_OF_RANGE when every variable is bound.
        """
        check_range(self._unbound, "the number of unbound variables", 1, MAX_LOG_NODES)
        coefficients = self._layer.round_polynomial()
        return [ExtensionElement(value) for value in coefficients] if self._tree else list(coefficients)

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the lowest unbound variable.

        Raises:
            InputError: OUT_OF_RANGE when every variable is bound.
        """
        check_range(self._unbound, "the number of unbound variables", 1, MAX_LOG_NODES)
        self._layer.bind(coordinate.coefficients if self._tree else coordinate)
        self._unbound -= 1

    def children(self) -> list[ExtensionElement]:
        """`p0, p1, q0, q1` at the bound point; ends the layer, so it can be asked once.

        Raises:
            InputError: OUT_OF_RANGE while a variable is unbound.
        """
        check_range(self._unbound, "the number of unbound variables", 0, 0)
        if self._tree:
            return [ExtensionElement(value) for value in self._tree.finish(self._layer)]
        return list(self._layer.children())

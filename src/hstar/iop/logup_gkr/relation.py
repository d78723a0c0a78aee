"""The tree of fractions: what a layer says about the one below it.

Layer t has 2^t nodes, each a fraction (p, q); node x has the children 2x and 2x+1 of layer t+1, and
`p = p0 q1 + p1 q0`, `q = q0 q1`. The leaves are layer `log_leaves + log_rows`: index = leaf * 2^log_rows + row. The
bottom row variables are bound first, so a chip of height h costs h/2, h/4, .. and what lies beyond h is the fraction
0/1 and never stored.

With a global bus the top index bit is the scope: the children of the root are the local and the global half, and the
tree is entered at layer 1. Without one it is entered at the root itself.

Source: LogUp [2022/1530], GKR for fractions [2023/1284].
"""

from __future__ import annotations

from dataclasses import dataclass

from hstar.field.extension import ExtensionElement
from hstar.iop.sumcheck.relation import RoundPolynomial
from hstar.transcript.shapes import EXTENSION, Listing, Record, Repeat, Shape

LAYER_DEGREE = 2
"""Degree of `p0 q1 + p1 q0 + lambda q0 q1` in a variable once the eq factor is taken out."""


@dataclass(frozen=True, slots=True)
class TreeDimensions:
    """Size of the tree of fractions, fixed by the circuit and its size class.

    Args:
        log_leaves: coordinates of the leaf index, the scope bit included.
        log_rows: coordinates of the row index.
        has_global_bus: whether the top bit is a scope bit.
    """

    log_leaves: int
    log_rows: int
    has_global_bus: bool

    @property
    def first_layer(self) -> int:
        """The layer whose nodes are sent in the clear."""
        return 1 if self.has_global_bus else 0

    @property
    def num_layers(self) -> int:
        """Layers above the leaves, the root included."""
        return self.log_leaves + self.log_rows


@dataclass(frozen=True, slots=True)
class LayerProof:
    """One layer: its sumcheck rounds, then the two children of the point: p0, p1, q0, q1."""

    rounds: tuple[RoundPolynomial, ...]
    children: tuple[ExtensionElement, ...]


@dataclass(frozen=True, slots=True)
class LogUpGkrProof:
    """The first layer's fractions (numerators, then denominators) and one `LayerProof` for each further layer."""

    roots: tuple[ExtensionElement, ...]
    layers: tuple[LayerProof, ...]


@dataclass(frozen=True, slots=True)
class LeafClaim:
    """What the GKR reduces to: at the point (row_point, leaf_point) the leaves have these multilinear extensions.

    `partial_sum` is the sum of all global fractions, None without a global bus.
    """

    row_point: list[ExtensionElement]
    leaf_point: list[ExtensionElement]
    numerator: ExtensionElement
    denominator: ExtensionElement
    partial_sum: ExtensionElement | None


def layer_value(
    children: tuple[ExtensionElement, ...] | list[ExtensionElement], challenge: ExtensionElement
) -> ExtensionElement:
    """`p + lambda q` of a node with the children (p0, p1, q0, q1)."""
    p0, p1, q0, q1 = children
    return p0 * q1 + p1 * q0 + challenge * (q0 * q1)


def logup_gkr_shape(dimensions: TreeDimensions) -> Shape:
    """Shape of a `LogUpGkrProof`."""
    first = dimensions.first_layer
    layers = [
        Record(
            LayerProof,
            rounds=Repeat(Repeat(EXTENSION, LAYER_DEGREE), layer),
            children=Repeat(EXTENSION, 4),
        )
        for layer in range(first, dimensions.num_layers)
    ]
    return Record(LogUpGkrProof, roots=Repeat(EXTENSION, 2 << first), layers=Listing(layers))

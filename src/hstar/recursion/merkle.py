"""Opening a committed row inside a circuit: a whole path for each query.

A proof shares nodes between paths, which makes its shape depend on the positions. Here every query hashes its own leaf
and climbs to the root; the position's bits say on which side the sibling stands and which row of the leaf is meant.

Soundness: the bits are those of the drawn position, so the path leads to that leaf and to no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from hstar.field.extension import DEGREE
from hstar.hash import sponge, tags
from hstar.recursion.builder import Builder
from hstar.recursion.program import OpeningHints, Requirement
from hstar.recursion.symbols import Form
from hstar.transcript.arithmetic import TreeShape
from hstar.transcript.reason import ProofReason


def open_rows(
    builder: Builder,
    shape: TreeShape,
    root: Sequence[Form],
    positions: Sequence[Sequence[Form]],
    opening: tuple[int, int],
    where: tuple[tuple[str, object], ...],
) -> list[list[Form]]:
    """The committed rows at the positions, in that order.

    Args:
        builder: the program.
        shape: of the tree.
        root: nine elements.
        positions: bits of each, lowest first.
        opening: number of the proof and of the opening in it.
        where: named values for the rejection.
    """
    index_bits = [bits[shape.log_rows_per_leaf :] for bits in positions]
    hints = _declare_hints(builder, shape, index_bits, opening)
    root_wire = builder.wide(root)
    requirement = Requirement(
        ProofReason.MERKLE_ROOT_MISMATCH, "a Merkle opening does not lead to the committed root", where
    )
    rows: list[list[Form]] = []
    for query, bits in enumerate(positions):
        wires = hints.leaves[query].tolist()
        words = [lane for wire in wires for lane in builder.lanes(builder.on_wire(wire))]
        leaf = words[: shape.leaf_width]
        node = _hash_leaf(builder, leaf)
        for bit, sibling in zip(index_bits[query], hints.siblings[query].tolist(), strict=True):
            node = builder.compress(node, bit, sibling, tags.MERKLE_NODE.element)
        builder.require_digest(node, root_wire, requirement)
        rows.append(_select_row(builder, shape, leaf, bits[: shape.log_rows_per_leaf]))
    return rows


def _declare_hints(
    builder: Builder, shape: TreeShape, index_bits: Sequence[Sequence[Form]], opening: tuple[int, int]
) -> OpeningHints:
    count, wires_per_leaf = len(index_bits), ceil(shape.leaf_width / DEGREE)
    hints = OpeningHints(
        gate=len(builder.gates),
        proof_index=opening[0],
        opening_index=opening[1],
        shape=shape,
        positions=_wires(count, shape.depth, [builder.wire(bit) for bits in index_bits for bit in bits]),
        leaves=_wires(count, wires_per_leaf, [builder.hint() for _ in range(count * wires_per_leaf)]),
        siblings=_wires(count, shape.depth, [builder.hint(wide=True) for _ in range(count * shape.depth)]),
    )
    builder.openings.append(hints)
    return hints


def _wires(rows: int, columns: int, wires: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array(wires, dtype=np.int64).reshape(rows, columns)


def _hash_leaf(builder: Builder, leaf: Sequence[Form]) -> int:
    """The sponge of `hstar.hash.sponge` on forms."""
    zero = Form()
    lanes = [zero] * (sponge.RATE + sponge.CAPACITY)
    lanes[sponge.LENGTH_LANE] = Form(constant=len(leaf))
    lanes[sponge.TAG_LANE] = Form(constant=tags.MERKLE_LEAF.element)
    for start in range(0, len(leaf), sponge.RATE):
        block = list(leaf[start : start + sponge.RATE])
        lanes = builder.permute([*block, *([zero] * (sponge.RATE - len(block))), *lanes[sponge.RATE :]])
    return builder.wide(lanes[: sponge.DIGEST_ELEMENTS])


def _select_row(builder: Builder, shape: TreeShape, leaf: Sequence[Form], slot_bits: Sequence[Form]) -> list[Form]:
    """The row of a leaf that the slot bits name: halved by the highest bit first."""
    rows = [list(leaf[start : start + shape.row_width]) for start in range(0, len(leaf), shape.row_width)]
    for bit in reversed(slot_bits):
        half = len(rows) // 2
        rows = [
            [_select(builder, bit, low, high) for low, high in zip(*pair, strict=True)]
            for pair in zip(rows[:half], rows[half:], strict=True)
        ]
    (row,) = rows
    return row


def _select(builder: Builder, bit: Form, if_zero: Form, if_one: Form) -> Form:
    difference = builder.add(if_one, if_zero.scaled(-1))
    return builder.add(builder.multiply(bit, difference), if_zero)

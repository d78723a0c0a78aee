"""Jagged prover: lays the tables out in the dense vector, and writes the weight down in full.

Transcript, identical in verify.py (the prover sends nothing here, so it runs `verify_jagged` itself):
    1. challenge jagged.columns      s, as many coordinates as the widest bundle has column bits
    2. challenge jagged.bundles      gamma
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.iop.jagged.relation import Bundle, bundle_ranges
from hstar.iop.jagged.verify import JaggedClaim
from hstar.kernels.jagged import EqRange, eq_ranges, lay_out_rows
from hstar.kernels.vectors import ExtensionVector


def dense_cells(
    bundles: Sequence[Bundle],
    tables: Sequence[NDArray[np.uint32]],
    heights: Sequence[int],
    group_starts: Sequence[int],
    num_cells: int,
) -> NDArray[np.uint32]:
    """The dense vector.

    Args:
        bundles: those to lay out, in the order of their cells.
        tables: for each chip `[width, height]`.
        heights: of every chip.
        group_starts: first cell of each group.
        num_cells: length of the vector; what no bundle covers is zero.
    """
    cells = np.zeros(num_cells, dtype=np.uint32)
    for bundle, (start, end) in zip(bundles, bundle_ranges(bundles, heights, group_starts), strict=True):
        columns = tables[bundle.chip_index][bundle.first_column : bundle.first_column + bundle.num_columns]
        lay_out_rows(columns, 1 << bundle.log_width, cells[start:end])
    return cells


def weight_ranges(bundles: Sequence[Bundle], ranges: Sequence[tuple[int, int]], claim: JaggedClaim) -> list[EqRange]:
    """`W`, bundle by bundle: gamma^b eq((s_b, r), x - start_b), cut off at the bundle's end.

    The column coordinates are the low ones, so a bundle's weights are one eq table.
    """
    eq_tables = [
        EqRange(start, end, [*claim.column_point[: bundle.log_width], *claim.row_point], power)
        for bundle, (start, end), power in zip(bundles, ranges, claim.bundle_powers, strict=False)
    ]
    return sorted(eq_tables, key=lambda table: table.start)


def dense_weight(
    bundles: Sequence[Bundle], ranges: Sequence[tuple[int, int]], claim: JaggedClaim, num_cells: int
) -> ExtensionVector:
    """`W(x)` for every cell; zero where there is no bundle."""
    return eq_ranges(num_cells, weight_ranges(bundles, ranges, claim))

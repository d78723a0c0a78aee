"""Committing to one group of columns of all tables: dense cells, codewords, tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.air.program import Circuit, Group
from hstar.commit.oracle import Oracle, commit_columns
from hstar.errors import InputError, Reason
from hstar.hash.suite import suite_by_name
from hstar.iop.jagged.prove import dense_cells
from hstar.iop.jagged.relation import bundles_of
from hstar.iop.whir.relation import tree_shapes
from hstar.params.protocol import ProtocolParameters


@dataclass(frozen=True)
class CommittedGroup:
    """A group of columns and its commitment.

    Args:
        cells: `[stack columns, 2^h]`.
        oracle: codewords and tree.
    """

    cells: NDArray[np.uint32]
    oracle: Oracle


def commit_group(
    circuit: Circuit,
    parameters: ProtocolParameters,
    group: Group,
    tables: Sequence[NDArray[np.uint32]],
    heights: Sequence[int],
) -> CommittedGroup:
    """Lays a group out and commits to it.

    Args:
        circuit: the chips.
        parameters: of the proof system.
        group: with at least one stack column.
        tables: for each chip `[columns, height]`, at least up to the group's last column.
        heights: of every chip.

    Raises:
        InputError: OUT_OF_RANGE when the tables do not fit the group's stack columns.
    """
    num_columns, log_length = parameters.group_columns[group], parameters.log_column_length
    bundles = [bundle for bundle in bundles_of(circuit) if bundle.group is group]
    used = sum(heights[bundle.chip_index] << bundle.log_width for bundle in bundles)
    if used > num_columns << log_length:
        raise InputError(
            f"the tables of circuit {circuit.name} need {used} {group.name.lower()} cells, but the parameters give "
            f"{num_columns << log_length}; choose more cells",
            reason=Reason.OUT_OF_RANGE,
        )
    cells = dense_cells(bundles, tables, heights, (0,) * len(Group), num_columns << log_length)
    cells = cells.reshape(num_columns, 1 << log_length)
    used_groups = [index for index in Group if parameters.group_columns[index]]
    shape = tree_shapes(parameters, 0)[used_groups.index(group)]
    return CommittedGroup(cells, commit_columns(suite_by_name(parameters.hash_suite), shape, cells))

"""Wires: write-once values that gates ask for and provide.

A message is an address and the wire's words. Addresses and fan-outs are preprocessed, so the key fixes who writes a
wire (one row, or the verifier for the public input) and how often it is read; the balance of the bus then says that
every reader has the writer's value. A row that must *find* a value on a wire that another row writes provides it with
the multiplicity -1, which is asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import lookup
from hstar.air.chip import Chip
from hstar.air.columns import slots_of
from hstar.air.expressions import Felt
from hstar.air.program import Group
from hstar.field.extension import DEGREE
from hstar.kernels.gate_types import WIRE_WORDS

WIRES = lookup("wires", address=Felt, words=Annotated[list[Felt], DEGREE])
"""Narrow wires: elements of E; an element of K is the first word, the others are zero."""
DIGESTS = lookup("digests", address=Felt, words=Annotated[list[Felt], WIRE_WORDS])
"""Wide wires: digests, and capacities of sponges."""

Contents = Mapping[str, NDArray[np.int64]]
"""Preprocessed columns: arrays `[rows]`, or `[rows, n]` for a list of n columns."""


class GateChip(Chip):
    """A chip whose preprocessed columns are a part of a program.

    Args:
        contents: the preprocessed columns; none for a chip that is only looked at.
    """

    def __init__(self, contents: Contents | None = None) -> None:
        self._contents = contents

    def preprocessed(self) -> Mapping[str, NDArray[np.int64]]:
        """The columns by name, `fan_out[2]` for column 2 of `fan_out`."""
        if self._contents is None:
            slots = slots_of(self.Columns, self.name)
            return {slot.name: np.zeros(0, np.int64) for slot in slots if slot.group is Group.PREPROCESSED}
        columns: dict[str, NDArray[np.int64]] = {}
        for name, values in self._contents.items():
            if values.ndim == 1:
                columns[name] = values
            else:
                columns |= {f"{name}[{index}]": values[:, index] for index in range(values.shape[1])}
        return columns

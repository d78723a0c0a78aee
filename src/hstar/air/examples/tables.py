"""Preprocessed tables that other chips ask: 16-bit numbers, and AND of two bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports, lookup
from hstar.air.chip import Chip
from hstar.air.columns import U16, Byte, Multiplicity, Preprocessed

RANGE16 = lookup("range16", value=U16)
BYTE_AND = lookup("byte_and", left=Byte, right=Byte, conjunction=Byte)


class Range16(Chip):
    """Every number below 2^16: asking for a value proves that it is one."""

    class Columns:
        value: Preprocessed[U16]
        times: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """0, 1, 2, ..."""
        return {"value": np.arange(2**16, dtype=np.uint64)}

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One message a row."""
        bus.provide(RANGE16, c.value, multiplicity=c.times)


class ByteAnd(Chip):
    """left AND right for every pair of bytes; OR and XOR follow from it: a + b - AND, a + b - 2 AND."""

    class Columns:
        left: Preprocessed[Byte]
        right: Preprocessed[Byte]
        conjunction: Preprocessed[Byte]
        times: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """Row 256 left + right."""
        rows = np.arange(2**16, dtype=np.uint64)
        left, right = rows >> np.uint64(8), rows & np.uint64(255)
        return {"left": left, "right": right, "conjunction": left & right}

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One message a row."""
        bus.provide(BYTE_AND, c.left, c.right, c.conjunction, multiplicity=c.times)

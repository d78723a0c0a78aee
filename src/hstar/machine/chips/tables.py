"""Fixed tables that instruction chips ask: ranges of numbers, and pairs of bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports, lookup
from hstar.air.chip import Chip
from hstar.air.columns import U16, Byte, Multiplicity, Preprocessed
from hstar.air.expressions import Felt
from hstar.air.program import Bus
from hstar.machine.chips.buses import BYTES


class U10(Felt):
    """0 .. 2^10 - 1."""

    __slots__ = ()
    maximum = 2**10 - 1


class U13(Felt):
    """0 .. 2^13 - 1."""

    __slots__ = ()
    maximum = 2**13 - 1


class U14(Felt):
    """0 .. 2^14 - 1."""

    __slots__ = ()
    maximum = 2**14 - 1


RANGE10 = lookup("range10", value=U10)
RANGE13 = lookup("range13", value=U13)
RANGE14 = lookup("range14", value=U14)
RANGE16 = lookup("range16", value=U16)


class _Range(Chip):
    """Every number below 2^bits: asking for a value proves that it is one."""

    bits: int
    bus: Bus

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """0, 1, 2, ..."""
        return {"value": np.arange(2**self.bits, dtype=np.uint64)}

    def interactions(self, c: Range16.Columns, bus: Ports) -> None:
        """One message a row."""
        bus.provide(self.bus, c.value, multiplicity=c.times)


class Range10(_Range):
    """Numbers below 2^10."""

    bits, bus = 10, RANGE10

    class Columns:
        value: Preprocessed[U10]
        times: Multiplicity


class Range13(_Range):
    """Numbers below 2^13."""

    bits, bus = 13, RANGE13

    class Columns:
        value: Preprocessed[U13]
        times: Multiplicity


class Range14(_Range):
    """Numbers below 2^14."""

    bits, bus = 14, RANGE14

    class Columns:
        value: Preprocessed[U14]
        times: Multiplicity


class Range16(_Range):
    """Numbers below 2^16."""

    bits, bus = 16, RANGE16

    class Columns:
        value: Preprocessed[U16]
        times: Multiplicity


class Bytes(Chip):
    """left AND right for every pair of bytes; OR is left + right - AND, XOR is left + right - 2 AND."""

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
        bus.provide(BYTES, c.left, c.right, c.conjunction, multiplicity=c.times)

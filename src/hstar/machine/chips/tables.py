"""Fixed tables that instruction chips ask: ranges of numbers, and pairs of bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports, lookup
from hstar.air.chip import Chip
from hstar.air.columns import U16, Bit, Byte, Multiplicity, Preprocessed
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
SIGN16 = lookup("sign16", value=U16, sign=Bit)
"""A 16-bit number and its highest bit."""
BYTE_PAIRS = lookup("byte_pairs", left=Byte, right=Byte)
"""Two bytes."""


class _Range(Chip):
    """Every number below 2^bits: asking for a value proves that it is one."""

    bits: int
    bus: Bus

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """0, 1, 2, ..."""
        return {"value": np.arange(2**self.bits, dtype=np.uint64)}

    def interactions(self, c: Range14.Columns, bus: Ports) -> None:
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


class Signs16(Chip):
    """Numbers below 2^16, and their highest bits."""

    class Columns:
        value: Preprocessed[U16]
        sign: Preprocessed[Bit]
        times: Multiplicity
        times_with_sign: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """0, 1, 2, ..."""
        rows = np.arange(2**16, dtype=np.uint64)
        return {"value": rows, "sign": rows >> np.uint64(15)}

    def interactions(self, c: Columns, bus: Ports) -> None:
        """A row for each bus."""
        bus.provide(RANGE16, c.value, multiplicity=c.times)
        bus.provide(SIGN16, c.value, c.sign, multiplicity=c.times_with_sign)


class Bytes(Chip):
    """AND, OR and XOR of every pair of bytes. That all three are bytes is known to whoever asks."""

    class Columns:
        left: Preprocessed[Byte]
        right: Preprocessed[Byte]
        conjunction: Preprocessed[Byte]
        disjunction: Preprocessed[Byte]
        exclusive: Preprocessed[Byte]
        times: Multiplicity
        times_as_pair: Multiplicity

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """Row 256 left + right."""
        rows = np.arange(2**16, dtype=np.uint64)
        left, right = rows >> np.uint64(8), rows & np.uint64(255)
        return {
            "left": left,
            "right": right,
            "conjunction": left & right,
            "disjunction": left | right,
            "exclusive": left ^ right,
        }

    def interactions(self, c: Columns, bus: Ports) -> None:
        """A row for each bus."""
        bus.provide(BYTES, c.left, c.right, c.conjunction, c.disjunction, c.exclusive, multiplicity=c.times)
        bus.provide(BYTE_PAIRS, c.left, c.right, multiplicity=c.times_as_pair)

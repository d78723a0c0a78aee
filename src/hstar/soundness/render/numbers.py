"""How numbers are written: bits rounded down, sizes in KiB."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor


def shown_bits(bits: Fraction) -> str:
    """Two decimals, rounded down."""
    return f"{floor(bits * 100) / 100:.2f}"


def bits_number(bits: Fraction) -> float:
    """The same as a number, for JSON."""
    return floor(bits * 100) / 100


def shown_kibibytes(count: Fraction | int) -> str:
    """One decimal, rounded up."""
    return f"{ceil(count * 10 / 1024) / 10:.1f}"

"""What a key of a description file may hold: the kinds of values, each with the words for what was expected."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

MAX_DECIMAL_EXPONENT = 64
"""Decimal numbers outside 10^-64 .. 10^64 describe no proof system and would only cost memory."""

Value = bool | int | Fraction | str | tuple[int, ...] | tuple[tuple[int, ...], ...]


class Kind(ABC):
    """What a value has to be."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """Words for the sentence that refuses a value."""

    @abstractmethod
    def parse(self, value: object) -> Value | None:
        """The value, or None when it is not of this kind."""


@dataclass(frozen=True)
class WholeNumber(Kind):
    """An integer within bounds."""

    minimum: int = 0
    maximum: int = 2**64

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"a whole number from {self.minimum} to {_shown(self.maximum)}"

    def parse(self, value: object) -> int | None:
        """See `Kind.parse`."""
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if self.minimum <= value <= self.maximum else None


@dataclass(frozen=True)
class PowerOfTwo(Kind):
    """A power of two within bounds."""

    maximum: int = 2**40
    minimum: int = 1

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"a power of two from {self.minimum} to {_shown(self.maximum)}"

    def parse(self, value: object) -> int | None:
        """See `Kind.parse`."""
        number = WholeNumber(self.minimum, self.maximum).parse(value)
        return number if number is not None and number & (number - 1) == 0 else None


@dataclass(frozen=True)
class Rate(Kind):
    """A code rate: a negative power of two."""

    max_log_inverse: int = 16

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"a rate 1/2, 1/4, .., 2^-{self.max_log_inverse}, written as a decimal number such as 0.25"

    def parse(self, value: object) -> Fraction | None:
        """See `Kind.parse`."""
        rate = as_fraction(value)
        if rate is None or not 0 < rate < 1:
            return None
        inverse = 1 / rate
        power = inverse.denominator == 1 and inverse.numerator & (inverse.numerator - 1) == 0
        return rate if power and inverse <= 1 << self.max_log_inverse else None


@dataclass(frozen=True)
class Share(Kind):
    """A rational number from a least one to just below 1."""

    minimum: Fraction

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"a number from {self.minimum} to below 1"

    def parse(self, value: object) -> Fraction | None:
        """See `Kind.parse`."""
        number = as_fraction(value)
        return number if number is not None and self.minimum <= number < 1 else None


@dataclass(frozen=True)
class Flag(Kind):
    """true or false."""

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return "true or false"

    def parse(self, value: object) -> bool | None:
        """See `Kind.parse`."""
        return value if isinstance(value, bool) else None


@dataclass(frozen=True)
class Text(Kind):
    """One line of text that is not empty."""

    max_length: int = 200

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"one line of text of 1 to {self.max_length} characters"

    def parse(self, value: object) -> str | None:
        """See `Kind.parse`."""
        fits = isinstance(value, str) and 0 < len(value) <= self.max_length and value.isprintable()
        return value if fits and isinstance(value, str) else None


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return " or ".join(f'"{word}"' for word in self.words)

    def parse(self, value: object) -> str | None:
        """See `Kind.parse`."""
        return value if isinstance(value, str) and value in self.words else None


@dataclass(frozen=True)
class WholeNumbers(Kind):
    """A list of numbers of one kind."""

    each: WholeNumber | PowerOfTwo
    max_length: int = 64
    min_length: int = 1

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"a list of {self.min_length} to {self.max_length} entries, each {self.each.expected}"

    def parse(self, value: object) -> tuple[int, ...] | None:
        """See `Kind.parse`."""
        if not isinstance(value, list) or not self.min_length <= len(value) <= self.max_length:
            return None
        parsed = tuple(number for entry in value if (number := self.each.parse(entry)) is not None)
        return parsed if len(parsed) == len(value) else None


@dataclass(frozen=True)
class Rows(Kind):
    """A list of lists of numbers."""

    row: WholeNumbers

    @property
    def expected(self) -> str:
        """See `Kind.expected`."""
        return f"a list of lists, each {self.row.expected}"

    def parse(self, value: object) -> tuple[tuple[int, ...], ...] | None:
        """See `Kind.parse`."""
        if not isinstance(value, list) or not 0 < len(value) <= self.row.max_length:
            return None
        parsed = tuple(row for entry in value if (row := self.row.parse(entry)) is not None)
        return parsed if len(parsed) == len(value) else None


def as_fraction(value: object) -> Fraction | None:
    """A number of the file as the rational that its decimal digits say; None for anything else and for giants."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= MAX_DECIMAL_EXPONENT:
        return Fraction(value)
    return None


def _shown(number: int) -> str:
    power = number > 1 << 16 and number & (number - 1) == 0
    return f"2^{number.bit_length() - 1}" if power else str(number)

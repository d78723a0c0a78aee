"""Formulas that know how they are written, which numbers they hold, and what they come to.

An error term is one expression. Its symbolic text, the text with numbers substituted, the table of its symbols and its
value all come from the same tree, so a report cannot show another formula than the one that was computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from hstar.soundness.enclosure import ONE, Enclosure, Number, enclose, log2

Operand: TypeAlias = "Expression | int | Fraction"

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


class Expression(ABC):
    """A formula over named numbers; built with + - * / ** and `symbol`."""

    precedence: int

    @property
    @abstractmethod
    def value(self) -> Enclosure:
        """What the formula comes to."""

    @abstractmethod
    def text(self, *, substituted: bool = False) -> str:
        """The formula with symbols, or with their numbers."""

    @abstractmethod
    def symbols(self) -> Iterator[Symbol]:
        """Every symbol in reading order, possibly repeated."""

    def __add__(self, other: Operand) -> Expression:
        return Binary("+", self, as_expression(other))

    def __radd__(self, other: Operand) -> Expression:
        return as_expression(other) + self

    def __sub__(self, other: Operand) -> Expression:
        return Binary("-", self, as_expression(other))

    def __rsub__(self, other: Operand) -> Expression:
        return as_expression(other) - self

    def __mul__(self, other: Operand) -> Expression:
        return Binary("*", self, as_expression(other))

    def __rmul__(self, other: Operand) -> Expression:
        return as_expression(other) * self

    def __truediv__(self, other: Operand) -> Expression:
        return Binary("/", self, as_expression(other))

    def __rtruediv__(self, other: Operand) -> Expression:
        return as_expression(other) / self

    def __pow__(self, exponent: Expression) -> Expression:
        return Power(self, exponent)


@dataclass(frozen=True)
class Symbol(Expression):
    """A named number.

    Args:
        name: as it stands in the formula.
        number: its value.
        meaning: what it is, for the table under the formula.
        definition: the formula that it abbreviates, if any.
    """

    name: str
    number: Enclosure
    meaning: str
    definition: Expression | None = None
    precedence: int = field(default=_ATOM, init=False, repr=False)

    @property
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        return self.number

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        return format_number(self.number) if substituted else self.name

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield self


@dataclass(frozen=True)
class Constant(Expression):
    """A number that is part of the formula."""

    number: Fraction
    precedence: int = field(default=_ATOM, init=False, repr=False)

    @property
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        return enclose(self.number)

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        return str(self.number)

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield from ()


@dataclass(frozen=True)
class Binary(Expression):
    """A sum, difference, product or quotient."""

    operator: str
    left: Expression
    right: Expression

    @property
    def precedence(self) -> int:  # type: ignore[override]
        """Binding strength, for parentheses."""
        return _SUM if self.operator in "+-" else _PRODUCT

    @cached_property
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        left, right = self.left.value, self.right.value
        match self.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case _:
                return left / right

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        left = _parenthesised(self.left, self.precedence, substituted)
        strict = self.precedence + (1 if self.operator in "-/" else 0)
        right = _parenthesised(self.right, strict, substituted)
        return f"{left} {self.operator} {right}"

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield from self.left.symbols()
        yield from self.right.symbols()


@dataclass(frozen=True)
class Power(Expression):
    """A power whose exponent is a non-negative integer."""

    base: Expression
    exponent: Expression
    precedence: int = field(default=_POWER, init=False, repr=False)

    @cached_property
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        return self.base.value ** int(self.exponent.value.lower)

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        base = _parenthesised(self.base, _ATOM, substituted)
        return f"{base}^{_parenthesised(self.exponent, _ATOM, substituted)}"

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield from self.base.symbols()
        yield from self.exponent.symbols()


def symbol(name: str, value: Number, meaning: str) -> Symbol:
    """A named number for use in a formula."""
    return Symbol(name, enclose(value), meaning)


def defined(name: str, definition: Expression, meaning: str) -> Symbol:
    """A name for a formula; its value is the formula's."""
    return Symbol(name, definition.value, meaning, definition)


def as_expression(operand: Operand) -> Expression:
    """A plain number as an expression."""
    return operand if isinstance(operand, Expression) else Constant(Fraction(operand))


def _parenthesised(inner: Expression, precedence: int, substituted: bool) -> str:
    text = inner.text(substituted=substituted)
    needs = inner.precedence < precedence or (substituted and precedence >= _POWER and " " in text)
    return f"({text})" if needs else text


def format_number(value: Enclosure) -> str:
    """A number for people: integers in full while short, powers of two as such, everything else to six digits."""
    if value == ONE:
        return "1"
    middle = (value.lower + value.upper) / 2
    if value.is_exact and middle.denominator == 1 and abs(middle) < 10**7:
        return str(middle.numerator)
    if middle <= 0:
        return f"{float(middle):.6g}"
    logarithm = log2(middle)
    if logarithm.is_exact and logarithm.lower.denominator == 1:
        return f"2^{logarithm.lower.numerator}"
    if Fraction(1, 1000) < middle < 10**7:
        return f"{float(middle):.6g}"
    return f"2^{float(logarithm.lower):.2f}"

"""Formulas that know how they are written, which numbers they hold, and what they come to.

An error term is one expression. Its symbolic text, the text with numbers substituted, the table of its symbols and its
value all come from the same tree, so a report cannot show another formula than the one that was computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import TypeAlias

from hstar.soundness.enclosure import ONE, Enclosure, Number, enclose, log2
from hstar.soundness.lazy import lazy

Operand: TypeAlias = "Expression | int | Fraction"

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


class Expression(ABC):
    """A formula over named numbers; built with + - * / ** and `symbol`."""

    precedence: int

    @property
    @abstractmethod
    def value(self) -> Enclosure:
        """What the formula comes to."""

    @property
    @abstractmethod
    def estimate(self) -> float:
        """About what it comes to. It says where a search looks first; what is found there is decided by `value`."""

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
        content: its value, or the formula that gives it, which is computed when it is asked for.
        meaning: what it is, for the table under the formula.
        is_abbreviation: whether reports show the formula too.
    """

    name: str
    content: Number | Expression
    meaning: str
    is_abbreviation: bool = False
    precedence: int = field(default=_ATOM, init=False, repr=False)

    @lazy
    def number(self) -> Enclosure:
        """Its value."""
        return self.content.value if isinstance(self.content, Expression) else enclose(self.content)

    @property
    def definition(self) -> Expression | None:
        """The formula that it abbreviates, if any."""
        return self.content if self.is_abbreviation and isinstance(self.content, Expression) else None

    @property
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        return self.number

    @lazy
    def estimate(self) -> float:
        """See `Expression.estimate`."""
        return self.content.estimate if isinstance(self.content, Expression) else _rough(self.content)

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        return format_number(self.number) if substituted else self.name

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield self


@dataclass(frozen=True)
class Constant(Expression):
    """A number that is part of the formula."""

    number: int | Fraction
    precedence: int = field(default=_ATOM, init=False, repr=False)

    @lazy
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        return enclose(self.number)

    @lazy
    def estimate(self) -> float:
        """See `Expression.estimate`."""
        return _rough(self.number)

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

    @lazy
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

    @lazy
    def estimate(self) -> float:
        """See `Expression.estimate`."""
        left, right = self.left.estimate, self.right.estimate
        match self.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case _:
                return left / right if right else inf

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

    @lazy
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        return self.base.value ** int(self.exponent.value.lower)

    @lazy
    def estimate(self) -> float:
        """See `Expression.estimate`."""
        try:
            return float(self.base.estimate ** int(self.exponent.value.lower))
        except OverflowError:
            return inf

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        base = _parenthesised(self.base, _ATOM, substituted)
        return f"{base}^{_parenthesised(self.exponent, _ATOM, substituted)}"

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield from self.base.symbols()
        yield from self.exponent.symbols()


@dataclass(frozen=True)
class Least(Expression):
    """The smaller of two numbers."""

    left: Expression
    right: Expression
    precedence: int = field(default=_ATOM, init=False, repr=False)

    @lazy
    def value(self) -> Enclosure:
        """See `Expression.value`."""
        left, right = self.left.value, self.right.value
        return Enclosure(min(left.lower, right.lower), min(left.upper, right.upper))

    @lazy
    def estimate(self) -> float:
        """See `Expression.estimate`."""
        return min(self.left.estimate, self.right.estimate)

    def text(self, *, substituted: bool = False) -> str:
        """See `Expression.text`."""
        return f"min({self.left.text(substituted=substituted)}, {self.right.text(substituted=substituted)})"

    def symbols(self) -> Iterator[Symbol]:
        """See `Expression.symbols`."""
        yield from self.left.symbols()
        yield from self.right.symbols()


def symbol(name: str, value: Number | Expression, meaning: str) -> Symbol:
    """A named number for use in a formula; that of an expression is computed when it is asked for."""
    return Symbol(name, value, meaning)


def defined(name: str, definition: Expression, meaning: str) -> Symbol:
    """A name for a formula; its value is the formula's."""
    return Symbol(name, definition, meaning, is_abbreviation=True)


def as_expression(operand: Operand) -> Expression:
    """A plain number as an expression."""
    if type(operand) is int or type(operand) is Fraction:  # asked first: an abstract class is slow to ask
        return Constant(operand)
    return operand if isinstance(operand, Expression) else Constant(Fraction(operand))


def _rough(value: Number) -> float:
    try:
        return float(value.upper if isinstance(value, Enclosure) else value)
    except OverflowError:
        return inf


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

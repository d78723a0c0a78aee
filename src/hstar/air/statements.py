"""What a chip's `constraints` method yields: named statements about one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.expressions import Equation, Expression, Felt, current_graph, to_expression


@dataclass(frozen=True)
class RangeFact:
    """The field element of a node is one of 0 .. maximum, because a constraint of the chip says so."""

    node: int
    maximum: int


@dataclass(frozen=True)
class IntegerClaim:
    """left = right as integers wherever `when` is 1 (on every row for None); nodes."""

    name: str
    left: int
    right: int
    when: int | None


@dataclass(frozen=True)
class LessThanClaim:
    """smaller < larger as integers; `difference` is the node that is range-checked as larger - smaller - 1."""

    name: str
    smaller: int
    larger: int
    difference: int
    when: int | None


@dataclass(frozen=True)
class Statement:
    """One constraint, and what it means beyond the field equation.

    Args:
        name: shown wherever the constraint fails.
        root: node that must vanish.
        may_be_trivial: the field equation may hold identically, because the statement is about integers.
        meaning: what the tracer may conclude, or has to prove.
    """

    name: str
    root: int
    may_be_trivial: bool = False
    meaning: RangeFact | IntegerClaim | LessThanClaim | None = None


def check(name: str, statement: Equation | Expression, *, when: Expression | None = None) -> Statement:
    """An equation between field elements, or an expression that is zero.

    Args:
        name: what the constraint says.
        statement: `left == right`, or an expression for `expression == 0`.
        when: the constraint is multiplied by it.
    """
    if isinstance(statement, Expression):
        difference = statement
    else:
        difference = statement.left - statement.right
    return Statement(name, _gated(difference, when).node())


def boolean(value: Expression, *, name: str = "") -> Statement:
    """`value` is 0 or 1: value^2 = value."""
    return one_of(value, (0, 1), name=name or (f"{value.column_name} is a bit" if isinstance(value, Felt) else ""))


def one_of(value: Expression, values: Sequence[int], *, name: str = "") -> Statement:
    """`value` is one of a few small integers, by a constraint of that degree; 0 must be among them.

    Raises:
        CircuitError: BAD_STATEMENT.
    """
    graph = current_graph()
    if not values or any(not 0 <= item < 2**16 for item in values) or len(set(values)) != len(values):
        raise CircuitError(
            f"chip {graph.chip_name} asks for one of {list(values)}; give distinct integers below 2^16",
            reason=CircuitReason.BAD_STATEMENT,
            chip=graph.chip_name,
        )
    if not name and not isinstance(value, Felt):
        raise CircuitError(
            f"chip {graph.chip_name} bounds an expression without a name; pass name=",
            reason=CircuitReason.BAD_STATEMENT,
            chip=graph.chip_name,
        )
    product: Expression | None = None
    for item in values:
        factor = value - item
        product = factor if product is None else product * factor
    root = to_expression(product if product is not None else 0).node()
    default = f"{value.column_name} is one of {list(values)}" if isinstance(value, Felt) else ""
    return Statement(name or default, root, meaning=RangeFact(value.node(), max(values)))


def integer(name: str, equation: Equation, *, when: Expression | None = None) -> Statement:
    """An equation between integers, not only between field elements.

    Tracing bounds both sides from the checked ranges of the columns and refuses the chip unless
    |left - right| < p, so that equality in the field is equality of integers.

    Args:
        name: what the constraint says.
        equation: `left == right`.
        when: a Bit, or a sum of Bits; ranges that are checked where it is 1 count too.
    """
    root = _gated(equation.left - equation.right, when).node()
    claim = IntegerClaim(name, equation.left.node(), equation.right.node(), _node(when))
    return Statement(name, root, may_be_trivial=True, meaning=claim)


def less_than(
    name: str,
    smaller: Expression,
    larger: Expression | int,
    *,
    difference: Expression | None = None,
    when: Expression | None = None,
) -> Statement:
    """smaller < larger, as integers.

    Allowed only where both are already integers in [0, K), `difference` is an integer in [0, D) and K + D <= p. Without
    `difference` the expression larger - smaller - 1 itself must be range-checked (by asking a range table for it).

    Args:
        name: what the constraint says.
        smaller, larger: the two integers.
        difference: what is constrained to be larger - smaller - 1, for example a sum of limbs.
        when: a Bit, or a sum of Bits.
    """
    gap = to_expression(larger) - smaller - 1
    measured = gap if difference is None else difference
    root = _gated(gap - measured, when).node()
    claim = LessThanClaim(name, smaller.node(), to_expression(larger).node(), measured.node(), _node(when))
    return Statement(name, root, may_be_trivial=True, meaning=claim)


def _gated(expression: Expression, when: Expression | None) -> Expression:
    return expression if when is None else when * expression


def _node(expression: Expression | None) -> int | None:
    return None if expression is None else expression.node()

"""Symbols that record what a chip's methods do with them.

While a chip is traced, its columns are `Expression`s. In `constraints` and `interactions` they stand for field
elements and build the field program; in `trace` they stand for 64-bit integers and build the integer program. Equal
subexpressions become one node.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn

from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.program import FieldProgram, Instruction, Opcode
from hstar.field.koala_bear import MODULUS

_current_graph: ContextVar[Graph | None] = ContextVar("hstar_air_graph", default=None)


class Graph(ABC):
    """Nodes recorded while one method of one chip runs."""

    reduces_modulo_p = False

    def __init__(self, chip_name: str) -> None:
        self.chip_name = chip_name

    @abstractmethod
    def constant(self, value: int) -> int:
        """The node of an integer constant."""

    @abstractmethod
    def binary(self, operator: str, left: int, right: int) -> int:
        """The node of `left operator right`."""

    def apply(self, operator: str, *operands: int) -> int:
        """The node of a named function of integers."""
        self.fail(f"uses {operator}() outside `trace`", "field elements have only + - * **")

    def assign(self, column: Felt, value: Expression | int) -> None:
        """Records what a column holds."""
        self.fail(f"sets column {column.column_name}", "columns are set in `trace`")

    @abstractmethod
    def column_node(self, column: Felt) -> int:
        """The node that reads a column."""

    def public_node(self, opcode: Opcode) -> int:
        """The node of the segment number or the post-commit point."""
        self.fail("reads a public value", "only constraints and interactions can")

    def fail(self, what: str, advice: str) -> NoReturn:
        """Refuses an expression."""
        raise CircuitError(
            f"chip {self.chip_name} {what}; {advice}", reason=CircuitReason.BAD_EXPRESSION, chip=self.chip_name
        )


@contextmanager
def tracing(graph: Graph) -> Iterator[None]:
    """Makes `graph` the one that public values and constants are recorded in."""
    token = _current_graph.set(graph)
    try:
        yield
    finally:
        _current_graph.reset(token)


def current_graph() -> Graph:
    """The graph of the method that is being traced.

    Raises:
        CircuitError: BAD_EXPRESSION.
    """
    graph = _current_graph.get()
    if graph is None:
        raise CircuitError(
            "an expression is used outside the tracing of a chip; build expressions only in its methods",
            reason=CircuitReason.BAD_EXPRESSION,
        )
    return graph


class Equation:
    """`left == right`, for `check` and `integer`; it has no truth value."""

    def __init__(self, left: Expression, right: Expression) -> None:
        self.left, self.right = left, right

    def __bool__(self) -> bool:
        raise CircuitError(
            f"chip {current_graph().chip_name} uses an equation as a condition; a circuit has no branches, hand the "
            "equation to check() or integer(), or use a selector column",
            reason=CircuitReason.BAD_EXPRESSION,
        )


class Expression:
    """A value of the row: `+ - * **` everywhere; `& | ^ << >> // %` in `trace` only (64-bit unsigned)."""

    __slots__ = ("_graph", "_node")

    def __init__(self, graph: Graph | None, node: int | None) -> None:
        self._graph, self._node = graph, node

    def node(self) -> int:
        """The node of the current graph that this expression stands for.

        Raises:
            CircuitError: BAD_EXPRESSION where it belongs to another chip.
        """
        graph = current_graph()
        if self._graph is not graph or self._node is None:
            graph.fail("uses an expression of another chip or method", "build it from this chip's own columns")
        return self._node

    def _with(self, operator: str, other: Expression | int, *, swapped: bool = False) -> Expression:
        graph = current_graph()
        left, right = self.node(), to_expression(other).node()
        if swapped:
            left, right = right, left
        return Expression(graph, graph.binary(operator, left, right))

    def __add__(self, other: Expression | int) -> Expression:
        return self._with("+", other)

    def __radd__(self, other: int) -> Expression:
        return self._with("+", other, swapped=True)

    def __sub__(self, other: Expression | int) -> Expression:
        return self._with("-", other)

    def __rsub__(self, other: int) -> Expression:
        return self._with("-", other, swapped=True)

    def __mul__(self, other: Expression | int) -> Expression:
        return self._with("*", other)

    def __rmul__(self, other: int) -> Expression:
        return self._with("*", other, swapped=True)

    def __neg__(self) -> Expression:
        return self._with("-", 0, swapped=True)

    def __pow__(self, exponent: int, modulus: int | None = None) -> Expression:
        """Repeated squaring from the top bit; the exponent is a constant >= 1. `pow(x, e, p)` reduces at every step."""
        if not isinstance(exponent, int) or exponent < 1:
            current_graph().fail(f"uses ** with {exponent!r}", "an exponent is a constant of at least 1")
        base = self if modulus is None else self % modulus
        result: Expression = base
        for bit in bin(exponent)[3:]:
            result = result * result if modulus is None else result * result % modulus
            if bit == "1":
                result = result * base if modulus is None else result * base % modulus
        return result

    def __and__(self, other: Expression | int) -> Expression:
        return self._with("&", other)

    def __or__(self, other: Expression | int) -> Expression:
        return self._with("|", other)

    def __xor__(self, other: Expression | int) -> Expression:
        return self._with("^", other)

    def __lshift__(self, other: Expression | int) -> Expression:
        return self._with("<<", other)

    def __rshift__(self, other: Expression | int) -> Expression:
        return self._with(">>", other)

    def __floordiv__(self, other: Expression | int) -> Expression:
        return self._with("//", other)

    def __mod__(self, other: Expression | int) -> Expression:
        """`% p` is the identity on field elements, so that definitions over integers can be traced as they stand."""
        if isinstance(other, int) and other == MODULUS and current_graph().reduces_modulo_p:
            return self
        return self._with("%", other)

    def __rfloordiv__(self, other: int) -> Expression:
        return self._with("//", other, swapped=True)

    def __rmod__(self, other: int) -> Expression:
        return self._with("%", other, swapped=True)

    def __eq__(self, other: object) -> Equation:  # type: ignore[override]
        if not isinstance(other, Expression | int):
            current_graph().fail("compares an expression with something else", "compare expressions and integers")
        return Equation(self, to_expression(other))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:  # noqa: PLE0304  always raises
        current_graph().fail("uses an expression as a condition", "a circuit has no branches, use a selector column")


class Felt(Expression):
    """A column that may hold any field element; subclasses declare smaller ranges."""

    __slots__ = ("column_name",)
    maximum: int | None = None

    def __init__(self, graph: Graph, column_name: str) -> None:
        super().__init__(graph, None)
        self.column_name = column_name

    def node(self) -> int:
        """The node that reads this column."""
        graph = current_graph()
        if self._graph is not graph:
            graph.fail(f"uses column {self.column_name} of another chip or method", "use this chip's own columns")
        return graph.column_node(self)

    def set(self, value: Expression | int) -> None:
        """In `trace`: what the column holds, an integer below p."""
        graph = current_graph()
        if self._graph is not graph:
            graph.fail(f"sets column {self.column_name} of another chip", "set this chip's own columns")
        graph.assign(self, value)


class _PublicValue(Expression):
    """Resolved in whatever graph is being traced."""

    __slots__ = ("_opcode",)

    def __init__(self, opcode: Opcode) -> None:
        super().__init__(None, None)
        self._opcode = opcode

    def node(self) -> int:
        return current_graph().public_node(self._opcode)


SEGMENT_NUMBER: Expression = _PublicValue(Opcode.SEGMENT_NUMBER)
"""k, the public number of the segment, below 2^16."""
POST_COMMIT_POINT: Expression = _PublicValue(Opcode.POST_COMMIT_POINT)
"""b, an element of E that is drawn after the columns are committed; constraints only."""


def to_expression(value: Expression | int) -> Expression:
    """An expression as it is, an integer as a constant of the current graph."""
    if isinstance(value, Expression):
        return value
    graph = current_graph()
    if not isinstance(value, int) or isinstance(value, bool):
        graph.fail(f"uses {value!r} in an expression", "use expressions and integers")
    return Expression(graph, graph.constant(value))


_FIELD_OPCODES = {"+": Opcode.ADD, "-": Opcode.SUBTRACT, "*": Opcode.MULTIPLY}


class FieldGraph(Graph):
    """Records a field program; constants are folded, equal nodes shared, neutral operands dropped."""

    reduces_modulo_p = True

    def __init__(self, chip_name: str, column_names: list[str]) -> None:
        super().__init__(chip_name)
        self._column_indices = {name: index for index, name in enumerate(column_names)}
        self.instructions: list[Instruction] = []
        self._nodes: dict[Instruction, int] = {}

    def program(self) -> FieldProgram:
        """What was recorded."""
        return FieldProgram(tuple(self.instructions))

    def constant(self, value: int) -> int:
        """Constants are reduced modulo p."""
        return self._add(Instruction(Opcode.CONSTANT, value % MODULUS))

    def column_node(self, column: Felt) -> int:
        """A read of the committed column."""
        return self._add(Instruction(Opcode.COLUMN, self._column_indices[column.column_name]))

    def public_node(self, opcode: Opcode) -> int:
        """A read of a public value."""
        return self._add(Instruction(opcode))

    def constant_value(self, node: int) -> int | None:
        """The canonical value of a constant node, else None."""
        opcode, left, _ = self.instructions[node]
        return left if opcode is Opcode.CONSTANT else None

    def binary(self, operator: str, left: int, right: int) -> int:
        """Only + - * exist over the field."""
        opcode = _FIELD_OPCODES.get(operator)
        if opcode is None:
            self.fail(f"uses {operator} in a constraint or interaction", "field elements have only + - * **")
        return self._fold(opcode, left, right)

    def _fold(self, opcode: Opcode, left: int, right: int) -> int:
        a, b = self.constant_value(left), self.constant_value(right)
        if opcode is Opcode.MULTIPLY:
            if a is not None and b is not None:
                return self.constant(a * b)
            if a == 0 or b == 0:
                return self.constant(0)
            if a == 1 or b == 1:
                return right if a == 1 else left
        elif opcode is Opcode.ADD:
            if a is not None and b is not None:
                return self.constant(a + b)
            if a == 0 or b == 0:
                return right if a == 0 else left
        else:
            if a is not None and b is not None:
                return self.constant(a - b)
            if b == 0 or left == right:
                return left if b == 0 else self.constant(0)
            if a == 0:
                return self._negate(right)
        if opcode is not Opcode.SUBTRACT:
            left, right = sorted((left, right))
        return self._add(Instruction(opcode, left, right))

    def _negate(self, node: int) -> int:
        opcode, left, _ = self.instructions[node]
        return left if opcode is Opcode.NEGATE else self._add(Instruction(Opcode.NEGATE, node))

    def _add(self, instruction: Instruction) -> int:
        if instruction not in self._nodes:
            self._nodes[instruction] = len(self.instructions)
            self.instructions.append(instruction)
        return self._nodes[instruction]

"""Evaluating a chip's program at one point, over any ring: numbers, extension elements, or the tracer's symbols.

There is no control flow that depends on a value, so the same code that checks a proof can be traced into a circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from hstar.air.program import ChipProgram, FieldProgram, Interaction, Leaf, Opcode
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS

Value = TypeVar("Value")


class FieldOperations(Protocol[Value]):
    """What an evaluator needs of a ring that contains the base field."""

    def constant(self, value: int) -> Value:
        """The ring's copy of a canonical base-field element."""
        ...

    def add(self, left: Value, right: Value) -> Value:
        """left + right."""
        ...

    def subtract(self, left: Value, right: Value) -> Value:
        """left - right."""
        ...

    def multiply(self, left: Value, right: Value) -> Value:
        """left * right."""
        ...

    def negate(self, value: Value) -> Value:
        """-value."""
        ...


class BaseFieldOperations:
    """KoalaBear as plain integers in [0, p)."""

    def constant(self, value: int) -> int:
        """The value itself."""
        return value

    def add(self, left: int, right: int) -> int:
        """left + right mod p."""
        return (left + right) % MODULUS

    def subtract(self, left: int, right: int) -> int:
        """left - right mod p."""
        return (left - right) % MODULUS

    def multiply(self, left: int, right: int) -> int:
        """left * right mod p."""
        return left * right % MODULUS

    def negate(self, value: int) -> int:
        """-value mod p."""
        return -value % MODULUS


class _SupportsArithmetic(Protocol):
    def __add__(self: Arithmetic, other: Arithmetic, /) -> Arithmetic: ...
    def __sub__(self: Arithmetic, other: Arithmetic, /) -> Arithmetic: ...
    def __mul__(self: Arithmetic, other: Arithmetic, /) -> Arithmetic: ...
    def __neg__(self: Arithmetic) -> Arithmetic: ...


Arithmetic = TypeVar("Arithmetic", bound=_SupportsArithmetic)


class OperatorOperations(Generic[Arithmetic]):
    """A ring whose elements carry Python operators: extension elements, symbols of a tracer.

    Args:
        lift: makes a ring element of a canonical base-field element.
    """

    def __init__(self, lift: Callable[[int], Arithmetic]) -> None:
        self.constant = lift

    def add(self, left: Arithmetic, right: Arithmetic) -> Arithmetic:
        """left + right."""
        return left + right

    def subtract(self, left: Arithmetic, right: Arithmetic) -> Arithmetic:
        """left - right."""
        return left - right

    def multiply(self, left: Arithmetic, right: Arithmetic) -> Arithmetic:
        """left * right."""
        return left * right

    def negate(self, value: Arithmetic) -> Arithmetic:
        """-value."""
        return -value


BASE_FIELD = BaseFieldOperations()


@dataclass(frozen=True)
class PublicValues(Generic[Value]):
    """What a program reads beside its columns: the segment's number k and the post-commit point b."""

    segment_number: Value
    post_commit_point: Value


@dataclass(frozen=True)
class Fingerprint(Generic[Value]):
    """Challenges of one scope: alpha, and the weights eq(beta, i) for i = 0 .. widest message."""

    alpha: Value
    weights: Sequence[Value]


def evaluate(
    program: FieldProgram,
    columns: Sequence[Value],
    public: PublicValues[Value],
    operations: FieldOperations[Value],
) -> list[Value]:
    """The value of every node.

    Args:
        program: what to evaluate.
        columns: one value per column of the chip, in the chip's order.
        public: segment number and post-commit point, as ring elements.
        operations: the ring.
    """
    values: list[Value] = []
    for opcode, left, right in program.instructions:
        match opcode:
            case Opcode.CONSTANT:
                value = operations.constant(left)
            case Opcode.COLUMN:
                value = columns[left]
            case Opcode.SEGMENT_NUMBER:
                value = public.segment_number
            case Opcode.POST_COMMIT_POINT:
                value = public.post_commit_point
            case Opcode.ADD:
                value = operations.add(values[left], values[right])
            case Opcode.SUBTRACT:
                value = operations.subtract(values[left], values[right])
            case Opcode.MULTIPLY:
                value = operations.multiply(values[left], values[right])
            case Opcode.NEGATE:
                value = operations.negate(values[left])
        values.append(value)
    return values


def evaluate_constraints(
    chip: ChipProgram,
    columns: Sequence[Value],
    public: PublicValues[Value],
    operations: FieldOperations[Value],
) -> list[Value]:
    """The value of every constraint of a chip, in its order.

    Raises:
        InputError: WRONG_SHAPE.
    """
    check_column_count(chip, columns)
    values = evaluate(chip.program, columns, public, operations)
    return [values[constraint.root] for constraint in chip.constraints]


def check_column_count(chip: ChipProgram, columns: Sequence[object]) -> None:
    """Every evaluator takes exactly one value (or vector) per column.

    Raises:
        InputError: WRONG_SHAPE.
    """
    if len(columns) != chip.width:
        raise InputError(
            f"chip {chip.name} has {chip.width} columns but {len(columns)} values were given; give one for each",
            reason=Reason.WRONG_SHAPE,
        )


def fraction(
    interaction: Interaction,
    values: Sequence[Value],
    fingerprint: Fingerprint[Value],
    operations: FieldOperations[Value],
) -> tuple[Value, Value]:
    """Signed numerator and denominator of one interaction: +-n and alpha - sum_i eq(beta, i) v_i.

    Args:
        interaction: which one.
        values: of all nodes of its chip, from `evaluate`.
        fingerprint: the challenges of its bus's scope.
        operations: the ring.
    """
    numerator = values[interaction.multiplicity]
    if interaction.direction.sign < 0:
        numerator = operations.negate(numerator)
    identifier = operations.multiply(operations.constant(interaction.bus_identifier), fingerprint.weights[0])
    denominator = operations.subtract(fingerprint.alpha, identifier)
    weights = fingerprint.weights[1 : 1 + len(interaction.message)]
    for weight, node in zip(weights, interaction.message, strict=True):
        denominator = operations.subtract(denominator, operations.multiply(weight, values[node]))
    return numerator, denominator


def merged_fraction(
    chip: ChipProgram,
    leaf: Leaf,
    values: Sequence[Value],
    fingerprint: Fingerprint[Value],
    operations: FieldOperations[Value],
) -> tuple[Value, Value]:
    """Numerator and denominator of a leaf: its fractions summed in order, (n1 d2 + n2 d1, d1 d2).

    Args:
        chip: the leaf's chip.
        leaf: which one.
        values: of all nodes of the chip, from `evaluate`.
        fingerprint: the challenges of the leaf's scope.
        operations: the ring.
    """
    first, *others = leaf.interactions
    numerator, denominator = fraction(chip.interactions[first], values, fingerprint, operations)
    for index in others:
        next_numerator, next_denominator = fraction(chip.interactions[index], values, fingerprint, operations)
        numerator = operations.add(
            operations.multiply(numerator, next_denominator), operations.multiply(next_numerator, denominator)
        )
        denominator = operations.multiply(denominator, next_denominator)
    return numerator, denominator

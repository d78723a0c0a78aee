"""The reference evaluator over whole tables: the generic evaluator run on NumPy vectors.

A base vector is a `uint64` array `[rows]` (or a NumPy scalar) of canonical values; an extension vector holds six
of them. Extension values appear only where a node depends on the post-commit point or on a fingerprint challenge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hstar.air.evaluate import PublicValues, check_column_count, evaluate
from hstar.air.program import ChipProgram, Opcode
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS

DEGREE = 6
_P = np.uint64(MODULUS)

BaseVector = NDArray[np.uint64]


@dataclass(frozen=True)
class ExtensionVector:
    """Elements of E by coefficient: six base vectors of one shape."""

    coefficients: tuple[BaseVector, ...]

    @classmethod
    def of_element(cls, coefficients: Sequence[int]) -> ExtensionVector:
        """One element, broadcast against any number of rows."""
        return cls(tuple(np.array(value, dtype=np.uint64) for value in coefficients))

    def is_nonzero(self) -> NDArray[np.bool_]:
        """Per row."""
        flags: NDArray[np.bool_] = np.asarray(self.coefficients[0] != 0)
        for value in self.coefficients[1:]:
            flags = flags | (value != 0)
        return flags


Vector = BaseVector | ExtensionVector


def _lift(value: BaseVector) -> ExtensionVector:
    zero = np.zeros((), dtype=np.uint64)
    return ExtensionVector((value, *[zero] * (DEGREE - 1)))


def _multiply_extensions(left: ExtensionVector, right: ExtensionVector) -> ExtensionVector:
    """Schoolbook product, then x^6 = -x^3 - 1 and x^9 = 1."""
    zero = np.zeros((), dtype=np.uint64)
    product: list[BaseVector] = [zero] * (2 * DEGREE - 1)
    for i, a in enumerate(left.coefficients):
        for j, b in enumerate(right.coefficients):
            product[i + j] = (product[i + j] + a * b % _P) % _P
    c = product
    reduced = (
        c[0] + (_P - c[6]) + c[9],
        c[1] + (_P - c[7]) + c[10],
        c[2] + (_P - c[8]),
        c[3] + (_P - c[6]),
        c[4] + (_P - c[7]),
        c[5] + (_P - c[8]),
    )
    return ExtensionVector(tuple(value % _P for value in reduced))


class VectorOperations:
    """The ring operations of `hstar.air.evaluate` on vectors; mixed operands are lifted."""

    def constant(self, value: int) -> Vector:
        """A scalar array."""
        return np.array(value, dtype=np.uint64)

    def add(self, left: Vector, right: Vector) -> Vector:
        """left + right mod p."""
        if not isinstance(left, ExtensionVector) and not isinstance(right, ExtensionVector):
            return (left + right) % _P
        pairs = zip(_as_extension(left).coefficients, _as_extension(right).coefficients, strict=True)
        return ExtensionVector(tuple((a + b) % _P for a, b in pairs))

    def subtract(self, left: Vector, right: Vector) -> Vector:
        """left - right mod p."""
        return self.add(left, self.negate(right))

    def multiply(self, left: Vector, right: Vector) -> Vector:
        """left * right."""
        if not isinstance(left, ExtensionVector):
            if not isinstance(right, ExtensionVector):
                return left * right % _P
            return ExtensionVector(tuple(left * value % _P for value in right.coefficients))
        if not isinstance(right, ExtensionVector):
            return self.multiply(right, left)
        return _multiply_extensions(left, right)

    def negate(self, value: Vector) -> Vector:
        """-value mod p."""
        if not isinstance(value, ExtensionVector):
            return (_P - value) % _P
        return ExtensionVector(tuple((_P - item) % _P for item in value.coefficients))


def _as_extension(value: Vector) -> ExtensionVector:
    return value if isinstance(value, ExtensionVector) else _lift(value)


VECTORS = VectorOperations()


def evaluate_rows(
    chip: ChipProgram,
    columns: Sequence[NDArray[np.uint32]],
    segment_number: int,
    post_commit_point: Sequence[int],
    roots: Sequence[int] | None = None,
) -> dict[int, Vector]:
    """The values of a chip's nodes on every row.

    Args:
        chip: the traced chip.
        columns: canonical values, one array `[rows]` per column in the chip's order.
        segment_number: public number of the segment.
        post_commit_point: six coefficients of b.
        roots: which nodes to evaluate, with everything below them; by default all.

    Returns:
        A vector for every node; scalars where the node reads no column.

    Raises:
        InputError: WRONG_SHAPE, and NOT_CANONICAL for a column that is read.
    """
    check_column_count(chip, columns)
    if len({len(column) for column in columns}) > 1:
        raise InputError(f"the columns of chip {chip.name} differ in height", reason=Reason.WRONG_SHAPE)
    program, number = chip.program, None
    if roots is not None:
        program, number = chip.program.restricted_to(roots)
    read = {item.left for item in program.instructions if item.opcode is Opcode.COLUMN}
    vectors: list[Vector] = [
        _checked_column(chip, index, values) if index in read else _NOT_READ for index, values in enumerate(columns)
    ]
    public = PublicValues[Vector](
        np.array(segment_number, dtype=np.uint64), ExtensionVector.of_element(post_commit_point)
    )
    results = evaluate(program, vectors, public, VECTORS)
    if number is None:
        return dict(enumerate(results))
    return {node: results[index] for node, index in number.items()}


_NOT_READ: NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)


def _checked_column(chip: ChipProgram, index: int, values: NDArray[np.uint32]) -> NDArray[np.uint64]:
    if len(values) and int(values.max()) >= MODULUS:
        raise InputError(
            f"column {chip.columns[index].name} of chip {chip.name} holds a value >= p; reduce it first",
            reason=Reason.NOT_CANONICAL,
        )
    return values.astype(np.uint64)


def nonzero_rows(value: Vector, num_rows: int) -> NDArray[np.int64]:
    """The rows where a node is not zero."""
    flags = value.is_nonzero() if isinstance(value, ExtensionVector) else value != 0
    return np.flatnonzero(np.broadcast_to(flags, (num_rows,)))

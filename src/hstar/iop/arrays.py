"""Arrays of elements of E for the provers: NumPy, canonical values, any number of axes.

This is the plain version in which every prover step is written down. An array of E is six planes of `uint64` values;
an array of K is a plain `uint64` array, and the two mix as in the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS

BaseArray: TypeAlias = NDArray[np.uint64]
_P = np.uint64(MODULUS)


class ExtensionArray:
    """Elements of E.

    Args:
        planes: `[6, *shape]`, `uint64`, canonical; plane i holds the coefficients of x^i.
    """

    __slots__ = ("planes",)
    __array_ufunc__ = None  # NumPy arrays on the left leave the operators to this class

    def __init__(self, planes: BaseArray) -> None:
        self.planes = planes

    @classmethod
    def of_elements(cls, elements: Iterable[ExtensionElement]) -> ExtensionArray:
        """One axis, one entry per element."""
        rows = [element.coefficients for element in elements]
        return cls(np.ascontiguousarray(np.array(rows, dtype=np.uint64).reshape(-1, DEGREE).T))

    @classmethod
    def of_element(cls, element: ExtensionElement) -> ExtensionArray:
        """No axis: broadcasts against everything."""
        return cls(np.array(element.coefficients, dtype=np.uint64))

    @classmethod
    def of_base(cls, values: NDArray[Any]) -> ExtensionArray:
        """The elements of K in an array, as elements of E."""
        planes = np.zeros((DEGREE, *values.shape), dtype=np.uint64)
        planes[0] = values
        return cls(planes)

    @classmethod
    def zeros(cls, *shape: int) -> ExtensionArray:
        """Zeros."""
        return cls(np.zeros((DEGREE, *shape), dtype=np.uint64))

    @classmethod
    def concatenate(cls, arrays: Sequence[ExtensionArray], axis: int = 0) -> ExtensionArray:
        """Arrays joined along an axis."""
        return cls(np.concatenate([array.planes for array in arrays], axis=axis + 1 if axis >= 0 else axis))

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the axis of coefficients."""
        return self.planes.shape[1:]

    def reshape(self, *shape: int) -> ExtensionArray:
        """The same elements in row-major order."""
        return ExtensionArray(self.planes.reshape(DEGREE, *shape))

    def __getitem__(self, index: Any) -> ExtensionArray:  # noqa: ANN401  whatever NumPy takes
        axes = index if isinstance(index, tuple) else (index,)
        return ExtensionArray(self.planes[(slice(None), *axes)])

    def __setitem__(self, index: Any, value: ExtensionArray) -> None:  # noqa: ANN401
        axes = index if isinstance(index, tuple) else (index,)
        self.planes[(slice(None), *axes)] = value.planes

    def elements(self) -> list[ExtensionElement]:
        """All elements in row-major order."""
        return [ExtensionElement(row) for row in self.planes.reshape(DEGREE, -1).T.tolist()]

    def element(self) -> ExtensionElement:
        """The only element."""
        (element,) = self.elements()
        return element

    def sum(self, axis: int | None = None) -> ExtensionArray:
        """Sums along an axis, or over all of them."""
        axes = tuple(range(1, self.planes.ndim)) if axis is None else (axis + 1 if axis >= 0 else axis,)
        return ExtensionArray(self.planes.sum(axis=axes, dtype=np.uint64) % _P)

    def __add__(self, other: ExtensionArray | BaseArray) -> ExtensionArray:
        left, right = _aligned(self, other)
        return ExtensionArray((left + right) % _P)

    __radd__ = __add__

    def __neg__(self) -> ExtensionArray:
        return ExtensionArray((_P - self.planes) % _P)

    def __sub__(self, other: ExtensionArray | BaseArray) -> ExtensionArray:
        left, right = _aligned(self, other)
        return ExtensionArray((left + (_P - right)) % _P)

    def __rsub__(self, other: BaseArray) -> ExtensionArray:
        return -self + other

    def __mul__(self, other: ExtensionArray | BaseArray) -> ExtensionArray:
        if not isinstance(other, ExtensionArray):
            return ExtensionArray(_lift_axes(self.planes, other.ndim) * other % _P)
        left, right = _aligned(self, other)
        return ExtensionArray(_product(left, right))

    __rmul__ = __mul__


def _lift_axes(planes: BaseArray, ndim: int) -> BaseArray:
    """Inserts axes of length 1 behind the coefficients, so that shapes broadcast from the right."""
    missing = max(ndim - (planes.ndim - 1), 0)
    return planes.reshape(DEGREE, *(1,) * missing, *planes.shape[1:])


def _aligned(left: ExtensionArray, right: ExtensionArray | BaseArray) -> tuple[BaseArray, BaseArray]:
    other = right.planes if isinstance(right, ExtensionArray) else ExtensionArray.of_base(np.asarray(right)).planes
    ndim = max(left.planes.ndim, other.ndim) - 1
    return _lift_axes(left.planes, ndim), _lift_axes(other, ndim)


def _product(a: BaseArray, b: BaseArray) -> BaseArray:
    """Products modulo x^9 - 1, then x^(6+i) = -x^(3+i) - x^i. Four products of canonical values fit in 64 bits."""
    c3 = a[0] * b[3] + a[1] * b[2] + a[2] * b[1] + a[3] * b[0]
    c4 = (a[0] * b[4] + a[1] * b[3] + a[2] * b[2]) % _P + a[3] * b[1] + a[4] * b[0]
    c5 = (a[0] * b[5] + a[1] * b[4] + a[2] * b[3]) % _P + (a[3] * b[2] + a[4] * b[1] + a[5] * b[0]) % _P
    c6 = _P - ((a[1] * b[5] + a[2] * b[4] + a[3] * b[3]) % _P + a[4] * b[2] + a[5] * b[1]) % _P
    c7 = _P - (a[2] * b[5] + a[3] * b[4] + a[4] * b[3] + a[5] * b[2]) % _P
    c8 = _P - (a[3] * b[5] + a[4] * b[4] + a[5] * b[3]) % _P
    c0 = a[0] * b[0] + a[4] * b[5] + a[5] * b[4]
    c1 = a[0] * b[1] + a[1] * b[0] + a[5] * b[5]
    c2 = a[0] * b[2] + a[1] * b[1] + a[2] * b[0]
    c3, c4 = c3 % _P, c4 % _P
    return np.stack([c0 + c6, c1 + c7, c2 + c8, c3 + c6, c4 + c7, c5 + c8]) % _P


Array: TypeAlias = BaseArray | ExtensionArray


class ArrayOperations:
    """The ring operations of `hstar.air.evaluate` on arrays of K and of E."""

    def constant(self, value: int) -> Array:
        """A value without axes."""
        return np.asarray(value, dtype=np.uint64)

    def add(self, left: Array, right: Array) -> Array:
        """left + right."""
        if isinstance(left, ExtensionArray) or isinstance(right, ExtensionArray):
            return left + right
        return (left + right) % _P

    def subtract(self, left: Array, right: Array) -> Array:
        """left - right."""
        if isinstance(left, ExtensionArray) or isinstance(right, ExtensionArray):
            return left - right
        return (left + (_P - right)) % _P

    def multiply(self, left: Array, right: Array) -> Array:
        """left * right."""
        if isinstance(left, ExtensionArray) or isinstance(right, ExtensionArray):
            return left * right
        return left * right % _P

    def negate(self, value: Array) -> Array:
        """-value."""
        return -value if isinstance(value, ExtensionArray) else (_P - value) % _P


ARRAYS = ArrayOperations()


def as_extension(array: Array, *shape: int) -> ExtensionArray:
    """An array of E of the given shape, broadcast from fewer axes."""
    lifted = array if isinstance(array, ExtensionArray) else ExtensionArray.of_base(array)
    planes = _lift_axes(lifted.planes, len(shape))
    return ExtensionArray(np.ascontiguousarray(np.broadcast_to(planes, (DEGREE, *shape))))


def eq_prefix(point: Sequence[ExtensionElement], length: int) -> ExtensionArray:
    """`eq(point, x)` for x = 0 .. length - 1, in time proportional to `length`."""
    low = min(max(length - 1, 0).bit_length(), len(point))
    table = ExtensionArray.of_base(np.ones(1, dtype=np.uint64))
    for coordinate in point[:low]:
        upper = table * ExtensionArray.of_element(coordinate)
        table = ExtensionArray.concatenate([table - upper, upper])
    one = ExtensionElement((1, 0, 0, 0, 0, 0))
    rest = one
    for coordinate in point[low:]:
        rest = rest * (1 - coordinate)
    return table[:length] * ExtensionArray.of_element(rest)


def bind_lowest(array: ExtensionArray, coordinate: ExtensionElement) -> ExtensionArray:
    """Binds the lowest variable of the last axis, whose length is even."""
    even, odd = array[..., 0::2], array[..., 1::2]
    return even + (odd - even) * ExtensionArray.of_element(coordinate)


def padded_even(array: ExtensionArray, filler: int = 0) -> ExtensionArray:
    """The array with `filler` (0 or 1) appended to the last axis where its length is odd."""
    *others, length = array.shape
    if length % 2 == 0:
        return array
    column = ExtensionArray.of_base(np.full((*others, 1), filler, dtype=np.uint64))
    return ExtensionArray.concatenate([array, column], axis=-1)

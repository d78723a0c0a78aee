"""Vectors of extension elements, in the layout that the kernels work on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS

LANES = 16
"""Elements in one pack: 32-bit lanes of the widest vector register."""
MONTGOMERY_BITS = 32
"""A Montgomery word is `value * 2^32 mod p`."""

Words: TypeAlias = npt.NDArray[np.uint32]
_FROM_MONTGOMERY = np.uint64(pow(2, -MONTGOMERY_BITS, MODULUS))
_MODULUS = np.uint64(MODULUS)


def to_montgomery(values: Words) -> Words:
    """Canonical values to Montgomery words, of any shape."""
    return ((values.astype(np.uint64) << np.uint64(MONTGOMERY_BITS)) % _MODULUS).astype(np.uint32)


def from_montgomery(words: Words) -> Words:
    """Montgomery words to canonical values, of any shape."""
    return (words.astype(np.uint64) * _FROM_MONTGOMERY % _MODULUS).astype(np.uint32)


def check_words(array: Any, name: str) -> Words:  # noqa: ANN401  whatever the caller hands over is what is checked
    """Returns `array` when it is a C-contiguous `uint32` array of values below the modulus.

    Args:
        array: what the caller handed over.
        name: what to call it in the message.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, NOT_CONTIGUOUS, NOT_CANONICAL.
    """
    if not isinstance(array, np.ndarray):
        raise InputError(f"{name} must be a NumPy array, not {type(array).__name__}", reason=Reason.WRONG_TYPE)
    if array.dtype != np.uint32:
        raise InputError(f"{name} must have dtype uint32, not {array.dtype}", reason=Reason.WRONG_DTYPE)
    if not array.flags.c_contiguous:
        raise InputError(f"{name} must be C-contiguous; pass a copy", reason=Reason.NOT_CONTIGUOUS)
    if array.size and int(array.max()) >= MODULUS:
        raise InputError(f"{name} holds a value that is not below the modulus {MODULUS}", reason=Reason.NOT_CANONICAL)
    return array


class ExtensionVector:
    """A read-only vector of extension elements.

    Layout: `words[pack, coefficient, lane]` is coefficient `coefficient` of element `16 pack + lane`, as a Montgomery
    word; lanes beyond the length are zero. Invariant: the words are canonical and contiguous, checked when the vector
    is made, so that kernels need not look again.

    Args:
        length: number of elements.
        words: shape `[ceil(length / 16), 6, 16]`, `uint32`. The vector keeps a reference; the caller must not write to
            it afterwards.

    Raises:
        InputError: OUT_OF_RANGE, WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, MALFORMED when
            the padding is not zero.
    """

    __slots__ = ("_length", "_words")

    def __init__(self, length: int, words: Words) -> None:
        if length < 0:
            raise InputError(f"a vector cannot have {length} elements", reason=Reason.OUT_OF_RANGE)
        check_words(words, "words")
        if words.shape != packed_shape(length):
            raise InputError(
                f"the words of {length} elements have shape {packed_shape(length)}, not {words.shape}",
                reason=Reason.WRONG_SHAPE,
            )
        if length % LANES and words[-1, :, length % LANES :].any():
            raise InputError("the lanes beyond the length of a vector must be zero", reason=Reason.MALFORMED)
        self._length = length
        self._words = words

    @classmethod
    def trusted(cls, length: int, words: Words) -> ExtensionVector:
        """Wraps words that satisfy the invariant by construction, as kernels do with their results."""
        vector = cls.__new__(cls)
        vector._length, vector._words = length, words
        return vector

    @classmethod
    def from_canonical(cls, coefficients: Words) -> ExtensionVector:
        """Packs coefficients of shape `[length, 6]`, canonical `uint32`.

        Raises:
            InputError: as `check_words`, and WRONG_SHAPE.
        """
        check_words(coefficients, "coefficients")
        if coefficients.ndim != 2 or coefficients.shape[1] != DEGREE:
            raise InputError(
                f"coefficients must have shape (length, {DEGREE}), not {coefficients.shape}", reason=Reason.WRONG_SHAPE
            )
        length = len(coefficients)
        packs = packed_shape(length)[0]
        padded = np.zeros((packs * LANES, DEGREE), dtype=np.uint32)
        padded[:length] = to_montgomery(coefficients)
        return cls.trusted(length, np.ascontiguousarray(padded.reshape(packs, LANES, DEGREE).transpose(0, 2, 1)))

    @classmethod
    def from_base(cls, values: Words) -> ExtensionVector:
        """Lifts base-field elements, canonical `uint32` of shape `[length]`.

        Raises:
            InputError: as `check_words`, and WRONG_SHAPE.
        """
        check_words(values, "values")
        if values.ndim != 1:
            raise InputError(f"values must have one dimension, not shape {values.shape}", reason=Reason.WRONG_SHAPE)
        coefficients = np.zeros((len(values), DEGREE), dtype=np.uint32)
        coefficients[:, 0] = values
        return cls.from_canonical(coefficients)

    @classmethod
    def from_elements(cls, elements: Iterable[ExtensionElement]) -> ExtensionVector:
        """Packs elements."""
        rows = [element.coefficients for element in elements]
        return cls.from_canonical(np.array(rows, dtype=np.uint32).reshape(len(rows), DEGREE))

    @classmethod
    def zeros(cls, length: int) -> ExtensionVector:
        """`length` zeros."""
        return cls(length, np.zeros(packed_shape(max(length, 0)), dtype=np.uint32))

    @property
    def words(self) -> Words:
        """A read-only view of the words, shape `[ceil(length / 16), 6, 16]`."""
        view = self._words.view()
        view.flags.writeable = False
        return view

    def to_canonical(self) -> Words:
        """Coefficients of shape `[length, 6]`, canonical `uint32`, a new array."""
        rows = from_montgomery(self._words).transpose(0, 2, 1).reshape(-1, DEGREE)[: self._length]
        return np.ascontiguousarray(rows)

    def to_elements(self) -> list[ExtensionElement]:
        """The elements, one Python object each."""
        return [ExtensionElement(row) for row in self.to_canonical().tolist()]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> ExtensionElement:
        position = index + self._length if index < 0 else index
        if not 0 <= position < self._length:
            raise IndexError(f"index {index} is outside a vector of {self._length} elements")
        pack, lane = divmod(position, LANES)
        return ExtensionElement(from_montgomery(self._words[pack, :, lane]).tolist())

    def __iter__(self) -> Iterator[ExtensionElement]:
        return iter(self.to_elements())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ExtensionVector)
            and self._length == other._length
            and bool(np.array_equal(self._words, other._words))
        )

    __hash__ = None  # type: ignore[assignment]  # comparing is linear in the length, so hashing would surprise

    def __repr__(self) -> str:
        return f"<ExtensionVector of {self._length} elements>"


def packed_shape(length: int) -> tuple[int, int, int]:
    """Shape of the words of a vector of `length` elements."""
    return (-(-length // LANES), DEGREE, LANES)

"""Vectors of extension elements, in the layout that the kernels work on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.arguments import check_array, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import vectors as reference

LANES = 16
"""Elements in one pack: 32-bit lanes of the widest vector register."""
MONTGOMERY_BITS = 32
"""A Montgomery word is `value * 2^32 mod p`."""

Words: TypeAlias = npt.NDArray[np.uint32]
_FROM_MONTGOMERY = np.uint64(pow(2, -MONTGOMERY_BITS, MODULUS))
_MODULUS = np.uint64(MODULUS)
_MANY_WORDS = 1 << 16  # from here on a scan by the native module, on all cores, is faster than NumPy's


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
    check_array(array, name, "uint32", (None,) * getattr(array, "ndim", 0))
    if not _all_canonical(array):
        raise InputError(f"{name} holds a value that is not below the modulus {MODULUS}", reason=Reason.NOT_CANONICAL)
    return cast(Words, array)


def _all_canonical(words: Words) -> bool:
    if words.size >= _MANY_WORDS and runs_native():
        return bool(native().all_canonical(words))
    return words.size == 0 or int(words.max()) < MODULUS


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
        words = output_array(None, "uint32", packed_shape(len(coefficients)))
        if runs_native():
            native().extension_pack(coefficients, words)
        else:
            words[...] = _pack(coefficients)
        return cls.trusted(len(coefficients), words)

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
        rows = output_array(None, "uint32", (self._length, DEGREE))
        if runs_native():
            native().extension_unpack(self.words, rows)
        else:
            rows[...] = from_montgomery(self._words).transpose(0, 2, 1).reshape(-1, DEGREE)[: self._length]
        return rows

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


def _pack(coefficients: Words) -> Words:
    """Definition of the layout: rows of coefficients to words."""
    num_packs = packed_shape(len(coefficients))[0]
    padded = np.zeros((num_packs * LANES, DEGREE), dtype=np.uint32)
    padded[: len(coefficients)] = to_montgomery(coefficients)
    return padded.reshape(num_packs, LANES, DEGREE).transpose(0, 2, 1)


def packed_shape(length: int) -> tuple[int, int, int]:
    """Shape of the words of a vector of `length` elements."""
    return (-(-length // LANES), DEGREE, LANES)


Values: TypeAlias = Words | ExtensionVector
"""Base-field elements, canonical `uint32` of shape `[length]`, or extension elements."""


def check_vector(vector: Any, name: str) -> ExtensionVector:  # noqa: ANN401
    """Returns `vector` when it is an `ExtensionVector`.

    Raises:
        InputError: WRONG_TYPE.
    """
    if not isinstance(vector, ExtensionVector):
        raise InputError(f"{name} must be an ExtensionVector, not {type(vector).__name__}", reason=Reason.WRONG_TYPE)
    return vector


def check_values(values: Any, name: str) -> Values:  # noqa: ANN401
    """Returns `values` when it is a vector of either field.

    Raises:
        InputError: as `check_words`, and WRONG_SHAPE.
    """
    if isinstance(values, ExtensionVector):
        return values
    check_words(values, name)
    if values.ndim != 1:
        raise InputError(f"{name} must have one dimension, not shape {values.shape}", reason=Reason.WRONG_SHAPE)
    return cast(Words, values)


def check_extension_element(element: Any, name: str) -> ExtensionElement:  # noqa: ANN401
    """Returns `element` when it is an `ExtensionElement`.

    Raises:
        InputError: WRONG_TYPE.
    """
    if not isinstance(element, ExtensionElement):
        raise InputError(f"{name} must be an ExtensionElement, not {type(element).__name__}", reason=Reason.WRONG_TYPE)
    return element


def check_same_length(*vectors: Values) -> None:
    """Refuses vectors of different lengths.

    Raises:
        InputError: WRONG_SHAPE.
    """
    lengths = [len(vector) for vector in vectors]
    if len(set(lengths)) > 1:
        raise InputError(f"the vectors must have the same length, not {lengths}", reason=Reason.WRONG_SHAPE)


def words_of(values: Values) -> Words:
    """What the native module reads: the words of a vector of either field."""
    return values.words if isinstance(values, ExtensionVector) else values


def elements_of(values: Values) -> list[ExtensionElement] | list[int]:
    """What the reference reads: the elements of a vector of either field."""
    return values.to_elements() if isinstance(values, ExtensionVector) else values.tolist()


def _elementwise(name: str, operands: Sequence[ExtensionVector], out: Words | None) -> ExtensionVector:
    """Calls the kernel `name` of the current backend on vectors of the same length."""
    for operand in operands:
        check_vector(operand, "each operand")
    check_same_length(*operands)
    inputs = [operand.words for operand in operands]
    words = output_array(out, "uint32", inputs[0].shape, *inputs)
    if runs_native():
        getattr(native(), f"extension_{name}")(*inputs, words)
    else:
        elements = getattr(reference, name)(*(operand.to_elements() for operand in operands))
        words[...] = ExtensionVector.from_elements(elements).words
    return ExtensionVector.trusted(len(operands[0]), words)


def add(left: ExtensionVector, right: ExtensionVector, *, out: Words | None = None) -> ExtensionVector:
    """`left + right`, element by element.

    Args:
        left: a vector.
        right: a vector of the same length.
        out: buffer for the result's words, of their shape.

    Raises:
        InputError: WRONG_TYPE, WRONG_SHAPE; for `out` also WRONG_DTYPE, NOT_CONTIGUOUS, MALFORMED.
    """
    return _elementwise("add", (left, right), out)


def sub(left: ExtensionVector, right: ExtensionVector, *, out: Words | None = None) -> ExtensionVector:
    """`left - right`, element by element; arguments and errors as for `add`."""
    return _elementwise("sub", (left, right), out)


def mul(left: ExtensionVector, right: ExtensionVector, *, out: Words | None = None) -> ExtensionVector:
    """`left * right`, element by element; arguments and errors as for `add`."""
    return _elementwise("mul", (left, right), out)


def multiply_add(
    addend: ExtensionVector, left: ExtensionVector, right: ExtensionVector, *, out: Words | None = None
) -> ExtensionVector:
    """`addend + left * right`, element by element; arguments and errors as for `add`."""
    return _elementwise("multiply_add", (addend, left, right), out)


def scale(vector: ExtensionVector, factor: ExtensionElement, *, out: Words | None = None) -> ExtensionVector:
    """Each element of `vector` times `factor`; errors as for `add`."""
    check_vector(vector, "vector")
    check_extension_element(factor, "factor")
    words = output_array(out, "uint32", vector.words.shape, vector.words)
    if runs_native():
        native().extension_scale(vector.words, factor.coefficients, words)
    else:
        words[...] = ExtensionVector.from_elements(reference.scale(vector.to_elements(), factor)).words
    return ExtensionVector.trusted(len(vector), words)


def dot(left: Values, right: ExtensionVector) -> ExtensionElement:
    """Sum of the products, reduced only once.

    Args:
        left: elements of either field; base-field elements make it several times faster.
        right: a vector of the same length.

    Raises:
        InputError: WRONG_TYPE, WRONG_SHAPE; for base-field elements also WRONG_DTYPE, NOT_CONTIGUOUS, NOT_CANONICAL.
    """
    check_values(left, "left")
    check_vector(right, "right")
    check_same_length(left, right)
    if not runs_native():
        return reference.dot(elements_of(left), right.to_elements())
    if isinstance(left, ExtensionVector):
        return ExtensionElement(native().extension_dot(left.words, right.words))
    return ExtensionElement(native().base_extension_dot(left, right.words))


def total(vector: ExtensionVector) -> ExtensionElement:
    """Sum of the elements.

    Raises:
        InputError: WRONG_TYPE.
    """
    check_vector(vector, "vector")
    if runs_native():
        return ExtensionElement(native().extension_total(vector.words))
    return reference.total(vector.to_elements())

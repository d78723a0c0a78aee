"""Reed-Solomon encoding of columns on the subgroup, and of extension vectors as interleaved columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE
from hstar.field.koala_bear import TWO_ADICITY
from hstar.kernels.arguments import check_range, output_array
from hstar.kernels.backend import native, runs_native
from hstar.kernels.bit_order import reverse_bits
from hstar.kernels.reference import code as reference
from hstar.kernels.vectors import ExtensionVector, Words, check_words


class Codeword:
    """Columns evaluated at every position of a domain.

    Column `j` with coefficients `f_j` has the value `c_j(z) = sum_y f_j[y] z^y` at `z = g^q`, where `g` generates the
    subgroup of order `num_positions` and `q` is the position.

    Layout: `words[block, column, index]` is the value at the position whose bit reversal is
    `block * 2^log_height + index`; canonical. See `bit_order`.
    """

    __slots__ = ("_words",)

    def __init__(self, words: Words) -> None:
        check_words(words, "words")
        if words.ndim != 3 or not all(_is_power_of_two(words.shape[axis]) for axis in (0, 2)):
            raise InputError(
                f"a codeword has shape (power of two, columns, power of two), not {words.shape}",
                reason=Reason.WRONG_SHAPE,
            )
        self._words = words

    @classmethod
    def trusted(cls, words: Words) -> Codeword:
        """Wraps words that are canonical and shaped by construction, as kernels do with their results."""
        codeword = cls.__new__(cls)
        codeword._words = words
        return codeword

    @property
    def words(self) -> Words:
        """A read-only view of the words."""
        view = self._words.view()
        view.flags.writeable = False
        return view

    @property
    def num_columns(self) -> int:
        """Elements in a row."""
        return int(self._words.shape[1])

    @property
    def log_inverse_rate(self) -> int:
        """Positions for each coefficient, as a logarithm."""
        return len(self._words).bit_length() - 1

    @property
    def log_num_positions(self) -> int:
        """Size of the domain, as a logarithm."""
        return self.log_inverse_rate + int(self._words.shape[2]).bit_length() - 1

    def rows(self, positions: Sequence[int]) -> Words:
        """The values of all columns at these positions, shape `[len(positions), num_columns]`, a new array.

        Raises:
            InputError: OUT_OF_RANGE.
        """
        num_bits, height = self.log_num_positions, self._words.shape[2]
        for position in positions:
            check_range(position, "a position", 0, (1 << num_bits) - 1)
        places = [divmod(reverse_bits(position, num_bits), height) for position in positions]
        blocks, indices = ([place[axis] for place in places] for axis in (0, 1))
        rows = self._words[np.array(blocks, dtype=np.int64), :, np.array(indices, dtype=np.int64)]
        return np.ascontiguousarray(rows.reshape(len(positions), self.num_columns))

    def __repr__(self) -> str:
        return f"<Codeword of {self.num_columns} columns at 2^{self.log_num_positions} positions>"


def _is_power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def encode_columns(columns: Words, log_inverse_rate: int, *, out: Words | None = None) -> Codeword:
    """Encodes each row of `columns`, the coefficients of one stack column, at rate `2^-log_inverse_rate`.

    A stack column is a contiguous range of the dense vector, so the vector itself is `columns`; columns that are
    missing at its end are zero, and neither stored nor encoded.

    Args:
        columns: shape `[columns, 2^log_height]`, canonical `uint32`.
        log_inverse_rate: at most `TWO_ADICITY - log_height`.
        out: buffer for the result's words, shape `[2^log_inverse_rate, columns, 2^log_height]`.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS, NOT_CANONICAL, OUT_OF_RANGE, MALFORMED.
    """
    check_words(columns, "columns")
    if columns.ndim != 2 or not _is_power_of_two(columns.shape[1]):
        raise InputError(f"columns must have shape (any, power of two), not {columns.shape}", reason=Reason.WRONG_SHAPE)
    log_height = columns.shape[1].bit_length() - 1
    check_range(log_height, "the logarithmic height", 0, TWO_ADICITY)
    check_range(log_inverse_rate, "log_inverse_rate", 0, TWO_ADICITY - log_height)
    shape = (1 << log_inverse_rate, *columns.shape)
    words = output_array(out, "uint32", shape, columns)
    if runs_native():
        native().encode_columns(columns, log_height, log_inverse_rate, words)
    else:
        words[...] = reference.encode_columns(columns, log_inverse_rate)
    return Codeword.trusted(words)


def interleaved_columns(vector: ExtensionVector, log_interleaving: int, *, out: Words | None = None) -> Words:
    """Splits `2^(log_height + log_interleaving)` extension elements into base-field columns.

    Row `6 u + d` holds coefficient `d` of the elements `2^log_interleaving * y + u` for `y = 0, 1, ..`: encoding the
    rows gives codewords `c_u(z) = sum_y f[2^log_interleaving y + u] z^y` whose leaves list `c_0, c_1, ..` with six
    words each.

    Args:
        vector: its length is a power of two, at least `2^log_interleaving`.
        log_interleaving: not negative.
        out: buffer of shape `[6 * 2^log_interleaving, 2^log_height]`.

    Returns:
        Canonical `uint32` of that shape.

    Raises:
        InputError: WRONG_TYPE, WRONG_SHAPE, OUT_OF_RANGE, and for `out` WRONG_DTYPE, NOT_CONTIGUOUS, MALFORMED.
    """
    if not isinstance(vector, ExtensionVector):
        raise InputError(f"vector must be an ExtensionVector, not {type(vector).__name__}", reason=Reason.WRONG_TYPE)
    if not _is_power_of_two(len(vector)):
        raise InputError(f"{len(vector)} elements are not a power of two", reason=Reason.WRONG_SHAPE)
    log_length = len(vector).bit_length() - 1
    check_range(log_interleaving, "log_interleaving", 0, log_length)
    log_height = log_length - log_interleaving
    words = vector.words
    columns = output_array(out, "uint32", (DEGREE << log_interleaving, 1 << log_height), words)
    if runs_native():
        native().interleaved_columns(words, log_height, log_interleaving, columns)
    else:
        columns[...] = reference.interleaved_columns(vector, log_interleaving)
    return columns

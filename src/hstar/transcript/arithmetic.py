"""What a verifier needs besides `+`, `-` and `*`: the interface between the one verifier and what it runs on.

The verifier is ordinary Python over an `Arithmetic`. Run on `Numbers` it verifies a proof; run on `Placeholders` it
writes down the transcript's pattern; run on the symbols of a tracer it becomes a circuit. Its control flow may depend
on the key and the parameters and on nothing else, so a value is never compared, indexed with or turned into a bool:
it is handed to one of the methods below.

Annotations name the number types (`int` for elements of K and for bits, `ExtensionElement`); symbols stand in for both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from hstar.field.extension import ExtensionElement
from hstar.hash.duplex import Duplex
from hstar.hash.suite import Digest, HashSuite

Values = TypeVar("Values")

Bits: TypeAlias = Sequence[int]
"""A non-negative integer as bits, lowest first; each bit is the number (or symbol) 0 or 1."""


@dataclass(frozen=True, slots=True)
class TreeShape:
    """A Merkle tree over the rows of a matrix of field elements.

    Args:
        log_rows: the tree covers `2^log_rows` rows, one per position of the code's domain.
        row_width: elements of K in a row.
        log_rows_per_leaf: a leaf holds `2^log_rows_per_leaf` consecutive rows, the first row first.
    """

    log_rows: int
    row_width: int
    log_rows_per_leaf: int = 0

    @property
    def depth(self) -> int:
        """Levels between a leaf and the root."""
        return self.log_rows - self.log_rows_per_leaf

    @property
    def leaf_width(self) -> int:
        """Elements of K in a leaf."""
        return self.row_width << self.log_rows_per_leaf


@dataclass(frozen=True, slots=True)
class Opening:
    """Opened leaves of one tree, each distinct leaf once, and the nodes that complete the paths to the root.

    Args:
        leaves: in increasing order of leaf index, each `leaf_width` elements of K.
        siblings: level by level from the leaves up, inside a level from left to right.
    """

    leaves: tuple[tuple[int, ...], ...]
    siblings: tuple[Digest, ...]


class Arithmetic(ABC):
    """Where the verifier's values live. `suite` hashes, `duplex` starts the transcript."""

    suite: HashSuite

    @abstractmethod
    def duplex(self, pattern_digest: Digest) -> Duplex:
        """The transcript's hash at the start of a protocol with this pattern."""

    @abstractmethod
    def constant(self, value: int) -> ExtensionElement:
        """A public constant of K as an element of E."""

    @abstractmethod
    def pack(self, coefficients: Sequence[int]) -> ExtensionElement:
        """Six elements of K as one element of E."""

    @abstractmethod
    def unpack(self, element: ExtensionElement) -> Sequence[int]:
        """The six coefficients of an element of E."""

    @abstractmethod
    def bits(self, value: int, num_bits: int, reason: StrEnum, sentence: str, **where: object) -> Bits:
        """The binary digits of an element of K, lowest first.

        Soundness: the digits are those of the canonical representative in `[0, p)`, never of one of its aliases.

        Raises:
            VerificationError: `reason`, when the representative is not below `2^num_bits`.
        """

    @abstractmethod
    def low_bits(self, value: int, num_bits: int) -> Bits:
        """The lowest digits of the canonical representative of an element of K, whatever the others are."""

    def composite(self, formula: Callable[..., Values], *values: object) -> Values:
        """A formula of `+`, `-` and `*` that the verifier evaluates often; a circuit may have one gate for it.

        Args:
            formula: a function of the values and of nothing else.
            values: its arguments.
        """
        return formula(*values)

    @abstractmethod
    def dot(self, weights: Sequence[ExtensionElement], values: Sequence[int]) -> ExtensionElement:
        """The sum of products of elements of E with elements of K; the longest sums of the verifier."""

    @abstractmethod
    def require_equal(
        self,
        left: ExtensionElement | int,
        right: ExtensionElement | int,
        reason: StrEnum,
        sentence: str,
        **where: object,
    ) -> None:
        """Rejects the proof unless two values are equal.

        Raises:
            VerificationError: `reason`.
        """

    @abstractmethod
    def require_nonzero(self, value: ExtensionElement, reason: StrEnum, sentence: str, **where: object) -> None:
        """Rejects the proof if the value is zero.

        Raises:
            VerificationError: `reason`.
        """

    @abstractmethod
    def open_rows(
        self, shape: TreeShape, root: Digest, opening: Opening, positions: Sequence[Bits], **where: object
    ) -> Sequence[Sequence[int]]:
        """The committed rows at `positions`, in that order, repeats included.

        Raises:
            VerificationError: OPENING_SIZE, MERKLE_ROOT_MISMATCH.
        """

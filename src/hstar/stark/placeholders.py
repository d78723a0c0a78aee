"""Running the verifier on nothing: every value is the same placeholder, and what remains is the transcript's pattern.

Soundness: a placeholder has no truth value and no order, so a verifier whose control flow depended on a proof would
fail here.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash.duplex import Duplex
from hstar.hash.suite import Digest, HashSuite
from hstar.transcript.arithmetic import Arithmetic, Bits, Opening, TreeShape


class Placeholder:
    """Stands for any value; every operation gives it back."""

    def _self(self, *_: object) -> Placeholder:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _self

    def __bool__(self) -> bool:
        raise TypeError("the verifier's control flow depends on a value of the proof")

    def __eq__(self, other: object) -> bool:
        raise TypeError("the verifier compares values of the proof outside its arithmetic")

    def __hash__(self) -> int:
        raise TypeError("the verifier uses a value of the proof as a dictionary key")


NOTHING: Any = Placeholder()


class _NoDuplex:
    """A duplex of placeholders."""

    def absorb(self, elements: Sequence[int]) -> _NoDuplex:
        return self

    def absorb_digest(self, digest: Digest) -> _NoDuplex:
        return self

    def squeeze(self, count: int) -> tuple[list[Any], _NoDuplex]:
        return [NOTHING] * count, self


class Placeholders(Arithmetic):
    """Every requirement holds, every value is a placeholder."""

    def __init__(self, suite: HashSuite) -> None:
        self.suite = suite

    def duplex(self, pattern_digest: Digest) -> Duplex:
        """See `Arithmetic.duplex`."""
        duplex: Any = _NoDuplex()
        return duplex  # type: ignore[no-any-return]

    def constant(self, value: int) -> ExtensionElement:
        """See `Arithmetic.constant`."""
        return NOTHING  # type: ignore[no-any-return]

    def pack(self, coefficients: Sequence[int]) -> ExtensionElement:
        """See `Arithmetic.pack`."""
        return NOTHING  # type: ignore[no-any-return]

    def unpack(self, element: ExtensionElement) -> Sequence[int]:
        """See `Arithmetic.unpack`."""
        return [NOTHING] * DEGREE

    def bits(self, value: int, num_bits: int, reason: StrEnum, sentence: str, **where: object) -> Bits:
        """See `Arithmetic.bits`."""
        return [NOTHING] * num_bits

    def low_bits(self, value: int, num_bits: int) -> Bits:
        """See `Arithmetic.low_bits`."""
        return [NOTHING] * num_bits

    def dot(self, weights: Sequence[ExtensionElement], values: Sequence[int]) -> ExtensionElement:
        """See `Arithmetic.dot`."""
        return NOTHING  # type: ignore[no-any-return]

    def require_equal(
        self,
        left: ExtensionElement | int,
        right: ExtensionElement | int,
        reason: StrEnum,
        sentence: str,
        **where: object,
    ) -> None:
        """See `Arithmetic.require_equal`."""

    def require_nonzero(self, value: ExtensionElement, reason: StrEnum, sentence: str, **where: object) -> None:
        """See `Arithmetic.require_nonzero`."""

    def open_rows(
        self, shape: TreeShape, root: Digest, opening: Opening, positions: Sequence[Bits], **where: object
    ) -> Sequence[Sequence[int]]:
        """See `Arithmetic.open_rows`."""
        return [[NOTHING] * shape.row_width for _ in positions]

"""The verifier's arithmetic on numbers: what runs when a proof is verified."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from operator import mul

from hstar.commit.kernel_suite import fastest
from hstar.commit.opening import open_rows
from hstar.errors import VerificationError
from hstar.field.extension import ZERO, ExtensionElement, from_base
from hstar.field.koala_bear import MODULUS
from hstar.hash.duplex import Duplex, start_duplex
from hstar.hash.suite import Digest, HashSuite
from hstar.transcript.arithmetic import Arithmetic, Bits, Opening, TreeShape


class Numbers(Arithmetic):
    """Field elements are numbers, digests are values, and a failed requirement raises at once."""

    def __init__(self, suite: HashSuite) -> None:
        self.suite = fastest(suite)

    def duplex(self, pattern_digest: Digest) -> Duplex:
        """See `Arithmetic.duplex`."""
        return start_duplex(self.suite, pattern_digest)

    def constant(self, value: int) -> ExtensionElement:
        """See `Arithmetic.constant`."""
        return from_base(value % MODULUS)

    def pack(self, coefficients: Sequence[int]) -> ExtensionElement:
        """See `Arithmetic.pack`."""
        return ExtensionElement(tuple(coefficients))

    def unpack(self, element: ExtensionElement) -> Sequence[int]:
        """See `Arithmetic.unpack`."""
        return element.coefficients

    def bits(self, value: int, num_bits: int, reason: StrEnum, sentence: str, **where: object) -> Bits:
        """See `Arithmetic.bits`."""
        if not 0 <= value < 1 << num_bits:
            raise VerificationError(sentence, reason=reason, value=value, **where)
        return self.low_bits(value, num_bits)

    def low_bits(self, value: int, num_bits: int) -> Bits:
        """See `Arithmetic.low_bits`."""
        return [value >> index & 1 for index in range(num_bits)]

    def dot(self, weights: Sequence[ExtensionElement], values: Sequence[int]) -> ExtensionElement:
        """See `Arithmetic.dot`; the sums are reduced once at the end."""
        columns = zip(*(weight.coefficients for weight in weights), strict=True)
        return ExtensionElement(tuple(sum(map(mul, column, values)) % MODULUS for column in columns))

    def require_equal(
        self,
        left: ExtensionElement | int,
        right: ExtensionElement | int,
        reason: StrEnum,
        sentence: str,
        **where: object,
    ) -> None:
        """See `Arithmetic.require_equal`."""
        if not _is_zero(left - right):
            raise VerificationError(sentence, reason=reason, **where)

    def require_nonzero(self, value: ExtensionElement, reason: StrEnum, sentence: str, **where: object) -> None:
        """See `Arithmetic.require_nonzero`."""
        if _is_zero(value):
            raise VerificationError(sentence, reason=reason, **where)

    def open_rows(
        self, shape: TreeShape, root: Digest, opening: Opening, positions: Sequence[Bits], **where: object
    ) -> Sequence[Sequence[int]]:
        """See `Arithmetic.open_rows`."""
        indices = [sum(bit << index for index, bit in enumerate(bits)) for bits in positions]
        return open_rows(self.suite, shape, root, opening, indices, **where)


def _is_zero(value: ExtensionElement | int) -> bool:
    return value in (0, ZERO)

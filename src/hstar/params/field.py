"""The challenge field as numbers: what error terms and sizes need to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from hstar.field.koala_bear import MODULUS


@dataclass(frozen=True, slots=True)
class FieldParameters:
    """A prime field and its extension from which challenges are drawn.

    Args:
        name: as written in reports.
        modulus: the prime p.
        extension_degree: degree of the challenge field over the prime field.
        two_adicity: the largest k such that 2^k divides p - 1; no evaluation domain is larger than 2^k.
        element_bytes: length of an encoded base-field element.
    """

    name: str
    modulus: int
    extension_degree: int
    two_adicity: int
    element_bytes: int

    @property
    def order(self) -> int:
        """Number of elements of the challenge field."""
        order: int = self.modulus**self.extension_degree
        return order

    @property
    def extension_bytes(self) -> int:
        """Length of an encoded challenge-field element."""
        return self.element_bytes * self.extension_degree


KOALA_BEAR_SEXTIC = FieldParameters("KoalaBear^6", MODULUS, extension_degree=6, two_adicity=24, element_bytes=4)
"""The field of every hstar proof; the extension is `x^6 + x^3 + 1`."""

"""The fields that description files name."""

from __future__ import annotations

from dataclasses import dataclass

MODULI = {
    "Goldilocks": 2**64 - 2**32 + 1,
    "BabyBear": 2**31 - 2**27 + 1,
    "KoalaBear": 2**31 - 2**24 + 1,
    "M31": 2**31 - 1,
    "BN254": 21888242871839275222246405745257275088548364400416034343698204186575808495617,
}
"""Base fields; BN254 stands for the scalar field of that curve."""
MAX_DEGREE = 8
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class FileField:
    """An extension field by the name of its base field and its degree over it."""

    base: str
    degree: int

    @property
    def order(self) -> int:
        """Number of elements."""
        return int(MODULI[self.base] ** self.degree)

    @property
    def two_adicity(self) -> int:
        """Base-2 logarithm of the largest subgroup of units whose order is a power of two."""
        units = self.order - 1
        return (units & -units).bit_length() - 1

    @property
    def base_element_bits(self) -> int:
        """Bits of one encoded element of the base field."""
        return MODULI[self.base].bit_length()

    @property
    def element_bits(self) -> int:
        """Bits of one encoded element."""
        return self.base_element_bits * self.degree

    @property
    def label(self) -> str:
        """The name as reports print it, e.g. `KoalaBear⁴`."""
        return self.base if self.degree == 1 else self.base + str(self.degree).translate(_SUPERSCRIPTS)


def parse_field(text: str) -> FileField | None:
    """The field called `text` (`KoalaBear^4`; without a degree the base field), or None."""
    base, caret, degree = text.partition("^")
    if base not in MODULI or (caret and not (degree.isascii() and degree.isdecimal() and len(degree) == 1)):
        return None
    number = int(degree) if caret else 1
    return FileField(base, number) if 1 <= number <= MAX_DEGREE else None

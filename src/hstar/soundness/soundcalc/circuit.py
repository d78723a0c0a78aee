"""What every circuit of a description file answers: its cells by regime, its size, its parameter lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from hstar.soundness.soundcalc.cells import Cell, Row
from hstar.soundness.soundcalc.fields import FileField
from hstar.soundness.soundcalc.file import CircuitFile
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.regimes import Code, FileRegime, quirks_of
from hstar.soundness.soundcalc.section import MissingKeyError, Section
from hstar.soundness.soundcalc.sizes import FileSize

NOT_GIVEN = "not given"


class Commitment(Protocol):
    """A polynomial commitment scheme as the terms before it see it."""

    @property
    def dimension(self) -> int:
        """Dimension of the code of the trace; raises MissingKeyError."""

    def code(self, regime: FileRegime) -> Code:
        """The code of the trace; raises MissingKeyError."""


@dataclass(frozen=True)
class Circuit(ABC):
    """A circuit of a file.

    Args:
        file: its table and lookups.
        field: of the challenges.
        hash_bits: length of a digest; None when the file does not say.
    """

    file: CircuitFile
    field: FileField
    hash_bits: int | None

    proof_system: str = ""
    commitment_name: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return self.file.name

    @property
    def section(self) -> Section:
        """Its table."""
        return self.file.section

    @abstractmethod
    def regimes(self) -> tuple[FileRegime, ...]:
        """The rows of its table."""

    @abstractmethod
    def cells(self, regime: FileRegime) -> Iterator[Cell]:
        """Its cells in one regime, lookups first."""

    @abstractmethod
    def parameter_lines(self) -> Iterator[str]:
        """What reports print about it, without the lookups."""

    @abstractmethod
    def _size(self, hash_bits: int) -> FileSize | None:
        """Size of a proof; None where soundcalc has no estimate; raises MissingKeyError."""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Regimes with their cells."""
        return tuple(Row(regime.label, tuple(self.cells(regime))) for regime in self.regimes())

    @cached_property
    def size(self) -> FileSize | str | None:
        """Size of a proof; None where soundcalc has no estimate; the missing key when the file lacks one."""
        if self.hash_bits is None:
            return "hash_size_bits"
        try:
            return self._size(self.hash_bits)
        except MissingKeyError as missing:
            return missing.key

    def johnson_gap_regimes(self) -> tuple[FileRegime, ...]:
        """Both regimes, or the one that `explicit_regime` names, with the file's gap."""
        section, order = self.section, self.field.order
        gap = section.rational("gap_to_radius") if section.has("gap_to_radius") else None
        both = (FileRegime(order, is_unique=True), FileRegime(order, is_unique=False, gap=gap))
        if not section.has("explicit_regime"):
            return both
        return both[:1] if section.text("explicit_regime") == "unique" else both[1:]


def code_quirks(commitment: Commitment, regime: FileRegime) -> tuple[Quirk, ...]:
    """What is peculiar about the code's numbers; nothing when they are unavailable."""
    try:
        return quirks_of(commitment.code(regime))
    except MissingKeyError:
        return ()


def shown(value: Callable[[], object]) -> str:
    """A parameter as reports print it."""
    try:
        found = value()
    except MissingKeyError:
        return NOT_GIVEN
    return str(list(found)) if isinstance(found, tuple) else str(found)

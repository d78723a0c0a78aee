"""Whole systems under the totals `strict` and `dkt26`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from hstar.errors import InputError, Reason
from hstar.soundness.soundcalc.report import SystemReport, missing_notes
from hstar.soundness.strict.evaluate import StrictCircuit


@dataclass(frozen=True)
class StrictSystem:
    """A file under one of the totals.

    Args:
        report: the file and its circuits.
        total: `strict` or `dkt26`.
    """

    report: SystemReport
    total: str = "strict"

    @property
    def name(self) -> str:
        """Of the system."""
        return self.report.file.name

    @cached_property
    def circuits(self) -> tuple[StrictCircuit, ...]:
        """In the order of the file; the last one's proof is the final one."""
        return tuple(StrictCircuit(circuit, self.total) for circuit in self.report.circuits)

    @cached_property
    def weakest(self) -> StrictCircuit | None:
        """The circuit with the fewest bits, each in its own best regimes; None when no term is available."""
        available = [circuit for circuit in self.circuits if circuit.weakest is not None]
        return min(available, key=_bits, default=None)

    @property
    def security_bits(self) -> Fraction | None:
        """Of the weakest circuit."""
        return None if self.weakest is None else self.weakest.security_bits

    @property
    def is_complete(self) -> bool:
        """Whether no term of any circuit is unavailable."""
        return all(circuit.is_complete for circuit in self.circuits)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on the file: unknown keys, values assumed, unavailable terms."""
        path = self.report.file.path
        missing = [
            (cell.label, cell.unavailable, circuit.circuit.name)
            for circuit in self.circuits
            for cell in circuit.missing
        ]
        unsaid = any(circuit.circuit.hash_bits is None for circuit in self.circuits)
        hashless = f"{path}: hash_size_bits is not given, so totals are interactive; they are incomplete"
        return (*self.report.reading_notes, *missing_notes(path, missing), *([hashless] if unsaid else []))

    def circuit(self, name: str) -> StrictCircuit:
        """The circuit called `name`.

        Raises:
            InputError: UNKNOWN_NAME.
        """
        for circuit in self.circuits:
            if circuit.circuit.name == name:
                return circuit
        names = ", ".join(circuit.circuit.name for circuit in self.circuits)
        raise InputError(
            f"{self.report.file.path}: there is no circuit {name!r}; there are {names}", reason=Reason.UNKNOWN_NAME
        )


def _bits(circuit: StrictCircuit) -> Fraction:
    return circuit.security_bits or Fraction(0)

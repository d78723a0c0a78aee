"""Whole systems under the total `soundcalc`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from hstar.errors import InputError, Reason
from hstar.soundness.soundcalc.cells import Cell
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.deep_ali import DeepAliFri, DeepAliWhir
from hstar.soundness.soundcalc.file import CircuitFile, SystemFile, read_system
from hstar.soundness.soundcalc.jagged import Jagged
from hstar.soundness.soundcalc.swirl import Swirl

CIRCUITS: Final[dict[str, type[DeepAliFri] | type[DeepAliWhir] | type[Jagged]]] = {
    "FRI_STARK": DeepAliFri,
    "WHIR": DeepAliWhir,
    "JAGGED": Jagged,
}
"""Circuits of the families that need nothing but their own table."""


@dataclass(frozen=True)
class Standing:
    """The best regime of a system: the one whose weakest circuit has the most bits."""

    regime: str
    circuit: str
    weakest: Cell


@dataclass(frozen=True)
class SystemReport:
    """A file and its circuits."""

    file: SystemFile
    circuits: tuple[Circuit, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no term of any circuit is unavailable."""
        return all(row.is_complete for circuit in self.circuits for row in circuit.rows)

    @cached_property
    def standing(self) -> Standing | None:
        """Over regimes the largest, over circuits the smallest total; None when no term is available."""
        lowest: dict[str, Standing] = {}
        for circuit in self.circuits:
            for row in circuit.rows:
                if row.weakest is None:
                    continue
                before = lowest.get(row.regime)
                if before is None or row.weakest.bits < before.weakest.bits:
                    lowest[row.regime] = Standing(row.regime, circuit.name, row.weakest)
        return max(lowest.values(), key=lambda entry: entry.weakest.bits, default=None)

    @property
    def reading_notes(self) -> tuple[str, ...]:
        """Sentences on unknown keys, and on values that soundcalc assumes."""
        assumed: dict[str, list[str]] = {}
        for circuit in self.circuits:
            for section in (circuit.section, *circuit.file.lookups):
                for key in section.assumed:
                    value = str(section.values[key]).lower()
                    assumed.setdefault(f"{key} = {value}", []).append(section.place.table)
        read_as = ", ".join(f"{what} ({len(where)} tables)" for what, where in assumed.items())
        said = f"{self.file.path}: keys that tables do not give are read as soundcalc does: {read_as}"
        return (*self.file.warnings, *([said] if assumed else []))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what the file leaves out: `reading_notes`, and unavailable terms."""
        missing = (
            (cell.label, f"{cell.missing} is not given", circuit.name)
            for circuit in self.circuits
            for row in circuit.rows
            for cell in row.missing
        )
        return (*self.reading_notes, *missing_notes(self.file.path, missing))


def missing_notes(path: Path, missing: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """One sentence for each unavailable term and reason; `missing` holds terms, reasons and circuits."""
    circuits: dict[tuple[str, str], list[str]] = {}
    for label, reason, circuit in missing:
        circuits.setdefault((label, reason), []).append(circuit)
    for (label, reason), names in circuits.items():
        named = ", ".join(dict.fromkeys(names))
        yield f"{path}: term {label} of {named} is unavailable: {reason}; the total is incomplete"


def load_report(path: Path) -> SystemReport:
    """Reads a file and sets up its circuits; cells are computed when they are asked for.

    Raises:
        InputError: as `read_system`, and where numbers do not fit each other.
    """
    file = read_system(path)
    return SystemReport(file, tuple(_circuit(file, circuit) for circuit in file.circuits))


def _circuit(file: SystemFile, circuit: CircuitFile) -> Circuit:
    hash_bits = file.section.integer("hash_size_bits") if file.section.has("hash_size_bits") else None
    if file.family == "SWIRL":
        return Swirl(circuit, file.field, hash_bits, swirl=file.swirl)
    return CIRCUITS[file.family](circuit, file.field, hash_bits)


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The description files that paths name; a folder means every `.toml` file in it.

    Raises:
        InputError: UNREADABLE, a path that is not there or a folder without such files.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.toml"))
            if not inside:
                raise InputError(f"the folder {path} holds no .toml file", reason=Reason.UNREADABLE)
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"there is no file or folder {path}", reason=Reason.UNREADABLE)
    return tuple(found)

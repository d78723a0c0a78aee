"""Reading a description file: which system, which circuits, and everything about the file that a reader should know."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hstar.errors import InputError, Reason
from hstar.soundness.soundcalc import schema
from hstar.soundness.soundcalc.fields import MODULI, FileField, parse_field
from hstar.soundness.soundcalc.section import Place, Section, read_section, similar_to

MAX_FILE_BYTES = 1 << 24
MAX_CIRCUITS = 1 << 12
NO_TABLES: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CircuitFile:
    """One `[[circuits]]` table and its lookups."""

    name: str
    section: Section
    lookups: tuple[Section, ...]


@dataclass(frozen=True)
class SystemFile:
    """A description file that has been read.

    Args:
        path: where it was read from.
        name: of the system.
        family: of `schema.FAMILIES`.
        field: the field of challenges.
        section: the table `[zkevm]`.
        swirl: the table `[swirl]` of that family.
        circuits: in the order of the file.
        warnings: sentences on unknown keys.
    """

    path: Path
    name: str
    family: str
    field: FileField
    section: Section
    swirl: Section | None
    circuits: tuple[CircuitFile, ...]
    warnings: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version, or nothing."""
        return self.section.text("version") if self.section.has("version") else ""


def read_system(path: Path) -> SystemFile:
    """Reads a file.

    Raises:
        InputError: UNREADABLE, MALFORMED, WRONG_TYPE, OUT_OF_RANGE or UNKNOWN_NAME, naming file, table and key.
    """
    document = _parse(path)
    place = Place(str(path), "[zkevm]")
    for table in ("zkevm", "circuits"):
        if table not in document:
            found = f"the file has {', '.join(document)}" if document else "the file is empty"
            raise InputError(
                f"{path}: the table {table!r} is missing; {found}{similar_to(table, document)}",
                reason=Reason.MALFORMED,
                file=str(path),
            )
    section, warnings = read_section(place, document["zkevm"], schema.SYSTEM, NO_TABLES)
    for key in ("name", "protocol_family", "field"):
        if not section.has(key):
            raise InputError(
                f"{path}: table [zkevm]: the key {key} is missing, and nothing can be said without it",
                reason=Reason.MALFORMED,
                file=str(path),
            )
    family, field_text = section.text("protocol_family"), section.text("field")
    field = parse_field(field_text)
    if field is None:
        expected = f"one of {', '.join(MODULI)}, with a degree such as ^4"
        raise place.refuse("field", expected, field_text)
    swirl = None
    if family == "SWIRL":
        swirl_place = Place(str(path), "[swirl]")
        if "swirl" not in document:
            raise InputError(f"{path}: the table [swirl] is missing", reason=Reason.MALFORMED, file=str(path))
        swirl, more = read_section(swirl_place, document["swirl"], schema.SWIRL_SYSTEM, NO_TABLES)
        warnings += more
    circuits, more = _circuits(path, family, document["circuits"])
    warnings += more
    read = {"zkevm", "circuits"} | ({"swirl"} if swirl else set())
    warnings += [
        f"{path}: unknown table or key {name!r} is not used{similar_to(name, {'swirl'} - read)}"
        for name in document
        if name not in read
    ]
    return SystemFile(path, section.text("name"), family, field, section, swirl, circuits, tuple(warnings))


def _parse(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", reason=Reason.UNREADABLE) from error
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"{path} is longer than {MAX_FILE_BYTES} bytes", reason=Reason.UNREADABLE)
    try:
        return tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:  # not UTF-8, not TOML, a number of 5000 digits
        raise InputError(f"{path} is not TOML: {error}", reason=Reason.MALFORMED, file=str(path)) from error


def _circuits(path: Path, family: str, tables: object) -> tuple[tuple[CircuitFile, ...], list[str]]:
    warnings: list[str] = []
    circuits = []
    for index, table in enumerate(_tables(path, "[[circuits]]", tables), 1):
        place = Place(str(path), f"[[circuits]] {_label(index, table)}")
        section, more = read_section(place, table, schema.CIRCUITS[family], frozenset({"lookups"}))
        warnings += more
        lookups = []
        for number, lookup in enumerate(_tables(path, f"[[circuits.lookups]] of {place.table}", _lookups(table)), 1):
            lookup_place = Place(str(path), f"[[circuits.lookups]] {_label(number, lookup)} of {place.table}")
            read, more = read_section(lookup_place, lookup, schema.LOOKUP, NO_TABLES)
            warnings += more
            lookups.append(read)
        _check_unique(lookups)
        if lookups and family == "SWIRL":
            warnings.append(
                f"{path}: table {place.table}: lookups are not used; [swirl] describes those of all circuits"
            )
        name = section.text("name") if section.has("name") else f"circuit {index}"
        circuits.append(CircuitFile(name, section, tuple(lookups)))
    if not circuits:
        raise InputError(f"{path}: there is no [[circuits]] table", reason=Reason.MALFORMED, file=str(path))
    return tuple(circuits), warnings


def lookup_name(lookup: Section, number: int) -> str:
    """The name of a lookup; one without a name is called by its place."""
    return lookup.text("name") if lookup.has("name") else f"lookup {number}"


def _check_unique(lookups: Sequence[Section]) -> None:
    """Two lookups of one name would share a column, and one of them would not be seen."""
    seen: set[str] = set()
    for number, lookup in enumerate(lookups, 1):
        name = lookup_name(lookup, number)
        if name in seen:
            raise lookup.refuse("name", "a name that no other lookup of the circuit has", name)
        seen.add(name)


def _lookups(table: object) -> object:
    return table.get("lookups", []) if isinstance(table, dict) else []


def _tables(path: Path, what: str, value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MAX_CIRCUITS:
        raise InputError(
            f"{path}: expected tables {what}, at most {MAX_CIRCUITS}", reason=Reason.WRONG_TYPE, file=str(path)
        )
    return value


def _label(index: int, table: object) -> str:
    name = table.get("name") if isinstance(table, dict) else None
    return f"{index} ({name})" if isinstance(name, str) and name.isprintable() else str(index)

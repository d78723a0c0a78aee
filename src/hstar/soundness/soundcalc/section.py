"""One table of a description file, read strictly: every value is of its kind, and nothing is filled in silently."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from hstar.errors import InputError, Reason
from hstar.soundness.soundcalc.kinds import Kind, Value


@dataclass(frozen=True)
class Key:
    """A key that a table may have.

    Args:
        name: as it stands in the file.
        kind: what it may hold.
        assumed: what soundcalc takes when the key is absent; None: nothing, terms that need it are unavailable.
        used: False for keys that files carry and no formula reads.
    """

    name: str
    kind: Kind
    assumed: Value | None = None
    used: bool = True


class MissingKeyError(LookupError):
    """A formula asked for a key that the file does not give; never leaves this package."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Place:
    """Where a value stands, for sentences: file and table."""

    file: str
    table: str

    def refuse(self, key: str, expected: str, found: object) -> InputError:
        """The error for a value that makes no sense."""
        shown = repr(found) if isinstance(found, str) else str(found)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        return InputError(
            f"{self.file}: table {self.table}, key {key}: expected {expected}, found {shown}",
            reason=Reason.OUT_OF_RANGE,
            file=self.file,
            table=self.table,
            key=key,
        )


@dataclass(frozen=True)
class Section:
    """The values of one table.

    Args:
        place: where it stands.
        values: parsed values by key, those that soundcalc assumes included.
        assumed: keys that are absent and whose value is soundcalc's.
        aliases: keys of the file by the names used here, where they differ.
    """

    place: Place
    values: dict[str, Value]
    assumed: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def refuse(self, key: str, expected: str, found: object) -> InputError:
        """The error for a value that makes no sense."""
        return self.place.refuse(self.aliases.get(key, key), expected, found)

    def has(self, key: str) -> bool:
        """Whether the key has a value."""
        return key in self.values

    def integer(self, key: str) -> int:
        """A whole number.

        Raises:
            MissingKeyError: the file does not give it.
        """
        value = self._value(key)
        return int(value) if isinstance(value, int) else _wrong(key)

    def rational(self, key: str) -> Fraction:
        """A number; raises as `integer`."""
        value = self._value(key)
        return value if isinstance(value, Fraction) else _wrong(key)

    def flag(self, key: str) -> bool:
        """A truth value; raises as `integer`."""
        value = self._value(key)
        return value if isinstance(value, bool) else _wrong(key)

    def text(self, key: str) -> str:
        """A text; raises as `integer`."""
        value = self._value(key)
        return value if isinstance(value, str) else _wrong(key)

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; raises as `integer`."""
        value = self._value(key)
        return tuple(entry for entry in value if isinstance(entry, int)) if isinstance(value, tuple) else _wrong(key)

    def rows(self, key: str) -> tuple[tuple[int, ...], ...]:
        """A list of lists of whole numbers; raises as `integer`."""
        value = self._value(key)
        return tuple(entry for entry in value if isinstance(entry, tuple)) if isinstance(value, tuple) else _wrong(key)

    def _value(self, key: str) -> Value:
        if key not in self.values:
            raise MissingKeyError(self.aliases.get(key, key))
        return self.values[key]


def _wrong(key: str) -> NoReturn:
    raise TypeError(f"{key} is read as another kind than its schema says")


def similar_to(name: str, known: Iterable[str]) -> str:
    """A question that names what may have been meant, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def read_section(place: Place, table: object, keys: Iterable[Key], tables: frozenset[str]) -> tuple[Section, list[str]]:
    """The section and the sentences that warn of its unknown keys.

    Args:
        place: where the table stands.
        table: what TOML holds there.
        keys: every key that the table may have.
        tables: names of tables inside it, which are read elsewhere.

    Raises:
        InputError: WRONG_TYPE (not a table), OUT_OF_RANGE (a value that makes no sense), naming file, table and key.
    """
    if not isinstance(table, dict):
        raise InputError(
            f"{place.file}: expected a table {place.table}, found {type(table).__name__}",
            reason=Reason.WRONG_TYPE,
            file=place.file,
        )
    known = {key.name: key for key in keys}
    values: dict[str, Value] = {}
    assumed = []
    for key in known.values():
        if key.name in table:
            value = key.kind.parse(table[key.name])
            if value is None:
                raise place.refuse(key.name, key.kind.expected, table[key.name])
            values[key.name] = value
        elif key.assumed is not None:
            values[key.name] = key.assumed
            assumed.append(key.name)
    unknown = [name for name in table if name not in known and name not in tables]
    said = f"{place.file}: table {place.table}: unknown key"
    warnings = [f"{said} {name!r} is not used{similar_to(name, set(known) - set(table))}" for name in unknown]
    return Section(place, values, tuple(assumed)), warnings

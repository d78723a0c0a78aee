"""The numbers of a circuit as one map, and circuits with other numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from hstar.errors import InputError
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.fields import FileField
from hstar.soundness.soundcalc.jagged import Jagged
from hstar.soundness.soundcalc.kinds import Value
from hstar.soundness.soundcalc.lookup import lookup_names
from hstar.soundness.soundcalc.section import Section
from hstar.soundness.soundcalc.swirl import Swirl
from hstar.soundness.strict.ingredients import Setting

CIRCUIT, SWIRL = "circuit", "swirl"
"""Names of tables; those of lookups are the lookups' own."""


@dataclass(frozen=True)
class Place:
    """A number: table, key, entry of a list."""

    table: str
    key: str
    index: tuple[int, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """The tables of a circuit."""

    circuit: Circuit

    @cached_property
    def sections(self) -> dict[str, Section]:
        """Tables by name."""
        circuit = self.circuit
        found = {CIRCUIT: circuit.section}
        if isinstance(circuit, Swirl) and circuit.swirl is not None:
            found[SWIRL] = circuit.swirl
        names = lookup_names(circuit.file)
        return {**found, **{f"{name!r}": one for name, one in zip(names, circuit.file.lookups, strict=True)}}

    @property
    def tables(self) -> dict[str, dict[str, Value]]:
        """Values by table and key."""
        return {name: section.values for name, section in self.sections.items()}

    def place(self, setting: Setting) -> Place | None:
        """Where a setting stands in the file; None for what the family fixes.

        SWIRL's tables are translated for WHIR's formulas, and give one number where those ask for a list.
        """
        for name, section in self.sections.items():
            if setting.section is section:
                return Place(name, setting.key, setting.index)
        key = setting.section.aliases.get(setting.key)
        if key is None or key not in self.circuit.section.values:
            return None
        is_list = isinstance(self.circuit.section.values[key], tuple)
        return Place(CIRCUIT, key, setting.index if is_list else ())

    def value(self, place: Place) -> int:
        """The number at a place."""
        value: object = self.tables[place.table][place.key]
        for entry in place.index:
            value = value[entry] if isinstance(value, tuple) else value
        if not isinstance(value, int):
            raise TypeError(f"{place} holds no number")
        return value

    def with_values(self, changes: Mapping[Place, int]) -> Circuit:
        """The circuit with other numbers."""
        tables = {name: dict(values) for name, values in self.tables.items()}
        for place, number in changes.items():
            tables[place.table][place.key] = _changed(tables[place.table][place.key], place.index, number)
        return self._with_tables(tables)

    def rebuilt(self, field: FileField, hash_bits: int) -> Circuit:
        """The circuit over another field and digest."""
        return replace(self.circuit, field=field, hash_bits=hash_bits)

    def with_lower_rate(self, steps: int) -> Circuit | None:
        """The circuit at a rate `2^-steps` times its own; None without a rate, or if the field is too small for it."""
        if steps == 0:
            return self.circuit
        tables = {name: dict(values) for name, values in self.tables.items()}
        values = tables[CIRCUIT]
        if isinstance(rate := values.get("rho"), Fraction):
            values["rho"] = rate / (1 << steps)
            for key in ("fri_early_stop_degree", *(("blowup_factor",) if isinstance(self.circuit, Jagged) else ())):
                if isinstance(number := values.get(key), int):
                    values[key] = number << steps
        else:
            key = "log_inv_rate" if "log_inv_rate" in values else "log_blowup"
            if not isinstance(number := values.get(key), int):
                return None
            values[key] = number + steps
        try:
            return self._with_tables(tables)
        except InputError:
            return None

    def with_more_samples(self, extra: int) -> Circuit | None:
        """The circuit with so many out-of-domain samples more; None where the file gives none."""
        samples = self.circuit.section.values.get("num_ood_samples")
        if extra == 0:
            return self.circuit
        if not isinstance(samples, tuple):
            return None
        places = [Place(CIRCUIT, "num_ood_samples", (index,)) for index in range(len(samples))]
        return self.with_values({place: self.value(place) + extra for place in places})

    def _with_tables(self, tables: Mapping[str, dict[str, Value]]) -> Circuit:
        sections = {name: replace(section, values=tables[name]) for name, section in self.sections.items()}
        lookups = tuple(section for name, section in sections.items() if name not in (CIRCUIT, SWIRL))
        file = replace(self.circuit.file, section=sections[CIRCUIT], lookups=lookups)
        if isinstance(self.circuit, Swirl):
            return replace(self.circuit, file=file, swirl=sections.get(SWIRL))
        return replace(self.circuit, file=file)

    @staticmethod
    def share_tables(circuits: Sequence[Circuit]) -> tuple[Circuit, ...]:
        """Circuits of one system again: the table that they share takes the largest of its numbers."""
        shared: dict[Place, int] = {}
        for circuit in circuits:
            for key, value in Numbers(circuit).tables.get(SWIRL, {}).items():
                if isinstance(value, int):
                    place = Place(SWIRL, key)
                    shared[place] = max(value, shared.get(place, value))
        return tuple(Numbers(circuit).with_values(shared) if shared else circuit for circuit in circuits)


def _changed(value: Value, index: tuple[int, ...], number: int) -> Value:
    if not index:
        return number
    if not isinstance(value, tuple):
        raise TypeError("a number has no entries")
    first, rest = index[0], index[1:]
    entries: list[Any] = list(value)
    entries[first] = _changed(entries[first], rest, number)
    return tuple(entries)

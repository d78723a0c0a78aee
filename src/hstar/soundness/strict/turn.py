"""What to turn in a file so that its system reaches a milestone: a search over the file's own parameters.

For every circuit that falls short: more queries; with them grinding of up to `MAX_GRINDING_BITS` where the family has a
key for it; then lower rates. The digest and the field belong to the whole system and are enlarged where nothing else
helps, or where only that makes the final proof short enough. Numbers that were raised are lowered again as far as the
target allows, so that one step less of any of them misses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from hstar.soundness.render.plot import MILESTONES
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.fields import MAX_DEGREE, FileField
from hstar.soundness.soundcalc.sizes import KIBIBYTE_BITS, FileSize
from hstar.soundness.strict.numbers import Numbers
from hstar.soundness.strict.reach import least_size, turn_circuit
from hstar.soundness.strict.system import StrictSystem
from hstar.soundness.strict.whir import whir_size
from hstar.soundness.totals import collision_share

DIGEST_STEP = 8
"""Digests are lengthened by whole bytes, until collisions cost at most a quarter of the target's error."""
MAX_FIELD_BITS = 260
"""No larger field is proposed."""


@dataclass(frozen=True)
class Move:
    """One number of the file, before and after."""

    key: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.key} {self.before} -> {self.after}"


@dataclass(frozen=True)
class Plan:
    """How a system reaches a milestone.

    Args:
        bits: provable bits of the milestone.
        kibibytes: size of the final proof, expected.
        system_moves: of the digest and the field.
        circuit_moves: by circuit.
        circuits: the circuits with those numbers.
        obstacles: sentences on what no number of the file can turn, or what the file has to say first.
    """

    bits: int
    kibibytes: int
    system_moves: tuple[Move, ...]
    circuit_moves: dict[str, tuple[Move, ...]]
    circuits: tuple[Circuit, ...]
    obstacles: tuple[str, ...]

    @property
    def is_found(self) -> bool:
        """Whether the numbers reach the milestone."""
        return not self.obstacles

    @property
    def size(self) -> FileSize | None:
        """Of the final proof afterwards; None where there is no estimate."""
        return final_size(self.circuits[-1]) if self.circuits else None


def final_size(circuit: Circuit) -> FileSize | None:
    """Size of a circuit's proof; None where soundcalc has no estimate or a key is missing."""
    return circuit.size if isinstance(circuit.size, FileSize) else None


def is_short(circuit: Circuit, kibibytes: int) -> bool | None:
    """Whether a proof is expected to be at most so long; None when too little is known to say yes."""
    size, part = final_size(circuit), whir_size(circuit)
    known = size or (part if isinstance(part, FileSize) else None)
    if known is not None and known.expected > kibibytes * KIBIBYTE_BITS:
        return False
    return True if size is not None else None


def reaches(system: StrictSystem, bits: int, kibibytes: int) -> bool | None:
    """Whether a system has so many bits and so short a final proof (expected); None when the file does not say."""
    found = system.security_bits
    if found is None or found < bits:
        return False
    short = is_short(system.report.circuits[-1], kibibytes)
    return short if short is False or system.is_complete else None


def next_milestone(system: StrictSystem) -> tuple[int, int] | None:
    """The first milestone that is surely missed; the last one if all that is open is whether it is reached."""
    missed = (one for one in MILESTONES if reaches(system, *one) is False)
    return next(missed, None if reaches(system, *MILESTONES[-1]) else MILESTONES[-1])


def plan(system: StrictSystem, bits: int, kibibytes: int) -> Plan:
    """The search."""
    digest, field = system.report.circuits[0].hash_bits, system.report.file.field
    missing = tuple(dict.fromkeys(_missing(system)))
    if digest is None:
        return Plan(bits, kibibytes, (), {}, (), missing)
    longer = _digest(digest, bits)
    least = least_size(system.report.circuits[-1], bits)
    limit = None if least is not None and least.expected > kibibytes * KIBIBYTE_BITS else kibibytes
    best: tuple[FileField, tuple[Circuit, ...]] | None = None
    for wider in _fields(field):
        turned = _turn_circuits(system, longer, wider, bits, limit)
        if turned is None:
            continue
        if best is not None and _expected(turned[-1]) >= _expected(best[1][-1]):
            break  # a larger field has stopped to save queries
        best = wider, turned
        if limit is None or is_short(turned[-1], kibibytes) is not False:
            break
    if best is None:
        said = f"no extension of {field.base} of at most {MAX_FIELD_BITS} bits reaches {bits} bits"
        return Plan(bits, kibibytes, (), {}, (), (*missing, said))
    wider, turned = best
    moves = [Move("hash_size_bits", str(digest), str(longer))] if longer != digest else []
    moves += [Move("field", _name(field), _name(wider))] if wider != field else []
    pairs = zip(system.report.circuits, turned, strict=True)
    changed = {old.name: found for old, new in pairs if (found := tuple(_moves(old, new)))}
    if limit is None and least is not None:
        said = f"no queries, grinding, rate or field make the final proof shorter than {least.expected_kibibytes} KiB"
        missing += (f"{said}; it needs fewer columns",)
    elif is_short(turned[-1], kibibytes) is False:
        missing += (f"no numbers that were tried make the final proof as short as {kibibytes} KiB",)
    return Plan(bits, kibibytes, tuple(moves), changed, turned, missing)


def _turn_circuits(
    system: StrictSystem, digest: int, field: FileField, bits: int, kibibytes: int | None
) -> tuple[Circuit, ...] | None:
    """Every circuit with enough bits, the last one short enough if possible; None if one cannot have the bits."""
    turned: list[Circuit] = []
    for circuit in system.report.circuits:
        is_last = circuit is system.report.circuits[-1]
        found = turn_circuit(Numbers(circuit).rebuilt(field, digest), bits, kibibytes if is_last else None)
        if found is None:
            return None
        turned.append(found)
    return Numbers.share_tables(turned)


def _fields(field: FileField) -> Iterator[FileField]:
    for degree in range(field.degree, MAX_DEGREE + 1):
        wider = FileField(field.base, degree)
        if degree == field.degree or wider.order < 1 << MAX_FIELD_BITS:
            yield wider


def _digest(bits: int, target: int) -> int:
    while collision_share(1 << bits) > Fraction(1, 1 << target + 2):
        bits = (bits // DIGEST_STEP + 1) * DIGEST_STEP
    return bits


def _expected(circuit: Circuit) -> Fraction:
    size = final_size(circuit) or whir_size(circuit)
    return size.expected if isinstance(size, FileSize) else Fraction(0)


def _missing(system: StrictSystem) -> Iterator[str]:
    for strict in system.circuits:
        for cell in strict.missing:
            yield f"{cell.label} is unavailable: {cell.unavailable}"
        if strict.circuit.hash_bits is None:
            yield "hash_size_bits is not given"


def _moves(old: Circuit, new: Circuit) -> Iterator[Move]:
    before, after = Numbers(old).tables, Numbers(new).tables
    for table, values in after.items():
        for key, value in values.items():
            previous = before[table].get(key)
            if previous != value:
                name = f"{key} of lookup {table}" if table not in ("circuit", "swirl") else key
                yield Move(name, _shown(previous), _shown(value))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(entry) for entry in value) + "]"
    return str(float(value)) if isinstance(value, Fraction) else str(value)


def _name(field: FileField) -> str:
    return f"{field.base}^{field.degree}"

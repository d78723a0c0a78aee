"""All systems in one table: bits under every total, sizes, milestones, the weakest round, and what to turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hstar.soundness.render.plot import MILESTONES
from hstar.soundness.soundcalc.report import SystemReport
from hstar.soundness.strict.data import optional, predicted_bytes
from hstar.soundness.strict.evaluate import StrictCircuit
from hstar.soundness.strict.system import StrictSystem
from hstar.soundness.strict.turn import Plan, next_milestone, plan, reaches


@dataclass(frozen=True)
class Comparison:
    """One system."""

    report: SystemReport

    @cached_property
    def strict(self) -> StrictSystem:
        """Under the total `strict`, by which milestones are judged."""
        return StrictSystem(self.report)

    @cached_property
    def dkt26(self) -> StrictSystem:
        """Under the total `dkt26`."""
        return StrictSystem(self.report, "dkt26")

    @property
    def name(self) -> str:
        """Of the system, with its version."""
        file = self.report.file
        return f"{file.name} {file.version}" if file.version else file.name

    @property
    def weakest(self) -> StrictCircuit | None:
        """The circuit with the fewest strict bits."""
        return self.strict.weakest

    @property
    def milestones(self) -> tuple[bool | None, ...]:
        """Whether each of `MILESTONES` is reached; None where the file does not say enough."""
        return tuple(reaches(self.strict, *one) for one in MILESTONES)

    @cached_property
    def plan(self) -> Plan | None:
        """What to turn for the next milestone; None when the last one is reached."""
        target = next_milestone(self.strict)
        return None if target is None else plan(self.strict, *target)


def comparison_data(comparisons: Iterable[Comparison]) -> dict[str, Any]:
    """The JSON object."""
    return {
        "milestones": [{"bits": bits, "kibibytes": kibibytes} for bits, kibibytes in MILESTONES],
        "systems": [_system(one) for one in comparisons],
    }


def _system(one: Comparison) -> dict[str, Any]:
    standing, weakest, report = one.report.standing, one.weakest, one.report
    return {
        "name": report.file.name,
        "version": report.file.version or None,
        "family": report.file.family,
        "field": report.file.field.label,
        "circuits": len(report.circuits),
        "bits": {
            "soundcalc": None if standing is None else float(standing.weakest.bits),
            "strict": optional(one.strict.security_bits),
            "dkt26": optional(one.dkt26.security_bits),
        },
        "interactive_bits": None if weakest is None else optional(weakest.interactive_bits),
        "hash_cap_bits": optional(one.strict.circuits[0].hash_cap_bits),
        "complete": one.strict.is_complete,
        "predicted_bytes": predicted_bytes(report.circuits[-1]),
        "weakest_circuit": None if weakest is None else weakest.circuit.name,
        "weakest": None if weakest is None or weakest.weakest is None else weakest.weakest.name,
        "milestones_reached": list(one.milestones),
        "next": _plan(one.plan),
        "notes": list(one.strict.notes),
    }


def _plan(found: Plan | None) -> dict[str, Any] | None:
    if found is None:
        return None
    moves = {name: [str(move) for move in listed] for name, listed in found.circuit_moves.items()}
    return {
        "bits": found.bits,
        "kibibytes": found.kibibytes,
        "found": found.is_found,
        "obstacles": list(found.obstacles),
        "system_moves": [str(move) for move in found.system_moves],
        "circuit_moves": moves,
        "predicted_bytes": predicted_bytes(found.circuits[-1]) if found.circuits else None,
    }

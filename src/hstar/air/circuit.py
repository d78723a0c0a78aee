"""Tracing a whole circuit: chips and buses in, an accepted `Circuit` out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hstar.air.chip import Chip, TracedChip, trace_chip
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.program import Bus, Circuit, MachineLimits
from hstar.air.promises import check_promises


@dataclass(frozen=True)
class TracedCircuit:
    """A circuit that obeys every rule, with what is needed to fill its tables.

    Args:
        circuit: what provers, verifiers and keys read.
        chips: the traced chips, in the circuit's order.
    """

    circuit: Circuit
    chips: tuple[TracedChip, ...]

    def chip(self, name: str) -> TracedChip:
        """The chip with this name.

        Raises:
            CircuitError: BAD_RECORDS.
        """
        for traced in self.chips:
            if traced.program.name == name:
                return traced
        names = ", ".join(traced.program.name for traced in self.chips)
        raise CircuitError(
            f"circuit {self.circuit.name} has no chip {name}; its chips are {names}",
            reason=CircuitReason.BAD_RECORDS,
            chip=name,
        )


def trace_circuit(
    name: str, chips: Sequence[Chip], buses: Sequence[Bus], limits: MachineLimits | None = None
) -> TracedCircuit:
    """Traces every chip and checks every rule of the language.

    Args:
        name: of the circuit.
        chips: in the order in which constraints and leaves are numbered.
        buses: in the order of their identifiers (from 1).
        limits: degree bounds; by default degree 4.

    Raises:
        CircuitError: names the chip and the constraint, interaction or column that breaks a rule.
    """
    limits = limits or MachineLimits()
    _check_unique("chips", [chip.name for chip in chips])
    _check_unique("buses", [bus.name for bus in buses])
    traced = tuple(trace_chip(chip, buses, limits) for chip in chips)
    check_promises([chip.draft for chip in traced], buses)
    return TracedCircuit(Circuit(name, tuple(chip.program for chip in traced), tuple(buses), limits), traced)


def _check_unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise CircuitError(
                f"two {what} of the circuit are named {name}; give each a name of its own",
                reason=CircuitReason.DUPLICATE_NAME,
                name=name,
            )
        seen.add(name)

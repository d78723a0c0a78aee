"""Strict reports as plain data: the JSON object and the rows of the CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from hstar.soundness.render.numbers import bits_number
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.sizes import FileSize
from hstar.soundness.strict.evaluate import StrictCell, StrictCircuit
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.strict.system import StrictSystem


def systems_data(systems: Iterable[StrictSystem]) -> dict[str, Any]:
    """The JSON object of several systems under one total, with every reason that a term can name explained once."""
    listed = list(systems)
    return {
        "total": listed[0].total,
        "systems": [_system(system) for system in listed],
        "differences": {str(one): {"sentence": one.sentence, "source": one.source} for one in Difference},
    }


def _system(system: StrictSystem) -> dict[str, Any]:
    file, weakest = system.report.file, system.weakest
    return {
        "name": file.name,
        "version": file.version or None,
        "family": file.family,
        "field": file.field.label,
        "security_bits": optional(system.security_bits),
        "weakest_circuit": None if weakest is None else weakest.circuit.name,
        "complete": system.is_complete,
        "notes": list(system.notes),
        "circuits": [_circuit(circuit) for circuit in system.circuits],
    }


def _circuit(strict: StrictCircuit) -> dict[str, Any]:
    return {
        "name": strict.circuit.name,
        "security_bits": optional(strict.security_bits),
        "interactive_bits": optional(strict.interactive_bits),
        "hash_cap_bits": optional(strict.hash_cap_bits),
        "weakest": None if strict.weakest is None else strict.weakest.name,
        "complete": strict.is_complete,
        "regimes": [str(choice) for choice in strict.choices],
        "predicted_bytes": predicted_bytes(strict.circuit),
        "parameters": list(strict.circuit.parameter_lines()),
        "rounds": [{"name": entry.name, "bits": bits_number(entry.bits)} for entry in strict.rounds],
        "terms": [_term(cell) for cell in strict.cells],
    }


def _term(cell: StrictCell) -> dict[str, Any]:
    common = {"name": cell.label, "round": cell.ingredient.round}
    if cell.term is None:
        return {**common, "bits": None, "unavailable": cell.unavailable}
    return {
        **common,
        "bits": bits_number(cell.term.bits),
        "source": str(cell.term.source),
        "provenance": str(cell.term.provenance),
        "formula": cell.term.formula.text(),
        "differences": [str(one) for one in cell.ingredient.differences],
    }


def predicted_bytes(circuit: Circuit) -> dict[str, int] | None:
    """Bytes of a proof by soundcalc's estimate; None where it has none or a key is missing."""
    size = circuit.size
    if not isinstance(size, FileSize):
        return None
    return {"expected": -(-size.expected // 8), "worst": -(-size.worst // 8)}


def optional(bits: Fraction | None) -> float | None:
    """Bits for JSON, rounded down."""
    return None if bits is None else bits_number(bits)


def systems_csv(systems: Iterable[StrictSystem]) -> str:
    """One line for each term."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("system", "circuit", "regimes", "term", "round", "bits", "unavailable", "source", "differences"))
    for system in systems:
        for strict in system.circuits:
            for cell in strict.cells:
                bits = "" if cell.term is None else bits_number(cell.term.bits)
                source = "" if cell.term is None else str(cell.term.source)
                reasons = " ".join(cell.ingredient.differences)
                where = (system.name, strict.circuit.name, strict.regime, cell.label, cell.ingredient.round)
                writer.writerow((*where, bits, cell.unavailable, source, reasons))
    return text.getvalue()

"""Reports on description files as plain data: the JSON object and the rows of the CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from hstar.soundness.render.numbers import bits_number
from hstar.soundness.soundcalc.cells import Cell, Row
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.quirks import SYSTEM_QUIRKS, Quirk
from hstar.soundness.soundcalc.report import SystemReport
from hstar.soundness.soundcalc.sizes import FileSize

TOTAL = "soundcalc"


def systems_data(reports: Iterable[SystemReport]) -> dict[str, Any]:
    """The JSON object of several systems, with every quirk that occurs explained once."""
    systems = [_system(report) for report in reports]
    return {
        "total": TOTAL,
        "systems": systems,
        "quirks": {str(quirk): quirk.description for quirk in Quirk} | SYSTEM_QUIRKS,
    }


def _system(report: SystemReport) -> dict[str, Any]:
    standing = report.standing
    return {
        "name": report.file.name,
        "version": report.file.version or None,
        "family": report.file.family,
        "field": report.file.field.label,
        "security_bits": None if standing is None else float(standing.weakest.bits),
        "regime": None if standing is None else standing.regime,
        "complete": report.is_complete,
        "notes": list(report.notes),
        "circuits": [_circuit(circuit) for circuit in report.circuits],
    }


def _circuit(circuit: Circuit) -> dict[str, Any]:
    best = max((row for row in circuit.rows if row.weakest), key=_bits, default=None)
    weakest = None if best is None else best.weakest
    size = circuit.size
    return {
        "name": circuit.name,
        "security_bits": None if weakest is None else float(weakest.bits),
        "weakest": None if weakest is None else weakest.label,
        "complete": all(row.is_complete for row in circuit.rows),
        "predicted_bytes": (
            {"expected": -(-size.expected // 8), "worst": -(-size.worst // 8)} if isinstance(size, FileSize) else None
        ),
        "totals": {row.regime: None if row.weakest is None else float(row.weakest.bits) for row in circuit.rows},
        "parameters": list(circuit.parameter_lines()),
        "terms": [_term(row, cell) for row in circuit.rows for cell in row.cells],
    }


def _bits(row: Row) -> float:
    return float(row.weakest.bits) if row.weakest else float("-inf")


def _term(row: Row, cell: Cell) -> dict[str, Any]:
    common = {"name": cell.label, "round": cell.label, "regime": row.regime}
    if cell.term is None:
        return {**common, "bits": None, "unavailable": f"{cell.missing} is not given"}
    return {
        **common,
        "bits": float(cell.bits),
        "exact_bits": bits_number(cell.term.bits),
        "source": str(cell.term.source),
        "formula": cell.term.formula.text(),
        "quirks": [str(quirk) for quirk in cell.quirks],
    }


def systems_csv(reports: Iterable[SystemReport]) -> str:
    """One line for each cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("system", "circuit", "regime", "term", "bits", "unavailable", "source", "quirks"))
    for report in reports:
        for circuit in report.circuits:
            for row in circuit.rows:
                for cell in row.cells:
                    bits = "" if cell.term is None else cell.shown
                    source = "" if cell.term is None else str(cell.term.source)
                    quirks = " ".join(cell.quirks)
                    key = cell.missing
                    writer.writerow((report.file.name, circuit.name, row.regime, cell.label, bits, key, source, quirks))
    return text.getvalue()

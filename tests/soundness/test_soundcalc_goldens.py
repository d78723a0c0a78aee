"""Every cell, size, parameter line and heading of soundcalc's own reports, from the same files."""

import difflib

import pytest

from hstar.soundness.enclosure import bits_of
from hstar.soundness.soundcalc import regimes
from hstar.soundness.soundcalc.cells import tenths, whole_bits
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.markdown import report_markdown, summary_row
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.regimes import JohnsonBound
from hstar.soundness.soundcalc.report import load_report
from hstar.soundness.soundcalc.sizes import FileSize

GOLDENS = {
    "airbender": "airbender",
    "dummy_whir": "dummywhir",
    "openvm": "openvm",
    "openvm2": "openvm2",
    "pico": "pico",
    "sp1": "sp1",
    "zisk": "zisk",
}
"""Report by description file."""
WITHOUT_REPORT = ("venus",)


def _load(data_folder, name):
    return load_report(data_folder / "soundcalc/toml" / f"{name}.toml")


def _golden(data_folder, name):
    return (data_folder / "soundcalc/reports" / f"{name}.md").read_text(encoding="utf-8")


def _tables(text):
    """Cells of the security tables of a report: (circuit, regime, column) -> text."""
    cells, circuit, header = {}, "", []
    for line in text.splitlines():
        if line.startswith("## "):
            circuit = line[3:]
        if line.startswith("| regime"):
            header = line.strip("| ").split(" | ")
        elif line.startswith(("| UDR", "| JBR")):
            row = line.strip("| ").split(" | ")
            cells |= {(circuit, row[0], column): cell for column, cell in zip(header, row, strict=True)}
    return cells


@pytest.mark.parametrize("name", GOLDENS)
def test_every_golden_cell(name, data_folder):
    golden = _golden(data_folder, GOLDENS[name])
    report = _load(data_folder, name)
    several = len(report.circuits) > 1
    ours = {}
    for circuit in report.circuits:
        for row in circuit.rows:
            key = (circuit.name if several else "", row.regime)
            ours |= {(*key, cell.label): cell.shown for cell in row.cells}
            ours |= {(*key, "total"): row.shown_total, (*key, "regime"): row.regime}
    assert ours == _tables(golden)
    assert len(ours) > 25


@pytest.mark.parametrize("name", GOLDENS)
def test_the_page_is_the_golden_page(name, data_folder):
    ours, golden = report_markdown(_load(data_folder, name)), _golden(data_folder, GOLDENS[name])
    difference = difflib.unified_diff(golden.splitlines(), ours.splitlines(), "soundcalc", "hstar", lineterm="")
    assert ours == golden, "\n".join(difference)


@pytest.mark.parametrize("name", [*(name for name in GOLDENS if name != "dummy_whir"), *WITHOUT_REPORT])
def test_every_row_of_the_summary_that_has_a_file(name, data_folder):
    row = summary_row(_load(data_folder, name))
    assert row in _golden(data_folder, "summary").splitlines()


@pytest.mark.parametrize("name", ["miden", "risc0"])
def test_a_missing_key_leaves_one_term_unavailable(name, data_folder):
    report = _load(data_folder, name)
    (circuit,) = report.circuits
    for row in circuit.rows:
        assert [(cell.label, cell.missing) for cell in row.missing] == [("ALI", "num_constraints")]
        assert row.shown_total.endswith(" (incomplete)")
    assert isinstance(circuit.size, FileSize)
    assert any("ALI of main is unavailable: num_constraints" in note for note in report.notes)
    assert "incomplete" in report_markdown(report)
    assert "- Number of constraints: not given" in report_markdown(report)


def test_no_cell_hangs_on_the_width_of_an_enclosure(data_folder):
    for name in (*GOLDENS, *WITHOUT_REPORT):
        for circuit in _load(data_folder, name).circuits:
            _check_enclosures(circuit)


def _check_enclosures(circuit: Circuit):
    for row in circuit.rows:
        for cell in row.cells:
            error = cell.term.error
            if cell.decimals:
                assert tenths(bits_of(error.lower)) == tenths(bits_of(error.upper)), (circuit.name, cell.label)
            else:
                assert whole_bits(error.lower) == whole_bits(error.upper), (circuit.name, cell.label)


def test_peculiar_numbers_are_named(data_folder):
    named = {
        quirk
        for name in (*GOLDENS, *WITHOUT_REPORT)
        for circuit in _load(data_folder, name).circuits
        for row in circuit.rows
        for cell in row.cells
        for quirk in cell.quirks
    }
    assert named == set(Quirk)


def test_multiplicities_in_doubles_are_named_and_no_golden_cell_hangs_on_them(data_folder, monkeypatch):
    def shown():
        circuits = _load(data_folder, "dummy_whir").circuits
        rows = {(circuit.name, row.regime): row for circuit in circuits for row in circuit.rows}
        return {
            (key, cell.label): (cell.shown, cell.term.error, cell.quirks)
            for key, row in rows.items()
            for cell in row.cells
        }

    with_doubles = shown()
    monkeypatch.setattr(
        regimes, "doubles_multiplicity", lambda rate, gap: JohnsonBound(rate, 1, gap, None, None).exact_multiplicity
    )
    regimes._code.cache_clear()
    exact = shown()
    regimes._code.cache_clear()
    assert [cells[0] for cells in exact.values()] == [cells[0] for cells in with_doubles.values()]
    named = {key for key, (_, _, quirks) in with_doubles.items() if Quirk.MULTIPLICITY_IN_DOUBLES in quirks}
    assert named == {key for key, (_, error, _) in with_doubles.items() if exact[key][1] != error}
    assert named

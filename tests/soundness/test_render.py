"""Renderings carry the report's numbers; explanations show the very formula that is computed."""

import csv
import io
import re
from fractions import Fraction

import pytest

from hstar.errors import InputError
from hstar.params.protocol import decode_parameters
from hstar.soundness.exploration import pareto_front, sensitivities, size_curve
from hstar.soundness.expression import format_number, symbol
from hstar.soundness.render import data
from hstar.soundness.render.markdown import report_markdown
from hstar.soundness.render.numbers import shown_bits, shown_kibibytes
from hstar.soundness.render.plot import PlotKind, check_plot_path, plot_reports
from hstar.soundness.render.tables import explanation, report_tables
from hstar.soundness.sources import PAPERS
from soundness.systems import default, segment, solved

REPORT = default()
SEGMENT = solved(description=segment(), log_cells=21, log_inverse_rate=1)
TERMS = [*REPORT.terms, *REPORT.soundcalc_style, *SEGMENT.terms, *SEGMENT.soundcalc_style]


def test_numbers_are_rounded_against_us():
    assert shown_bits(Fraction(127999, 1000)) == "127.99"
    assert shown_kibibytes(1025) == "1.1"


def test_formulas_are_written_with_the_parentheses_they_need():
    a, b, c = symbol("a", 2, "-"), symbol("b", 3, "-"), symbol("c", 4, "-")
    formula = (a - (b - c)) * (a + b) ** c / (a * b)
    assert formula.text() == "(a - (b - c)) * (a + b)^c / (a * b)"
    assert formula.text(substituted=True) == "(2 - (3 - 4)) * (2 + 3)^4 / (2 * 3)"
    assert formula.value.upper == Fraction(3 * 5**4, 6)
    assert format_number(symbol("x", Fraction(1, 2**40), "-").value) == "2^-40"
    assert format_number(symbol("x", 2**31 - 2**24 + 1, "-").value) == "2^30.99"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_every_term_explains_itself(term):
    explained = data.explained_data(term)
    names = [entry["name"] for entry in explained["symbols"]]
    assert len(names) == len(set(names))
    assert all(entry["meaning"] for entry in explained["symbols"])
    assert all(entry.name in names for entry in term.symbols)
    assert all(entry["holds"] for entry in explained["hypotheses"])
    assert term.source.paper in PAPERS
    error = explained["error"]
    assert Fraction(int(error["numerator"]), int(error["denominator"])) == term.error.upper
    shown = [str(part) for part in explanation(term)]
    assert any(term.formula.text() in part for part in shown)


@pytest.mark.parametrize("report", [REPORT, SEGMENT], ids=["default", "segment"])
def test_a_formulas_value_is_what_its_text_computes(report):
    """The text is evaluated as arithmetic with the symbols' values: what is printed is what is computed."""
    for term in (*report.terms, *report.soundcalc_style):
        for formula in (term.formula, *(entry.definition for entry in data.all_symbols(term) if entry.definition)):
            values = {entry.name: float(entry.number.upper) for entry in formula.symbols()}
            pattern = "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True))
            text = re.sub(pattern, lambda found, values=values: f"({values[found[0]]!r})", formula.text())
            computed = eval(text.replace("^", "**"), {})
            upper = formula.value.upper
            assert computed == pytest.approx(float(upper), rel=1e-9), (term.name, formula.text())


def test_json_has_the_documented_keys():
    result = data.report_data(SEGMENT)
    assert result["security_bits"] >= 128
    assert result["predicted_bytes"] == {"expected": SEGMENT.size.expected_bytes, "worst": SEGMENT.size.worst}
    assert result["weakest"] in {entry["name"] for entry in result["rounds"]}
    assert {"name", "round", "bits", "source"} <= result["terms"][0].keys()
    assert sum(part["worst"] for part in result["bytes_by_part"].values()) == result["predicted_bytes"]["worst"]
    assert decode_parameters(bytes.fromhex(result["parameters"]["encoding"])) == SEGMENT.parameters
    assert result["parameters"]["digest"] == SEGMENT.parameters.digest().hex()


def test_csv_has_one_line_for_each_term():
    rows = list(csv.reader(io.StringIO(data.terms_csv({"one": REPORT, "two": SEGMENT}))))
    assert tuple(rows[0]) == data.CSV_COLUMNS
    assert [row[1] for row in rows[1:]] == [term.name for term in (*REPORT.terms, *SEGMENT.terms)]


def test_markdown_tables_are_rectangular_and_hold_every_round():
    page = report_markdown("hstar", {"one": REPORT, "two": SEGMENT}, "a note")
    tables, width = [], None
    for line in page.splitlines():
        if line.startswith("|"):
            assert width in (None, line.count("|"))
            width = line.count("|")
            tables.append(line)
        else:
            width = None
    assert all(any(f" {entry.name} " in line for line in tables) for entry in (*REPORT.rounds, *SEGMENT.rounds))
    assert "[two](#two)" in page
    assert "a note" in page


def test_tables_can_be_made():
    assert len(list(report_tables(REPORT))) == 5


def test_soundcalc_style_is_never_below_what_it_leaves_out():
    for report in (REPORT, SEGMENT):
        assert report.soundcalc_style_bits >= int(report.totals.interactive_bits)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_plots_are_drawn(tmp_path, suffix):
    path = tmp_path / f"plot{suffix}"
    check_plot_path(path)
    plot_reports({"one": REPORT, "two": SEGMENT}, path, PlotKind.ALL, grinding_bits=20)
    start = path.read_bytes()[:8]
    assert start == b"\x89PNG\r\n\x1a\n" if suffix == ".png" else start.startswith(b"<?xml")


def test_plots_elsewhere_are_refused(tmp_path):
    for path in (tmp_path / "plot.pdf", tmp_path / "missing" / "plot.svg"):
        with pytest.raises(InputError, match="cannot draw"):
            check_plot_path(path)


def test_one_step_down_costs_bits_and_one_step_up_never_does():
    for entry in sensitivities(REPORT):
        assert entry.bits_down is None or entry.bits_down < 0
        if "multiplicity" not in entry.parameter:
            assert entry.bits_up is None or entry.bits_up >= 0


def test_the_pareto_front_holds_what_nothing_dominates():
    front = pareto_front(REPORT, grinding_bits=(0, 20), log_inverse_rates=(1, 3))
    assert {(one.grinding_bits, one.log_inverse_rate) for one in front} == {(0, 1), (0, 3), (20, 1), (20, 3)}
    sizes = {(one.grinding_bits, one.log_inverse_rate): one.report.size.expected for one in front}
    assert sizes[20, 3] < min(sizes[0, 3], sizes[20, 1]) < sizes[0, 1]
    assert not any(one.dominates(other) for one in front for other in front)


def test_the_curve_rises_and_leaves_out_what_cannot_be_reached():
    curve = size_curve(REPORT, grinding_bits=20, targets=(100, 120, 250))
    assert [report.parameters.target_bits for report in curve] == [100, 120]
    assert curve[0].size.expected < curve[1].size.expected

"""Comparisons, what to turn, and the differences to soundcalc."""

import csv
import io
from fractions import Fraction
from pathlib import Path

import pytest

from hstar.soundness.soundcalc.report import find_files, load_report
from hstar.soundness.strict.compare import Comparison, comparison_data
from hstar.soundness.strict.compare_text import advice, comparison_csv, comparison_markdown, plot_comparison
from hstar.soundness.strict.differences import differences_markdown, system_differences
from hstar.soundness.strict.evaluate import StrictCircuit
from hstar.soundness.strict.numbers import Numbers, Place
from hstar.soundness.strict.reach import MAX_GRINDING_BITS, least_size, turn_circuit
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.strict.system import StrictSystem
from hstar.soundness.strict.turn import next_milestone, plan, reaches
from soundness.test_soundcalc_families import JAGGED, SWIRL, WHIR
from soundness.test_soundcalc_files import SMALL
from soundness.test_soundcalc_files import _load as load

ROOT = Path(__file__).resolve().parents[2]


def _numbers(circuit):
    """Every turned number: table, key, entry -> value."""
    found = {}
    for table, values in Numbers(circuit).tables.items():
        for key, value in values.items():
            if isinstance(value, tuple):
                for index, entry in enumerate(value):
                    nested = enumerate(entry) if isinstance(entry, tuple) else [(None, entry)]
                    found |= {
                        Place(table, key, (index,) if inner is None else (index, inner)): number
                        for inner, number in nested
                    }
            elif isinstance(value, int) and not isinstance(value, bool):
                found[Place(table, key)] = value
    return found


@pytest.mark.parametrize("bits", [100, 125])
@pytest.mark.parametrize("text", [SMALL, WHIR, SWIRL, JAGGED])
def test_a_turned_circuit_has_the_bits_and_no_number_can_be_lowered(text, bits, tmp_path):
    (circuit,) = load(tmp_path, text).circuits
    assert StrictCircuit(circuit).security_bits < bits
    turned = turn_circuit(circuit, bits, None)
    assert StrictCircuit(turned).security_bits >= bits
    before, after = _numbers(circuit), _numbers(turned)
    raised = [place for place in after if after[place] > before.get(place, after[place])]
    assert raised
    for place in raised:
        if place.key in ("fri_early_stop_degree", "blowup_factor", "log_inv_rate", "log_blowup"):
            continue
        assert "grinding" not in place.key or after[place] <= MAX_GRINDING_BITS
        lower = Numbers(turned).with_values({place: after[place] - 1})
        assert StrictCircuit(lower).security_bits < bits, place


def test_the_size_decides_the_rate(tmp_path):
    (circuit,) = load(tmp_path, SMALL).circuits
    free, short = turn_circuit(circuit, 110, None), turn_circuit(circuit, 110, 45)
    assert short.size.expected < free.size.expected
    assert short.section.rational("rho") < free.section.rational("rho")
    assert StrictCircuit(short).security_bits >= 110
    assert least_size(circuit, 110).expected <= short.size.expected
    assert least_size(circuit, 200).expected > least_size(circuit, 110).expected


def test_a_plan_lengthens_the_digest_and_enlarges_the_field_only_where_it_must(tmp_path):
    system = StrictSystem(load(tmp_path, SMALL))
    found = plan(system, 128, 300)
    assert [move.key for move in found.system_moves] == ["hash_size_bits"]
    assert found.system_moves[0].after == "264"
    assert found.is_found
    narrow = StrictSystem(load(tmp_path, SMALL, field='"KoalaBear^4"'))
    found = plan(narrow, 128, 300)
    assert [str(move) for move in found.system_moves][1] == "field KoalaBear^4 -> KoalaBear^5"
    report = type(narrow.report)(narrow.report.file, found.circuits)
    assert reaches(StrictSystem(report), 128, 300)


def test_what_is_missing_stands_before_the_plan(tmp_path):
    system = StrictSystem(load(tmp_path, SMALL, num_constraints=None))
    found = plan(system, *next_milestone(system))
    assert not found.is_found
    assert found.obstacles == ("ALI is unavailable: num_constraints is not given",)
    nothing = plan(StrictSystem(load(tmp_path, SMALL, hash_size_bits=None)), 100, 600)
    assert nothing.obstacles == ("hash_size_bits is not given",)
    assert nothing.circuits == ()


def test_wide_circuits_cannot_be_made_short(tmp_path):
    system = StrictSystem(load(tmp_path, SMALL, batch_size="100000"))
    found = plan(system, 100, 600)
    assert "no queries, grinding, rate or field make the final proof shorter than" in found.obstacles[0]


def test_unknown_sizes_leave_milestones_open(tmp_path):
    system = StrictSystem(load(tmp_path, SWIRL, whir_num_queries="[120, 70]"))
    assert system.security_bits > 100
    assert reaches(system, 100, 600) is None
    assert reaches(system, 100, 1) is False  # WHIR alone is longer
    assert reaches(system, 200, 600) is False


def test_comparisons_in_every_format(tmp_path):
    comparisons = [Comparison(load(tmp_path, text)) for text in (SMALL, WHIR, SWIRL, JAGGED)]
    data = comparison_data(comparisons)
    for system, one in zip(data["systems"], comparisons, strict=True):
        assert system["bits"]["dkt26"] >= system["bits"]["strict"]
        assert system["weakest"] == one.weakest.weakest.name
        assert system["hash_cap_bits"] == 128
        assert system["next"]["circuit_moves"]
    rows = list(csv.reader(io.StringIO(comparison_csv(comparisons))))
    assert len(rows) == 5
    page = comparison_markdown(comparisons)
    assert all(line in page for one in comparisons for line in [next(advice(one))])
    plot_comparison(comparisons, tmp_path / "systems.svg")
    assert (tmp_path / "systems.svg").stat().st_size > 5000


@pytest.mark.parametrize("text", [SMALL, WHIR, SWIRL, JAGGED])
def test_every_difference_has_a_reason(text, tmp_path):
    report = load(tmp_path, text)
    found = system_differences(report)
    assert all(one.reasons for one in found if one.gain != 0)
    labels = {cell.label for row in report.circuits[0].rows for cell in row.cells}
    assert labels <= {one.label for one in found}


def test_every_difference_of_real_systems_has_a_reason(data_folder):
    for name in ("airbender", "openvm2", "sp1", "pico"):
        for one in system_differences(load_report(data_folder / "soundcalc/toml" / f"{name}.toml")):
            assert one.reasons or one.gain == 0, one


def test_reasons_say_something():
    assert all(one.sentence.endswith(".") and one.source for one in Difference)


def test_the_page_of_differences_is_current(data_folder):
    """`make differences` writes it."""
    page = differences_markdown([load_report(path) for path in find_files([data_folder / "soundcalc/toml"])])
    assert (ROOT / "docs/soundness/differences.md").read_text(encoding="utf-8") == page
    missing = {one for one in Difference if f"`{one}`" not in page}
    assert missing == {Difference.MISSING}  # no strict term is without a place in these systems' reports


def test_rates_are_lowered_with_what_hangs_on_them(tmp_path):
    (circuit,) = load(tmp_path, JAGGED).circuits
    lowered = Numbers(circuit).with_lower_rate(2)
    assert lowered.section.rational("rho") == Fraction(1, 16)
    assert lowered.section.integer("blowup_factor") == 16
    assert lowered.section.integer("fri_early_stop_degree") == 1024
    (circuit,) = load(tmp_path, WHIR).circuits
    assert Numbers(circuit).with_lower_rate(3).section.integer("log_inv_rate") == 5
    assert Numbers(circuit).with_lower_rate(30) is None  # more leaves than the field has roots of unity

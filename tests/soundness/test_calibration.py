"""Attacks on toy fields: they run, they repeat, and none beats its bound."""

import itertools
from fractions import Fraction
from pathlib import Path

import pytest

from hstar.errors import InputError
from hstar.soundness.calibration.codes import list_line, list_of_codewords, unique_line
from hstar.soundness.calibration.page import (
    END,
    START,
    into_page,
    plot_results,
    results_data,
    results_markdown,
    run_all,
)
from hstar.soundness.calibration.protocols import folding
from hstar.soundness.calibration.result import Result
from hstar.soundness.calibration.rounds import batching_by_eq, fingerprint
from hstar.soundness.calibration.toy import Choices, ToyField

ROOT = Path(__file__).resolve().parents[2]


def test_no_attack_beats_its_bound():
    results = run_all(runs=1000)
    assert all(one.holds for one in results)
    assert results_data(results)["holds"]
    exact = {one.name: one for one in results if not one.runs}
    for name in ("line, unique decoding", "sumcheck round", "batching by powers", "list size, DKT26"):
        assert exact[name].measured == exact[name].bound, name


def test_runs_repeat_and_seeds_matter():
    assert folding(2, 200, Choices("a")) == folding(2, 200, Choices("a"))
    assert folding(2, 200, Choices("a")).measured != folding(2, 200, Choices("b")).measured


def test_the_attack_on_a_tiny_code():
    """Four positions, constants: the radius is one position, so two errors, and two points of thirteen."""
    found = unique_line(4, 1, Choices("tiny"))
    assert found.setting == "p = 13, n = 4, k = 1"
    assert found.measured == Fraction(2, 13)
    assert found.bound == (Fraction(3, 8) * 4 + 1) / 13


def test_near_words_of_a_list_line_are_near():
    """The attack's words, decoded by brute force over all polynomials of a tiny code."""
    field = ToyField(13)
    domain = field.subgroup(12)
    total = sum(domain[index] for index in (0, 3, 7)) % 13
    word = [(point**3 - total * point**2) % 13 for point in domain]
    best = max(
        sum(field.evaluate(entries, point) == value for point, value in zip(domain, word, strict=True))
        for entries in itertools.product(range(13), repeat=2)
    )
    assert best == 3
    counted, _ = list_line(4, 3, 2)
    assert counted.measured == 4


def test_every_codeword_of_the_list_counts():
    johnson, sharp, _ = list_of_codewords(4, 3, 8)
    assert johnson.measured == sharp.measured == sharp.bound == 4
    assert johnson.bound > 4


def test_batching_by_eq_is_counted_exactly():
    found = batching_by_eq(2, Choices("eq"))
    assert found.measured == 1 - Fraction(60, 61) ** 2


def test_a_true_bus_always_passes_and_a_false_one_rarely():
    found = fingerprint(4, 1, 3, Choices("bus"))
    assert 0 < found.measured < found.bound


def test_an_attack_that_wins_is_seen():
    beaten = Result("x", "", "", Fraction(1, 2), Fraction(1, 10), "", runs=1000)
    assert not beaten.holds
    assert not Result("x", "", "", Fraction(2, 10), Fraction(1, 10), "").holds
    assert Result("x", "", "", Fraction(0), Fraction(1, 10), "").slack_bits == float("inf")


def test_tables_go_between_their_lines(tmp_path):
    results = run_all(runs=100)
    page = into_page(f"before\n{START}\nold\n{END}\nafter\n", results)
    assert page == f"before\n{START}\n\n{results_markdown(results)}\n{END}\nafter\n"
    with pytest.raises(InputError, match="has no lines"):
        into_page("nothing", results)
    plot_results(results, tmp_path / "calibration.svg")
    assert (tmp_path / "calibration.svg").stat().st_size > 5000


@pytest.mark.slow
def test_the_committed_table_is_current():
    """`make calibration` writes it."""
    page = (ROOT / "docs/soundness/calibration.md").read_text(encoding="utf-8")
    assert into_page(page, run_all()) == page

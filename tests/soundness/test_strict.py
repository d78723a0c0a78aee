"""The strict totals of files: terms by hand, regimes that no neighbour beats, conditions that refuse a bound."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.soundness.enclosure import bits_of
from hstar.soundness.expression import as_expression
from hstar.soundness.soundcalc.fields import FileField
from hstar.soundness.soundcalc.report import find_files, load_report
from hstar.soundness.strict import search
from hstar.soundness.strict.certificate import Certificate, choose, height
from hstar.soundness.strict.codes import UNIQUE, Choice, Kind, bounds, is_inside
from hstar.soundness.strict.data import systems_csv, systems_data
from hstar.soundness.strict.evaluate import StrictCircuit
from hstar.soundness.strict.sampling import grinding, position_mass
from hstar.soundness.strict.search import Errors, best_choice, exactly
from hstar.soundness.strict.system import StrictSystem
from hstar.soundness.strict.text import report_markdown
from soundness.test_soundcalc_families import JAGGED, ORDER, SWIRL, WHIR
from soundness.test_soundcalc_families import _load as load_family
from soundness.test_soundcalc_files import SMALL
from soundness.test_soundcalc_files import _load as load_small

P = 2**31 - 2**24 + 1


def _strict(report, total="strict"):
    return StrictCircuit(report.circuits[0], total)


def _errors(strict):
    return {cell.label: cell.term.error.upper for cell in strict.cells if cell.term is not None}


def _is_just_above(error, exact):
    """Powers are rounded up to 256 significant bits."""
    return exact <= error <= exact * (1 + Fraction(1, 2**240))


def test_fri_by_hand_in_unique_decoding(tmp_path):
    strict = _strict(load_small(tmp_path, SMALL.replace("rho = 0.25", 'rho = 0.25\nexplicit_regime = "unique"')))
    errors = _errors(strict)
    line = Fraction(3, 8) * 4096 + 1
    assert strict.choices == (UNIQUE,)
    assert errors["bytes"] == Fraction(1280 * (2 + 2), ORDER)
    assert errors["ALI"] == Fraction(10, ORDER)
    assert errors["DEEP"] == Fraction(3 * 1025 + 1023, ORDER - 1024 - 4096)
    assert errors["batching"] == 19 * line / ORDER
    assert errors["commit round 2"] == 3 * (Fraction(3, 8) * 256 + 1) / ORDER
    mass = (Fraction(5, 8) * (P - 1) + 1) / P  # 2^12 positions from elements modulo p: position 0 once more
    assert _is_just_above(errors["query phase"], mass**40 * Fraction((P >> 16) + 1, P))
    eps = errors["query phase"] + Fraction(3 * (2**128 + Fraction(1, 2**128)), 2**256)
    assert strict.security_bits == bits_of(eps)
    assert strict.hash_cap_bits == 128


def test_the_list_is_a_factor_of_everything_before_the_openings(tmp_path):
    strict = _strict(load_small(tmp_path, SMALL.replace("rho = 0.25", 'rho = 0.25\nexplicit_regime = "list"')))
    (choice,) = strict.choices
    assert choice.kind is Kind.JOHNSON
    size = (choice.multiplicity + Fraction(1, 2)) * 2  # (m + 1/2) / sqrt(rho)
    errors = _errors(strict)
    assert errors["bytes"] == size * 1280 * 4 / ORDER
    assert errors["ALI"] == size * 10 / ORDER
    assert errors["DEEP"] == size * (3 * 1025 + 1023) / (ORDER - 1024 - 4096)


def test_lookups_of_a_circuit_share_a_message(tmp_path):
    more = '\n[[circuits.lookups]]\nname = "words"\nrows_L = 4096\nrows_T = 0\ngrinding_bits_lookup = 3\n'
    strict = _strict(load_small(tmp_path, SMALL + more))
    (message,) = [entry for entry in strict.rounds if entry.name == "lookup challenges"]
    errors = _errors(strict)
    assert message.error.upper == errors["bytes"] + errors["words"]
    size = strict.model.code(strict.choices[0]).list_size.value.upper
    assert errors["words"] == size * 4096 * 3 / ORDER * Fraction((P >> 3) + 1, P)


def test_whir_by_hand(tmp_path):
    strict = _strict(load_family(tmp_path, WHIR.replace("batch_size", 'explicit_regime = "unique"\nbatch_size')))
    errors = _errors(strict)
    assert "OOD(i=1)" not in errors  # one codeword has no pairs
    assert errors["combination(i=1)"] == Fraction(40 + 2, ORDER)
    mass = (Fraction(5, 8) * (P - 1) + 1) / P
    assert _is_just_above(errors["Shift(i=1)"], mass**40 * Fraction((P >> 6) + 1, P))
    assert errors["fold(i=0,s=3)"] == (3 + Fraction(3, 8) * 512 + 1) / ORDER * Fraction((P >> 3) + 1, P)
    listed = _strict(load_family(tmp_path, WHIR.replace("batch_size", 'explicit_regime = "list"\nbatch_size')))
    size = listed.model.code(listed.choices[1], 1).list_size.value.upper
    expected = size * (size - 1) / 2 * Fraction(2**7, ORDER) ** 2 * Fraction((P >> 8) + 1, P)
    assert _errors(listed)["OOD(i=1)"] == expected
    assert len(listed.choices) == 2


def test_jagged_rounds_stand_alone(tmp_path):
    errors = _errors(_strict(load_family(tmp_path, JAGGED)))
    assert errors["zerocheck batching"] == Fraction(10, ORDER)
    assert errors["zerocheck point"] == Fraction(12, ORDER)
    assert errors["zerocheck round"] == Fraction(4, ORDER)
    assert errors["reduction columns"] == Fraction(6, ORDER)
    assert errors["reduction round"] == Fraction(2, ORDER)
    assert errors["batching"] == 7 * (Fraction(3, 8) * 4096 + 1) / ORDER


def test_swirl_loses_the_list_where_soundcalc_gains_it(tmp_path):
    report = load_family(tmp_path, SWIRL)
    strict = _strict(report)
    size = strict.model.code(strict.choices[0]).list_size.value.upper
    errors = _errors(strict)
    assert size > 1
    assert errors["logup"] == size * 1000 * (8 + 2) / ORDER * Fraction((P >> 4) + 1, P)
    assert errors["constraint_batching"] == size * 150 / ORDER
    assert errors["gkr_sumcheck"] == size * 4 / ORDER
    assert errors["zerocheck_sumcheck"] == size * 21 / ORDER


@pytest.mark.parametrize("total", ["strict", "dkt26"])
@pytest.mark.parametrize("text", [SMALL, WHIR, SWIRL])
def test_no_other_regime_is_better(text, total, tmp_path):
    strict = _strict(load_small(tmp_path, text), total)
    for part, choice in enumerate(strict.choices):
        entries = tuple(entry for entry in strict.model.ingredients if entry.part == part)
        errors = Errors(strict, entries, exactly, Fraction(0))
        best = max(errors.of(choice))
        rate = strict.model.code(UNIQUE, part).rate
        kind = Kind.JOHNSON if total == "strict" else Kind.WEIGHTED
        others = [Choice(kind, m) for m in (*range(1, 60), 80, 120, 500, 4096)]
        others = [one for one in others if is_inside(one, rate)] + ([UNIQUE] if strict.model.allows_unique else [])
        assert all(best <= max(errors.of(one)) for one in others)


@pytest.mark.parametrize("text", [SMALL, WHIR, SWIRL])
def test_a_wrong_guess_costs_time_and_changes_nothing(text, tmp_path, monkeypatch):
    circuit = load_small(tmp_path, text).circuits[0]
    expected = best_choice(StrictCircuit(circuit), 0, Kind.JOHNSON)
    for far in (Choice(Kind.JOHNSON, 2), Choice(Kind.JOHNSON, 4000)):
        assert best_choice(StrictCircuit(circuit), 0, Kind.JOHNSON, near=far) == expected
    monkeypatch.setattr(search, "roughly", lambda formula: formula.estimate**2)
    assert best_choice(StrictCircuit(circuit), 0, Kind.JOHNSON) == expected


@pytest.mark.parametrize("text", [SMALL, WHIR, SWIRL])
def test_estimates_are_near_the_values(text, tmp_path):
    strict = _strict(load_small(tmp_path, text))
    terms = [cell.term for cell in strict.cells if cell.term is not None]
    assert terms
    for term in terms:
        assert term.formula.estimate == pytest.approx(float(term.error.upper), rel=1e-9)


def test_a_lookup_that_wraps_around_has_no_bound(tmp_path):
    report = load_small(tmp_path, SMALL.replace("rows_L = 1024", f"rows_L = {P}"))
    strict = _strict(report)
    (cell,) = strict.missing
    assert cell.label == "bytes"
    assert f"needs fewer askings than the characteristic {P}" in cell.unavailable
    assert not strict.is_complete
    assert "bytes" in _errors(_strict(load_small(tmp_path, SMALL.replace("rows_L = 1024", f"rows_L = {P - 1}"))))


def test_opening_points_need_room(tmp_path):
    """At rate 1/4, 1024 rows and 2000 opening points leave room in no regime with much less than unique agreement."""
    strict = _strict(load_small(tmp_path, SMALL.replace("opening_points = 2", "opening_points = 1500")))
    assert strict.choices == (UNIQUE,)
    strict = _strict(load_small(tmp_path, SMALL.replace("opening_points = 2", "opening_points = 3000")))
    assert [cell.label for cell in strict.missing] == ["DEEP"]


@pytest.mark.parametrize(
    ("text", "key", "unavailable"),
    [
        (WHIR, "grinding_bits_ood", {"OOD(i=1)"}),
        (WHIR, "num_queries", {"Shift(i=1)", "fin", "combination(i=1)"}),
        (WHIR, "num_constraints", {"ALI"}),
        (WHIR, "folding_factors", {"iterations"}),
        (WHIR, "log_degree", None),
        (JAGGED, "trace_columns", {"reduction columns"}),
        (JAGGED, "num_queries", {"query phase"}),
        (SWIRL, "logup_pow_bits", {"logup"}),
        (SWIRL, "num_airs", {"constraint_batching"}),
        (SMALL, "fri_folding_factors", {"commit rounds"}),
        (SMALL, "power_batching", {"batching"}),
        (SMALL, "rows_T", {"bytes"}),
        (SMALL, "hash_size_bits", set()),
    ],
)
def test_missing_keys_make_terms_unavailable_and_totals_incomplete(text, key, unavailable, tmp_path):
    report = load_family(tmp_path, text, **{key: None})
    system = StrictSystem(report)
    (strict,) = system.circuits
    if key == "grinding_bits_ood":  # asked of lists only
        strict = _strict(
            load_family(tmp_path, WHIR.replace("batch_size", 'explicit_regime = "list"\nbatch_size'), **{key: None})
        )
    if unavailable is not None:
        assert {cell.label for cell in strict.missing} == unavailable
    assert not strict.is_complete
    assert "incomplete" in report_markdown(system)
    assert any("incomplete" in note for note in system.notes)
    systems_data([system])
    systems_csv([system])


def test_without_a_digest_length_the_total_is_interactive(tmp_path):
    strict = _strict(load_small(tmp_path, hash_size_bits=None))
    assert strict.security_bits == strict.interactive_bits
    assert strict.hash_cap_bits is None


def test_dkt26_is_never_worse(data_folder):
    for name in ("airbender", "pico", "miden"):
        report = load_report(data_folder / "soundcalc/toml" / f"{name}.toml")
        assert StrictSystem(report, "dkt26").security_bits >= StrictSystem(report).security_bits


def test_the_published_certificates():
    found = choose(Fraction(1, 16), Fraction(17038, 65536))
    assert found == Certificate(14, 57)
    assert height(65536, 4095, 17038, found, 1) == 568
    assert height(65536, 4095, 17038, Certificate(14, 70), 1) is None  # D B >= m A
    assert height(65536, 4095, 17038, Certificate(14, 30), 1) is None  # more equations than unknowns
    code = bounds(Choice(Kind.WEIGHTED, 3), Fraction(1, 16), 1 << 22)
    older = bounds(Choice(Kind.JOHNSON, 3), Fraction(1, 16), 1 << 22)
    assert float(code.line_error.value.upper).hex().count("") > 31 or code.line_error.value.upper < 2**32
    assert older.line_error.value.upper > 2**36


def test_sampling_by_counting():
    """Small moduli by brute force: the chance of the worst set of positions, and of a nonce."""
    field = FileField("M31", 1)
    modulus, log_positions = 2**31 - 1, 4
    counts = [(modulus - 1 - position) // 16 + 1 for position in range(16)]
    worst = Fraction(sum(sorted(counts)[-5:]), modulus)
    mass = position_mass(as_expression(Fraction(5, 16)), log_positions, field)
    assert mass.value.upper == worst
    assert grinding(4, field).value.upper == Fraction(max(counts), modulus)


def test_every_file_has_a_strict_total(data_folder):
    systems = {path.stem: StrictSystem(load_report(path)) for path in find_files([data_folder / "soundcalc/toml"])}
    assert {name for name, system in systems.items() if not system.is_complete} == {
        "airbender",
        "miden",
        "risc0",
        "sp1",
    }
    assert 126 < systems["zisk"].security_bits < 127  # a digest of 256 bits
    assert 128 < systems["zisk"].weakest.interactive_bits < 129
    assert systems["openvm2"].weakest.circuit.name == "leaf"
    assert 57 < systems["pico"].security_bits < 58  # soundcalc's fixed gap gives 53


def test_hypotheses_are_shown_and_hold(tmp_path):
    strict = _strict(load_small(tmp_path))
    terms = {cell.label: cell.term for cell in strict.cells}
    assert all(entry.holds for term in terms.values() for entry in term.hypotheses)
    assert "fewer askings than the characteristic p" in [entry.text for entry in terms["bytes"].hypotheses]
    assert terms["query phase"].hypotheses


NUMBERS = (None, "0", "1", "2", "3", "16", "100", "1000", "4096", str(2**20), str(2**31), "0.5", "true", '"M31^2"')


@given(
    st.sampled_from((SMALL, WHIR, JAGGED, SWIRL)),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(NUMBERS)), min_size=1, max_size=2),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_file_has_strict_totals_or_is_refused(tmp_path, text, changes):
    keys = [line.split(" = ")[0] for line in text.splitlines() if " = " in line]
    try:
        report = load_small(tmp_path, text, **{keys[index % len(keys)]: value for index, value in changes})
        for total in ("strict", "dkt26"):
            system = StrictSystem(report, total)
            page = report_markdown(system)
            assert ("incomplete" in page) == (not system.is_complete)
    except InputError as error:
        assert "small.toml" in error.message

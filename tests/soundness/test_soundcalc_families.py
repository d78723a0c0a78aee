"""WHIR, jagged and SWIRL files by other hands: cells by hand, missing keys, nonsense refused by place."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.soundness.soundcalc.data import systems_data
from hstar.soundness.soundcalc.markdown import report_markdown
from hstar.soundness.soundcalc.quirks import Quirk
from hstar.soundness.soundcalc.report import load_report
from hstar.soundness.soundcalc.sizes import opening_size

ORDER = (2**31 - 2**24 + 1) ** 6
HEAD = """
[zkevm]
name = "Small"
protocol_family = "{}"
field = "KoalaBear^6"
hash_size_bits = 256

"""
WHIR = (
    HEAD.format("WHIR")
    + """[[circuits]]
name = "main"
log_inv_rate = 2
num_iterations = 2
folding_factors = [3, 2]
log_degree = 10
batch_size = 5
power_batching = false
constraint_degree = 3
num_constraints = 10
air_max_degree = 3
opening_points = 2
num_queries = [40, 20]
num_ood_samples = [2]
grinding_batching_phase = 1
grinding_bits_folding = [[1, 2, 3], [4, 5]]
grinding_bits_queries = [6, 7]
grinding_bits_ood = [8]
"""
)
JAGGED = (
    HEAD.format("JAGGED")
    + """[[circuits]]
name = "main"
rho = 0.25
blowup_factor = 4
trace_length = 3000
trace_columns = 33
dense_length = 1024
dense_batch = 100
num_constraints = 10
air_max_degree = 3
opening_points = 1
power_batching = false
multilinear_batching = true
num_queries = 40
fri_folding_factors = [4, 4]
fri_early_stop_degree = 256
"""
)
SWIRL = (
    HEAD.format("SWIRL")
    + """[swirl]
logup_max_interaction_count = 1000
logup_log_max_message_length = 3
logup_pow_bits = 4

[[circuits]]
name = "main"
l_skip = 2
n_stack = 10
w_stack = 8
log_blowup = 2
whir_folding_pow_bits = 5
whir_mu_pow_bits = 6
explicit_regime = "list"
explicit_m = 4
whir_num_queries = [40, 20]
constraint_degree = 3
max_constraints_per_air = 100
num_airs = 50
max_log_trace_height = 20
num_trace_columns = 60
max_interactions_per_air = 10
"""
)


def _load(tmp_path, text, **changes):
    """The report of a text with keys replaced; None leaves a key out."""
    lines = []
    for line in text.splitlines():
        key = line.split(" = ")[0]
        lines += [line] if key not in changes else [] if changes[key] is None else [f"{key} = {changes[key]}"]
    path = tmp_path / "small.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_report(path)


def _errors(report, regime):
    (row,) = [row for row in report.circuits[0].rows if row.regime == regime]
    return {cell.label: cell.term.error.upper for cell in row.cells}


def test_whir_by_hand(tmp_path):
    report = _load(tmp_path, WHIR)
    errors = _errors(report, "UDR")
    line = Fraction(3, 8) * 4096 + 1  # rate 1/4, dimension 2^10
    assert errors["batching"] == line / ORDER / 2
    assert errors["fold(i=0,s=3)"] == (3 + Fraction(3, 8) * 512 + 1) / ORDER / 2**3
    # the second code: 2^7 of 2^11, rate 1/16
    assert errors["fold(i=1,s=1)"] == (3 + Fraction(15, 32) * 1024 + 1) / ORDER / 2**4
    assert errors["OOD(i=1)"] == Fraction(2**7, 2 * ORDER) ** 2 / 2**8
    assert errors["Shift(i=1)"] == (Fraction(5, 8) ** 40 + Fraction(41, ORDER)) / 2**6
    assert errors["fin"] == Fraction(17, 32) ** 20 / 2**7
    # rate 1/4 and gap sqrt(rho)/100: L = 200; then rate 1/16: L = 1 / (2/400 * 1/4) = 800
    listed = _errors(report, "JBR")
    assert listed["OOD(i=1)"] == 800**2 * errors["OOD(i=1)"]
    assert listed["Shift(i=1)"] == (Fraction(101, 200) ** 40 + Fraction(800 * 41, ORDER)) / 2**6


def test_ground_combination_is_named_where_there_is_grinding(tmp_path):
    for bits, named in (("[6, 7]", True), ("[0, 7]", False)):
        report = _load(tmp_path, WHIR, grinding_bits_queries=bits)
        for row in report.circuits[0].rows:
            (shift,) = [cell for cell in row.cells if cell.label == "Shift(i=1)"]
            assert (Quirk.GROUND_COMBINATION in shift.quirks) == named


def test_whir_size_by_hand(tmp_path):
    (circuit,) = _load(tmp_path, WHIR).circuits
    first = opening_size(2**9, 40, 5 * 8 * 31, 256)
    second = opening_size(2**9, 20, 4 * 186, 256)
    elements = 3 * 2 + 2 * 2 + 2 + 2**5
    assert circuit.size.worst == first.worst + second.worst + 2 * 256 + elements * 186
    assert circuit.size.expected == first.expected + second.expected + 2 * 256 + elements * 186


def test_jagged_by_hand(tmp_path):
    report = _load(tmp_path, JAGGED)
    errors = _errors(report, "UDR")
    assert [row.regime for row in report.circuits[0].rows] == ["UDR"]
    assert errors["batching"] == 7 * (Fraction(3, 8) * 4096 + 1) / ORDER
    assert errors["zerocheck"] == Fraction(10 + 5 * 12, ORDER)
    assert errors["reduce to dense PCS"] == Fraction(6 + 2 * 17 + 2 * 36, ORDER)
    assert "- Batching: Affine" in report_markdown(report)


def test_swirl_by_hand(tmp_path):
    report = _load(tmp_path, SWIRL)
    (row,) = report.circuits[0].rows
    errors = _errors(report, "JBR")
    list_size = 9  # (4 + 1/2) / (1/2)
    assert errors["logup"] == Fraction(2 * 1000 * 8, ORDER * list_size) / 2**4
    assert errors["zerocheck_sumcheck"] == Fraction(21, ORDER * list_size)  # 3 + 18 variables against (4 + 1) 3
    assert errors["constraint_batching"] == Fraction(150, ORDER * list_size)
    assert errors["stacked_reduction"] == Fraction(120, ORDER * list_size)
    assert errors["gkr_sumcheck"] == Fraction(3, ORDER)
    # rate 1/4, m = 4: 1 - delta = 1/2 + 1/16; the second code has rate 1/32
    missed = Fraction(9, 16) ** 40 / 2**20
    assert missed < errors["Shift(i=1)"] < missed + Fraction(26 * 41, ORDER)
    assert row.weakest.shown == row.shown_total
    assert report.circuits[0].size is None
    assert "**Proof Size:** TODO" in report_markdown(report)


@pytest.mark.parametrize(
    ("text", "key", "unavailable"),
    [
        (WHIR, "grinding_bits_ood", {"OOD(i=1)"}),
        (WHIR, "num_ood_samples", {"OOD(i=1)"}),
        (WHIR, "num_queries", {"Shift(i=1)", "fin"}),
        (WHIR, "grinding_batching_phase", {"batching"}),
        (WHIR, "batch_size", {"batching"}),
        (WHIR, "num_constraints", {"ALI"}),
        (WHIR, "folding_factors", {"iterations"}),
        (JAGGED, "trace_columns", {"reduce to dense PCS"}),
        (JAGGED, "num_constraints", {"zerocheck"}),
        (JAGGED, "num_queries", {"query phase"}),
        (SWIRL, "logup_pow_bits", {"logup"}),
        (SWIRL, "num_airs", {"constraint_batching"}),
        (SWIRL, "num_trace_columns", {"stacked_reduction"}),
        (SWIRL, "whir_mu_pow_bits", {"batching"}),
    ],
)
def test_missing_keys_make_their_terms_unavailable(text, key, unavailable, tmp_path):
    report = _load(tmp_path, text, **{key: None})
    for row in report.circuits[0].rows:
        assert {cell.label for cell in row.missing} == unavailable
        assert {cell.missing for cell in row.missing} == {key}
        assert row.shown_total.endswith("(incomplete)")
    report_markdown(report)
    systems_data([report])


@pytest.mark.parametrize("key", ["explicit_regime", "explicit_m"])
def test_swirl_without_its_regime_has_no_total(key, tmp_path):
    report = _load(tmp_path, SWIRL, **{key: None})
    (row,) = report.circuits[0].rows
    assert {cell.label for cell in row.cells} - {cell.label for cell in row.missing} == {"gkr_sumcheck", "gkr_batching"}
    assert {cell.missing for cell in row.missing} == {key}


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        (WHIR, "num_iterations", "3", "2, one for each entry"),
        (WHIR, "num_queries", "[40]", "2 entries"),
        (WHIR, "num_ood_samples", "[1, 1]", "1 entries"),
        (WHIR, "grinding_bits_folding", "[[1, 2], [3, 4, 5]]", "rows of [3, 2] entries"),
        (WHIR, "folding_factors", "[8, 3]", "rows of"),
        (WHIR, "log_degree", "4", "at most 4 folding rounds"),
        (WHIR, "log_degree", "60", "at most 2^25 leaves"),
        (WHIR, "constraint_degree", "2", "a whole number from 3"),
        (JAGGED, "blowup_factor", "8", "4, which is 1/rho"),
        (JAGGED, "dense_length", "1000", "a power of two"),
        (SWIRL, "whir_num_queries", "[1, 1, 1, 1]", "at most 12 folding rounds"),
        (SWIRL, "explicit_regime", '"capacity"', '"unique" or "list"'),
        (SWIRL, "explicit_m", "0", "a whole number from 1"),
    ],
)
def test_nonsense_is_refused_by_place(text, key, value, expected, tmp_path):
    with pytest.raises(InputError) as caught:
        report_markdown(_load(tmp_path, text, **{key: value}))
    assert "small.toml: table [[circuits]] 1 (main), key " in caught.value.message
    assert expected in caught.value.message


def test_a_multiplicity_without_distance_is_refused(tmp_path):
    with pytest.raises(InputError, match="key explicit_m: expected a multiplicity"):
        report_markdown(_load(tmp_path, SWIRL, explicit_m="1", log_blowup="1"))


def test_swirl_needs_its_table(tmp_path):
    text = SWIRL.replace("[swirl]", "[twirl]")
    with pytest.raises(InputError, match=r"the table \[swirl\] is missing"):
        _load(tmp_path, text)


VALUES = ("0", "1", "-1", "2", "3", "1e9", "0.5", "0.99", "nan", "true", '""', '"M31"', "[]", "[1]", "[2, 2]", "{}")


@given(
    st.sampled_from((WHIR, JAGGED, SWIRL)),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from((None, *VALUES, str(2**40)))), min_size=1, max_size=3),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_file_is_reported_or_refused(tmp_path, text, changes):
    keys = [line.split(" = ")[0] for line in text.splitlines() if " = " in line]
    try:
        report = _load(tmp_path, text, **{keys[index % len(keys)]: value for index, value in changes})
        page = report_markdown(report)
    except InputError as error:
        assert "small.toml" in error.message
        return
    systems_data([report])
    assert ("incomplete" in page or "—" in page) == (not report.is_complete)


def test_one_function_is_not_batched(tmp_path):
    for text, key in ((WHIR, "batch_size"), (JAGGED, "dense_batch")):
        assert "batching" not in _errors(_load(tmp_path, text, **{key: "1"}), "UDR")


def test_a_field_smaller_than_the_domain_is_refused(tmp_path):
    changes = {"field": '"M31^2"', "log_degree": "40", "log_inv_rate": "22", "folding_factors": "[31, 2]"}
    changes |= {"grinding_bits_folding": None}
    with pytest.raises(InputError, match="key log_degree: expected"):
        report_markdown(_load(tmp_path, WHIR, **changes))

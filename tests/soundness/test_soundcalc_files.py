"""Files by other hands: unknown keys are named, missing ones make terms unavailable, nonsense is refused by place."""

import math
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.soundness.enclosure import square_root
from hstar.soundness.soundcalc.cells import tenths, whole_bits
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.data import systems_csv, systems_data
from hstar.soundness.soundcalc.markdown import report_markdown
from hstar.soundness.soundcalc.regimes import JohnsonBound, double, doubles_multiplicity
from hstar.soundness.soundcalc.report import find_files, load_report
from hstar.soundness.soundcalc.sizes import expected_digests, opening_size

SMALL = """
[zkevm]
name = "Small"
protocol_family = "FRI_STARK"
field = "KoalaBear^6"
hash_size_bits = 256

[[circuits]]
name = "main"
rho = 0.25
trace_length = 1024
air_max_degree = 3
num_constraints = 10
batch_size = 20
opening_points = 2
power_batching = true
num_queries = 40
fri_folding_factors = [4, 4, 4]
fri_early_stop_degree = 64
grinding_query_phase = 16

[[circuits.lookups]]
name = "bytes"
logup_type = "univariate"
rows_L = 1024
rows_T = 256
num_columns_S = 2
"""


def _write(tmp_path, text):
    path = tmp_path / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _load(tmp_path, text=SMALL, **changes):
    """The report of SMALL with keys replaced; None leaves a key out."""
    lines = []
    for line in text.splitlines():
        key = line.split(" = ")[0]
        if key in changes:
            lines += [] if changes[key] is None else [f"{key} = {changes[key]}"]
        else:
            lines.append(line)
    return load_report(_write(tmp_path, "\n".join(lines)))


def _cells(circuit: Circuit, regime="UDR"):
    (row,) = [row for row in circuit.rows if row.regime == regime]
    return {cell.label: cell for cell in row.cells}


def test_cells_by_hand(tmp_path):
    (circuit,) = _load(tmp_path).circuits
    order = (2**31 - 2**24 + 1) ** 6
    cells = _cells(circuit)
    line = Fraction(3, 8) * 4096 + 1
    assert cells["batching"].term.error.upper == 19 * line / order
    assert cells["commit round 2"].term.error.upper == 3 * (Fraction(3, 8) * 256 + 1) / order
    assert cells["query phase"].term.error.upper == Fraction(5, 8) ** 40 / 2**16
    assert cells["ALI"].term.error.upper == Fraction(10, order)
    assert cells["DEEP"].term.error.upper == Fraction(3 * 1025 + 1023, order - 1024 - 4096)
    assert cells["bytes"].term.error.upper == Fraction(1280 * 2, order)
    # sqrt(rho) = 1/2, a field above 2^150: eta = 1/200, m = 50 by exact arithmetic, L = 1 / (2 eta / 2) = 200
    listed = _cells(circuit, "JBR")
    assert listed["ALI"].term.error.upper == Fraction(10 * 200, order)
    assert listed["query phase"].term.error.upper == Fraction(101, 200) ** 40 / 2**16
    assert listed["bytes"].term.error.upper == cells["bytes"].term.error.upper
    assert "lookup_without_list" in listed["bytes"].quirks


def test_sizes_by_hand():
    size = opening_size(num_leaves=4, num_queries=1, leaf_bits=1000, hash_bits=256)
    assert size.worst == 1000 + 256 + 256
    assert size.expected == 1000 + 2 * 256
    # two positions in a tree of depth 1: both halves touched with 1/2, one digest with 1/2, rounded up to 1
    assert expected_digests(1, 2) == 1
    # depth 2, q = 2: level 2 expects 4 (9/16 - 1/4) = 5/4, rounded up to 2
    assert expected_digests(2, 2) == 3


def test_unknown_keys_are_named(tmp_path):
    text = SMALL.replace("num_queries = 40", "num_querys = 40") + "\n[extra]\nx = 1\n"
    report = _load(tmp_path, text)
    assert "[[circuits]] 1 (main): unknown key 'num_querys'" in " ".join(report.notes)
    assert "unknown table or key 'extra'" in " ".join(report.notes)
    cells = _cells(report.circuits[0])
    assert cells["query phase"].missing == "num_queries"
    assert report.circuits[0].size == "num_queries"
    page = report_markdown(report)
    assert "unavailable (num_queries is not given)" in page


@pytest.mark.parametrize(
    ("key", "unavailable"),
    [
        ("num_constraints", {"ALI"}),
        ("air_max_degree", {"DEEP"}),
        ("opening_points", {"DEEP"}),
        ("batch_size", {"batching"}),
        ("power_batching", {"batching"}),
        ("rows_T", {"bytes"}),
        ("fri_folding_factors", {"commit rounds"}),
        ("fri_early_stop_degree", set()),
        ("hash_size_bits", set()),
        ("rho", {"ALI", "DEEP", "batching", "commit round 1", "commit round 2", "commit round 3", "query phase"}),
        ("trace_length", {"ALI", "DEEP", "batching", "commit round 1", "commit round 2", "commit round 3"}),
    ],
)
def test_missing_keys_make_their_terms_unavailable(key, unavailable, tmp_path):
    report = _load(tmp_path, **{key: None})
    circuit = report.circuits[0]
    for row in circuit.rows:
        assert {cell.label for cell in row.missing} - {"query phase"} == unavailable - {"query phase"}
        assert all(cell.missing == key for cell in row.missing)
    assert report.is_complete == (not unavailable)
    report_markdown(report)
    systems_data([report])
    systems_csv([report])


def test_what_is_assumed_is_said(tmp_path):
    notes = " ".join(_load(tmp_path).notes)
    assert "grinding_deep = 0 (1 tables)" in notes
    assert "num_lookups_M = 1 (1 tables)" in notes


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("rho", "-0.25", "a rate 1/2"),
        ("rho", "0.3", "a rate 1/2"),
        ("rho", "nan", "a rate 1/2"),
        ("rho", "1e-999999999", "a rate 1/2"),
        ("trace_length", "1000", "a power of two"),
        ("trace_length", "true", "a power of two"),
        ("num_queries", "0", "a whole number from 1"),
        ("num_queries", '"40"', "a whole number from 1"),
        ("power_batching", "1", "true or false"),
        ("fri_folding_factors", "[4, 3]", "a list of 1 to 64"),
        ("fri_folding_factors", "[4, 4, 4, 4, 4, 4, 4]", "arities whose product"),
        ("fri_early_stop_degree", "32", "64, the domain of 4096"),
        ("opening_points", "2000", "less than (1 - delta) n - k"),
        ("logup_type", '"trivariate"', '"univariate" or "multivariate"'),
        ("rows_L", "-1", "a whole number from 0"),
        ("field", '"KoalaBear^9"', "with a degree"),
        ("field", '"Babybear^4"', "one of Goldilocks"),
        ("protocol_family", '"FRI"', '"FRI_STARK" or'),
    ],
)
def test_nonsense_is_refused_by_place(key, value, expected, tmp_path):
    with pytest.raises(InputError) as caught:
        report_markdown(_load(tmp_path, **{key: value}))
    message = caught.value.message
    assert "small.toml: table [" in message
    assert f"key {key}: expected " in message
    assert expected in message


def test_a_gap_beyond_the_bound_is_refused(tmp_path):
    text = SMALL.replace("rho = 0.25", "rho = 0.25\ngap_to_radius = 0.6")
    with pytest.raises(InputError, match=r"key gap_to_radius: expected less than 1 - sqrt\(rho\)"):
        report_markdown(_load(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[zkevm", "is not TOML"),
        ("x = " + "9" * 5000, "is not TOML"),
        ("[[circuits]]", "the table 'zkevm' is missing"),
        ("zkevm = 1\ncircuits = []", r"expected a table \[zkevm\], found int"),
        (SMALL.split("[[circuits]]", maxsplit=1)[0], "the table 'circuits' is missing"),
        (SMALL.split("[[circuits]]", maxsplit=1)[0] + "[circuits]\nname = 'x'", "expected tables"),
        (SMALL.replace('name = "Small"\n', ""), "the key name is missing"),
        (SMALL + '[[circuits.lookups]]\nname = "bytes"\nrows_L = 1\nrows_T = 1\n', "no other lookup"),
        (SMALL.replace("rows_L = 1024", "rows_L = 0").replace("rows_T = 256", "rows_T = 0"), "rows in at least one"),
    ],
)
def test_broken_files_get_one_sentence(text, words, tmp_path):
    with pytest.raises(InputError, match=words) as caught:
        report_markdown(load_report(_write(tmp_path, text)))
    assert "small.toml" in caught.value.message


def test_paths(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        find_files([tmp_path / "nothing.toml"])
    with pytest.raises(InputError, match=r"holds no \.toml"):
        find_files([tmp_path])
    path = _write(tmp_path, SMALL)
    assert find_files([tmp_path, path]) == (path, path)


@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6))
def test_double_is_the_nearest_double(value):
    assert double(value) == Fraction(value.numerator / value.denominator)
    assert double(-value) == -double(value)


@given(st.integers(1, 12), st.floats(2**-12, 0.2))
def test_multiplicity_in_doubles_is_what_doubles_give(log_inverse_rate, gap):
    rate = 2.0**-log_inverse_rate
    root = math.sqrt(rate)
    again = 1 - root - (1 - root - gap)
    ours = doubles_multiplicity(Fraction(rate), Fraction(gap) ** 2)
    assert ours == max(math.ceil(root / (2 * again)), 3)
    assert sys.float_info.mant_dig == 53


@pytest.mark.parametrize("log_inverse_rate", range(1, 17))
def test_multiplicity_of_the_default_gaps_in_doubles(log_inverse_rate):
    rate = 2.0**-log_inverse_rate
    root = math.sqrt(rate)
    for gap, square in (
        (root / 100, Fraction(rate) / 100**2),
        (max(rate / 20, root / 100), max((Fraction(rate) / 20) ** 2, Fraction(rate) / 100**2)),
    ):
        expected = max(math.ceil(root / (2 * (1 - root - (1 - root - gap)))), 3)
        assert doubles_multiplicity(Fraction(rate), square) == expected


@given(st.integers(1, 16), st.fractions(min_value=Fraction(1, 1000), max_value=Fraction(1, 4)))
def test_exact_multiplicity_is_the_least_that_reaches_the_gap(log_inverse_rate, gap):
    rate = Fraction(1, 1 << log_inverse_rate)
    m = JohnsonBound(rate, 1 << 20, gap**2, None, None).multiplicity
    assert square_root(rate).lower <= 2 * gap * m
    assert m == 3 or square_root(rate).upper > 2 * gap * (m - 1)


@given(st.integers(-300, 300), st.fractions(min_value=1, max_value=Fraction(199, 100)))
def test_whole_bits_is_the_floor_of_the_logarithm(bits, above):
    error = Fraction(2) ** -bits
    assert whole_bits(error) == bits
    assert whole_bits(error * above) == (bits if above == 1 else bits - 1)


def test_tenths_are_the_nearest():
    assert tenths(Fraction(12344, 100)) == Fraction(1234, 10)
    assert tenths(Fraction(12345, 100)) == Fraction(1235, 10)

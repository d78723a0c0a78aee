"""Numbers recomputed from the papers' own theorems in floating point of 60 digits, independently of the calculator."""

import mpmath
import pytest
from mpmath import mpf

from hstar.params.whir import UNIQUE_DECODING, johnson
from hstar.soundness.enclosure import log2
from hstar.soundness.regimes import code_bound
from soundness.systems import default, segment, solved

PRIME = 2**31 - 2**24 + 1
with mpmath.workdps(60):
    FIELD = mpf(PRIME) ** 6
TOLERANCE = mpf(10) ** -40


@pytest.fixture(autouse=True)
def _digits():
    with mpmath.workdps(60):
        yield


def close(enclosure, value):
    middle = mpf(enclosure.upper.numerator) / enclosure.upper.denominator
    return abs(middle - value) <= TOLERANCE * abs(value)


def term(report, name):
    return next(entry for entry in report.terms if entry.name == name)


def test_unique_decoding_line_error():
    """BCHKS25, Theorem 1.3: at most delta n + 1 bad points, delta = (1 - rho) / 2."""
    bound = code_bound(UNIQUE_DECODING, 1, 22)
    assert bound.line_error.value.upper == 2**22 // 4 + 1
    assert bound.list_size.value.upper == 1


@pytest.mark.parametrize(("log_inverse_rate", "log_length", "m"), [(1, 22, 80), (4, 22, 3), (2, 22, 5), (9, 20, 7)])
def test_johnson_line_error(log_inverse_rate, log_length, m):
    """BCHKS25, Theorem 4.2 with t = m + 1/2: ((2 t^5 + 3 t delta rho) n / (3 rho^(3/2)) + t / sqrt(rho))."""
    rho, n, t = mpf(2) ** -log_inverse_rate, mpf(2) ** log_length, m + mpf(1) / 2
    delta = 1 - mpmath.sqrt(rho) - mpmath.sqrt(rho) / (2 * m)
    expected = (2 * t**5 + 3 * t * delta * rho) * n / (3 * rho ** mpf("1.5")) + t / mpmath.sqrt(rho)
    bound = code_bound(johnson(m), log_inverse_rate, log_length)
    assert close(bound.line_error.value, expected)
    assert close(bound.list_size.value, t / mpmath.sqrt(rho))
    assert close(bound.delta.value, delta)


@pytest.mark.parametrize(
    ("log_inverse_rate", "m", "log_length", "log_error", "queries"),
    [(4, 3, 22, "36.5", 61), (4, 10, 22, "44.4", 56), (2, 5, 22, "36.7", 126), (2, 10, 22, "41.4", 117)],
)
def test_johnson_examples(log_inverse_rate, m, log_length, log_error, queries):
    """Line errors and queries for 108 bits as tabulated from the same theorem by hand."""
    bound = code_bound(johnson(m), log_inverse_rate, log_length)
    assert f"{float(log2(bound.line_error.value.upper).lower):.1f}" == log_error
    agreement = bound.agreement().value
    assert (agreement**queries).upper <= mpf(2) ** -108 < (agreement ** (queries - 1)).lower


def test_whir_rounds():
    """ACFY24, Theorem 5.2, for the solution at 2^14 cells and rate 1/4."""
    report = default()
    first, second = report.parameters.iterations[:2]
    sizes = []
    for index, step in enumerate((first, second)):
        rho = mpf(2) ** -report.parameters.log_inverse_rate_of(index)
        sizes.append((step.regime.multiplicity + mpf(1) / 2) / mpmath.sqrt(rho))
    variables = report.parameters.num_variables(1)
    out_of_domain = sizes[1] * (sizes[1] - 1) / 2 * (mpf(2) ** variables / FIELD) ** second.num_samples
    assert close(term(report, "whir.1.out_of_domain").error, out_of_domain)
    passes = mpf((PRIME - 1) // 2**first.query_grinding_bits + 1) / PRIME
    combination = sizes[1] * (first.num_queries + second.num_samples) / FIELD * passes
    assert close(term(report, "whir.0.combination").error, combination)
    agreement = mpf(1) / 2 * (1 + mpf(1) / (2 * first.regime.multiplicity))
    biased = agreement * (PRIME - 1) / PRIME + mpf(1) / PRIME
    assert close(term(report, "whir.0.shift").error, biased**first.num_queries * passes)
    line = code_bound(first.regime, 2, first.log_num_positions).line_error.value.upper
    fold = 3 * sizes[0] / FIELD + mpf(line.numerator) / line.denominator / (FIELD - 1)
    assert close(term(report, "whir.0.fold.1").error, fold)
    line = code_bound(second.regime, report.parameters.log_inverse_rate_of(1), second.log_codeword_length - 2)
    error = mpf(line.line_error.value.upper.numerator) / line.line_error.value.upper.denominator
    assert close(term(report, "whir.1.fold.2").error, (3 * sizes[1] + error) / FIELD)


def test_steps_before_whir():
    """LogUp, sumcheck and Schwartz-Zippel bounds of a small machine with a global bus in unique decoding."""
    report = solved(description=segment(), log_cells=21, log_inverse_rate=1, first_regime="unique")
    local = min(16 * 2**15 + 2**16, (2**18 + 2**18 + 2**20 - 5) * 16 // 45) + 40
    assert close(term(report, "logup.fingerprint").error, mpf(local) * (4 + 2) / FIELD)
    total = 2**10 * min(2 * 2**15, (2**18 + 2**18 + 2**20 - 5) * 2 // 45) + 40
    assert close(term(report, "global.multiset").error, mpf(total) * (4 + 2) / FIELD)
    assert close(term(report, "logup.post_commit_point").error, 3 / FIELD)
    assert close(term(report, "gkr.round").error, 4 / FIELD)
    assert close(term(report, "gkr.batching").error, 1 / FIELD)
    assert close(term(report, "gkr.line").error, 2 / FIELD)
    assert close(term(report, "gkr.scope").error, 1 / FIELD)
    assert close(term(report, "zerocheck.batching").error, 61 / FIELD)
    assert close(term(report, "zerocheck.round").error, 5 / FIELD)
    bundles = len((8,)) + len((32, 4, 1)) + len((2,)) + len((1,))
    assert close(term(report, "opening.bundles").error, bundles / FIELD)
    assert close(term(report, "opening.columns").error, 5 / FIELD)
    assert close(term(report, "whir.final_sumcheck").error, 2 / FIELD)


def test_a_pinned_boundary_counts_the_pin_everywhere():
    report = solved(description=segment(), log_cells=21, log_inverse_rate=1, first_regime="free")
    parameters = report.parameters
    assert parameters.boundary_pin
    t = parameters.iterations[0].regime.multiplicity + mpf(1) / 2
    size = t * mpmath.sqrt(2)
    cells = parameters.group_columns[1] << parameters.log_column_length
    assert close(term(report, "boundary.pin").error, size * (size - 1) / 2 * cells / FIELD)
    assert close(term(report, "opening.bundles").error, size * (6 + 1) / FIELD)
    assert close(term(report, "zerocheck.round").error, size * 5 / FIELD)
    assert close(term(report, "global.multiset").error * 1, term_value(report, "global.multiset"))


def term_value(report, name):
    error = term(report, name).error.upper
    return mpf(error.numerator) / error.denominator


def test_compilation_in_the_random_oracle_model():
    """BCS16: t eps + 3 (t^2 + 1) / 2^lambda, at the ends of 1 <= t <= 2^128, with 264-bit digests."""
    report = default(suite="blake2b")
    largest = max(entry.error.upper for entry in report.rounds)
    eps = mpf(largest.numerator) / largest.denominator
    worst = max((t * eps + 3 * (t**2 + 1) / mpf(2) ** 264) / t for t in (mpf(1), mpf(2) ** 64, mpf(2) ** 128))
    assert abs(float(report.totals.security_bits) + float(mpmath.log(worst, 2))) < 1e-9
    assert report.totals.security_bits <= -mpmath.log(worst, 2)
    assert report.totals.hash_cap_bits == 132

"""Nothing gains from doing less: monotonicity of terms, and totals as minima of their parts."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.params.field import KOALA_BEAR_SEXTIC
from hstar.params.whir import UNIQUE_DECODING, johnson
from hstar.soundness.description import BusUse, default_description
from hstar.soundness.enclosure import bits_of
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.regimes import code_bound
from hstar.soundness.report import Report
from hstar.soundness.sampling import grinding_probability
from hstar.soundness.setting import CircuitSetting
from hstar.soundness.steps import whir_formulas as formulas
from hstar.soundness.system import circuit_terms
from hstar.soundness.totals import composition, error_budget, totals
from soundness.systems import default, segment, solved

FIELD = KOALA_BEAR_SEXTIC
SMALLER_FIELD = dataclasses.replace(FIELD, extension_degree=5)
regimes = st.one_of(st.just(UNIQUE_DECODING), st.integers(3, 300).map(johnson))
rates, lengths, queries, grinding = st.integers(1, 16), st.integers(1, 27), st.integers(1, 300), st.integers(0, 24)


@given(regimes, rates, queries, grinding)
def test_queries_never_gain_from_fewer_or_from_a_higher_rate_or_less_grinding(regime, rate, count, bits):
    code = code_bound(regime, rate + 1, 20)
    error = formulas.missed_queries_error(code, FIELD, count + 1, bits).value.upper
    assert error <= formulas.missed_queries_error(code, FIELD, count, bits).value.upper
    assert error <= formulas.missed_queries_error(code_bound(regime, rate, 20), FIELD, count + 1, bits).value.upper
    if bits:
        assert error < formulas.missed_queries_error(code, FIELD, count + 1, bits - 1).value.upper
    if not regime.is_unique:
        larger = code_bound(johnson(regime.multiplicity + 1), rate + 1, 20)
        assert formulas.missed_queries_error(larger, FIELD, count + 1, bits).value.upper <= error


@given(regimes, rates, lengths, grinding, st.booleans())
def test_folding_never_gains_from_size_field_or_grinding(regime, rate, length, bits, interleaved):
    def error(log_length=length, field=FIELD, bits=bits):
        code = code_bound(regime, rate, log_length)
        return formulas.fold_error(code, field, bits, interleaved=interleaved).value.upper

    assert error() <= error(log_length=length + 1)
    assert error() < error(field=SMALLER_FIELD)
    if bits:
        assert error() < error(bits=bits - 1)
    if not regime.is_unique:
        larger = code_bound(johnson(regime.multiplicity + 1), rate, length)
        assert error() < formulas.fold_error(larger, FIELD, bits, interleaved=interleaved).value.upper


@given(st.integers(3, 300), rates, st.integers(0, 30), st.integers(1, 3), queries, grinding)
def test_samples_and_combination_never_gain(multiplicity, rate, variables, samples, count, bits):
    code = code_bound(johnson(multiplicity), rate, 20)
    error = formulas.out_of_domain_error(code, FIELD, variables, samples).value.upper
    assert error < formulas.out_of_domain_error(code, FIELD, variables + 1, samples).value.upper
    assert error < formulas.out_of_domain_error(code, SMALLER_FIELD, variables, samples).value.upper
    assert formulas.out_of_domain_error(code, FIELD, variables, samples + 1).value.upper < error
    combined = formulas.combination_error(code, FIELD, count, samples, bits).value.upper
    assert combined < formulas.combination_error(code, FIELD, count + 1, samples, bits).value.upper
    assert combined < formulas.combination_error(code, SMALLER_FIELD, count, samples, bits).value.upper


@given(st.integers(0, 24))
def test_effective_grinding_is_never_better_than_its_bits(bits):
    probability = grinding_probability(bits, FIELD)
    assert probability >= 2**-bits
    assert bits_of(probability) > bits - 0.012
    below = sum(1 for multiple in range(0, FIELD.modulus, 1 << bits)) if bits > 8 else None
    assert below is None or probability * FIELD.modulus == below


def test_grinding_beyond_the_two_adicity_is_refused():
    with pytest.raises(InputError) as caught:
        grinding_probability(25, FIELD)
    assert caught.value.reason is SoundnessReason.HYPOTHESIS_FAILED


def circuit_error(description, name, *, field=FIELD, multiplicity=10, pinned=True):
    setting = CircuitSetting(description, field, code_bound(johnson(multiplicity), 1, 20), 16, boundary_pin=pinned)
    return next(entry for entry in circuit_terms(setting) if entry.name == name).error.upper


CIRCUIT_TERMS = sorted(
    entry.name
    for entry in circuit_terms(CircuitSetting(segment(), FIELD, code_bound(johnson(10), 1, 20), 16, boundary_pin=True))
)


@pytest.mark.parametrize("name", CIRCUIT_TERMS)
def test_no_circuit_term_gains_from_a_smaller_field_or_larger_counts(name):
    base = circuit_error(segment(), name)
    assert base < circuit_error(segment(), name, field=SMALLER_FIELD)
    processor, table = segment().chips
    larger = dataclasses.replace(
        processor,
        columns=(0, 8, 69),
        num_constraints=61,
        degree=5,
        local=BusUse(40, 9, 40),
        global_=BusUse(8, 3, 40),
        post_commit_degree=4,
    )
    grown = segment(chips=(larger, table), group_cells=(2**18, 2**19, 2**20 - 5))
    assert base <= circuit_error(grown, name)
    if name != "global.multiset":
        assert base < circuit_error(segment(), name, multiplicity=11)


@settings(max_examples=30)
@given(st.integers(0, 2), st.integers(1, 3))
def test_totals_are_minima_of_their_parts(index, more):
    report = default()
    index = min(index, len(report.parameters.iterations) - 1)
    queries = report.parameters.iterations[index].num_queries
    weaker = report.parameters.with_iteration(index, num_queries=queries - more)
    for candidate in (report, Report(report.description, weaker)):
        strict = candidate.totals
        assert strict.interactive_bits == min(entry.bits for entry in candidate.rounds)
        assert strict.weakest.bits == strict.interactive_bits
        for entry in candidate.rounds:
            assert entry.bits <= min(term.bits for term in entry.terms)
            assert sum(term.error.lower for term in entry.terms) <= entry.error.upper
        assert strict.security_bits <= min(strict.interactive_bits, strict.collision_bits - 128)
        assert strict.quantum_bits <= strict.interactive_bits / 2
    assert (
        totals(report.rounds, report.parameters.hash).security_bits
        > Report(report.description, weaker).totals.security_bits
    )


def test_composition_columns():
    report = default()
    single = report.totals.security_bits
    for nodes in (1, 2**10, 2**20):
        tree = composition(report.rounds, report.parameters.hash, nodes, 5000)
        assert single - 0.001 < tree.straight_line_bits <= single
        assert abs(float(tree.union_bits - (single - (nodes.bit_length() - 1)))) < 1e-6


def test_digests_cap_what_any_rounds_can_reach():
    assert error_budget(128, 256**32) < 0 < error_budget(126, 256**32)
    assert error_budget(128, 256**33) > 0
    with pytest.raises(InputError) as caught:
        solved(log_cells=18, log_inverse_rate=2, target_bits=140, suite="blake2b")
    assert caught.value.reason is SoundnessReason.UNREACHABLE_TARGET


def test_a_free_boundary_is_refused():
    for description in (segment(), dataclasses.replace(segment(), max_segments=1)):
        setting = CircuitSetting(description, FIELD, code_bound(johnson(10), 1, 20), 16, boundary_pin=False)
        with pytest.raises(InputError) as caught:
            circuit_terms(setting)
        assert caught.value.reason is SoundnessReason.UNPINNED_BOUNDARY
    unique = CircuitSetting(segment(), FIELD, code_bound(UNIQUE_DECODING, 1, 20), 16, boundary_pin=False)
    assert "global.multiset" in [entry.name for entry in circuit_terms(unique)]
    uncommitted = CircuitSetting(
        segment(group_cells=(2**18, 0, 2**20)), FIELD, code_bound(UNIQUE_DECODING, 1, 20), 16, boundary_pin=False
    )
    with pytest.raises(InputError, match="boundary cells"):
        circuit_terms(uncommitted)


def test_too_many_fractions_for_the_characteristic_are_refused():
    for change in ({"max_segments": 2**16}, {"public_fractions": 2**31}):
        setting = CircuitSetting(segment(**change), FIELD, code_bound(UNIQUE_DECODING, 1, 20), 16, boundary_pin=False)
        with pytest.raises(InputError, match="characteristic") as caught:
            circuit_terms(setting)
        assert caught.value.reason is SoundnessReason.HYPOTHESIS_FAILED


def test_parameters_of_another_size_are_refused():
    report = default()
    with pytest.raises(InputError, match="solve for this description"):
        _ = Report(default_description(20), report.parameters).terms

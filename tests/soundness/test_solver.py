"""The solver: what it returns reaches the target, nothing smaller does, and the grid is searched exhaustively."""

import dataclasses

import pytest

import hstar
from hstar.errors import InputError, Reason
from hstar.params.whir import UNIQUE_DECODING
from hstar.soundness import solver
from hstar.soundness.description import default_description
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.report import Report
from hstar.soundness.steps import whir_formulas as formulas
from hstar.soundness.totals import error_budget
from soundness.systems import default, segment, solved

CASES = [
    {"log_cells": 26, "log_inverse_rate": 1},
    {"log_cells": 24, "log_inverse_rate": 2},
    {"log_cells": 22, "log_inverse_rate": 4, "suite": "blake2b"},
    {"log_cells": 24, "log_inverse_rate": 1, "first_regime": "unique", "groups": 3},
    {"log_cells": 16, "log_inverse_rate": 3, "target_bits": 100, "grinding_bits": 0},
    {"log_cells": 15, "log_inverse_rate": 3, "objective": "verifier_hashes"},
    {"log_cells": 15, "log_inverse_rate": 3, "objective": "prover_seconds"},
]
FIELD = solved(log_cells=24, log_inverse_rate=2).parameters.field


@pytest.mark.parametrize("arguments", CASES)
def test_the_target_is_reached_and_every_number_is_minimal(arguments):
    report = solved(**arguments)
    parameters = report.parameters
    assert report.meets_target
    budget = error_budget(parameters.target_bits, parameters.hash.collision_space)
    assert max(entry.error.upper for entry in report.rounds) <= budget
    assert report.size.expected < report.size.worst
    assert report.hash_calls.expected < report.hash_calls.worst
    assert sum(size.worst for size in report.size_by_part.values()) == report.size.worst
    for index, step in enumerate(parameters.iterations):
        for field in ("num_queries", "query_grinding_bits", "fold_grinding_bits"):
            value = getattr(step, field)
            if value > (1 if field == "num_queries" else 0):
                weaker = Report(report.description, parameters.with_iteration(index, **{field: value - 1}))
                assert not weaker.meets_target, (index, field)
        if step.num_samples:
            fewer = formulas.out_of_domain_error(
                report.setting.code(index), FIELD, parameters.num_variables(index), step.num_samples - 1
            )
            assert fewer.value.upper > budget


@pytest.mark.parametrize(
    ("log_cells", "log_inverse_rate", "arities", "queries", "kibibytes"),
    [
        (26, 1, [5, 4, 3, 4, 3], [219, 37, 25, 20, 16], 204),
        (24, 2, [5, 4, 4, 4], [109, 32, 22, 17], 125),
        (22, 4, [6, 4, 4], [55, 22, 17], 79),
    ],
)
def test_table_of_the_three_size_classes(log_cells, log_inverse_rate, arities, queries, kibibytes):
    """One tree and 32-byte digests; `docs/notes/030-whir-parameters.md` compares with the first estimate."""
    report = solved(log_cells=log_cells, log_inverse_rate=log_inverse_rate, digest_bytes=32)
    steps = report.parameters.iterations
    assert [step.log_folding_arity for step in steps] == arities
    assert [step.num_queries for step in steps] == queries
    assert -(-report.whir_size.expected // 1024) == kibibytes
    assert report.totals.interactive_bits >= 128 > report.totals.security_bits
    assert not report.parameters.hash.is_implemented


def test_it_is_deterministic_and_the_public_name_is_the_same_function():
    again = hstar.solve_parameters(target_bits=128, log_cells=24, log_inverse_rate=2)
    assert again.parameters == solved(log_cells=24, log_inverse_rate=2).parameters
    assert again.parameters.encode() == solved(log_cells=24, log_inverse_rate=2).parameters.encode()
    assert "solve_parameters" in dir(hstar)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = hstar.nothing


def every_plan(search, oracle, shrinks):
    """All choices of arities and shrinks by plain recursion, each with the best regime for its continuation."""
    rest = oracle.num_variables - oracle.log_folding_arity
    tails = [None] if rest <= solver.MAX_LOG_FINAL_LENGTH else []
    for shrink in shrinks:
        for arity in solver.LATER_ARITIES:
            if rest and arity <= rest:
                after = solver.Oracle(rest, oracle.log_codeword_length - shrink, arity, is_commitment=False)
                if search._is_possible(after):
                    tails += every_plan(search, after, solver.LATER_SHRINKS)
    return [plan for tail in tails for plan in search._with_regimes(oracle, tail)]


@pytest.mark.parametrize("objective", ["proof_bytes", "verifier_hashes"])
def test_dynamic_programming_finds_the_best_of_all_combinations(objective, monkeypatch):
    grid = {"LATER_ARITIES": (3, 5), "FIRST_ARITIES": (3, 4), "LATER_SHRINKS": (1, 2), "FIRST_SHRINKS": (0, 1)}
    for name, values in grid.items():
        monkeypatch.setattr(solver, name, values)
    description = default_description(14)
    request = solver._check_request(description, 128, 14, 2, "free", "poseidon2", None, 16, objective)
    search = solver._Solver(request)
    plans = []
    for arity in solver.FIRST_ARITIES:
        oracle = solver.Oracle(14, 16, arity, is_commitment=True)
        plans += every_plan(search, oracle, solver.FIRST_SHRINKS)
    assert len(plans) > 300
    assert min(plan.price for plan in plans) == search.best().price


def test_objectives_trade():
    sizes = {name: default(15, 3, objective=name) for name in ("proof_bytes", "verifier_hashes", "prover_seconds")}
    assert min(sizes.values(), key=lambda report: report.size.expected) is sizes["proof_bytes"]
    assert min(sizes.values(), key=lambda report: report.hash_calls.expected) is sizes["verifier_hashes"]


def test_the_rate_is_searched_when_it_is_not_given():
    free = solved(log_cells=12)
    fixed = [default(12, rate) for rate in solver.LOG_INVERSE_RATES]
    assert free.size.expected == min(report.size.expected for report in fixed)


def test_unique_decoding_can_be_forced_and_a_segment_is_solved_both_ways():
    forced = solved(description=segment(), log_cells=21, log_inverse_rate=1, first_regime="unique")
    assert forced.parameters.iterations[0].regime == UNIQUE_DECODING
    assert forced.parameters.iterations[0].num_queries == 261
    assert not forced.parameters.boundary_pin
    free = solved(description=segment(), log_cells=21, log_inverse_rate=1)
    assert free.parameters.boundary_pin
    assert free.size.expected < forced.size.expected


def test_list_sizes_shrink_when_a_round_before_whir_is_the_obstacle():
    """With very many fractions the commitment's list is a factor that the fingerprint cannot afford."""
    chip = dataclasses.replace(
        default_description(24).chips[0], num_constraints=2**51, local=default_description(24).chips[0].local
    )
    busy = dataclasses.replace(default_description(24), chips=(chip,))
    report = solved(description=busy, log_cells=24, log_inverse_rate=2)
    assert report.meets_target
    first = report.parameters.iterations[0].regime
    assert first.multiplicity < solved(log_cells=24, log_inverse_rate=2).parameters.iterations[0].regime.multiplicity
    impossible = dataclasses.replace(busy, chips=(dataclasses.replace(chip, num_constraints=2**60),))
    with pytest.raises(InputError, match="before WHIR") as caught:
        solved(description=impossible, log_cells=24, log_inverse_rate=2)
    assert caught.value.reason is SoundnessReason.UNREACHABLE_TARGET


@pytest.mark.parametrize(
    ("arguments", "words", "reason"),
    [
        ({"target_bits": 0}, "target_bits is 0", Reason.OUT_OF_RANGE),
        ({"grinding_bits": 25}, "grinding_bits is 25", Reason.OUT_OF_RANGE),
        ({"log_inverse_rate": 0}, "log_inverse_rate is 0", Reason.OUT_OF_RANGE),
        ({"log_cells": 40}, "2\\^40 cells", SoundnessReason.INCONSISTENT),
        ({"groups": 4}, "4 groups", SoundnessReason.INCONSISTENT),
        ({"suite": "sha3"}, "sha3", Reason.UNKNOWN_NAME),
        ({"objective": "beauty"}, "beauty", Reason.UNKNOWN_NAME),
        ({"first_regime": "list"}, "list", Reason.UNKNOWN_NAME),
        ({"target_bits": 200}, "no parameters reach 200", SoundnessReason.UNREACHABLE_TARGET),
        ({"target_bits": 140, "suite": "blake2b"}, "no parameters reach 140", SoundnessReason.UNREACHABLE_TARGET),
        ({"description": default_description(25)}, "more than 2", SoundnessReason.INCONSISTENT),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, words, reason):
    with pytest.raises(InputError, match=words) as caught:
        solved(**{"log_cells": 24, "log_inverse_rate": 2, **arguments})
    assert caught.value.reason is reason

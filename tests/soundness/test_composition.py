"""The bits of a whole recursion: by hand on small numbers, and never more than its proofs have."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.params.hash_suite import hash_suite_parameters
from hstar.soundness.composition import (
    Level,
    ProofKind,
    RecursionReport,
    RecursionTree,
    Role,
    composed_bits,
    largest_errors,
)
from hstar.soundness.enclosure import bits_of
from hstar.soundness.render.composition import CSV_COLUMNS, recursion_csv, recursion_data, recursion_markdown
from hstar.soundness.solver import solve
from hstar.soundness.totals import (
    MAX_ATTACK_QUERIES,
    MAX_TREE_QUERIES,
    collision_share,
    error_budget,
    straight_line_bits,
    union_bits,
)

P = 2**31 - 2**24 + 1
INNER, OUTER = hash_suite_parameters("poseidon2"), hash_suite_parameters("blake2b")


def kinds():
    segment = solve(target_bits=100, log_cells=16, log_inverse_rate=1, suite="poseidon2")
    node = solve(target_bits=100, log_cells=14, log_inverse_rate=2, suite="poseidon2")
    final = solve(target_bits=100, log_cells=12, log_inverse_rate=4, suite="blake2b")
    return ProofKind("segment", segment), ProofKind("node", node), ProofKind("final", final)


KINDS = kinds()


def tree(num_segments, num_joins):
    segment, node, final = KINDS
    levels = (
        Level(Role.SEGMENT, num_segments, (segment,)),
        Level(Role.LEAF, num_segments, (node,), (Role.SEGMENT,)),
        Level(Role.JOIN, num_joins, (node,), (Role.LEAF, Role.JOIN)),
        Level(Role.FINAL, 1, (final,), (Role.LEAF, Role.JOIN)),
    )
    return RecursionTree(num_segments, levels, ((OUTER, Fraction(1, 2**140)),))


def test_straight_line_by_hand():
    queries = MAX_ATTACK_QUERIES + 5000
    inner = Fraction(1, 2**130) + Fraction(3, P**9) * (queries + Fraction(1, queries)) + Fraction(3, 2**264)
    outer = Fraction(1, 2**131) + Fraction(3, 2**264) * (queries + Fraction(1, queries)) + Fraction(3, P**9)
    assert inner > outer
    assert straight_line_bits({INNER: Fraction(1, 2**130), OUTER: Fraction(1, 2**131)}, 5000) == bits_of(inner)
    assert straight_line_bits({INNER: Fraction(1, 2**140), OUTER: Fraction(1, 2**131)}, 5000) == bits_of(outer)


def test_union_by_hand():
    share_inner, share_outer = collision_share(P**9), collision_share(2**264)
    expected = 5 * (Fraction(1, 2**130) + share_inner) + Fraction(1, 2**129) + share_outer
    assert union_bits([(5, Fraction(1, 2**130), INNER), (1, Fraction(1, 2**129), OUTER)]) == bits_of(expected)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(120, 180),
    st.integers(120, 180),
    st.integers(0, 2**64),
    st.fractions(0, 1, max_denominator=10**6),
    st.integers(0, 128),
)
def test_no_way_to_share_queries_among_the_hashes_beats_the_bound(inner, outer, tree_queries, share, log_attack):
    errors = {INNER: Fraction(1, 2**inner), OUTER: Fraction(1, 2**outer)}
    bits = straight_line_bits(errors, tree_queries)
    attack = 2**log_attack + tree_queries
    spent = {INNER: share * attack, OUTER: (1 - share) * attack}
    success = sum(
        spent[suite] * errors[suite] + 3 * (spent[suite] ** 2 + 1) / Fraction(suite.collision_space) for suite in errors
    )
    assert success / attack <= Fraction(1, 2 ** int(bits))
    assert bits_of(success / attack) >= bits


def test_more_proofs_and_larger_errors_are_never_stronger():
    trees = [tree(count, joins) for count, joins in ((1, 0), (10, 4), (1000, 499))]
    for smaller, larger in pairwise(trees):
        assert smaller.union_bits > larger.union_bits
        assert smaller.straight_line_bits >= larger.straight_line_bits
        assert smaller.verifier_queries < larger.verifier_queries
    for one in trees:
        assert one.union_bits < one.straight_line_bits
        assert one.straight_line_bits <= min(kind.report.totals.security_bits for kind in KINDS)
        assert composed_bits(KINDS, one.shared_errors) <= one.straight_line_bits
    worse = RecursionTree(10, trees[1].levels, ((OUTER, Fraction(1, 2**90)),))
    assert worse.straight_line_bits < trees[1].straight_line_bits


def test_counts_are_the_levels():
    one = tree(10, 4)
    assert one.num_proofs == 10 + 10 + 4 + 1
    calls = [kind.report.hash_calls.worst for kind in KINDS]
    assert one.verifier_queries == 10 * calls[0] + 14 * calls[1] + calls[2]
    assert one.final is KINDS[2]
    assert one.weakest in KINDS
    assert largest_errors(KINDS)[OUTER] == KINDS[2].report.totals.weakest.error.upper


def test_proofs_that_reach_a_target_reach_it_together():
    """The solver leaves room for the hash calls of any tree, so that no key has to aim higher than the tree."""
    assert composed_bits(KINDS) >= 100
    assert error_budget(128, OUTER.collision_space, MAX_TREE_QUERIES) < error_budget(128, OUTER.collision_space)
    full = {suite: error_budget(128, suite.collision_space, 2 * MAX_TREE_QUERIES) for suite in (INNER, OUTER)}
    assert straight_line_bits(full, MAX_TREE_QUERIES) >= 128
    over = full | {OUTER: error_budget(128, OUTER.collision_space) + Fraction(1, 2**150)}
    assert straight_line_bits(over, MAX_TREE_QUERIES) < 128


def test_what_reports_contain():
    report = RecursionReport("system", "a note", tree(10, 4), (tree(1, 0), tree(10, 4)), actual_bytes=1234)
    data = recursion_data(report)
    assert [circuit["name"] for circuit in data["circuits"]] == ["segment", "node", "final"]
    recursion = data["recursion"]
    assert [level["role"] for level in recursion["levels"]] == ["segment", "leaf", "join", "final"]
    assert [level["count"] for level in recursion["levels"]] == [10, 10, 4, 1]
    assert [one["num_segments"] for one in recursion["by_segments"]] == [1, 10]
    assert recursion["final_bytes"]["actual"] == 1234
    assert recursion["final_bytes"]["worst"] == KINDS[2].report.size.worst
    page = recursion_markdown(report)
    assert "## Recursion" in page
    assert "1,234 bytes" in page
    lines = recursion_csv(report).splitlines()
    assert lines[0] == ",".join(CSV_COLUMNS)
    assert [line.split(",")[0] for line in lines[1:]] == ["segment", "leaf", "join", "final", "composed", "composed"]
    assert report.kind("node") is not None
    assert report.kind("square") is None


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_topology_is_drawn_with_the_bits_of_every_kind(suffix, tmp_path):
    pytest.importorskip("matplotlib")
    from hstar.soundness.render.numbers import shown_bits
    from hstar.soundness.render.topology import plot_recursion

    path = tmp_path / f"tree{suffix}"
    plot_recursion(RecursionReport("system", "", tree(10, 4), (tree(10, 4),)), path)
    if suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        for kind in KINDS:
            assert f"{kind.name}: {shown_bits(kind.report.totals.security_bits)} bits" in text
    else:
        assert path.read_bytes().startswith(b"\x89PNG")

"""What the calculator reads from the keys of a recursion: the shipped ones."""

from dataclasses import replace

import pytest

from hstar.air.program import Scope
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.recursion.accept import max_segments
from hstar.recursion.security import num_joins
from hstar.soundness.composition import Role
from hstar.stark.keys import max_fractions
from hstar.stark.security import description_of
from hstar.stark.segments import TREE_ARITY, tree_parts
from hstar.verifier.final import recursion_kinds
from hstar.verifier.program_key import shipped_key


@pytest.fixture(scope="module")
def key():
    return shipped_key("revm")


@pytest.fixture(scope="module")
def kinds(key):
    return recursion_kinds(key)


def test_joins_by_hand():
    assert [num_joins(count) for count in range(1, TREE_ARITY + 1)] == [0] + [1] * (TREE_ARITY - 1)
    assert num_joins(TREE_ARITY + 1) == 2
    for count in (17, 100, 2**16 - 1):
        assert num_joins(count) == 1 + sum(num_joins(part) for part in tree_parts(count))
        assert (count - 1) / (TREE_ARITY - 1) <= num_joins(count) < count


def test_the_whole_recursion_reaches_its_target(kinds):
    for count in (1, 2, kinds.max_segments):
        assert kinds.bits(count) >= 128
    tree = kinds.tree(kinds.max_segments)
    assert tree.straight_line_bits >= 128
    assert 110 < tree.union_bits < tree.straight_line_bits
    assert kinds.bits(kinds.max_segments) <= tree.straight_line_bits


def test_every_key_is_a_kind(key, kinds):
    tree = kinds.tree(2)
    levels = {level.role: level for level in tree.levels}
    assert len(levels[Role.SEGMENT].kinds) == len(key.machine.classes)
    names = [kind.name for role in (Role.LEAF, Role.JOIN) for kind in levels[role].kinds]
    assert len(set(names)) == len(key.recursion.places)
    assert (levels[Role.SEGMENT].count, levels[Role.LEAF].count, levels[Role.JOIN].count) == (2, 2, 1)
    assert Role.JOIN not in {level.role for level in kinds.tree(1).levels}
    assert tree.final.report.parameters == key.recursion.final.parameters


def test_no_more_segments_than_a_verifier_accepts(key, kinds):
    assert kinds.max_segments == max_segments(key.acceptance_key, kinds.num_public_messages)
    most = max(description_of(item.key).max_global_fractions for item in key.machine.classes)
    assert most == max(max_fractions(item.key, Scope.GLOBAL) for item in key.machine.classes)
    assert kinds.max_segments * most + kinds.num_public_messages < MODULUS
    assert (kinds.max_segments + 1) * most + kinds.num_public_messages >= MODULUS
    for count in (0, kinds.max_segments + 1):
        with pytest.raises(InputError) as caught:
            kinds.tree(count)
        assert caught.value.reason is Reason.OUT_OF_RANGE


@pytest.mark.parametrize("which", ["final", "node_key"])
def test_one_query_less_in_one_key_weakens_the_whole(key, kinds, which):
    strong = getattr(key.recursion, which)
    first, *others = strong.parameters.iterations
    fewer = replace(first, num_queries=first.num_queries - 1)
    weak = replace(strong, parameters=replace(strong.parameters, iterations=(fewer, *others)))
    recursion = replace(key.recursion, **{which: weak})
    assert replace(kinds, recursion=recursion).bits(1) < min(kinds.bits(1), 128)

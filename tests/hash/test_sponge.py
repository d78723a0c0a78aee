from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.field.koala_bear import MODULUS
from hstar.hash import sponge
from hstar.hash.poseidon2 import permute

elements = st.integers(0, MODULUS - 1)
digests = st.lists(elements, min_size=9, max_size=9)


@pytest.mark.parametrize("length", [0, 1, 14, 15, 16, 30, 31])
def test_one_permutation_for_each_started_block(length: int) -> None:
    calls = []

    def counting(state):
        calls.append(list(state))
        return permute(state)

    message = list(range(1, length + 1))
    sponge.sponge(7, message, counting)
    assert len(calls) == max(1, -(-length // 15))
    assert calls[0][15:] == [0] * 7 + [length, 7]
    absorbed = [lane for state in calls for lane in state[:15]]
    assert absorbed == message + [0] * (len(absorbed) - length)
    for before, after in pairwise(calls):
        assert after[15:] == permute(before)[15:]


def test_digest_is_the_first_nine_lanes() -> None:
    assert sponge.sponge(1, [5]) == tuple(permute([5, *[0] * 21, 1, 1])[:9])


@given(st.lists(elements, max_size=20), st.integers(1, 254))
def test_zero_padding_length_and_tag_are_told_apart(message: list[int], tag: int) -> None:
    values = {
        sponge.sponge(tag, message),
        sponge.sponge(tag, [*message, 0]),
        sponge.sponge(tag, [0, *message, 1]),
        sponge.sponge(tag + 1, message),
    }
    assert len(values) == 4


@given(digests, digests, st.integers(1, 255))
def test_compression_is_the_truncated_feed_forward(left: list[int], right: list[int], tag: int) -> None:
    state = [*left, 0, 0, 0, *right, 0, 0, tag]
    assert len(state) == 24
    assert state[sponge.RIGHT_LANE :][:9] == right
    output = permute(state)
    assert sponge.compress(tag, left, right) == tuple((output[i] + left[i]) % MODULUS for i in range(9))

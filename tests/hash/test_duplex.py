from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.hash import blake2b, tags
from hstar.hash.duplex import Blake2bDuplex, Duplex, Poseidon2Duplex, start_duplex
from hstar.hash.poseidon2 import permute
from hstar.hash.suite import BLAKE2B, POSEIDON2, SUITES, HashSuite

elements = st.integers(0, MODULUS - 1)
messages = st.lists(elements, max_size=40)
suites = pytest.mark.parametrize("suite", SUITES.values(), ids=str)


def start(suite: HashSuite, pattern: bytes = b"pattern") -> Duplex:
    return start_duplex(suite, suite.hash_bytes(tags.PATTERN, pattern))


def test_poseidon2_step_by_step() -> None:
    pattern = POSEIDON2.hash_bytes(tags.PATTERN, b"pattern")
    lanes = permute([1, 2, *[0] * 13, *pattern])
    output, duplex = start(POSEIDON2).absorb([1]).absorb([2]).squeeze(6)
    assert output == tuple(lanes[:6])
    output, duplex = duplex.squeeze(10)
    then = permute(lanes)
    assert output == (*lanes[6:15], then[0])
    duplex = duplex.absorb([3])
    after = permute([3, *[0] * 14, *then[15:]])
    assert duplex.squeeze(1)[0] == (after[0],)


@pytest.mark.parametrize(("length", "permutations"), [(0, 1), (1, 1), (14, 1), (15, 1), (16, 2), (30, 2), (31, 3)])
def test_poseidon2_permutes_as_late_as_possible(length: int, permutations: int) -> None:
    lanes = [0] * 15 + list(POSEIDON2.hash_bytes(tags.PATTERN, b"pattern"))
    message = [7] * length + [0] * (15 * permutations - length)
    for start_index in range(0, len(message), 15):
        lanes = permute(message[start_index : start_index + 15] + lanes[15:])
    assert start(POSEIDON2).absorb([7] * length).squeeze(15)[0] == tuple(lanes[:15])


def test_blake2b_step_by_step() -> None:
    state = BLAKE2B.hash_bytes(tags.PATTERN, b"pattern")
    assert isinstance(state, bytes)
    state = blake2b.digest(tags.ABSORB, state, (8).to_bytes(8, "little"), b"\1\0\0\0\2\0\0\0")
    blocks = [blake2b.digest(tags.SQUEEZE, state, counter.to_bytes(8, "little")) for counter in range(3)]
    stream = [element for block in blocks for element in blake2b.elements_of_digest(block)]
    output, duplex = start(BLAKE2B).absorb([1, 2]).squeeze(5)
    more, duplex = duplex.squeeze(9)
    assert (*output, *more) == tuple(stream[:14])
    state = blake2b.digest(tags.ABSORB, state, (33).to_bytes(8, "little"), blocks[0])
    fresh = blake2b.elements_of_digest(blake2b.digest(tags.SQUEEZE, state, bytes(8)))
    assert duplex.absorb_digest(blocks[0]).squeeze(1)[0] == fresh[:1]


@suites
@given(first=messages, cut=st.integers(0, 40), count=st.integers(1, 40))
def test_squeezing_in_pieces_gives_the_same_stream(suite: HashSuite, first: list[int], cut: int, count: int) -> None:
    duplex = start(suite).absorb(first)
    whole, _ = duplex.squeeze(cut + count)
    left, duplex = duplex.squeeze(cut)
    right, _ = duplex.squeeze(count)
    assert left + right == whole
    assert all(0 <= element < MODULUS for element in whole)


@given(messages, st.integers(0, 40))
def test_poseidon2_absorbing_in_pieces_is_absorbing_at_once(message: list[int], cut: int) -> None:
    whole = start(POSEIDON2).absorb(message)
    assert start(POSEIDON2).absorb(message[:cut]).absorb(message[cut:]) == whole


@suites
def test_absorbing_drops_the_squeezed_block_even_when_nothing_is_absorbed(suite: HashSuite) -> None:
    _, duplex = start(suite).absorb([1]).squeeze(3)
    more, _ = duplex.squeeze(3)
    after, _ = duplex.absorb([]).squeeze(3)
    assert after != more


@suites
def test_states_are_values(suite: HashSuite) -> None:
    duplex = start(suite).absorb([1, 2, 3])
    first, _ = duplex.squeeze(20)
    duplex.absorb([4])
    second, _ = duplex.squeeze(20)
    assert first == second
    assert duplex.squeeze(0)[0] == ()


@suites
def test_pattern_and_message_change_everything(suite: HashSuite) -> None:
    outputs = {
        start(suite).absorb([1]).squeeze(4)[0],
        start(suite).absorb([2]).squeeze(4)[0],
        start(suite, b"other").absorb([1]).squeeze(4)[0],
        start(suite).absorb([1]).absorb_digest(suite.hash_bytes(tags.STATEMENT, b"")).squeeze(4)[0],
    }
    assert len(outputs) == 4


@suites
def test_bad_input_is_refused(suite: HashSuite) -> None:
    with pytest.raises(InputError) as caught:
        start(suite).absorb([MODULUS])
    assert caught.value.reason is Reason.NOT_CANONICAL
    with pytest.raises(InputError) as caught:
        start(suite).absorb_digest(b"short")
    assert caught.value.reason is Reason.MALFORMED
    with pytest.raises(InputError) as caught:
        start_duplex(suite, b"short")
    assert caught.value.reason is Reason.MALFORMED


def test_each_suite_has_its_duplex() -> None:
    assert isinstance(start(POSEIDON2), Poseidon2Duplex)
    assert isinstance(start(BLAKE2B), Blake2bDuplex)
    assert start(POSEIDON2).suite is POSEIDON2
    assert start(BLAKE2B).suite is BLAKE2B

from __future__ import annotations

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.hash import sponge, tags
from hstar.hash.suite import BLAKE2B, POSEIDON2, SUITES, HashSuite, suite_by_name

elements = st.integers(0, MODULUS - 1)
suites = pytest.mark.parametrize("suite", SUITES.values(), ids=str)


def test_sizes_reach_128_bits() -> None:
    assert POSEIDON2.digest_bits == pytest.approx(9 * math.log2(MODULUS))
    assert (POSEIDON2.digest_bytes, POSEIDON2.digest_words, POSEIDON2.block_elements) == (36, 9, 15)
    assert BLAKE2B.digest_bits == BLAKE2B.capacity_bits == 264
    for suite in SUITES.values():
        assert suite.digest_bits > 2 * 128 + 2
        assert suite.capacity_bits > 2 * 128 + 2


def test_suites_are_found_by_name() -> None:
    assert suite_by_name("poseidon2") is POSEIDON2
    assert suite_by_name("blake2b") is BLAKE2B
    with pytest.raises(InputError, match="no hash suite 'sha256'") as caught:
        suite_by_name("sha256")
    assert caught.value.reason is Reason.UNKNOWN_NAME


def test_poseidon2_is_the_sponge_and_its_compression() -> None:
    left, right = POSEIDON2.hash_elements(tags.MERKLE_LEAF, [1, 2]), POSEIDON2.hash_elements(tags.MERKLE_LEAF, [])
    assert left == sponge.sponge(tags.MERKLE_LEAF.element, [1, 2])
    assert POSEIDON2.compress(tags.MERKLE_NODE, left, right) == sponge.compress(tags.MERKLE_NODE.element, left, right)


def test_poseidon2_packs_three_bytes_to_an_element_after_the_length() -> None:
    expected = POSEIDON2.hash_elements(tags.PATTERN, [4, 0, 0x636261, 0x64])
    assert POSEIDON2.hash_bytes(tags.PATTERN, b"abcd") == expected


def test_blake2b_is_hashlib() -> None:
    leaf = BLAKE2B.hash_elements(tags.MERKLE_LEAF, [1, 2])
    assert leaf == hashlib.blake2b(b"\1\0\0\0\2\0\0\0", digest_size=33, person=tags.MERKLE_LEAF.person).digest()
    node = hashlib.blake2b(leaf + leaf, digest_size=33, person=tags.MERKLE_NODE.person).digest()
    assert BLAKE2B.compress(tags.MERKLE_NODE, leaf, leaf) == node
    assert BLAKE2B.hash_bytes(tags.PATTERN, b"x") != BLAKE2B.hash_bytes(tags.STATEMENT, b"x")


@suites
@given(data=st.binary(max_size=40))
def test_bytes_of_different_length_differ(suite: HashSuite, data: bytes) -> None:
    assert suite.hash_bytes(tags.PATTERN, data) != suite.hash_bytes(tags.PATTERN, data + b"\0")


@suites
@given(message=st.lists(elements, max_size=5))
def test_digest_encoding_round_trips(suite: HashSuite, message: list[int]) -> None:
    digest = suite.hash_elements(tags.STATEMENT, message)
    assert suite.is_digest(digest)
    encoded = suite.digest_to_bytes(digest)
    assert len(encoded) == suite.digest_bytes
    assert suite.digest_from_bytes(encoded) == digest


@suites
@pytest.mark.parametrize("change", [-1, 1])
def test_encodings_of_the_wrong_length_are_refused(suite: HashSuite, change: int) -> None:
    with pytest.raises(InputError) as caught:
        suite.digest_from_bytes(bytes(suite.digest_bytes + change))
    assert caught.value.reason is Reason.MALFORMED


def test_a_second_encoding_of_an_element_is_refused() -> None:
    digest = POSEIDON2.digest_to_bytes((0,) * 9)
    with pytest.raises(InputError) as caught:
        POSEIDON2.digest_from_bytes(digest[:32] + MODULUS.to_bytes(4, "little"))
    assert caught.value.reason is Reason.NOT_CANONICAL


@suites
@pytest.mark.parametrize("element", [-1, MODULUS, 2**32])
def test_elements_outside_the_field_are_refused(suite: HashSuite, element: int) -> None:
    with pytest.raises(InputError, match="element 1 is") as caught:
        suite.hash_elements(tags.MERKLE_LEAF, [0, element])
    assert caught.value.reason is Reason.NOT_CANONICAL


@suites
@pytest.mark.parametrize("wrong", [b"", bytes(32), (0,) * 8, (0,) * 8 + (MODULUS,), [0] * 9, None])
def test_only_own_digests_are_compressed_or_encoded(suite: HashSuite, wrong: object) -> None:
    good = suite.hash_bytes(tags.PATTERN, b"")
    for left, right in ((wrong, good), (good, wrong)):
        with pytest.raises(InputError) as caught:
            suite.compress(tags.MERKLE_NODE, left, right)  # type: ignore[arg-type]
        assert caught.value.reason is Reason.MALFORMED
    with pytest.raises(InputError):
        suite.digest_to_bytes(wrong)  # type: ignore[arg-type]

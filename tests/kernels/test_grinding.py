from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.hash import tags
from hstar.hash.duplex import Duplex, start_duplex
from hstar.hash.suite import SUITES, HashSuite, Poseidon2Suite
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.grinding import find_nonce
from kernels.test_code import both

suites = pytest.mark.parametrize("suite", SUITES.values(), ids=str)


def state(suite: HashSuite, absorbed: int, squeezed: int) -> Duplex:
    duplex = start_duplex(suite, suite.hash_bytes(tags.PATTERN, b"grinding")).absorb(range(absorbed))
    return duplex.squeeze(squeezed)[1] if squeezed else duplex


@suites
@given(absorbed=st.integers(0, 31), squeezed=st.integers(0, 17), num_bits=st.integers(1, 6))
@settings(max_examples=25)
def test_both_find_the_smallest_nonce(suite: HashSuite, absorbed: int, squeezed: int, num_bits: int) -> None:
    native, reference = both(find_nonce, state(suite, absorbed, squeezed), num_bits)
    assert native == reference


@suites
@pytest.mark.parametrize("absorbed", [0, 14, 15, 16])
def test_more_work(suite: HashSuite, absorbed: int) -> None:
    duplex = state(suite, absorbed, 0)
    with use_backend(Backend.NATIVE):
        nonce = find_nonce(duplex, 15)
    (element,), _ = duplex.absorb([nonce]).squeeze(1)
    assert element % 2**15 == 0
    assert find_nonce(duplex, 15) == nonce


@suites
@pytest.mark.parametrize("num_bits", [-1, 0, 25])
def test_bad_numbers_of_bits_are_refused(suite: HashSuite, num_bits: int) -> None:
    with pytest.raises(InputError) as caught:
        find_nonce(state(suite, 1, 0), num_bits)
    assert caught.value.reason is Reason.OUT_OF_RANGE


def test_a_foreign_suite_has_no_kernel() -> None:
    with use_backend(Backend.NATIVE), pytest.raises(InputError) as caught:
        find_nonce(state(Poseidon2Suite(), 1, 0), 1)
    assert caught.value.reason is Reason.UNKNOWN_NAME

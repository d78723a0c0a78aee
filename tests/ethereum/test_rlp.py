"""RLP: equal to the ecosystem's package on every input, and linear in time where the package is not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.ethereum import rlp

package = pytest.importorskip("ethereum_rlp.rlp")
DecodingError = pytest.importorskip("ethereum_rlp.exceptions").DecodingError

ITEMS = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=6), max_leaves=20)


def by_package(data):
    try:
        return package.decode(data)
    except (DecodingError, IndexError):
        return None


@given(ITEMS)
@example(b"")
@example([b"\x7f", b"\x80", [b"a" * 55], b"b" * 56, []])
def test_encoding_is_that_of_the_package_and_decodes_back(item):
    encoded = rlp.encode(item)

    assert encoded == package.encode(item)
    assert rlp.decode(encoded) == item


@given(st.binary(max_size=40) | st.binary(min_size=54, max_size=70).map(lambda tail: b"\xf8\x3a" + tail))
@example(b"\x81\x00")
@example(b"\xb8\x37" + bytes(55))
@example(b"\xb9\x00\x38" + bytes(56))
@example(b"\xc1\xc0\x00")
@example(b"\xbf" + b"\xff" * 8)
@example(b"\xff" + b"\xff" * 8)
def test_decoding_accepts_what_the_package_accepts(data):
    try:
        found = rlp.decode(data)
    except InputError:
        found = None

    assert found == by_package(data)


@given(ITEMS, st.binary(min_size=1, max_size=3))
def test_trailing_bytes_are_refused(item, tail):
    with pytest.raises(InputError, match="follow the item") as caught:
        rlp.decode(rlp.encode(item) + tail)
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, 2**64 - 1, 2**256 - 1])
def test_integers_are_shortest_big_endian(value):
    encoded = rlp.encode(value)

    assert rlp.as_int(rlp.decode(encoded), 256, "the value") == value
    assert encoded == package.encode(package.Uint(value))


def test_an_integer_with_a_leading_zero_is_not_canonical():
    with pytest.raises(InputError) as caught:
        rlp.as_int(b"\x00\x01", 64, "nonce")
    assert caught.value.reason is Reason.NOT_CANONICAL


def test_an_integer_that_is_too_wide_is_refused():
    with pytest.raises(InputError) as caught:
        rlp.as_int(b"\x01" + bytes(8), 64, "nonce")
    assert caught.value.reason is Reason.OUT_OF_RANGE


def test_deep_nesting_is_refused_and_many_small_items_take_linear_time():
    deep = b""
    for _ in range(rlp.MAX_DEPTH + 1):
        deep = rlp.wrap([deep] if deep else [])
    with pytest.raises(InputError, match="nested"):
        rlp.decode(deep)

    many = rlp.decode(rlp.wrap([b"\x01" * 1_000_000]))  # quadratic work here would take minutes
    assert len(many) == 1_000_000

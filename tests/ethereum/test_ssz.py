"""SSZ: equal to `remerkleable` where that decodes, and stricter where it is lax."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.ethereum import records, ssz
from hstar.ethereum.ssz import UINT64, ByteList, FixedBytes, ListOf, RecordOf

uint64 = st.integers(0, 2**64 - 1)


def fixed(count):
    return st.binary(min_size=count, max_size=count)


withdrawals = st.builds(records.Withdrawal, uint64, uint64, fixed(20), uint64)
requests = st.builds(
    records.ExecutionRequests,
    st.lists(st.builds(records.DepositRequest, fixed(48), fixed(32), uint64, fixed(96), uint64), max_size=3).map(tuple),
    st.lists(st.builds(records.WithdrawalRequest, fixed(20), fixed(48), uint64), max_size=3).map(tuple),
    st.lists(st.builds(records.ConsolidationRequest, fixed(20), fixed(48), fixed(48)), max_size=3).map(tuple),
)
payloads = st.builds(
    records.ExecutionPayload,
    *[fixed(32), fixed(20), fixed(32), fixed(32), fixed(256), fixed(32), uint64, uint64, uint64, uint64],
    st.binary(max_size=32),
    st.integers(0, 2**256 - 1),
    fixed(32),
    st.lists(st.binary(max_size=70), max_size=4).map(tuple),
    st.lists(withdrawals, max_size=3).map(tuple),
    *[uint64, uint64],
)
payload_requests = st.builds(
    records.NewPayloadRequest, payloads, st.lists(fixed(32), max_size=3).map(tuple), fixed(32), requests
)


@given(payload_requests)
def test_records_encode_and_decode_as_the_package_does(request):
    encoded = ssz.encode(request)
    view = ssz.view_of(RecordOf(type(request)), request)

    assert encoded == view.encode_bytes()
    assert ssz.decode(type(request), encoded) == request
    assert ssz.view_type(RecordOf(type(request))).decode_bytes(encoded).hash_tree_root() == ssz.hash_tree_root(request)


@given(payload_requests, st.data())
def test_any_accepted_bytes_are_the_one_encoding(request, data):
    encoded = bytearray(ssz.encode(request))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(encoded) - 1))
        encoded[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 4))
    mutated = bytes(encoded[: len(encoded) - cut]) if data.draw(st.booleans()) else bytes(encoded) + bytes(cut)

    try:
        decoded = ssz.decode(records.NewPayloadRequest, mutated)
    except InputError:
        return
    assert ssz.encode(decoded) == mutated


@given(st.binary(max_size=600))
def test_random_bytes_raise_typed_errors_only(data):
    try:
        decoded = ssz.decode(records.WitnessRecord, data)
    except InputError as error:
        assert error.where["place"]
    else:
        assert ssz.encode(decoded) == data


def test_an_error_names_the_field():
    good = ssz.encode(records.ExecutionRequests((), (records.WithdrawalRequest(bytes(20), bytes(48), 1),), ()))
    with pytest.raises(InputError, match=r"ExecutionRequests\.withdrawals"):
        ssz.decode(records.ExecutionRequests, _shift_last_offset(good))


def _shift_last_offset(encoded):
    """Moves the last list's start one byte into the one before, so that it is cut."""
    return encoded[:8] + (int.from_bytes(encoded[8:12], "little") - 1).to_bytes(4, "little") + encoded[12:]


@dataclass(frozen=True)
class Capped(ssz.Record):
    name: Annotated[bytes, ByteList(4)]
    parts: Annotated[tuple[bytes, ...], ListOf(ByteList(2), 2)]
    fixed: Annotated[bytes, FixedBytes(3)]
    number: Annotated[int, UINT64]


GOOD = Capped(b"abcd", (b"xy", b""), b"123", 7)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (Capped(b"abcde", (), b"123", 7), Reason.OUT_OF_RANGE),
        (Capped(b"", (b"", b"", b""), b"123", 7), Reason.OUT_OF_RANGE),
        (Capped(b"", (b"abc",), b"123", 7), Reason.OUT_OF_RANGE),
        (Capped(b"", (), b"12", 7), Reason.WRONG_SHAPE),
        (Capped(b"", (), b"123", 2**64), Reason.OUT_OF_RANGE),
        (Capped(b"", (), b"123", -1), Reason.OUT_OF_RANGE),
    ],
)
def test_values_outside_their_kind_are_not_encoded(changed, reason):
    with pytest.raises(InputError) as caught:
        ssz.encode(changed)
    assert caught.value.reason is reason


def test_caps_hold_when_decoding():
    wide = dataclass(frozen=True)(type("Wide", (ssz.Record,), {"__annotations__": {
        "name": Annotated[bytes, ByteList(None)],
        "parts": Annotated[tuple[bytes, ...], ListOf(ByteList(None), None)],
        "fixed": Annotated[bytes, FixedBytes(3)],
        "number": Annotated[int, UINT64],
    }}))  # fmt: skip
    assert ssz.decode(Capped, ssz.encode(wide(*[getattr(GOOD, name) for name, _ in ssz.kinds_of(Capped)]))) == GOOD
    for name, parts in ((b"abcde", ()), (b"", (b"", b"", b"")), (b"", (b"abc",))):
        with pytest.raises(InputError) as caught:
            ssz.decode(Capped, ssz.encode(wide(name, parts, b"123", 7)))
        assert caught.value.reason is Reason.OUT_OF_RANGE


def test_roots_of_the_contract_that_are_published():
    """Reference roots of lists with one element, for the caps of the older dialect."""
    keys = ListOf(FixedBytes(65), None, progressive=True)
    kinds = dict(ssz.kinds_of(records.OlderWitnessRecord))
    for kind, value, expected in (
        (kinds["state"], (b"\xaa" * 3,), "8a25ed609796eeb1a5d772d19d1e9236b069e0dc2c9fc1f5db166e73c0e7d5fc"),
        (kinds["codes"], (b"\xbb" * 5,), "a547789a596b86c52d812f5e04a9375ad0030c486748e04eb80ae80fc7a93e9c"),
        (keys, (b"\xcc" * 65,), "4c4b20e8ab80e7c80dc192092e936a59dd856cb8fa3f7e73b1e05e552fa0f783"),
    ):
        assert ssz.view_of(kind, value).hash_tree_root().hex() == expected

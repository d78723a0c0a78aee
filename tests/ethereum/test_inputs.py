"""Every form of block file is recognised, and everything else is one sentence with a place."""

import gzip
import json
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hstar
from hstar.errors import InputError, Reason
from hstar.ethereum import inputs
from hstar.ethereum.fields import parse_json
from hstar.ethereum.inputs import InputForm, load_block, parse_block
from hstar.ethereum.transactions import BLOB, SET_CODE, Authorization, Transaction, decode_transaction

FORMS = {
    "mainnet_24628607.json.gz": InputForm.BLOCK_JSON,
    "hoodi_1151683.json.gz": InputForm.BLOCK_JSON,
    "mainnet_23587691.scroll.json.gz": InputForm.TRACE_JSON,
    "eest_ecrecover_10M.json": InputForm.BENCHMARK_JSON,
    "amsterdam_guest_smoke.json": InputForm.STATELESS_VECTOR,
}
HASHES = {
    "hoodi_1151683.json.gz": "678e9770bebc2ecc6db9919b052da83c01b9360d8222eda5242e87c19ca288cd",
    "mainnet_23587691.scroll.json.gz": "9947c2115bd723806b7e9ebe5d1787696b7e87f00de6528e30f9314ea4382182",
}


@pytest.fixture(scope="module")
def example_json():
    from importlib.resources import files

    return gzip.decompress(files("hstar.ethereum").joinpath("data/example_block.json.gz").read_bytes())


@pytest.mark.parametrize("name", FORMS)
def test_data_files_are_recognised(blocks_folder, name):
    block = load_block(blocks_folder / name)

    assert block.form is FORMS[name]
    if name in HASHES:
        assert block.block.header.hash().hex() == HASHES[name]


def test_spelled_out_transactions_hash_to_the_roots_of_their_headers(blocks_folder):
    from hstar.ethereum.payload import withdrawals_root
    from hstar.ethereum.trie import ordered_root

    for name in ("mainnet_23587691.scroll.json.gz", "eest_ecrecover_10M.json"):
        block = load_block(blocks_folder / name).block
        assert ordered_root(block.transactions) == block.header.transactions_root
        assert withdrawals_root(block.withdrawals) == block.header.withdrawals_root


def test_raw_stateless_inputs_in_bytes_and_digits(smoke_vector, tmp_path):
    data = smoke_vector.stateless_input.encode()
    for contents in (data, b"0x" + data.hex().encode() + b"\n", gzip.compress(data)):
        path = tmp_path / "input"
        path.write_bytes(contents)
        block = hstar.load_block(path)
        assert block.form is InputForm.STATELESS_INPUT
        assert block.stateless_input == smoke_vector.stateless_input


def change(example, **changes):
    value = json.loads(example)
    for path, replacement in changes.items():
        *parents, last = path.split("__")
        place = value
        for parent in parents:
            place = place[parent]
        if replacement is None:
            del place[last]
        else:
            place[last] = replacement
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"chainId": "one"}, "chainId"),
        ({"chainId": -1}, "chainId"),
        ({"chainId": True}, "chainId"),
        ({"chainId": 2**64}, "chainId"),
        ({"block": None}, "block"),
        ({"block": 5}, "block"),
        ({"block": "0xabc"}, "block"),
        ({"block": "0xc0"}, "the block"),
        ({"executionWitness__state": "0x"}, "executionWitness.state"),
        ({"executionWitness__codes": None}, "executionWitness.codes"),
        ({"executionWitness__headers": ["0xzz"]}, "executionWitness.headers[0]"),
    ],
)
def test_a_wrong_member_is_named(example_json, changes, place):
    with pytest.raises(InputError) as caught:
        parse_block(change(example_json, **changes))
    assert place in caught.value.message


@pytest.mark.parametrize(
    "data", [b"", b"\x14", b"\x14\x01", b"hello", b"{", b"{}", b"[]", b"[1]", b'{"a": ' * 5000, b"0x14", b"\x1f\x8b"]
)
def test_other_bytes_are_refused_in_one_sentence(data):
    with pytest.raises(InputError) as caught:
        parse_block(data, "block.bin")
    assert "\n" not in caught.value.message


def test_damaged_and_oversized_compression_is_refused(example_json, monkeypatch):
    packed = gzip.compress(example_json)
    for wrong in (packed[:-3], packed[:50], packed + b"more", packed[:100] + bytes(20) + packed[120:]):
        with pytest.raises(InputError, match="gzip"):
            parse_block(wrong)
    monkeypatch.setattr(inputs, "MAX_INPUT_BYTES", 2**20)
    worker = zlib.compressobj(wbits=31)
    with pytest.raises(InputError, match="gzip"):
        parse_block(worker.compress(bytes(2**24)) + worker.flush())


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError) as caught:
            load_block(path)
        assert caught.value.reason is Reason.UNREADABLE
    monkeypatch.setattr(inputs, "MAX_INPUT_BYTES", 3)
    (tmp_path / "large").write_bytes(b"1234")
    with pytest.raises(InputError) as caught:
        load_block(tmp_path / "large")
    assert caught.value.reason is Reason.OUT_OF_RANGE


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: b"{" + text.encode()))
def test_random_bytes_raise_typed_errors(data):
    with pytest.raises(InputError):
        parse_block(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(["chainId", "block", "executionWitness", "executionWitness__state"]), JSON)
def test_any_json_in_the_place_of_a_member_raises_typed_errors(example_json, path, value):
    if value is None or (path == "chainId" and isinstance(value, int)) or (path.endswith("state") and value == []):
        return
    with pytest.raises(InputError):
        parse_block(change(example_json, **{path: value}))


@given(st.data())
def test_damaged_block_rlp_raises_typed_errors_or_is_canonical(example_json, data):
    raw = bytearray(bytes.fromhex(json.loads(example_json)["block"][2:]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, 30) | st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = parse_block(change(example_json, block=f"0x{raw.hex()}"))
    except InputError:
        return
    assert decoded.block.encode() == raw


words = st.integers(0, 2**256 - 1)
addresses = st.binary(min_size=20, max_size=20)
hashes = st.binary(min_size=32, max_size=32)
authorizations = st.builds(
    Authorization, words, addresses, st.integers(0, 2**64 - 1), st.integers(0, 255), words, words
)
transactions = st.builds(
    Transaction,
    kind=st.integers(0, 4),
    chain_id=st.integers(1, 2**64),
    nonce=st.integers(0, 2**64 - 1),
    max_fee_per_gas=words,
    gas_limit=st.integers(0, 2**64 - 1),
    to=addresses | st.just(b""),
    value=words,
    data=st.binary(max_size=70),
    max_priority_fee_per_gas=words,
    access_list=st.lists(st.tuples(addresses, st.lists(hashes, max_size=2).map(tuple)), max_size=2).map(tuple),
    max_fee_per_blob_gas=words,
    blob_versioned_hashes=st.lists(hashes, max_size=2).map(tuple),
    authorizations=st.lists(authorizations, max_size=2).map(tuple),
    y_parity=st.integers(0, 1),
    r=words,
    s=words,
)


@given(transactions)
def test_transactions_of_every_type_go_both_ways(transaction):
    encoded = transaction.encode()
    if transaction.kind in (BLOB, SET_CODE) and not transaction.to:
        with pytest.raises(InputError, match="field to"):
            decode_transaction(encoded)
        return
    assert decode_transaction(encoded).encode() == encoded


@given(transactions, st.data())
def test_damaged_transactions_raise_typed_errors_or_are_canonical(transaction, data):
    encoded = bytearray(transaction.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_transaction(bytes(encoded))
    except InputError:
        return
    assert decoded.encode() == encoded


def test_deep_nesting_is_refused_whatever_the_recursion_limit():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)  # as packages of the specification do when they are imported
    try:
        for text in (b"[" * 10**6, b'{"a":' * 10**6, b'{"executionWitness":' + b"[" * 10**6):
            with pytest.raises(InputError, match="nested more than 64 deep"):
                parse_block(text)
    finally:
        sys.setrecursionlimit(before)


def test_brackets_in_strings_are_no_nesting():
    assert parse_json(b'["' + b"[" * 200 + rb"\"" + b"{" * 200 + b'", 1]') == ["[" * 200 + '"' + "{" * 200, 1]
    assert parse_json(b"[" * 64 + b"]" * 64) is not None
    for text in (b'["', b'["\\', b"\xff", "[]".encode("utf-16"), b'"' + rb"\"" * 10**5):
        with pytest.raises(ValueError, match=r"."):
            parse_json(text)

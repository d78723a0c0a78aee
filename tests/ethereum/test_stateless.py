"""Stateless inputs and outputs against the public vector and the real block, in both dialects and every schema."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError, Reason
from hstar.ethereum import rlp
from hstar.ethereum.blocks import decode_block
from hstar.ethereum.forks import Fork, fork_of_schema
from hstar.ethereum.payload import block_of_request, decode_transactions, header_of_request, request_of_block
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import ExecutionRequests
from hstar.ethereum.stateless import (
    Dialect,
    StatelessInput,
    StatelessOutput,
    decode_stateless_input,
    decode_stateless_output,
)

ROOT = "e63d2797ca5c6f826a32d20c41ba552d25777533ab295f9d232560b014d09030"


@pytest.fixture(scope="module")
def mainnet_input(mainnet_block):
    request = request_of_block(mainnet_block.block, ExecutionRequests(), Fork.BPO2)
    return StatelessInput(Fork.BPO2, request, mainnet_block.witness.canonical(), mainnet_block.chain_id)


def test_public_vector_is_reproduced_byte_for_byte(smoke_vector):
    decoded = smoke_vector.stateless_input
    encoded = decoded.encode()

    assert len(encoded) == 4571
    assert decode_stateless_input(encoded) == decoded
    assert (decoded.fork, decoded.dialect, decoded.chain_id) == (Fork.AMSTERDAM, Dialect.WITH_PUBLIC_KEYS, 1)
    expected = decode_stateless_output(smoke_vector.expected_output)
    assert decoded.new_payload_request_root() == expected.new_payload_request_root
    assert (expected.chain_id, expected.schema_id) == (decoded.chain_id, decoded.schema_id)
    assert header_of_request(decoded.new_payload_request).hash() == smoke_vector.block.header.hash()


def test_vector_file_bytes_are_those_of_the_encoding(blocks_folder, smoke_vector):
    text = (blocks_folder / "amsterdam_guest_smoke.json").read_text(encoding="utf-8")
    assert f'"0x{smoke_vector.stateless_input.encode().hex()}"' in text


def test_real_block_has_the_known_size_and_root(mainnet_block, mainnet_input):
    encoded = mainnet_input.encode()

    assert (len(encoded), encoded[:2].hex()) == (2_696_394, "1401")
    assert mainnet_input.new_payload_request_root().hex() == ROOT
    assert decode_stateless_input(encoded) == mainnet_input
    assert block_of_request(mainnet_input.new_payload_request) == mainnet_block.block


def test_older_dialect_is_larger_and_has_the_same_root(mainnet_block, mainnet_input):
    transactions = decode_transactions(mainnet_block.block.transactions)
    older = replace(mainnet_input, public_keys=tuple(entry.sender_public_key() for entry in transactions))
    encoded = older.encode()

    assert len(encoded) == 2_700_688
    assert decode_stateless_input(encoded) == older
    assert older.new_payload_request_root().hex() == ROOT


def test_a_dialect_that_is_asked_for_is_not_guessed(smoke_vector):
    encoded = smoke_vector.stateless_input.encode()
    with pytest.raises(InputError, match="first offset is 20, not 16"):
        decode_stateless_input(encoded, Dialect.NEWEST)
    newest = replace(smoke_vector.stateless_input, public_keys=None).encode()
    with pytest.raises(InputError):
        decode_stateless_input(newest, Dialect.WITH_PUBLIC_KEYS)
    assert decode_stateless_input(newest, Dialect.NEWEST).public_keys is None


@pytest.mark.parametrize("fork", list(Fork))
@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_schema_id_and_dialect_goes_both_ways(smoke_vector, mainnet_input, fork, dialect):
    given = smoke_vector.stateless_input if fork is Fork.AMSTERDAM else mainnet_input
    keys = (b"\4" + bytes(64),) if dialect is Dialect.WITH_PUBLIC_KEYS else None
    small = replace(given.witness, state=given.witness.state[:2], codes=())
    made = replace(given, fork=fork, witness=small, public_keys=keys)
    encoded = made.encode()

    assert encoded[:2] == fork.schema_id.to_bytes(2, "big")
    assert decode_stateless_input(encoded) == made
    assert made.dialect is dialect


def test_payload_of_the_wrong_fork_is_a_decode_failure(smoke_vector, mainnet_input):
    amsterdam = smoke_vector.stateless_input.encode()
    with pytest.raises(InputError):
        decode_stateless_input(Fork.BPO2.schema_id.to_bytes(2, "big") + amsterdam[2:])
    small = replace(mainnet_input, witness=replace(mainnet_input.witness, state=(), codes=()))
    with pytest.raises(InputError):
        decode_stateless_input(Fork.AMSTERDAM.schema_id.to_bytes(2, "big") + small.encode()[2:])
    with pytest.raises(InputError, match="shape of Amsterdam"):
        replace(small, fork=Fork.AMSTERDAM).encode()


@pytest.mark.parametrize("schema_id", [0x0E01, 0x1001, 0x1100, 0x1102, 0x1601, 0x0114, 0])
def test_unknown_schema_ids_are_refused(schema_id):
    with pytest.raises(InputError) as caught:
        fork_of_schema(schema_id)
    assert caught.value.reason is Reason.UNKNOWN_NAME


def test_trailing_and_missing_bytes_are_refused(smoke_vector):
    encoded = smoke_vector.stateless_input.encode()
    for wrong in (encoded + b"\0", encoded[:-1], encoded[:1], b"", encoded[:2], encoded[:5]):
        with pytest.raises(InputError):
            decode_stateless_input(wrong)


def test_more_headers_or_longer_ones_than_the_schema_allows_are_refused(smoke_vector):
    given = smoke_vector.stateless_input
    for headers in ((b"\xc0",) * 257, (bytes(1025),)):
        with pytest.raises(InputError) as caught:
            replace(given, witness=replace(given.witness, headers=headers)).encode()
        assert caught.value.reason is Reason.OUT_OF_RANGE


@given(st.data())
def test_damaged_input_raises_typed_errors_or_is_canonical(smoke_vector, data):
    encoded = bytearray(smoke_vector.stateless_input.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, 1200) | st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_stateless_input(bytes(encoded))
    except InputError:
        return
    assert decoded.encode() == encoded


def test_output_is_43_bytes_and_strict():
    output = StatelessOutput(b"\7" * 32, True, 1, 0x1401)
    encoded = output.encode()

    assert encoded.hex() == "07" * 32 + "01" + "0100000000000000" + "0114"
    assert decode_stateless_output(encoded) == output
    assert decode_stateless_output(bytes(43)) is None
    for wrong in (encoded[:-1], encoded + b"\0", encoded[:32] + b"\2" + encoded[33:]):
        with pytest.raises(InputError):
            decode_stateless_output(wrong)


def test_a_payload_that_does_not_hash_to_its_block_hash_is_rejected(mainnet_input):
    request = mainnet_input.new_payload_request
    payload = replace(request.execution_payload, gas_used=request.execution_payload.gas_used + 1)
    with pytest.raises(BlockRejectedError) as caught:
        block_of_request(replace(request, execution_payload=payload))
    assert caught.value.reason is BlockReason.BLOCK_HASH_WRONG


def test_versioned_hashes_must_be_those_of_the_blob_transactions(mainnet_input):
    request = mainnet_input.new_payload_request
    for hashes in ((*request.versioned_hashes, b"\1" * 32), (b"\1" * 32,)):
        with pytest.raises(BlockRejectedError) as caught:
            block_of_request(replace(request, versioned_hashes=hashes))
        assert caught.value.reason is BlockReason.VERSIONED_HASHES_WRONG


def test_a_legacy_transaction_inside_a_string_is_not_canonical(mainnet_block):
    block = mainnet_block.block
    assert decode_block(block.encode()) == block
    with pytest.raises(InputError, match="legacy transaction inside a string"):
        decode_block(_with_string_transaction(block))


def _with_string_transaction(block):
    legacy = next(raw for raw in block.transactions if raw[0] >= 0xC0)
    return rlp.wrap([block.header.encode(), rlp.wrap([rlp.encode(legacy)]), b"\xc0", b"\xc0"])

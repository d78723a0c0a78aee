"""The stateless contract: bytes in, 43 bytes out."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hstar
from block_cases.base import GWEI
from block_cases.catalogue import CASES
from block_cases.twins import stateless_bytes, twins_of
from hstar.errors import InputError
from hstar.ethereum import rlp
from hstar.ethereum.forks import ACTIVATION_TIMES, DEVELOPMENT_CHAIN, MAINNET, SEPOLIA, Fork, ForkSource, fork_at
from hstar.ethereum.headers import decode_header
from hstar.ethereum.oracle.contract import execute_stateless_input, stateless_output, without_public_keys
from hstar.ethereum.oracle.judge import judge, run_trace
from hstar.ethereum.payload import decode_transactions, header_of_request
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import ExecutionRequests
from hstar.ethereum.stateless import Dialect, decode_stateless_input, decode_stateless_output
from hstar.ethereum.transactions import decode_transaction

pytest.importorskip("ethereum.forks")


@pytest.fixture(scope="module")
def valid():
    return judge(hstar.example_block()).stateless_input


@pytest.fixture(scope="module")
def older(valid):
    transactions = decode_transactions(valid.new_payload_request.execution_payload.transactions)
    return replace(valid, public_keys=tuple(entry.sender_public_key() for entry in transactions))


def with_payload(given, request_changes=None, **changes):
    """The input with another payload, whose block hash is made to fit."""
    request = replace(given.new_payload_request, **(request_changes or {}))
    request = replace(request, execution_payload=replace(request.execution_payload, **changes))
    digest = header_of_request(request).hash()
    payload = replace(request.execution_payload, block_hash=digest)
    return replace(given, new_payload_request=replace(request, execution_payload=payload))


def reason_of(stateless_input, **options):
    with pytest.raises(BlockRejectedError) as caught:
        execute_stateless_input(stateless_input, **options)
    return caught.value.reason


def test_a_valid_block_gives_success_one(valid):
    output = decode_stateless_output(stateless_output(valid.encode()))

    assert output.successful_validation
    assert output.new_payload_request_root == valid.new_payload_request_root()
    assert (output.chain_id, output.schema_id) == (DEVELOPMENT_CHAIN, 0x1401)


def test_an_invalid_block_keeps_root_chain_and_schema_with_success_zero(valid):
    wrong = with_payload(valid, gas_used=1)
    output = decode_stateless_output(stateless_output(wrong.encode()))

    assert not output.successful_validation
    assert output.new_payload_request_root == wrong.new_payload_request_root()
    assert (output.chain_id, output.schema_id) == (DEVELOPMENT_CHAIN, 0x1401)


def test_a_byte_more_or_less_at_the_end_belongs_to_the_last_header(valid):
    """The body ends with the parent header, so these decode, and the header is found malformed."""
    encoded = valid.encode()
    for data in (encoded[:-1], encoded + b"\0"):
        output = decode_stateless_output(stateless_output(data))
        assert (output.successful_validation, output.new_payload_request_root) == (
            False,
            valid.new_payload_request_root(),
        )


@pytest.mark.parametrize("name", ["requests_of_all_types_and_one_underpaid", "withdrawals"])
def test_guests_must_answer_success_zero_to_every_twin(name):
    case = CASES[name]
    made = case.make()
    assert decode_stateless_output(stateless_output(made.stateless_input().encode())).successful_validation
    num_encoded = 0
    for twin in twins_of(made, stride=9):
        data = stateless_bytes(twin, made)
        if data is None:
            assert twin.reason in (BlockReason.EXTRA_DATA_TOO_LONG, BlockReason.TOO_MANY_HEADERS)
            continue
        num_encoded += 1
        output = decode_stateless_output(stateless_output(data))
        root = decode_stateless_input(data).new_payload_request_root()
        assert (output.successful_validation, output.new_payload_request_root) == (False, root), twin.name
    assert num_encoded > 25


def test_what_does_not_decode_gives_43_zero_bytes(valid, older):
    encoded = valid.encode()
    cut_offset = encoded[:2] + b"\x11" + encoded[3:]
    for data in (b"", encoded[:2], cut_offset, b"\x16\x01" + encoded[2:], older.encode()):
        assert stateless_output(data) == bytes(43)
    assert decode_stateless_output(stateless_output(older.encode(), dialect=Dialect.WITH_PUBLIC_KEYS)) is not None


@given(st.lists(st.tuples(st.integers(0, 700) | st.integers(0, 14_000), st.integers(1, 255)), min_size=1, max_size=3))
@settings(max_examples=60)
def test_damaged_inputs_always_give_43_bytes(valid, damage):
    encoded = bytearray(valid.encode())
    for position, change in damage:
        encoded[position] ^= change
    try:
        output = stateless_output(bytes(encoded))
    except InputError as error:  # only a schema that this machine cannot execute
        assert "cannot be executed" in error.message
        return
    decoded = decode_stateless_output(output)
    assert decoded is None or not decoded.successful_validation or bytes(encoded) == valid.encode()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gas_used": 1}, BlockReason.GAS_USED_WRONG),
        ({"state_root": bytes(32)}, BlockReason.STATE_ROOT_WRONG),
        ({"receipts_root": bytes(32)}, BlockReason.RECEIPTS_ROOT_WRONG),
        ({"logs_bloom": bytes(256)}, BlockReason.LOGS_BLOOM_WRONG),
        ({"blob_gas_used": 0}, BlockReason.BLOB_GAS_USED_WRONG),
        ({"excess_blob_gas": 2**17}, BlockReason.EXCESS_BLOB_GAS_WRONG),
        ({"base_fee_per_gas": GWEI}, BlockReason.BASE_FEE_WRONG),
        ({"block_number": 2}, BlockReason.BLOCK_NUMBER_WRONG),
        ({"gas_limit": 2**63}, BlockReason.GAS_LIMIT_WRONG),
        ({"timestamp": 1_800_000_000}, BlockReason.TIMESTAMP_WRONG),
        ({"parent_hash": bytes(32)}, BlockReason.PARENT_HEADER_WRONG),
        ({"withdrawals": ()}, BlockReason.STATE_ROOT_WRONG),
        ({"fee_recipient": bytes(20)}, BlockReason.MISSING_NODE),
    ],
)
def test_a_payload_whose_hash_fits_is_still_checked(valid, changes, reason):
    assert reason_of(with_payload(valid, **changes)) is reason


def test_execution_requests_are_compared_with_those_of_execution(valid):
    given = valid.new_payload_request.execution_requests
    for wrong in (
        ExecutionRequests(),
        replace(given, deposits=()),
        replace(given, withdrawals=given.withdrawals * 2),
        replace(given, consolidations=(replace(given.consolidations[0], source_pubkey=bytes(48)),)),
    ):
        assert reason_of(with_payload(valid, {"execution_requests": wrong})) is BlockReason.REQUESTS_HASH_WRONG


def test_requests_that_the_block_hash_does_not_cover_are_noticed(valid):
    request = replace(valid.new_payload_request, execution_requests=ExecutionRequests())
    assert reason_of(replace(valid, new_payload_request=request)) is BlockReason.BLOCK_HASH_WRONG


def test_versioned_hashes_are_compared_with_the_blobs(valid):
    request = valid.new_payload_request
    for hashes in ((), request.versioned_hashes * 2, (bytes(32),)):
        wrong = replace(valid, new_payload_request=replace(request, versioned_hashes=hashes))
        assert reason_of(wrong) is BlockReason.VERSIONED_HASHES_WRONG


def test_parent_beacon_block_root_is_covered_by_the_block_hash(valid):
    request = replace(valid.new_payload_request, parent_beacon_block_root=bytes(32))
    assert reason_of(replace(valid, new_payload_request=request)) is BlockReason.BLOCK_HASH_WRONG
    fitting = with_payload(valid, {"parent_beacon_block_root": bytes(32)})
    assert reason_of(fitting) is BlockReason.STATE_ROOT_WRONG


def test_another_chain_or_fork_is_refused(valid):
    assert reason_of(replace(valid, chain_id=5)) is BlockReason.CHAIN_UNKNOWN
    assert reason_of(replace(valid, chain_id=MAINNET)) is BlockReason.TRANSACTION_INVALID
    for fork in (Fork.PRAGUE, Fork.OSAKA, Fork.BPO1):
        assert reason_of(replace(valid, fork=fork)) is BlockReason.FORK_WRONG
    execute_stateless_input(replace(valid, fork=Fork.BPO1), fork_source=ForkSource.DECLARED)


def test_public_keys_must_be_those_of_the_signers(older):
    keys = older.public_keys
    mirrored = (
        bytes([4]) + keys[0][1:33] + ((2**256 - 2**32 - 977) - int.from_bytes(keys[0][33:], "big")).to_bytes(32, "big")
    )  # the same first coordinate with the other parity
    for wrong in ((), keys[:-1], (*keys, keys[0]), (keys[2], *keys[1:]), (mirrored, *keys[1:])):
        changed = replace(older, public_keys=wrong)
        assert reason_of(changed) is BlockReason.PUBLIC_KEY_WRONG
        with pytest.raises(BlockRejectedError):
            without_public_keys(changed)
    assert execute_stateless_input(older).gas_used > 0
    assert without_public_keys(older).public_keys is None


def test_a_signature_with_the_other_parity_is_another_sender(valid):
    payload = valid.new_payload_request.execution_payload
    first = decode_transaction(payload.transactions[0])
    changed = replace(first, y_parity=1 - first.y_parity)
    wrong = with_payload(valid, transactions=(changed.encode(), *payload.transactions[1:]))
    assert reason_of(wrong) in (BlockReason.MISSING_NODE, BlockReason.TRANSACTION_INVALID)


def test_transactions_must_be_neither_empty_nor_malformed(valid):
    raw = valid.new_payload_request.execution_payload.transactions
    assert reason_of(with_payload(valid, transactions=(b"", *raw))) is BlockReason.TRANSACTION_EMPTY
    for wrong in (b"\x05\xc0", b"\xc0", raw[1] + b"\0", b"\x02" + rlp.encode([b"\0"] * 12), raw[0][:-1]):
        changed = with_payload(valid, transactions=(wrong, *raw[1:]))
        assert reason_of(changed) is BlockReason.TRANSACTION_MALFORMED


def test_an_older_ancestor_is_accepted_and_a_gap_is_not(valid):
    parent = decode_header(valid.witness.headers[0])
    older_header = replace(parent, number=0, extra_data=b"older")
    assert parent.number == 0  # so no header can come before it
    headers = (older_header.encode(), *valid.witness.headers)
    wrong = replace(valid, witness=replace(valid.witness, headers=headers))
    assert reason_of(wrong) is BlockReason.HEADERS_NOT_CONTIGUOUS


def test_fork_times_begin_and_end_exactly():
    for chain, times in ACTIVATION_TIMES.items():
        for fork, begin in times.items():
            assert fork_at(chain, begin) >= fork
            if begin:
                before = [other for other, time in times.items() if time < begin]
                if before:
                    assert fork_at(chain, begin - 1) is max(before)
                else:
                    with pytest.raises(BlockRejectedError):
                        fork_at(chain, begin - 1)


def test_a_block_of_amsterdam_on_sepolia_is_refused_by_name(valid):
    wrong = with_payload(replace(valid, chain_id=SEPOLIA, fork=Fork.BPO2), timestamp=1_800_000_012)
    assert reason_of(wrong) is BlockReason.FORK_WRONG
    with pytest.raises(InputError, match="does not have Amsterdam"):
        judge(replace(hstar.example_block(), chain_id=SEPOLIA))


def test_only_a_trace_is_run_without_parent():
    with pytest.raises(InputError, match="only a trace"):
        run_trace(hstar.example_block())


def test_the_table_of_mainnet_is_that_of_the_specification():
    import importlib

    for fork, begin in ACTIVATION_TIMES[MAINNET].items():
        package = importlib.import_module(f"ethereum.forks.{fork.name.lower()}")
        assert begin == package.FORK_CRITERIA.timestamp

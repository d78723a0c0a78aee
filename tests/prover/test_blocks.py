"""Blocks prepared for guests, and answers of guests, honest and not."""

from dataclasses import replace

import pytest

import hstar
from hstar.errors import InputError, RejectedError
from hstar.ethereum.example import example_block
from hstar.ethereum.forks import fork_at
from hstar.ethereum.inputs import InputForm, load_block
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.requests import empty_requests, requests_hash
from hstar.ethereum.stateless import StatelessOutput, decode_stateless_input
from hstar.machine.layout import OUTPUT_START
from hstar.prover import blocks
from hstar.prover.block_execution import execute_block
from hstar.prover.blocks import GuestReason, HostCheck, check_output, prepare_block
from machine.support import EXIT, make_program

oracle = pytest.mark.skipif(not blocks.is_available(), reason="the executable specification is not installed")


@pytest.fixture(scope="module")
def prepared():
    pytest.importorskip("ethereum.forks.bpo2")
    return prepare_block(example_block())


@oracle
def test_the_host_check_makes_the_input_of_guests(prepared):
    assert prepared.host_check is HostCheck.PASSED
    decoded = decode_stateless_input(prepared.input_bytes)
    assert decoded == prepared.stateless_input and decoded.public_keys is None
    assert [result.hash for result in prepared.results] == prepared.transaction_hashes
    assert sum(result.gas_used for result in prepared.results) == prepared.block.block.header.gas_used


@oracle
def test_an_invalid_block_is_refused_before_a_guest_sees_it(prepared):
    block = prepared.block
    wrong = replace(block, block=replace(block.block, header=replace(block.block.header, state_root=bytes(32))))
    with pytest.raises(BlockRejectedError) as caught:
        prepare_block(wrong)
    assert caught.value.reason == BlockReason.STATE_ROOT_WRONG


@oracle
def test_a_stateless_input_needs_no_host_check(prepared):
    given = replace(prepared.block, stateless_input=prepared.stateless_input, form=InputForm.STATELESS_INPUT)
    skipped = prepare_block(given, host_check=False)
    assert skipped.input_bytes == prepared.input_bytes
    assert (skipped.host_check, skipped.results) == (HostCheck.SKIPPED, None)


def test_execution_requests_that_nobody_computed():
    with pytest.raises(InputError, match="execution requests"):
        prepare_block(example_block(), host_check=False)


def test_a_block_without_requests_needs_no_execution():
    block = example_block()
    header = replace(block.block.header, requests_hash=requests_hash(empty_requests(_fork(block))))
    made = prepare_block(replace(block, block=replace(block.block, header=header)), host_check=False)
    assert made.host_check is HostCheck.SKIPPED
    assert decode_stateless_input(made.input_bytes).new_payload_request.execution_payload.block_hash == header.hash()


def _fork(block):
    return fork_at(block.chain_id, block.block.header.timestamp)


def test_without_the_specification_the_check_is_unavailable(monkeypatch):
    monkeypatch.setattr(blocks, "is_available", lambda: False)
    block = example_block()
    header = replace(block.block.header, requests_hash=requests_hash(empty_requests(_fork(block))))
    made = prepare_block(replace(block, block=replace(block.block, header=header)))
    assert made.host_check is HostCheck.UNAVAILABLE


def test_a_block_without_parent_header_is_refused_by_name(data_folder):
    block = load_block(data_folder / "blocks/mainnet_23587691.scroll.json.gz")
    with pytest.raises(BlockRejectedError) as caught:
        prepare_block(block, host_check=False)
    assert caught.value.reason == BlockReason.PARENT_HEADER_MISSING


@oracle
def test_the_python_interface_runs_blocks():
    report = hstar.execute(hstar.example_block())
    assert report.output.successful_validation and report.output.chain_id == 31337
    assert report.report.execution.cycles == sum(report.report.execution.opcode_counts)
    assert len(report.transactions) == len(hstar.example_block().block.transactions)


# Answers


def expected_output(prepared):
    made = prepared.stateless_input
    return StatelessOutput(made.new_payload_request_root(), True, made.chain_id, made.schema_id)


def liar(output):
    """A guest that answers with these bytes, whatever its input."""
    lines = [f"li s1, {OUTPUT_START}", f"li t0, {len(output)}", "sd t0, 0(s1)"]
    for index in range(0, len(output), 8):
        word = int.from_bytes(output[index : index + 8], "little")
        signed = word - 2**64 if word >> 63 else word
        lines += [f"li t0, {signed}", f"sd t0, {8 + index}(s1)"]
    return make_program("\n".join(lines) + "\n" + EXIT)


@oracle
@pytest.mark.parametrize(("change", "reason"), [
    ({}, None),
    ({"successful_validation": False}, GuestReason.GUEST_DISAGREES),
    ({"new_payload_request_root": bytes(31) + b"\1"}, GuestReason.GUEST_DISAGREES),
    ({"chain_id": 1}, GuestReason.GUEST_DISAGREES),
    ({"schema_id": 0x1201}, GuestReason.GUEST_DISAGREES),
])  # fmt: skip
def test_a_guest_must_agree_with_the_host(prepared, change, reason):
    answer = replace(expected_output(prepared), **change)
    if reason is None:
        report = execute_block(prepared, liar(answer.encode()))
        assert report.output == answer and report.report.execution.output == answer.encode()
        assert report.transactions is None  # it has no functions by which transactions could be told apart
        return
    with pytest.raises(RejectedError) as caught:
        execute_block(prepared, liar(answer.encode()))
    assert caught.value.reason == reason


@oracle
@pytest.mark.parametrize(("output", "reason"), [
    (bytes(43), GuestReason.INPUT_UNDECODABLE),
    (b"", GuestReason.NO_STATELESS_OUTPUT),
    (bytes(42), GuestReason.NO_STATELESS_OUTPUT),
    (bytes(32) + b"\2" + bytes(10), GuestReason.NO_STATELESS_OUTPUT),
])  # fmt: skip
def test_answers_of_no_meaning(prepared, output, reason):
    with pytest.raises(RejectedError) as caught:
        check_output(prepared, output)
    assert caught.value.reason == reason


@oracle
def test_without_a_host_check_the_guest_judges(prepared):
    unchecked = replace(prepared, host_check=HostCheck.SKIPPED)
    invalid = replace(expected_output(prepared), successful_validation=False)
    with pytest.raises(RejectedError) as caught:
        check_output(unchecked, invalid.encode())
    assert caught.value.reason == GuestReason.BLOCK_INVALID
    other = replace(invalid, new_payload_request_root=bytes(31) + b"\1")
    with pytest.raises(RejectedError) as caught:
        check_output(unchecked, other.encode())
    assert caught.value.reason == GuestReason.GUEST_DISAGREES
    wrong_chain = replace(invalid, chain_id=1)
    with pytest.raises(RejectedError) as caught:
        check_output(unchecked, wrong_chain.encode())
    assert caught.value.reason == GuestReason.GUEST_DISAGREES


@oracle
def test_a_guest_that_fails_is_a_failed_run(prepared):
    failing = make_program("li a0, 3\nli a7, 93\necall\n")
    with pytest.raises(RejectedError, match="exit code 3"):
        execute_block(prepared, failing)

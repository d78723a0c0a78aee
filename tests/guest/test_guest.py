"""The shipped guest in the executor: it answers like the contract's definition on blocks, invalid twins and data."""

import random
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hstar
from block_cases.catalogue import CASES
from block_cases.twins import stateless_bytes, twins_of
from guest.inputs import input_of_file
from guest.programs import block_of_random_programs
from guest.runners import ROOT, run_in_executor
from hstar.errors import InputError
from hstar.ethereum.forks import ACTIVATION_TIMES, DEVELOPMENT_CHAIN, Fork
from hstar.ethereum.oracle.judge import judge
from hstar.ethereum.payload import header_of_request
from hstar.ethereum.records import ExecutionRequests
from hstar.ethereum.stateless import (
    DECODE_FAILURE_OUTPUT,
    Dialect,
    StatelessOutput,
    decode_stateless_input,
    decode_stateless_output,
)

pytest.importorskip("ethereum.forks")
TABLE = tomllib.loads((Path(__file__).parent / "data_files.toml").read_text(encoding="utf-8"))["case"]
VALID = True


def expected(data, success):
    """What a guest must answer to an input, given whether the block is valid."""
    try:
        stateless_input = decode_stateless_input(data, Dialect.NEWEST)
    except InputError:
        return DECODE_FAILURE_OUTPUT
    root = stateless_input.new_payload_request_root()
    return StatelessOutput(root, success, stateless_input.chain_id, stateless_input.schema_id).encode()


@pytest.mark.parametrize("name", CASES)
def test_a_made_block_is_valid_and_one_of_its_twins_is_not(name):
    made = CASES[name].make()
    data = made.stateless_input().encode()
    assert run_in_executor(data, declared=True)[0] == expected(data, VALID)

    twins = [data for twin in twins_of(made, stride=7) if (data := stateless_bytes(twin, made)) is not None]
    twin = twins[list(CASES).index(name) * 11 % len(twins)]
    assert run_in_executor(twin, declared=True)[0] == expected(twin, not VALID)


@pytest.fixture(scope="module")
def example():
    return judge(hstar.example_block()).stateless_input.encode()


def test_the_shipped_block_is_valid(example):
    assert run_in_executor(example)[0] == expected(example, VALID)


def test_a_block_of_another_fork_than_the_chain_has_is_not_valid_for_the_shipped_guest():
    data = next(case for case in CASES.values() if case.fork is Fork.PRAGUE).make().stateless_input().encode()
    assert run_in_executor(data, declared=True)[0] == expected(data, VALID)
    assert run_in_executor(data)[0] == expected(data, not VALID)


def test_execution_requests_cannot_be_left_out():
    """An input that says that there are none, with a block hash that fits: only executing the block tells."""
    given = CASES["requests_of_all_types_and_one_underpaid"].make().stateless_input()
    assert given.new_payload_request.execution_requests != ExecutionRequests()
    request = replace(given.new_payload_request, execution_requests=ExecutionRequests())
    payload = replace(request.execution_payload, block_hash=header_of_request(request).hash())
    data = replace(given, new_payload_request=replace(request, execution_payload=payload)).encode()
    assert run_in_executor(data)[0] == expected(data, not VALID)
    assert run_in_executor(given.encode())[0] == expected(given.encode(), VALID)


def test_random_programs_leave_the_states_that_the_specification_computes():
    generator = random.Random(10)
    for _ in range(8):
        data = block_of_random_programs(generator).stateless_input().encode()
        assert run_in_executor(data)[0] == expected(data, VALID)


@given(st.lists(st.tuples(st.integers(0, 700) | st.integers(0, 14_000), st.integers(1, 255)), min_size=1, max_size=3))
@settings(max_examples=40)
def test_damaged_inputs_always_give_43_bytes(example, damage):
    data = bytearray(example)
    for position, change in damage:
        data[position] ^= change
    success = bytes(data) == example
    assert run_in_executor(bytes(data))[0] == expected(bytes(data), success)


@given(st.binary(max_size=700), st.sampled_from([b"", b"\x14\x01", b"\x14\x01\x10\0\0\0", b"\x15\x01\x10\0\0\0"]))
@settings(max_examples=40)
def test_random_bytes_always_give_43_bytes(data, head):
    assert run_in_executor(head + data)[0] == expected(head + data, not VALID)


def test_every_beginning_of_an_input_gives_43_bytes(example):
    for length in [*range(0, 640, 39), *range(640, len(example), 1997)]:
        data = example[:length]
        assert run_in_executor(data)[0] == expected(data, not VALID)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.slow] if case.get("slow") else []) for case in TABLE],
    ids=lambda case: f"{case['file']}-{case['build']}",
)
def test_data_files_give_what_the_table_says(case, data_folder):
    data = input_of_file(data_folder / "blocks" / case["file"], case.get("change", "none"))
    output, execution = run_in_executor(data, declared=case["build"] == "vectors")
    assert output == expected(data, case["success"])
    if "root" in case:
        assert decode_stateless_output(output).new_payload_request_root.hex() == case["root"]
    assert execution.cycles <= case.get("max_cycles", execution.cycles)


def test_the_table_names_every_block_file(data_folder):
    assert {path.name for path in (data_folder / "blocks").iterdir()} == {case["file"] for case in TABLE}


def test_the_guest_and_the_host_have_the_same_fork_times():
    source = (ROOT / "guests/revm/stateless/src/forks.rs").read_text(encoding="utf-8").replace("_", "")
    body = source[source.index("const CHAINS") : source.index("/// The fork of a block")]
    chains = {}
    for chain, times in re.findall(r"\(\s*(\d+),\s*&\[(.*?)\],?\s*\)", body, re.DOTALL):
        found = re.findall(r"Fork::(\w+), (\d+)", times)
        chains[int(chain)] = {Fork[name.upper()]: int(time) for name, time in found}
    assert set(chains) == set(ACTIVATION_TIMES)
    for chain, times in ACTIVATION_TIMES.items():
        if chain == DEVELOPMENT_CHAIN:
            times = {max(times): 0}  # every fork from the beginning, so only the last one is ever active
        assert chains[chain] == times

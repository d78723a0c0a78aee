"""The guest's library built for this machine: the same answers, and each refusal for its own reason.

Slow because it is compiled first (once; a few minutes). A reason tells that the rule itself was applied: without it the
block would be refused later, for another reason, or not at all.
"""

import os
import random
import shutil
import subprocess
from dataclasses import replace

import pytest

from block_cases.base import GWEI, Sending, base_accounts
from block_cases.catalogue import CASES
from block_cases.hostile import with_changed_node
from block_cases.invalid import (
    FAILING_CONTRACTS,
    MALFORMED_DEPOSIT,
    SENDER_WITH_CODE,
    TRANSACTIONS,
    failing_account,
    large_transactions,
    make,
)
from block_cases.twins import stateless_bytes, twins_of
from guest.inputs import input_of_file
from guest.programs import block_of_random_programs
from guest.runners import NATIVE, ROOT, NativeLibrary
from guest.test_guest import TABLE, VALID, expected
from hstar.ethereum.forks import ACTIVATION_TIMES, DEVELOPMENT_CHAIN, SEPOLIA, Fork, ForkSource
from hstar.ethereum.maker import build_state, make_ancestors
from hstar.ethereum.oracle.execute import execute_block
from hstar.ethereum.payload import header_of_request
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.system_contracts import DEPOSIT_CONTRACT_ADDRESS
from hstar.ethereum.witness import Witness

pytest.importorskip("ethereum.forks")
pytestmark = pytest.mark.slow

# A payload cannot say these: a wrong one is found by the block hash.
FOUND_BY_BLOCK_HASH = {
    BlockReason.REQUESTS_HASH_WRONG,
    BlockReason.DIFFICULTY_WRONG,
    BlockReason.NONCE_WRONG,
    BlockReason.OMMERS_WRONG,
    BlockReason.TRANSACTIONS_ROOT_WRONG,
    BlockReason.WITHDRAWALS_ROOT_WRONG,
}


@pytest.fixture(scope="session")
def library():
    if "HSTAR_REVM_NATIVE" not in os.environ:
        if shutil.which("cargo") is None:
            pytest.skip("cargo is not installed")
        env = {**os.environ, "CARGO_TARGET_DIR": str(NATIVE.parents[1])}
        command = ["cargo", "build", "--quiet", "--locked", "--profile", "native", "--package", "revm-native"]
        subprocess.run(command, cwd=ROOT / "guests/revm", env=env, check=True)
    running = NativeLibrary()
    yield running
    running.close()


def refit(given, **changes):
    """The input with another payload, whose block hash is made to fit."""
    payload = replace(given.new_payload_request.execution_payload, **changes)
    request = replace(given.new_payload_request, execution_payload=payload)
    fitting = replace(payload, block_hash=header_of_request(request).hash())
    return replace(given, new_payload_request=replace(request, execution_payload=fitting))


@pytest.mark.parametrize("name", CASES)
def test_a_made_block_is_valid_and_each_twin_refused_for_its_reason(name, library):
    made = CASES[name].make()
    data = made.stateless_input().encode()
    assert library(data, declared=True) == (expected(data, VALID), "")
    for twin in twins_of(made, stride=1 if len(made.witness.state) < 60 else 5):
        data = stateless_bytes(twin, made)
        if data is None:
            continue
        output, reason = library(data, declared=True)
        wanted = BlockReason.BLOCK_HASH_WRONG if twin.reason in FOUND_BY_BLOCK_HASH else twin.reason
        assert (output, reason) == (expected(data, not VALID), wanted), twin.name


def on_state(accounts):
    """An empty valid block, put on another state, with all of it as witness."""
    merged = {**base_accounts(), **accounts}
    state = build_state({address: account for address, account in merged.items() if account})
    parent = make_ancestors(state.root, base_fee_per_gas=GWEI, gas_used=18_000_000)[-1]
    given = make(lambda send: []).stateless_input()
    witness = Witness(state.nodes, state.codes, (parent.encode(),)).canonical()
    return refit(replace(given, witness=witness), parent_hash=parent.hash())


def with_sent(given, transactions):
    """The input with other transactions and their versioned hashes."""
    sent = transactions(Sending())
    hashes = tuple(blob for transaction in sent for blob in transaction.blob_versioned_hashes)
    request = replace(given.new_payload_request, versioned_hashes=hashes)
    raw = tuple(transaction.encode() for transaction in sent)
    return refit(replace(given, new_payload_request=request), transactions=raw)


def assert_refused(library, given, wanted, **options):
    data = given.encode()
    assert library(data, **options) == (expected(data, not VALID), wanted)


@pytest.mark.parametrize(("name", "transactions", "words"), TRANSACTIONS)
def test_a_transaction_that_no_block_may_hold_is_refused_as_such(name, transactions, words, library):
    malformed = "has 0 bytes" in words
    wanted = BlockReason.TRANSACTION_MALFORMED if malformed else BlockReason.TRANSACTION_INVALID
    assert_refused(library, with_sent(on_state(SENDER_WITH_CODE), transactions), wanted)


@pytest.mark.parametrize(("address", "code"), FAILING_CONTRACTS)
def test_a_request_contract_that_fails_is_refused_as_such(address, code, library):
    returns = code is not None and code.endswith("RETURN")
    wanted = BlockReason.REQUESTS_HASH_WRONG if returns else BlockReason.SYSTEM_CALL_FAILED
    assert_refused(library, on_state({address: failing_account(code)}), wanted)


def test_a_malformed_deposit_log_is_refused_as_such(library):
    given = on_state({DEPOSIT_CONTRACT_ADDRESS: MALFORMED_DEPOSIT})
    sent = with_sent(given, lambda send: [send(DEPOSIT_CONTRACT_ADDRESS)])
    assert_refused(library, sent, BlockReason.DEPOSIT_LOG_MALFORMED)


def test_a_block_above_the_size_cap_is_refused_from_osaka_on(library):
    given = make(large_transactions, fork=Fork.PRAGUE, parent={"gas_limit": 500_000_000}).stateless_input()
    assert library(given.encode(), declared=True) == (expected(given.encode(), VALID), "")
    assert_refused(library, replace(given, fork=Fork.OSAKA), BlockReason.BLOCK_TOO_LARGE, declared=True)


def test_versioned_hashes_must_be_those_of_the_transactions(library):
    given = make(lambda send: []).stateless_input()
    wrong = replace(given, new_payload_request=replace(given.new_payload_request, versioned_hashes=(bytes(32),)))
    assert_refused(library, wrong, BlockReason.VERSIONED_HASHES_WRONG)


def test_fork_times_begin_and_end_exactly(library):
    given = make(lambda send: []).stateless_input()
    about_forks = {BlockReason.FORK_WRONG, BlockReason.FORK_UNSUPPORTED, BlockReason.CHAIN_UNKNOWN}
    assert_refused(library, replace(given, chain_id=5), BlockReason.CHAIN_UNKNOWN)
    for chain, times in ACTIVATION_TIMES.items():
        for fork, begin in times.items():
            if chain == DEVELOPMENT_CHAIN or fork is Fork.AMSTERDAM:
                continue
            at = replace(given, chain_id=chain, fork=fork)
            assert library(refit(at, timestamp=begin).encode())[1] not in about_forks
            assert library(refit(at, timestamp=begin - 1).encode())[1] in about_forks
    amsterdam = ACTIVATION_TIMES[SEPOLIA][Fork.AMSTERDAM]
    late = refit(replace(given, chain_id=SEPOLIA), timestamp=amsterdam)
    assert_refused(library, late, BlockReason.FORK_WRONG)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case['file']}-{case['build']}")
def test_data_files_are_refused_for_the_reason_in_the_table(case, library, data_folder):
    data = input_of_file(data_folder / "blocks" / case["file"], case.get("change", "none"))
    output, reason = library(data, declared=case["build"] == "vectors")
    assert (output, reason) == (expected(data, case["success"]), case["reason"])


def test_damaged_inputs_never_stop_the_library(library):
    """Random damage at random places: offsets, lengths, RLP prefixes, hashes; nothing but an answer may come out."""
    generator = random.Random(7)
    inputs = [CASES[name].make().stateless_input().encode() for name in list(CASES)[::4]]
    for step in range(30_000):
        data = bytearray(generator.choice(inputs))
        for _ in range(generator.choice([1, 1, 2, 5])):
            place = generator.randrange(min(len(data), generator.choice([30, 600, 10**6])))
            data[place] = generator.choice([0, 1, 0x80, 0xC0, 0xF8, 0xFF, generator.randrange(256)])
        if generator.random() < 0.1:
            del data[generator.randrange(len(data)) :]
        output, reason = library(bytes(data), declared=True)
        if step % 100 == 0:
            assert output == expected(bytes(data), reason == "")


def test_hostile_states_get_the_oracles_verdict(library):
    """Nodes changed with every hash above them fitted: malformed tries, other accounts, other paths."""
    generator = random.Random(8)
    num_valid = 0
    for _ in range(600):
        case = CASES[generator.choice(["storage_collapses", "other_accounts", "withdrawals", "creates"])]
        made = case.make()
        index = generator.randrange(len(made.witness.state))
        node = bytearray(made.witness.state[index])
        for _ in range(generator.choice([1, 1, 2])):
            node[generator.randrange(len(node))] = generator.choice([0, 1, 0x20, 0x80, 0xA0, 0xC0, 255])
        block, witness = with_changed_node(made, index, bytes(node))
        try:
            execute_block(block, made.chain_id, witness, declared_fork=case.fork, fork_source=ForkSource.DECLARED)
            valid = True
        except BlockRejectedError:
            valid = False
        given = replace(made.stateless_input(), witness=witness)
        data = refit(given, parent_hash=block.header.parent_hash).encode()
        output, reason = library(data, declared=True)
        assert output == expected(data, valid), reason
        num_valid += valid
    assert num_valid < 600


def test_random_programs_leave_the_states_that_the_specification_computes(library):
    """The quick loop and everything it hands over: a block is valid only if gas, receipts and state root agree."""
    generator = random.Random(9)
    failed = 0
    for _ in range(120):
        made = block_of_random_programs(generator)
        data = made.stateless_input().encode()
        assert library(data) == (expected(data, VALID), "")
        failed += sum(result.error is not None for result in made.execution.transactions)
    assert 50 < failed < 1000, failed  # of 1,440

"""Transactions that no block may hold, and system contracts that make a block impossible: refused with the place."""

import pytest

from block_cases.base import RECIPIENT
from block_cases.invalid import (
    FAILING_CONTRACTS,
    MALFORMED_DEPOSIT,
    SENDER_WITH_CODE,
    TRANSACTIONS,
    failing_account,
    large_transactions,
    make,
)
from hstar.errors import InputError
from hstar.ethereum.forks import DEVELOPMENT_CHAIN, Fork, ForkSource
from hstar.ethereum.maker import AccountState, BlockPlan, build_state, make_ancestors, make_block
from hstar.ethereum.oracle.execute import execute_block
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.system_contracts import DEPOSIT_CONTRACT_ADDRESS

pytest.importorskip("ethereum.forks")


@pytest.mark.parametrize(("name", "transactions", "words"), TRANSACTIONS)
def test_a_block_with_it_is_refused_and_the_transaction_named(name, transactions, words):
    with pytest.raises(BlockRejectedError, match=words) as caught:
        make(transactions, SENDER_WITH_CODE)
    malformed = "has 0 bytes" in words
    assert caught.value.reason is (BlockReason.TRANSACTION_MALFORMED if malformed else BlockReason.TRANSACTION_INVALID)
    assert "transaction " in caught.value.message


def test_gas_cap_of_a_transaction_does_not_hold_in_prague():
    assert make(lambda send: [send(gas_limit=2**24 + 1)], fork=Fork.PRAGUE).execution.gas_used == 21_000


@pytest.mark.parametrize(("address", "code"), FAILING_CONTRACTS)
def test_a_request_contract_that_fails_makes_the_block_invalid(address, code):
    with pytest.raises(BlockRejectedError) as caught:
        make(lambda send: [], {address: failing_account(code)})
    assert caught.value.reason is BlockReason.SYSTEM_CALL_FAILED


def test_a_malformed_deposit_log_makes_the_block_invalid():
    with pytest.raises(BlockRejectedError, match="deposit") as caught:
        make(lambda send: [send(DEPOSIT_CONTRACT_ADDRESS)], {DEPOSIT_CONTRACT_ADDRESS: MALFORMED_DEPOSIT})
    assert caught.value.reason is BlockReason.DEPOSIT_LOG_MALFORMED


def test_a_block_above_the_size_cap_is_refused_from_osaka_on():
    made = make(large_transactions, fork=Fork.PRAGUE, parent={"gas_limit": 500_000_000})

    def judge(fork):
        execute_block(made.block, DEVELOPMENT_CHAIN, made.witness, declared_fork=fork, fork_source=ForkSource.DECLARED)

    judge(Fork.PRAGUE)
    with pytest.raises(BlockRejectedError) as caught:
        judge(Fork.OSAKA)
    assert caught.value.reason is BlockReason.BLOCK_TOO_LARGE


def test_the_parent_must_carry_the_state():
    state = build_state({RECIPIENT: AccountState(balance=1)})
    with pytest.raises(InputError, match="does not carry"):
        make_block(BlockPlan(), state, make_ancestors(bytes(32)), chain_id=DEVELOPMENT_CHAIN, fork=Fork.BPO2)

"""The oracle on made blocks: valid ones accepted with what they must give, invalid twins rejected for their reason."""

from dataclasses import replace

import pytest

from block_cases.base import GWEI, base_accounts
from block_cases.catalogue import CASES
from block_cases.twins import twins_of
from hstar.ethereum.forks import ForkSource
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.headers import decode_header
from hstar.ethereum.maker import make_ancestors
from hstar.ethereum.oracle.execute import execute_block
from hstar.ethereum.payload import decode_transactions
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.transactions import TYPE_NAMES

pytest.importorskip("ethereum.forks")
QUICK = [name for name, case in CASES.items() if not case.slow]
THOROUGH = ["storage_collapses", "requests_of_all_types_and_one_underpaid", "ancestor_hashes", "creates"]
NUM_TWINS = 4  # executed per case; the place in the catalogue decides which


def judge(case, block, witness, chain_id):
    return execute_block(block, chain_id, witness, declared_fork=case.fork, fork_source=ForkSource.DECLARED)


def test_the_catalogue_covers_what_it_must():
    kinds = set()
    for name in QUICK:
        kinds |= {transaction.kind for transaction in decode_transactions(CASES[name].make().block.transactions)}
    assert kinds == set(range(len(TYPE_NAMES)))
    assert len(CASES) >= 100


@pytest.mark.parametrize("name", CASES)
def test_a_made_block_is_valid_and_its_witness_minimal(name):
    case = CASES[name]
    made = case.make()
    execution = judge(case, made.block, made.witness, made.chain_id)

    errors = [result.error for result in execution.transactions]
    assert errors == list(case.errors or [None] * len(errors))
    requests = execution.requests
    found = (len(requests.deposits), len(requests.withdrawals), len(requests.consolidations))
    assert found == case.num_requests
    assert execution.used_nodes == {keccak256(node) for node in made.witness.state}
    assert execution.used_codes == {keccak256(code) for code in made.witness.codes}
    assert execution.num_ancestors_used == len(made.witness.headers)


def rejected(case, twin, chain_id):
    with pytest.raises(BlockRejectedError) as caught:
        judge(case, twin.block, twin.witness, chain_id)
    assert caught.value.reason == twin.reason, f"{twin.name}: {caught.value.message}"


@pytest.mark.parametrize("name", QUICK)
def test_some_twins_of_each_block_are_rejected_for_their_reason(name):
    case = CASES[name]
    made = case.make()
    twins = twins_of(made, stride=7)
    place = list(CASES).index(name)
    executed = [twin for twin in twins if twin.executes]
    chosen = [executed[(place * NUM_TWINS + step) % len(executed)] for step in range(NUM_TWINS)]
    for twin in [twin for twin in twins if not twin.executes] + chosen:
        rejected(case, twin, made.chain_id)


@pytest.mark.parametrize("name", THOROUGH)
def test_every_twin_is_rejected_for_its_reason(name):
    case = CASES[name]
    made = case.make()
    for twin in twins_of(made):
        rejected(case, twin, made.chain_id)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_twin_of_every_block_is_rejected_for_its_reason(name):
    case = CASES[name]
    made = case.make()
    for twin in twins_of(made, stride=1 if len(made.witness.state) < 60 else 5):
        rejected(case, twin, made.chain_id)


@pytest.mark.parametrize("name", ["empty", "calls", "ancestor_hashes"])
def test_more_witness_than_needed_in_any_order_is_fine(name):
    case = CASES[name]
    made = case.make()
    witness = replace(
        made.witness,
        state=(b"not a node", *reversed(made.witness.state), made.witness.state[0]),
        codes=(b"unused", b"", *reversed(made.witness.codes)),
    )
    judge(case, made.block, witness, made.chain_id)


def test_older_headers_than_needed_are_fine_and_a_gap_is_not():
    case = CASES["ancestor_hashes"]
    made = case.make()
    parent = {"base_fee_per_gas": GWEI, "gas_used": 18_000_000}
    state_root = decode_header(made.witness.headers[-1]).state_root
    headers = [header.encode() for header in make_ancestors(state_root, case.num_ancestors, **parent)]
    assert headers[-1] == made.witness.headers[-1]
    assert len(made.witness.headers) < 100
    judge(case, made.block, replace(made.witness, headers=tuple(headers[-256:])), made.chain_id)

    for wrong, reason in (
        (headers[-257:], BlockReason.TOO_MANY_HEADERS),
        ([*headers[-100:-50], *headers[-49:]], BlockReason.HEADERS_NOT_CONTIGUOUS),
        (headers[-100:-1], BlockReason.PARENT_HEADER_WRONG),
    ):
        with pytest.raises(BlockRejectedError) as caught:
            judge(case, made.block, replace(made.witness, headers=tuple(wrong)), made.chain_id)
        assert caught.value.reason is reason


def stock_state(package, accounts):
    """A state of the unmodified specification."""
    state = package.state.State()
    types = package.state
    for address, account in accounts.items():
        key = package.fork_types.Address(address)
        value = package.fork_types.Account(
            nonce=types.Uint(account.nonce), balance=types.U256(account.balance), code=account.code
        )
        types.set_account(state, key, value)
        for slot, content in account.storage.items():
            types.set_storage(state, key, types.Bytes32(slot.to_bytes(32, "big")), types.U256(content))
    return state


def stock_header(package, encoded):
    """A header in the package's type, which is that of its own fork or of the one before."""
    rlp = package.trie.rlp
    try:
        return rlp.decode_to(package.blocks.Header, encoded)
    except rlp.DecodingError:
        from ethereum.forks.cancun.blocks import Header

        return rlp.decode_to(Header, encoded)


class StockFork:
    """The modules of a fork as the package has them."""

    def __init__(self, name):
        import importlib

        for module in ("fork", "state", "fork_types", "blocks", "trie"):
            setattr(self, module, importlib.import_module(f"ethereum.forks.{name}.{module}"))


@pytest.mark.parametrize("name", QUICK)
def test_the_unmodified_specification_accepts_the_block(name):
    case = CASES[name]
    made = case.make()
    package = StockFork(case.fork.name.lower())
    accounts = {address: account for address, account in {**base_accounts(), **case.accounts}.items() if account}
    state = stock_state(package, accounts)
    rlp = package.trie.rlp
    past = [package.blocks.Block(stock_header(package, header), (), (), ()) for header in made.witness.headers]
    chain = package.fork.BlockChain(past, state, package.blocks.U64(made.chain_id))
    block = rlp.decode_to(package.blocks.Block, made.block.encode())
    package.fork.state_transition(chain, block)

    assert chain.blocks[-1] == block

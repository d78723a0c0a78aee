"""States before the block that no honest chain has, but whose hashes fit: judged without a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from block_cases.catalogue import CASES
from block_cases.hostile import with_changed_node
from hstar.ethereum import rlp
from hstar.ethereum.forks import ForkSource
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.oracle.execute import execute_block
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.trie import EMPTY_ROOT, NodeStore, Trie

pytest.importorskip("ethereum.forks")
NAMES = ["storage_collapses", "other_accounts", "withdrawals"]
MADE = {name: (CASES[name], CASES[name].make()) for name in NAMES}


def judge(case, made, block, witness):
    return execute_block(block, made.chain_id, witness, declared_fork=case.fork, fork_source=ForkSource.DECLARED)


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=120)
def test_a_changed_node_with_fitting_hashes_never_crashes(name, data):
    case, made = MADE[name]
    index = data.draw(st.integers(0, len(made.witness.state) - 1))
    node = bytearray(made.witness.state[index])
    for _ in range(data.draw(st.integers(1, 2))):
        node[data.draw(st.integers(0, len(node) - 1))] = data.draw(st.sampled_from([0, 1, 0x20, 0x80, 0xA0, 0xC0, 255]))
    block, witness = with_changed_node(made, index, bytes(node))
    try:
        judge(case, made, block, witness)
    except BlockRejectedError as error:
        assert error.message


ACCOUNT = [0, 5, EMPTY_ROOT, keccak256(b"")]


@pytest.mark.parametrize(
    "leaf",
    [
        b"\x05",
        rlp.encode(ACCOUNT[:3]),
        rlp.encode([*ACCOUNT, b""]),
        rlp.encode([b"\0", *ACCOUNT[1:]]),
        rlp.encode([2**64, *ACCOUNT[1:]]),
        rlp.encode([0, 2**256, *ACCOUNT[2:]]),
        rlp.encode([0, 5, EMPTY_ROOT[:-1], ACCOUNT[3]]),
        rlp.encode([0, 5, EMPTY_ROOT, b""]),
        rlp.encode(ACCOUNT) + b"\0",
    ],
)
def test_a_leaf_that_is_no_account_is_malformed(leaf):
    from hstar.ethereum.oracle.world import CodeStore, State

    address, store = b"\x01" * 20, NodeStore()
    trie = Trie(store)
    trie.set(keccak256(address).hex(), leaf)
    state = State(store, CodeStore([]), trie.root(store.nodes.__setitem__))
    with pytest.raises(BlockRejectedError, match="account 0x0101") as caught:
        state.account(address)
    assert caught.value.reason is BlockReason.MALFORMED_NODE


@pytest.mark.parametrize("leaf", [b"\0", b"\x80", b"\x82\x00\x01", rlp.encode(2**256), b"\xc0", b"\x05\x05"])
def test_a_leaf_that_is_no_slot_is_malformed(leaf):
    from hstar.ethereum.oracle.world import CodeStore, State

    address, key, store = b"\x01" * 20, bytes(32), NodeStore()
    storage, trie = Trie(store), Trie(store)
    storage.set(keccak256(key).hex(), leaf)
    account = [0, 5, storage.root(store.nodes.__setitem__), keccak256(b"")]
    trie.set(keccak256(address).hex(), rlp.encode(account))
    state = State(store, CodeStore([]), trie.root(store.nodes.__setitem__))
    with pytest.raises(BlockRejectedError, match="slot 0x00") as caught:
        state.slot(address, key)
    assert caught.value.reason is BlockReason.MALFORMED_NODE

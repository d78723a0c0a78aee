"""Loading the specification: what is replaced changes nothing, what is missing is one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases.catalogue import CASES
from hstar.errors import InputError
from hstar.ethereum.assembly import TOKEN_CODE
from hstar.ethereum.forks import Fork, ForkSource
from hstar.ethereum.oracle import specification
from hstar.ethereum.oracle.execute import execute_block
from hstar.ethereum.oracle.specification import JumpDestinations, load_specification
from hstar.ethereum.reasons import BlockReason, BlockRejectedError

runtime = pytest.importorskip("ethereum.forks.osaka.vm.runtime")
FORKS = [Fork.PRAGUE, Fork.OSAKA, Fork.BPO1, Fork.BPO2]


@given(st.binary(max_size=80) | st.lists(st.sampled_from([0x5B, 0x60, 0x61, 0x7F, 0x00, 0x0C]), max_size=60).map(bytes))
def test_jump_destinations_are_those_of_the_specification(code):
    ours, theirs = JumpDestinations(code), runtime.get_valid_jump_destinations(code)
    assert [position for position in range(len(code) + 2) if position in ours] == sorted(map(int, theirs))


def test_jump_destinations_of_a_contract():
    ours, theirs = JumpDestinations(TOKEN_CODE), runtime.get_valid_jump_destinations(TOKEN_CODE)
    assert len(theirs) == 3
    assert all(position in ours for position in theirs)


@pytest.mark.parametrize("fork", FORKS)
def test_our_state_has_every_function_that_the_specification_imports(fork):
    import importlib
    import inspect

    ours = importlib.import_module("hstar.ethereum.oracle.state")
    theirs = importlib.import_module(f"ethereum.forks.{fork.name.lower()}.state")
    imported = set()
    for module in ("fork", "vm", "vm.interpreter", "vm.eoa_delegation", "utils.message", "vm.instructions.storage",
                   "vm.instructions.system", "vm.instructions.environment"):  # fmt: skip
        namespace = vars(importlib.import_module(f"ethereum.forks.{fork.name.lower()}.{module}"))
        imported |= {name for name, value in namespace.items() if getattr(value, "__module__", "") == theirs.__name__}
    assert len(imported) > 20
    for name in imported:
        wanted = getattr(theirs, name)
        assert hasattr(ours, name), name
        if inspect.isfunction(wanted):
            assert (
                list(inspect.signature(getattr(ours, name)).parameters)[:1]
                == list(inspect.signature(wanted).parameters)[:1]
            )
            assert len(inspect.signature(getattr(ours, name)).parameters) == len(inspect.signature(wanted).parameters)


def test_the_package_itself_stays_as_it_is():
    import importlib

    loaded = load_specification(Fork.BPO2)
    package = importlib.import_module("ethereum.forks.bpo2.fork")
    assert loaded.fork is not package
    assert loaded.fork.State.__module__ == "hstar.ethereum.oracle.world"
    assert package.State.__module__ == "ethereum.forks.bpo2.state"


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setattr(specification, "is_available", lambda: False)
    with pytest.raises(InputError, match=r"hstar\[oracle\]"):
        load_specification(Fork.BPO2)


def test_amsterdam_is_refused_by_name():
    with pytest.raises(InputError, match="Amsterdam"):
        load_specification(Fork.AMSTERDAM)


def judge(name, block=None, witness=None):
    case = CASES[name]
    made = case.make()
    return execute_block(
        block or made.block,
        made.chain_id,
        witness or made.witness,
        declared_fork=case.fork,
        fork_source=ForkSource.DECLARED,
    )


def test_a_rejection_says_where_the_node_was_needed():
    """A node that only the new state root needs is named with the slot and the moment; others with the transaction."""
    from dataclasses import replace

    witness = CASES["storage_collapses"].make().witness
    places = set()
    for index in range(len(witness.state)):
        rest = witness.state[:index] + witness.state[index + 1 :]
        with pytest.raises(BlockRejectedError) as caught:
            judge("storage_collapses", witness=replace(witness, state=rest))
        assert caught.value.reason is BlockReason.MISSING_NODE
        assert "account 0x" in caught.value.message
        places.add(caught.value.message.split(":")[0].split(" (")[0])
    assert {"transaction 0", "the state after the block", "the system calls at the start of the block"} <= places


def test_a_missing_code_names_its_account():
    from dataclasses import replace

    made = CASES["other_accounts"].make()
    with pytest.raises(BlockRejectedError, match=r"lacks the code 0x[0-9a-f]{64} of account 0x[0-9a-f]{40}"):
        judge("other_accounts", witness=replace(made.witness, codes=()))


def test_hash_of_a_code_does_not_need_the_code():
    """EXTCODEHASH of a contract whose code the witness lacks."""
    from block_cases.opcodes import CODE_ONLY_HASHED

    made = CASES["other_accounts"].make()
    assert CODE_ONLY_HASHED not in made.witness.codes
    judge("other_accounts")

"""From a loaded block to a verdict and the bytes that a guest reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hstar.errors import InputError, Reason
from hstar.ethereum.forks import ForkSource, fork_at
from hstar.ethereum.inputs import BlockInput
from hstar.ethereum.oracle.contract import execute_stateless_input, without_public_keys
from hstar.ethereum.oracle.execute import compare_with_header, execute_block
from hstar.ethereum.oracle.run import Execution, run_block
from hstar.ethereum.oracle.specification import load_specification
from hstar.ethereum.payload import request_of_block
from hstar.ethereum.stateless import StatelessInput
from hstar.ethereum.trie import NodeStore


@dataclass(frozen=True)
class Judgement:
    """A valid block: what executing it gave, and its stateless input in the newest dialect."""

    execution: Execution
    stateless_input: StatelessInput


def judge(
    block_input: BlockInput,
    *,
    fork_source: ForkSource = ForkSource.TIMESTAMP,
    assume_absent: Collection[bytes] = (),
) -> Judgement:
    """Checks a block completely and makes its stateless input, with the requests that execution gave.

    Args:
        block_input: the block and its witness.
        fork_source, assume_absent: for public test vectors; see `execute_block`.

    Raises:
        BlockRejectedError: the block is invalid, or its witness does not suffice.
        InputError: the specification is not installed or lacks the fork.
    """
    given = block_input.stateless_input
    if given is not None:
        execution = execute_stateless_input(given, fork_source=fork_source)
        return Judgement(execution, without_public_keys(given))
    execution = execute_block(
        block_input.block,
        block_input.chain_id,
        block_input.witness,
        declared_fork=block_input.declared_fork,
        fork_source=fork_source,
        assume_absent=assume_absent,
    )
    request = request_of_block(block_input.block, execution.requests, execution.fork)
    made = StatelessInput(execution.fork, request, block_input.witness.canonical(), block_input.chain_id)
    return Judgement(execution, made)


def run_trace(block_input: BlockInput) -> Execution:
    """Executes a block that comes without its parent header and compares every root.

    This says nothing about header rules and proves nothing about the state before it: the state root is the file's
    own word. For test vectors only.

    Raises:
        InputError: the input is of another form.
        BlockRejectedError: as in `execute_block`.
    """
    if block_input.trace_state_root is None:
        raise InputError(
            "only a trace (a block without parent header) is run this way; use `judge`", reason=Reason.WRONG_TYPE
        )
    header = block_input.block.header
    specification = load_specification(fork_at(block_input.chain_id, header.timestamp))
    state = specification.world.State(
        NodeStore(block_input.witness.state),
        specification.world.CodeStore(block_input.witness.codes),
        block_input.trace_state_root,
    )
    execution = run_block(specification, block_input.block, block_input.chain_id, state, block_input.trace_block_hashes)
    compare_with_header(execution, header)
    return execution

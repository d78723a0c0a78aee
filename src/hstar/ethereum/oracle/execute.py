"""Judging a block: everything that the stateless contract demands, with the reason of a rejection in words.

The order is that of the contract: fork, ancestors, header rules, body roots, execution, then every root.

Source: EIP-8025 (execution-layer half); execution-specs, `state_transition`.
"""

from __future__ import annotations

from collections.abc import Collection

from hstar.ethereum.blocks import Block
from hstar.ethereum.forks import Fork, ForkSource, chain_name, fork_at
from hstar.ethereum.headers import Header
from hstar.ethereum.oracle.rules import check_header
from hstar.ethereum.oracle.run import Execution, run_block
from hstar.ethereum.oracle.specification import Foreign, Specification, load_specification
from hstar.ethereum.payload import withdrawals_root
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.trie import NodeStore, ordered_root
from hstar.ethereum.witness import Ancestors, Witness, check_ancestors


def compare_with_header(execution: Execution, header: Header) -> None:
    """Compares what execution gave with what the header says.

    Raises:
        BlockRejectedError: with the reason of the first difference; gas comes before the roots that depend on it.
    """
    pairs: list[tuple[BlockReason, str, object, object]] = [
        (BlockReason.GAS_USED_WRONG, "gas used", execution.gas_used, header.gas_used),
        (BlockReason.BLOB_GAS_USED_WRONG, "blob gas used", execution.blob_gas_used, header.blob_gas_used),
        (BlockReason.RECEIPTS_ROOT_WRONG, "receipts root", execution.receipts_root, header.receipts_root),
        (BlockReason.LOGS_BLOOM_WRONG, "logs bloom", execution.logs_bloom, header.logs_bloom),
        (BlockReason.REQUESTS_HASH_WRONG, "requests hash", execution.requests_hash, header.requests_hash),
        (BlockReason.STATE_ROOT_WRONG, "state root", execution.state_root, header.state_root),
    ]
    for reason, name, found, claimed in pairs:
        if found != claimed:
            raise BlockRejectedError(
                f"execution of block {header.number} gives {name} {_shown(found)}, but its header says "
                f"{_shown(claimed)}",
                reason=reason,
                found=_shown(found),
                claimed=_shown(claimed),
            )


def _shown(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    return f"0x{value.hex()}" if len(value) <= 32 else f"0x{value[:16].hex()}... ({len(value)} bytes)"


def _fork_of(block: Block, chain_id: int, declared: Fork | None, source: ForkSource) -> Fork:
    if source is ForkSource.DECLARED and declared is not None:
        return declared
    fork = fork_at(chain_id, block.header.timestamp)
    if declared not in (None, fork):
        raise BlockRejectedError(
            f"the input is for {declared.title if declared else ''}, but at time {block.header.timestamp} "
            f"{chain_name(chain_id)} has {fork.title}",
            reason=BlockReason.FORK_WRONG,
        )
    return fork


def _check_body_roots(block: Block) -> None:
    header = block.header
    for reason, name, found, claimed in (
        (
            BlockReason.TRANSACTIONS_ROOT_WRONG,
            "transactions",
            ordered_root(block.transactions),
            header.transactions_root,
        ),
        (
            BlockReason.WITHDRAWALS_ROOT_WRONG,
            "withdrawals",
            withdrawals_root(block.withdrawals),
            header.withdrawals_root,
        ),
    ):
        if found != claimed:
            raise BlockRejectedError(
                f"the {name} of block {header.number} have root 0x{found.hex()}, but its header says 0x{claimed.hex()}",
                reason=reason,
            )


def execute_block(
    block: Block,
    chain_id: int,
    witness: Witness,
    *,
    declared_fork: Fork | None = None,
    fork_source: ForkSource = ForkSource.TIMESTAMP,
    assume_absent: Collection[bytes] = (),
) -> Execution:
    """Judges a block by its witness; returning means that the block is valid.

    Args:
        block: the block.
        chain_id: the chain it belongs to.
        witness: nodes, codes and headers; more than needed is fine, less is not.
        declared_fork: the fork that the input names, if it does.
        fork_source: `DECLARED` takes the declared fork without asking the chain's table: public test vectors only.
        assume_absent: accounts that count as absent when their path is missing: test vectors only.

    Raises:
        BlockRejectedError: the block is invalid or the witness does not suffice.
        InputError: the specification is not installed or lacks the fork.
    """
    fork = _fork_of(block, chain_id, declared_fork, fork_source)
    specification = load_specification(fork)
    if block.header.requests_hash is None or block.header.slot_number is not None:
        raise BlockRejectedError(
            f"the header does not have the fields of {fork.title}", reason=BlockReason.MALFORMED_HEADER
        )
    ancestors = check_ancestors(witness.headers, block.header.parent_hash)
    check_header(block, ancestors.parent, specification)
    _check_body_roots(block)
    execution = run_block(
        specification, block, chain_id, _state(specification, witness, ancestors, assume_absent), ancestors.hashes
    )
    compare_with_header(execution, block.header)
    return execution


def _state(
    specification: Specification, witness: Witness, ancestors: Ancestors, assume_absent: Collection[bytes]
) -> Foreign:
    world = specification.world
    return world.State(
        NodeStore(witness.state), world.CodeStore(witness.codes), ancestors.parent.state_root, assume_absent
    )

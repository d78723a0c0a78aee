"""Header rules, each with its own reason; base fee and blob gas are computed by the specification.

Source: execution-specs, `validate_header` and `state_transition` of Prague to BPO2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from hstar.ethereum.blocks import Block
from hstar.ethereum.headers import EMPTY_NONCE, EMPTY_OMMERS_HASH, Header
from hstar.ethereum.oracle.specification import Foreign, Specification
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import MAX_EXTRA_DATA_BYTES


def specification_header(specification: Specification, header: Header) -> Foreign:
    """The header as the specification's type.

    A parent of an older fork lacks the requests hash, which no rule about the child reads.
    """
    complete = replace(header, requests_hash=header.requests_hash or bytes(32))
    return specification.trie.rlp.decode_to(specification.blocks.Header, complete.encode())


def _checks(block: Block, parent: Header, specification: Specification) -> Iterator[tuple[bool, BlockReason, str]]:
    """Every rule as (holds, reason, what is wrong)."""
    header, fork = block.header, specification.fork
    spec_parent = specification_header(specification, parent)
    yield (
        header.number == parent.number + 1,
        BlockReason.BLOCK_NUMBER_WRONG,
        f"the block number is {header.number}, but the parent's is {parent.number}",
    )
    yield (
        header.timestamp > parent.timestamp,
        BlockReason.TIMESTAMP_WRONG,
        f"the timestamp {header.timestamp} is not after the parent's {parent.timestamp}",
    )
    uint = type(spec_parent.gas_limit)
    limit_holds = fork.check_gas_limit(uint(header.gas_limit), spec_parent.gas_limit)
    yield (
        limit_holds,
        BlockReason.GAS_LIMIT_WRONG,
        f"the gas limit {header.gas_limit} is too far from the parent's {parent.gas_limit} or too low",
    )
    yield (
        header.gas_used <= header.gas_limit,
        BlockReason.GAS_USED_ABOVE_LIMIT,
        f"the header says {header.gas_used} gas used, above the limit {header.gas_limit}",
    )
    base_fee = int(
        fork.calculate_base_fee_per_gas(
            uint(header.gas_limit), spec_parent.gas_limit, spec_parent.gas_used, spec_parent.base_fee_per_gas
        )
    )
    yield (
        header.base_fee_per_gas == base_fee,
        BlockReason.BASE_FEE_WRONG,
        f"the base fee is {header.base_fee_per_gas} wei, but follows from the parent as {base_fee}",
    )
    excess = int(specification.gas.calculate_excess_blob_gas(spec_parent))
    yield (
        header.excess_blob_gas == excess,
        BlockReason.EXCESS_BLOB_GAS_WRONG,
        f"the excess blob gas is {header.excess_blob_gas}, but follows from the parent as {excess}",
    )
    yield (
        len(header.extra_data) <= MAX_EXTRA_DATA_BYTES,
        BlockReason.EXTRA_DATA_TOO_LONG,
        f"the extra data has {len(header.extra_data)} bytes, at most {MAX_EXTRA_DATA_BYTES} are allowed",
    )
    yield header.difficulty == 0, BlockReason.DIFFICULTY_WRONG, f"the difficulty is {header.difficulty}, not 0"
    yield header.nonce == EMPTY_NONCE, BlockReason.NONCE_WRONG, f"the nonce is 0x{header.nonce.hex()}, not 0"
    yield (
        header.ommers_hash == EMPTY_OMMERS_HASH and not block.ommers,
        BlockReason.OMMERS_WRONG,
        "the block has ommers or a wrong ommers hash",
    )
    limit = getattr(fork, "MAX_RLP_BLOCK_SIZE", None)  # EIP-7934, from Osaka
    size = len(block.encode()) if limit is not None else 0
    yield (
        limit is None or size <= limit,
        BlockReason.BLOCK_TOO_LARGE,
        f"the block has {size} bytes, at most {limit} are allowed",
    )


def check_header(block: Block, parent: Header, specification: Specification) -> None:
    """Checks a block's header against its parent's.

    Raises:
        BlockRejectedError: with the reason of the first rule that does not hold.
    """
    for holds, reason, what in _checks(block, parent, specification):
        if not holds:
            raise BlockRejectedError(what, reason=reason, block_number=block.header.number)
    if parent.requests_hash is not None:
        _check_by_specification(block, parent, specification)


def _check_by_specification(block: Block, parent: Header, specification: Specification) -> None:
    """The specification's own header check, in case it has a rule that is not listed above."""
    past = specification.blocks.Block(specification_header(specification, parent), (), (), ())
    chain = specification.fork.BlockChain([past], None, None)
    check: Callable[..., None] = specification.fork.validate_header
    try:
        check(chain, specification_header(specification, block.header))
    except specification.fork.EthereumException as error:
        raise BlockRejectedError(
            f"the header of block {block.header.number} breaks a rule of the specification: {error}",
            reason=BlockReason.HEADER_RULE,
        ) from error

"""What `hstar inspect` says about blocks and stateless inputs."""

from __future__ import annotations

import hashlib
from collections import Counter

from hstar.ethereum.forks import ACTIVATION_TIMES, Fork, chain_name, fork_at
from hstar.ethereum.inputs import BlockInput, parse_block
from hstar.ethereum.payload import decode_transactions
from hstar.ethereum.reasons import BlockRejectedError
from hstar.ethereum.transactions import TYPE_NAMES

_GZIP_OR_JSON = (b"\x1f\x8b", b"{")


def looks_like_block(data: bytes) -> bool:
    """Whether the bytes start like a block file: gzip, JSON, or a schema id, raw or in hexadecimal digits."""
    schema_ids = [fork.schema_id for fork in Fork]
    starts = [schema_id.to_bytes(2, "big") for schema_id in schema_ids]
    starts += [f"{schema_id:#06x}".encode() for schema_id in schema_ids]
    return data.lstrip()[:1] == b"{" or data.startswith((*_GZIP_OR_JSON, *starts))


def _rules(block: BlockInput) -> str:
    """Which fork's rules hold, or why none does."""
    if block.chain_id not in ACTIVATION_TIMES and block.declared_fork is not None:
        return f"{block.declared_fork.title} (as the file says)"
    try:
        fork = fork_at(block.chain_id, block.block.header.timestamp)
    except BlockRejectedError as error:
        return error.message
    if block.declared_fork not in (None, fork):
        return f"{fork.title} by the time of the block, but the file is for {block.declared_fork.title}"
    return fork.title


def _transactions(block: BlockInput) -> dict[str, int]:
    kinds = Counter(transaction.kind for transaction in decode_transactions(block.block.transactions))
    return {TYPE_NAMES[kind]: kinds[kind] for kind in sorted(kinds)}


def describe_block(data: bytes) -> dict[str, object]:
    """What stands in a block file; nothing is executed.

    Raises:
        InputError: the bytes are no block of a supported form.
        BlockRejectedError: a transaction is malformed.
    """
    block = parse_block(data, "the file")
    header, witness = block.block.header, block.witness
    description: dict[str, object] = {
        "kind": "block",
        "form": str(block.form),
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "chain_id": block.chain_id,
        "chain": chain_name(block.chain_id),
        "rules": _rules(block),
        "block_number": header.number,
        "block_hash": f"0x{header.hash().hex()}",
        "timestamp": header.timestamp,
        "gas_used": header.gas_used,
        "gas_limit": header.gas_limit,
        "transactions": _transactions(block),
        "withdrawals": len(block.block.withdrawals),
        "witness": {
            "nodes": len(witness.state),
            "node_bytes": sum(map(len, witness.state)),
            "codes": len(witness.codes),
            "code_bytes": sum(map(len, witness.codes)),
            "headers": len(witness.headers),
        },
    }
    if block.stateless_input is not None:
        description |= {
            "schema_id": f"{block.stateless_input.schema_id:#06x}",
            "dialect": str(block.stateless_input.dialect),
            "new_payload_request_root": f"0x{block.stateless_input.new_payload_request_root().hex()}",
        }
    return description

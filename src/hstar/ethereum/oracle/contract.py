"""The stateless contract as a function: bytes in, 43 bytes out; the definition that guests are compared with.

Source: EIP-8025 (execution-layer half).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hstar.errors import InputError
from hstar.ethereum.forks import ForkSource
from hstar.ethereum.oracle.execute import execute_block
from hstar.ethereum.oracle.run import Execution
from hstar.ethereum.payload import block_of_request, decode_transactions
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.stateless import (
    DECODE_FAILURE_OUTPUT,
    Dialect,
    StatelessInput,
    StatelessOutput,
    decode_stateless_input,
)
from hstar.ethereum.transactions import Transaction


def check_public_keys(transactions: Sequence[Transaction], public_keys: Sequence[bytes]) -> None:
    """Checks the public keys of the older dialect: one for each transaction, each the signer's, parity included.

    Raises:
        BlockRejectedError: `public_key_wrong`.
    """
    if len(transactions) != len(public_keys):
        raise BlockRejectedError(
            f"{len(public_keys)} public keys for {len(transactions)} transactions",
            reason=BlockReason.PUBLIC_KEY_WRONG,
        )
    for index, (transaction, key) in enumerate(zip(transactions, public_keys, strict=True)):
        if transaction.sender_public_key() != key:
            raise BlockRejectedError(
                f"public key {index} is not the key that signed transaction {index}",
                reason=BlockReason.PUBLIC_KEY_WRONG,
                transaction=index,
            )


def without_public_keys(stateless_input: StatelessInput) -> StatelessInput:
    """The input in the newest dialect, which guests read; the payload root stays the same.

    Raises:
        BlockRejectedError: a key that would be dropped is not the signer's.
    """
    if stateless_input.public_keys is None:
        return stateless_input
    raw = stateless_input.new_payload_request.execution_payload.transactions
    check_public_keys(decode_transactions(raw), stateless_input.public_keys)
    return replace(stateless_input, public_keys=None)


def execute_stateless_input(
    stateless_input: StatelessInput, *, fork_source: ForkSource = ForkSource.TIMESTAMP
) -> Execution:
    """Judges a stateless input; returning means that the block is valid.

    Raises:
        BlockRejectedError, InputError: as in `execute_block`.
    """
    block = block_of_request(stateless_input.new_payload_request)
    without_public_keys(stateless_input)
    return execute_block(
        block,
        stateless_input.chain_id,
        stateless_input.witness,
        declared_fork=stateless_input.fork,
        fork_source=fork_source,
    )


def stateless_output(
    data: bytes, *, dialect: Dialect = Dialect.NEWEST, fork_source: ForkSource = ForkSource.TIMESTAMP
) -> bytes:
    """The 43 bytes that a guest must answer to an input: the definition that guests are compared with.

    Raises:
        HstarError: only when this machine cannot judge (the specification lacks the fork or is not installed).
    """
    try:
        stateless_input = decode_stateless_input(data, dialect)
    except InputError:
        return DECODE_FAILURE_OUTPUT
    success = True
    try:
        execute_stateless_input(stateless_input, fork_source=fork_source)
    except BlockRejectedError:
        success = False
    return StatelessOutput(
        stateless_input.new_payload_request_root(), success, stateless_input.chain_id, stateless_input.schema_id
    ).encode()

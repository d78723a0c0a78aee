"""Invalid twins of a valid block: one thing wrong each, and the reason for which it must be rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hstar.errors import InputError
from hstar.ethereum.blocks import Block
from hstar.ethereum.hashing import SECP256K1_ORDER
from hstar.ethereum.headers import Header, decode_header
from hstar.ethereum.maker import MadeBlock
from hstar.ethereum.payload import withdrawals_root
from hstar.ethereum.reasons import BlockReason
from hstar.ethereum.records import Withdrawal
from hstar.ethereum.transactions import decode_transaction
from hstar.ethereum.trie import ordered_root
from hstar.ethereum.witness import Witness

GAS_PER_BLOB = 2**17


@dataclass(frozen=True)
class Twin:
    """An invalid block. `executes` says that only execution finds it out."""

    name: str
    reason: BlockReason
    block: Block
    witness: Witness
    executes: bool = True


def stateless_bytes(twin: Twin, made: MadeBlock) -> bytes | None:
    """The twin as a guest would read it (newest dialect), or None when the schema cannot even hold it.

    The payload's block hash is that of the twin's header, so a header field that the payload does not carry is
    found out by the block hash; whatever the reason, a guest answers success 0 and the payload's root.
    """
    valid = made.stateless_input()
    header, block = twin.block.header, twin.block
    payload = replace(
        valid.new_payload_request.execution_payload,
        **{
            name: getattr(header, name)
            for name in (
                *("parent_hash", "fee_recipient", "state_root", "receipts_root", "logs_bloom", "prev_randao"),
                *("gas_limit", "gas_used", "timestamp", "extra_data", "base_fee_per_gas"),
                *("blob_gas_used", "excess_blob_gas"),
            )
        },
        block_number=header.number,
        block_hash=header.hash(),
        transactions=block.transactions,
        withdrawals=block.withdrawals,
    )
    request = replace(valid.new_payload_request, execution_payload=payload)
    try:
        return replace(valid, new_payload_request=request, witness=twin.witness).encode()
    except InputError:
        return None


def _flip(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


# What execution must find out, and how to get it wrong.
EXECUTION_FIELDS: dict[str, tuple[BlockReason, Callable[[Header], object]]] = {
    "state_root": (BlockReason.STATE_ROOT_WRONG, lambda header: _flip(header.state_root)),
    "gas_used": (BlockReason.GAS_USED_WRONG, lambda header: header.gas_used + 1),
    "receipts_root": (BlockReason.RECEIPTS_ROOT_WRONG, lambda header: _flip(header.receipts_root)),
    "logs_bloom": (BlockReason.LOGS_BLOOM_WRONG, lambda header: _flip(header.logs_bloom)),
    "requests_hash": (BlockReason.REQUESTS_HASH_WRONG, lambda header: _flip(header.requests_hash or b"")),
    "blob_gas_used": (BlockReason.BLOB_GAS_USED_WRONG, lambda header: header.blob_gas_used + GAS_PER_BLOB),
}
# What the header alone gives away.
HEADER_FIELDS: dict[str, tuple[BlockReason, Callable[[Header, Header], object]]] = {
    "number": (BlockReason.BLOCK_NUMBER_WRONG, lambda header, parent: header.number + 1),
    "timestamp": (BlockReason.TIMESTAMP_WRONG, lambda header, parent: parent.timestamp),
    "gas_limit": (BlockReason.GAS_LIMIT_WRONG, lambda header, parent: parent.gas_limit + parent.gas_limit // 1024),
    "gas_used": (BlockReason.GAS_USED_ABOVE_LIMIT, lambda header, parent: header.gas_limit + 1),
    "base_fee_per_gas": (BlockReason.BASE_FEE_WRONG, lambda header, parent: header.base_fee_per_gas + 1),
    "excess_blob_gas": (BlockReason.EXCESS_BLOB_GAS_WRONG, lambda header, parent: header.excess_blob_gas + 1),
    "extra_data": (BlockReason.EXTRA_DATA_TOO_LONG, lambda header, parent: bytes(33)),
    "difficulty": (BlockReason.DIFFICULTY_WRONG, lambda header, parent: 1),
    "nonce": (BlockReason.NONCE_WRONG, lambda header, parent: bytes(7) + b"\x01"),
    "ommers_hash": (BlockReason.OMMERS_WRONG, lambda header, parent: _flip(header.ommers_hash)),
    "transactions_root": (BlockReason.TRANSACTIONS_ROOT_WRONG, lambda header, parent: _flip(header.transactions_root)),
    "withdrawals_root": (BlockReason.WITHDRAWALS_ROOT_WRONG, lambda header, parent: _flip(header.withdrawals_root)),
    "parent_hash": (BlockReason.PARENT_HEADER_WRONG, lambda header, parent: _flip(header.parent_hash)),
}


def header_twins(made: MadeBlock) -> Iterator[Twin]:
    """One header field wrong."""
    block = made.block
    for field, (reason, change) in EXECUTION_FIELDS.items():
        header = replace(block.header, **{field: change(block.header)})
        yield Twin(f"header {field}", reason, replace(block, header=header), made.witness)
    parent = decode_header(made.witness.headers[-1])
    for field, (reason, change_by_parent) in HEADER_FIELDS.items():
        header = replace(block.header, **{field: change_by_parent(block.header, parent)})
        yield Twin(f"header {field} by rule", reason, replace(block, header=header), made.witness, executes=False)


def with_transactions(block: Block, transactions: tuple[bytes, ...]) -> Block:
    """Other transactions, with their root."""
    header = replace(block.header, transactions_root=ordered_root(transactions))
    return replace(block, header=header, transactions=transactions)


def body_twins(made: MadeBlock) -> Iterator[Twin]:
    """Transactions and withdrawals wrong, with the roots that go with them."""
    block, raw = made.block, made.block.transactions
    extra = Withdrawal(9, 9, b"\x77" * 20, 1)
    header = replace(block.header, withdrawals_root=withdrawals_root((*block.withdrawals, extra)))
    if block.withdrawals:
        first = block.withdrawals[0]
        paid_more = (replace(first, amount=first.amount ^ 1), *block.withdrawals[1:])
        header = replace(block.header, withdrawals_root=withdrawals_root(paid_more))
        yield Twin(
            "withdrawal amount",
            BlockReason.STATE_ROOT_WRONG,
            replace(block, header=header, withdrawals=paid_more),
            made.witness,
        )
    yield Twin(
        "transaction empty", BlockReason.TRANSACTION_EMPTY, with_transactions(block, (b"", *raw)), made.witness, False
    )
    if not raw:
        return
    first_sent = decode_transaction(raw[0])
    rest = raw[1:]
    if first_sent.kind == 0 and first_sent.chain_id is None:
        return
    other_chain = replace(first_sent, chain_id=(first_sent.chain_id or 0) + 1)
    for name, reason, changed in (
        (
            "signature s in the upper half",
            BlockReason.SIGNATURE_WRONG,
            replace(first_sent, s=SECP256K1_ORDER - first_sent.s),
        ),
        ("signature r zero", BlockReason.SIGNATURE_WRONG, replace(first_sent, r=0)),
        ("chain id", BlockReason.TRANSACTION_INVALID, other_chain),
    ):
        yield Twin(name, reason, with_transactions(block, (changed.encode(), *rest)), made.witness)
    yield Twin(
        "transaction with a byte too many",
        BlockReason.TRANSACTION_MALFORMED,
        with_transactions(block, (raw[0] + b"\0", *rest)),
        made.witness,
        False,
    )
    again = with_transactions(block, (*raw, raw[-1]))
    if block.header.blob_gas_used == 0:
        yield Twin("last transaction twice", BlockReason.TRANSACTION_INVALID, again, made.witness)


def witness_twins(made: MadeBlock, stride: int) -> Iterator[Twin]:
    """A node, a code or a header missing or altered; of many nodes every `stride`-th one."""
    block, witness = made.block, made.witness
    for index in range(0, len(witness.state), stride):
        rest = witness.state[:index] + witness.state[index + 1 :]
        altered = witness.state[index][:-1] + bytes([witness.state[index][-1] ^ 1])
        for name, state in (("missing", rest), ("altered", (*rest, altered))):
            yield Twin(f"node {index} {name}", BlockReason.MISSING_NODE, block, replace(witness, state=state))
    for index in range(0, len(witness.codes), stride):
        codes = witness.codes[:index] + witness.codes[index + 1 :]
        for name, chosen in (("missing", codes), ("altered", (*codes, witness.codes[index] + b"\0"))):
            yield Twin(f"code {index} {name}", BlockReason.MISSING_CODE, block, replace(witness, codes=chosen))
    headers = witness.headers
    for name, reason, chosen in (
        ("no headers", BlockReason.PARENT_HEADER_MISSING, ()),
        ("header with a byte too many", BlockReason.MALFORMED_HEADER, (*headers[:-1], headers[-1] + b"\0")),
        ("too many headers", BlockReason.TOO_MANY_HEADERS, (headers[-1],) * 257),
        ("header twice", BlockReason.HEADERS_NOT_CONTIGUOUS, (headers[-1],) * 2),
    ):
        yield Twin(name, reason, block, replace(witness, headers=chosen), executes=False)
    if len(headers) > 1:
        yield Twin("oldest header", BlockReason.MISSING_HEADER, block, replace(witness, headers=headers[1:]))


def twins_of(made: MadeBlock, stride: int = 1) -> list[Twin]:
    """All twins of a block."""
    return [*header_twins(made), *body_twins(made), *witness_twins(made, stride)]

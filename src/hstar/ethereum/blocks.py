"""Blocks as they travel between execution clients: RLP of header, transactions, ommers, withdrawals.

Source: EIP-4895 (body with withdrawals), EIP-2718 (typed transactions are byte strings in the body).
"""

from __future__ import annotations

from dataclasses import dataclass

from hstar.errors import InputError, Reason
from hstar.ethereum import rlp
from hstar.ethereum.hashing import ADDRESS_BYTES
from hstar.ethereum.headers import Header, header_from_item
from hstar.ethereum.records import Withdrawal

_FIRST_LIST_BYTE = bytes([rlp.LIST_PREFIX])  # legacy transactions are lists, typed ones are strings below it


@dataclass(frozen=True)
class Block:
    """A block.

    `transactions` holds the canonical bytes of each transaction (EIP-2718: the RLP list of a legacy transaction,
    type byte and payload of a typed one). `num_ommers` is zero in every valid block since the merge.
    """

    header: Header
    transactions: tuple[bytes, ...]
    withdrawals: tuple[Withdrawal, ...]
    ommers: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """The RLP of the block."""
        transactions = [raw if raw[:1] >= _FIRST_LIST_BYTE else rlp.encode(raw) for raw in self.transactions]
        withdrawals = [encode_withdrawal(withdrawal) for withdrawal in self.withdrawals]
        return rlp.wrap(
            [self.header.encode(), rlp.wrap(transactions), rlp.wrap(list(self.ommers)), rlp.wrap(withdrawals)]
        )


def encode_withdrawal(withdrawal: Withdrawal) -> bytes:
    """The RLP of a withdrawal, also its value in the withdrawals trie."""
    return rlp.encode([withdrawal.index, withdrawal.validator_index, withdrawal.address, withdrawal.amount])


def _withdrawal(item: rlp.Item, place: str) -> Withdrawal:
    index, validator_index, address, amount = rlp.as_list(item, 4, place)
    return Withdrawal(
        rlp.as_int(index, 64, f"{place}, index,"),
        rlp.as_int(validator_index, 64, f"{place}, validator index,"),
        rlp.as_bytes(address, ADDRESS_BYTES, f"{place}, address,"),
        rlp.as_int(amount, 64, f"{place}, amount,"),
    )


def _transaction(item: rlp.Item, place: str) -> bytes:
    if not isinstance(item, bytes):
        return rlp.encode(item)
    if item[:1] >= _FIRST_LIST_BYTE:
        raise InputError(f"{place} is a legacy transaction inside a string", reason=Reason.NOT_CANONICAL, place=place)
    return item


def decode_block(data: bytes) -> Block:
    """A block from its RLP. The contents of transactions are not looked at.

    Raises:
        InputError: not exactly one canonical block of Cancun or later.
    """
    header, transactions, ommers, withdrawals = rlp.as_list(rlp.decode(data), 4, "the block")
    return Block(
        header_from_item(header),
        tuple(
            _transaction(item, f"transaction {index}")
            for index, item in enumerate(rlp.as_list(transactions, None, "the transactions"))
        ),
        tuple(
            _withdrawal(item, f"withdrawal {index}")
            for index, item in enumerate(rlp.as_list(withdrawals, None, "the withdrawals"))
        ),
        tuple(rlp.encode(item) for item in rlp.as_list(ommers, None, "the ommers")),
    )

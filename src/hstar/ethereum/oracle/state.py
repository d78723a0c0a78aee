"""The module that stands in for `state` when the specification is imported: the same functions over our world state.

Every function that the specification imports from its `state` module is defined here with the same name and meaning,
in its order.

Source: execution-specs, module `state` of Prague to BPO2, whose documentation defines each function.
"""

from __future__ import annotations

from collections.abc import Callable

from ethereum_types.numeric import U256, Uint

from hstar.ethereum.oracle.world import EMPTY_CODE_HASH, NO_WEI, ZERO, Account, State, Storage, TransientStorage
from hstar.ethereum.trie import EMPTY_ROOT


def begin_transaction(state: State, transient_storage: TransientStorage) -> None:
    """Opens a (nested) transaction."""
    if state.journal.depth == 0:
        state.originals.clear()
    state.journal.begin()
    transient_storage.journal.begin()


def commit_transaction(state: State, transient_storage: TransientStorage) -> None:
    """Keeps the changes of the innermost transaction."""
    state.journal.commit()
    if state.journal.depth == 0:
        state.created_accounts.clear()
    transient_storage.journal.commit()


def rollback_transaction(state: State, transient_storage: TransientStorage) -> None:
    """Undoes the changes of the innermost transaction."""
    state.journal.rollback()
    if state.journal.depth == 0:
        state.created_accounts.clear()
    transient_storage.journal.rollback()


def get_account(state: State, address: bytes) -> Account:
    """The account, empty when there is none."""
    return state.account(address) or Account(state.codes, address)


def get_account_optional(state: State, address: bytes) -> Account | None:
    """The account, or None."""
    return state.account(address)


def set_account(state: State, address: bytes, account: Account | None) -> None:
    """Puts an account in place, or removes it (not its storage)."""
    state.account(address)
    state.journal.write(state.accounts, address, account)


def destroy_account(state: State, address: bytes) -> None:
    """Removes an account and its storage."""
    destroy_storage(state, address)
    set_account(state, address, None)


def destroy_storage(state: State, address: bytes) -> None:
    """Removes the storage of an account."""
    storage = state.storage(address)
    if storage.root != EMPTY_ROOT or storage.current:
        state.journal.write(state.storages, address, Storage(state.nodes, EMPTY_ROOT))


def mark_account_created(state: State, address: bytes) -> None:
    """Notes that the current transaction created an account; not undone by a revert, as specified."""
    state.created_accounts.add(address)


def get_storage(state: State, address: bytes, key: bytes) -> U256:
    """The value of a slot."""
    return state.slot(address, key)


def set_storage(state: State, address: bytes, key: bytes, value: U256) -> None:
    """Changes a slot."""
    state.set_slot(address, key, value)


def state_root(state: State) -> bytes:
    """The state root."""
    return state.root()


def account_exists(state: State, address: bytes) -> bool:
    """Whether the account is in the trie."""
    return state.account(address) is not None


def account_has_code_or_nonce(state: State, address: bytes) -> bool:
    """Whether a contract cannot be created here; does not load the code."""
    account = state.account(address)
    return account is not None and (account.nonce != ZERO or account.code_hash != EMPTY_CODE_HASH)


def account_has_storage(state: State, address: bytes) -> bool:
    """Whether the account has storage.

    Asked only of accounts without code and nonce, whose storage no transaction can have emptied slot by slot; so the
    root before the block, or a slot written since, decides.
    """
    storage = state.storage(address)
    return storage.root != EMPTY_ROOT or any(value != NO_WEI for value in storage.current.values())


def is_account_alive(state: State, address: bytes) -> bool:
    """Whether the account exists and is not empty."""
    account = state.account(address)
    return account is not None and not account.is_empty()


def modify_state(state: State, address: bytes, change: Callable[[Account], None]) -> None:
    """Changes an account; removes it when it is empty afterwards."""
    account = get_account(state, address).copy()
    change(account)
    set_account(state, address, account)
    if account.is_empty():
        destroy_account(state, address)


def move_ether(state: State, sender_address: bytes, recipient_address: bytes, amount: U256) -> None:
    """Moves funds; the caller has checked that there are enough."""

    def decrease(account: Account) -> None:
        account.balance -= amount

    def increase(account: Account) -> None:
        account.balance += amount

    modify_state(state, sender_address, decrease)
    modify_state(state, recipient_address, increase)


def set_account_balance(state: State, address: bytes, amount: U256) -> None:
    """Sets a balance."""

    def change(account: Account) -> None:
        account.balance = amount

    modify_state(state, address, change)


def increment_nonce(state: State, address: bytes) -> None:
    """Adds one to a nonce."""

    def change(account: Account) -> None:
        account.nonce += Uint(1)

    modify_state(state, address, change)


def set_code(state: State, address: bytes, code: bytes) -> None:
    """Sets the code of an account."""

    def change(account: Account) -> None:
        account.code = code

    modify_state(state, address, change)


def get_storage_original(state: State, address: bytes, key: bytes) -> U256:
    """The value of a slot before the current transaction; zero for accounts that it created."""
    if address in state.created_accounts:
        return NO_WEI
    original = state.originals.get((address, key))
    return state.slot(address, key) if original is None else original


def get_transient_storage(transient_storage: TransientStorage, address: bytes, key: bytes) -> U256:
    """The value of a transient slot."""
    return transient_storage.values.get((address, key), NO_WEI)


def set_transient_storage(transient_storage: TransientStorage, address: bytes, key: bytes, value: U256) -> None:
    """Changes a transient slot."""
    transient_storage.journal.write(transient_storage.values, (address, key), value)

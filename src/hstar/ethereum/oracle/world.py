"""The world state over a witness: accounts, codes and storage on strict partial tries, with an undo journal.

Reads go to the tries (a missing node is an error, never an empty account); the new state root is computed by updating
before deleting. Imported only with the specification, because `ethereum_types` comes with the extra `hstar[oracle]`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ethereum_types.numeric import U256, Uint

from hstar.errors import InputError
from hstar.ethereum import rlp
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.trie import EMPTY_ROOT, MissingNodeError, NodeStore, Trie

EMPTY_CODE_HASH = keccak256(b"")
ZERO, NO_WEI = Uint(0), U256(0)
_ABSENT = object()  # in the journal: the key was not there


class CodeHash:
    """Stands for a code of which only the hash is asked for (EXTCODEHASH must not demand the code)."""

    __slots__ = ("digest",)

    def __init__(self, digest: bytes) -> None:
        self.digest = digest


class CodeStore:
    """Codes of the state before the block, by hash; `used` says which were read."""

    def __init__(self, codes: Iterable[bytes]) -> None:
        self.codes = {keccak256(code): code for code in codes}
        self.used: set[bytes] = set()
        self.hash_only = False

    def load(self, code_hash: bytes, address: bytes) -> bytes:
        """The code with this hash.

        Raises:
            BlockRejectedError: it is not in the witness (`missing_code`).
        """
        code = self.codes.get(code_hash)
        if code is None:
            raise BlockRejectedError(
                f"the witness lacks the code 0x{code_hash.hex()} of account 0x{address.hex()}",
                reason=BlockReason.MISSING_CODE,
                code_hash=f"0x{code_hash.hex()}",
                account=f"0x{address.hex()}",
            )
        self.used.add(code_hash)
        return code


class Account:
    """Nonce, balance and code of an account; the code of the state before the block is loaded when it is asked for."""

    __slots__ = ("_code", "address", "balance", "code_hash", "codes", "nonce")

    def __init__(
        self, codes: CodeStore, address: bytes, nonce: Uint = ZERO, balance: U256 = NO_WEI, code_hash: bytes = b""
    ) -> None:
        self.codes, self.address, self.nonce, self.balance = codes, address, nonce, balance
        self.code_hash = code_hash or EMPTY_CODE_HASH
        self._code: bytes | None = None

    @property
    def code(self) -> bytes | CodeHash:
        """The code; or its hash only, while the store says that nothing more is asked for."""
        if self._code is None:
            if self.code_hash == EMPTY_CODE_HASH:
                self._code = b""
            elif self.codes.hash_only:
                return CodeHash(self.code_hash)
            else:
                self._code = self.codes.load(self.code_hash, self.address)
        return self._code

    @code.setter
    def code(self, code: bytes) -> None:
        self._code, self.code_hash = code, keccak256(code)

    def is_empty(self) -> bool:
        """No nonce, no balance, no code (EIP-161); does not load the code."""
        return self.nonce == ZERO and self.balance == NO_WEI and self.code_hash == EMPTY_CODE_HASH

    def copy(self) -> Account:
        """The same account, to be changed."""
        other = Account(self.codes, self.address, self.nonce, self.balance, self.code_hash)
        other._code = self._code
        return other

    def __eq__(self, other: object) -> bool:
        """The specification compares with its own empty account."""
        code_hash = getattr(other, "code_hash", None) or keccak256(getattr(other, "code", b"\0"))
        return (
            self.nonce == getattr(other, "nonce", None)
            and self.balance == getattr(other, "balance", None)
            and self.code_hash == code_hash
        )

    __hash__ = None  # type: ignore[assignment]  # mutable


class Storage:
    """The storage of one account: the trie before the block, values read from it, and current values."""

    __slots__ = ("before", "current", "root", "trie")

    def __init__(self, store: NodeStore, root: bytes) -> None:
        self.root = root
        self.trie = Trie(store, root)
        self.before: dict[bytes, U256] = {}
        self.current: dict[bytes, U256] = {}


class Journal:
    """Undo entries of nested transactions over dictionaries."""

    def __init__(self) -> None:
        self._entries: list[tuple[dict[Any, Any], Any, Any]] = []
        self._marks: list[int] = []

    @property
    def depth(self) -> int:
        """Number of open transactions."""
        return len(self._marks)

    def begin(self) -> None:
        """Opens a transaction."""
        self._marks.append(len(self._entries))

    def write(self, mapping: dict[Any, Any], key: object, value: object) -> None:
        """Sets an entry and remembers the one before."""
        self._entries.append((mapping, key, mapping.get(key, _ABSENT)))
        mapping[key] = value

    def commit(self) -> None:
        """Keeps what the innermost transaction did, undoable by the one around it."""
        self._marks.pop()
        if not self._marks:
            self._entries.clear()

    def rollback(self) -> None:
        """Undoes what the innermost transaction did."""
        mark = self._marks.pop()
        while len(self._entries) > mark:
            mapping, key, before = self._entries.pop()
            if before is _ABSENT:
                del mapping[key]
            else:
                mapping[key] = before


class State:
    """The world state over a witness.

    Args:
        nodes: trie nodes at hand; its `used` set tells what was needed.
        codes: codes at hand, likewise.
        root: state root before the block.
        assume_absent: accounts that count as absent when their path is missing. For test vectors with an incomplete
            witness only; real checks leave it empty.
    """

    def __init__(self, nodes: NodeStore, codes: CodeStore, root: bytes, assume_absent: Collection[bytes] = ()) -> None:
        self.nodes, self.codes = nodes, codes
        self.trie = Trie(nodes, root)
        self.assume_absent = frozenset(assume_absent)
        self.created_accounts: set[bytes] = set()
        self.journal = Journal()
        self.accounts: dict[bytes, Account | None] = {}
        self.storages: dict[bytes, Storage] = {}
        self.originals: dict[tuple[bytes, bytes], U256] = {}
        self._leaves: dict[bytes, tuple[bytes | None, bytes]] = {}  # RLP before the block, storage root before it

    def account(self, address: bytes) -> Account | None:
        """The account now, or None."""
        if address not in self.accounts:
            self.accounts[address] = self._load(address)
        return self.accounts[address]

    def _load(self, address: bytes) -> Account | None:
        path = keccak256(address).hex()
        place = f"account 0x{bytes(address).hex()}"
        try:
            leaf = self.trie.get(path)
        except MissingNodeError as error:
            if address not in self.assume_absent:
                raise error.located(place) from None
            leaf = None
        if leaf is None:
            self._leaves[address] = (None, EMPTY_ROOT)
            return None
        account, storage_root = self._parse(leaf, address, place)
        self._leaves[address] = (leaf, storage_root)
        return account

    def _parse(self, leaf: bytes, address: bytes, place: str) -> tuple[Account, bytes]:
        """The account in a leaf and its storage root."""
        try:
            nonce, balance, root, code_hash = rlp.as_list(rlp.decode(leaf), 4, place)
            account = Account(
                self.codes,
                address,
                Uint(rlp.as_int(nonce, 64, f"{place}, nonce,")),
                U256(rlp.as_int(balance, 256, f"{place}, balance,")),
                rlp.as_bytes(code_hash, 32, f"{place}, code hash,"),
            )
            return account, rlp.as_bytes(root, 32, f"{place}, storage root,")
        except InputError as error:
            raise BlockRejectedError(
                f"{place}: {error.message}", reason=BlockReason.MALFORMED_NODE, place=place
            ) from error

    def storage(self, address: bytes) -> Storage:
        """The storage of an account."""
        storage = self.storages.get(address)
        if storage is None:
            self.account(address)
            storage = self.storages[address] = Storage(self.nodes, self._leaves[address][1])
        return storage

    def slot(self, address: bytes, key: bytes) -> U256:
        """The value of a storage slot now."""
        storage = self.storages.get(address) or self.storage(address)
        value = storage.current.get(key)
        if value is None:
            value = storage.before[key] = storage.current[key] = self._load_slot(storage, address, key)
        return value

    def _load_slot(self, storage: Storage, address: bytes, key: bytes) -> U256:
        if storage.root == EMPTY_ROOT:
            return NO_WEI
        place = f"slot 0x{bytes(key).hex()} of account 0x{bytes(address).hex()}"
        try:
            leaf = storage.trie.get(keccak256(key).hex())
        except MissingNodeError as error:
            raise error.located(place) from None
        if leaf is None:
            return NO_WEI
        try:
            value = rlp.as_int(rlp.decode(leaf), 256, place)
        except InputError as error:
            raise BlockRejectedError(
                f"{place}: {error.message}", reason=BlockReason.MALFORMED_NODE, place=place
            ) from error
        if value == 0:
            raise BlockRejectedError(f"{place} stores a zero", reason=BlockReason.MALFORMED_NODE, place=place)
        return U256(value)

    def set_slot(self, address: bytes, key: bytes, value: U256) -> None:
        """Changes a storage slot, remembering its value at the start of the outermost transaction."""
        before = self.slot(address, key)
        self.originals.setdefault((address, key), before)
        self.journal.write(self.storages[address].current, key, value)

    def root(self) -> bytes:
        """The state root now (32 bytes)."""
        leaves = {address: self._leaf(address) for address in self.accounts}
        changed = {address: leaf for address, leaf in leaves.items() if leaf != self._leaves[address][0]}
        _apply(
            self.trie,
            [
                (keccak256(address).hex(), leaf, f"account 0x{bytes(address).hex()}")
                for address, leaf in changed.items()
            ],
        )
        return self.trie.root()

    def _leaf(self, address: bytes) -> bytes | None:
        account = self.accounts[address]
        if account is None:
            return None
        return rlp.encode([int(account.nonce), int(account.balance), self._storage_root(address), account.code_hash])

    def _storage_root(self, address: bytes) -> bytes:
        storage = self.storages.get(address)
        if storage is None:
            return self._leaves[address][1]
        changes = []
        for key, value in storage.current.items():
            if value != storage.before[key]:
                leaf = rlp.encode(int(value)) if value else None
                place = f"slot 0x{bytes(key).hex()} of account 0x{bytes(address).hex()}"
                changes.append((keccak256(key).hex(), leaf, place))
        _apply(storage.trie, changes)
        return storage.trie.root()


def _apply(trie: Trie, changes: list[tuple[str, bytes | None, str]]) -> None:
    """Writes changes into a trie, updates before deletes, so that which siblings a deletion needs is determined."""
    for path, leaf, place in sorted(changes, key=lambda change: (change[1] is None, change[0])):
        try:
            if leaf is None:
                trie.delete(path)
            else:
                trie.set(path, leaf)
        except MissingNodeError as error:
            raise error.located(place) from None


class TransientStorage:
    """Storage that lives for one transaction (EIP-1153)."""

    def __init__(self) -> None:
        self.values: dict[tuple[bytes, bytes], U256] = {}
        self.journal = Journal()

"""Merkle-Patricia tries of which only some nodes are at hand: reading, inserting and deleting, all strict.

A node that is referred to by hash and not at hand is *missing*, which is an error in every operation; a key is
*absent* only when the nodes along its path prove it. Deleting may need the sibling that remains in a branch.
Paths are strings of hexadecimal digits.

Invariant: no key is a prefix of another (keys of secured tries have 64 digits; RLP of integers is prefix-free), so
the value of a branch is always empty.

Source: Ethereum Yellow Paper, appendix D.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from hstar.errors import InputError
from hstar.ethereum import rlp
from hstar.ethereum.hashing import HASH_BYTES, keccak256
from hstar.ethereum.reasons import BlockReason, BlockRejectedError

EMPTY_ROOT = keccak256(b"\x80")
_EMPTY_REFERENCE = b"\x80"
_HASH_PREFIX = bytes([rlp.STRING_PREFIX + HASH_BYTES])
_FULL_BRANCH_PREFIX = b"\xf9\x02\x11"  # a branch with 16 hashes and no value
_FULL_BRANCH_BYTES = 3 + 16 * 33 + 1


class MissingNodeError(BlockRejectedError):
    """A node that an operation needs is not in the witness."""

    def __init__(self, node_hash: bytes, path: str, place: str = "") -> None:
        self.node_hash, self.path, self.place = node_hash, path, place
        at = f"below 0x{path}" if path else "at the root"
        super().__init__(
            f"the witness lacks trie node 0x{node_hash.hex()} {at}{f' of {place}' if place else ''}",
            reason=BlockReason.MISSING_NODE,
            node=f"0x{node_hash.hex()}",
            path=path,
            place=place,
        )

    def located(self, place: str) -> MissingNodeError:
        """The same error naming the account or slot that was looked for."""
        return MissingNodeError(self.node_hash, self.path, place)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries."""
        return (MissingNodeError, (self.node_hash, self.path, self.place))


class Leaf:
    """The end of a key: the rest of its path, and its value."""

    __slots__ = ("path", "reference", "value")

    def __init__(self, path: str, value: bytes) -> None:
        self.path, self.value = path, value
        self.reference: bytes | None = None


class Extension:
    """A shared stretch of path above a branch."""

    __slots__ = ("child", "path", "reference")

    def __init__(self, path: str, child: Branch | bytes) -> None:
        self.path, self.child = path, child
        self.reference: bytes | None = None


class Branch:
    """Sixteen children."""

    __slots__ = ("children", "reference")

    def __init__(self, children: list[Child]) -> None:
        self.children = children
        self.reference: bytes | None = None


Node: TypeAlias = Leaf | Extension | Branch
Child: TypeAlias = Node | bytes | None  # bytes: the hash of a node that was not looked at yet
# `reference` of a node is what its parent holds: its RLP when below 32 bytes, else its hash as an RLP string; None
# after a change.


class NodeStore:
    """Nodes by hash, and which of them were used."""

    def __init__(self, nodes: Iterable[bytes] = ()) -> None:
        self.nodes = {keccak256(node): node for node in nodes}
        self.used: set[bytes] = set()

    def load(self, node_hash: bytes, path: str) -> Node:
        """The node with this hash, parsed.

        Raises:
            MissingNodeError: it is not in the store.
            BlockRejectedError: its bytes are no trie node (`malformed_node`).
        """
        data = self.nodes.get(node_hash)
        if data is None:
            raise MissingNodeError(node_hash, path)
        self.used.add(node_hash)
        node = parse_node(data, node_hash)
        node.reference = data if len(data) < HASH_BYTES else _HASH_PREFIX + node_hash
        return node


def _malformed(node_hash: bytes, what: str) -> BlockRejectedError:
    name = f"trie node 0x{node_hash.hex()}" if node_hash else "the trie"
    return BlockRejectedError(
        f"{name} is malformed: {what}", reason=BlockReason.MALFORMED_NODE, node=f"0x{node_hash.hex()}"
    )


def parse_node(data: bytes, node_hash: bytes) -> Node:
    """A node from its RLP; `node_hash` names it in errors."""
    if len(data) == _FULL_BRANCH_BYTES and data.startswith(_FULL_BRANCH_PREFIX):
        children: list[Child] = [data[at + 1 : at + 33] for at in range(3, 3 + 16 * 33, 33)]
        if data[3:-1:33] == _HASH_PREFIX * 16 and data[-1] == rlp.STRING_PREFIX:
            return Branch(children)
    try:
        item = rlp.decode(data)
    except InputError as error:
        raise _malformed(node_hash, error.message) from error
    return _node_from_item(item, node_hash)


def _node_from_item(item: rlp.Item, node_hash: bytes) -> Node:
    if isinstance(item, bytes) or len(item) not in (2, 17):
        raise _malformed(node_hash, "it is not a list of 2 or 17 items")
    if len(item) == 17:
        if item[16] != b"":
            raise _malformed(node_hash, "a branch holds a value")
        children = [_child_from_item(child, node_hash) for child in item[:16]]
        if sum(child is not None for child in children) < 2:
            raise _malformed(node_hash, "a branch has fewer than two children")
        return Branch(children)
    is_leaf, path = _parse_path(item[0], node_hash)
    if is_leaf:
        if not isinstance(item[1], bytes) or not item[1]:
            raise _malformed(node_hash, "the value of a leaf is empty or a list")
        return Leaf(path, item[1])
    child = _child_from_item(item[1], node_hash)
    if not path or child is None or isinstance(child, (Leaf, Extension)):
        raise _malformed(node_hash, "an extension has no path or does not lead to a branch")
    return Extension(path, child)


def _child_from_item(item: rlp.Item, node_hash: bytes) -> Child:
    if isinstance(item, bytes):
        if not item:
            return None
        if len(item) != HASH_BYTES:
            raise _malformed(node_hash, f"a child is a string of {len(item)} bytes")
        return item
    encoded = rlp.encode(item)
    if len(encoded) >= HASH_BYTES:
        raise _malformed(node_hash, "a child of 32 or more bytes is not referred to by hash")
    node = _node_from_item(item, node_hash)
    node.reference = encoded
    return node


def _parse_path(item: rlp.Item, node_hash: bytes) -> tuple[bool, str]:
    """The flag and the digits of a compact path."""
    if not isinstance(item, bytes) or not item:
        raise _malformed(node_hash, "its path is empty or a list")
    digits = item.hex()
    flag = item[0] >> 4
    if flag > 3 or (flag % 2 == 0 and digits[1] != "0"):
        raise _malformed(node_hash, f"its path starts with 0x{digits[:2]}")
    return flag >= 2, digits[1 if flag % 2 else 2 :]


def _compact_path(path: str, is_leaf: bool) -> bytes:
    flag = 2 * is_leaf + len(path) % 2
    return bytes.fromhex(f"{flag:x}{'' if len(path) % 2 else '0'}{path}")


class Trie:
    """A trie over a store of nodes, from its root hash.

    Args:
        store: the nodes at hand.
        root: hash of the root node; EMPTY_ROOT for the empty trie.
    """

    def __init__(self, store: NodeStore, root: bytes = EMPTY_ROOT) -> None:
        self.store = store
        self._root: Child = None if root == EMPTY_ROOT else root

    def get(self, path: str) -> bytes | None:
        """The value at a path; None when the trie proves that there is none.

        Every key of the trie must have as many digits as `path`.

        Raises:
            MissingNodeError: a node along the path is not at hand.
            BlockRejectedError: a node along the path is malformed, or leads to keys of another length.
        """
        node, depth = self._load_root(), 0
        while node is not None:
            if isinstance(node, Branch):
                if depth == len(path):
                    raise _malformed(b"", f"a branch lies deeper than the {depth} digits of a key")
                digit = int(path[depth], 16)
                child = node.children[digit]
                depth += 1
                if isinstance(child, bytes):
                    child = node.children[digit] = self.store.load(child, path[:depth])
                node = child
            elif isinstance(node, Leaf):
                if depth + len(node.path) != len(path):
                    raise _malformed(b"", f"a leaf ends after {depth + len(node.path)} digits, not {len(path)}")
                return node.value if node.path == path[depth:] else None
            else:
                if depth + len(node.path) >= len(path):
                    raise _malformed(b"", f"an extension ends after {depth + len(node.path)} digits")
                if not path.startswith(node.path, depth):
                    return None
                depth += len(node.path)
                node = self._branch_below(node, path[:depth])
        return None

    def set(self, path: str, value: bytes) -> None:
        """Inserts or changes the value at a path; `value` is not empty."""
        self._root = self._insert(self._root, path, 0, value)

    def delete(self, path: str) -> None:
        """Removes the value at a path, if there is one.

        Raises:
            MissingNodeError: also when the one remaining child of a branch is not at hand.
        """
        if self.get(path) is not None:
            self._root = self._remove(self._root, path, 0)

    def root(self, keep: Callable[[bytes, bytes], None] | None = None) -> bytes:
        """The root hash.

        Args:
            keep: is called with hash and bytes of every node that changed and is referred to by hash.
        """
        node = self._root
        if node is None:
            return EMPTY_ROOT
        if isinstance(node, bytes):
            return node
        reference = _reference(node, keep)
        if len(reference) == HASH_BYTES + 1:
            return reference[1:]
        digest = keccak256(reference)  # a root is hashed even when it is short
        if keep is not None:
            keep(digest, reference)
        return digest

    def _load_root(self) -> Node | None:
        if isinstance(self._root, bytes):
            self._root = self.store.load(self._root, "")
        return self._root

    def _branch_below(self, node: Extension, path: str) -> Branch:
        child = node.child
        if isinstance(child, bytes):
            loaded = self.store.load(child, path)
            if not isinstance(loaded, Branch):
                raise _malformed(child, "an extension leads to it, but it is not a branch")
            node.child = child = loaded
        return child

    def _loaded(self, child: Child, path: str) -> Node | None:
        return self.store.load(child, path) if isinstance(child, bytes) else child

    def _insert(self, child: Child, path: str, depth: int, value: bytes) -> Node:
        node = self._loaded(child, path[:depth])
        rest = path[depth:]
        if node is None:
            return Leaf(rest, value)
        if isinstance(node, Branch):
            if not rest:
                raise _malformed(b"", "one key is a prefix of another")
            digit = int(rest[0], 16)
            node.children[digit] = self._insert(node.children[digit], path, depth + 1, value)
            node.reference = None
            return node
        shared = _num_shared(node.path, rest)
        if isinstance(node, Leaf) and node.path == rest:
            node.value, node.reference = value, None
            return node
        if isinstance(node, Extension) and shared == len(node.path):
            self._branch_below(node, path[: depth + shared])
            changed = self._insert(node.child, path, depth + shared, value)
            if not isinstance(changed, Branch):  # an insertion never shortens a branch
                raise _malformed(b"", "an insertion changed the kind of a branch")
            node.child, node.reference = changed, None
            return node
        return _split(node, shared, rest, value)

    def _remove(self, child: Child, path: str, depth: int) -> Child:
        """What is left of a subtree without the value at `path`, which is there."""
        node = self._loaded(child, path[:depth])
        if node is None or isinstance(node, Leaf):
            return None
        if isinstance(node, Extension):
            below = depth + len(node.path)
            remaining = self._remove(self._branch_below(node, path[:below]), path, below)
            return self._join(node.path, remaining, path[:below])
        digit = int(path[depth], 16)
        node.children[digit] = self._remove(node.children[digit], path, depth + 1)
        node.reference = None
        return self._collapsed(node, path[:depth])

    def _collapsed(self, node: Branch, path: str) -> Node:
        """A changed branch: itself, or what stands for its one remaining child."""
        remaining = [digit for digit, child in enumerate(node.children) if child is not None]
        if len(remaining) != 1:
            return node
        digit = f"{remaining[0]:x}"
        return self._join(digit, node.children[remaining[0]], path + digit)

    def _join(self, prefix: str, child: Child, path: str) -> Node:
        """The node for `prefix` followed by `child`, which must be at hand because its kind decides."""
        node = self._loaded(child, path)
        if isinstance(node, Leaf):
            return Leaf(prefix + node.path, node.value)
        if isinstance(node, Extension):
            return Extension(prefix + node.path, node.child)
        if node is None:
            raise _malformed(b"", f"nothing is left below 0x{path}")
        return Extension(prefix, node)


def _num_shared(first: str, second: str) -> int:
    """Length of the common beginning of two paths."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _split(node: Leaf | Extension, shared: int, rest: str, value: bytes) -> Node:
    """Replaces a leaf or extension by a branch where `rest` leaves its path."""
    if shared in (len(node.path), len(rest)):
        raise _malformed(b"", "one key is a prefix of another")
    children: list[Child] = [None] * 16
    tail = node.path[shared + 1 :]
    if isinstance(node, Leaf):
        children[int(node.path[shared], 16)] = Leaf(tail, node.value)
    else:
        children[int(node.path[shared], 16)] = Extension(tail, node.child) if tail else node.child
    children[int(rest[shared], 16)] = Leaf(rest[shared + 1 :], value)
    branch = Branch(children)
    return Extension(rest[:shared], branch) if shared else branch


def _reference(child: Child, keep: Callable[[bytes, bytes], None] | None) -> bytes:
    """What the parent of a node holds, as RLP."""
    if child is None:
        return _EMPTY_REFERENCE
    if isinstance(child, bytes):
        return _HASH_PREFIX + child
    if child.reference is not None:
        return child.reference
    if isinstance(child, Branch):
        encoded = rlp.wrap([*[_reference(inner, keep) for inner in child.children], _EMPTY_REFERENCE])
    elif isinstance(child, Leaf):
        encoded = rlp.encode([_compact_path(child.path, True), child.value])
    else:
        encoded = rlp.wrap([rlp.encode(_compact_path(child.path, False)), _reference(child.child, keep)])
    if len(encoded) < HASH_BYTES:
        child.reference = encoded
    else:
        digest = keccak256(encoded)
        if keep is not None:
            keep(digest, encoded)
        child.reference = _HASH_PREFIX + digest
    return child.reference


def ordered_root(values: Iterable[bytes]) -> bytes:
    """Root of the trie that maps the RLP of 0, 1, 2, ... to the values: transactions, receipts, withdrawals."""
    trie = Trie(NodeStore())
    for index, value in enumerate(values):
        trie.set(rlp.encode(index).hex(), value)
    return trie.root()

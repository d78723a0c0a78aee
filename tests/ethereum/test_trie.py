"""The partial trie: equal to the specification's trie when everything is at hand, strict when it is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.ethereum import rlp
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.trie import EMPTY_ROOT, Branch, MissingNodeError, NodeStore, Trie, ordered_root, parse_node

package = pytest.importorskip("ethereum.forks.osaka.trie")
package_rlp = pytest.importorskip("ethereum_rlp.rlp")

# Few distinct digits make shared paths, extensions and inline nodes frequent.
PATHS = st.text("01f", min_size=6, max_size=6)
VALUES = st.binary(min_size=1, max_size=3) | st.binary(min_size=30, max_size=40)
CONTENTS = st.dictionaries(PATHS, VALUES, max_size=25)


def package_root(contents):
    """The root by the specification's own algorithm, over the same paths."""
    prepared = {bytes(int(digit, 16) for digit in path): value for path, value in contents.items()}
    node = package.encode_internal_node(package.patricialize(prepared, package.Uint(0)))
    encoded = package_rlp.encode(node)
    return bytes(node) if len(encoded) == 33 and isinstance(node, bytes) else bytes(keccak256(encoded))


def build(contents):
    """A trie and the store of all its nodes."""
    store = NodeStore()
    trie = Trie(store)
    for path, value in contents.items():
        trie.set(path, value)
    root = trie.root(store.nodes.__setitem__)
    return root, store


@given(CONTENTS)
def test_root_is_that_of_the_specification(contents):
    root, store = build(contents)

    assert root == package_root(contents)
    reopened = Trie(store, root)
    assert {path: reopened.get(path) for path in contents} == contents


@given(CONTENTS, st.lists(st.tuples(PATHS, st.none() | VALUES), max_size=15))
@settings(max_examples=150)
def test_changes_give_the_root_of_the_changed_contents(contents, changes):
    root, store = build(contents)
    trie, wanted = Trie(store, root), dict(contents)
    for path, value in changes:
        if value is None:
            trie.delete(path)
            wanted.pop(path, None)
        else:
            trie.set(path, value)
            wanted[path] = value

    assert trie.root() == package_root(wanted)
    assert {path: trie.get(path) for path in wanted} == wanted


@given(CONTENTS, PATHS)
def test_an_unchanged_trie_keeps_its_root(contents, path):
    root, store = build(contents)
    trie = Trie(store, root)
    present = trie.get(path)
    if present is None:
        trie.delete(path)
    else:
        trie.set(path, present)

    assert trie.root() == root


@given(st.dictionaries(PATHS, VALUES, min_size=2, max_size=25), PATHS, st.sampled_from(["get", "set", "delete"]))
@settings(max_examples=150)
def test_the_recorded_nodes_suffice_and_each_one_is_needed(contents, path, operation):
    def run(store):
        trie = Trie(store, root)
        found = trie.get(path)
        if operation == "set":
            trie.set(path, b"changed")
        elif operation == "delete":
            trie.delete(path)
        return found, trie.root()

    root, store = build(contents)
    expected = run(store)
    used = [store.nodes[digest] for digest in store.used]

    assert run(NodeStore(used)) == expected
    for dropped in used:
        with pytest.raises(MissingNodeError) as caught:
            run(NodeStore([node for node in used if node != dropped]))
        assert caught.value.node_hash == keccak256(dropped)


def test_deleting_needs_the_sibling_that_remains():
    contents = {"000000": b"x" * 40, "100000": b"y" * 40}
    root, store = build(contents)
    sibling = next(digest for digest, node in store.nodes.items() if b"y" * 40 in node)
    del store.nodes[sibling]
    trie = Trie(store, root)

    assert trie.get("000000") == b"x" * 40
    with pytest.raises(MissingNodeError) as caught:
        trie.delete("000000")
    assert caught.value.node_hash == sibling


def test_inserting_before_deleting_does_not_need_it():
    contents = {"000000": b"x" * 40, "100000": b"y" * 40}
    root, store = build(contents)
    del store.nodes[next(digest for digest, node in store.nodes.items() if b"y" * 40 in node)]
    trie = Trie(store, root)
    trie.set("200000", b"z" * 40)
    trie.delete("000000")

    assert trie.root() == package_root({"100000": b"y" * 40, "200000": b"z" * 40})


LEAF = rlp.encode([b"\x20\x12", b"v" * 40])
HASH = b"\x55" * 32


@pytest.mark.parametrize(
    "item",
    [
        b"a string",
        [],
        [b"\x20"],
        [b"\x20", b"v", b"w"],
        [b"", b"v"],
        [b"\x40", b"v"],
        [b"\x2f\x11", b"v"],
        [b"\x20", b""],
        [b"\x20", [b"v"]],
        [b"\x00", HASH],
        [b"\x00\x12", b""],
        [b"\x00\x12", HASH[:31]],
        [b"\x00\x12", [b"\x20\x12", b"v"]],
        [*[b""] * 16, b"value"],
        [HASH, *[b""] * 16],
        [*[b""] * 17],
        [HASH, HASH[:5], *[b""] * 15],
        [HASH, [b"\x20\x12", b"v" * 40], *[b""] * 15],
    ],
)
def test_malformed_nodes_are_rejected(item):
    with pytest.raises(BlockRejectedError) as caught:
        parse_node(rlp.encode(item), keccak256(rlp.encode(item)))
    assert caught.value.reason is BlockReason.MALFORMED_NODE


@given(st.binary(max_size=90))
def test_random_bytes_are_a_node_or_rejected(data):
    try:
        parse_node(data, keccak256(data))
    except BlockRejectedError as error:
        assert error.reason is BlockReason.MALFORMED_NODE


def test_full_branches_are_read_the_short_way_too():
    children = [bytes([digit]) * 32 for digit in range(1, 17)]
    node = parse_node(rlp.encode([*children, b""]), b"")
    assert isinstance(node, Branch)
    assert node.children == children
    with pytest.raises(BlockRejectedError):  # as long as a full branch, but with a value
        parse_node(rlp.encode([*children[:15], b"", b"\1" * 32]), b"")


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=140))
@settings(max_examples=25)
def test_ordered_root_is_that_of_the_specification(values):
    trie = package.Trie(secured=False, default=None)
    for index, value in enumerate(values):
        package.trie_set(trie, package_rlp.encode(package.Uint(index)), value)

    assert ordered_root(values) == package.root(trie)


def test_empty_trie():
    assert Trie(NodeStore()).root() == EMPTY_ROOT == package.EMPTY_TRIE_ROOT
    assert Trie(NodeStore()).get("00") is None


@pytest.mark.parametrize("length", [4, 8])
@pytest.mark.parametrize("operation", ["get", "delete"])
def test_keys_of_another_length_are_malformed_not_absent(length, operation):
    for contents in ({"0" * length: b"x" * 40}, {"0" * length: b"x" * 40, "0" * (length - 1) + "1": b"y" * 40}):
        root, store = build(contents)
        with pytest.raises(BlockRejectedError) as caught:
            getattr(Trie(store, root), operation)("000000")
        assert caught.value.reason is BlockReason.MALFORMED_NODE


def test_a_key_that_is_a_prefix_of_another_is_refused():
    for first, second in (("0000", "000000"), ("000000", "0000")):
        trie = Trie(NodeStore())
        trie.set(first, b"1")
        with pytest.raises(BlockRejectedError, match="prefix"):
            trie.set(second, b"2")
    trie = Trie(NodeStore())
    trie.set("00", b"1")
    trie.set("01", b"2")
    with pytest.raises(BlockRejectedError, match="prefix"):
        trie.set("0", b"3")

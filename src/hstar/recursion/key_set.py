"""R: the tree over all keys that the nodes of one program may have.

A leaf of the tree is the hash of a key's digest and its preprocessed root: a circuit that verifies a child takes both
as advice, and all else in the key is the same for all keys of the set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hstar.commit.kernel_suite import fastest
from hstar.errors import InputError, Reason
from hstar.hash import tags
from hstar.hash.suite import POSEIDON2
from hstar.recursion.relations import KEY_SET_LOG_SIZE
from hstar.stark.keys import VerifyingKey


@dataclass(frozen=True)
class KeySet:
    """Keys that nodes may have.

    Args:
        keys: at most 64, each with preprocessed columns; they differ in these alone.

    Raises:
        InputError: OUT_OF_RANGE, WRONG_SHAPE.

    Soundness:
        A circuit that verifies a child knows its digest and its preprocessed root, and takes heights, parameters and
        messages from one shape. Under other heights a root would stand for other columns.
    """

    keys: tuple[VerifyingKey, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= 1 << KEY_SET_LOG_SIZE:
            raise InputError(
                f"{len(self.keys)} keys of nodes; there are 1 to {1 << KEY_SET_LOG_SIZE}", reason=Reason.OUT_OF_RANGE
            )
        if not all(_have_one_shape(self.keys[0], key) for key in self.keys[1:]):
            raise InputError(
                "keys of nodes differ in more than their preprocessed columns; one circuit could not verify them all",
                reason=Reason.WRONG_SHAPE,
            )

    @property
    def root(self) -> tuple[int, ...]:
        """R."""
        return tuple(self._levels[-1][0])

    def index(self, key: VerifyingKey) -> int:
        """Where a key stands."""
        return self.keys.index(key)

    def path(self, index: int) -> list[tuple[int, ...]]:
        """The siblings from a leaf of the tree to its root."""
        return [tuple(nodes[index >> level ^ 1]) for level, nodes in enumerate(self._levels[:-1])]

    @cached_property
    def _levels(self) -> list[list[Sequence[int]]]:
        """Nodes of every level; what is missing is nine zeros, which no key hashes to."""
        suite = fastest(POSEIDON2)
        leaves = [tuple(suite.hash_elements(tags.NODE_KEY, _identity(key))) for key in self.keys]
        levels: list[list[Sequence[int]]] = [[*leaves, *([(0,) * 9] * ((1 << KEY_SET_LOG_SIZE) - len(leaves)))]]
        while len(levels[-1]) > 1:
            pairs = zip(levels[-1][0::2], levels[-1][1::2], strict=True)
            levels.append([tuple(suite.compress(tags.KEY_SET, tuple(a), tuple(b))) for a, b in pairs])
        return levels


def _have_one_shape(first: VerifyingKey, other: VerifyingKey) -> bool:
    shapes = [
        (key.parameters, key.fixed_heights, key.statement_length, key.statement_messages) for key in (first, other)
    ]
    is_same_circuit = first.circuit is other.circuit or first.circuit.digest() == other.circuit.digest()
    return shapes[0] == shapes[1] and is_same_circuit


def _identity(key: VerifyingKey) -> list[int]:
    if key.preprocessed_root is None:
        raise InputError("a node's key has preprocessed columns", reason=Reason.WRONG_SHAPE)
    return [*key.digest, *key.preprocessed_root]

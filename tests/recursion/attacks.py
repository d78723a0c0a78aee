"""Every way to cheat a node that we know of, built from real node proofs: one lie each, and nothing else wrong.

An attack tells the most consistent lie there is: what a join claims is the sum of what its advice says, so that only
the check in question can notice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from hstar.field.extension import ONE
from hstar.field.koala_bear import MODULUS
from hstar.hash import tags
from hstar.hash.suite import POSEIDON2
from hstar.recursion.aggregate import Node, ProvenSegment, cover, identity_advice, join_advice, prove_leaf
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import NodeKey
from hstar.recursion.relations import NodeReason, relate_final, relate_join, relate_leaf
from hstar.stark.proof import Proof
from hstar.stark.segments import digest_tree
from hstar.transcript.reason import ProofReason
from recursion.forging import NodeRun
from recursion.nodes import (
    foreign_keys,
    joined,
    keys,
    leaves,
    made_once,
    mixed_relay,
    prove_join,
    relay,
    two_segment_leaf,
)

NODE_OF_ANOTHER_STATEMENT = ProofReason.LOCAL_SUM_NOT_ZERO
"""The verifier itself puts a node's statement on its buses; of another statement they do not balance."""
SEGMENT_OF_ANOTHER_STATEMENT = ProofReason.LAYER_CLAIM_MISMATCH
"""A segment's number and challenge are absorbed first, so all later challenges are others."""
NUM_IDENTITY = 5 + 6
"""Advice about a child's key: two digests in halves, an index, and a path of six nodes."""
COUNT, DIGEST, SUM = NUM_IDENTITY, NUM_IDENTITY + 1, NUM_IDENTITY + 3
"""Places of N, D (two halves) and S in the advice about the first child."""
ADVICE_OF_A_CHILD = NUM_IDENTITY + 4


@dataclass(frozen=True)
class Attack:
    """A run that must be refused.

    Args:
        run: builds it.
        reason: of the first requirement that fails.
        also: another reason for which the run must be refused, were the first one met.
        alone: whether everything else holds, so that without this one check the lie would be proven.
    """

    run: Callable[[], NodeRun]
    reason: StrEnum
    also: StrEnum | None = None
    alone: bool = False


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str, reason: StrEnum, also: StrEnum | None = None, *, alone: bool = False
) -> Callable[[Callable[[], NodeRun]], object]:
    def register(run: Callable[[], NodeRun]) -> Callable[[], NodeRun]:
        ATTACKS[name] = Attack(run, reason, also, alone)
        return run

    return register


# Runs of the three kinds of nodes


def join_run(
    children: Sequence[Node] | None = None,
    *,
    changes: dict[int, object] | None = None,
    **claims: object,
) -> NodeRun:
    """The join of two nodes under R; `changes` to its advice and `claims` of its statement may be false."""
    made = keys()
    children = leaves() if children is None else list(children)
    advice = advice_about(children)
    for place, value in (changes or {}).items():
        advice[place] = value
    statement = replace(joined(made.key_set, children), **claims)
    proofs = [(child.key.verifying_key, child.proof) for child in children]
    relation = partial(relate_join, key=made.node_key, num_children=2)
    return NodeRun(made.joins[2], relation, statement.public_input(), proofs, advice)


def advice_about(children: Sequence[Node]) -> list[object]:
    return [item for child in children for item in join_advice(set_of(child), [child])]


def set_of(child: Node) -> KeySet:
    """Where an attacker finds the child's key: in R if it is there, else in the other program's set."""
    own = keys().key_set
    return own if child.key.verifying_key in own.keys else foreign_keys().key_set


def leaf_run(
    segments: Sequence[ProvenSegment] | None = None, *, key: NodeKey | None = None, **claims: object
) -> NodeRun:
    """The leaf of the first segment, or of several."""
    run, made = relay(), keys()
    segments = run.segments[:1] if segments is None else segments
    statement = replace(cover(made, segments, 1, tuple(run.challenge)), **claims)
    segment_key = made.segment_keys.keys[0]
    relation = partial(relate_leaf, key=segment_key, num_segments=len(segments))
    proofs = [(segment_key, segment.proof) for segment in segments]
    return NodeRun(key or made.leaves[0, 1], relation, statement.public_input(), proofs)


def final_run(node: Node | None = None, *, advice: Sequence[object] | None = None, **claims: object) -> NodeRun:
    """The final node over a leaf, or another node."""
    made = keys()
    node = node or leaves()[0]
    told = identity_advice(set_of(node), node) if advice is None else list(advice)
    statement = replace(node.statement, key_set=made.key_set.root, **claims)
    proofs = [(node.key.verifying_key, node.proof)]
    return NodeRun(made.final, partial(relate_final, key=made.node_key), statement.public_input(), proofs, told)


HONEST = {"join": join_run, "leaf": leaf_run, "final": final_run}


# Nodes that an attacker has


@made_once
def joined_leaves() -> Node:
    """A proven join of two leaves."""
    return prove_join(keys(), leaves())


@made_once
def half_foreign() -> list[Node]:
    """Joins of segments 1, 2 and 3, 4 under one challenge; the last two segments are another program's.

    A leaf says nothing about A but that it is given, so an attacker proves both programs' segments under the same.
    """
    run = mixed_relay()
    own = [prove_leaf(keys(), [segment], n, run.challenge) for n, segment in enumerate(run.segments[:2], 1)]
    made = foreign_keys()
    others = [prove_leaf(made, [segment], n, run.challenge) for n, segment in enumerate(run.segments[2:], 3)]
    return [prove_join(keys(), own), prove_join(made, others)]


@made_once
def foreign_leaf() -> Node:
    """The other program's leaf of segment 3, which says that it is under our R: nothing in a leaf contradicts it."""
    run, made = mixed_relay(), replace(foreign_keys(), key_set=keys().key_set)
    return prove_leaf(made, run.segments[2:3], 3, run.challenge)


def plus_one(digest: Sequence[int]) -> tuple[int, ...]:
    return ((digest[0] + 1) % MODULUS, *digest[1:])


def tree_over(count: int, *digests: Sequence[int]) -> tuple[int, ...]:
    words = [len(digests), count, *(word for digest in digests for word in digest)]
    return tuple(POSEIDON2.hash_elements(tags.SEGMENT_JOIN, words))


# Which children a join has


@attack("a leaf counted twice", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return join_run([leaves()[0], leaves()[0]])


@attack("a join counted twice", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return join_run([joined_leaves(), joined_leaves()])


@attack("swapped children", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return join_run(leaves()[::-1], first=1)


@attack("a missing segment", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    run = relay((3, 9, 1))
    first, _, third = run.segments
    made = keys()
    children = [prove_leaf(made, [first], 1, run.challenge), prove_leaf(made, [third], 3, run.challenge)]
    return join_run(children)


@attack("a foreign segment", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """Segment 2 of another run, and so under another global challenge."""
    return join_run([leaves()[0], leaves(b"another")[1]])


@attack("the challenge of another output", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """Outputs swapped between two runs of the same segments: A is all that differs."""
    return join_run(challenge=leaves(b"another")[0].statement.challenge)


@attack("a node at another place", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return join_run(first=2)


# What is said of a child


@attack("a child's sum altered", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    total = leaves()[0].statement.partial_sum
    return join_run(changes={SUM: total + ONE}, partial_sum=joined(keys().key_set, leaves()).partial_sum + ONE)


@attack("a child's digest altered", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """The boundary commitment of a segment is another one than the proven."""
    first, second = (leaf.statement.digest for leaf in leaves())
    other = plus_one(first)
    return join_run(changes={DIGEST: other[:6]}, digest=tree_over(2, other, second))


@attack("a child's count altered", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    digests = [leaf.statement.digest for leaf in leaves()]
    return join_run(changes={COUNT: 2}, count=3, digest=tree_over(3, *digests))


@attack("a child that covers nothing", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    digests = [leaf.statement.digest for leaf in leaves()]
    return join_run(changes={COUNT: 0}, count=1, digest=tree_over(1, *digests))


# Counts that overflow


@attack("a count of 2^16", NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    return join_run(changes={COUNT: 2**16}, count=2**16 + 1)


@attack("a count of -1", NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    """N = -1 + 2 = 1 in the field."""
    return join_run(changes={COUNT: MODULUS - 1, COUNT + ADVICE_OF_A_CHILD: 2}, count=1)


@attack("counts whose sum has 17 bits", NODE_OF_ANOTHER_STATEMENT, NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    return join_run(changes={COUNT: 2**15, COUNT + ADVICE_OF_A_CHILD: 2**15}, count=2**16)


@attack("a first segment of -1", NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    """k0 = -1, and the second child would be segment 0."""
    return join_run(first=MODULUS - 1)


@attack("a second child beyond the last number", NODE_OF_ANOTHER_STATEMENT, NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    return join_run(first=2**16 - 1)


# Keys


@attack("a key that is not in the set", NodeReason.KEY_NOT_ALLOWED, alone=True)
def _() -> NodeRun:
    return join_run([half_foreign()[0], foreign_leaf()])


@attack("a key that is not in the set, at the place of one that is", NodeReason.KEY_NOT_ALLOWED, alone=True)
def _() -> NodeRun:
    run = join_run([half_foreign()[0], foreign_leaf()])
    advice, start = list(run.advice), ADVICE_OF_A_CHILD + 4
    advice[start : start + 7] = [0, *keys().key_set.path(0)]
    return replace(run, advice=advice)


@attack("an allowed key's digest with other preprocessed columns", NodeReason.KEY_NOT_ALLOWED)
def _() -> NodeRun:
    root = keys().joins[2].verifying_key.preprocessed_root
    return join_run(changes={2: tuple(root[:6]), 3: tuple(root[6:])})


@attack("an allowed key's columns with another digest", NodeReason.KEY_NOT_ALLOWED)
def _() -> NodeRun:
    digest = keys().joins[2].verifying_key.digest
    return join_run(changes={0: tuple(digest[:6]), 1: tuple(digest[6:])})


@attack("the place of another key", NodeReason.KEY_NOT_ALLOWED, alone=True)
def _() -> NodeRun:
    return join_run(changes={4: 1})


@attack("a place beyond the set", NodeReason.KEY_NOT_ALLOWED, alone=True)
def _() -> NodeRun:
    """Index 64 is index 0 in its lowest six bits."""
    return join_run(changes={4: 64})


@attack("a place of -64", NodeReason.KEY_NOT_ALLOWED, alone=True)
def _() -> NodeRun:
    return join_run(changes={4: MODULUS - 64})


@attack("a leaf replayed as a join", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """The wrong key, but one that is allowed."""
    as_join = replace(leaves()[0], key=keys().joins[2])
    return join_run(changes=dict(enumerate(identity_advice(keys().key_set, as_join))))


@attack("a join replayed as a leaf", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(joined_leaves(), advice=identity_advice(keys().key_set, leaves()[0]))


@attack("children of another key set", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """R in another order: all keys are the same, but the children were proven under another root."""
    other = KeySet(tuple(reversed(keys().key_set.keys)))
    run = join_run(key_set=other.root)
    return replace(run, advice=join_advice(other, leaves()))


@attack("a join of joins of different programs", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """Both joins have the same key, which is in R; all that differs is the R that the second was proven under."""
    return join_run(half_foreign())


# What a join says


@attack("a join that counts one more", NodeReason.WRONG_COUNT, alone=True)
def _() -> NodeRun:
    return join_run(count=3)


@attack("a join of another digest", NodeReason.WRONG_DIGEST, alone=True)
def _() -> NodeRun:
    return join_run(digest=plus_one(joined(keys().key_set, leaves()).digest))


@attack("a join whose digest swaps its children", NodeReason.WRONG_DIGEST, alone=True)
def _() -> NodeRun:
    first, second = (leaf.statement.digest for leaf in leaves())
    return join_run(digest=tree_over(2, second, first))


@attack("a join of another sum", NodeReason.WRONG_SUM, alone=True)
def _() -> NodeRun:
    return join_run(partial_sum=joined(keys().key_set, leaves()).partial_sum + ONE)


# Leaves


@attack("a leaf of another segment number", SEGMENT_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return leaf_run(first=2)


@attack("a leaf of another segment", SEGMENT_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return leaf_run([relay().segments[1]])


@attack("a leaf under another challenge", SEGMENT_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return leaf_run(challenge=leaves(b"another")[0].statement.challenge)


@attack("a leaf of another program's segment", SEGMENT_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    """The circuit and the parameters are the same; the table of steps is another."""
    run = mixed_relay()
    return leaf_run(run.segments[2:3], first=3, challenge=tuple(run.challenge))


@attack("a leaf of another boundary commitment", NodeReason.WRONG_DIGEST, alone=True)
def _() -> NodeRun:
    return leaf_run(digest=digest_tree([relay().segments[1].digest]))


@attack("a segment whose boundary is another's", SEGMENT_OF_ANOTHER_STATEMENT, NodeReason.WRONG_DIGEST)
def _() -> NodeRun:
    first, second = relay().segments
    proof: Proof = replace(first.proof, boundary_root=second.proof.boundary_root)
    return leaf_run([replace(first, proof=proof)])


@attack("a leaf that counts one more", NodeReason.WRONG_COUNT, alone=True)
def _() -> NodeRun:
    return leaf_run(count=2)


@attack("a leaf of another sum", NodeReason.WRONG_SUM, alone=True)
def _() -> NodeRun:
    return leaf_run(partial_sum=relay().segments[0].partial_sum + ONE)


@attack("a leaf of segment 2^16", NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    return leaf_run(first=2**16)


@attack("a leaf of segment -1", NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    return leaf_run(first=MODULUS - 1)


@attack("swapped segments of a leaf", SEGMENT_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return leaf_run(relay().segments[::-1], key=two_segment_leaf())


@attack("a segment twice in a leaf", SEGMENT_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return leaf_run([relay().segments[0]] * 2, key=two_segment_leaf())


# The final node


@attack("a final node that starts elsewhere", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(first=2)


@attack("a final node that counts one more", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(count=2)


@attack("a final node of another digest", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(digest=plus_one(leaves()[0].statement.digest))


@attack("a final node of another sum", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(partial_sum=leaves()[0].statement.partial_sum + ONE)


@attack("a final node under another challenge", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(challenge=leaves(b"another")[0].statement.challenge)


@attack("a final node of a count of -1", NodeReason.NUMBER_OUT_OF_RANGE)
def _() -> NodeRun:
    return final_run(count=MODULUS - 1)


@attack("a final node over another program's leaf", NodeReason.KEY_NOT_ALLOWED, alone=True)
def _() -> NodeRun:
    return final_run(foreign_leaf())


@attack("a final node over another program's join", NODE_OF_ANOTHER_STATEMENT)
def _() -> NodeRun:
    return final_run(half_foreign()[1])

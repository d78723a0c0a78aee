"""What is done with one node, wherever it is done: it is proven from what the work folder has, and stored there.

A stored node is S, D and the proof. Its file is named by what it is a proof of: the key, the key set, the challenge and
the segments that it covers; D and S follow from those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from hstar.field.extension import EXTENSION_BYTES, ExtensionElement
from hstar.hash.blake2b import encode_elements
from hstar.hash.suite import POSEIDON2
from hstar.prover.node_keys import LazyNodeKeys, Place
from hstar.prover.segments import load_commitment, stored_proof
from hstar.prover.work import WorkFolder
from hstar.recursion.accept import FinalProof
from hstar.recursion.aggregate import (
    Node,
    ProvenSegment,
    ProvenUnder,
    prove_final,
    prove_join,
    prove_leaf,
    proven_segments,
)
from hstar.recursion.plan import PlannedNode
from hstar.recursion.statement import NodeStatement
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import decode_proof, encode_proof
from hstar.stark.segments import SegmentProof

Challenge = tuple[ExtensionElement, ...]
_NAME_BYTES = 8


@dataclass(frozen=True)
class NodeTask:
    """A node of a run.

    Args:
        node: of the plan.
        is_final: whether the final proof about this node is meant, and not the node itself.
    """

    node: PlannedNode
    is_final: bool = False

    @property
    def place(self) -> Place:
        """Whose key it is proven under."""
        return None if self.is_final else self.node.place


class NodeProver:
    """Proves the nodes of one run.

    Args:
        keys: of its program.
        work: where it stored its segments' proofs.
    """

    def __init__(self, keys: LazyNodeKeys, work: WorkFolder) -> None:
        self.keys, self.work = keys, work

    def verifying_key(self, task: NodeTask) -> VerifyingKey:
        """Of a node's proof."""
        return self.keys.key.final if task.is_final else self.keys.key.verifying_key(task.node.place)

    def name(self, task: NodeTask, challenge: Challenge) -> str:
        """The file of a node."""
        digest = hashlib.blake2b(digest_size=_NAME_BYTES, person=b"hstar node")
        key = self.verifying_key(task)
        for part in (key.suite.digest_to_bytes(key.digest), encode_elements(self.keys.key_set.root)):
            digest.update(part)
        for element in challenge:
            digest.update(element.to_bytes())
        kind = "final" if task.is_final else str(task.node.place.kind)
        return f"{kind}-{task.node.first:05}-{task.node.count:05}-{digest.hexdigest()}.bin"

    def prove(self, task: NodeTask, challenge: Challenge) -> dict[str, float]:
        """Proves a node and stores it; returns seconds.

        Raises:
            ResourceError: UNREADABLE, the work folder was changed.
            InputError: WRONG_SHAPE when the recursion key is of another version.
            VerificationError: what the node verifies is no proof.
        """
        start = perf_counter()
        if task.is_final:
            made = prove_final(self.keys, self._load(task.node, challenge))
        elif task.node.children:
            made = prove_join(self.keys, [self._load(child, challenge) for child in task.node.children])
        else:
            made = prove_leaf(self.keys, self._segments(task.node), task.node.first, challenge)
        x = made.statement
        head = x.partial_sum.to_bytes() + POSEIDON2.digest_to_bytes(x.digest)
        self.work.put(self.name(task, challenge), head + encode_proof(made.key.verifying_key, made.proof))
        return {"all": perf_counter() - start}

    def final(self, root: PlannedNode, challenge: Challenge) -> FinalProof:
        """The finished recursion, its proof encoded.

        Raises:
            ResourceError: UNREADABLE.
        """
        total, digest, proof = self._read(NodeTask(root, is_final=True), challenge)
        return FinalProof(root.count, digest, total, proof)

    def _read(self, task: NodeTask, challenge: Challenge) -> tuple[ExtensionElement, tuple[int, ...], bytes]:
        data = self.work.require(self.name(task, challenge))
        end = EXTENSION_BYTES + POSEIDON2.digest_bytes
        digest = POSEIDON2.digest_from_bytes(data[EXTENSION_BYTES:end])
        return ExtensionElement.from_bytes(data[:EXTENSION_BYTES]), tuple(digest), data[end:]

    def _load(self, node: PlannedNode, challenge: Challenge) -> Node:
        """A stored node with its key, of which a parent needs the verifier's part alone."""
        total, digest, proof = self._read(NodeTask(node), challenge)
        key = self.keys.key.verifying_key(node.place)
        statement = NodeStatement(self.keys.key_set.root, node.first, node.count, digest, challenge, total)
        return Node(ProvenUnder(key), statement, decode_proof(key, proof))

    def _segments(self, node: PlannedNode) -> Sequence[ProvenSegment]:
        proofs = []
        for number in range(node.first, node.first + node.count):
            class_index, digest = load_commitment(self.work, number)
            proofs.append(SegmentProof(class_index, digest, self.work.require(stored_proof(number))))
        return proven_segments(self.keys.segment_keys, proofs)

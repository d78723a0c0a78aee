"""The relations of the nodes run on numbers, with nothing of the tracer in it: what the circuits are held to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from hstar.commit.numbers import Numbers
from hstar.errors import VerificationError
from hstar.hash.suite import POSEIDON2, Digest
from hstar.hash.tags import Tag
from hstar.recursion.witness import Advice, KeyedProof, PublicInput
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof, proof_shape
from hstar.stark.statement import Statement
from hstar.stark.verify import AcceptedProof, protocol_pattern, run_verifier
from hstar.transcript.arithmetic import Bits
from hstar.transcript.transcript import Transcript


class NodeNumbers(Numbers):
    """Hands out what a `NodeRun` holds, in order."""

    def __init__(self, public: PublicInput, proofs: Sequence[KeyedProof], advice: Advice) -> None:
        super().__init__(POSEIDON2)
        self._public, self._advice = iter(public), iter(advice)
        self._proofs: Iterator[KeyedProof] = iter(proofs)

    def public_base(self) -> Any:
        return next(self._public)

    public_element = public_base

    def carry(self, values: Sequence[object]) -> None:
        assert len(values) == 9, "a leaf carries R and nothing else"

    def advice_base(self) -> Any:
        return next(self._advice)

    advice_element = advice_base

    def advice_digest(self) -> tuple[int, ...]:
        return (*next(self._advice), *next(self._advice))

    def require_path(self, node: Digest, index: Bits, root: Digest, tag: Tag, reason: StrEnum, sentence: str) -> None:
        for bit in index:
            sibling = next(self._advice)
            node = POSEIDON2.compress(tag, *((sibling, node) if bit else (node, sibling)))
        if node != root:
            raise VerificationError(sentence, reason=reason)

    def proof(self, key: VerifyingKey) -> Proof:
        _, proof = next(self._proofs)
        proof_shape(key).check(proof, "")
        return proof

    def verify(
        self, key: VerifyingKey, statement: Statement, proof: Proof, identity: tuple[Digest, Digest] | None = None
    ) -> AcceptedProof:
        transcript = Transcript(self, protocol_pattern(key))
        if identity is not None:
            digest, root = identity
            key = replace(key, preprocessed_root=root)
            key.__dict__["digest"] = digest
        return run_verifier(self, transcript, key, statement, proof)

    def finish(self) -> None:
        assert [*self._public, *self._advice, *self._proofs] == []

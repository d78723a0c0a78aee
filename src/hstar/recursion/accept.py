"""What a validator checks of a finished recursion, outside any circuit.

    1. 1 <= N < 2^16, and all segments together hold fewer global fractions than the field has elements
    2. A is derived from V, N, D and the claimed output
    3. the final proof shows: N segments from number 1 on, with the digest D, add up to S under A and the key set R
    4. S and the validator's own global fractions cancel

Soundness: R and V come with the final key from someone the validator trusts, never with the proof. The node statement
names no V of its own: R names the leaves, and a leaf's circuit fixes the segment key that it verifies under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.air.check import PublicMessage
from hstar.air.program import Scope
from hstar.errors import VerificationError
from hstar.field.extension import ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import POSEIDON2
from hstar.recursion.statement import NodeStatement
from hstar.stark.keys import VerifyingKey, max_fractions
from hstar.stark.proof import Proof
from hstar.stark.segments import SegmentKeys, public_sum
from hstar.stark.statement import MAX_SEGMENT_NUMBER, Statement
from hstar.stark.verify import DEFAULT_MINIMUM_BITS, verify
from hstar.transcript.reason import ProofReason

FIRST_SEGMENT = 1


@dataclass(frozen=True)
class AcceptanceKey:
    """What a validator is built with.

    Args:
        final: key of the final proof.
        key_set: R.
        segment_keys: V, and the keys that it names.
    """

    final: VerifyingKey
    key_set: tuple[int, ...]
    segment_keys: SegmentKeys


@dataclass(frozen=True)
class FinalProof:
    """What a prover sends.

    Args:
        num_segments: N.
        digest: D.
        partial_sum: S.
        proof: of the final node, or its encoding.
    """

    num_segments: int
    digest: tuple[int, ...]
    partial_sum: ExtensionElement
    proof: Proof | bytes


def verify_final(
    key: AcceptanceKey,
    final: FinalProof,
    output: bytes,
    public_messages: Sequence[PublicMessage],
    *,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> None:
    """Accepts a finished recursion or raises.

    Args:
        key: what the validator is built with.
        final: from the prover.
        output: what the program claims to have written.
        public_messages: the validator's own global fractions, computed from V, N and the output.
        minimum_bits: provable bits that the final key must reach.

    Raises:
        VerificationError: WRONG_STATEMENT, GLOBAL_SUM_NOT_ZERO, ZERO_PUBLIC_DENOMINATOR, or any reason of `verify`.

    Soundness:
        The bits of the final key say nothing about the nodes below it: every node adds its own error, and the sum over
        the tree is not computed here.
    """
    _check(key, final, len(public_messages))
    challenge = key.segment_keys.challenge_of(final.num_segments, final.digest, output)
    total = final.partial_sum + public_sum(key.segment_keys.keys[0], challenge, public_messages)
    if total != ZERO:
        raise VerificationError("the global buses do not balance", reason=ProofReason.GLOBAL_SUM_NOT_ZERO)
    statement = NodeStatement(
        key.key_set, FIRST_SEGMENT, final.num_segments, final.digest, challenge, final.partial_sum
    )
    verify(key.final, Statement(statement.elements()), final.proof, minimum_bits=minimum_bits)


def _check(key: AcceptanceKey, final: FinalProof, num_public: int) -> None:
    count = final.num_segments
    if type(count) is not int or not 1 <= count <= MAX_SEGMENT_NUMBER:
        raise VerificationError(
            f"{count} segments; there must be 1 to {MAX_SEGMENT_NUMBER}", reason=ProofReason.WRONG_STATEMENT
        )
    if not POSEIDON2.is_digest(final.digest) or type(final.partial_sum) is not ExtensionElement:
        raise VerificationError(
            "the digest of the segments is not nine elements of K, or their sum is no element of E",
            reason=ProofReason.WRONG_STATEMENT,
        )
    most = max(max_fractions(item.circuit, item.parameters, Scope.GLOBAL) for item in key.segment_keys.keys)
    if count * most + num_public >= MODULUS:
        raise VerificationError(
            f"{count} segments can hold more global fractions than the field has elements",
            reason=ProofReason.WRONG_STATEMENT,
        )

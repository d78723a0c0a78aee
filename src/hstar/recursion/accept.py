"""What a validator checks of a finished recursion, outside any circuit.

    1. 1 <= N < 2^16, and all segments together hold fewer global fractions than the field has elements
    2. A is derived from V, N, D and the claimed output
    3. S and the validator's own global fractions cancel
    4. the final proof shows: N segments from number 1 on, with the digest D, add up to S under A and the key set R

Soundness: R and V come with the final key from someone the validator trusts, never with the proof. The node statement
names no V of its own: R names the leaves, and a leaf's circuit fixes the segment key that it verifies under.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, cast

from hstar.air.check import PublicMessage
from hstar.air.program import Scope
from hstar.commit.numbers import Numbers
from hstar.errors import VerificationError
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import POSEIDON2
from hstar.recursion.statement import NUMBER_BITS
from hstar.stark.keys import VerifyingKey, max_fractions
from hstar.stark.proof import Proof, decode_proof, proof_shape
from hstar.stark.security import require_security
from hstar.stark.segments import SegmentKeys, public_fraction
from hstar.stark.statement import MAX_SEGMENT_NUMBER, Statement
from hstar.stark.verify import DEFAULT_MINIMUM_BITS, protocol_pattern, run_verifier
from hstar.transcript.arithmetic import Arithmetic
from hstar.transcript.reason import ProofReason
from hstar.transcript.transcript import Transcript

Challenge: TypeAlias = tuple[ExtensionElement, ...]
"""A."""
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
        InputError: OUT_OF_RANGE when a public message is none of a global bus.

    Soundness:
        The bits of the final key say nothing about the nodes below it: every node adds its own error, and the sum over
        the tree is not computed here.
    """
    _check_types(final)
    require_security(key.final, minimum_bits)
    proof = final.proof
    if isinstance(proof, bytes):
        proof = decode_proof(key.final, proof)
    else:
        proof_shape(key.final).check(proof, "")
    final = replace(final, proof=proof)
    run_acceptance(Numbers(key.final.suite), key, final, partial(_derived, key, output), public_messages)


def _derived(key: AcceptanceKey, output: bytes, num_segments: int, digest: Sequence[int]) -> Challenge:
    return key.segment_keys.challenge_of(num_segments, digest, output)


def run_acceptance(
    arithmetic: Arithmetic,
    key: AcceptanceKey,
    final: FinalProof,
    derive: Callable[[int, Sequence[int]], Challenge],
    public_messages: Sequence[PublicMessage],
) -> None:
    """The checks, over any arithmetic; types, ranges and the form of the proof have been checked by then.

    Args:
        arithmetic: where values live.
        key: what the validator is built with.
        final: with a decoded proof.
        derive: A from N and D; it knows V and the output.
        public_messages: as `verify_final`.

    Raises:
        VerificationError: the first check that fails.
        InputError: OUT_OF_RANGE when a public message is none of a global bus.
    """
    for message in public_messages:
        key.segment_keys.keys[0].check_message(message.bus, message.message, Scope.GLOBAL)
    _require_count(arithmetic, key, final.num_segments, len(public_messages))  # 1
    challenge = derive(final.num_segments, final.digest)  # 2
    numerator, denominator = public_fraction(arithmetic, key.segment_keys.keys[0], challenge, public_messages)  # 3
    arithmetic.require_equal(
        numerator + final.partial_sum * denominator,
        0,
        ProofReason.GLOBAL_SUM_NOT_ZERO,
        "the global buses do not balance",
    )
    values = (  # 4
        *key.key_set,
        FIRST_SEGMENT,
        final.num_segments,
        *final.digest,
        *(word for element in (*challenge, final.partial_sum) for word in arithmetic.unpack(element)),
    )
    transcript = Transcript(arithmetic, protocol_pattern(key.final))
    run_verifier(arithmetic, transcript, key.final, Statement(values), cast("Proof", final.proof))


def max_segments(key: AcceptanceKey, num_public: int) -> int:
    """The largest N, for so many fractions of the validator's own."""
    return most_segments(key.segment_keys.keys, num_public)


def most_segments(keys: Iterable[VerifyingKey], num_public: int) -> int:
    """The same for the keys that segments may have."""
    most = max(max_fractions(key, Scope.GLOBAL) for key in keys)
    return min(MAX_SEGMENT_NUMBER, (MODULUS - 1 - num_public) // most)


def _require_count(arithmetic: Arithmetic, key: AcceptanceKey, count: int, num_public: int) -> None:
    """1 <= N, and N is small enough for segment numbers and for the number of fractions.

    Raises:
        VerificationError: WRONG_STATEMENT.
    """
    last = max_segments(key, num_public)
    sentence = (
        f"there must be 1 to {last} segments: numbers have {NUMBER_BITS} bits, and together segments hold fewer global "
        "fractions than the field has elements"
    )
    arithmetic.bits(count - 1, NUMBER_BITS, ProofReason.WRONG_STATEMENT, sentence)
    arithmetic.bits(last - count, NUMBER_BITS, ProofReason.WRONG_STATEMENT, sentence)


def _check_types(final: FinalProof) -> None:
    count = final.num_segments
    if type(count) is not int or not 0 <= count < MODULUS:
        raise VerificationError("the number of segments is no element of K", reason=ProofReason.WRONG_STATEMENT)
    if not POSEIDON2.is_digest(final.digest) or type(final.partial_sum) is not ExtensionElement:
        raise VerificationError(
            "the digest of the segments is not nine elements of K, or their sum is no element of E",
            reason=ProofReason.WRONG_STATEMENT,
        )

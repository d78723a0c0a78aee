"""Many proofs under one global challenge: how it is derived, and when the segments together are accepted.

    1. every segment k = 1 .. N binds its boundary columns and squeezes D_k     (stark/prove.py, step 2)
    2. D = tree(D_1 .. D_N); A = BLAKE2b in counter mode over V, N, D and the output
    3. every segment is proven under A, in any order                            (stark/prove.py, steps 3 to 9)
    4. accepted: every proof under its number and A; D and A recomputed; partial sums and public fractions cancel

Soundness: everything that a global interaction reads is fixed before A. The error is (fractions of all segments) *
(log2 of the message width + 2) / |E|, provided that each boundary commitment stands for one vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hstar.air.check import PublicMessage
from hstar.air.program import Scope
from hstar.errors import InputError, Reason, VerificationError
from hstar.field.extension import ONE, ZERO, ExtensionElement, take
from hstar.field.koala_bear import MODULUS
from hstar.hash import blake2b, tags
from hstar.hash.suite import POSEIDON2
from hstar.stark.keys import VerifyingKey, max_fractions
from hstar.stark.proof import Proof
from hstar.stark.security import require_security
from hstar.stark.statement import MAX_SEGMENT_NUMBER, Statement, denominator, fingerprint, global_challenge_length
from hstar.stark.verify import DEFAULT_MINIMUM_BITS, SEGMENT_DIGEST_ELEMENTS, AcceptedProof, verify
from hstar.transcript.reason import ProofReason

TREE_ARITY = 4
"""Most children of a join of the digest tree."""


def digest_tree(digests: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """D: a balanced tree of arity 4 over D_1 .. D_N; a join hashes its arity, the number of its leaves, its children.

    Raises:
        InputError: WRONG_SHAPE when there is no digest.
    """
    if not digests:
        raise InputError("there are no segments; a program has at least one", reason=Reason.WRONG_SHAPE)
    if len(digests) == 1:
        return tuple(POSEIDON2.hash_elements(tags.SEGMENT_LEAF, digests[0]))
    arity = min(TREE_ARITY, len(digests))
    bounds = [len(digests) * index // arity for index in range(arity + 1)]
    children = [digest_tree(digests[start:end]) for start, end in pairwise(bounds)]
    joined = [arity, len(digests), *(word for child in children for word in child)]
    return tuple(POSEIDON2.hash_elements(tags.SEGMENT_JOIN, joined))


def derive_global_challenge(
    key: VerifyingKey, digests: Sequence[Sequence[int]], output: bytes
) -> tuple[ExtensionElement, ...]:
    """A = (alpha, beta): elements of E by rejection from 31 bits of `B(V, N, D, output length, output, counter)`.

    Args:
        key: its digest is V.
        digests: D_1 .. D_N.
        output: what the program claims to have written.

    Raises:
        InputError: WRONG_SHAPE.
    """
    fields = (
        key.suite.digest_to_bytes(key.digest),
        blake2b.encode_integer(len(digests)),
        blake2b.encode_elements(digest_tree(digests)),
        blake2b.encode_integer(len(output)),
        output,
    )
    words = blake2b.counter_mode(tags.GLOBAL_CHALLENGE, *fields)
    return tuple(take(words) for _ in range(global_challenge_length(key.circuit)))


def verify_segments(
    key: VerifyingKey,
    proofs: Sequence[Proof | bytes],
    digests: Sequence[Sequence[int]],
    output: bytes = b"",
    public_messages: Sequence[PublicMessage] = (),
    *,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> None:
    """Accepts all segments of one execution or raises.

    Args:
        key: from someone the caller trusts.
        proofs: of the segments 1 .. N in order.
        digests: the claimed D_1 .. D_N, which the proofs must have.
        output: what the program claims to have written.
        public_messages: the verifier's own global fractions.
        minimum_bits: provable bits that the key must reach with so many segments; 0 is for tests.

    Raises:
        VerificationError: any reason of `verify`; WRONG_CHALLENGE, GLOBAL_SUM_NOT_ZERO, ZERO_PUBLIC_DENOMINATOR,
            WRONG_STATEMENT.

    Soundness:
        A does not bind the public messages. The caller computes them from what A binds (the key, N, the output) and
        never takes them from whoever sent the proofs: messages chosen after A could balance anything.
    """
    _check_counts(key, len(proofs), len(digests), len(public_messages))
    _check_digests(digests)
    for message in public_messages:
        key.check_message(message.bus, message.message, Scope.GLOBAL)
    require_security(key, minimum_bits, len(proofs), len(public_messages))
    challenge = derive_global_challenge(key, digests, output)
    total = _public_sum(key, challenge, public_messages)
    for index, (proof, digest) in enumerate(zip(proofs, digests, strict=True)):
        number = index + 1
        accepted = verify(key, Statement((), number, challenge), proof, minimum_bits=0)
        total = total + _partial_sum(accepted, digest, number)
    if total != ZERO:
        raise VerificationError("the global buses do not balance", reason=ProofReason.GLOBAL_SUM_NOT_ZERO)


def _check_counts(key: VerifyingKey, num_proofs: int, num_digests: int, num_public: int) -> None:
    if not key.circuit.has_global_bus:
        raise InputError("this key has no global bus; use hstar.stark.verify", reason=Reason.WRONG_TYPE)
    if num_proofs != num_digests or not 1 <= num_proofs <= MAX_SEGMENT_NUMBER:
        raise VerificationError(
            f"{num_proofs} segments with {num_digests} digests; there must be 1 to {MAX_SEGMENT_NUMBER} of both",
            reason=ProofReason.WRONG_STATEMENT,
        )
    if num_proofs * max_fractions(key.circuit, key.parameters, Scope.GLOBAL) + num_public >= MODULUS:
        raise VerificationError(
            f"{num_proofs} segments of this size can hold more global fractions than the field has elements",
            reason=ProofReason.WRONG_STATEMENT,
        )


def _check_digests(digests: Sequence[Sequence[int]]) -> None:
    """D_1 .. D_N come from the prover, so their form is judged before they are hashed."""
    for index, digest in enumerate(digests):
        if len(digest) != SEGMENT_DIGEST_ELEMENTS or not all(0 <= element < MODULUS for element in digest):
            raise VerificationError(
                f"the digest of segment {index + 1} is not {SEGMENT_DIGEST_ELEMENTS} canonical field elements",
                reason=ProofReason.WRONG_STATEMENT,
                segment=index + 1,
            )


def _partial_sum(accepted: AcceptedProof, digest: Sequence[int], number: int) -> ExtensionElement:
    if accepted.segment_digest != tuple(digest) or accepted.partial_sum is None:
        raise VerificationError(
            f"segment {number} binds other boundary columns than those that the challenge was derived from",
            reason=ProofReason.WRONG_CHALLENGE,
            segment=number,
        )
    return accepted.partial_sum


def _public_sum(
    key: VerifyingKey, challenge: Sequence[ExtensionElement], messages: Sequence[PublicMessage]
) -> ExtensionElement:
    challenges, total = fingerprint(ONE, challenge[0], challenge[1:]), ZERO
    for message in messages:
        factor = denominator(challenges, key.bus_identifier(message.bus), message.message)
        if factor == ZERO:
            raise VerificationError(
                "a denominator of the public global messages is zero", reason=ProofReason.ZERO_PUBLIC_DENOMINATOR
            )
        total = total + message.multiplicity / factor
    return total

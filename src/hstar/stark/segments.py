"""Many proofs under one global challenge: how it is derived, and when the segments together are accepted.

    1. every segment k = 1 .. N binds its boundary columns and squeezes D_k     (stark/prove.py, step 2)
    2. D = tree(D_1 .. D_N); A = BLAKE2b in counter mode over V, N, D and the output
    3. every segment is proven under A, in any order                            (stark/prove.py, steps 3 to 9)
    4. accepted: every proof under its number and A; D and A recomputed; partial sums and public fractions cancel

Segments may have different keys (another circuit, another size) if their circuits begin with the same global buses:
then messages and challenge mean the same in all of them. V names all keys that may occur; D_k binds the key of segment
k, because a proof absorbs it first.

Soundness: everything that a global interaction reads is fixed before A. The error is (fractions of all segments) *
(log2 of the message width + 2) / |E|, provided that each boundary commitment stands for one vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from hstar.air.check import PublicMessage
from hstar.air.program import Bus, Scope
from hstar.commit.numbers import Numbers
from hstar.errors import InputError, Reason, VerificationError
from hstar.field.extension import ZERO, ExtensionElement, take
from hstar.field.koala_bear import MODULUS
from hstar.hash import blake2b, tags
from hstar.hash.suite import POSEIDON2
from hstar.stark.keys import VerifyingKey, max_fractions
from hstar.stark.proof import Proof
from hstar.stark.security import priced_segments, require_security
from hstar.stark.statement import MAX_SEGMENT_NUMBER, Statement, denominator, fingerprint, global_challenge_length
from hstar.stark.verify import DEFAULT_MINIMUM_BITS, SEGMENT_DIGEST_ELEMENTS, AcceptedProof, verify
from hstar.transcript.arithmetic import Arithmetic
from hstar.transcript.reason import ProofReason

TREE_ARITY = 3
"""Most children of a join of the digest tree: with more, every node would have to grow to the size of such a join."""


def digest_tree(digests: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """D: the tree of `tree_parts` over D_1 .. D_N; a join hashes its arity, the number of its leaves, its children.

    Raises:
        InputError: WRONG_SHAPE when there is no digest.
    """
    if not digests:
        raise InputError("there are no segments; a program has at least one", reason=Reason.WRONG_SHAPE)
    if len(digests) == 1:
        return tuple(POSEIDON2.hash_elements(tags.SEGMENT_LEAF, digests[0]))
    bounds = [0, *accumulate(tree_parts(len(digests)))]
    return join_digests(len(digests), [digest_tree(digests[start:end]) for start, end in pairwise(bounds)])


def join_digests(count: int, children: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """A join of the digest tree over `count` leaves in all."""
    joined = [len(children), count, *(word for child in children for word in child)]
    return tuple(POSEIDON2.hash_elements(tags.SEGMENT_JOIN, joined))


def tree_parts(count: int) -> list[int]:
    """How a join over `count` > 1 leaves shares them out among its children, left to right.

    Every join costs the same, so there are as few as possible: all but one on a way down are full. Children are as
    large as each other up to that; the last one takes what is left over.
    """
    arity = min(TREE_ARITY, count)
    if count <= TREE_ARITY:
        return [1] * count
    joins, rest = divmod(count - arity, arity - 1)  # full joins below this one, and leaves that fill none
    parts = [1 + (arity - 1) * (joins // arity + (index < joins % arity)) for index in range(arity)]
    parts[-1] += rest
    return parts


@dataclass(frozen=True)
class SegmentKeys:
    """The keys that segments of one execution may have.

    Args:
        digest: V, which names all of them.
        keys: at least one; each with a global bus, and all with the same ones.

    Raises:
        InputError: WRONG_TYPE, WRONG_SHAPE.
    """

    digest: bytes
    keys: tuple[VerifyingKey, ...]

    def __post_init__(self) -> None:
        if not self.keys or not all(key.circuit.has_global_bus for key in self.keys):
            raise InputError("a key has no global bus; use hstar.stark.verify for it", reason=Reason.WRONG_TYPE)
        first = _global_buses(self.keys[0])
        for key in self.keys[1:]:
            if _global_buses(key) != first or self.challenge_length != global_challenge_length(key.circuit):
                raise InputError(
                    f"circuits {self.keys[0].circuit.name} and {key.circuit.name} do not begin with the same global "
                    "buses; segments of both cannot share a challenge",
                    reason=Reason.WRONG_SHAPE,
                )

    @classmethod
    def of(cls, key: VerifyingKey) -> SegmentKeys:
        """All segments have one key, and V is its digest."""
        return cls(key.suite.digest_to_bytes(key.digest), (key,))

    @property
    def challenge_length(self) -> int:
        """Elements of A."""
        return global_challenge_length(self.keys[0].circuit)

    def derive_challenge(self, digests: Sequence[Sequence[int]], output: bytes) -> tuple[ExtensionElement, ...]:
        """A, from the digests of all segments; see `challenge_of`.

        Args:
            digests: D_1 .. D_N.
            output: what the program claims to have written.

        Raises:
            InputError: WRONG_SHAPE.
        """
        return self.challenge_of(len(digests), digest_tree(digests), output)

    def challenge_of(
        self, num_segments: int, tree_digest: Sequence[int], output: bytes
    ) -> tuple[ExtensionElement, ...]:
        """A = (alpha, beta): elements of E by rejection from 31 bits of `B(V, N, D, output length, output, counter)`.

        Args:
            num_segments: N.
            tree_digest: D.
            output: what the program claims to have written.
        """
        parts = self.challenge_parts(num_segments, tree_digest, output)
        words = blake2b.counter_mode(tags.GLOBAL_CHALLENGE, *(part.encode() for part in parts))
        return tuple(take(words) for _ in range(self.challenge_length))

    def challenge_parts(
        self, num_segments: int, tree_digest: Sequence[int], output: Sequence[int]
    ) -> tuple[blake2b.Part, ...]:
        """What A is hashed from; the output is bytes, or as many numbers or symbols that stand for them."""
        return (
            blake2b.Part(1, self.digest),
            blake2b.Part(8, (num_segments,)),
            blake2b.Part(4, tree_digest),
            blake2b.Part(8, (len(output),)),
            blake2b.Part(1, output),
        )


def _global_buses(key: VerifyingKey) -> list[tuple[int, Bus]]:
    return [(index, bus) for index, bus in enumerate(key.circuit.buses) if bus.scope is Scope.GLOBAL]


def derive_global_challenge(
    key: VerifyingKey, digests: Sequence[Sequence[int]], output: bytes
) -> tuple[ExtensionElement, ...]:
    """A where all segments have one key; see `SegmentKeys.derive_challenge`."""
    return SegmentKeys.of(key).derive_challenge(digests, output)


@dataclass(frozen=True)
class SegmentProof:
    """What a prover sends of one segment.

    Args:
        key_index: of its key in `SegmentKeys.keys`.
        digest: the claimed D_k.
        proof: under that key.
    """

    key_index: int
    digest: Sequence[int]
    proof: Proof | bytes


def verify_segments(
    key: VerifyingKey,
    proofs: Sequence[Proof | bytes],
    digests: Sequence[Sequence[int]],
    output: bytes = b"",
    public_messages: Sequence[PublicMessage] = (),
    *,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> None:
    """Accepts all segments of one execution, all under one key, or raises; see `verify_mixed_segments`."""
    if len(proofs) != len(digests):
        raise VerificationError(
            f"{len(proofs)} segments with {len(digests)} digests", reason=ProofReason.WRONG_STATEMENT
        )
    segments = [SegmentProof(0, digest, proof) for digest, proof in zip(digests, proofs, strict=True)]
    verify_mixed_segments(SegmentKeys.of(key), segments, output, public_messages, minimum_bits=minimum_bits)


def verify_mixed_segments(
    keys: SegmentKeys,
    segments: Sequence[SegmentProof],
    output: bytes = b"",
    public_messages: Sequence[PublicMessage] = (),
    *,
    minimum_bits: int = DEFAULT_MINIMUM_BITS,
) -> None:
    """Accepts all segments of one execution or raises.

    Args:
        keys: from someone the caller trusts.
        segments: 1 .. N in order.
        output: what the program claims to have written.
        public_messages: the verifier's own global fractions.
        minimum_bits: provable bits that every key must reach with so many segments; 0 is for tests.

    Raises:
        VerificationError: any reason of `verify`; WRONG_CHALLENGE, GLOBAL_SUM_NOT_ZERO, ZERO_PUBLIC_DENOMINATOR,
            WRONG_STATEMENT, WRONG_KEY.

    Soundness:
        A does not bind the public messages. The caller computes them from what A binds (the keys, N, the output) and
        never takes them from whoever sent the proofs: messages chosen after A could balance anything.
    """
    _check_segments(keys, segments)
    for message in public_messages:
        keys.keys[0].check_message(message.bus, message.message, Scope.GLOBAL)
    used = [keys.keys[segment.key_index] for segment in segments]
    _check_fractions(used, len(public_messages))
    for key in dict.fromkeys(used):
        require_security(key, minimum_bits, priced_segments(key, used), len(public_messages))
    challenge = keys.derive_challenge([segment.digest for segment in segments], output)
    total = public_sum(keys.keys[0], challenge, public_messages)
    for index, (key, segment) in enumerate(zip(used, segments, strict=True)):
        number = index + 1
        accepted = verify(key, Statement((), number, challenge), segment.proof, minimum_bits=0)
        total = total + _partial_sum(accepted, segment.digest, number)
    if total != ZERO:
        raise VerificationError("the global buses do not balance", reason=ProofReason.GLOBAL_SUM_NOT_ZERO)


def _check_segments(keys: SegmentKeys, segments: Sequence[SegmentProof]) -> None:
    """Number, keys and digests come from the prover, so they are judged before anything is hashed."""
    if not 1 <= len(segments) <= MAX_SEGMENT_NUMBER:
        raise VerificationError(
            f"{len(segments)} segments; there must be 1 to {MAX_SEGMENT_NUMBER}", reason=ProofReason.WRONG_STATEMENT
        )
    for number, segment in enumerate(segments, 1):
        if not 0 <= segment.key_index < len(keys.keys):
            raise VerificationError(
                f"segment {number} names key {segment.key_index}; there are {len(keys.keys)}",
                reason=ProofReason.WRONG_KEY,
                segment=number,
            )
        digest = segment.digest
        if len(digest) != SEGMENT_DIGEST_ELEMENTS or not all(0 <= element < MODULUS for element in digest):
            raise VerificationError(
                f"the digest of segment {number} is not {SEGMENT_DIGEST_ELEMENTS} canonical field elements",
                reason=ProofReason.WRONG_STATEMENT,
                segment=number,
            )


def _check_fractions(used: Sequence[VerifyingKey], num_public: int) -> None:
    most = {key: max_fractions(key, Scope.GLOBAL) for key in dict.fromkeys(used)}
    if sum(most[key] for key in used) + num_public >= MODULUS:
        raise VerificationError(
            f"{len(used)} segments of these sizes can hold more global fractions than the field has elements",
            reason=ProofReason.WRONG_STATEMENT,
        )


def _partial_sum(accepted: AcceptedProof, digest: Sequence[int], number: int) -> ExtensionElement:
    if accepted.segment_digest != tuple(digest) or accepted.partial_sum is None:
        raise VerificationError(
            f"segment {number} binds other boundary columns than those that the challenge was derived from",
            reason=ProofReason.WRONG_CHALLENGE,
            segment=number,
        )
    return accepted.partial_sum


def public_sum(
    key: VerifyingKey, challenge: Sequence[ExtensionElement], messages: Sequence[PublicMessage]
) -> ExtensionElement:
    """The sum of the verifier's own global fractions.

    Raises:
        VerificationError: ZERO_PUBLIC_DENOMINATOR.
    """
    numerator, denominator = public_fraction(Numbers(key.suite), key, challenge, messages)
    return numerator / denominator


def public_fraction(
    arithmetic: Arithmetic, key: VerifyingKey, challenge: Sequence[ExtensionElement], messages: Sequence[PublicMessage]
) -> tuple[ExtensionElement, ExtensionElement]:
    """The same sum as one numerator and denominator, over any arithmetic.

    Raises:
        VerificationError: ZERO_PUBLIC_DENOMINATOR.
    """
    one = arithmetic.constant(1)
    challenges = fingerprint(one, challenge[0], challenge[1:])
    numerator, product = one - one, one
    for message in messages:
        factor = denominator(challenges, key.bus_identifier(message.bus), message.message)
        arithmetic.require_nonzero(
            factor, ProofReason.ZERO_PUBLIC_DENOMINATOR, "a denominator of the public global messages is zero"
        )
        numerator, product = numerator * factor + product * message.multiplicity, product * factor
    return numerator, product

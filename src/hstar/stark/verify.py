"""The verifier of one proof.

Transcript, identical in prove.py:
    1. absorb    key, statement       V, then the public statement
       absorb    segment.number       in a segment, k
    2. segments only:
       absorb    heights.early        heights of the tables with boundary columns
       absorb    root.boundary        the boundary columns; [challenge pin.point; absorb pin.value]
       challenge segment.digest       D_k, which the global challenge is derived from
       absorb    global               A
    3. absorb    heights.late         heights of the other tables that the key leaves open
       absorb    root.main
    4. check     every height is at most 2^l, no group passes its end
    5. challenge local.alpha, local.beta, local.point
    6. LogUp-GKR                      => leaf claim              (iop/logup_gkr/verify.py)
    7. zerocheck                      => column claim            (iop/zerocheck/verify.py)
    8. jagged                         => weighted sum U          (iop/jagged/verify.py)
    9. WHIR                           accepts the sum            (iop/whir/verify.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hstar.air.evaluate import Fingerprint, PublicValues
from hstar.air.program import Group, Scope
from hstar.commit.numbers import Numbers
from hstar.field.extension import ExtensionElement
from hstar.hash.suite import Digest
from hstar.iop.jagged.pin import pin_weight
from hstar.iop.jagged.verify import JaggedClaim, jagged_weight, verify_jagged
from hstar.iop.logup_gkr.verify import verify_logup_gkr
from hstar.iop.multilinear import Point
from hstar.iop.whir.verify import verify_whir
from hstar.iop.zerocheck.relation import Challenges
from hstar.iop.zerocheck.verify import verify_zerocheck
from hstar.stark.keys import VerifyingKey
from hstar.stark.layout import height_bits, heights_of, range_bits
from hstar.stark.placeholders import NOTHING, Placeholders
from hstar.stark.proof import Proof, decode_proof, proof_shape
from hstar.stark.security import require_security
from hstar.stark.statement import (
    Statement,
    check_statement,
    fingerprint,
    global_challenge_length,
    statement_fractions,
)
from hstar.transcript.arithmetic import Arithmetic, Bits
from hstar.transcript.pattern import Pattern
from hstar.transcript.reason import ProofReason
from hstar.transcript.transcript import RecordingTranscript, Transcript

DEFAULT_MINIMUM_BITS = 128
"""Provable bits below which a verifier refuses a key unless it is told otherwise."""
SEGMENT_DIGEST_ELEMENTS = 9
"""D_k: 278.9 bits, like a digest."""


@dataclass(frozen=True, slots=True)
class AcceptedProof:
    """What an accepted proof says.

    Args:
        key_digest: V.
        statement: what it was checked against.
        segment_digest: D_k of a segment, else empty.
        partial_sum: S of a segment, else None. The sums of all segments and the public fractions must cancel.
    """

    key_digest: Digest
    statement: Statement
    segment_digest: tuple[int, ...]
    partial_sum: ExtensionElement | None


def verify(
    key: VerifyingKey, statement: Statement, proof: Proof | bytes, *, minimum_bits: int = DEFAULT_MINIMUM_BITS
) -> AcceptedProof:
    """Accepts a proof or raises.

    Args:
        key: from someone the caller trusts, never from whoever sent the proof.
        statement: what is claimed.
        proof: the object, or its encoding.
        minimum_bits: provable bits that the key must reach; 0 accepts any parameters and is for tests.

    Returns:
        What is now known. For a segment that is not the end: see `hstar.stark.segments`.

    Raises:
        VerificationError: with a `ProofReason` for each check.
        InputError: the statement does not have the key's form.
    """
    check_statement(key, statement)
    require_security(key, minimum_bits)
    if isinstance(proof, bytes):
        proof = decode_proof(key, proof)
    else:
        proof_shape(key).check(proof, "")
    arithmetic = Numbers(key.suite)
    transcript = Transcript(arithmetic, protocol_pattern(key))
    return run_verifier(arithmetic, transcript, key, statement, proof)


@lru_cache(maxsize=64)
def protocol_pattern(key: VerifyingKey) -> Pattern:
    """Every operation of the transcript under a key, written down by the verifier itself."""
    arithmetic = Placeholders(key.suite)
    transcript = RecordingTranscript(arithmetic)
    proof = proof_shape(key).make(lambda shape: NOTHING)
    statement = Statement((NOTHING,) * key.statement_length, NOTHING, (NOTHING,) * global_challenge_length(key.circuit))
    run_verifier(arithmetic, transcript, key, statement, proof)
    return transcript.pattern()


def run_verifier(
    arithmetic: Arithmetic, transcript: Transcript, key: VerifyingKey, statement: Statement, proof: Proof
) -> AcceptedProof:
    """The protocol, over any arithmetic; shapes and ranges have been checked by then.

    Raises:
        VerificationError: the first check that fails.
    """
    circuit, one = key.circuit, arithmetic.constant(1)
    absorb_statement(transcript, key, statement)  # 1
    segment_digest, pin_point = absorb_boundary(transcript, key, statement, proof)  # 2
    absorb_main(transcript, key, proof)  # 3
    heights = heights_of(key, proof)  # 4
    bits_of_heights = height_bits(arithmetic, key, heights)
    ranges = range_bits(arithmetic, key, heights)
    challenges = draw_challenges(one, transcript, key, statement)  # 5
    public = _statement_sum(arithmetic, key, statement, challenges.fingerprints[Scope.LOCAL])
    leaf_claim = verify_logup_gkr(arithmetic, transcript, key.tree_dimensions, proof.gkr, public)  # 6
    column_claim = verify_zerocheck(  # 7
        arithmetic, transcript, circuit, bits_of_heights, leaf_claim, challenges, proof.zerocheck
    )
    jagged_claim = verify_jagged(arithmetic, transcript, key.bundles, column_claim)  # 8
    value = jagged_claim.value
    if pin_point is not None:
        value = value + jagged_claim.bundle_powers[-1] * proof.boundary_pin[0]

    def weight_at(point: Point) -> ExtensionElement:
        return _weight(arithmetic, key, jagged_claim, ranges, pin_point, point)

    verify_whir(arithmetic, transcript, key.parameters, _roots(key, proof), value, weight_at, proof.whir)  # 9
    transcript.finish()
    return AcceptedProof(key.digest, statement, segment_digest, leaf_claim.partial_sum)


def absorb_statement(transcript: Transcript, key: VerifyingKey, statement: Statement) -> None:
    """Step 1."""
    transcript.absorb_digest("key", key.digest)
    if key.statement_length:
        transcript.absorb_base("statement", statement.values)
    if key.circuit.has_global_bus:
        transcript.absorb_base("segment.number", [statement.segment_number])


def absorb_boundary(
    transcript: Transcript, key: VerifyingKey, statement: Statement, proof: Proof
) -> tuple[tuple[int, ...], ExtensionElement | None]:
    """Step 2; returns D_k and the pinned point, nothing and None in a stand-alone proof."""
    if not key.circuit.has_global_bus:
        return (), None
    pin_point = None
    transcript.absorb_base("heights.early", proof.early_heights)
    if proof.boundary_root:
        transcript.absorb_digest("root.boundary", proof.boundary_root[0])
    if proof.boundary_pin:
        pin_point = transcript.challenge("pin.point")
        transcript.absorb("pin.value", proof.boundary_pin)
    digest = tuple(transcript.digest_elements("segment.digest", SEGMENT_DIGEST_ELEMENTS))
    transcript.absorb("global", statement.global_challenge)
    return digest, pin_point


def absorb_main(transcript: Transcript, key: VerifyingKey, proof: Proof) -> None:
    """Step 3."""
    transcript.absorb_base("heights.late", proof.late_heights)
    if proof.main_root:
        transcript.absorb_digest("root.main", proof.main_root[0])


def draw_challenges(
    one: ExtensionElement, transcript: Transcript, key: VerifyingKey, statement: Statement
) -> Challenges[ExtensionElement]:
    """Step 5; the global fingerprint comes from the statement."""
    circuit = key.circuit
    alpha = transcript.challenge("local.alpha")
    beta = transcript.challenges("local.beta", circuit.log_fingerprint(Scope.LOCAL))
    point = transcript.challenge("local.point")
    fingerprints = {Scope.LOCAL: fingerprint(one, alpha, beta)}
    if circuit.has_global_bus:
        global_alpha, *global_beta = statement.global_challenge
        fingerprints[Scope.GLOBAL] = fingerprint(one, global_alpha, global_beta)
    return Challenges(fingerprints, PublicValues(one * statement.segment_number, point))


def _statement_sum(
    arithmetic: Arithmetic, key: VerifyingKey, statement: Statement, challenges: Fingerprint[ExtensionElement]
) -> tuple[ExtensionElement, ExtensionElement]:
    """The verifier's own fractions as one, without a division.

    Raises:
        VerificationError: ZERO_PUBLIC_DENOMINATOR.
    """
    numerator, denominator = arithmetic.constant(0), arithmetic.constant(1)
    for multiplicity, factor in statement_fractions(key, statement.values, challenges):
        arithmetic.require_nonzero(
            factor, ProofReason.ZERO_PUBLIC_DENOMINATOR, "a denominator of the public statement is zero"
        )
        numerator, denominator = numerator * factor + denominator * multiplicity, denominator * factor
    return numerator, denominator


def _weight(
    arithmetic: Arithmetic,
    key: VerifyingKey,
    claim: JaggedClaim,
    ranges: Sequence[tuple[Bits, Bits]],
    pin_point: ExtensionElement | None,
    point: Point,
) -> ExtensionElement:
    """`W(X)`: all bundles, and the pin if there is one."""
    weight = jagged_weight(arithmetic, claim, key.bundles, ranges, point)
    if pin_point is None:
        return weight
    columns = key.group_ranges[Group.BOUNDARY]
    pinned = pin_weight(arithmetic.constant(1), pin_point, key.parameters.log_column_length, columns, point)
    return weight + claim.bundle_powers[-1] * pinned


def _roots(key: VerifyingKey, proof: Proof) -> list[Digest]:
    """Roots of the non-empty groups, in order."""
    preprocessed = [] if key.preprocessed_root is None else [key.preprocessed_root]
    return [*preprocessed, *proof.boundary_root, *proof.main_root]

"""LogUp-GKR verifier: the sums of all buses become one claim about the leaves.

Transcript, identical in prove.py:
    1. absorb    gkr.roots           P0, Q0; with a global bus P0, P1, Q0, Q1 (local half, global half)
    2. check     P0 + s_public Q0 = 0, and no root denominator is zero
    3. challenge gkr.scope           only with a global bus: the top coordinate
    4. for each layer t, root to leaves:
         a. challenge gkr.lambda
         b. sumcheck  gkr.layer      t rounds of c_1, c_2 with eq taken out, lowest index bit first
         c. absorb    gkr.children   p0, p1, q0, q1 at the bound point
         d. check     claim = p0 q1 + p1 q0 + lambda q0 q1
         e. challenge gkr.child      the new lowest coordinate
"""

from __future__ import annotations

from hstar.field.extension import ExtensionElement
from hstar.iop.logup_gkr.relation import LayerProof, LeafClaim, LogUpGkrProof, TreeDimensions, layer_value
from hstar.iop.sumcheck.verify import verify_eq_rounds
from hstar.transcript.arithmetic import Arithmetic
from hstar.transcript.reason import ProofReason
from hstar.transcript.transcript import Transcript


def verify_logup_gkr(
    arithmetic: Arithmetic,
    transcript: Transcript,
    dimensions: TreeDimensions,
    proof: LogUpGkrProof,
    public_sum: tuple[ExtensionElement, ExtensionElement],
) -> LeafClaim:
    """The claim about the leaves that all sums reduce to.

    Args:
        arithmetic: where values live.
        transcript: state after all commitments and the fingerprint challenges.
        dimensions: of the tree.
        proof: with the shape `logup_gkr_shape(dimensions)`.
        public_sum: sum of the verifier's own local fractions, as numerator and non-zero denominator.

    Raises:
        VerificationError: LOCAL_SUM_NOT_ZERO, ZERO_DENOMINATOR, LAYER_CLAIM_MISMATCH.

    Soundness:
        A layer costs at most (3 + 1) / |E| a coordinate. The caller must check the leaf claim.
    """
    transcript.absorb("gkr.roots", proof.roots)  # 1
    half = len(proof.roots) // 2
    numerators, denominators = proof.roots[:half], proof.roots[half:]
    _check_roots(arithmetic, numerators[0], denominators, public_sum)  # 2
    p, q = numerators[0], denominators[0]
    point: list[ExtensionElement] = []
    partial_sum = None
    if dimensions.has_global_bus:  # 3
        partial_sum = numerators[1] / denominators[1]
        scope = transcript.challenge("gkr.scope")
        p, q = p + scope * (numerators[1] - p), q + scope * (denominators[1] - q)
        point = [scope]
    for layer in proof.layers:  # 4
        p, q, point = _verify_layer(arithmetic, transcript, layer, (p, q), point)
    log_rows = dimensions.log_rows
    return LeafClaim(point[:log_rows], point[log_rows:], p, q, partial_sum)


def _check_roots(
    arithmetic: Arithmetic,
    local_numerator: ExtensionElement,
    denominators: tuple[ExtensionElement, ...],
    public_sum: tuple[ExtensionElement, ExtensionElement],
) -> None:
    public_numerator, public_denominator = public_sum
    arithmetic.require_equal(
        local_numerator * public_denominator + public_numerator * denominators[0],
        0,
        ProofReason.LOCAL_SUM_NOT_ZERO,
        "the local buses do not balance",
    )
    for index, denominator in enumerate(denominators):
        arithmetic.require_nonzero(
            denominator, ProofReason.ZERO_DENOMINATOR, "a denominator of the fraction tree is zero", root=index
        )


def _verify_layer(
    arithmetic: Arithmetic,
    transcript: Transcript,
    proof: LayerProof,
    fraction: tuple[ExtensionElement, ExtensionElement],
    point: list[ExtensionElement],
) -> tuple[ExtensionElement, ExtensionElement, list[ExtensionElement]]:
    challenge = transcript.challenge("gkr.lambda")  # a
    claim = fraction[0] + challenge * fraction[1]
    claim, bound = verify_eq_rounds(transcript, "gkr.layer", claim, proof.rounds, point)  # b
    transcript.absorb("gkr.children", proof.children)  # c
    arithmetic.require_equal(  # d
        claim,
        layer_value(proof.children, challenge),
        ProofReason.LAYER_CLAIM_MISMATCH,
        f"layer {len(point)} of the fraction tree does not follow from the layer below it",
        layer=len(point),
    )
    child = transcript.challenge("gkr.child")  # e
    p0, p1, q0, q1 = proof.children
    return p0 + child * (p1 - p0), q0 + child * (q1 - q0), [child, *bound]

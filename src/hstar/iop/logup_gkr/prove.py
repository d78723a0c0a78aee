"""LogUp-GKR prover.

Transcript, identical in verify.py:
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

from collections.abc import Sequence

from hstar.field.extension import ExtensionElement
from hstar.iop.logup_gkr.relation import LayerProof, LeafClaim, LogUpGkrProof, TreeDimensions
from hstar.iop.sumcheck.prove import prove_rounds
from hstar.kernels.logup_gkr import FractionTree, LeafFractions
from hstar.transcript.transcript import Transcript


def prove_logup_gkr(
    transcript: Transcript, dimensions: TreeDimensions, leaves: Sequence[LeafFractions]
) -> tuple[LogUpGkrProof, LeafClaim]:
    """Proves the sums of all fractions.

    Args:
        transcript: state after all commitments and the fingerprint challenges.
        dimensions: of the tree.
        leaves: the fractions of every chip; a leaf that is missing, or a row beyond its height, is 0/1.

    Returns:
        The proof, and the claim about the leaves that is left to prove.

    The prover does not check its own statement (step 2, d): a false one is refused by the verifier.
    """
    tree = FractionTree(
        leaves,
        log_leaves=dimensions.log_leaves,
        log_rows=dimensions.log_rows,
        first_layer=dimensions.first_layer,
    )
    numerators, denominators = tree.roots()
    roots = (*numerators, *denominators)
    transcript.absorb("gkr.roots", roots)  # 1
    p, q = numerators[0], denominators[0]
    point: list[ExtensionElement] = []
    partial_sum = None
    if dimensions.has_global_bus:  # 3
        partial_sum = numerators[1] / denominators[1]
        scope = transcript.challenge("gkr.scope")
        p, q = p + scope * (numerators[1] - p), q + scope * (denominators[1] - q)
        point = [scope]
    proofs: list[LayerProof] = []
    for layer in range(dimensions.first_layer, dimensions.num_layers):  # 4
        challenge = transcript.challenge("gkr.lambda")  # a
        summand = tree.next_layer(point, challenge, p + challenge * q)
        proven = prove_rounds(transcript, "gkr.layer", summand, layer)  # b
        children = tuple(summand.children())
        transcript.absorb("gkr.children", children)  # c
        child = transcript.challenge("gkr.child")  # e
        p0, p1, q0, q1 = children
        p, q = p0 + child * (p1 - p0), q0 + child * (q1 - q0)
        point = [child, *proven.point]
        proofs.append(LayerProof(proven.rounds, children))
    log_rows = dimensions.log_rows
    claim = LeafClaim(point[:log_rows], point[log_rows:], p, q, partial_sum)
    return LogUpGkrProof(roots, tuple(proofs)), claim

"""WHIR verifier: a weighted sum over the committed vector, checked at one point.

Transcript, identical in prove.py. For each iteration t:
    1. sumcheck  whir                log_folding_arity plain rounds of c_1, c_2, each with its proof of work if any
    2. absorb    whir.root           the next oracle; in the last iteration: absorb whir.final, the final vector
    3. challenge whir.sample         out-of-domain points, all of them; then absorb whir.sample, all values
    4. grind     whir.queries
    5. positions whir.queries        on oracle t; and, but in the last iteration,
       challenge whir.combination    in the same squeeze
    6. hint      whir.rows           the rows at the positions, from every tree of oracle t
    7. check     rows belong to the roots; in the last iteration: the final vector's polynomial has the folded values
Then:
    8. sumcheck  whir.last           one plain round for each variable of the final vector
    9. check     v(rho) W(X) = claim at the one point X that all rounds have drawn
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash.suite import Digest
from hstar.iop.multilinear import Point, eq_table, evaluate_multilinear, evaluate_polynomial, monomial_step, powers
from hstar.iop.sumcheck.relation import sum_of
from hstar.iop.sumcheck.verify import verify_rounds
from hstar.iop.whir.relation import (
    PointClaims,
    WhirIterationProof,
    WhirProof,
    claims_weight,
    domain_point,
    tree_shapes,
)
from hstar.params.protocol import ProtocolParameters
from hstar.transcript.arithmetic import Arithmetic, Bits
from hstar.transcript.reason import ProofReason
from hstar.transcript.transcript import Transcript


@dataclass
class _State:
    """What the iterations hand on."""

    claim: ExtensionElement
    roots: Sequence[Digest]
    column_point: list[ExtensionElement] = field(default_factory=list)
    point: list[ExtensionElement] = field(default_factory=list)
    added: list[PointClaims] = field(default_factory=list)


def verify_whir(
    arithmetic: Arithmetic,
    transcript: Transcript,
    parameters: ProtocolParameters,
    roots: Sequence[Digest],
    claim: ExtensionElement,
    weight_at: Callable[[Point], ExtensionElement],
    proof: WhirProof,
) -> None:
    """Checks `sum_x f(x) W(x) = claim` for the committed f.

    Args:
        arithmetic: where values live.
        transcript: state after everything that fixes W and the claim.
        parameters: codes, regimes, queries, work.
        roots: of the non-empty groups, in order.
        claim: the sum.
        weight_at: evaluates W at m coordinates.
        proof: with the shape `whir_shape(parameters)`.

    Raises:
        VerificationError: PROOF_OF_WORK, OPENING_SIZE, MERKLE_ROOT_MISMATCH, FINAL_POSITION_MISMATCH,
            FINAL_CLAIM_MISMATCH.

    Soundness:
        The terms of `hstar.soundness` for WHIR. In the Johnson regime the committed rows determine a list of vectors,
        so every challenge drawn after the commitment pays the list's length.
    """
    state = _State(claim, roots)
    for index, iteration in enumerate(proof.iterations):
        _verify_iteration(arithmetic, transcript, parameters, index, iteration, state)
    state.claim, last = verify_rounds(transcript, "whir.last", state.claim, proof.final_rounds)  # 8
    state.point += last
    one, step = arithmetic.constant(1), partial(arithmetic.composite, monomial_step)
    weight = weight_at([*state.point, *state.column_point])
    weight = weight + claims_weight(one, parameters, state.added, state.point, step)
    arithmetic.require_equal(  # 9
        evaluate_multilinear(proof.iterations[-1].final_vector, last) * weight,
        state.claim,
        ProofReason.FINAL_CLAIM_MISMATCH,
        "the final vector does not satisfy the claims about the committed vector",
    )


def _verify_iteration(
    arithmetic: Arithmetic,
    transcript: Transcript,
    parameters: ProtocolParameters,
    index: int,
    proof: WhirIterationProof,
    state: _State,
) -> None:
    step, one = parameters.iterations[index], arithmetic.constant(1)
    is_last = index + 1 == len(parameters.iterations)
    state.claim, folded_at = verify_rounds(  # 1
        transcript,
        "whir",
        state.claim,
        proof.rounds,
        grinding_bits=step.fold_grinding_bits,
        nonces=proof.fold_nonces,
    )
    if index:
        state.point += folded_at
    else:
        state.column_point = folded_at
    if is_last:  # 2
        transcript.absorb("whir.final", proof.final_vector)
    else:
        transcript.absorb_digest("whir.root", proof.next_root[0])
    points: list[ExtensionElement] = []
    if proof.samples:  # 3
        points = transcript.challenges("whir.sample", len(proof.samples))
        transcript.absorb("whir.sample", proof.samples)
    transcript.check_nonce("whir.queries", step.query_grinding_bits, proof.query_nonce)  # 4
    positions = transcript.query_positions("whir.queries", step.num_queries, step.log_num_positions)  # 5
    combination = None if is_last else transcript.challenge("whir.combination")
    folded = _open_folded(arithmetic, transcript, parameters, index, proof, state.roots, positions, folded_at)  # 6, 7
    domain = [domain_point(one, step.log_num_positions, position) for position in positions]
    if combination is None:
        _check_final_vector(arithmetic, proof.final_vector, domain, folded)  # 7
        return
    points, values = [*points, *domain], [*proof.samples, *folded]
    coefficients = powers(one, combination, 1 + len(points))[1:]
    state.claim = state.claim + sum_of([c * value for c, value in zip(coefficients, values, strict=True)])
    state.added.append(PointClaims(index, points, coefficients))
    state.roots = proof.next_root


def _open_folded(
    arithmetic: Arithmetic,
    transcript: Transcript,
    parameters: ProtocolParameters,
    index: int,
    proof: WhirIterationProof,
    roots: Sequence[Digest],
    positions: Sequence[Bits],
    folded_at: Point,
) -> list[ExtensionElement]:
    """The folded values of oracle `index` at the positions."""
    rows: list[list[int]] = [[] for _ in positions]
    for tree, root, opening in zip(tree_shapes(parameters, index), roots, proof.openings, strict=True):
        transcript.hint("whir.rows", len(positions), tree.row_width)
        opened = arithmetic.open_rows(tree, root, opening, positions, iteration=index)
        for row, part in zip(rows, opened, strict=True):
            row.extend(part)
    weights = eq_table(arithmetic.constant(1), folded_at)
    if not index:
        return [arithmetic.dot(weights[: len(row)], row) for row in rows]
    return [_fold_packed(arithmetic, weights, row) for row in rows]


def _fold_packed(arithmetic: Arithmetic, weights: Sequence[ExtensionElement], row: Sequence[int]) -> ExtensionElement:
    values = [arithmetic.pack(row[start : start + DEGREE]) for start in range(0, len(row), DEGREE)]
    return sum_of([weight * value for weight, value in zip(weights, values, strict=True)])


def _check_final_vector(
    arithmetic: Arithmetic,
    final_vector: Sequence[ExtensionElement],
    domain: Sequence[ExtensionElement],
    folded: Sequence[ExtensionElement],
) -> None:
    for query, (point, value) in enumerate(zip(domain, folded, strict=True)):
        arithmetic.require_equal(
            evaluate_polynomial(final_vector, point),
            value,
            ProofReason.FINAL_POSITION_MISMATCH,
            "the final vector does not agree with the last oracle at a queried position",
            query=query,
        )

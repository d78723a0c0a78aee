"""WHIR prover.

Transcript, identical in verify.py. For each iteration t:
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

from collections.abc import Sequence

from hstar.commit.grinding import grind
from hstar.commit.oracle import Oracle, commit_columns
from hstar.field.extension import ONE, ExtensionElement
from hstar.hash.suite import Digest, suite_by_name
from hstar.iop.multilinear import powers
from hstar.iop.sumcheck.prove import prove_rounds
from hstar.iop.whir.relation import WhirIterationProof, WhirProof, tree_shapes
from hstar.iop.whir.weighted_sum import WeightedSum
from hstar.iop.whir.weights import monomials, position_weights, sample_weights
from hstar.kernels.code import interleaved_columns
from hstar.kernels.vectors import ExtensionVector, dot
from hstar.params.protocol import ProtocolParameters
from hstar.transcript.transcript import Transcript


def prove_whir(
    transcript: Transcript,
    parameters: ProtocolParameters,
    oracles: Sequence[Oracle],
    weighted_sum: WeightedSum,
) -> WhirProof:
    """Proves the sum of f times W over the committed vector.

    Args:
        transcript: state after everything that fixes W and the claim.
        parameters: codes, regimes, queries, work.
        oracles: of the non-empty groups, in order.
        weighted_sum: f, W and the claim; used up.
    """
    iterations: list[WhirIterationProof] = []
    for index in range(len(parameters.iterations)):
        proof, oracles = _prove_iteration(transcript, parameters, index, oracles, weighted_sum)
        iterations.append(proof)
    weighted_sum.start(parameters.log_final_length)
    last = prove_rounds(transcript, "whir.last", weighted_sum, parameters.log_final_length)  # 8
    return WhirProof(tuple(iterations), last.rounds)


def _prove_iteration(
    transcript: Transcript,
    parameters: ProtocolParameters,
    index: int,
    oracles: Sequence[Oracle],
    weighted_sum: WeightedSum,
) -> tuple[WhirIterationProof, Sequence[Oracle]]:
    step = parameters.iterations[index]
    is_last = index + 1 == len(parameters.iterations)
    weighted_sum.start(step.log_folding_arity, parameters.num_variables(1) if index == 0 else 0)
    proven = prove_rounds(  # 1
        transcript, "whir", weighted_sum, step.log_folding_arity, grinding_bits=step.fold_grinding_bits
    )
    function = weighted_sum.folded()
    next_oracles: list[Oracle] = []
    final_vector: tuple[ExtensionElement, ...] = ()
    next_root: tuple[Digest, ...] = ()
    if is_last:  # 2
        final_vector = tuple(function.to_elements())
        transcript.absorb("whir.final", final_vector)
    else:
        next_oracles = [commit_folded(parameters, index + 1, function)]
        next_root = (next_oracles[0].root,)
        transcript.absorb_digest("whir.root", next_root[0])
    points, samples = _answer_samples(transcript, parameters, index, function)  # 3
    nonce = grind(transcript, "whir.queries", step.query_grinding_bits) if step.query_grinding_bits else ()  # 4
    positions = transcript.query_positions("whir.queries", step.num_queries, step.log_num_positions)  # 5
    combination = None if is_last else transcript.challenge("whir.combination")
    openings = tuple(oracle.open(positions) for oracle in oracles)
    for tree in tree_shapes(parameters, index):  # 6
        transcript.hint("whir.rows", len(positions), tree.row_width)
    if combination is not None:
        length = len(function)
        coefficients = powers(ONE, combination, 1 + len(points) + len(positions))[1:]
        weighted_sum.add(sample_weights(points, coefficients[: len(points)], length))
        weighted_sum.add(position_weights(step.log_num_positions, positions, coefficients[len(points) :], length))
    iteration = WhirIterationProof(
        rounds=proven.rounds,
        fold_nonces=proven.nonces,
        next_root=next_root,
        samples=samples,
        final_vector=final_vector,
        query_nonce=nonce,
        openings=openings,
    )
    return iteration, next_oracles


def commit_folded(parameters: ProtocolParameters, index: int, function: ExtensionVector) -> Oracle:
    """Oracle `index` >= 1 of a function on a cube: 2^k interleaved vectors, six words to an element."""
    columns = interleaved_columns(function, parameters.iterations[index].log_folding_arity)
    (shape,) = tree_shapes(parameters, index)
    return commit_columns(suite_by_name(parameters.hash_suite), shape, columns)


def _answer_samples(
    transcript: Transcript, parameters: ProtocolParameters, index: int, function: ExtensionVector
) -> tuple[list[ExtensionElement], tuple[ExtensionElement, ...]]:
    """Points outside the domain of the oracle just committed, and the polynomial's values there."""
    if index + 1 == len(parameters.iterations) or not parameters.iterations[index + 1].num_samples:
        return [], ()
    points = transcript.challenges("whir.sample", parameters.iterations[index + 1].num_samples)
    samples = tuple(dot(function, monomials(point, len(function))) for point in points)
    transcript.absorb("whir.sample", samples)
    return points, samples

"""WHIR: codes, positions and weights.

The state is a function f on a cube, a weight W and the claim `sum_x f(x) W(x) = claim`. Iteration t binds
`log_folding_arity` variables by sumcheck and queries the oracle of f_t, so that f_(t+1) is known at a few points.

Layout of oracle 0: the stack columns of all groups; column j has the codeword `c_j(z) = sum_y f(j 2^h + y) z^y`, and
position q is z = g^q. The bound variables number the columns: the folded value at q is `sum_j eq(rho_0, j) c_j(g^q)`.
Layout of oracle t >= 1: 2^k interleaved vectors; row q holds `c_u(G^q)` for u < 2^k, with
`c_u(z) = sum_y f_t(2^k y + u) z^y`; the folded value is `sum_u eq(rho_t, u) row_u`.
Either way folding needs no inverse and no twiddle.

An evaluation claim "the polynomial with coefficients f has the value y at z" has the weight x -> z^x, a tensor.

Source: WHIR [2024/1586], in the evaluation basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS, two_adic_generator
from hstar.hash.suite import Digest, suite_by_name
from hstar.iop.multilinear import MonomialStep, Point, monomial_weight
from hstar.iop.sumcheck.relation import RoundPolynomial
from hstar.params.protocol import ProtocolParameters
from hstar.transcript.arithmetic import Bits, Opening, TreeShape
from hstar.transcript.shapes import BASE, EMPTY, EXTENSION, DigestShape, Listing, OpeningShape, Record, Repeat, Shape

ROUND_DEGREE = 2
"""Of f times W in a variable."""


@dataclass(frozen=True, slots=True)
class WhirIterationProof:
    """One iteration; what it lacks is an empty tuple.

    Args:
        rounds: `[log_folding_arity, 2]`.
        fold_nonces: one list per round where folding has a proof of work.
        next_root: root of the next oracle, but in the last iteration.
        samples: values of f_(t+1) at the out-of-domain points.
        final_vector: f_(t+1) in clear, in the last iteration only.
        query_nonce: proof of work before the positions.
        openings: one for each tree of the oracle.
    """

    rounds: tuple[RoundPolynomial, ...]
    fold_nonces: tuple[tuple[int], ...]
    next_root: tuple[Digest, ...]
    samples: tuple[ExtensionElement, ...]
    final_vector: tuple[ExtensionElement, ...]
    query_nonce: tuple[int, ...]
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class WhirProof:
    """All iterations, then the sumcheck rounds over the final vector's variables."""

    iterations: tuple[WhirIterationProof, ...]
    final_rounds: tuple[RoundPolynomial, ...]


@dataclass(frozen=True, slots=True)
class PointClaims:
    """The claims that iteration t adds on f_(t+1): weights `T(z; .)` with coefficients xi, xi^2, ..

    Args:
        iteration_index: t.
        points: out-of-domain points first, then positions in drawn order, repeats kept.
        coefficients: one for each point.
    """

    iteration_index: int
    points: Sequence[ExtensionElement]
    coefficients: Sequence[ExtensionElement]


def tree_shapes(parameters: ProtocolParameters, iteration_index: int) -> list[TreeShape]:
    """The trees of an iteration's oracle: one for each non-empty group, and a single one after iteration 0."""
    step = parameters.iterations[iteration_index]
    log_rows = step.log_num_positions
    if iteration_index:
        return [TreeShape(log_rows, DEGREE << step.log_folding_arity)]
    return [
        TreeShape(log_rows, columns, parameters.positions_per_leaf(group).bit_length() - 1)
        for group, columns in enumerate(parameters.group_columns)
        if columns
    ]


def whir_shape(parameters: ProtocolParameters) -> Shape:
    """Shape of a `WhirProof`."""
    count = len(parameters.iterations)
    return Record(
        WhirProof,
        iterations=Listing([_iteration_shape(parameters, index) for index in range(count)]),
        final_rounds=Repeat(Repeat(EXTENSION, ROUND_DEGREE), parameters.log_final_length),
    )


def _iteration_shape(parameters: ProtocolParameters, index: int) -> Shape:
    step, suite = parameters.iterations[index], suite_by_name(parameters.hash_suite)
    is_last = index + 1 == len(parameters.iterations)
    num_samples = 0 if is_last else parameters.iterations[index + 1].num_samples
    openings = [OpeningShape(suite, tree, step.num_queries) for tree in tree_shapes(parameters, index)]
    return Record(
        WhirIterationProof,
        rounds=Repeat(Repeat(EXTENSION, ROUND_DEGREE), step.log_folding_arity),
        fold_nonces=Repeat(Repeat(BASE, 1), step.log_folding_arity) if step.fold_grinding_bits else EMPTY,
        next_root=EMPTY if is_last else Repeat(DigestShape(suite), 1),
        samples=Repeat(EXTENSION, num_samples),
        final_vector=Repeat(EXTENSION, 1 << parameters.log_final_length) if is_last else EMPTY,
        query_nonce=Repeat(BASE, 1) if step.query_grinding_bits else EMPTY,
        openings=Listing(openings),
    )


def domain_point(one: ExtensionElement, log_order: int, position: Bits) -> ExtensionElement:
    """`G^position` for G of order 2^log_order, from bits: the product of the G^(2^i) whose bit is set."""
    point, power = one, two_adic_generator(log_order) if log_order else 1
    for bit in position:
        point = point * (1 + bit * (power - 1))
        power = power * power % MODULUS
    return point


def claims_weight(
    one: ExtensionElement,
    parameters: ProtocolParameters,
    claims: Sequence[PointClaims],
    point: Point,
    step: MonomialStep | None = None,
) -> ExtensionElement:
    """`sum_t sum_i xi_t^i T(z_(t,i); X_(t+1))`: everything that the iterations added to the weight.

    Args:
        one: the constant 1 of E.
        parameters: they say which coordinates of X are f_(t+1)'s.
        claims: of all iterations but the last.
        point: X without the columns' coordinates: h of them, the coordinates of f_1.
        step: computes `monomial_step`.
    """
    total = one - one
    for added in claims:
        bound = parameters.log_column_length - parameters.num_variables(added.iteration_index + 1)
        for base, coefficient in zip(added.points, added.coefficients, strict=True):
            total = total + coefficient * monomial_weight(one, base, point[bound:], step)
    return total

"""Jagged verifier: the column claim becomes one weighted sum over the committed vector.

Transcript, identical in prove.py:
    1. challenge jagged.columns      s, as many coordinates as the widest bundle has column bits
    2. challenge jagged.bundles      gamma
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from hstar.field.extension import ExtensionElement
from hstar.iop.jagged.relation import Bundle, bundle_value, bundle_weight, range_step
from hstar.iop.multilinear import Point, powers
from hstar.iop.sumcheck.relation import sum_of
from hstar.iop.zerocheck.verify import ColumnClaim
from hstar.transcript.arithmetic import Arithmetic, Bits
from hstar.transcript.transcript import Transcript


@dataclass(frozen=True, slots=True)
class JaggedClaim:
    """`sum_x f(x) W(x) = value`, with W described by what is needed to evaluate it.

    Args:
        value: U.
        row_point: r.
        column_point: s.
        bundle_powers: gamma^b for each bundle, and one more for a pinned boundary commitment.
    """

    value: ExtensionElement
    row_point: Point
    column_point: Point
    bundle_powers: Sequence[ExtensionElement]


def log_widest(bundles: Sequence[Bundle]) -> int:
    """Coordinates of s."""
    return max((bundle.log_width for bundle in bundles), default=0)


def verify_jagged(
    arithmetic: Arithmetic, transcript: Transcript, bundles: Sequence[Bundle], column_claim: ColumnClaim
) -> JaggedClaim:
    """The claim about the dense vector.

    Args:
        arithmetic: where values live.
        transcript: state after the column values were absorbed.
        bundles: in the order of their cells.
        column_claim: what the zerocheck ended with.

    Soundness:
        Error at most (log of the widest bundle) / |E| for s and (number of bundles) / |E| for gamma. The caller must
        have checked that no group passes its end, and must prove the returned sum.
    """
    one = arithmetic.constant(1)
    column_point = transcript.challenges("jagged.columns", log_widest(bundles))  # 1
    gamma = transcript.challenge("jagged.bundles")  # 2
    bundle_powers = powers(one, gamma, len(bundles) + 1)
    values = [
        bundle_value(one, bundle, column_claim.chip_values[bundle.chip_index], column_point) for bundle in bundles
    ]
    value = sum_of([power * value for power, value in zip(bundle_powers, values, strict=False)])
    return JaggedClaim(value, column_claim.row_point, column_point, bundle_powers)


def jagged_weight(
    arithmetic: Arithmetic,
    claim: JaggedClaim,
    bundles: Sequence[Bundle],
    ranges: Sequence[tuple[Bits, Bits]],
    point: Point,
) -> ExtensionElement:
    """`sum_b gamma^b J_b(X)`, without the pin.

    Args:
        arithmetic: where values live.
        claim: made by `verify_jagged`.
        bundles: in the order of their cells.
        ranges: bits of start and end of each bundle, m + 1 each.
        point: X.
    """
    one, step = arithmetic.constant(1), partial(arithmetic.composite, range_step)
    terms = [
        power * bundle_weight(one, bundle.log_width, start, end, claim.row_point, claim.column_point, point, step)
        for power, bundle, (start, end) in zip(claim.bundle_powers, bundles, ranges, strict=False)
    ]
    return sum_of(terms)

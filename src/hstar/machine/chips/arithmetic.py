"""Sums of words, limb by limb, with carries that are expressions instead of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hstar.air.expressions import Expression, to_expression
from hstar.air.statements import Statement, boolean, integer, one_of
from hstar.field.koala_bear import MODULUS
from hstar.machine.chips.common import Value

INVERSE_OF_LIMB = pow(2**16, -1, MODULUS)


def sum_of_words(
    left: Sequence[Expression], right: Sequence[Value], result: Sequence[Value], name: str = "sum"
) -> Iterator[Statement]:
    """left + right = result modulo 2^(16 * limbs); all limbs must be known to be 16-bit numbers.

    Soundness: a carry is what a limb's sum exceeds the result's limb by, divided by 2^16. It is a bit, and the integers
    on both sides of a limb's equation differ by less than p, so they are equal.
    """
    carry: Expression | int = 0
    for index, (a, b, limb) in enumerate(zip(left, right, result, strict=True)):
        total = a + b + carry
        carry = (total - limb) * INVERSE_OF_LIMB
        yield boolean(carry, name=f"{name}: carry {index} is a bit")
        yield integer(f"{name}: limb {index}", total == to_expression(limb) + 2**16 * carry)


def sum_with_immediate(
    left: Sequence[Expression], immediate: Expression, result: Sequence[Value], name: str = "sum"
) -> Iterator[Statement]:
    """left + immediate = result modulo 2^(16 * limbs), for an integer that may be negative and is below 2^16.

    Soundness: as `sum_of_words`, with carries from -1 to 1: each is what makes the result's limb a 16-bit number.
    """
    carry: Expression | int = immediate
    for index, (a, limb) in enumerate(zip(left, result, strict=True)):
        total = a + carry
        shifted = (total - limb) * INVERSE_OF_LIMB + 1
        carry = shifted - 1
        yield one_of(shifted, (0, 1, 2), name=f"{name}: carry {index} is -1, 0 or 1")
        yield integer(f"{name}: limb {index}", total == to_expression(limb) + 2**16 * carry)

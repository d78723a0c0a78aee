"""The pin: one out-of-domain value of the boundary columns, drawn before the global challenge and opened in W.

In the list-decoding regime a root stands for a short list of vectors. Without a pin a prover could choose from the list
after the global challenge, once for each segment. The pin's weight reads `f_boundary(z) = sum_x f(start + x) z^x`.
"""

from __future__ import annotations

from hstar.field.extension import ExtensionElement
from hstar.iop.multilinear import Point, eq_table, monomial_weight
from hstar.iop.sumcheck.relation import sum_of
from hstar.iop.whir.weights import monomials
from hstar.kernels.vectors import ExtensionVector


def pin_weight(
    one: ExtensionElement, base: ExtensionElement, log_column_length: int, columns: range, point: Point
) -> ExtensionElement:
    """`O(X)`: the multilinear extension of the pin's weight at a point of the dense vector's cube.

    Args:
        one: the constant 1 of E.
        base: the pinned point z.
        log_column_length: h.
        columns: stack columns of the boundary group.
        point: X, m coordinates.
    """
    low, high = point[:log_column_length], point[log_column_length:]
    column_weights = eq_table(one, high)[columns.start : columns.stop]
    column_step = base
    for _ in range(log_column_length):
        column_step = column_step * column_step
    total, power = [], one
    for weight in column_weights:
        total.append(weight * power)
        power = power * column_step
    return monomial_weight(one, base, low) * sum_of(total)


def dense_pin(base: ExtensionElement, log_column_length: int, num_columns: int) -> ExtensionVector:
    """The pin's weight on the cells of the boundary columns: base^0, base^1, .."""
    length = num_columns << log_column_length
    whole = monomials(base, 1 << max(length - 1, 0).bit_length())
    return ExtensionVector.from_canonical(whole.to_canonical()[:length])

"""The formulas of WHIR's terms over codes and counts alone: terms are made of them, the solver searches on them."""

from __future__ import annotations

from hstar.params.field import FieldParameters
from hstar.soundness.expression import Expression, Symbol, symbol
from hstar.soundness.regimes import CodeBound
from hstar.soundness.sampling import biased_agreement, grinding

FOLD_DEGREE = 3
"""The `d` of Theorem 5.2 for a weight that is linear in the folded function; the rounds themselves have degree 2."""


def field_order(field: FieldParameters) -> Symbol:
    """`|F|`."""
    return symbol("|F|", field.order, "size of the challenge field")


def fold_error(code: CodeBound, field: FieldParameters, grinding_bits: int, *, interleaved: bool) -> Expression:
    """One folding round: `(d L / |F| + E / |F|) g`; E takes a factor `|F| / (|F| - 1)` for an interleaved code."""
    order = field_order(field)
    degree = symbol("d", FOLD_DEGREE, "degree bound of Theorem 5.2")
    line_error = code.line_error / (order - 1) if interleaved else code.line_error / order
    error = degree * code.list_size / order + line_error
    return error * grinding(grinding_bits, field) if grinding_bits else error


def out_of_domain_error(code: CodeBound, field: FieldParameters, num_variables: int, num_samples: int) -> Expression:
    """Two list members agree on all samples: `L (L - 1) / 2 * (2^v / |F|)^w`."""
    length = symbol("2^v", 1 << num_variables, "length of the function, its degree bound as a polynomial")
    samples = symbol("w", num_samples, "out-of-domain samples")
    return code.list_size * (code.list_size - 1) / 2 * (length / field_order(field)) ** samples


def missed_queries_error(code: CodeBound, field: FieldParameters, num_queries: int, grinding_bits: int) -> Expression:
    """Every query falls where the oracle is right: `(1 - delta)^q g`, with the bias of squeezed positions."""
    queries = symbol("q", num_queries, "queries")
    return biased_agreement(code.agreement(), field) ** queries * grinding(grinding_bits, field)


def combination_error(
    next_code: CodeBound, field: FieldParameters, num_queries: int, num_samples: int, grinding_bits: int
) -> Expression:
    """Claims about the next oracle cancel under powers of xi: `L (q + s) / |F| g`."""
    queries = symbol("q", num_queries, "queries")
    samples = symbol("s", num_samples, "out-of-domain samples of the new oracle")
    return next_code.list_size * (queries + samples) / field_order(field) * grinding(grinding_bits, field)

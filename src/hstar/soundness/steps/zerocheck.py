"""The zerocheck at the fraction tree's point: one batching challenge, then one sumcheck over the rows."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.soundness import sources
from hstar.soundness.expression import symbol
from hstar.soundness.setting import CircuitSetting
from hstar.soundness.term import Provenance, Term

PAGE = "zerocheck.md"


def zerocheck_terms(setting: CircuitSetting) -> Iterator[Term]:
    """The batching challenge lambda and the rounds."""
    description, size, field_order = setting.description, setting.list_size, setting.field_order
    constraints = symbol("C", description.num_constraints, "constraints of all chips")
    yield Term(
        name="zerocheck.batching",
        round="zerocheck.batching",
        title="violated constraints and wrong fraction claims cancel under powers of lambda",
        formula=size * (constraints + 1) / field_order,
        hypotheses=(),
        source=sources.POLYNOMIAL_IDENTITY,
        provenance=Provenance.THEOREM,
        page=PAGE,
    )
    degree = symbol("d", description.degree, "degree of the bracket")
    if description.log_max_height:
        yield Term(
            name="zerocheck.round",
            round="zerocheck.round",
            title="a sumcheck round of the zerocheck hides a wrong claim",
            formula=size * (degree + 1) / field_order,
            hypotheses=(),
            source=sources.SUMCHECK,
            provenance=Provenance.THEOREM,
            page=PAGE,
            count=description.log_max_height,
        )

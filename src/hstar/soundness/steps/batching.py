"""From column values to one claim: columns of a bundle by a multilinear point, bundles by powers of gamma.

Both challenges are drawn in one message, so their errors add up.
"""

from __future__ import annotations

from collections.abc import Iterator

from hstar.soundness import sources
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.expression import symbol
from hstar.soundness.setting import CircuitSetting
from hstar.soundness.term import Provenance, Term

PAGE = "batching.md"
ROUND = "opening"


def batching_terms(setting: CircuitSetting) -> Iterator[Term]:
    """The terms of the message (s, gamma)."""
    widths = setting.description.bundle_widths
    coordinates = ceil_log2(max(widths))
    if coordinates:
        log_width = symbol("log2(w)", coordinates, "coordinates of s: logarithm of the widest bundle")
        yield Term(
            name="opening.columns",
            round=ROUND,
            title="wrong column values of a bundle cancel at the random point s",
            formula=setting.list_size * log_width / setting.field_order,
            hypotheses=(),
            source=sources.POLYNOMIAL_IDENTITY,
            provenance=Provenance.THEOREM,
            page=PAGE,
        )
    bundles = symbol("B", len(widths) + setting.boundary_pin, "claims batched by powers of gamma: bundles, and the pin")
    yield Term(
        name="opening.bundles",
        round=ROUND,
        title="wrong bundle values cancel under powers of gamma",
        formula=setting.list_size * bundles / setting.field_order,
        hypotheses=(),
        source=sources.JAGGED,
        provenance=Provenance.THEOREM,
        page=PAGE,
    )

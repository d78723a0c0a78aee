"""The fraction tree (GKR): scope coordinate, batching of a layer's two claims, layer sumchecks, line coordinates."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.soundness import sources
from hstar.soundness.expression import Symbol, symbol
from hstar.soundness.setting import CircuitSetting
from hstar.soundness.term import Provenance, Source, Term

PAGE = "gkr.md"
LAYER_DEGREE = 3
"""A product of two multilinear polynomials and the eq factor."""


def first_layer(setting: CircuitSetting) -> int:
    """The layer at which the sumchecks start: below the scope bit where there are two scopes."""
    return 1 if setting.description.has_global_bus else 0


def num_layers(setting: CircuitSetting) -> int:
    """The number of layers of the tree, scope bit included."""
    return setting.description.log_leaves + setting.description.log_max_height


def gkr_terms(setting: CircuitSetting) -> Iterator[Term]:
    """The terms of every kind of challenge from the root to the leaves."""
    start, depth = first_layer(setting), num_layers(setting)
    if start:
        one = symbol("r", 1, "degree in the scope coordinate")
        yield _term(setting, "gkr.scope", "a wrong half of the root is hidden by the scope coordinate", one, 1)
    layers = depth - start
    if layers <= 0:
        return
    claims = symbol("r", 1, "degree in lambda: two claims batched by its powers")
    yield _term(setting, "gkr.batching", "wrong numerator and denominator claims of a layer cancel", claims, layers)
    reused = symbol("r", LAYER_DEGREE + 1, "degree of a layer's sumcheck, and 1 for reuse in the zerocheck's point")
    num_rounds = sum(range(start, depth))
    if num_rounds:
        yield _term(
            setting,
            "gkr.round",
            "a sumcheck round of a layer hides a wrong claim",
            reused,
            num_rounds,
            source=sources.SUMCHECK,
        )
    line = symbol("r", 2, "degree 1 of the line through two children, and 1 for reuse in the zerocheck's point")
    yield _term(setting, "gkr.line", "wrong claims about two children agree on their line", line, layers)


def _term(
    setting: CircuitSetting, name: str, title: str, degree: Symbol, count: int, source: Source = sources.FRACTION_TREE
) -> Term:
    return Term(
        name=name,
        round=name,
        title=title,
        formula=setting.list_size * degree / setting.field_order,
        hypotheses=(),
        source=source,
        provenance=Provenance.THEOREM if source is sources.SUMCHECK else Provenance.DERIVATION,
        page=PAGE,
        count=count,
    )

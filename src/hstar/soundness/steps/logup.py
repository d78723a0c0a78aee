"""The local buses: fingerprints, vanishing denominators, and the post-commit point drawn in the same message."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.soundness import sources
from hstar.soundness.expression import symbol
from hstar.soundness.setting import CircuitSetting
from hstar.soundness.term import Hypothesis, Provenance, Term

PAGE = "logup.md"
ROUND = "fingerprint"


def logup_terms(setting: CircuitSetting) -> Iterator[Term]:
    """The terms of the message (alpha, beta, b)."""
    description = setting.description
    if description.total_local_fractions:
        yield _fingerprint(setting)
    if description.post_commit_degree:
        degree = symbol("deg", description.post_commit_degree, "highest degree in the post-commit point")
        yield Term(
            name="logup.post_commit_point",
            round=ROUND,
            title="an identity that does not hold holds at the post-commit point",
            formula=setting.list_size * degree / setting.field_order,
            hypotheses=(),
            source=sources.POLYNOMIAL_IDENTITY,
            provenance=Provenance.THEOREM,
            page=PAGE,
        )


def _fingerprint(setting: CircuitSetting) -> Term:
    description = setting.description
    fractions = symbol("N", description.total_local_fractions, "local fractions of one proof and of the verifier")
    coordinates = symbol(
        "c", description.message_coordinates(of_global_bus=False), "coordinates of beta: ceil(log2(1 + widest message))"
    )
    return Term(
        name="logup.fingerprint",
        round=ROUND,
        title="unequal buses cancel under the random fingerprint, or a denominator vanishes",
        formula=setting.list_size * fractions * (coordinates + 2) / setting.field_order,
        hypotheses=(
            Hypothesis(
                "fewer asking fractions and chain messages than the characteristic p",
                description.total_local_fractions < setting.field.modulus,
            ),
        ),
        source=sources.LOOKUP,
        provenance=Provenance.DERIVATION,
        page=PAGE,
    )

"""The global bus: what makes the boundary commitment one vector, and the challenge that all segments share."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.errors import InputError
from hstar.params.protocol import GROUPS
from hstar.soundness import sources
from hstar.soundness.expression import as_expression, symbol
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.setting import CircuitSetting, group_columns
from hstar.soundness.term import Hypothesis, Provenance, Term

PAGE = "global-bus.md"


def boundary_terms(setting: CircuitSetting) -> Iterator[Term]:
    """The pin (only under list decoding) and the global multiset; nothing without a global bus.

    Raises:
        InputError: UNPINNED_BOUNDARY when list decoding leaves every segment a choice after the global challenge.
    """
    if not setting.description.has_global_bus:
        return
    unique = setting.commitment.regime.is_unique
    if setting.description.group_cells[GROUPS.index("boundary")] == 0:
        raise InputError(
            f"{setting.description.name} has a global bus but no boundary cells; what a global interaction reads must "
            "be committed before the global challenge",
            reason=SoundnessReason.INCONSISTENT,
        )
    if not unique and not setting.boundary_pin:
        raise InputError(
            "the boundary commitment of each segment could be opened in several ways after the global challenge; use "
            "the unique-decoding regime in iteration 0, or pin the commitment by an opened out-of-domain value",
            reason=SoundnessReason.UNPINNED_BOUNDARY,
        )
    if not unique:
        yield _pin(setting)
    yield _global_multiset(setting)


def _pin(setting: CircuitSetting) -> Term:
    columns = group_columns(setting.description, setting.log_column_length)[GROUPS.index("boundary")]
    size, field_order = setting.list_size, setting.field_order
    cells = symbol("B", columns << setting.log_column_length, "boundary cells: degree bound of the pinned polynomial")
    return Term(
        name="boundary.pin",
        round="boundary.pin",
        title="two vectors near the boundary commitment agree at the pinned out-of-domain point",
        formula=size * (size - 1) / 2 * cells / field_order,
        hypotheses=setting.commitment.hypotheses,
        source=sources.WHIR_SOUNDNESS,
        provenance=Provenance.DERIVATION,
        page=PAGE,
    )


def _global_multiset(setting: CircuitSetting) -> Term:
    description = setting.description
    fractions = symbol("N", description.total_global_fractions, "global fractions of all segments and of the verifier")
    coordinates = symbol(
        "c", description.message_coordinates(of_global_bus=True), "coordinates of beta: ceil(log2(1 + widest message))"
    )
    return Term(
        name="global.multiset",
        round="global.challenge",
        title="the global fractions cancel by accident, or one of their denominators vanishes",
        formula=as_expression(fractions) * (coordinates + 2) / setting.field_order,
        hypotheses=(
            Hypothesis(
                "fewer global fractions than the characteristic p",
                description.total_global_fractions < setting.field.modulus,
            ),
            Hypothesis("the boundary commitment is one vector: unique decoding, or pinned and opened", holds=True),
        ),
        source=sources.LOOKUP,
        provenance=Provenance.DERIVATION,
        page=PAGE,
    )

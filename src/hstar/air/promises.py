"""Rules between chips: bus fields keep their types, multiplicities are bits, integer statements are bounded.

The type of a bus field is a promise of whoever sends or provides, and a fact for whoever receives or asks. Promises may
rest on other promises, but not in a circle: the least fixed point is taken, and a bus is trusted only when all its
senders prove its fields from buses that are trusted already. A chain with an order may also rest on itself, because it
has no cycle and so starts at its sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from hstar.air.draft import Draft
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.order import broken_count, broken_order
from hstar.air.program import Bus, Direction, Group, Interaction
from hstar.air.ranges import BusField, Interval, RangeAnalysis
from hstar.air.statements import IntegerClaim, LessThanClaim
from hstar.field.koala_bear import MODULUS


def check_promises(drafts: Sequence[Draft], buses: Sequence[Bus]) -> None:
    """Every rule that needs the whole circuit.

    Raises:
        CircuitError: FIELD_RANGE, MULTIPLICITY_NOT_BIT, UNCHECKED_RANGE, INTEGER_BOUND, LESS_THAN_BOUND, NO_PROVIDER,
            CHAIN_NOT_INCREASING.
    """
    _check_providers(drafts, buses)
    trusted, broken = _trusted_fields(drafts, buses)
    if broken is not None:
        raise broken
    for draft in drafts:
        analysis = RangeAnalysis(draft, buses, trusted)
        _check_multiplicities(draft, buses, analysis)
        _check_declared_ranges(draft, analysis)
        _check_claims(draft, analysis)


def _trusted_fields(drafts: Sequence[Draft], buses: Sequence[Bus]) -> tuple[frozenset[BusField], CircuitError | None]:
    """The fields whose promises are kept, and the first rule that a bus breaks."""
    trusted: frozenset[BusField] = frozenset()
    pending = list(range(len(buses)))
    while True:
        broken: CircuitError | None = None
        kept = []
        for index in pending:
            failure = _broken_bus(drafts, buses, index, trusted)
            if failure is None:
                kept.append(index)
                trusted |= _fields(buses, index)
            else:
                broken = broken or failure
        if not kept:
            return trusted, broken
        pending = [index for index in pending if index not in kept]


def _fields(buses: Sequence[Bus], index: int) -> frozenset[BusField]:
    return frozenset((index, position) for position in range(buses[index].width))


def _broken_bus(
    drafts: Sequence[Draft], buses: Sequence[Bus], index: int, trusted: frozenset[BusField]
) -> CircuitError | None:
    """The first rule that a bus breaks if the given fields may be relied on.

    Soundness: an ordered chain is trusted in three steps, none of which uses a later one. Its order field is proven by
    every sender on its own; then comparisons of that field are comparisons of integers, so the chain has no cycle; then
    the other fields follow along the chain from its sources. On a counted chain the first step is the count.
    """
    order = buses[index].order_field
    if order is None:
        return _broken_promise(drafts, buses, index, trusted, range(buses[index].width))
    if buses[index].max_messages is None:
        failure = _broken_promise(drafts, buses, index, trusted, (order,))
    else:
        failure = broken_count(drafts, buses[index], index)
    if failure is None:
        analyses = [RangeAnalysis(draft, buses, trusted | {(index, order)}) for draft in drafts]
        failure = broken_order(drafts, buses[index], index, analyses)
    if failure is None:
        relied = trusted | _fields(buses, index)
        counted = {order} if buses[index].max_messages is not None else set()
        positions = [position for position in range(buses[index].width) if position not in counted]
        failure = _broken_promise(drafts, buses, index, relied, positions)
    return failure


def _broken_promise(
    drafts: Sequence[Draft],
    buses: Sequence[Bus],
    bus_index: int,
    trusted: frozenset[BusField],
    positions: Sequence[int],
) -> CircuitError | None:
    if all(buses[bus_index].field_maxima[position] is None for position in positions):
        return None
    for draft in drafts:
        senders = [
            item
            for item in draft.interactions
            if item.bus_index == bus_index and item.direction in (Direction.SEND, Direction.PROVIDE)
        ]
        if not senders:
            continue
        analysis = RangeAnalysis(draft, buses, trusted)
        for interaction in senders:
            failure = _broken_field(draft, buses[bus_index], interaction, analysis, positions)
            if failure is not None:
                return failure
    return None


def _broken_field(
    draft: Draft, bus: Bus, interaction: Interaction, analysis: RangeAnalysis, positions: Sequence[int]
) -> CircuitError | None:
    condition = analysis.condition_of(interaction.multiplicity)
    for position in positions:
        name, maximum, node = bus.field_names[position], bus.field_maxima[position], interaction.message[position]
        if maximum is None:
            continue
        interval = analysis.interval(node, condition, (0, maximum))
        if interval is None or interval[0] < 0 or interval[1] > maximum:
            return CircuitError(
                f"chip {draft.name}: interaction {interaction.name!r} promises {name} in 0..{maximum} on bus "
                f"{bus.name}, but only {_show(interval)} is checked; range-check what is sent",
                reason=CircuitReason.FIELD_RANGE,
                chip=draft.name,
                interaction=interaction.name,
                bus=bus.name,
                field=name,
            )
    return None


def _show(interval: Interval | None) -> str:
    return "nothing" if interval is None else f"{interval[0]}..{interval[1]}"


def _refuse(draft: Draft, reason: CircuitReason, sentence: str, **where: object) -> NoReturn:
    raise CircuitError(f"chip {draft.name}: {sentence}", reason=reason, chip=draft.name, **where)


def _check_providers(drafts: Sequence[Draft], buses: Sequence[Bus]) -> None:
    provided = {
        item.bus_index for draft in drafts for item in draft.interactions if item.direction is Direction.PROVIDE
    }
    for draft in drafts:
        for interaction in draft.interactions:
            if interaction.direction is Direction.ASK and interaction.bus_index not in provided:
                _refuse(
                    draft,
                    CircuitReason.NO_PROVIDER,
                    f"interaction {interaction.name!r} asks on bus {buses[interaction.bus_index].name}, where no chip "
                    "of the circuit provides; add the table",
                    interaction=interaction.name,
                )


def _check_multiplicities(draft: Draft, buses: Sequence[Bus], analysis: RangeAnalysis) -> None:
    for interaction in draft.interactions:
        if interaction.direction is Direction.PROVIDE or analysis.is_bit_valued(interaction.multiplicity):
            continue
        _refuse(
            draft,
            CircuitReason.MULTIPLICITY_NOT_BIT,
            f"the multiplicity of interaction {interaction.name!r} on bus {buses[interaction.bus_index].name} is not "
            "1, a declared Bit with its boolean constraint, or a sum of Bits constrained to be a Bit; any other value "
            "forges or erases messages",
            interaction=interaction.name,
        )


def _check_declared_ranges(draft: Draft, analysis: RangeAnalysis) -> None:
    for index, column in enumerate(draft.columns):
        if column.group is not Group.PREPROCESSED and not analysis.declared_range_is_checked(index):
            advice = "yield boolean() of it" if column.maximum == 1 else "ask a range table for it"
            _refuse(
                draft,
                CircuitReason.UNCHECKED_RANGE,
                f"column {column.name} is declared to be in 0..{column.maximum} but nothing checks it; {advice}, or "
                "declare it Felt",
                column=column.name,
            )


def _check_claims(draft: Draft, analysis: RangeAnalysis) -> None:
    for statement in draft.statements:
        if isinstance(statement.meaning, IntegerClaim):
            _check_integer(draft, analysis, statement.meaning)
        elif isinstance(statement.meaning, LessThanClaim):
            _check_less_than(draft, analysis, statement.meaning)


def _check_integer(draft: Draft, analysis: RangeAnalysis, claim: IntegerClaim) -> None:
    condition = analysis.condition_of(claim.when)
    left, right = analysis.interval(claim.left, condition), analysis.interval(claim.right, condition)
    if left is not None and right is not None:
        largest = max(left[1] - right[0], right[1] - left[0])
        if largest < MODULUS:
            return
    _refuse(
        draft,
        CircuitReason.INTEGER_BOUND,
        f"constraint {claim.name!r} is an equation of field elements, not of integers: its sides lie in {_show(left)} "
        f"and {_show(right)}, and their difference can reach p; use smaller limbs, or check tighter ranges",
        constraint=claim.name,
    )


def _check_less_than(draft: Draft, analysis: RangeAnalysis, claim: LessThanClaim) -> None:
    if analysis.compares_integers(claim):
        return
    condition = analysis.condition_of(claim.when)
    operands = [analysis.interval(node, condition) for node in (claim.smaller, claim.larger)]
    gap = analysis.interval(claim.difference, condition)
    _refuse(
        draft,
        CircuitReason.LESS_THAN_BOUND,
        f"constraint {claim.name!r} does not compare integers: the operands lie in {_show(operands[0])} and "
        f"{_show(operands[1])}, the difference in {_show(gap)}; both must be checked ranges 0..K-1 and 0..D-1 with "
        "K + D <= p, or a cycle of small steps closes modulo p",
        constraint=claim.name,
    )

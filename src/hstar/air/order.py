"""The order rule: on a chain that declares an order, no message can be its own predecessor.

Every row that receives and sends ties the received message to the sent one. If along every such tie the order field
grows as an integer, the ties have no cycle, so every message leads back to a declared source. That is what allows a
receiver to rely on types that only sources prove, and what makes memory a memory.

A tie grows when a `less_than` of the chip says so, or when the sent field is the received one plus a small constant.
The constants need room below p: either the field's type ends early enough, or all ties of the bus are constants, and
then even 2^25 rows, more than a segment holds, do not lead around the field.

On a *counted* chain all ties are constants and the sources send constants too. A message is then at most (largest
source) + (largest step) * (number of messages), which proves the type of the order field without a range check.
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.air.draft import CONSTANT_TERM, Draft
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.program import Bus, Direction, Interaction
from hstar.air.ranges import RangeAnalysis
from hstar.air.statements import LessThanClaim
from hstar.field.koala_bear import MODULUS

LOG_MAX_ROWS = 25
"""A segment holds at most 2^27 cells, and a row with two messages of an order and a value has four columns."""
LARGEST_STEP = 32
"""Largest constant step: LARGEST_STEP * 2^LOG_MAX_ROWS < p."""


def broken_order(
    drafts: Sequence[Draft], bus: Bus, bus_index: int, analyses: Sequence[RangeAnalysis]
) -> CircuitError | None:
    """The first send of an ordered bus that is no source and follows no receive of its row, or None.

    Args:
        drafts: all chips.
        bus, bus_index: the bus.
        analyses: of each chip, relying on nothing of this bus but the type of its order field.
    """
    ties = [_Ties(draft, bus, bus_index, analysis) for draft, analysis in zip(drafts, analyses, strict=True)]
    only_constants = all(tie.only_constants for tie in ties)
    failures = (tie.failure(only_constants=only_constants) for tie in ties)
    return next((failure for failure in failures if failure is not None), None)


def broken_count(drafts: Sequence[Draft], bus: Bus, bus_index: int) -> CircuitError | None:
    """Why the order field of a counted chain is not bounded by its type, or None.

    Soundness: sends and receives of a balanced bus can be paired. Going from a send to the receive that it is tied to,
    and on to the send paired with that, never returns to a send: the constant steps would have to add up to a multiple
    of p, and LARGEST_STEP * max_messages < p. So it ends at a source after fewer than max_messages steps, and the order
    field is an integer below (largest source) + (largest step) * max_messages. Keys count what a proof can hold
    (`hstar.stark.keys.check_limits`) and let no statement add messages.
    """
    order, limit = bus.order_field or 0, bus.max_messages or 0
    maximum, largest_start, largest_step = bus.field_maxima[order], 0, 0
    for draft in drafts:
        ties = _Ties(draft, bus, bus_index, None)
        start, step = ties.largest_start(), ties.largest_constant_step()
        if start is None or step is None:
            name = ties.uncounted_send()
            return CircuitError(
                f"chain {bus.name} is counted, but chip {draft.name} sends {name!r} with a {bus.field_names[order]} "
                "that is neither a received one plus a small constant nor the constant of a source; only such a chain "
                "can be counted",
                reason=CircuitReason.CHAIN_NOT_COUNTED,
                chip=draft.name,
                interaction=name,
                bus=bus.name,
            )
        largest_start, largest_step = max(largest_start, start), max(largest_step, step)
    reached = largest_start + largest_step * limit
    if maximum is None or reached > maximum or LARGEST_STEP * limit + largest_start >= MODULUS:
        return CircuitError(
            f"chain {bus.name} may count to {reached} with {limit} messages, but its {bus.field_names[order]} is at "
            f"most {maximum}; declare a type that fits, or fewer messages",
            reason=CircuitReason.CHAIN_NOT_COUNTED,
            bus=bus.name,
        )
    return None


class _Ties:
    """What one chip receives and sends on one ordered bus."""

    def __init__(self, draft: Draft, bus: Bus, bus_index: int, analysis: RangeAnalysis | None) -> None:
        self._draft, self._bus, self._analysis = draft, bus, analysis
        own = [(index, item) for index, item in enumerate(draft.interactions) if item.bus_index == bus_index]
        self._receives = [item for _, item in own if item.direction is Direction.RECEIVE]
        self._sends = [item for index, item in own if item.direction is Direction.SEND and index not in draft.sources]
        self._sources = [item for index, item in own if item.direction is Direction.SEND and index in draft.sources]

    @property
    def only_constants(self) -> bool:
        """Whether every send is some receive plus a constant."""
        return all(any(self._step(receive, send) for receive in self._receives) for send in self._sends)

    def largest_start(self) -> int | None:
        """The largest constant that a source sends as order field, 0 without sources, None where one is no constant."""
        largest = 0
        for item in self._sources:
            form = self._draft.linear_forms[self._order(item)]
            if form is None or not set(form) <= {CONSTANT_TERM}:
                return None
            largest = max(largest, form.get(CONSTANT_TERM, 0))
        return largest

    def largest_constant_step(self) -> int | None:
        """The largest step of any send after any receive that it may be tied to; None where a send has none."""
        largest = 0
        for send in self._sends:
            steps = [step for receive in self._receives if (step := self._step(receive, send))]
            if not steps:
                return None
            largest = max(largest, *steps)
        return largest

    def uncounted_send(self) -> str:
        """Name of the first send that is no source and follows no receive by a constant, or of the first source."""
        tied = [send.name for send in self._sends if not any(self._step(item, send) for item in self._receives)]
        return [*tied, *(item.name for item in self._sources)][0]

    def failure(self, *, only_constants: bool) -> CircuitError | None:
        """Matches sends to receives, each receive at most once, and names a send that is left over."""
        free = list(self._receives)
        for send in self._sends:
            match = next((item for item in free if self._grows(item, send, only_constants=only_constants)), None)
            if match is None:
                return CircuitError(
                    f"chip {self._draft.name}: interaction {send.name!r} on the ordered bus {self._bus.name} follows "
                    f"no receive of its row with a smaller {self._order_name}; add less_than(received, sent), send "
                    "the received one plus a small constant, or declare source=True",
                    reason=CircuitReason.CHAIN_NOT_INCREASING,
                    chip=self._draft.name,
                    interaction=send.name,
                    bus=self._bus.name,
                )
            free.remove(match)
        return None

    @property
    def _order_name(self) -> str:
        return self._bus.field_names[self._bus.order_field or 0]

    def _order(self, interaction: Interaction) -> int:
        return interaction.message[self._bus.order_field or 0]

    def _grows(self, receive: Interaction, send: Interaction, *, only_constants: bool) -> bool:
        if receive.multiplicity != send.multiplicity:
            return False
        step = self._step(receive, send)
        if step:
            maximum = self._bus.field_maxima[self._bus.order_field or 0]
            return only_constants or (maximum is not None and maximum + step < MODULUS)
        return any(
            isinstance(statement.meaning, LessThanClaim)
            and self._analysis is not None
            and self._says(self._analysis, statement.meaning, receive, send)
            and self._analysis.compares_integers(statement.meaning)
            for statement in self._draft.statements
        )

    def _says(self, analysis: RangeAnalysis, claim: LessThanClaim, receive: Interaction, send: Interaction) -> bool:
        """Whether a comparison is about these two fields and holds wherever the messages are sent."""
        same = analysis.same_element
        if not (same(claim.smaller, self._order(receive)) and same(claim.larger, self._order(send))):
            return False
        if claim.when is None or claim.when == send.multiplicity:
            return True
        rows, compared = (self._draft.bits_of_sum(node) for node in (send.multiplicity, claim.when))
        return rows is not None and compared is not None and rows <= compared

    def _step(self, receive: Interaction, send: Interaction) -> int | None:
        """The constant from 1 to LARGEST_STEP by which the order field grows, if it is one."""
        forms = self._draft.linear_forms
        before, after = forms[self._order(receive)], forms[self._order(send)]
        if before is None or after is None:
            return None
        columns = [{key: value for key, value in form.items() if key != CONSTANT_TERM} for form in (before, after)]
        step = (after.get(CONSTANT_TERM, 0) - before.get(CONSTANT_TERM, 0)) % MODULUS
        return step if columns[0] == columns[1] and 1 <= step <= LARGEST_STEP else None

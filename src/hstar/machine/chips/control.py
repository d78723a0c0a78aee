"""The control row: how a segment takes the program counter from the one before it and hands it on."""

from __future__ import annotations

from collections.abc import Iterator

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U64, Boundary
from hstar.air.expressions import SEGMENT_NUMBER, Felt, to_expression
from hstar.air.statements import Statement, less_than
from hstar.machine.chips.buses import CONTROL, CPU, Clock


def handed_on() -> Statement:
    """Control goes from segment k to segment k + 1."""
    following = SEGMENT_NUMBER + 1
    return less_than("control goes to the next segment", SEGMENT_NUMBER, following, difference=to_expression(0))


class Control(Chip):
    """In a segment that executes instructions: the first and the last state of the CPU.

    Soundness: a row of segment k takes a message for k and sends one for k + 1. The verifier sends one message for 1
    and takes one for N + 1. So by induction on k each segment has exactly one row: its CPU has one thread, from time 0
    on, and pc passes from each segment to the next. No segment is left out, repeated or exchanged.
    """

    class Columns:
        pc_in: Boundary[Felt]
        pc_out: Boundary[Felt]
        last_clock: Clock

    class Record:
        pc_in: U64
        pc_out: U64
        last_clock: U64

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.pc_in.set(record.pc_in)
        c.pc_out.set(record.pc_out)
        c.last_clock.set(record.last_clock)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The order of segments."""
        yield handed_on()

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Takes, starts, ends, hands on."""
        bus.receive(CONTROL, SEGMENT_NUMBER, c.pc_in)
        bus.send(CPU, 0, c.pc_in, source=True)
        bus.receive(CPU, c.last_clock, c.pc_out)
        bus.send(CONTROL, SEGMENT_NUMBER + 1, c.pc_out)


class PassControl(Chip):
    """In a segment that executes nothing: pc goes through. Soundness: as for `Control`."""

    class Columns:
        pc: Boundary[Felt]

    class Record:
        pc: U64

    name = "control"

    def trace(self, c: Columns, record: Record) -> None:
        """Copies."""
        c.pc.set(record.pc)

    def constraints(self, c: Columns) -> Iterator[Statement]:
        """The order of segments."""
        yield handed_on()

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Takes and hands on."""
        bus.receive(CONTROL, SEGMENT_NUMBER, c.pc)
        bus.send(CONTROL, SEGMENT_NUMBER + 1, c.pc)

"""A state machine over buses: n -> n / 2 or 3 n + 1 until n is 1, counted in steps.

Every chip does one kind of step: it receives a state and sends the next one. Their heights differ widely: one row loads
the start, one row stops, `Zero` handles a state that never occurs and so has no rows at all.
"""

from __future__ import annotations

from hstar.air.buses import Ports, chain
from hstar.air.check import PublicMessage
from hstar.air.chip import Chip
from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.columns import U16, U64
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.expressions import Felt
from hstar.air.tables import Records

STATE = chain("state", order="step", step=Felt, number=U16)
INPUT = chain("input", number=U16)
RESULT = chain("result", steps=Felt)
LARGEST_NUMBER = 2**16 - 1


class Load(Chip):
    """The first state, from the verifier's input."""

    class Columns:
        number: U16

    class Record:
        number: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The start."""
        c.number.set(record.number)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Steps are counted from 0."""
        bus.receive(INPUT, c.number)
        bus.send(STATE, 0, c.number, source=True)


class Even(Chip):
    """n = 2 half -> half."""

    class Columns:
        step: Felt
        half: U16

    class Record:
        step: U64
        number: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One halving."""
        c.step.set(record.step)
        c.half.set(record.number // 2)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The number is an expression, not a column; without the range check of half, odd n could be halved too."""
        bus.ask(RANGE16, c.half)
        bus.receive(STATE, c.step, 2 * c.half)
        bus.send(STATE, c.step + 1, c.half)


class Odd(Chip):
    """n = 2 half + 1 -> 3 n + 1 = 6 half + 4."""

    class Columns:
        step: Felt
        half: U16

    class Record:
        step: U64
        number: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One tripling."""
        c.step.set(record.step)
        c.half.set(record.number // 2)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """The next number must fit 16 bits again."""
        bus.ask(RANGE16, c.half)
        bus.ask(RANGE16, 6 * c.half + 4, name="3 n + 1 fits 16 bits")
        bus.receive(STATE, c.step, 2 * c.half + 1)
        bus.send(STATE, c.step + 1, 6 * c.half + 4)


class Zero(Chip):
    """n = 0 stays where it is: no run that reaches 1 ever needs a row of it."""

    class Columns:
        step: Felt

    class Record:
        step: U64

    def trace(self, c: Columns, record: Record) -> None:
        """One idle step."""
        c.step.set(record.step)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """0 -> 0."""
        bus.receive(STATE, c.step, 0)
        bus.send(STATE, c.step + 1, 0)


class Stop(Chip):
    """n = 1: the number of steps is the result."""

    class Columns:
        step: Felt

    class Record:
        step: U64

    def trace(self, c: Columns, record: Record) -> None:
        """The last step."""
        c.step.set(record.step)

    def interactions(self, c: Columns, bus: Ports) -> None:
        """Takes the state off the bus."""
        bus.receive(STATE, c.step, 1)
        bus.send(RESULT, c.step)


def state_machine_circuit() -> TracedCircuit:
    """The five chips and the range table."""
    chips = [Load(), Even(), Odd(), Zero(), Stop(), Range16()]
    return trace_circuit("state_machine", chips, [RANGE16, STATE, INPUT, RESULT])


def state_machine_records(start: int) -> tuple[dict[str, Records], tuple[PublicMessage, ...]]:
    """Records of the run from a start in 1..2^16-1 that never exceeds 16 bits, and the verifier's two messages."""
    steps: dict[str, list[tuple[int, int]]] = {"even": [], "odd": []}
    number, step = start, 0
    while number != 1:
        steps["odd" if number % 2 else "even"].append((step, number))
        number, step = (3 * number + 1 if number % 2 else number // 2), step + 1
    records: dict[str, Records] = {
        name: {"step": [row[0] for row in rows], "number": [row[1] for row in rows]} for name, rows in steps.items()
    }
    records |= {"load": {"number": [start]}, "stop": {"step": [step]}}
    return records, (PublicMessage("input", (start,)), PublicMessage("result", (step,), -1))

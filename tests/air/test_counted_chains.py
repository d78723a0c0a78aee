"""Counted chains: the order field is bounded by the number of messages, and keys bound that number."""

from dataclasses import replace

import pytest

from air.refusals import Base, refusal, trace, with_range
from hstar.air.buses import chain
from hstar.air.circuit import trace_circuit
from hstar.air.columns import U16
from hstar.air.decoding import decode_circuit
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.examples.tables import RANGE16
from hstar.air.expressions import Felt
from hstar.air.program import Circuit, Scope
from hstar.air.statements import less_than
from hstar.errors import InputError
from hstar.stark.keys import StatementMessage, VerifyingKey
from stark.circuits import tiny_parameters


class Tick(Felt):
    __slots__ = ()
    maximum = 4 * 64


def ticks(max_messages=64, tick=Tick):
    return chain("ticks", order="tick", max_messages=max_messages, tick=tick, place=Felt)


class Start(Base):
    """One source, at a constant that a subclass may change."""

    class Columns:
        place: Felt

    def __init__(self, bus):
        self.bus = bus

    def start(self, c):
        return 0

    def interactions(self, c, bus):
        bus.send(self.bus, self.start(c), c.place, source=True)


class StartAnywhere(Start):
    def start(self, c):
        return c.place


class StartLate(Start):
    def start(self, c):
        return 4


class Step(Base):
    """Receives a tick, sends the tick 4 later, and relies on ticks being small: the gap is compared as integers."""

    class Columns:
        tick: Tick
        place: Felt
        before: U16

    def __init__(self, bus):
        self.bus = bus

    def constraints(self, c):
        yield less_than("before is earlier", c.before, c.tick)

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.before)
        bus.ask(RANGE16, c.tick - c.before - 1)
        bus.receive(self.bus, c.tick, c.place)
        bus.send(self.bus, self.after(c), c.place + 1)

    def after(self, c):
        return c.tick + 4


class StepByColumn(Step):
    def after(self, c):
        return c.before


class StepWide(Step):
    def after(self, c):
        return c.tick + 8


def accepted(*chips, bus):
    return trace(*with_range(*chips), buses=(bus, RANGE16))


def refused(*chips, bus):
    return refusal(CircuitReason.CHAIN_NOT_COUNTED, *with_range(*chips), buses=(bus, RANGE16))


def test_counting_proves_the_type_of_the_order_field():
    bus = ticks()
    accepted(Start(bus), Step(bus), bus=bus)
    plain = chain("ticks", order="tick", tick=Tick, place=Felt)
    refusal(CircuitReason.FIELD_RANGE, *with_range(Start(plain), Step(plain)), buses=(plain, RANGE16))


def test_a_type_that_the_count_may_exceed_is_refused():
    bus = ticks(65)
    assert "may count to 260 with 65 messages" in refused(Start(bus), Step(bus), bus=bus)
    bus = ticks()
    assert "count to 260" in refused(StartLate(bus), Step(bus), bus=bus)
    assert "count to 512" in refused(Start(bus), StepWide(bus), bus=bus)
    bus = ticks(tick=Felt)
    assert "at most None" in refused(Start(bus), StepFelt(bus), bus=bus)


class StepFelt(Step):
    def constraints(self, c):
        yield from ()


def test_a_send_that_is_no_constant_later_is_refused():
    bus = ticks()
    assert "chip start_anywhere sends 'send ticks'" in refused(StartAnywhere(bus), Step(bus), bus=bus)
    assert "chip step_by_column sends 'send ticks'" in refused(Start(bus), StepByColumn(bus), bus=bus)


def test_a_count_too_large_for_the_field_is_refused():
    class Far(Felt):
        __slots__ = ()
        maximum = 2**31 - 2**24

    bus = ticks(2**27, Far)
    assert "may count to" in refused(Start(bus), StepFelt(bus), bus=bus)


@pytest.mark.parametrize(
    "options", [{"scope": Scope.GLOBAL, "order": "tick"}, {}, {"order": "tick", "max_messages": 0}]
)
def test_only_a_local_chain_with_an_order_can_be_counted(options):
    with pytest.raises(CircuitError, match="only a local chain with an order"):
        chain("ticks", **{"max_messages": 64, **options}, tick=Tick)


def test_the_count_is_part_of_the_encoding():
    bus = ticks()
    circuit = accepted(Start(bus), Step(bus), bus=bus).circuit
    assert decode_circuit(circuit.encode()) == circuit
    more = replace(circuit, buses=(replace(circuit.buses[0], max_messages=63), *circuit.buses[1:]))
    assert more.digest() != circuit.digest()
    unordered = replace(bus, order_field=None)
    with pytest.raises(InputError, match="counted to 64 messages"):
        decode_circuit(Circuit("c", (), (unordered,)).encode())


def key(log_cells, max_messages, statement_messages=()):
    class Big(Felt):
        __slots__ = ()
        maximum = 4 * max_messages

    bus = ticks(max_messages, Big)

    class Counter(Base):
        class Columns:
            tick: Big
            place: Felt

        def interactions(self, c, bus_ports):
            bus_ports.receive(bus, c.tick, c.place)
            bus_ports.send(bus, c.tick + 4, c.place)

    circuit = trace_circuit("counter", [Start(bus), Counter()], [bus]).circuit
    parameters = tiny_parameters(log_cells, 2, log_cells, (0, 0, 4))
    return VerifyingKey(circuit, parameters, (None, None), statement_messages=statement_messages)


def test_a_key_that_admits_more_messages_is_refused():
    """2^10 cells hold 2^10 rows of the source, which has one column."""
    key(10, 2**10)
    with pytest.raises(InputError, match="can hold 1024 messages of the counted chain ticks, which allows 1023"):
        key(10, 2**10 - 1)


def test_a_statement_adds_no_messages_to_a_counted_chain():
    with pytest.raises(InputError, match="only chips may"):
        key(10, 2**10, (StatementMessage("ticks", (0, 0)),))

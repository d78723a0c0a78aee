"""Rules about integers and orders: a chip that breaks one is refused, by the names of chip and constraint."""

from typing import Annotated

import numpy as np
import pytest

from air.refusals import Base, refusal, trace, with_range
from hstar.air.buses import chain, lookup
from hstar.air.chip import Chip
from hstar.air.columns import U16, Bit, Byte, Multiplicity, Preprocessed, Word
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.examples.tables import RANGE16
from hstar.air.expressions import Felt
from hstar.air.statements import boolean, check, integer, less_than, one_of


class BitWithoutConstraint(Base):
    class Columns:
        flag: Bit
        x: Felt

    def constraints(self, c):
        yield check("x where flag", c.flag * c.x)


class LimbWithoutLookup(Base):
    class Columns:
        word: Word

    def constraints(self, c):
        yield check("sum", c.word.limbs[0] + c.word.limbs[1] + c.word.limbs[2] - c.word.limbs[3])


@pytest.mark.parametrize(("chip", "column"), [(BitWithoutConstraint(), "flag"), (LimbWithoutLookup(), "word.limbs[0]")])
def test_a_declared_range_that_nothing_checks_is_refused(chip, column):
    message = refusal(CircuitReason.UNCHECKED_RANGE, chip)
    assert f"chip {chip.name}: column {column}" in message


class Product(Base):
    """A product of two 16-bit limbs overflows the field."""

    class Columns:
        a: U16
        b: U16
        low: U16
        high: U16

    def constraints(self, c):
        yield integer("the product of a and b", c.a * c.b == c.low + 2**16 * c.high)

    def interactions(self, c, bus):
        for limb in (c.a, c.b, c.low, c.high):
            bus.ask(RANGE16, limb)


class ByteProduct(Product):
    class Columns:
        a: Byte
        b: Byte
        low: U16
        high: Bit

    def constraints(self, c):
        yield boolean(c.high)
        yield from super().constraints(c)

    def interactions(self, c, bus):
        bus.ask(BYTES, c.a)
        bus.ask(BYTES, c.b)
        bus.ask(RANGE16, c.low)


BYTES = lookup("bytes", value=Byte)


class Bytes(Chip):
    class Columns:
        value: Preprocessed[Byte]
        times: Multiplicity

    def preprocessed(self):
        return {"value": np.arange(256)}

    def interactions(self, c, bus):
        bus.provide(BYTES, c.value, multiplicity=c.times)


def test_an_integer_equation_that_can_wrap_is_refused():
    message = refusal(CircuitReason.INTEGER_BOUND, *with_range(Product()), buses=[RANGE16])
    assert "chip product" in message and "'the product of a and b'" in message
    trace(*with_range(ByteProduct()), Bytes(), buses=[RANGE16, BYTES])


class GatedLookup(Base):
    """The limbs are range-checked only where is_real is 1; the integer statement holds everywhere."""

    class Columns:
        is_real: Bit
        a: U16
        b: U16

    def constraints(self, c):
        yield boolean(c.is_real)
        yield integer("b is twice a", c.b == 2 * c.a, when=self.selector(c))

    def selector(self, c):
        return None

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.a, multiplicity=c.is_real)
        bus.ask(RANGE16, c.b, multiplicity=c.is_real)


class GatedBoth(GatedLookup):
    def selector(self, c):
        return c.is_real


def test_a_range_counts_only_on_the_rows_where_it_is_checked():
    message = refusal(CircuitReason.INTEGER_BOUND, *with_range(GatedLookup()), buses=[RANGE16])
    assert "chip gated_lookup" in message and "0..2130706432" in message
    trace(*with_range(GatedBoth()), buses=[RANGE16])


class Difference(Base):
    """A bare 16-bit check of a difference, the operands any field elements: 32,513 steps close a cycle."""

    class Columns:
        a: Felt
        b: Felt

    def constraints(self, c):
        yield less_than("a below b", c.a, c.b)

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.b - c.a - 1)


class BoundedDifference(Difference):
    class Columns:
        a: U16
        b: U16

    def interactions(self, c, bus):
        super().interactions(c, bus)
        bus.ask(RANGE16, c.a)
        bus.ask(RANGE16, c.b)


class UncheckedDifference(BoundedDifference):
    def interactions(self, c, bus):
        bus.ask(RANGE16, c.a)
        bus.ask(RANGE16, c.b)


class LimbedDifference(Base):
    """Operands below 2^30 and a difference below 2^30 or 2^31: K + D <= p decides."""

    class Columns:
        is_real: Bit
        a: Annotated[list[U16], 2]
        b: Annotated[list[U16], 2]
        gap: Annotated[list[U16], 2]

    def __init__(self, factor):
        self.factor = factor

    def constraints(self, c):
        a, b, gap = (limbs[0] + 2**13 * limbs[1] for limbs in (c.a, c.b, c.gap))
        yield boolean(c.is_real)
        yield less_than("a below b", a, b, difference=gap * self.factor, when=c.is_real)

    def interactions(self, c, bus):
        for limb in (*c.a, *c.b, *c.gap):
            bus.ask(RANGE16, limb, multiplicity=c.is_real)


def test_a_comparison_of_field_elements_is_refused():
    for chip in (Difference(), UncheckedDifference()):
        message = refusal(CircuitReason.LESS_THAN_BOUND, *with_range(chip), buses=[RANGE16])
        assert f"chip {chip.name}" in message and "'a below b'" in message
    traced = trace(*with_range(BoundedDifference()), buses=[RANGE16])
    assert traced.circuit.chips[0].constraints == ()  # the lookup is the whole check


def test_a_comparison_needs_room_below_p():
    trace(*with_range(LimbedDifference(1)), buses=[RANGE16])
    refusal(CircuitReason.LESS_THAN_BOUND, *with_range(LimbedDifference(3)), buses=[RANGE16])


class Untruthful(Base):
    """Sends a field element where the bus promises 16 bits."""

    class Columns:
        x: Felt

    def interactions(self, c, bus):
        bus.send(LIMBS, c.x)


LIMBS = chain("limbs", limb=U16)
MORE_LIMBS = chain("more_limbs", limb=U16)


class Relay(Base):
    """Passes on what it received: trusts one bus to keep the promise of another."""

    class Columns:
        x: U16

    def __init__(self, source, target):
        self.source, self.target = source, target

    @property
    def name(self):
        return f"relay_{self.source.name}"

    def interactions(self, c, bus):
        bus.receive(self.source, c.x)
        bus.send(self.target, c.x)


def test_a_bus_field_keeps_its_type():
    message = refusal(CircuitReason.FIELD_RANGE, Untruthful(), buses=[LIMBS])
    assert "chip untruthful" in message and "limb in 0..65535 on bus limbs" in message


def test_promises_do_not_rest_on_each_other_in_a_circle():
    forwards, backwards = Relay(LIMBS, MORE_LIMBS), Relay(MORE_LIMBS, LIMBS)
    message = refusal(CircuitReason.FIELD_RANGE, forwards, backwards, buses=[LIMBS, MORE_LIMBS])
    assert "relay" in message
    refusal(CircuitReason.FIELD_RANGE, Relay(LIMBS, LIMBS), buses=[LIMBS])  # a message may be its own predecessor


TIMES = chain("times", order="time", time=Felt, limb=U16)
TYPED_TIMES = chain("typed_times", order="time", time=U16, limb=U16)


class Ordered(Base):
    """Passes a limb on, later by what a subclass says."""

    bus = TIMES

    class Columns:
        is_real: Bit
        other: Bit
        before: U16
        after: U16
        limb: U16

    def constraints(self, c):
        yield boolean(c.is_real)
        yield boolean(c.other)
        yield check("used", c.after * c.before * c.other)
        yield from self.order(c)

    def order(self, c):
        yield from ()

    def time(self, c):
        return c.after

    def interactions(self, c, bus):
        for limb in (c.before, c.after, c.after - c.before - 1):
            bus.ask(RANGE16, limb, multiplicity=c.is_real)
        bus.receive(self.bus, c.before, c.limb, multiplicity=c.is_real)
        bus.send(self.bus, self.time(c), c.limb, multiplicity=c.is_real)


class OrderedByComparison(Ordered):
    def order(self, c):
        yield less_than("later", c.before, c.after, when=c.is_real)


class OrderedElsewhere(Ordered):
    """The comparison holds on other rows than those that send."""

    def order(self, c):
        yield less_than("later", c.before, c.after, when=c.other)

    def interactions(self, c, bus):
        super().interactions(c, bus)
        for limb in (c.before, c.after, c.after - c.before - 1):
            bus.ask(RANGE16, limb, multiplicity=c.other)


class OrderedByItself(Ordered):
    """The range of the received time is checked by nobody, so the comparison compares field elements."""

    def order(self, c):
        yield less_than("later", c.before, c.after, when=c.is_real)

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.after - c.before - 1, multiplicity=c.is_real)
        bus.receive(self.bus, c.before, c.limb, multiplicity=c.is_real)
        bus.send(self.bus, c.after, c.limb, multiplicity=c.is_real)


class OrderedByType(OrderedByItself):
    """Every sender proves the time, so the received one needs no check of its own."""

    bus = TYPED_TIMES

    def interactions(self, c, bus):
        super().interactions(c, bus)
        bus.ask(RANGE16, c.after, multiplicity=c.is_real)


class TypeByItself(OrderedByItself):
    """The sent time would have to be proven without what was received."""

    bus = TYPED_TIMES

    def time(self, c):
        return c.before


class OrderedByStep(Ordered):
    def time(self, c):
        return c.before + 4


class OrderedByLargeStep(Ordered):
    def time(self, c):
        return c.before + 33


class OrderedBackwards(Ordered):
    def time(self, c):
        return c.before - 1


class TwoSends(OrderedByStep):
    """One received message becomes two."""

    def interactions(self, c, bus):
        super().interactions(c, bus)
        bus.send(self.bus, c.before + 5, c.limb, multiplicity=c.is_real)


class Start(Base):
    class Columns:
        limb: U16

    def __init__(self, source):
        self.source = source

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.limb)
        bus.send(TIMES, 0, c.limb, source=self.source)


def test_an_ordered_chain_may_rest_on_itself():
    for chip in (OrderedByComparison(), OrderedByStep()):
        trace(*with_range(chip), Start(True), buses=[RANGE16, TIMES])
    trace(*with_range(OrderedByType()), buses=[RANGE16, TYPED_TIMES])


def test_the_order_itself_must_be_proven_without_the_chain():
    message = refusal(CircuitReason.FIELD_RANGE, *with_range(TypeByItself()), buses=[RANGE16, TYPED_TIMES])
    assert "chip type_by_itself" in message and "promises time in 0..65535" in message


@pytest.mark.parametrize(
    "chip",
    [
        Ordered(),
        OrderedElsewhere(),
        OrderedByItself(),
        OrderedByLargeStep(),
        OrderedBackwards(),
        TwoSends(),
        Start(False),
    ],
)
def test_a_chain_whose_order_does_not_grow_is_refused(chip):
    message = refusal(CircuitReason.CHAIN_NOT_INCREASING, *with_range(chip), buses=[RANGE16, TIMES])
    assert f"chip {chip.name}" in message and "ordered bus times" in message and "smaller time" in message


def test_steps_and_comparisons_mix_only_where_there_is_room_below_p():
    chips = with_range(OrderedByComparison(), OrderedByStep(), Start(True))
    refusal(CircuitReason.CHAIN_NOT_INCREASING, *chips, buses=[RANGE16, TIMES])


def test_an_order_is_one_of_the_fields():
    with pytest.raises(CircuitError, match="ordered by when, but its fields are value"):
        chain("link", order="when", value=Felt)


class SmallSet(Base):
    class Columns:
        kind: Byte
        value: U16

    def constraints(self, c):
        yield one_of(c.kind, (0, 3, 7))
        yield check("value is five kinds", c.value == 5 * c.kind)
        yield integer("no wrap", c.value * c.kind == 5 * c.kind * c.kind)


def test_small_sets_and_definitions_check_ranges():
    trace(SmallSet())

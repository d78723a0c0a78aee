"""Every rule of the language: a chip that breaks it is refused, by the names of chip and constraint."""

from typing import Annotated

import numpy as np
import pytest

from hstar.air.buses import chain, lookup
from hstar.air.chip import Chip
from hstar.air.circuit import trace_circuit
from hstar.air.columns import U16, U64, Bit, Boundary, Byte, Multiplicity, Preprocessed, Word
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.expressions import POST_COMMIT_POINT, SEGMENT_NUMBER, Felt
from hstar.air.program import MachineLimits, Scope
from hstar.air.statements import boolean, check, integer, less_than, one_of

INVERSE_OF_LIMB = pow(2**16, -1, 2**31 - 2**24 + 1)
PAIRS = chain("pairs", first=Felt, second=Felt)
GLOBAL = chain("global", scope=Scope.GLOBAL, key=Felt)
LINK = chain("link", value=Felt)


class Base(Chip):
    """Sets every column to 0, so that tests say only what they are about."""

    def trace(self, c, record):
        pending = list(vars(c).values())
        while pending:
            item = pending.pop()
            if isinstance(item, list):
                pending += item
            elif isinstance(item, Felt):
                if not isinstance(item, Multiplicity):
                    item.set(0)
            else:
                pending += vars(item).values()


def trace(*chips, buses=(), **limits):
    return trace_circuit("test", chips, buses, MachineLimits(**limits))


def refusal(reason, *chips, buses=(), **limits):
    with pytest.raises(CircuitError) as caught:
        trace(*chips, buses=buses, **limits)
    assert caught.value.reason is reason
    return caught.value.message


def with_range(*chips):
    return (*chips, Range16())


# Rules about constraints


class TooHigh(Base):
    class Columns:
        x: Felt
        y: Felt

    def constraints(self, c):
        yield check("a fifth power", c.y == c.x**5)


def test_a_degree_above_the_limit_is_refused():
    message = refusal(CircuitReason.DEGREE_TOO_HIGH, TooHigh())
    assert "chip too_high" in message and "'a fifth power' has degree 5" in message and "limit 4" in message
    trace(TooHigh(), constraint_degree=5)


class HighMessage(Base):
    class Columns:
        x: Felt

    def interactions(self, c, bus):
        bus.send(LINK, c.x**5)
        bus.receive(LINK, c.x)


def test_a_message_of_too_high_degree_is_refused():
    message = refusal(CircuitReason.DEGREE_TOO_HIGH, HighMessage(), buses=[LINK])
    assert "chip high_message" in message and "'send link' has degree 5" in message


class NonzeroOnZeroRow(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("x is one", c.x == 1)


class SegmentOnZeroRow(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("x is the segment number", c.x == SEGMENT_NUMBER)


class PointOnZeroRow(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("x is b squared", c.x == POST_COMMIT_POINT * POST_COMMIT_POINT)


@pytest.mark.parametrize("chip", [NonzeroOnZeroRow(), SegmentOnZeroRow(), PointOnZeroRow()])
def test_a_constraint_must_hold_on_the_zero_row(chip):
    message = refusal(CircuitReason.NONZERO_ON_ZERO_ROW, chip)
    assert f"chip {chip.name}" in message and "'x is" in message


class PointVanishesOnZeroRow(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("a multiple of b", c.x * (POST_COMMIT_POINT - 2) * (POST_COMMIT_POINT + SEGMENT_NUMBER))


def test_public_values_are_allowed_where_the_row_vanishes():
    (chip,) = trace(PointVanishesOnZeroRow()).circuit.chips
    assert chip.program.over_extension[chip.constraints[0].root]


class Vacuous(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("nothing", (c.x + 1) ** 2 == c.x**2 + 2 * c.x + 1)


def test_a_constraint_that_says_nothing_is_refused():
    assert "'nothing' holds whatever" in refusal(CircuitReason.VACUOUS_CONSTRAINT, Vacuous())


class Unread(Base):
    class Columns:
        x: Felt
        words: Annotated[list[Word], 2]

    def constraints(self, c):
        yield check("x is zero", c.x)


def test_a_column_that_nothing_reads_is_refused():
    message = refusal(CircuitReason.UNREAD_COLUMN, Unread())
    assert "chip unread" in message and "words[0].limbs[0]" in message


# Rules about buses


class Sender(Base):
    class Columns:
        x: Felt

    def interactions(self, c, bus):
        bus.send(PAIRS, c.x)


def test_an_unknown_bus_is_refused():
    message = refusal(CircuitReason.UNKNOWN_BUS, Sender())
    assert "chip sender" in message and "bus pairs" in message


def test_a_message_of_the_wrong_length_is_refused():
    message = refusal(CircuitReason.MESSAGE_LENGTH, Sender(), buses=[PAIRS])
    assert "chip sender" in message and "1 values" in message and "have 2 (first, second)" in message


class WrongDirection(Base):
    class Columns:
        x: Felt

    def interactions(self, c, bus):
        bus.ask(PAIRS, c.x, c.x)


def test_a_chain_is_not_a_lookup():
    message = refusal(CircuitReason.WRONG_DIRECTION, WrongDirection(), buses=[PAIRS])
    assert "chain bus pairs" in message and "send and receive" in message


class Free(Base):
    """The multiplicity is a field element."""

    class Columns:
        times: Felt

    def interactions(self, c, bus):
        bus.send(LINK, 5, multiplicity=c.times)


class Unconstrained(Base):
    """The multiplicity is declared a Bit, but only a conditional lookup says so."""

    class Columns:
        is_real: Bit
        other: Bit

    def constraints(self, c):
        yield boolean(c.other)

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.is_real * 65535, multiplicity=c.other)
        bus.send(LINK, 5, multiplicity=c.is_real)


class Two(Base):
    """The multiplicity is a constant other than 1."""

    class Columns:
        x: Felt

    def interactions(self, c, bus):
        bus.send(LINK, c.x, multiplicity=2)


class SumOfBits(Base):
    """Both can be 1, and then the message counts twice."""

    class Columns:
        a: Bit
        b: Bit

    def constraints(self, c):
        yield boolean(c.a)
        yield boolean(c.b)

    def interactions(self, c, bus):
        bus.send(LINK, 1, multiplicity=c.a + c.b)


class Undeclared(Base):
    """A boolean constraint without the declaration is not enough: a Bit is a declared type."""

    class Columns:
        a: Felt

    def constraints(self, c):
        yield boolean(c.a)

    def interactions(self, c, bus):
        bus.receive(LINK, 1, multiplicity=c.a)


class AskWithFree(Base):
    """An asking side that may ask p - 1 times takes messages off the table."""

    class Columns:
        times: Felt

    def interactions(self, c, bus):
        bus.ask(RANGE16, 70000, multiplicity=c.times)


@pytest.mark.parametrize("chip", [Free(), Two(), SumOfBits(), Undeclared(), AskWithFree()])
def test_a_multiplicity_that_is_no_bit_is_refused(chip):
    message = refusal(CircuitReason.MULTIPLICITY_NOT_BIT, *with_range(chip), buses=[RANGE16, LINK])
    assert f"chip {chip.name}" in message


def test_a_bit_that_nothing_makes_a_bit_is_refused():
    message = refusal(CircuitReason.MULTIPLICITY_NOT_BIT, *with_range(Unconstrained()), buses=[RANGE16, LINK])
    assert "chip unconstrained" in message


class ConstrainedSum(SumOfBits):
    def constraints(self, c):
        yield from super().constraints(c)
        yield boolean(c.a + c.b, name="one of both")


class SumEqualsBit(Base):
    """a + b = is_real, a Bit: then a, b and a + b may be multiplicities."""

    class Columns:
        is_real: Bit
        a: Bit
        b: Bit
        c: Bit

    def constraints(self, c):
        for bit in (c.is_real, c.a, c.b, c.c):
            yield boolean(bit)
        yield check("one kind", c.a + c.b + c.c == c.is_real)

    def interactions(self, c, bus):
        bus.send(LINK, 1, multiplicity=c.b + c.a)
        bus.send(LINK, 2, multiplicity=c.a + c.b + c.c)


class WrittenOut(Base):
    """A boolean constraint counts in whatever way it is written."""

    class Columns:
        a: Bit

    def constraints(self, c):
        yield check("a is 0 or 1", (1 - c.a) * c.a * 7)

    def interactions(self, c, bus):
        bus.send(LINK, 1, multiplicity=c.a)


@pytest.mark.parametrize("chip", [ConstrainedSum(), SumEqualsBit(), WrittenOut()])
def test_bits_and_constrained_sums_of_bits_are_multiplicities(chip):
    trace(chip, buses=[LINK])


class DoubleRoot(Base):
    class Columns:
        a: Bit

    def constraints(self, c):
        yield check("a squared is 0 or a cube", c.a * c.a * (c.a - 1))

    def interactions(self, c, bus):
        bus.send(LINK, 1, multiplicity=c.a)


class HiddenRoot(Base):
    class Columns:
        a: Bit

    def constraints(self, c):
        yield check("a is 0, 1 or a million", c.a * (c.a - 1) * (c.a - 1_000_000))

    def interactions(self, c, bus):
        bus.send(LINK, 1, multiplicity=c.a)


def test_a_constraint_with_a_large_root_makes_no_bit():
    assert "a" in refusal(CircuitReason.MULTIPLICITY_NOT_BIT, HiddenRoot(), buses=[LINK])


def test_a_double_root_is_not_recognised_and_so_refused():
    refusal(CircuitReason.MULTIPLICITY_NOT_BIT, DoubleRoot(), buses=[LINK])


class LateGlobal(Base):
    class Columns:
        key: Boundary[Felt]
        late: Felt

    def interactions(self, c, bus):
        bus.send(GLOBAL, c.key + c.late)


class LateMultiplicity(Base):
    class Columns:
        key: Boundary[Felt]
        is_real: Bit

    def constraints(self, c):
        yield boolean(c.is_real)

    def interactions(self, c, bus):
        bus.send(GLOBAL, c.key, multiplicity=c.is_real)


@pytest.mark.parametrize(("chip", "column"), [(LateGlobal(), "late"), (LateMultiplicity(), "is_real")])
def test_a_global_interaction_reads_nothing_that_is_committed_late(chip, column):
    message = refusal(CircuitReason.GLOBAL_READS_LATE_DATA, chip, buses=[GLOBAL])
    assert f"chip {chip.name}" in message and f"main column {column}" in message and "global bus global" in message


class EarlyGlobal(Base):
    class Columns:
        table: Preprocessed[Felt]
        key: Boundary[Felt]

    def preprocessed(self):
        return {"table": np.arange(4)}

    def trace(self, c, record):
        c.key.set(0)

    def interactions(self, c, bus):
        bus.send(GLOBAL, c.key + c.table * SEGMENT_NUMBER)


def test_boundary_preprocessed_and_segment_number_may_be_read():
    (chip,) = trace(EarlyGlobal(), buses=[GLOBAL]).circuit.chips
    assert [column.name for column in chip.columns] == ["table", "key"]


class PointOnBus(Base):
    class Columns:
        x: Felt

    def interactions(self, c, bus):
        bus.send(LINK, c.x * POST_COMMIT_POINT)


def test_the_post_commit_point_does_not_travel():
    assert "'send link' reads the post-commit point" in refusal(
        CircuitReason.INTERACTION_READS_POINT, PointOnBus(), buses=[LINK]
    )


class Asker(Base):
    class Columns:
        x: U16

    def interactions(self, c, bus):
        bus.ask(RANGE16, c.x)


def test_a_lookup_without_a_table_is_refused():
    message = refusal(CircuitReason.NO_PROVIDER, Asker(), buses=[RANGE16])
    assert "chip asker" in message and "bus range16" in message


# Rules about integers


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


# Form


class Branch(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        if c.x == 0:
            yield check("never", c.x)


class Condition(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("never", c.x if c.x else c.x + 1)


class Shift(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("shifted", c.x >> 1)


class Foreign(Base):
    class Columns:
        x: Felt

    stolen = None

    def constraints(self, c):
        Foreign.stolen = Foreign.stolen if Foreign.stolen is not None else c.x
        yield check("whose", c.x == Foreign.stolen * 2)


class Settles(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        c.x.set(1)
        yield check("x", c.x)


@pytest.mark.parametrize("chip", [Branch(), Condition(), Shift(), Settles()])
def test_what_is_no_field_expression_is_refused(chip):
    assert f"chip {chip.name}" in refusal(CircuitReason.BAD_EXPRESSION, chip)


def test_an_expression_of_another_tracing_is_refused():
    trace(Foreign())
    assert "chip foreign" in refusal(CircuitReason.BAD_EXPRESSION, Foreign())


class NotSet(Chip):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("x", c.x)


class SetTwice(NotSet):
    def trace(self, c, record):
        c.x.set(1)
        c.x.set(2)


class ReadBeforeSet(NotSet):
    def trace(self, c, record):
        c.x.set(c.x + 1)


class SetsTable(Chip):
    class Columns:
        x: Preprocessed[Felt]

    def trace(self, c, record):
        c.x.set(1)

    def constraints(self, c):
        yield check("x", c.x)


class SetsRecord(NotSet):
    class Record:
        y: U64

    def trace(self, c, record):
        record.y.set(1)


@pytest.mark.parametrize(
    ("chip", "reason"),
    [
        (NotSet(), CircuitReason.COLUMN_NOT_SET),
        (SetTwice(), CircuitReason.COLUMN_SET_TWICE),
        (ReadBeforeSet(), CircuitReason.BAD_EXPRESSION),
        (SetsTable(), CircuitReason.BAD_EXPRESSION),
        (SetsRecord(), CircuitReason.BAD_EXPRESSION),
    ],
)
def test_trace_sets_every_column_once(chip, reason):
    assert f"chip {chip.name}" in refusal(reason, chip).replace("`trace` of ", "")


class Twice(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("same", c.x)
        yield check("same", 2 * c.x)


class NoColumns(Chip):
    pass


class BadColumns(Base):
    class Columns:
        x: list[Felt]


class NotAStatement(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield c.x


class Unnamed(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield boolean(c.x + 1)


@pytest.mark.parametrize(
    ("chip", "reason"),
    [
        (Twice(), CircuitReason.DUPLICATE_NAME),
        (NoColumns(), CircuitReason.BAD_COLUMNS),
        (BadColumns(), CircuitReason.BAD_COLUMNS),
        (NotAStatement(), CircuitReason.BAD_STATEMENT),
        (Unnamed(), CircuitReason.BAD_STATEMENT),
    ],
)
def test_the_form_of_a_chip(chip, reason):
    assert f"chip {chip.name}" in refusal(reason, chip)


def test_chips_and_buses_have_names_of_their_own():
    refusal(CircuitReason.DUPLICATE_NAME, Range16(), Range16(), buses=[RANGE16])
    refusal(CircuitReason.DUPLICATE_NAME, Range16(), buses=[RANGE16, RANGE16])


class BadTable(Chip):
    class Columns:
        x: Preprocessed[Byte]
        y: Preprocessed[Byte]
        times: Multiplicity

    def __init__(self, contents):
        self.contents = contents

    def preprocessed(self):
        return self.contents

    def interactions(self, c, bus):
        bus.provide(PAIRS_OF_BYTES, c.x, c.y, multiplicity=c.times)


PAIRS_OF_BYTES = lookup("pairs_of_bytes", x=Byte, y=Byte)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({"x": [1]}, CircuitReason.BAD_COLUMNS),
        ({"x": [1], "y": [1, 2]}, CircuitReason.BAD_COLUMNS),
        ({"x": [1], "y": [1], "z": [1]}, CircuitReason.BAD_COLUMNS),
        ({"x": [1], "y": [256]}, CircuitReason.VALUE_TOO_LARGE),
    ],
)
def test_preprocessed_contents_keep_their_declared_type(contents, reason):
    from hstar.air.tables import fill_segment

    circuit = trace(BadTable(contents), buses=[PAIRS_OF_BYTES])
    with pytest.raises(CircuitError) as caught:
        fill_segment(circuit, {})
    assert caught.value.reason is reason
    assert "bad_table" in caught.value.message

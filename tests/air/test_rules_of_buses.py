"""Rules about constraints, buses, multiplicities: what breaks one is refused, by the names of chip and constraint."""

from typing import Annotated

import numpy as np
import pytest

from air.refusals import GLOBAL, LINK, PAIRS, Base, refusal, trace, with_range
from hstar.air.columns import U16, Bit, Boundary, Preprocessed, Word
from hstar.air.errors import CircuitReason
from hstar.air.examples.tables import RANGE16
from hstar.air.expressions import POST_COMMIT_POINT, SEGMENT_NUMBER, Felt
from hstar.air.statements import boolean, check

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

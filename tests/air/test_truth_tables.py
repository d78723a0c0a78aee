"""Polynomials in a few Bits have the range of their truth table, and only if they are Bits."""

import pytest

from air.refusals import Base, refusal
from hstar.air.buses import chain
from hstar.air.circuit import trace_circuit
from hstar.air.columns import Bit, Felt
from hstar.air.errors import CircuitReason
from hstar.air.statements import boolean

FLAGS = chain("flags", flag=Bit)


class Exclusive(Base):
    """a xor b is sent as a Bit; it comes back, so that the chain can balance."""

    class Columns:
        a: Bit
        b: Bit
        back: Bit

    def constraints(self, c):
        yield boolean(c.a)
        yield boolean(c.b)
        yield boolean(c.back)

    def interactions(self, c, bus):
        bus.receive(FLAGS, c.back)
        bus.send(FLAGS, self.sent(c))

    def sent(self, c):
        return c.a + c.b - 2 * (c.a * c.b)


class Choice(Exclusive):
    """b where a, else not b."""

    def sent(self, c):
        return c.a * c.b + (1 - c.a) * (1 - c.b)


class TwiceTheProduct(Exclusive):
    """0 .. 1 where 2ab were ab; it is not."""

    def sent(self, c):
        return c.a + c.b - c.a * c.b + c.a * c.b


class Below(Exclusive):
    """-1 at a = b = 1."""

    def sent(self, c):
        return c.a - 2 * (c.a * c.b)


class OfField(Exclusive):
    """The same formula over a column that may hold anything."""

    class Columns:
        a: Bit
        b: Felt
        back: Bit

    def constraints(self, c):
        yield boolean(c.a)
        yield boolean(c.back)


@pytest.mark.parametrize("chip", [Exclusive(), Choice()])
def test_boolean_functions_of_bits_are_bits(chip):
    assert trace_circuit("bits", [chip], [FLAGS]).chips[0].program.width == 3


@pytest.mark.parametrize("chip", [TwiceTheProduct(), Below(), OfField()])
def test_other_polynomials_are_not(chip):
    message = refusal(CircuitReason.FIELD_RANGE, chip, buses=[FLAGS])
    assert "promises flag in 0..1" in message

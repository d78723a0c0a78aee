"""Bounds by cases: what a Bit selects has the range of what is selected, and only if at most one thing is."""

import pytest

from air.refusals import Base, refusal, trace
from hstar.air.buses import chain
from hstar.air.columns import U16, Bit
from hstar.air.errors import CircuitReason
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.expressions import Felt
from hstar.air.statements import boolean, integer

LIMBS = chain("limbs", limb=U16)
BUSES = [LIMBS, RANGE16]


class Select(Base):
    """One of three limbs, or nothing, is sent as a limb."""

    class Columns:
        first: U16
        second: U16
        third: U16
        takes_first: Bit
        takes_second: Bit
        takes_third: Bit
        back: U16

    def constraints(self, c):
        yield boolean(c.takes_first)
        yield boolean(c.takes_second)
        yield boolean(c.takes_third)
        yield from self.choice(c)

    def choice(self, c):
        yield boolean(c.takes_first + c.takes_second + c.takes_third, name="one limb")

    def interactions(self, c, bus):
        for limb in (c.first, c.second, c.third, c.back):
            bus.ask(RANGE16, limb)
        bus.receive(LIMBS, c.back)
        bus.send(LIMBS, self.sent(c))

    def sent(self, c):
        return c.takes_first * c.first + c.takes_second * c.second + c.takes_third * c.third


class SelectPerhapsTwo(Select):
    """Nothing says that only one is taken."""

    def choice(self, c):
        yield boolean(c.takes_first + c.takes_second, name="one of two limbs")


class SelectTwice(Select):
    """The sum that is a Bit has other columns than the selection."""

    def sent(self, c):
        return c.takes_first * (c.first + c.second)


class Otherwise(Select):
    """A limb by one Bit, its complement otherwise."""

    def choice(self, c):
        yield from ()

    def sent(self, c):
        return c.takes_first * (65535 - c.first) + (1 - c.takes_first) * c.first


class OtherwiseOfNoBit(Otherwise):
    """The selector is any field element."""

    class Columns:
        first: U16
        second: U16
        third: U16
        takes_first: Felt
        takes_second: Bit
        takes_third: Bit
        back: U16

    def constraints(self, c):
        yield boolean(c.takes_second)
        yield boolean(c.takes_third)


class LargeProduct(Select):
    """2^14 times a selected limb is an integer below p; three limbs at once would not be."""

    def choice(self, c):
        yield boolean(c.takes_first + c.takes_second + c.takes_third, name="one limb")
        yield integer("the product", 2**14 * Select.sent(self, c) == 2**14 * c.back)


class TooLargeProduct(LargeProduct):
    """2^15 times a limb reaches p."""

    def choice(self, c):
        yield boolean(c.takes_first + c.takes_second + c.takes_third, name="one limb")
        yield integer("the product", 2**15 * Select.sent(self, c) == 2**15 * c.back)


@pytest.mark.parametrize("chip", [Select(), Otherwise(), LargeProduct()], ids=lambda chip: chip.name)
def test_a_selected_limb_is_a_limb(chip):
    assert trace(chip, Range16(), buses=BUSES).circuit.chips[0].width == 7


@pytest.mark.parametrize("chip", [SelectPerhapsTwo(), SelectTwice(), OtherwiseOfNoBit()], ids=lambda chip: chip.name)
def test_more_than_one_selected_limb_is_none(chip):
    refusal(CircuitReason.FIELD_RANGE, chip, Range16(), buses=BUSES)


def test_a_product_of_a_selected_limb_may_still_be_too_large():
    refusal(CircuitReason.INTEGER_BOUND, TooLargeProduct(), Range16(), buses=BUSES)

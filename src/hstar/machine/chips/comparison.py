"""Which of two words is smaller, and whether they are equal: structures that chips include."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Annotated

from hstar.air.buses import Ports
from hstar.air.columns import Bit
from hstar.air.expressions import Expression, Felt
from hstar.air.statements import Statement, boolean, check
from hstar.air.trace_program import field_inverse, is_equal, is_less, select
from hstar.field.koala_bear import MODULUS
from hstar.machine.chips.buses import LIMBS
from hstar.machine.chips.tables import RANGE16

SIGN = 2**15
TOP = LIMBS - 1


def limb_of(value: Expression, index: int) -> Expression:
    """In `trace`: limb `index` of a 64-bit integer."""
    return value >> (16 * index) & 0xFFFF


class Comparison:
    """left < right: 5 columns, 1 interaction.

    Soundness: `at` marks at most one limb, and all limbs above it are equal (all limbs, where it marks none). The
    marked limbs differ by a number of absolute value 1 .. 2^16 with the sign that `is_less` says: that number, less 1,
    is looked up as a 16-bit number. So `at` and `is_less` are determined by the words.
    """

    is_less: Bit
    at: Annotated[list[Bit], LIMBS]

    def set(self, left: Expression, right: Expression, result: Expression) -> None:
        """In `trace`: the two integers and whether left < right (which differs for signed words)."""
        self.is_less.set(result)
        unmarked: Expression | int = 1
        for index in reversed(range(LIMBS)):
            equal = is_equal(limb_of(left, index), limb_of(right, index))
            self.at[index].set(unmarked * (1 - equal))
            unmarked = unmarked * equal

    def statements(self, left: Sequence[Expression], right: Sequence[Expression]) -> Iterator[Statement]:
        """Limbs are integers whose differences are below 2^16: 16-bit numbers, or top limbs in -2^15 .. 2^15 - 1."""
        yield boolean(self.is_less)
        for bit in self.at:
            yield boolean(bit)
        yield boolean(self._some(), name="at most one limb is marked")
        yield check("equal words are not less", self.is_less * (1 - self._some()))
        marked: Expression | int = 0
        for index in reversed(range(LIMBS)):
            marked = marked + self.at[index]
            difference = left[index] - right[index]
            yield check(f"limb {index} is equal, or it or one above is marked", (1 - marked) * difference)

    def connect(self, bus: Ports, left: Sequence[Expression], right: Sequence[Expression]) -> None:
        """The size of the difference."""
        difference = reduce(add, (bit * (a - b) for bit, a, b in zip(self.at, left, right, strict=True)))
        bus.ask(RANGE16, (1 - 2 * self.is_less) * difference - self._some(), name="difference of the marked limbs")

    def _some(self) -> Expression:
        return reduce(add, self.at)


class Sign:
    """The sign of a word: 1 column, 1 interaction. Soundness: top - 2^15 negative is looked up as a 15-bit number."""

    negative: Bit

    def set(self, value: Expression) -> None:
        """In `trace`: of a 64-bit integer."""
        self.negative.set(value >> 63)

    def statement(self, name: str) -> Statement:
        """To be yielded by the chip."""
        return boolean(self.negative, name=f"sign of {name} is a bit")

    def connect(self, bus: Ports, name: str, limbs: Sequence[Expression]) -> None:
        """Twice the 15-bit number is a 16-bit number; twice a negative one, or one of 16 bits, is none."""
        bus.ask(RANGE16, 2 * (limbs[TOP] - SIGN * self.negative), name=f"sign of {name}")

    def signed(self, limbs: Sequence[Expression]) -> list[Expression]:
        """The limbs with the top one as a signed number."""
        return [*limbs[:TOP], limbs[TOP] - 2 * SIGN * self.negative]


class Inequality:
    """left != right: 4 columns, no interaction.

    Soundness: where the words are equal every difference is 0, so `differs` is 0. Where a limb differs, `differs` must
    be 1, and is shown to be by weights that the prover chooses. The weights are free: they prove and change nothing.
    Completeness: unless both limbs of a pair are equal, d0 or d0 + d1 is not 0; `mix` is 0 or 1 accordingly.
    """

    differs: Felt
    mix: Felt
    weight_low: Felt
    weight_high: Felt

    def set(self, left: Expression, right: Expression) -> None:
        """In `trace`: of two integers."""
        d = [limb_of(left, index) + MODULUS - limb_of(right, index) for index in range(LIMBS)]
        same = [is_equal(difference, MODULUS) for difference in d]
        low_equal = same[0] * same[1]
        mix = select(low_equal, same[2], same[0])
        low, high = (d[0] + mix * d[1]) % MODULUS, (d[2] + mix * d[3]) % MODULUS
        self.differs.set(1 - is_equal(left, right))
        self.mix.set(mix)
        self.weight_low.set(select(low_equal, 0, field_inverse(low)))
        self.weight_high.set(select(low_equal, field_inverse(high), 0))

    def statements(self, left: Sequence[Expression], right: Sequence[Expression]) -> Iterator[Statement]:
        """Limbs are field elements below 2^16."""
        d = [a - b for a, b in zip(left, right, strict=True)]
        low, high = d[0] + self.mix * d[1], d[2] + self.mix * d[3]
        yield check("a difference is shown", self.differs == self.weight_low * low + self.weight_high * high)
        for index, difference in enumerate(d):
            yield check(f"limb {index} is equal, or the words differ", (1 - self.differs) * difference)


def less_unsigned(left: Expression, right: Expression) -> Expression:
    """In `trace`: left < right."""
    return is_less(left, right)


def less_signed(left: Expression, right: Expression) -> Expression:
    """In `trace`: left < right in two's complement."""
    return is_less(left ^ 1 << 63, right ^ 1 << 63)

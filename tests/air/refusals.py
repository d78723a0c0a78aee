"""Chips that are traced to be refused, and what a refusal says. Shared by the tests of the rules."""

import pytest

from hstar.air.buses import chain
from hstar.air.chip import Chip
from hstar.air.circuit import trace_circuit
from hstar.air.columns import Multiplicity
from hstar.air.errors import CircuitError
from hstar.air.examples.tables import Range16
from hstar.air.expressions import Felt
from hstar.air.program import MachineLimits, Scope

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

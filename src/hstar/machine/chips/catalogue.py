"""All instruction chips and their operations, in the order in which circuits and the program table number them."""

from __future__ import annotations

from hstar.air.chip import Chip
from hstar.machine.chips import (
    add,
    bitwise,
    branch,
    compare,
    constant,
    divide,
    jump,
    load,
    multiply,
    shift,
    shift_any,
    store,
    system,
)
from hstar.machine.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    *constant.OPERATIONS,
    *add.OPERATIONS,
    *bitwise.OPERATIONS,
    *compare.OPERATIONS,
    *shift.OPERATIONS,
    *shift_any.OPERATIONS,
    *multiply.OPERATIONS,
    *divide.OPERATIONS,
    *load.OPERATIONS,
    *store.OPERATIONS,
    *branch.OPERATIONS,
    *jump.OPERATIONS,
    *system.OPERATIONS,
)
"""Searched from the top: special cases stand before general ones, the operations of one chip together."""


def instruction_chips() -> list[Chip]:
    """One chip of each family that proves instructions."""
    families = (constant, add, bitwise, compare, shift, shift_any, multiply, divide, load, store, branch, jump, system)
    return [chip for family in families for chip in family.chips()]

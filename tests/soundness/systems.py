"""Descriptions used by several tests."""

from functools import cache

from hstar.soundness.description import BusUse, ChipDescription, SystemDescription
from hstar.soundness.solver import solve

SMALL_CHIPS = (
    ChipDescription(
        "processor", (0, 8, 37), 2**15, 60, 4, local=BusUse(16, 8, 11), global_=BusUse(2, 2, 9), post_commit_degree=3
    ),
    ChipDescription("table", (2, 0, 1), 2**16, 0, 2, local=BusUse(1, 1, 2), sends_height=False),
)


def segment(**changes):
    """A small machine with a global bus and three groups."""
    fields = {
        "name": "small segment",
        "log_max_height": 16,
        "chips": SMALL_CHIPS,
        "group_cells": (2**18, 2**18, 2**20 - 5),
        "max_segments": 2**10,
        "public_fractions": 40,
    }
    return SystemDescription(**{**fields, **changes})


@cache
def solved(**arguments):
    """`solve`, remembered: tests ask the same questions."""
    return solve(**arguments)


def default(log_cells=14, log_inverse_rate=2, **arguments):
    """A quick solution of the default description."""
    return solved(log_cells=log_cells, log_inverse_rate=log_inverse_rate, **arguments)

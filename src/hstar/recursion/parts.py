"""Which part of the verifier a gate belongs to, for reports."""

from __future__ import annotations

import sys
from functools import cache

PARTS = {
    "hstar.transcript.transcript": "transcript",
    "hstar.iop.logup_gkr": "fraction tree",
    "hstar.iop.zerocheck": "zerocheck",
    "hstar.iop.jagged": "jagged weight",
    "hstar.iop.whir": "WHIR",
    "hstar.stark.layout": "heights and ranges",
    "hstar.stark.statement": "statement",
    "hstar.stark.verify": "statement",
    "hstar.recursion.merkle": "Merkle paths",
    "hstar.recursion.relations": "relations",
}
"""Modules of the verifier and what their gates are called in reports; the innermost one on the stack counts."""
OTHER = "other"


@cache
def _part_of_module(name: str) -> str | None:
    return next((part for prefix, part in PARTS.items() if name.startswith(prefix)), None)


def current_part() -> str:
    """The part of the verifier that is running, seen from the caller's caller."""
    frame = sys._getframe(2)
    while frame is not None:
        part = _part_of_module(frame.f_globals.get("__name__", ""))
        if part is not None:
            return part
        if frame.f_back is None:
            break
        frame = frame.f_back
    return OTHER

"""What can go wrong while a verifier is traced: always a fault of the traced code, never of a proof."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from hstar.errors import HstarError

_PACKAGE = str(Path(__file__).parent)


class TraceReason(StrEnum):
    """Machine-readable reason of a `TraceError`."""

    DATA_DEPENDENT = "data_dependent"
    NOT_IN_BASE_FIELD = "not_in_base_field"
    UNKNOWN_LAYOUT = "unknown_layout"


class TraceError(HstarError):
    """Traced code does something that a circuit cannot do; the sentence names the line."""


def refuse(what: str, advice: str, reason: TraceReason) -> NoReturn:
    """Refuses an operation of the traced code.

    Raises:
        TraceError: names file and line of the nearest caller outside this package.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    raise TraceError(f"{line}: traced code {what}; {advice}", reason=reason, line=line)

"""Reason codes of the calculator."""

from enum import StrEnum


class SoundnessReason(StrEnum):
    """Why a description, a bound or a target was refused."""

    HYPOTHESIS_FAILED = "hypothesis_failed"
    UNREACHABLE_TARGET = "unreachable_target"
    UNPINNED_BOUNDARY = "unpinned_boundary"
    INCONSISTENT = "inconsistent"
    UNKNOWN_TERM = "unknown_term"

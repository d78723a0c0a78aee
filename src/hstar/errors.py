"""Every exception that hstar raises on purpose, and the exit code each one means.

An error is one sentence for people (what, where, what to do) and a reason code for programs. Code that checks input
raises `InputError`; code that judges a proof or a block raises `VerificationError` or `RejectedError`; running out of
memory, disk or time is `ResourceError`. Anything else that escapes is a bug and is reported as one.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What a process says when it ends."""

    DONE = 0
    REJECTED = 1
    BAD_INPUT = 2
    OUT_OF_RESOURCES = 3
    INTERNAL_ERROR = 4


class Reason(StrEnum):
    """Machine-readable reason of an error. Modules with many reasons of their own define a further `StrEnum`."""

    # Input
    WRONG_TYPE = "wrong_type"
    WRONG_DTYPE = "wrong_dtype"
    WRONG_SHAPE = "wrong_shape"
    NOT_CONTIGUOUS = "not_contiguous"
    NOT_CANONICAL = "not_canonical"
    OUT_OF_RANGE = "out_of_range"
    UNREADABLE = "unreadable"
    UNKNOWN_NAME = "unknown_name"
    MALFORMED = "malformed"
    # Environment
    NATIVE_MODULE_MISSING = "native_module_missing"
    NATIVE_MODULE_MISMATCH = "native_module_mismatch"
    OUT_OF_MEMORY = "out_of_memory"
    INTERRUPTED = "interrupted"
    LIMIT_REACHED = "limit_reached"


class HstarError(Exception):
    """Base of all deliberate errors.

    Args:
        message: one sentence: what is wrong, where, and what to do about it.
        reason: code for programs.
        where: named values that pin the place down; they are shown with `--verbose` and in `--json`.
    """

    exit_code = ExitCode.INTERNAL_ERROR

    def __init__(self, message: str, *, reason: StrEnum, **where: object) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.where = where

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries, so they must survive pickling with their keyword arguments."""
        return (_rebuild, (type(self), self.message, self.reason, self.where))


def _rebuild(kind: type[HstarError], message: str, reason: StrEnum, where: dict[str, object]) -> HstarError:
    return kind(message, reason=reason, **where)


class InputError(HstarError):
    """What the caller handed over cannot be used: a wrong shape, a malformed file, a bad option."""

    exit_code = ExitCode.BAD_INPUT


class RejectedError(HstarError):
    """The input was understood and found wrong: an invalid block, a failed execution."""

    exit_code = ExitCode.REJECTED


class VerificationError(RejectedError):
    """A proof was rejected. Verifiers raise this and nothing else, whatever bytes they are given."""


class ResourceError(HstarError):
    """Memory, disk, time or a worker ran out, or the user interrupted; trying again may succeed."""

    exit_code = ExitCode.OUT_OF_RESOURCES

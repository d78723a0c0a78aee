"""Checks of what callers hand to the kernels, shared by the facades."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from hstar.errors import InputError, Reason

Array: TypeAlias = npt.NDArray[Any]

CACHE_LINE_BYTES = 64
CACHE_LINE_BYTES = 64


def check_array(array: Any, name: str, dtype: str, shape: tuple[int | None, ...]) -> Array:  # noqa: ANN401
    """Returns `array` when it is C-contiguous with this dtype and shape; `None` in the shape stands for any size.

    Args:
        array: what the caller handed over.
        name: what to call it in the message.
        dtype: name of the dtype.
        shape: expected sizes.

    Raises:
        InputError: WRONG_TYPE, WRONG_DTYPE, WRONG_SHAPE, NOT_CONTIGUOUS.
    """
    if not isinstance(array, np.ndarray):
        raise InputError(f"{name} must be a NumPy array, not {type(array).__name__}", reason=Reason.WRONG_TYPE)
    if array.dtype != np.dtype(dtype):
        raise InputError(f"{name} must have dtype {dtype}, not {array.dtype}", reason=Reason.WRONG_DTYPE)
    fits = len(shape) == array.ndim and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise InputError(f"{name} must have shape ({wanted}), not {array.shape}", reason=Reason.WRONG_SHAPE)
    if not array.flags.c_contiguous:
        raise InputError(f"{name} must be C-contiguous; pass a copy", reason=Reason.NOT_CONTIGUOUS)
    return array


def _aligned_array(dtype: str, shape: tuple[int, ...]) -> Array:
    """A new array that starts at a cache line: registers of 64 bytes then never straddle two."""
    num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(num_bytes + CACHE_LINE_BYTES, dtype=np.uint8)
    start = -memory.ctypes.data % CACHE_LINE_BYTES
    return memory[start : start + num_bytes].view(dtype).reshape(shape)


def aligned_empty(dtype: str, shape: tuple[int, ...]) -> Array:
    """A new array whose first item starts a cache line.

    Vectors that straddle two lines cost transforms a sixth of their speed, and NumPy aligns to 16 bytes only.
    """
    num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(num_bytes + CACHE_LINE_BYTES, dtype=np.uint8)
    start = -raw.ctypes.data % CACHE_LINE_BYTES
    return raw[start : start + num_bytes].view(dtype).reshape(shape)


def output_array(out: Array | None, dtype: str, shape: tuple[int, ...], *inputs: Array) -> Array:
    """A new array, or `out` when a caller wants a large buffer used again.

    A fresh buffer of hundreds of MiB costs a page fault for every 4 KiB when it is first written; a caller that does
    the same work repeatedly keeps its buffers.

    Raises:
        InputError: as `check_array`, and MALFORMED when `out` cannot be written or overlaps an input.
    """
    if out is None:
        return _aligned_array(dtype, shape)
    check_array(out, "out", dtype, shape)
    if not out.flags.writeable:
        raise InputError("out cannot be written", reason=Reason.MALFORMED)
    if any(np.may_share_memory(out, array) for array in inputs):
        raise InputError("out overlaps an input; pass another array", reason=Reason.MALFORMED)
    return out


def check_range(value: int, name: str, smallest: int, largest: int) -> int:
    """Returns `value` when it lies in the closed range.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    if not smallest <= value <= largest:
        raise InputError(f"{name} is {value}; it must be from {smallest} to {largest}", reason=Reason.OUT_OF_RANGE)
    return value

from __future__ import annotations

import numpy as np
import pytest

from hstar.errors import InputError, Reason
from hstar.kernels.arguments import CACHE_LINE_BYTES, aligned_empty, check_array, check_range, output_array


@pytest.mark.parametrize("shape", [(0,), (1,), (5, 7), (3, 1000), ()])
@pytest.mark.parametrize("dtype", ["uint8", "uint32"])
def test_new_arrays_start_a_cache_line(dtype: str, shape: tuple[int, ...]) -> None:
    array = aligned_empty(dtype, shape)
    assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
    assert array.size == 0 or array.ctypes.data % CACHE_LINE_BYTES == 0
    assert array.flags.c_contiguous
    assert array.flags.writeable
    array[...] = 7
    assert (array == 7).all()


def test_output_is_the_callers_array_or_a_new_one() -> None:
    array = np.zeros((2, 3), dtype=np.uint32)
    assert output_array(array, "uint32", (2, 3)) is array
    assert output_array(None, "uint8", (4,)).shape == (4,)
    with pytest.raises(InputError) as caught:
        output_array(array, "uint32", (2, 3), array[1:])
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        ([1], Reason.WRONG_TYPE),
        (np.zeros(2, dtype=np.int32), Reason.WRONG_DTYPE),
        (np.zeros((2, 2), dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros(3, dtype=np.uint32), Reason.WRONG_SHAPE),
        (np.zeros(4, dtype=np.uint32)[::2], Reason.NOT_CONTIGUOUS),
    ],
)
def test_wrong_arrays_are_refused(array: object, reason: Reason) -> None:
    with pytest.raises(InputError, match="words") as caught:
        check_array(array, "words", "uint32", (2,))
    assert caught.value.reason is reason


def test_any_size_fits_a_free_axis() -> None:
    array = np.zeros((5, 2), dtype=np.uint32)
    assert check_array(array, "words", "uint32", (None, 2)) is array


def test_ranges_are_closed() -> None:
    assert check_range(3, "x", 3, 3) == 3
    with pytest.raises(InputError, match="x is 4"):
        check_range(4, "x", 0, 3)

"""How fast this processor is beside the one that targets were written for.

Targets of proving and executing are those of two Zen 5 cores. What they mean here is scaled by one loop that both ran:
a multiply-add of Plonky3's quintic extension, which takes 1.26 ns in one Zen 5 core.
"""

from __future__ import annotations

from time import perf_counter

from hstar.bench.runner import NANOSECONDS
from hstar.kernels import backend

ZEN5_QUINTIC = 1.26
"""Nanoseconds of a multiply-add of Plonky3's quintic extension, one core."""
PEER = "Plonky3 quintic multiply-add"
_PASSES = 1000
_SAMPLES = 9


def quintic_nanoseconds() -> float:
    """Of one multiply-add in every thread, on this machine.

    Raises:
        ResourceError: NATIVE_MODULE_MISSING.
    """
    native = backend.native()
    samples: list[float] = []
    for _ in range(_SAMPLES):
        begin = perf_counter()
        native.peer_quintic_multiply_add(_PASSES)
        samples.append(perf_counter() - begin)
    elements: int = _PASSES * native.LOOP_ELEMENTS
    return min(samples) * NANOSECONDS / elements


def scale_of(quintic: float) -> float:
    """By how much longer this machine may take than two Zen 5 cores, from its `quintic_nanoseconds`."""
    return quintic / ZEN5_QUINTIC

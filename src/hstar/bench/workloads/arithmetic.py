"""Extension arithmetic in the first-level cache, beside Plonky3's quintic extension of the same base field.

The loops run inside the native module, because a call from Python takes longer than a pass over such short vectors.
"""

from __future__ import annotations

from collections.abc import Callable

from hstar.bench.workload import Trial, register
from hstar.kernels import backend

_PASSES = 1000


def _loops(ours: str, peers: str, num_threads: int) -> Trial:
    """A trial of two loops of the native module, both over vectors of the same number of elements in each thread."""
    native = backend.native()
    work: Callable[[int], None] = getattr(native, ours)
    peer: Callable[[int], None] = getattr(native, peers)
    return Trial(
        work=lambda: work(_PASSES),
        operations=_PASSES * native.LOOP_ELEMENTS * num_threads,
        peer=lambda: peer(_PASSES),
    )


@register("kernels", "extension multiply-add", unit="element", peer="Plonky3 quintic", target=1.25)
def _multiply_add(num_threads: int) -> Trial:
    return _loops("loop_extension_multiply_add", "peer_quintic_multiply_add", num_threads)


@register("kernels", "extension fold a + r (b - a)", unit="element", peer="Plonky3 quintic", target=1.25)
def _fold(num_threads: int) -> Trial:
    return _loops("loop_extension_fold", "peer_quintic_fold", num_threads)


@register("kernels", "sum of products", unit="element", peer="Plonky3 quintic", target=1.1)
def _sum(num_threads: int) -> Trial:
    return _loops("loop_extension_sum", "peer_quintic_sum", num_threads)


@register("kernels", "sum of base x extension", unit="element", peer="Plonky3 quintic", target=0.25)
def _base_sum(num_threads: int) -> Trial:
    return _loops("loop_base_extension_sum", "peer_quintic_sum", num_threads)

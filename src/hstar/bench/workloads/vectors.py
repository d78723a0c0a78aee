"""Kernels on extension vectors, through their facades, beside the multiplications that they cannot avoid.

The peer is the time that a kernel's multiplications alone take on vectors in the first-level cache, so the ratio is the
price of everything else: moving data, additions, reductions at the end of sums, the call from Python.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hstar.bench.workload import Trial, Work, register
from hstar.field.koala_bear import MODULUS
from hstar.kernels import multilinear, sumcheck
from hstar.kernels.arguments import output_array
from hstar.kernels.backend import native
from hstar.kernels.vectors import ExtensionVector, Words, packed_shape

LOG_LENGTH = 16
"""Vectors of 1.5 MiB: larger than the second-level cache together, small enough not to measure the memory bus."""
LENGTH = 1 << LOG_LENGTH
_ALONE = "its multiplications alone"


def _values(seed: int) -> Words:
    return np.random.default_rng(seed).integers(0, MODULUS, size=LENGTH, dtype=np.uint32)


def _vector(seed: int) -> ExtensionVector:
    coefficients = np.random.default_rng(seed).integers(0, MODULUS, size=(LENGTH, 6), dtype=np.uint32)
    return ExtensionVector.from_canonical(coefficients)


def _buffer(length: int) -> Words:
    return output_array(None, "uint32", packed_shape(length))


def _multiplications(num_threads: int, *, scalings: int = 0, products: int = 0, base_products: int = 0) -> Work:
    """As many multiplications as the work has for `LENGTH` elements, in the first-level caches.

    Args:
        num_threads: how many threads share them.
        scalings: multiplications by a challenge.
        products: summands of sums of products.
        base_products: summands of sums of products with base-field elements.
    """
    module = native()
    loops: tuple[tuple[Callable[[int], None], int], ...] = (
        (module.loop_extension_scale, scalings),
        (module.loop_extension_sum, products),
        (module.loop_base_extension_sum, base_products),
    )
    passes = [(loop, count // (module.LOOP_ELEMENTS * num_threads)) for loop, count in loops if count]

    def work() -> None:
        for loop, repetitions in passes:
            loop(repetitions)

    return work


@register("kernels", "product sumcheck: fold and next round", unit="element", peer=_ALONE, target=1.3)
def _product_sumcheck(num_threads: int) -> Trial:
    values, weights = _vector(1), _vector(2)
    challenge, buffers = values[0], (_buffer(LENGTH // 2), _buffer(LENGTH // 2))
    return Trial(
        work=lambda: sumcheck.fold_and_product_round(values, weights, challenge, challenge, out=buffers),
        operations=LENGTH,
        peer=_multiplications(num_threads, scalings=LENGTH, products=LENGTH // 2),
    )


@register("kernels", "product sumcheck: highest variable", unit="element", peer=_ALONE, target=1.3)
def _product_sumcheck_downwards(num_threads: int) -> Trial:
    values, weights = _vector(1), _vector(2)
    challenge, buffers = values[0], (_buffer(LENGTH // 2), _buffer(LENGTH // 2))
    bits = (LOG_LENGTH - 1, LOG_LENGTH - 2)
    return Trial(
        work=lambda: sumcheck.fold_and_product_round(values, weights, challenge, challenge, *bits, out=buffers),
        operations=LENGTH,
        peer=_multiplications(num_threads, scalings=LENGTH, products=LENGTH // 2),
    )


@register("kernels", "product sumcheck: first round", unit="element", peer=_ALONE)
def _first_round(num_threads: int) -> Trial:
    values, weights = _values(1), _vector(2)
    claim = weights[0]
    return Trial(
        work=lambda: sumcheck.product_round(values, weights, claim, LOG_LENGTH - 1),
        operations=LENGTH,
        peer=_multiplications(num_threads, base_products=LENGTH),
    )


@register("kernels", "eq table", unit="element", peer=_ALONE)
def _eq_table(num_threads: int) -> Trial:
    point, buffer = [_vector(1)[index] for index in range(LOG_LENGTH)], _buffer(LENGTH)
    return Trial(
        work=lambda: multilinear.eq_table(point, out=buffer),
        operations=LENGTH,
        peer=_multiplications(num_threads, scalings=LENGTH),
    )


@register("kernels", "multilinear evaluation", unit="element", peer=_ALONE)
def _evaluation(num_threads: int) -> Trial:
    values = _vector(1)
    point = [_vector(2)[index] for index in range(LOG_LENGTH)]
    return Trial(
        work=lambda: multilinear.evaluate(values, point),
        operations=LENGTH,
        peer=_multiplications(num_threads, products=LENGTH),
    )


@register("kernels", "multilinear evaluation, base field", unit="element", peer=_ALONE)
def _base_evaluation(num_threads: int) -> Trial:
    values = _values(1)
    point = [_vector(2)[index] for index in range(LOG_LENGTH)]
    return Trial(
        work=lambda: multilinear.evaluate(values, point),
        operations=LENGTH,
        peer=_multiplications(num_threads, base_products=LENGTH),
    )

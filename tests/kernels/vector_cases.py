"""What the tests of the vector kernels draw from, and how they compare native with reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.backend import Backend, use_backend
from hstar.kernels.vectors import ExtensionVector

Result = TypeVar("Result")

seeds = st.integers(0, 2**32 - 1)
EDGE_LENGTHS = (0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 100)
lengths = st.one_of(st.sampled_from(EDGE_LENGTHS), st.integers(0, 130))
_EXTREMES = np.array([0, 1, MODULUS - 1, MODULUS // 2, MODULUS // 2 + 1], dtype=np.uint32)


def random_words(seed: int, *shape: int) -> np.ndarray:
    """Canonical words, a fifth of them extreme."""
    generator = np.random.default_rng(seed)
    words = generator.integers(0, MODULUS, size=shape, dtype=np.uint32)
    extreme = generator.random(shape) < 0.2
    return np.where(extreme, generator.choice(_EXTREMES, size=shape), words)


def random_vector(seed: int, length: int) -> ExtensionVector:
    return ExtensionVector.from_canonical(random_words(seed, length, 6))


def random_values(seed: int, length: int, extension: bool) -> ExtensionVector | np.ndarray:
    return random_vector(seed, length) if extension else random_words(seed, length)


def random_element(seed: int) -> ExtensionElement:
    return ExtensionElement(random_words(seed, 6).tolist())


def both(function: Callable[..., Result], *arguments: object) -> tuple[Result, Result]:
    """What the native module and the definition return."""
    with use_backend(Backend.REFERENCE):
        expected = function(*arguments)
    with use_backend(Backend.NATIVE):
        return function(*arguments), expected


def assert_agree(function: Callable[..., object], *arguments: object) -> None:
    """Same results; for vectors the same words, padding included."""
    native, reference = both(function, *arguments)
    assert native == reference

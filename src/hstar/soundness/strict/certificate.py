"""The weighted Johnson certificate of DKT26: integers that bound the bad points of a line or a curve of words.

For a code of length n and dimension D + 1 and words that agree with it in A positions, a multiplicity m and a degree B
with `D B < m A` are chosen so that an interpolation problem has more unknowns than equations (`n R < N`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

MAX_MULTIPLICITY = 64
MAX_DEGREE = 4096
"""The grid of certificates that is searched; a certificate outside it could only give a smaller bound."""
GRID_STEP = 256
"""Grids are kept for degrees up to a multiple of this."""
LEAST_SLOPE = 1e-6
"""Below it rounding could make an unusable certificate look usable."""

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Certificate:
    """A multiplicity m and a degree B."""

    multiplicity: int
    degree: int


def height(length: int, max_degree: int, agreement: int, certificate: Certificate, curve_degree: int) -> int | None:
    """`H = max(l B, floor(l (W - n T) / (N - n R)))`; None where the certificate does not hold.

    For l = 1 this is the height of the checked theorem. A curve of degree l gives the unknown that stands at the j-th
    power `H + 1 - l j` coefficients and equations of order b `H + 1 - l b`, so the same count takes l times the slope.

    Args:
        length: n.
        max_degree: D, at least 1.
        agreement: A.
        certificate: m and B.
        curve_degree: l.
    """
    m, b = certificate.multiplicity, certificate.degree
    unknowns = (b + 1) * m * agreement - max_degree * b * (b + 1) // 2
    weighted = m * agreement * b * (b + 1) // 2 - max_degree * b * (b + 1) * (2 * b + 1) // 6
    top = min(b, m - 1)
    equations = (top + 1) * m - top * (top + 1) // 2
    moment = m * top * (top + 1) // 2 - top * (top + 1) * (2 * top + 1) // 6
    slope = unknowns - length * equations
    if slope <= 0 or max_degree * b >= m * agreement or b < 1:
        return None
    return max(curve_degree * b, curve_degree * (weighted - length * moment) // slope)


def list_size(length: int, max_degree: int, agreement: int) -> int:
    """`floor(n (A - D) / (A^2 - n D))`: the most codewords that agree with a word in A positions, if `A^2 > n D`."""
    return length * (agreement - max_degree) // (agreement * agreement - length * max_degree)


@lru_cache(maxsize=4096)
def choose(rate: Fraction, agreement: Fraction) -> Certificate | None:
    """The certificate of the grid with the fewest bad points for long codes; None if the grid holds none.

    Every certificate is valid, so that floating point may choose here; `height` is exact. What holds for relative
    degree `rate` holds for every shorter code of that rate, whose D / n is smaller.
    """
    rho, alpha = float(rate), float(agreement)
    most = min(MAX_DEGREE, ceil(MAX_MULTIPLICITY * alpha / rho))
    grid = _grid(-(-most // GRID_STEP) * GRID_STEP)
    slope = alpha * grid.slope[0] - rho * grid.slope[1] - grid.slope[2]
    usable = (slope > LEAST_SLOPE) & (rho * grid.degree < alpha * grid.multiplicity)
    if not usable.any():
        return None
    slope[~usable] = 1.0
    points = np.maximum(grid.degree, (alpha * grid.excess[0] - rho * grid.excess[1] - grid.excess[2]) / slope)
    points *= 2 * grid.degree - 1
    points[~usable] = np.inf
    multiplicity, degree = np.unravel_index(int(np.argmin(points)), points.shape)
    return Certificate(int(multiplicity) + 1, int(degree) + 1)


@dataclass(frozen=True)
class _Grid:
    """Certificates by multiplicity and degree, and what their slopes and heights are linear in.

    Args:
        multiplicity: m, a column.
        degree: B, a row.
        slope: coefficients of alpha, of -rho and of -1 in `(N - n R) / n`.
        excess: those in `(W - n T) / n`.
    """

    multiplicity: Array
    degree: Array
    slope: tuple[Array, Array, Array]
    excess: tuple[Array, Array, Array]


@lru_cache(maxsize=8)
def _grid(most: int) -> _Grid:
    """All multiplicities, and degrees up to `most`."""
    m = np.arange(1, MAX_MULTIPLICITY + 1, dtype=float)[:, None]
    b = np.arange(1, most + 1, dtype=float)[None, :]
    top = np.minimum(b, m - 1)
    pairs, squares = b * (b + 1) / 2, b * (b + 1) * (2 * b + 1) / 6
    equations = (top + 1) * m - top * (top + 1) / 2
    moment = m * top * (top + 1) / 2 - top * (top + 1) * (2 * top + 1) / 6
    return _Grid(m, b, ((b + 1) * m, pairs, equations), (m * pairs, squares, moment))

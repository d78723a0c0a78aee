"""Sizes of the proofs that `hstar bench proof-system` measures, as base-2 logarithms of their cells."""

from __future__ import annotations

MIN_LOG_CELLS, MAX_LOG_CELLS = 20, 27

"""The size classes of hstar with the shapes they are planned for.

The circuits of the machine and of the recursion are not there yet. Until they are, the counts here are planning
figures, and whatever prints them says so. Proofs of single circuits take their description from the circuit itself
(`hstar.stark.security`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hstar.soundness.description import BusUse, ChipDescription, SystemDescription
from hstar.soundness.report import Report
from hstar.soundness.solver import solve

PLANNED = (
    "The circuits of the machine and of the recursion are not there yet: these parameter sets are solved for planned "
    "shapes. They will be read from the live machine."
)
LOG_SEGMENT_CELLS = (22, 24, 26)
MAX_SEGMENTS = 1 << 10
_BOUNDARY_COLUMNS, _BOUNDARY_FRACTIONS = 19, 4


@dataclass(frozen=True)
class SizeClass:
    """One kind of proof at one size."""

    name: str
    log_cells: int
    log_inverse_rate: int
    suite: str
    first_regime: Literal["free", "unique"]
    description: SystemDescription

    def solve(self, target_bits: int = 128) -> Report:
        """Its parameters."""
        return solve(
            target_bits=target_bits,
            log_cells=self.log_cells,
            log_inverse_rate=self.log_inverse_rate,
            description=self.description,
            first_regime=self.first_regime,
            suite=self.suite,
        )


def size_classes() -> Iterator[SizeClass]:
    """Segments, the shape that leaves and joins share, and the final proof."""
    for log_cells in LOG_SEGMENT_CELLS:
        yield SizeClass(f"segment_{log_cells}", log_cells, 1, "poseidon2", "unique", _segment(log_cells))
    yield SizeClass("leaf_and_join", 24, 2, "poseidon2", "free", _recursion("leaf or join", 24))
    yield SizeClass("final", 22, 4, "blake2b", "free", _recursion("final", 22))


def _segment(log_cells: int) -> SystemDescription:
    """A machine of 1,600 columns; an eighth of the cells preprocessed, a sixteenth boundary rows."""
    cells = 1 << log_cells
    height = 1 << (log_cells - 5)
    boundary_rows = min(height, cells // 16 // _BOUNDARY_COLUMNS)
    chips = (
        ChipDescription(
            "boundary",
            (0, _BOUNDARY_COLUMNS, 0),
            boundary_rows,
            8,
            4,
            local=BusUse(4, 2, 8),
            global_=BusUse(_BOUNDARY_FRACTIONS, 2, 12),
        ),
        ChipDescription("all other chips", (81, 0, 1500), height, 2000, 4, local=BusUse(1000, 500, 12)),
    )
    return SystemDescription(
        name=f"segment of 2^{log_cells} cells",
        log_max_height=log_cells - 5,
        chips=chips,
        group_cells=(cells // 8, cells // 16, cells - cells // 8 - cells // 16),
        max_segments=MAX_SEGMENTS,
        public_fractions=1 << 12,
    )


def _recursion(name: str, log_cells: int) -> SystemDescription:
    """The straight-line machine: 330 columns, a third of them preprocessed."""
    cells = 1 << log_cells
    chip = ChipDescription(
        "all chips", (110, 0, 220), 1 << (log_cells - 5), 300, 4, local=BusUse(128, 64, 7), sends_height=False
    )
    return SystemDescription(
        name=f"{name} of 2^{log_cells} cells",
        log_max_height=log_cells - 5,
        chips=(chip,),
        group_cells=(cells // 4, 0, cells - cells // 4),
    )

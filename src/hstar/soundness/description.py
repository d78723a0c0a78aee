"""What the calculator needs to know of a circuit set: shapes and counts, no constraint is evaluated.

`hstar.stark` builds it from the traced chip programs; `default_description` is the generic one that the solver uses
when only a size is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from hstar.errors import InputError
from hstar.params.protocol import GROUPS
from hstar.soundness.enclosure import ceil_log2
from hstar.soundness.reasons import SoundnessReason


@dataclass(frozen=True, slots=True)
class BusUse:
    """The interactions of one chip in one scope (local challenges or the global one).

    Args:
        num_fractions: interactions per row.
        num_leaves: fraction-tree leaves per row after merging, at most `num_fractions`.
        widest_message: most values in a message, the bus identifier not counted.
    """

    num_fractions: int = 0
    num_leaves: int = 0
    widest_message: int = 0

    def __post_init__(self) -> None:
        consistent = 0 <= self.num_leaves <= self.num_fractions and (self.num_fractions == 0) == (self.num_leaves == 0)
        if not consistent or self.widest_message < 0:
            raise InputError(
                f"{self.num_fractions} fractions in {self.num_leaves} leaves with messages of "
                f"{self.widest_message} values are inconsistent",
                reason=SoundnessReason.INCONSISTENT,
            )


NO_BUS = BusUse()


@dataclass(frozen=True, slots=True)
class ChipDescription:
    """One chip.

    Args:
        name: of the chip.
        columns: number of columns in each group, in the order of `GROUPS`.
        max_height: the most rows that its table can have.
        num_constraints: polynomial constraints.
        degree: of the zerocheck bracket: the largest of the constraints' and the merged leaves' degrees.
        local: interactions under the proof's own challenges.
        global_: interactions under the global challenge.
        post_commit_degree: degree in the post-commit point of what uses it; 0 when nothing does.
        bundle_widths: widths of the bundles that its columns are stored in; None for the binary digits of each
            group's column count.
        sends_height: whether the proof contains the table's height (it does not when the key fixes it).
    """

    name: str
    columns: tuple[int, int, int]
    max_height: int
    num_constraints: int
    degree: int
    local: BusUse = NO_BUS
    global_: BusUse = NO_BUS
    post_commit_degree: int = 0
    bundle_widths: tuple[int, ...] | None = None
    sends_height: bool = True

    def __post_init__(self) -> None:
        if min(self.columns) < 0 or self.num_columns < 1 or self.max_height < 0 or self.num_constraints < 0:
            raise InputError(
                f"chip {self.name}: columns {self.columns}, {self.max_height} rows and {self.num_constraints} "
                "constraints; a chip has at least one column and no negative counts",
                reason=SoundnessReason.INCONSISTENT,
            )
        if self.degree < 1:
            raise InputError(f"chip {self.name}: degree {self.degree}", reason=SoundnessReason.INCONSISTENT)

    @property
    def num_columns(self) -> int:
        """In all groups."""
        return sum(self.columns)

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the bundles, powers of two."""
        if self.bundle_widths is not None:
            return self.bundle_widths
        return tuple(width for count in self.columns for width in binary_digits(count))


@dataclass(frozen=True, slots=True)
class SystemDescription:
    """A circuit set at one size.

    Args:
        name: shown in reports.
        log_max_height: the virtual shape has `2^log_max_height` rows.
        chips: every chip, in key order.
        group_cells: committed cells reserved for each group, in the order of `GROUPS`.
        max_segments: how many proofs can share one global challenge; 1 for proofs without a global bus.
        public_fractions: fractions that the verifier itself adds, to the local or to the global sum; both bounds count
            them.
        statement_elements: base-field elements of the public statement that are absorbed first.
    """

    name: str
    log_max_height: int
    chips: tuple[ChipDescription, ...]
    group_cells: tuple[int, int, int]
    max_segments: int = 1
    public_fractions: int = 0
    statement_elements: int = 64

    def __post_init__(self) -> None:
        if not self.chips:
            raise InputError("a description needs at least one chip", reason=SoundnessReason.INCONSISTENT)
        if len(self.group_cells) != len(GROUPS) or min(self.group_cells) < 0 or self.num_cells < 2:
            raise InputError(
                f"group_cells is {self.group_cells}; one count for each of {', '.join(GROUPS)}, two cells at least",
                reason=SoundnessReason.INCONSISTENT,
            )
        tallest = max(chip.max_height for chip in self.chips)
        if tallest > 2**self.log_max_height:
            raise InputError(
                f"a chip has {tallest} rows but the virtual shape only 2^{self.log_max_height}",
                reason=SoundnessReason.INCONSISTENT,
            )

    @property
    def num_cells(self) -> int:
        """Reserved cells of all groups."""
        return sum(self.group_cells)

    @property
    def log_cells(self) -> int:
        """The committed vector has `2^log_cells` cells."""
        return ceil_log2(self.num_cells)

    @property
    def num_columns(self) -> int:
        """Columns of all chips: each sends one value."""
        return sum(chip.num_columns for chip in self.chips)

    @property
    def num_constraints(self) -> int:
        """Constraints of all chips, numbered globally."""
        return sum(chip.num_constraints for chip in self.chips)

    @property
    def degree(self) -> int:
        """The machine-wide maximal degree of the zerocheck bracket."""
        return max(chip.degree for chip in self.chips)

    @property
    def bundle_widths(self) -> tuple[int, ...]:
        """Widths of all bundles."""
        return tuple(width for chip in self.chips for width in chip.widths)

    @property
    def post_commit_degree(self) -> int:
        """The highest degree in the post-commit point; 0 when no chip uses one."""
        return max(chip.post_commit_degree for chip in self.chips)

    @property
    def num_heights(self) -> int:
        """Heights that a proof contains."""
        return sum(chip.sends_height for chip in self.chips)

    @property
    def has_global_bus(self) -> bool:
        """Whether any interaction is global."""
        return any(chip.global_.num_fractions for chip in self.chips)

    @property
    def log_leaves(self) -> int:
        """Base-2 logarithm of the leaves per row of the fraction tree, scope bit included when there are two scopes."""
        local = ceil_log2(max(1, sum(chip.local.num_leaves for chip in self.chips)))
        if not self.has_global_bus:
            return local
        return 1 + max(local, ceil_log2(max(1, sum(chip.global_.num_leaves for chip in self.chips))))

    @property
    def max_local_fractions(self) -> int:
        """The most local fractions that one proof can hold."""
        return self._max_fractions([(chip, chip.local.num_fractions) for chip in self.chips])

    @property
    def max_global_fractions(self) -> int:
        """The most global fractions that one proof can hold; their rows have boundary cells, or are counted as any."""
        counts = [(chip, chip.global_.num_fractions) for chip in self.chips]
        boundary = GROUPS.index("boundary")
        with_rows = [(chip.columns[boundary], count) for chip, count in counts if count]
        if not with_rows or not all(columns for columns, _ in with_rows):
            return self._max_fractions(counts)
        densest = max(Fraction(count, columns) for columns, count in with_rows)
        return min(self._max_fractions(counts), floor(densest * self.group_cells[boundary]))

    @property
    def total_local_fractions(self) -> int:
        """Of one proof, and the verifier's own."""
        return self.max_local_fractions + self.public_fractions

    @property
    def total_global_fractions(self) -> int:
        """Of all proofs under one challenge, and the verifier's own."""
        return self.max_segments * self.max_global_fractions + self.public_fractions

    def message_coordinates(self, *, of_global_bus: bool) -> int:
        """`ceil(log2(1 + widest message))`: coordinates of beta; entry 0 is the bus identifier."""
        uses = [chip.global_ if of_global_bus else chip.local for chip in self.chips]
        return ceil_log2(1 + max(use.widest_message for use in uses))

    def _max_fractions(self, counts: list[tuple[ChipDescription, int]]) -> int:
        """The smaller of two bounds: every table at its full height; all cells in the chip densest in fractions."""
        by_height = sum(chip.max_height * count for chip, count in counts)
        densest = max(Fraction(count, chip.num_columns) for chip, count in counts)
        return min(by_height, floor(densest * self.num_cells))


def binary_digits(count: int) -> tuple[int, ...]:
    """The powers of two that sum to `count`, largest first."""
    return tuple(1 << bit for bit in reversed(range(count.bit_length())) if count >> bit & 1)


DEFAULT_COLUMNS = 200
DEFAULT_LOG_LEAVES = 9
DEFAULT_MESSAGE_WIDTH = 7
_DEFAULT_SHARES: dict[int, tuple[Fraction, Fraction, Fraction]] = {
    1: (Fraction(0), Fraction(0), Fraction(1)),
    2: (Fraction(1, 2), Fraction(0), Fraction(1, 2)),
    3: (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)),
}


def default_description(log_cells: int, groups: int = 1) -> SystemDescription:
    """One chip set of 200 columns, `2^9` leaves, `2^(log_cells - 5)` rows and degree 4, without a global bus.

    Args:
        log_cells: size of the committed vector.
        groups: commitment groups: 1 main; 2 preprocessed and main, half each; 3 preprocessed and boundary, a quarter
            each, and main.

    Raises:
        InputError: OUT_OF_RANGE for sizes and group counts that no proof has.
    """
    if groups not in _DEFAULT_SHARES or not 8 <= log_cells <= 30:
        raise InputError(
            f"{groups} groups at 2^{log_cells} cells; there are 1 to 3 groups and 2^8 to 2^30 cells",
            reason=SoundnessReason.INCONSISTENT,
        )
    leaves = 1 << DEFAULT_LOG_LEAVES
    chip = ChipDescription(
        name="all chips",
        columns=(0, 0, DEFAULT_COLUMNS),
        max_height=1 << (log_cells - 5),
        num_constraints=DEFAULT_COLUMNS,
        degree=4,
        local=BusUse(leaves, leaves, DEFAULT_MESSAGE_WIDTH),
    )
    shares = _DEFAULT_SHARES[groups]
    cells = tuple(int(share * 2**log_cells) for share in shares)
    return SystemDescription(
        name=f"2^{log_cells} cells",
        log_max_height=log_cells - 5,
        chips=(chip,),
        group_cells=(cells[0], cells[1], cells[2]),
    )

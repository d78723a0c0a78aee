"""Size classes: how the cells of a segment are shared out between groups, and what fits into one.

The parameters of a class are the solver's for its circuit and cell counts: 128 bits, Poseidon2, rate 1/2, unique
decoding in the first iteration (so that a boundary commitment is one vector), and the fastest prover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hstar.air.circuit import TracedCircuit
from hstar.air.program import Circuit, Group
from hstar.air.tables import preprocessed_table
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.iop.jagged.relation import bundles_of
from hstar.machine.layout import OUTPUT_WORDS
from hstar.machine.segments import ROW_LIMIT
from hstar.params.protocol import ProtocolParameters
from hstar.soundness.solver import solve
from hstar.stark.keys import VerifyingKey
from hstar.stark.security import describe
from hstar.stark.setup import ProvingKey, make_keys

TARGET_BITS = 128
LOG_INVERSE_RATE = 1
MAX_SEGMENTS_PRICED = 2**10
"""Segments that the parameters are solved for, or fewer where so many full ones would have more global fractions than
the field has elements. A verifier prices the segments that a proof has."""
MAX_PUBLIC_MESSAGES = 4 + OUTPUT_WORDS
LOG_STACK_COLUMNS = 8
"""Groups are rounded to cells / 2^LOG_STACK_COLUMNS: a whole number of stack columns for every folding arity."""
_CALL_ROUNDS = 24
UNITS: dict[str, dict[str, int]] = {
    "keccak": {"keccak_permutation": 1, "keccak_round": _CALL_ROUNDS},
    "memory": {"input": 1},
    "ram": {"input": 1},
}
"""Rows that the segments of a type are filled with: of the chips that take the most boundary cells."""
SINGLE_ROWS = ("control", "registers")
"""Chips with one row in every segment."""
BOUNDARY_SHARE = 16
"""A sixteenth of the free cells of an instruction segment is for boundary rows: 100 cycles and 40 cells a row."""


@dataclass(frozen=True)
class ClassTables:
    """A circuit with the tables that its key fixes.

    Args:
        circuit: of one type of segments.
        preprocessed: for each chip its preprocessed columns, None where it has none.
    """

    circuit: TracedCircuit
    preprocessed: tuple[NDArray[np.uint32] | None, ...]

    @classmethod
    def of(cls, circuit: TracedCircuit) -> ClassTables:
        """Fills the preprocessed columns."""
        has = [bool(chip.program.group_range(Group.PREPROCESSED)) for chip in circuit.chips]
        tables = zip(circuit.chips, has, strict=True)
        return cls(circuit, tuple(preprocessed_table(chip) if filled else None for chip, filled in tables))

    @property
    def fixed_heights(self) -> list[int | None]:
        """Of each chip, where the key fixes it."""
        return [None if table is None else table.shape[1] for table in self.preprocessed]

    @property
    def least_heights(self) -> dict[str, int]:
        """Heights of the chips that every segment has."""
        names = [chip.program.name for chip in self.circuit.chips]
        fixed = {name: height for name, height in zip(names, self.fixed_heights, strict=True) if height is not None}
        return {name: 1 for name in names if name in SINGLE_ROWS} | fixed


def row_cells(circuit: Circuit) -> dict[str, tuple[int, int, int]]:
    """Cells of one row of each chip, by group."""
    cells = {chip.name: [0, 0, 0] for chip in circuit.chips}
    for bundle in bundles_of(circuit):
        cells[circuit.chips[bundle.chip_index].name][bundle.group] += 1 << bundle.log_width
    return {name: (first, second, third) for name, (first, second, third) in cells.items()}


def cells_of(circuit: Circuit, heights: Mapping[str, int]) -> tuple[int, int, int]:
    """Cells of each group for tables of these heights; chips that are not named have none."""
    rows = row_cells(circuit)
    first, second, third = (sum(rows[name][group] * height for name, height in heights.items()) for group in Group)
    return first, second, third


def share_cells(tables: ClassTables, log_cells: int) -> tuple[int, int, int]:
    """Cells of each group in a class of 2^log_cells.

    Raises:
        InputError: OUT_OF_RANGE when the tables that the key fixes leave no room.
    """
    circuit = tables.circuit.circuit
    fixed = cells_of(circuit, tables.least_heights)
    quantum = 1 << (log_cells - LOG_STACK_COLUMNS)
    free = (1 << log_cells) - sum(fixed) - len(Group) * quantum
    if free <= 1 << (log_cells - 3):  # an eighth at least, or segments are nothing but tables
        needed = (sum(fixed) * 8 // 7 + 4 * quantum).bit_length()
        raise InputError(
            f"{circuit.name} segments of 2^{log_cells} cells have no room beside this program's tables "
            f"({sum(fixed):,} cells); use 2^{needed} or more",
            reason=Reason.OUT_OF_RANGE,
            log_cells=log_cells,
        )
    if circuit.name in UNITS:
        unit = cells_of(circuit, UNITS[circuit.name])
        boundary = free * unit[Group.BOUNDARY] // sum(unit)
    else:
        boundary = free // BOUNDARY_SHARE
    preprocessed = _round_up(fixed[Group.PREPROCESSED], quantum)
    boundary = _round_up(boundary + fixed[Group.BOUNDARY], quantum)
    return preprocessed, boundary, (1 << log_cells) - preprocessed - boundary


def _round_up(value: int, quantum: int) -> int:
    return -(-value // quantum) * quantum


def solve_class(tables: ClassTables, log_cells: int, target_bits: int = TARGET_BITS) -> ProtocolParameters:
    """The solver's parameters of a class.

    Raises:
        InputError: OUT_OF_RANGE, or as the solver.
    """
    one = describe(
        tables.circuit.circuit,
        log_max_height=min(ROW_LIMIT.bit_length() - 1, log_cells - 2),
        group_cells=share_cells(tables, log_cells),
        fixed_heights=tables.fixed_heights,
        num_public_messages=MAX_PUBLIC_MESSAGES,
    )
    most = (MODULUS // 2) // one.max_global_fractions
    description = replace(one, max_segments=max(1, min(MAX_SEGMENTS_PRICED, most)))
    return solve(
        target_bits=target_bits,
        log_cells=log_cells,
        log_inverse_rate=LOG_INVERSE_RATE,
        description=description,
        first_regime="unique",
        suite="poseidon2",
        objective="prover_seconds",
    ).parameters


def make_class(tables: ClassTables, parameters: ProtocolParameters, *, allow_below_target: bool = False) -> ProvingKey:
    """The keys of a class; errors as `make_keys`."""
    return make_keys(tables.circuit.circuit, parameters, tables.preprocessed, allow_below_target=allow_below_target)


def max_units(key: VerifyingKey, unit: Mapping[str, int], heights: Mapping[str, int]) -> int:
    """How often the rows of `unit` fit beside tables of these heights."""
    parameters, most = key.parameters, [1 << key.parameters.log_max_height]
    used, each = cells_of(key.circuit, heights), cells_of(key.circuit, unit)
    for group in Group:
        room = (parameters.group_columns[group] << parameters.log_column_length) - used[group]
        if each[group]:
            most.append(room // each[group])
    most += [((1 << parameters.log_max_height) - heights.get(name, 0)) // count for name, count in unit.items()]
    return max(0, min(most))


def smallest_class(tables: ClassTables, at_least: int, units: int, candidates: Sequence[int]) -> int:
    """The smallest size from `at_least` on whose cells hold so many units beside the fixed tables.

    Raises:
        InputError: OUT_OF_RANGE when none of the candidates does.
    """
    circuit = tables.circuit.circuit
    needed = sum(cells_of(circuit, tables.least_heights)) + units * sum(cells_of(circuit, UNITS[circuit.name]))
    for log_cells in candidates:
        if log_cells >= at_least and needed <= (3 << log_cells) // 4:
            return log_cells
    raise InputError(
        f"no {circuit.name} segment has room for this program's image of {needed:,} cells", reason=Reason.OUT_OF_RANGE
    )

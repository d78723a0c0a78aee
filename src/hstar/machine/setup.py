"""From a program to everything that proving and verifying its runs needs: circuits, keys of all classes, the cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from hstar.air.circuit import TracedCircuit
from hstar.air.program import Group
from hstar.errors import InputError, Reason
from hstar.machine.circuit_costs import charged_cells, circuit_cost_model, cpu_rule
from hstar.machine.circuits import cpu_circuit, keccak_circuit, memory_circuit, ram_circuit
from hstar.machine.classes import (
    TARGET_BITS,
    UNITS,
    ClassTables,
    cells_of,
    make_class,
    max_units,
    row_cells,
    smallest_class,
    solve_class,
)
from hstar.machine.keys import SEGMENT_TYPES, MachineKey, SegmentClass
from hstar.machine.layout import DOUBLEWORD_BYTES, RAM_BYTES
from hstar.machine.program import Program
from hstar.machine.record_plan import record_fields, record_plan
from hstar.machine.records import RecordPlan
from hstar.machine.segments import (
    DEFAULT_LOG_CELLS,
    EPOCH_CYCLES,
    Segment,
    SegmentRule,
    block_cycles,
    group_rows,
)
from hstar.stark.keys import VerifyingKey
from hstar.stark.setup import ProvingKey

MIN_LOG_CELLS, MAX_LOG_CELLS = 20, 26
"""The tables of bytes and 16-bit numbers do not fit a smaller segment; a larger one has more cycles than a clock."""
MAX_MEMORY_LOG_CELLS = 22
"""Segments of ram and memory hold more global fractions than cells, and a run's segments together must hold fewer of
them than the field has elements: N times those of the largest class. With 2^24 cells and more that allows 100 segments,
with 2^22 it is 291, and instruction segments of 2^26 cells would stop at 508 anyway."""
LEAST_FREE_WORDS = 2**14
RAM_WORDS = RAM_BYTES // DOUBLEWORD_BYTES
"""Words outside image, output and registers that the first memory segment has room for."""


@dataclass(frozen=True)
class MachineSetup:
    """All keys of a program.

    Args:
        program: the program.
        key: what the verifier gets.
        proving_keys: of the key's classes, in their order.
        tables: by type of segment.
    """

    program: Program
    key: MachineKey
    proving_keys: tuple[ProvingKey, ...]
    tables: Mapping[str, ClassTables]

    @cached_property
    def plan(self) -> RecordPlan:
        """For the recorder."""
        return record_plan(self.program, record_fields(self.circuit("cpu").chips))

    @cached_property
    def rule(self) -> SegmentRule:
        """By which a run is cut: every segment fits the largest class."""
        return cpu_rule(self.program, self.tables["cpu"], self._largest("cpu"))

    @cached_property
    def _cpu_rules(self) -> list[tuple[int, SegmentRule]]:
        """Class index and rule of every class of instruction segments that has room for the program."""
        rules = []
        for index, item in enumerate(self.key.classes):
            if item.type == "cpu":
                try:
                    rules.append((index, cpu_rule(self.program, self.tables["cpu"], item.key)))
                except InputError:
                    continue  # too small for this program: never chosen
        return rules

    @cached_property
    def _has_long_blocks(self) -> bool:
        return bool((block_cycles(self.program) > EPOCH_CYCLES).any())

    def class_of(self, segment: Segment) -> int:
        """Index of the smallest class by whose rule an instruction segment would not have been cut earlier.

        The largest for a program with blocks longer than an epoch: what these pay beforehand for gaps inside them is
        not counted in a segment.
        """
        if self._has_long_blocks:
            return self._cpu_rules[-1][0]
        main = {name: cells[Group.MAIN] for name, cells in row_cells(self.circuit("cpu").circuit).items()}
        cells = charged_cells(segment, circuit_cost_model(self.circuit("cpu").circuit, main))
        words = int((segment.keys <= RAM_WORDS).sum())
        for index, rule in self._cpu_rules:
            boundary = words * rule.touch_boundary_cells + segment.calls * rule.call_boundary_cells
            rows = int(group_rows(segment.opcode_counts, rule.group_of_opcode).max())
            fits_rows = rows <= rule.row_limit and segment.bridges <= rule.bridge_capacity
            if cells <= rule.capacity and boundary <= rule.boundary_capacity and fits_rows:
                return index
        return self._cpu_rules[-1][0]

    def circuit(self, segment_type: str) -> TracedCircuit:
        """The circuit of a type."""
        return self.tables[segment_type].circuit

    def class_for(self, segment_type: str, heights: Mapping[str, int]) -> int:
        """Index of the smallest class of a type that tables of these heights fit.

        Raises:
            InputError: OUT_OF_RANGE when they fit none.
        """
        for index, item in enumerate(self.key.classes):
            if item.type == segment_type and fits(item.key, heights):
                return index
        raise InputError(
            f"a {segment_type} segment with {sum(heights.values()):,} rows fits no size class of this key; use larger "
            "segments",
            reason=Reason.OUT_OF_RANGE,
        )

    def units(self, segment_type: str) -> int:
        """How many units (`UNITS`) the largest class of a type holds."""
        heights = self.tables[segment_type].least_heights
        return max_units(self._largest(segment_type), UNITS[segment_type], heights)

    def _largest(self, segment_type: str) -> VerifyingKey:
        return [item.key for item in self.key.classes if item.type == segment_type][-1]


def fits(key: VerifyingKey, heights: Mapping[str, int]) -> bool:
    """Whether tables of these heights have room in a proof under this key."""
    parameters = key.parameters
    room = [columns << parameters.log_column_length for columns in parameters.group_columns]
    used = cells_of(key.circuit, heights)
    low = max(heights.values(), default=0) <= 1 << parameters.log_max_height
    return low and all(cells <= most for cells, most in zip(used, room, strict=True))


def set_up(program: Program, log_cells: int = DEFAULT_LOG_CELLS, *, target_bits: int = TARGET_BITS) -> MachineSetup:
    """Traces the circuits of a program and makes the keys of all classes.

    Args:
        program: the program.
        log_cells: the largest instruction segments have 2^log_cells cells.
        target_bits: provable bits; fewer are for tests, and no verifier takes such a key unless it is told to.

    Raises:
        InputError: OUT_OF_RANGE when that size does not exist or has no room for the program's tables.
    """
    if not MIN_LOG_CELLS <= log_cells <= MAX_LOG_CELLS:
        raise InputError(
            f"segments of 2^{log_cells} cells do not exist; choose {MIN_LOG_CELLS} to {MAX_LOG_CELLS}",
            reason=Reason.OUT_OF_RANGE,
        )
    tables = {
        "cpu": ClassTables.of(cpu_circuit(program)),
        "keccak": _shared_tables("keccak"),
        "ram": _shared_tables("ram"),
        "memory": ClassTables.of(memory_circuit(program)),
    }
    classes, proving_keys = [], []
    for name in SEGMENT_TYPES:
        for size in _sizes(tables[name], log_cells):
            if name in _SHARED_CIRCUITS:
                made = _shared_class(name, size, target_bits)
            else:
                made = make_class(tables[name], solve_class(tables[name], size, target_bits))
            proving_keys.append(made)
            classes.append(SegmentClass(name, made.verifying_key))
    return MachineSetup(program, MachineKey(program.entry, tuple(classes)), tuple(proving_keys), tables)


_SHARED_CIRCUITS: dict[str, Callable[[], TracedCircuit]] = {"keccak": keccak_circuit, "ram": ram_circuit}
"""Circuits in which nothing depends on the program; their keys are made once in a process."""


@cache
def _shared_tables(name: str) -> ClassTables:
    return ClassTables.of(_SHARED_CIRCUITS[name]())


@lru_cache(maxsize=8)
def _shared_class(name: str, log_cells: int, target_bits: int) -> ProvingKey:
    tables = _shared_tables(name)
    return make_class(tables, solve_class(tables, log_cells, target_bits))


def _sizes(tables: ClassTables, log_cells: int) -> Sequence[int]:
    """Sizes of the classes of a type: the last segment of a run, and short runs, take small ones."""
    name, candidates = tables.circuit.circuit.name, range(MIN_LOG_CELLS, MAX_LOG_CELLS + 1)
    if name in ("ram", "memory"):
        first = MIN_LOG_CELLS
        if name == "memory":
            first = smallest_class(tables, MIN_LOG_CELLS, LEAST_FREE_WORDS, candidates)
        return sorted({first, max(first, min(log_cells, MAX_MEMORY_LOG_CELLS))})
    if name == "cpu":
        least = sum(cells_of(tables.circuit.circuit, tables.least_heights))
        first = next((size for size in candidates if least * 4 <= 3 << size), log_cells)
        return sorted({min(size, log_cells) for size in (first, first + 2, log_cells)})
    return sorted({MIN_LOG_CELLS, max(MIN_LOG_CELLS, log_cells - 1), log_cells})

"""How many cells the rows of a program's instruction circuit take: what its segments are cut by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hstar.air.program import Circuit, Group
from hstar.machine.classes import ClassTables, cells_of, row_cells
from hstar.machine.cost import CostModel, Weight, default_cost_model
from hstar.machine.isa import BY_NAME, NUM_OPCODES, Kind
from hstar.machine.layout import DOUBLEWORD_BYTES, RAM_BYTES
from hstar.machine.operations import Operation, operations
from hstar.machine.program import Program
from hstar.machine.segments import Budget, Segment, SegmentRule, rule_for
from hstar.stark.keys import VerifyingKey

CALL_CHIP = "keccak_call"


def _fractions(circuit: Circuit) -> dict[str, int]:
    """Interactions of one row of each chip."""
    return {chip.name: len(chip.interactions) for chip in circuit.chips}


def _first_weights(cells: Mapping[str, int], fractions: Mapping[str, int]) -> tuple[NDArray[np.int64], ...]:
    """Cells and fractions of each opcode's row: the most of any operation with the instruction, on its first chip."""
    totals = [np.zeros(NUM_OPCODES, dtype=np.int64) for _ in range(2)]
    for operation in operations():
        for name in operation.instructions:
            number = BY_NAME[name].number
            for total, weights in zip(totals, (cells, fractions), strict=True):
                total[number] = max(total[number], weights[operation.chip])
    return tuple(totals)


def _extra(kind: Kind, weights: Mapping[str, int]) -> int:
    """What the second chip's row has more than the first one's."""

    def is_meant(operation: Operation) -> bool:
        return len(operation.chips) > 1 and BY_NAME[operation.instructions[0]].kind is kind

    chosen = [operation.chips for operation in operations() if is_meant(operation)]
    return max((weights[second] - weights[first] for first, second, *_ in chosen), default=0)


def circuit_cost_model(circuit: Circuit, cells: Mapping[str, int]) -> CostModel:
    """The cost model of an instruction circuit.

    Args:
        circuit: of the type `cpu`.
        cells: of one row of each chip; of one group, or of all of them.
    """
    estimate, fractions = default_cost_model(), _fractions(circuit)
    opcode_cells, opcode_fractions = _first_weights(cells, fractions)

    def weight(chip: str) -> Weight:
        return Weight(cells[chip], fractions[chip])

    def extra(kind: Kind) -> Weight:
        return Weight(max(0, _extra(kind, cells)), max(0, _extra(kind, fractions)))

    return CostModel(
        version=estimate.version,
        cell_nanoseconds=estimate.cell_nanoseconds,
        fraction_nanoseconds=estimate.fraction_nanoseconds,
        opcode_cells=opcode_cells,
        opcode_fractions=opcode_fractions,
        misaligned_load=extra(Kind.LOAD),
        misaligned_store=extra(Kind.STORE),
        boundary=weight("boundary"),
        initial_final=estimate.initial_final,
        program_word=weight("program"),
        tables=Weight(0, 0),
        call=weight(CALL_CHIP),
        bridge=weight("bump"),
        keccak_f1600=estimate.keccak_f1600,
    )


def charged_cells(segment: Segment, model: CostModel) -> int:
    """Cells that a segment was charged for: never less than its rows have."""
    words = int((segment.keys <= RAM_BYTES // DOUBLEWORD_BYTES).sum())
    events = (
        (words, model.boundary),
        (segment.misaligned_loads, model.misaligned_load),
        (segment.misaligned_stores, model.misaligned_store),
        (segment.calls, model.call),
        (segment.bridges, model.bridge),
    )
    return int(segment.opcode_counts @ model.opcode_cells) + sum(times * weight.cells for times, weight in events)


def opcode_groups() -> NDArray[np.uint8]:
    """`uint8[NUM_OPCODES]`: opcodes whose operations share a chip, directly or through others, have one number."""
    group = np.arange(NUM_OPCODES)
    by_chip: dict[str, list[int]] = {}
    for operation in operations():
        numbers = [BY_NAME[name].number for name in operation.instructions]
        for chip in operation.chips:
            by_chip.setdefault(chip, []).extend(numbers)
    for numbers in by_chip.values():
        joined = np.isin(group, group[numbers])
        group[joined] = group[joined].min()
    return group.astype(np.uint8)


def cpu_rule(program: Program, tables: ClassTables, key: VerifyingKey) -> SegmentRule:
    """The rule by which segments of a program fit a class, whatever the program does.

    Args:
        program: the program.
        tables: of its instruction circuit.
        key: of the class.

    Raises:
        InputError: OUT_OF_RANGE when the program's tables leave no room.
    """
    circuit, parameters = tables.circuit.circuit, key.parameters
    rows = row_cells(circuit)
    main = {name: cells[Group.MAIN] for name, cells in rows.items()}
    always = cells_of(circuit, tables.least_heights)
    room = [columns << parameters.log_column_length for columns in parameters.group_columns]
    program_cells = main["program"] * len(program.words)  # taken off by the rule
    budget = Budget(
        cells=room[Group.MAIN] - always[Group.MAIN] + program_cells,
        row_limit=1 << parameters.log_max_height,
        boundary_cells=room[Group.BOUNDARY] - always[Group.BOUNDARY],
        touch_boundary_cells=rows["boundary"][Group.BOUNDARY],
        call_boundary_cells=rows[CALL_CHIP][Group.BOUNDARY],
        group_of_opcode=opcode_groups(),
    )
    return rule_for(program, circuit_cost_model(circuit, main), budget)


def fractions_of(circuit: Circuit, heights: Mapping[str, int]) -> int:
    """Interactions of all rows of both scopes."""
    return sum(_fractions(circuit)[name] * height for name, height in heights.items())

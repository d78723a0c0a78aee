"""How many cells the rows of a program's instruction circuit take: what its segments are cut by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hstar.air.program import Circuit, Group
from hstar.machine.classes import ClassTables, cells_of, row_cells
from hstar.machine.cost import CostModel, Weight, default_cost_model, misaligned_weight, operation_weights
from hstar.machine.isa import BY_NAME, NUM_OPCODES, Kind
from hstar.machine.layout import DOUBLEWORD_BYTES, RAM_BYTES
from hstar.machine.operations import operations
from hstar.machine.program import Program
from hstar.machine.segments import Budget, Segment, SegmentRule, rule_for
from hstar.stark.keys import VerifyingKey

CALL_CHIP = "keccak_call"


def _fractions(circuit: Circuit) -> dict[str, int]:
    """Interactions of one row of each chip."""
    return {chip.name: len(chip.interactions) for chip in circuit.chips}


def circuit_cost_model(circuit: Circuit, cells: Mapping[str, int]) -> CostModel:
    """The cost model of an instruction circuit.

    Args:
        circuit: of the type `cpu`.
        cells: of one row of each chip; of one group, or of all of them.
    """
    shipped = default_cost_model()
    chips = {name: Weight(cells[name], count) for name, count in _fractions(circuit).items()}
    operation_cells, operation_fractions = operation_weights(chips)
    return CostModel(
        version=shipped.version,
        cell_nanoseconds=shipped.cell_nanoseconds,
        fraction_nanoseconds=shipped.fraction_nanoseconds,
        operation_cells=operation_cells,
        operation_fractions=operation_fractions,
        misaligned_load=misaligned_weight(Kind.LOAD, chips),
        misaligned_store=misaligned_weight(Kind.STORE, chips),
        boundary=chips["boundary"],
        initial_final=shipped.initial_final,
        program_word=chips["program"],
        tables=Weight(0, 0),
        call=chips[CALL_CHIP],
        bridge=chips["bump"],
        keccak_f1600=shipped.keccak_f1600,
    )


def charged_cells(segment: Segment, model: CostModel) -> int:
    """Cells that a segment was charged for: never less than its rows have."""
    words = int((segment.keys <= RAM_BYTES // DOUBLEWORD_BYTES).sum())
    events = (
        (words, model.boundary),
        (segment.wide_loads, model.misaligned_load),
        (segment.wide_stores, model.misaligned_store),
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

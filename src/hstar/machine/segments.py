"""Where an execution is cut, and what is kept of each piece.

A block is a straight run of instructions up to the next branch, jump, system call or trap. Cuts fall between blocks:

1. Each segment starts with `capacity` cells. Entering a block costs the cells of its instruction rows; the first touch
   of a doubleword in the segment, a wide access (misaligned, or off a base outside RAM: a row of the second chip of its
   operation) and a precompile call cost extra when they happen. A block whose static cells exceed what is left starts
   the next segment. `capacity` keeps back what the dynamic events of any one block could cost, so the size class never
   overflows.
   Boundary cells are a budget of their own: a first touch and a call take some of `boundary_capacity`. Once it is
   used up, the segment has no cells left at all: it ends with the block, for which enough is kept back as well.
2. No circuit may get more than `row_limit` rows. A cycle adds at most one row to a circuit (opcodes
   that share a circuit are counted together), so nothing is checked for
   the first `row_limit` cycles; then the rows are counted, and as many cycles as the fullest circuit has rows left go
   unchecked again. The segment ends when that would be fewer than `MIN_STRETCH` cycles.

3. Timestamps grow by 4 a cycle, and a row checks the gap since the last access of its word in 16 bits: a gap of more
   than 2^14 cycles takes a bridging row. A segment's time is divided into epochs of `EPOCH_CYCLES`, half of that; a
   block that does not fit into the rest of an epoch begins the next. Two accesses with a long gap lie at least two
   epochs apart. So a bridging row is charged for every access to a doubleword that was last touched in the segment
   two or more epochs ago, and one for each register (two for x0) whenever a segment goes on to its next epoch: never
   too few. Once as many are charged as a circuit may have rows, the segment ends with the block.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.machine.cost import CostModel
from hstar.machine.isa import BY_NAME, BY_NUMBER, INSTRUCTIONS, NUM_OPCODES, NUM_REGISTERS, Family, Kind
from hstar.machine.operations import operations_of_words
from hstar.machine.program import Program
from hstar.machine.syscalls import KECCAK_STATE_WORDS

MIN_STRETCH = 4096
EPOCH_CYCLES = 2**13
BRIDGED_WORDS = NUM_REGISTERS + 1  # x1 .. x31, and the two words that stand for x0 in circuits
EXHAUSTED_CELLS = 2**36  # more than any segment has
HALT_PC = 1 << 48  # the word (0, 0, 0, 1) that no jump can produce
MAX_LOG_CELLS = 28
ROW_LIMIT = 2**21
DEFAULT_LOG_CELLS = 24

FAMILIES = tuple(Family)
FAMILY_OF_OPCODE: NDArray[np.uint8] = np.array(
    [0] + [FAMILIES.index(instruction.family) for instruction in INSTRUCTIONS], dtype=np.uint8
)


@dataclass(frozen=True)
class SegmentRule:
    """The numbers by which both machines cut; arrays are per word of the code table.

    Args:
        capacity: cells for the rows of one segment.
        row_limit: rows one circuit may have.
        block_cells: `uint32[n]` static cells from a word to the end of its block.
        touch_cells, wide_load_cells, wide_store_cells, call_cells, bridge_cells: cells of the dynamic events.
        boundary_capacity: cells of the boundary group; touch_boundary_cells, call_boundary_cells: what is taken of it.
        group_of_opcode: `uint8[NUM_OPCODES]`; opcodes of one group may share a circuit.
        bridge_capacity: bridging rows; once they are used up, the segment ends with the block.
    """

    capacity: int
    row_limit: int
    block_cells: NDArray[np.uint32]
    touch_cells: int
    wide_load_cells: int
    wide_store_cells: int
    call_cells: int
    bridge_cells: int
    boundary_capacity: int = 1 << MAX_LOG_CELLS
    touch_boundary_cells: int = 0
    call_boundary_cells: int = 0
    group_of_opcode: NDArray[np.uint8] = field(default_factory=lambda: FAMILY_OF_OPCODE)
    bridge_capacity: int = ROW_LIMIT


@dataclass(frozen=True)
class Segment:
    """One piece of an execution: all that is needed to run it again and to link it to the others.

    Args:
        number: from 1.
        pc, registers: the state at the start; `registers` is `uint64[32]`.
        cycles: instructions executed.
        keys, previous_segments, values_in, values_out: one boundary row for each word touched, `uint32`, `uint16`,
            `uint64`, `uint64`: RAM in the order of first touch, then registers x1.. ascending, then pc. The previous
            segment is the last that touched the word (0: none did). Reading `values_in` is enough to replay.
        opcode_counts: `int64[NUM_OPCODES]`.
        wide_loads, wide_stores, calls: dynamic events.
        bridges: the segment needs at most so many bridging rows.
    """

    number: int
    pc: int
    registers: NDArray[np.uint64]
    cycles: int
    keys: NDArray[np.uint32]
    previous_segments: NDArray[np.uint16]
    values_in: NDArray[np.uint64]
    values_out: NDArray[np.uint64]
    opcode_counts: NDArray[np.int64]
    wide_loads: int
    wide_stores: int
    calls: int
    bridges: int


@dataclass(frozen=True)
class TouchedWords:
    """Every word touched in a whole run, keys ascending: the initial and final rows of the memory argument."""

    keys: NDArray[np.uint32]
    last_segments: NDArray[np.uint16]
    initial: NDArray[np.uint64]
    final: NDArray[np.uint64]


def block_cycles(program: Program) -> NDArray[np.uint32]:
    """`uint32[n]`: instructions from each word to the end of its block, both included."""
    return (program.block_end - np.arange(len(program.words)) + 1).astype(np.uint32)


def _block_sums(program: Program, per_word: NDArray[np.int64]) -> NDArray[np.int64]:
    total = np.cumsum(per_word)
    sums: NDArray[np.int64] = total[program.block_end] - total + per_word
    return sums


def _bridges_within(program: Program) -> NDArray[np.int64]:
    """How many long gaps one register can have inside the block from each word on."""
    return block_cycles(program).astype(np.int64) // EPOCH_CYCLES


@dataclass(frozen=True)
class Budget:
    """What one segment may hold.

    Args:
        cells: for rows, tables that always exist included.
        row_limit: rows of one circuit.
        boundary_cells: of the boundary group; touch_boundary_cells, call_boundary_cells: what events take of them.
        group_of_opcode: `uint8[NUM_OPCODES]`; opcodes of one group may share a circuit.
    """

    cells: int
    row_limit: int = ROW_LIMIT
    boundary_cells: int = 1 << MAX_LOG_CELLS
    touch_boundary_cells: int = 0
    call_boundary_cells: int = 0
    group_of_opcode: NDArray[np.uint8] = field(default_factory=lambda: FAMILY_OF_OPCODE)


def segment_rule(program: Program, model: CostModel, log_cells: int = DEFAULT_LOG_CELLS) -> SegmentRule:
    """The rule for segments of 2^log_cells committed cells, by the estimates of a cost model.

    Raises:
        InputError: OUT_OF_RANGE when the class has no room for the program's own table.
    """
    if log_cells > MAX_LOG_CELLS:
        raise InputError(f"log_cells is {log_cells}; at most {MAX_LOG_CELLS}", reason=Reason.OUT_OF_RANGE)
    return rule_for(program, model, Budget(1 << log_cells))


def rule_for(program: Program, model: CostModel, budget: Budget) -> SegmentRule:
    """The rule by which a program's segments keep within a budget; raises as `segment_rule`."""
    opcode = program.decoded.opcode
    cells = _block_sums(program, model.operation_cells[operations_of_words(program)])
    touch, load, store = model.boundary.cells, model.misaligned_load.cells, model.misaligned_store.cells
    event = max(touch, model.bridge.cells)  # an access to a doubleword touches it first or bridges a gap
    events = _block_sums(program, _event_cells(event, max(load, store), model.call.cells)[opcode])
    # Inside a block longer than an epoch any access may follow a long gap.
    long = block_cycles(program) > EPOCH_CYCLES
    cells += np.where(long, events + BRIDGED_WORDS * model.bridge.cells * _bridges_within(program), 0)
    fixed = model.tables.cells + model.program_word.cells * len(program.words) + (NUM_REGISTERS + 1) * touch
    capacity = budget.cells - fixed - int(events.max())
    boundary = _event_cells(budget.touch_boundary_cells, 0, budget.call_boundary_cells)[opcode]
    always = (NUM_REGISTERS + 1) * budget.touch_boundary_cells
    boundary_capacity = budget.boundary_cells - always - int(_block_sums(program, boundary).max())
    if capacity <= 0 or boundary_capacity <= 0:
        needed = (budget.cells - min(capacity, boundary_capacity * budget.cells // budget.boundary_cells)).bit_length()
        raise InputError(
            f"segments of 2^{(budget.cells - 1).bit_length()} cells have no room for this program's tables; use "
            f"2^{needed} or more",
            reason=Reason.OUT_OF_RANGE,
            cells=budget.cells,
        )
    return SegmentRule(
        capacity=capacity,
        row_limit=budget.row_limit,
        block_cells=np.minimum(cells, 2**32 - 1).astype(np.uint32),
        touch_cells=touch,
        wide_load_cells=load,
        wide_store_cells=store,
        call_cells=model.call.cells,
        bridge_cells=model.bridge.cells,
        boundary_capacity=boundary_capacity,
        touch_boundary_cells=budget.touch_boundary_cells,
        call_boundary_cells=budget.call_boundary_cells,
        group_of_opcode=budget.group_of_opcode,
        bridge_capacity=budget.row_limit - int(_block_sums(program, _event_cells(1, 0, 0)[opcode]).max()),
    )


def _event_cells(touch: int, wide: int, call: int) -> NDArray[np.int64]:
    """The most that events of one execution of each opcode can cost, `int64[NUM_OPCODES]`."""
    dynamic = np.zeros(NUM_OPCODES, dtype=np.int64)
    for row in INSTRUCTIONS:
        if row.kind in (Kind.LOAD, Kind.STORE):
            dynamic[row.number] = 2 * touch + wide
    dynamic[BY_NAME["ecall"].number] = KECCAK_STATE_WORDS * touch + call
    return dynamic


def expand_counts(program: Program, entries: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each word ran, `int64[n]`, from how often each block was entered at each word."""
    total = np.cumsum(entries)
    # Words of one block share `block_end`; its first word is the one after the previous block's end.
    first = np.searchsorted(program.block_end, program.block_end, side="left")
    before = np.where(first > 0, total[first - 1], 0)
    counts: NDArray[np.int64] = total - before
    return counts


def family_rows(opcode_counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of each family, in the order of `FAMILIES`; `unimp` has none."""
    return np.bincount(FAMILY_OF_OPCODE[1:], weights=opcode_counts[1:], minlength=len(FAMILIES)).astype(np.int64)


def group_rows(opcode_counts: NDArray[np.int64], group_of_opcode: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Rows of each group of opcodes; `unimp` has none."""
    return np.bincount(group_of_opcode[1:], weights=opcode_counts[1:]).astype(np.int64)


def register_masks() -> tuple[NDArray[np.uint8], int]:
    """Which operands each opcode has (bit 0 rd, 1 rs1, 2 rs2), `uint8[NUM_OPCODES]`; and the registers of `ecall`."""
    bits = {"rd": 1, "rs1": 2, "rs2": 4}
    masks = [0 if row is None else sum(bits[name] for name in row.layout.operands) for row in BY_NUMBER]
    return np.array(masks, dtype=np.uint8), (1 << 10) | (1 << 17)

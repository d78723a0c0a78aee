"""A guest's run on whole blocks: what it takes in cycles, cells and seconds, without proving."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hstar.ethereum.example import example_block
from hstar.ethereum.inputs import BlockInput, load_block
from hstar.machine import guests
from hstar.machine.chip_rows import chip_rows
from hstar.machine.execute import profile
from hstar.machine.limits import Execution
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program, load_program
from hstar.prover.block_execution import execute_block
from hstar.prover.blocks import PreparedBlock, prepare_block

GUEST = "revm"
SHIPPED = "shipped"
RECOVERY_SYMBOLS = "secp256k1"  # part of the names of all functions of the library that recovers signatures
MAINNET_BLOCK = "blocks/mainnet_24628607.json.gz"  # in the folder that HSTAR_DATA names


@dataclass(frozen=True)
class BlockRun:
    """What one block takes.

    Args:
        name: of the block.
        recovery_cycles: spent in the functions that recover signatures.
        log_cells: of the shipped key: segments have up to 2^log_cells cells.
        row_cells: cells of instruction rows a cycle, by the circuits.
        cells, cells_by_kind, proving_cost: by the cost model.
        plain_seconds, segment_seconds: fastest run of the executor, without segments and cut into them.
        host_check_seconds: fastest check by the executable specification.
    """

    name: str
    guest: str
    gas: int
    transactions: int
    cycles: int
    cycles_per_gas: float
    recovery_cycles: int
    log_cells: int
    segments: int
    keccak_calls: int
    row_cells: float
    cells: int
    cells_by_kind: dict[str, int]
    proving_cost: int
    host_check_seconds: float
    plain_seconds: float
    segment_seconds: float


def default_blocks(files: Sequence[Path]) -> list[tuple[str, BlockInput]]:
    """The shipped block, the files given, and the mainnet block where `HSTAR_DATA` says that it is there.

    Raises:
        InputError: a file holds no block.
    """
    folder = os.environ.get("HSTAR_DATA")
    known = [Path(folder) / MAINNET_BLOCK] if folder else []
    paths = [*files, *(path for path in known if path.is_file())]
    return [(SHIPPED, example_block()), *((path.name.split(".")[0], load_block(path)) for path in paths)]


def _plain(guest: Program, prepared: PreparedBlock) -> float:
    begin = time.perf_counter()
    NativeMachine(guest, prepared.input_bytes).advance()
    return time.perf_counter() - begin


def _recovery_cycles(guest: Program, execution: Execution) -> int:
    return sum(line.cycles for line in profile(guest, execution) if RECOVERY_SYMBOLS in line.name)


def measure(name: str, block: BlockInput, repetitions: int) -> BlockRun:
    """Runs the guest `repetitions` times in each way; the fastest counts.

    Raises:
        HstarError: the block is not valid, or the guest does not say so.
    """
    shipped = guests.load(GUEST)
    guest = load_program(shipped.elf)
    prepare_block(block)  # loads the specification
    begin = time.perf_counter()
    prepared = prepare_block(block)
    host_check_seconds = time.perf_counter() - begin
    reports = [execute_block(prepared, guest, log_cells=shipped.log_cells) for _ in range(repetitions)]
    first, execution = reports[0], reports[0].report.execution
    return BlockRun(
        name=name,
        guest=GUEST,
        gas=first.gas_used,
        transactions=len(prepared.block.block.transactions),
        cycles=execution.cycles,
        cycles_per_gas=first.cycles_per_gas or 0.0,
        recovery_cycles=_recovery_cycles(guest, execution),
        log_cells=shipped.log_cells,
        segments=first.report.segments,
        keccak_calls=execution.keccak_calls,
        row_cells=sum(item.cells for item in chip_rows(guest, execution)) / execution.cycles,
        cells=first.report.cells,
        cells_by_kind=first.report.cells_by_kind,
        proving_cost=first.report.proving_cost,
        host_check_seconds=host_check_seconds,
        plain_seconds=min(_plain(guest, prepared) for _ in range(repetitions)),
        segment_seconds=min(report.seconds for report in reports),
    )

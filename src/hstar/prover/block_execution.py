"""Runs a guest on a block without proving: what it does, what each transaction costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hstar.errors import InputError
from hstar.ethereum.stateless import StatelessOutput
from hstar.machine.breakpoints import run_with_breakpoints
from hstar.machine.execute import Report, execute
from hstar.machine.faults import exit_code_error
from hstar.machine.limits import Limits
from hstar.machine.program import Program
from hstar.machine.segments import DEFAULT_LOG_CELLS, Segment
from hstar.prover.blocks import PreparedBlock, check_output

# A guest is measured by transactions where it has functions of these names that are not inlined: the first begins a
# transaction, one of the others is called after the last. That costs the guest nothing, and proofs know nothing of it.
TRANSACTION_FUNCTION = "run_transaction"
END_FUNCTIONS = ("pay_withdrawals", "checked_system_call")


@dataclass(frozen=True)
class TransactionCost:
    """What executing one transaction takes.

    `cycles` run from its beginning to that of the next: signature, validation, execution and receipt; what the state
    after the block takes is nobody's. `gas_used` is None where the host check did not run.
    """

    index: int
    hash: bytes
    cycles: int
    gas_used: int | None


@dataclass(frozen=True)
class BlockReport:
    """A guest's run on a block.

    `seconds` is the time of the run that is cut into segments. `transactions` is None where the guest's functions
    cannot be told apart.
    """

    prepared: PreparedBlock
    output: StatelessOutput
    report: Report
    seconds: float
    transactions: tuple[TransactionCost, ...] | None

    @property
    def gas_used(self) -> int:
        """Gas of the block."""
        return self.prepared.block.block.header.gas_used

    @property
    def cycles_per_gas(self) -> float | None:
        """None for a block that uses no gas."""
        return self.report.execution.cycles / self.gas_used if self.gas_used else None


def _address_of(program: Program, function: str) -> int | None:
    """Address of the one function with this name, whatever path stands before it."""
    found = [symbol.address for symbol in program.symbols if symbol.name.rsplit("::", 1)[-1] == function]
    return found[0] if len(found) == 1 else None


def transaction_costs(guest: Program, prepared: PreparedBlock, limits: Limits) -> tuple[TransactionCost, ...] | None:
    """Runs the guest once more and attributes cycles to transactions; None where that is not possible.

    Raises:
        ExecutionError: the program trapped or reached a limit.
    """
    begin = _address_of(guest, TRANSACTION_FUNCTION)
    end = next((found for name in END_FUNCTIONS if (found := _address_of(guest, name)) is not None), None)
    hashes = prepared.transaction_hashes
    if begin is None or end is None:
        return None
    try:
        hits, _ = run_with_breakpoints(guest, [begin, end], prepared.input_bytes, limits)
    except InputError:  # one of the functions begins with an instruction that cannot be replaced
        return None
    count = len(hashes)
    if [hit.address for hit in hits[: count + 1]] != [begin] * count + [end] or any(
        hit.address == begin for hit in hits[count:]
    ):
        return None
    gas = [None] * count if prepared.results is None else [result.gas_used for result in prepared.results]
    cycles = [after.cycle - before.cycle for before, after in pairwise(hits[: count + 1])]
    return tuple(TransactionCost(*fields) for fields in zip(range(count), hashes, cycles, gas, strict=True))


def execute_block(
    prepared: PreparedBlock,
    guest: Program,
    limits: Limits | None = None,
    log_cells: int = DEFAULT_LOG_CELLS,
    on_segment: Callable[[Segment], None] | None = None,
) -> BlockReport:
    """Runs the guest on a prepared block, cut into segments, and once more to see what each transaction takes.

    Raises:
        ExecutionError: the guest trapped, failed or reached a limit.
        RejectedError: the guest does not find the block valid (`check_output`).
    """
    begin = time.perf_counter()
    report = execute(guest, prepared.input_bytes, limits, log_cells, on_segment)
    seconds = time.perf_counter() - begin
    if report.execution.exit_code != 0:
        raise exit_code_error(report.execution.exit_code)
    output = check_output(prepared, report.execution.output)
    costs = transaction_costs(guest, prepared, limits or Limits())
    return BlockReport(prepared, output, report, seconds, costs)

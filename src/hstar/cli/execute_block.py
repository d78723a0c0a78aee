"""`hstar execute` on a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from hstar.cli.execution_output import print_cells, print_lines, report_fields, report_lines
from hstar.ethereum.forks import chain_name
from hstar.ethereum.inputs import BlockInput
from hstar.machine.limits import Limits
from hstar.machine.program import Program
from hstar.machine.segments import Segment
from hstar.prover.block_execution import BlockReport, execute_block
from hstar.prover.blocks import HostCheck, prepare_block
from hstar.prover.estimate import ProvingEstimate

TRANSACTION_LINES, SHOWN_DIGITS = 5, 16
_WORDS = {
    HostCheck.PASSED: "passed",
    HostCheck.SKIPPED: "skipped",
    HostCheck.UNAVAILABLE: "skipped: hstar[oracle] is not installed (it needs Python 3.11 or 3.12)",
}


@dataclass(frozen=True)
class BlockRun:
    """A guest's run on a block, with the guest."""

    guest_name: str
    guest: Program
    result: BlockReport

    def as_json(self, with_profile: bool, estimate: ProvingEstimate | None) -> dict[str, object]:
        """The JSON keys of `hstar execute` on a block."""
        result, output = self.result, self.result.output
        fields = report_fields(result.report, self.guest, result.seconds, with_profile, estimate)
        fields |= {
            "guest": self.guest_name,
            "successful_validation": output.successful_validation,
            "chain_id": output.chain_id,
            "schema_id": output.schema_id,
            "new_payload_request_root": f"0x{output.new_payload_request_root.hex()}",
            "block_number": result.prepared.block.block.header.number,
            "gas_used": result.gas_used,
            "cycles_per_gas": result.cycles_per_gas,
            "host_check": str(result.prepared.host_check),
            "transactions": None,
        }
        if result.transactions is not None:
            fields["transactions"] = [
                {"index": cost.index, "hash": f"0x{cost.hash.hex()}", "cycles": cost.cycles, "gas_used": cost.gas_used}
                for cost in result.transactions
            ]
        return fields

    def print(self, console: Console, estimate: ProvingEstimate | None) -> None:
        """The same for people."""
        result, output = self.result, self.result.output
        header = result.prepared.block.block.header
        per_gas = result.cycles_per_gas
        lines = [
            ("block", f"{header.number:,} of {chain_name(output.chain_id)}, valid"),
            ("host check", _WORDS[result.prepared.host_check]),
            ("payload root", f"0x{output.new_payload_request_root.hex()}"),
            ("guest", self.guest_name),
            ("gas", f"{result.gas_used:,}"),
            ("cycles per gas", "(no gas)" if per_gas is None else f"{per_gas:.2f}"),
        ]
        print_lines(console, lines + report_lines(result.report, result.seconds, estimate))
        console.print()
        print_cells(console, result.report)
        self._print_transactions(console)

    def _print_transactions(self, console: Console) -> None:
        costs = self.result.transactions
        if not costs:
            return
        table = Table("cycles", "share", "gas", "cycles/gas", "transaction", box=None, pad_edge=False)
        total = max(self.result.report.execution.cycles, 1)
        for cost in sorted(costs, key=lambda cost: -cost.cycles)[:TRANSACTION_LINES]:
            gas = "?" if cost.gas_used is None else f"{cost.gas_used:,}"
            per_gas = f"{cost.cycles / cost.gas_used:.1f}" if cost.gas_used else "?"
            place = f"{cost.index} 0x{cost.hash.hex()[:SHOWN_DIGITS]}…"
            table.add_row(f"{cost.cycles:,}", f"{cost.cycles / total:.1%}", gas, per_gas, place)
        console.print()
        console.print(table)


def check_and_run(
    block: BlockInput,
    guest: Program,
    limits: Limits,
    log_cells: int,
    host_check: bool,
    stage: Callable[[str], None],
    on_segment: Callable[[Segment], None] | None,
) -> BlockReport:
    """Prepares a block and runs the guest; `stage` is told what begins.

    Raises:
        HstarError: as in `prepare_block` and `execute_block`.
    """
    if host_check:
        stage("checking the block by the executable specification")
    prepared = prepare_block(block, host_check=host_check)
    if prepared.host_check is HostCheck.UNAVAILABLE:
        stage(f"host check {_WORDS[HostCheck.UNAVAILABLE]}")
    stage("running the guest")
    return execute_block(prepared, guest, limits, log_cells, on_segment)

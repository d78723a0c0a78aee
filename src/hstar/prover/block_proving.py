"""From a prepared block to its proof: the guest's run on it, judged before anything is proven."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hstar.errors import RejectedError
from hstar.ethereum.stateless import StatelessOutput
from hstar.machine.setup import MachineSetup
from hstar.prover.blocks import GuestReason, PreparedBlock, check_output
from hstar.prover.pipeline import Options, ProvenRun, prove_run
from hstar.recursion.recursion_key import RecursionKey
from hstar.verifier.block import block_result


@dataclass(frozen=True)
class ProvenBlock:
    """A proof of a block.

    Args:
        prepared: the block.
        run: the proof, and how it was made.
        result: what it says about the block.
    """

    prepared: PreparedBlock
    run: ProvenRun
    result: StatelessOutput


def prove_block(
    setup: MachineSetup,
    prepared: PreparedBlock,
    options: Options,
    recursion: RecursionKey | None = None,
    *,
    allow_invalid: bool = False,
) -> ProvenBlock:
    """Proves what the guest says about a block.

    Args:
        setup: of the guest.
        prepared: the block, judged by the host or not.
        options: how; its `judge_output` is replaced.
        recursion: of the guest, for one final proof; without it the proof is those of all segments.
        allow_invalid: prove also that a block is invalid.

    Raises:
        RejectedError: the guest finds the block invalid, or disagrees with the host; nothing is proven then.
        ExecutionError, InputError, ResourceError: as `prove_run`.
    """

    def judge(output: bytes) -> None:
        try:
            check_output(prepared, output)
        except RejectedError as error:
            if not (allow_invalid and error.reason is GuestReason.BLOCK_INVALID):
                raise

    run = prove_run(setup, prepared.input_bytes, replace(options, judge_output=judge), recursion)
    return ProvenBlock(prepared, run, block_result(run.output, allow_invalid=allow_invalid))

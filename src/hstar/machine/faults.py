"""Sentences for executions that end badly: what happened, at which pc, in which instruction and function."""

from __future__ import annotations

from hstar.machine.decode import disassemble
from hstar.machine.isa import to_signed
from hstar.machine.layout import MAX_OUTPUT_BYTES, RAM_BYTES
from hstar.machine.program import Program
from hstar.machine.reasons import ExecutionError, ExecutionReason

_SENTENCES = {
    ExecutionReason.UNKNOWN_INSTRUCTION: "is no RV64IM instruction",
    ExecutionReason.BREAKPOINT: "stops the program",
    ExecutionReason.UNKNOWN_SYSCALL: "asks for system call {detail:#x}, which does not exist",
    ExecutionReason.MISALIGNED_JUMP: "jumps to {detail:#x}, which is not 4-aligned",
    ExecutionReason.JUMP_OUTSIDE_CODE: "jumps to {detail:#x}, outside the program's code",
    ExecutionReason.ADDRESS_OUT_OF_RANGE: "accesses {detail:#x}, outside the RAM of {ram:#x} bytes (stack overflow?)",
    ExecutionReason.STORE_TO_CODE: "stores to {detail:#x}, inside the program's code",
    ExecutionReason.MISALIGNED_ARGUMENT: "passes {detail:#x} to a system call that wants an 8-aligned address",
    ExecutionReason.MEMORY_LIMIT: "touches {detail:#x} and with it more memory than allowed; raise the memory limit",
    ExecutionReason.CYCLE_LIMIT: "would exceed the limit of {detail} cycles; raise it, or look for an endless loop",
    ExecutionReason.SEGMENT_LIMIT: "would start segment {detail}, one more than the machine can number",
    ExecutionReason.SIZE_CLASS_TOO_SMALL: "starts a run of {detail} instructions that fits no segment of this size",
}


def execution_error(
    reason: ExecutionReason, program: Program, pc: int, detail: int = 0, *, cycles: int
) -> ExecutionError:
    """The error of a run that stopped at `pc` after `cycles` instructions; `detail` is the address, number or limit."""
    word = program.word_at(pc)
    instruction = "nothing (the code ends here)" if word is None else f"`{disassemble(word, pc)}`"
    function = program.symbol_at(pc) if word is not None else None
    place = f"pc {pc:#x}" + (f" in {function}" if function else "")
    sentence = _SENTENCES[reason].format(detail=detail, ram=RAM_BYTES)
    message = f"the program failed after {cycles} cycles: {instruction} at {place} {sentence}"
    return ExecutionError(message, reason=reason, pc=pc, instruction=instruction, detail=detail, cycles=cycles)


def output_error(num_bytes: int) -> ExecutionError:
    """The program claims more output than the statement carries."""
    message = f"the program wrote {num_bytes} bytes of output; at most {MAX_OUTPUT_BYTES} are possible"
    return ExecutionError(message, reason=ExecutionReason.OUTPUT_TOO_LONG, output_bytes=num_bytes)


def exit_code_error(exit_code: int) -> ExecutionError:
    """The program ended by itself, and said that it failed."""
    message = f"the program failed with exit code {to_signed(exit_code)}; only exit code 0 is success"
    return ExecutionError(message, reason=ExecutionReason.FAILED, exit_code=exit_code)

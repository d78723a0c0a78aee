"""When a run reaches given instructions: breakpoints as debuggers set them, without a trace and without any effect on
what is proven, since the program that is proven is the one without them.

`ebreak` takes the place of each instruction; when the machine stops there, the cycle is noted, the instruction that
stood there is carried out from the table, and the machine goes on behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hstar.errors import InputError, Reason
from hstar.kernels import backend
from hstar.machine.decode import Decoded, decode, disassemble
from hstar.machine.isa import BY_NAME, INSTRUCTION_BYTES, MASK, Kind
from hstar.machine.limits import Execution, Limits
from hstar.machine.native import NativeMachine
from hstar.machine.program import Program
from hstar.machine.reasons import ExecutionError, ExecutionReason
from hstar.machine.reference import ReferenceMachine

EBREAK = BY_NAME["ebreak"].fixed


@dataclass(frozen=True)
class Hit:
    """The run was about to execute the instruction at `address` as its instruction number `cycle` (from 0)."""

    address: int
    cycle: int


def _instruction_at(program: Program, address: int) -> Decoded:
    """The instruction that a breakpoint replaces: one that only computes, so that it needs no machine."""
    word = program.word_at(address)
    decoded = None if word is None else decode(word)
    if word is None or decoded is None or decoded.instruction.kind is not Kind.COMPUTE:
        what = "no instruction" if word is None or decoded is None else f"`{disassemble(word, address)}`"
        raise InputError(
            f"no breakpoint is possible at {address:#x}: there is {what}; choose an instruction that only computes, "
            "such as the first of a function",
            reason=Reason.OUT_OF_RANGE,
            address=address,
        )
    return decoded


def _carry_out(machine: NativeMachine | ReferenceMachine, decoded: Decoded) -> None:
    """Executes an instruction that only computes, and moves pc behind it."""
    row, pc = decoded.instruction, machine.pc
    registers = np.array(machine.registers, dtype=np.uint64)
    first = int(registers[decoded.rs1]) if "rs1" in row.layout.operands else pc
    second = int(registers[decoded.rs2]) if "rs2" in row.layout.operands else decoded.immediate & MASK
    if row.compute is not None and decoded.rd != 0:
        registers[decoded.rd] = row.compute(first, second) & MASK
    machine.set_state(pc + INSTRUCTION_BYTES, registers)


def run_with_breakpoints(
    program: Program, addresses: Sequence[int], input_bytes: bytes = b"", limits: Limits | None = None
) -> tuple[list[Hit], Execution]:
    """Runs a program to its end and notes each time that it comes by one of the addresses.

    Returns:
        The hits in order, and the run's result as it would be without breakpoints, except for the counts of
        instructions: those that were carried out here are not in `word_counts` and `opcode_counts`.

    Raises:
        InputError: there is no instruction at an address, or one that does more than compute.
        ExecutionError: the program trapped or reached a limit.
    """
    replaced = {address: _instruction_at(program, address) for address in addresses}
    words = program.words.copy()
    for address in replaced:
        words[(address - program.code_start) // INSTRUCTION_BYTES] = EBREAK
    kind = NativeMachine if backend.runs_native() else ReferenceMachine
    machine = kind(replace(program, words=words), input_bytes, limits)
    hits: list[Hit] = []
    while not machine.halted:
        try:
            machine.advance()
        except ExecutionError as error:
            if error.reason != ExecutionReason.BREAKPOINT or machine.pc not in replaced:
                raise
            hits.append(Hit(machine.pc, machine.cycles + len(hits)))
            _carry_out(machine, replaced[machine.pc])
    execution = machine.result()
    return hits, replace(execution, cycles=execution.cycles + len(hits))

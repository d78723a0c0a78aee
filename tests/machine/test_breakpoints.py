"""Breakpoints tell exactly when a run comes by an instruction, on both machines, and change nothing else."""

import struct
from pathlib import Path

import pytest

from hstar.errors import InputError
from hstar.kernels.backend import Backend, use_backend
from hstar.machine.breakpoints import Hit, run_with_breakpoints
from hstar.machine.execute import execute
from hstar.machine.limits import Limits
from hstar.machine.program import load_program
from hstar.machine.reasons import ExecutionError, ExecutionReason
from hstar.machine.reference import ReferenceMachine
from machine.support import EXIT, make_program

FOLDER = Path(__file__).resolve().parents[1] / "vectors/guests"


def hits_by_stepping(loaded, addresses, data):
    machine, hits = ReferenceMachine(loaded, data), []
    while not machine.halted:
        if machine.pc in addresses:
            hits.append(Hit(machine.pc, machine.cycles))
        machine.step()
    return hits


@pytest.mark.parametrize("kernels", list(Backend))
def test_hits_are_those_of_single_steps(kernels):
    loaded, data = load_program((FOLDER / "sort.elf").read_bytes()), struct.pack("<9Q", *range(9, 0, -1))
    named = {symbol.name: symbol.address for symbol in loaded.symbols}
    addresses = [named["main"], named["zkvm_keccak256"]]
    with use_backend(kernels):
        hits, execution = run_with_breakpoints(loaded, addresses, data)
    assert hits == hits_by_stepping(loaded, addresses, data)
    assert {hit.address for hit in hits} == set(addresses)
    plain = execute(loaded, data).execution
    assert (execution.output, execution.cycles, execution.exit_code) == (plain.output, plain.cycles, 0)


LOOP = """
    li s0, 5
    addi t0, zero, 0
again:
    addi t0, t0, 3
    xor t1, t0, s0
    addi s0, s0, -1
    bne s0, zero, again
    sub t2, t0, t1
"""


def test_every_place_of_a_loop():
    loaded = make_program(LOOP + EXIT)
    for index, word in enumerate(loaded.words):
        address = loaded.code_start + 4 * index
        try:
            hits, execution = run_with_breakpoints(loaded, [address])
        except InputError:
            continue  # a branch or a system call, or what follows the program
        assert hits == hits_by_stepping(loaded, [address], b""), hex(word)
        assert execution.cycles == execute(loaded).execution.cycles


def test_no_breakpoint_on_what_does_more_than_compute():
    loaded = make_program("sd t0, 0(sp)\n" + EXIT)
    for address in (loaded.entry, loaded.entry + 2, loaded.code_end, 0):
        with pytest.raises(InputError, match="no breakpoint is possible"):
            run_with_breakpoints(loaded, [address])


def test_the_programs_own_ebreak_and_limits_stay_errors():
    loaded = make_program("addi t0, t0, 1\n ebreak")
    with pytest.raises(ExecutionError) as caught:
        run_with_breakpoints(loaded, [loaded.entry])
    assert caught.value.reason == ExecutionReason.BREAKPOINT
    endless = make_program("again:\n addi t0, t0, 1\n j again")
    with pytest.raises(ExecutionError) as caught:
        run_with_breakpoints(endless, [endless.entry], limits=Limits(max_cycles=100))
    assert caught.value.reason == ExecutionReason.CYCLE_LIMIT

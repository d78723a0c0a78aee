"""Cycles by transaction: told apart where the guest's functions can be, and nothing is said otherwise."""

from dataclasses import replace

import pytest

from hstar.ethereum.example import example_block
from hstar.machine.elf import Symbol
from hstar.machine.limits import Limits
from hstar.prover.block_execution import transaction_costs
from hstar.prover.blocks import HostCheck, PreparedBlock
from machine.support import EXIT, make_program

COUNT = len(example_block().block.transactions)


@pytest.fixture(scope="module")
def prepared():
    return PreparedBlock(example_block(), None, b"", HostCheck.SKIPPED)


def guest(calls=COUNT, begin="addi t0, zero, 0", ends=1, names=("a::run_transaction", "b::pay_withdrawals")):
    """Calls the first function `calls` times, which loops longer each time, then the second."""
    source = f"""
        li s0, {calls}
        li s1, 0
        beq s0, zero, after
    next:
        jal ra, begin
        addi s1, s1, 1
        bne s1, s0, next
    after:
        {"jal ra, end" if ends else "nop"}
        {EXIT}
    begin:
        {begin}
    loop:
        addi t0, t0, 1
        blt t0, s1, loop
        jalr zero, 0(ra)
    end:
        addi t1, zero, 1
        jalr zero, 0(ra)
    """
    program = make_program(source)
    jumps = [index for index, word in enumerate(program.words) if word & 0xFFF == 0xEF]
    targets = [program.code_start + 4 * (index + _offset(program.words[index])) for index in jumps]
    symbols = tuple(Symbol(name, address, 8) for name, address in zip(names, targets, strict=False))
    return replace(program, symbols=symbols)


def _offset(word):
    """Words that a `jal` jumps forward by; short ones only."""
    return (int(word) >> 21 & 0x3FF) // 2


def test_cycles_of_each_transaction(prepared):
    costs = transaction_costs(guest(), prepared, Limits())
    assert [cost.index for cost in costs] == list(range(COUNT))
    assert [cost.hash for cost in costs] == prepared.transaction_hashes
    # Counter set, loop of two, return; then count, branch back, call (the last: no branch back but a call).
    assert [cost.cycles for cost in costs] == [1 + 2 * max(index, 1) + 1 + 3 for index in range(COUNT)]
    assert all(cost.gas_used is None for cost in costs)


@pytest.mark.parametrize("other", [
    {"calls": COUNT - 1}, {"calls": COUNT + 1}, {"calls": 0}, {"ends": 0}, {"names": ("run_transaction",)},
    {"names": ("other", "pay_withdrawals")}, {"begin": "ld t0, 0(sp)"},
    {"names": ("run_transaction", "run_transaction")},
])  # fmt: skip
def test_nothing_is_said_about_other_guests(prepared, other):
    assert transaction_costs(guest(**other), prepared, Limits()) is None

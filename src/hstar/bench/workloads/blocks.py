"""What happens with a block before anything is proven; one thread each, whatever the number given."""

from __future__ import annotations

from hstar.bench.workload import Trial, register
from hstar.ethereum.example import example_block
from hstar.ethereum.oracle.judge import judge
from hstar.ethereum.stateless import decode_stateless_input
from hstar.machine import guests
from hstar.machine.cost import default_cost_model
from hstar.machine.native import NativeMachine
from hstar.machine.program import load_program
from hstar.machine.segments import segment_rule


@register("block", "host check of the shipped block", unit="gas")
def _host_check(_: int) -> Trial:
    block = example_block()
    judge(block)  # loads the specification
    return Trial(work=lambda: judge(block), operations=block.block.header.gas_used)


@register("block", "stateless input, decoded and encoded", unit="byte")
def _codec(_: int) -> Trial:
    data = judge(example_block()).stateless_input.encode()
    return Trial(work=lambda: decode_stateless_input(data).encode(), operations=len(data))


@register("block", "payload root", unit="byte")
def _payload_root(_: int) -> Trial:
    stateless_input = judge(example_block()).stateless_input
    num_bytes = sum(map(len, stateless_input.new_payload_request.execution_payload.transactions))
    return Trial(work=stateless_input.new_payload_request_root, operations=num_bytes)


@register("block", "guest revm on the shipped block, cut into segments", unit="cycle")
def _guest(_: int) -> Trial:
    data = judge(example_block()).stateless_input.encode()
    program = load_program(guests.load("revm").elf)
    rule = segment_rule(program, default_cost_model())

    def work() -> int:
        machine = NativeMachine(program, data, rule=rule)
        while not machine.halted:
            machine.advance()
        return machine.cycles

    return Trial(work, work())

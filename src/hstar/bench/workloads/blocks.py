"""What the host does with a block before anything is proven; one thread each, whatever the number given."""

from __future__ import annotations

from hstar.bench.workload import Trial, register
from hstar.ethereum.example import example_block
from hstar.ethereum.oracle.judge import judge
from hstar.ethereum.stateless import decode_stateless_input


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

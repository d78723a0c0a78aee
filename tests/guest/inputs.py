"""Stateless inputs from data files, also where the host would refuse to make them."""

from dataclasses import replace

from hstar.ethereum.forks import ForkSource
from hstar.ethereum.inputs import load_block
from hstar.ethereum.oracle.judge import judge, run_trace
from hstar.ethereum.payload import request_of_block
from hstar.ethereum.stateless import StatelessInput
from hstar.ethereum.witness import Witness

# The account whose path hoodi_1151683 lacks: taken as absent to learn the execution requests.
HOODI_ABSENT = bytes.fromhex("00d8b9e957becc0978a9882f0cd5e776cd7c5b20")


def input_of_file(path, change="none"):
    """The bytes that a guest gets for a data file."""
    block = load_block(path)
    if block.stateless_input is not None:
        given = block.stateless_input
        return (replace(given, public_keys=None) if change == "without_keys" else given).encode()
    if block.trace_state_root is not None:
        execution = run_trace(block)
        request = request_of_block(block.block, execution.requests, execution.fork)
        witness = Witness(block.witness.state, block.witness.codes, ())
        return StatelessInput(execution.fork, request, witness.canonical(), block.chain_id).encode()
    declared = path.name.startswith("eest")
    source = ForkSource.DECLARED if declared else ForkSource.TIMESTAMP
    return judge(block, fork_source=source, assume_absent=[HOODI_ABSENT]).stateless_input.encode()

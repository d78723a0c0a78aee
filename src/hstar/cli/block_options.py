"""Where a block on the command line comes from: a file, a node, or the package."""

from __future__ import annotations

from pathlib import Path

from hstar.errors import InputError, Reason
from hstar.ethereum.example import example_block
from hstar.ethereum.inputs import BlockInput, load_block
from hstar.ethereum.rpc import RpcClient, fetch_block


def read_block(path: Path | None, rpc: str | None, number: int | None) -> BlockInput:
    """The block of INPUT, of `--rpc URL --number N`, or the one that is shipped with the package.

    Raises:
        InputError: the options contradict each other, or the block cannot be read.
    """
    if (rpc is None) != (number is None):
        raise InputError("--rpc URL and --number N belong together; give both", reason=Reason.MALFORMED)
    if rpc is not None and number is not None:
        if path is not None:
            raise InputError("give a file or --rpc, not both", reason=Reason.MALFORMED)
        return fetch_block(RpcClient(rpc), number)
    return example_block() if path is None else load_block(path)
